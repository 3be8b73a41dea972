//! The disk that PostgreSQL has its tables on is full, or the one of its log too, upon which it ends.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use kalends_tests::faults::{Fault, Machine};
use kalends_tests::mirror::{Mirror, listed};
use kalends_tests::random::Random;
use kalends_tests::{Client, Server, public_directory, samples};

/// Writes after which the tables have certainly to grow.
const MANY: usize = 200;

/// After so long PostgreSQL counts as lost.
const PATIENCE: Duration = Duration::from_secs(300);

/// What is stored, and who synchronises.
struct Scene {
    server: Server,
    client: Client,
    calendar: String,
    mirror: Mirror,
    acknowledged: Vec<(String, String)>,
    /// What was refused with 503: it may be there or not.
    unknown: Option<String>,
}

impl Scene {
    /// Stores so many events that compress badly, every third too large for its row; stops at the first that is
    /// refused, and returns its status.
    fn write(&mut self, count: usize) -> Option<u16> {
        let first = self.acknowledged.len() + usize::from(self.unknown.is_some());
        for number in first..first + count {
            let path = format!("{}{number}.ics", self.calendar);
            let length = if number.is_multiple_of(3) { 60_000 } else { 9_000 };
            let mut random = Random::new(number as u64 + 1);
            let noise: String = (0..length).map(|_| char::from(b'a' + random.below(26) as u8)).collect();
            let text = format!("DTSTART:20260314T120000Z\nSUMMARY:{noise}");
            let answer = self.client.put(&path, &samples::event(&number.to_string(), &text));
            if ![201, 204].contains(&answer.status) {
                self.unknown = (answer.status == 503).then_some(path);
                return Some(answer.status);
            }
            self.acknowledged.push((path, answer.etag().to_owned()));
        }
        None
    }

    /// What was acknowledged is there, nothing else is, and who synchronises knows it.
    fn agree(&mut self) {
        let there = listed(&self.client, &self.calendar);
        let mut known = there.clone();
        known.retain(|path, _| self.unknown.as_ref() != Some(path));
        assert_eq!(known, self.acknowledged.iter().cloned().collect());
        self.mirror.synchronise(&self.client, &self.calendar);
        assert_eq!(self.mirror.members, there);
        let (path, etag) = self.acknowledged.last().expect("something was written");
        assert_eq!(self.client.get(path).expect(200).etag(), *etag);
    }
}

/// A server whose PostgreSQL runs on that machine, and twenty events in a calendar.
fn scene(directory: &Path, machine: &Machine) -> Scene {
    let mut variables = machine.variables().to_vec();
    variables.push(("KALENDS_POSTGRES", String::new()));
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let server = Server::start_with(directory, &variables);
    let client = server.named("alice");
    let calendar = client.make_calendar("full");
    let mut scene =
        Scene { server, client, calendar, mirror: Mirror::default(), acknowledged: Vec::new(), unknown: None };
    assert_eq!(scene.write(20), None);
    scene.agree();
    scene
}

#[test]
#[ignore = "takes the place of PostgreSQL's user: cargo xtask test http-postgres"]
fn a_full_disk_under_the_tables_loses_nothing() {
    let directory = public_directory("full");
    let machine = Machine::below(&directory, &directory.join("data/postgres/base"));
    let mut scene = scene(&directory, &machine);
    machine.set(Fault::Full);
    let refused = scene.write(MANY).expect("a table has to grow");
    assert_eq!(refused, 507);
    scene.agree();
    machine.set(Fault::None);
    assert_eq!(scene.write(20), None);
    scene.agree();
    drop(scene.server);
    fs::remove_dir_all(&directory).expect("clearing up");
}

#[test]
#[ignore = "takes the place of PostgreSQL's user: cargo xtask test http-postgres"]
fn a_full_disk_under_the_log_loses_nothing_either() {
    let directory = public_directory("full-log");
    let machine = Machine::below(&directory, &directory.join("data/postgres"));
    let mut scene = scene(&directory, &machine);
    machine.set(Fault::Full);
    // The first write that cannot be logged ends all of PostgreSQL's processes.
    assert_eq!(scene.write(1), Some(503));
    machine.set(Fault::None);
    // With room again it recovers, and the server finds it.
    let path = scene.acknowledged[0].0.clone();
    let begun = Instant::now();
    while scene.client.get(&path).status != 200 {
        assert!(begun.elapsed() < PATIENCE, "PostgreSQL does not recover");
    }
    scene.agree();
    assert_eq!(scene.write(20), None);
    scene.agree();
    drop(scene.server);
    fs::remove_dir_all(&directory).expect("clearing up");
}
