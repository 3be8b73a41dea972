//! Whatever happens to the machine, nothing that was acknowledged is lost, no write is there by half, entity tags and
//! bodies agree, and clients that synchronise by token come to know what is there. `KALENDS_SEED` repeats a run.
//!
//! The machine is the native host's; what D1 and R2 do to the Worker is in `lost_answers.rs`.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use kalends_tests::faults::{Fault, Machine};
use kalends_tests::mirror::{Mirror, listed};
use kalends_tests::random::{Random, seed};
use kalends_tests::writer::{CALENDARS, Step, Writer};
use kalends_tests::{Client, Host, Server, bodies, empty_directory, samples};

/// How often the server is killed, all in all: `KALENDS_KILLS` makes it more or less.
const KILLS: usize = 200;

const WRITERS: u64 = 3;

/// Clients that synchronise: each at its own pace.
struct Mirrors {
    mirrors: Vec<Mirror>,
}

impl Mirrors {
    fn new() -> Self {
        Self { mirrors: CALENDARS.iter().map(|_| Mirror::default()).collect() }
    }

    /// Synchronises, and has to know what is there.
    #[track_caller]
    fn converge(&mut self, client: &Client, seed: u64) {
        for (mirror, calendar) in self.mirrors.iter_mut().zip(CALENDARS) {
            let path = client.calendars(&format!("{calendar}/"));
            mirror.synchronise(client, &path);
            assert_eq!(mirror.members, listed(client, &path), "{path} (seed {seed})");
        }
    }
}

fn natively() -> bool {
    Host::tested() == Host::Native
}

/// An app password of Alice's: it costs no Argon2 after each start.
#[track_caller]
fn app_password(server: &Server) -> String {
    let made = server
        .administrator()
        .request("POST", "/api/accounts/alice/app-passwords")
        .header("content-type", "application/json")
        .body(r#"{"label": "tests"}"#)
        .send()
        .expect(201);
    let secret = made.text().split("\"secret\":\"").nth(1).and_then(|rest| rest.split('"').next());
    secret.expect("a secret").to_owned()
}

#[test]
fn two_hundred_kills() {
    if !natively() {
        return;
    }
    let seed = seed();
    let kills = std::env::var("KALENDS_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let directory = empty_directory("kills");
    let first = Server::start(&directory);
    let password = app_password(&first);
    let client = first.anonymous().basic("alice", &password);
    Writer::make_calendars(&client);
    let mut writers: Vec<Writer> = (0..WRITERS).map(|number| Writer::new(&client, number, seed)).collect();
    let (mut eager, mut lazy) = (Mirrors::new(), Mirrors::new());
    let mut random = Random::new(seed);
    let mut server = Some(first);
    let mut interrupted = 0;
    for kill in 0..kills {
        let running = server.take().unwrap_or_else(|| Server::restart(&directory, &[]));
        let client = running.anonymous().basic("alice", &password);
        for writer in &mut writers {
            writer.go_on(&client);
            writer.settle();
        }
        eager.converge(&client, seed);
        if kill % 9 == 0 {
            lazy.converge(&client, seed);
        }
        let (enough, moment) = (random.below(20), Duration::from_micros(random.below(8_000)));
        let written = AtomicU64::new(0);
        let write = &|writer: &mut Writer| {
            while let Step::Done = writer.step() {
                written.fetch_add(1, Ordering::AcqRel);
            }
        };
        interrupted += thread::scope(|scope| {
            let writing: Vec<_> = writers.iter_mut().map(|writer| scope.spawn(move || write(writer))).collect();
            while written.load(Ordering::Acquire) < enough {
                thread::yield_now();
            }
            thread::sleep(moment);
            running.kill();
            writing.into_iter().map(thread::ScopedJoinHandle::join).filter(Result::is_ok).count()
        });
    }
    assert_eq!(interrupted, kills * writers.len(), "each kill met all of them at work (seed {seed})");
    let last = Server::restart(&directory, &[]);
    let client = last.anonymous().basic("alice", &password);
    for writer in &mut writers {
        writer.go_on(&client);
        writer.settle();
    }
    eager.converge(&client, seed);
    lazy.converge(&client, seed);
}

/// A server on a machine that can fail, and a writer who has written.
struct Scene {
    server: Server,
    machine: Machine,
    client: Client,
    writer: Writer,
    mirrors: Mirrors,
    seed: u64,
}

#[track_caller]
fn scene(name: &str) -> Scene {
    let directory = empty_directory(name);
    let machine = Machine::new(&directory);
    let variables = machine.variables();
    let server = Server::start_with(&directory, &variables.each_ref().map(|(name, value)| (*name, value.as_str())));
    let password = app_password(&server);
    let client = server.anonymous().basic("alice", &password);
    Writer::make_calendars(&client);
    let seed = seed();
    let writer = Writer::new(&client, 0, seed);
    let mut scene = Scene { server, machine, client, writer, mirrors: Mirrors::new(), seed };
    scene.write(40);
    scene
}

#[track_caller]
fn restart(directory: &Path, machine: &Machine) -> Server {
    let variables = machine.variables();
    Server::restart(directory, &variables.each_ref().map(|(name, value)| (*name, value.as_str())))
}

impl Scene {
    /// So many writes, all of them acknowledged.
    #[track_caller]
    fn write(&mut self, count: usize) {
        for _ in 0..count {
            let step = self.writer.step();
            assert!(matches!(step, Step::Done), "{step:?} (seed {})", self.seed);
        }
        self.agree();
    }

    /// All is as it has to be.
    #[track_caller]
    fn agree(&mut self) {
        self.writer.settle();
        self.mirrors.converge(&self.client, self.seed);
    }

    /// Writes that all have to fail, with what happens in between; returns their statuses.
    #[track_caller]
    fn fail_to_write(&mut self, count: usize) -> Vec<u16> {
        let mut statuses = Vec::new();
        while statuses.len() < count {
            match self.writer.step() {
                Step::Failed(answer) => {
                    statuses.push(answer.status);
                    // What is there can be read as ever.
                    self.agree();
                }
                Step::Done => unreachable!("a write is acknowledged that cannot have happened (seed {})", self.seed),
                Step::Lost => unreachable!("the server does not answer (seed {})", self.seed),
            }
        }
        statuses
    }
}

#[test]
fn a_full_disk() {
    if !natively() {
        return;
    }
    let mut scene = scene("full");
    scene.machine.set(Fault::Full);
    let statuses = scene.fail_to_write(12);
    assert!(statuses.iter().all(|status| *status == 507), "{statuses:?} (seed {})", scene.seed);
    let path = scene.client.calendars("left/new.ics");
    let large = format!("DTSTART:20260314T120000Z\nSUMMARY:{}", "v".repeat(50_000));
    // One in its row, one in a file of its own.
    for body in [samples::at_noon("new", "20260314"), samples::event("new", &large)] {
        let answer = scene.client.put(&path, &body).expect(507);
        assert!(answer.header("etag").is_none(), "there is nothing to have an entity tag");
    }
    scene.machine.set(Fault::None);
    scene.write(20);
}

#[test]
fn a_disk_that_has_become_read_only() {
    if !natively() {
        return;
    }
    let mut scene = scene("read-only");
    scene.machine.set(Fault::ReadOnly);
    scene.fail_to_write(12);
    scene.machine.set(Fault::None);
    scene.write(20);
    // What starts on such a disk can be read as well.
    let password = app_password(&scene.server);
    let directory = scene.server.kill();
    scene.machine.set(Fault::ReadOnly);
    scene.server = restart(&directory, &scene.machine);
    scene.client = scene.server.anonymous().basic("alice", &password);
    scene.writer.go_on(&scene.client);
    scene.agree();
    scene.fail_to_write(3);
}

#[test]
fn a_disk_that_does_not_keep_what_it_is_given() {
    if !natively() {
        return;
    }
    let mut scene = scene("unsynced");
    scene.machine.set(Fault::Unsynced);
    scene.fail_to_write(8);
    scene.machine.set(Fault::None);
    scene.write(20);
    let password = app_password(&scene.server);
    let directory = scene.server.kill();
    scene.server = restart(&directory, &scene.machine);
    scene.client = scene.server.anonymous().basic("alice", &password);
    scene.writer.go_on(&scene.client);
    scene.agree();
}

/// Python has SQLite in its library.
const HOLD: &str = "
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute('BEGIN EXCLUSIVE')
print('locked', flush=True)
sys.stdin.read()
database.execute('ROLLBACK')
";

/// Another process that holds the database's write lock; it lets go when its input ends.
#[track_caller]
fn hold(database: &Path) -> Child {
    let mut command = Command::new("python3");
    command.args(["-c", HOLD]).arg(database).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("python3 runs");
    let mut line = String::new();
    let output = child.stdout.take().expect("piped");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).expect("a line");
    assert_eq!(line.trim(), "locked");
    child
}

#[track_caller]
fn let_go(mut holder: Child) {
    holder.stdin.take().expect("piped").flush().expect("it listens");
    assert!(holder.wait().expect("it ends").success());
}

#[test]
fn a_database_that_another_process_has_locked() {
    if !natively() {
        return;
    }
    let mut scene = scene("locked");
    let holder = hold(&scene.server.data().join("kalends.db"));
    // Who reads does not notice; who writes is asked to come again.
    scene.agree();
    let Step::Failed(answer) = scene.writer.step() else { unreachable!("it is locked (seed {})", scene.seed) };
    assert_eq!(answer.status, 503);
    answer.required_header("retry-after");
    scene.agree();
    // Who waits for less than that is served.
    let (client, path) = (scene.client.clone(), scene.client.calendars("left/patient.ics"));
    let waiting = thread::spawn(move || client.put(&path, &samples::at_noon("patient", "20260314")));
    thread::sleep(Duration::from_millis(200));
    let_go(holder);
    waiting.join().expect("it has an answer").expect(201);
    scene.write(10);
}

#[test]
fn a_clock_that_goes_backwards() {
    if !natively() {
        return;
    }
    let mut scene = scene("clock");
    let path = scene.client.calendars("left/locked.ics");
    scene.client.put(&path, &samples::at_noon("locked", "20260314")).expect(201);
    scene.client.request("LOCK", &path).header("timeout", "Second-3600").xml(bodies::LOCK).send().expect(200);
    let token = scene.client.sync_token(&scene.client.calendars("left/"));
    let mut random = Random::new(scene.seed);
    for _ in 0..12 {
        // A year to either side, at any step.
        let seconds = i64::try_from(random.below(2 * 31_536_000)).unwrap_or_default() - 31_536_000;
        scene.machine.shift_clock(seconds.min(0));
        scene.write(6);
        // A lock does not end before its time.
        scene.client.delete(&path).expect(423);
    }
    let mut mirror = Mirror { token, ..Mirror::default() };
    scene.machine.shift_clock(0);
    let left = scene.client.calendars("left/");
    mirror.synchronise(&scene.client, &left);
    assert!(mirror.token.len() > 1);
    scene.machine.shift_clock(3700);
    scene.client.delete(&path).expect(204);
    scene.agree();
}
