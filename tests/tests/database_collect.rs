//! `kalends collect --postgres`: bodies in the database that no row refers to, while several write.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use kalends_tests::command::{fail, kalends, succeed};
use kalends_tests::large_bodies::{large, while_they_come_and_go};
use kalends_tests::{Server, public_directory, samples};

/// Times that everything is collected while others write.
const ROUNDS: usize = 20;

/// Debian's.
const PSQL: &str = "/usr/lib/postgresql/15/bin/psql";

/// The address of the PostgreSQL that a server has started, with the one database of Kalends in it.
fn address(directory: &Path) -> String {
    let running = fs::read_to_string(directory.join("data/postgres/postmaster.pid")).expect("PostgreSQL runs");
    let port = running.lines().nth(3).expect("a port");
    let server = format!("postgres://postgres@127.0.0.1:{port}");
    let databases = "SELECT datname FROM pg_database WHERE datname LIKE 'kalends%'";
    format!("{server}/{}", sql(&format!("{server}/postgres"), databases))
}

/// What a query says.
fn sql(address: &str, query: &str) -> String {
    let output = Command::new(PSQL).args(["-At", "-d", address, "-c", query]).output().expect("psql runs");
    assert!(output.status.success(), "{query}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn collect(address: &str, days: &str) -> String {
    succeed(kalends().args(["collect", "--older-than", days, "--postgres", address])).output
}

#[test]
#[ignore = "takes the place of PostgreSQL's user: cargo xtask test http-postgres"]
fn what_no_row_refers_to_is_removed_while_servers_are_at_work() {
    let directory = public_directory("collect");
    let server = Server::start_with(&directory, &[("KALENDS_POSTGRES", "")]);
    let address = address(&directory);
    let client = server.named("alice");
    let kept = client.calendars("personal/kept.ics");
    client
        .put(&kept, &samples::event("kept", &format!("DTSTART:20260314T120000Z\nSUMMARY:{}", "k".repeat(50_000))))
        .expect(201);
    let left = "ab".repeat(32);
    sql(&address, &format!("INSERT INTO blob (digest, body) VALUES ('{left}', 'left')"));
    let count = || sql(&address, "SELECT count(*) FROM blob");
    assert_eq!(count(), "2");

    // It is found, and stays for a week: a database restored from yesterday may know it.
    let said = collect(&address, "7");
    assert!(said.contains("1 newly found, 0 removed"), "{said}");
    assert_eq!(count(), "2");
    let said = collect(&address, "0");
    assert!(said.contains("0 newly found, 1 removed"), "{said}");
    assert_eq!(count(), "1");
    // Of an age in between it depends on when it was noted.
    sql(&address, &format!("INSERT INTO blob (digest, body) VALUES ('{}', 'left')", "cd".repeat(32)));
    collect(&address, "3");
    sql(&address, "UPDATE orphan SET since = since - 4 * 86400");
    assert!(collect(&address, "3").contains("0 newly found, 1 removed"));

    let calendar = client.make_calendar("large");
    let stored = while_they_come_and_go(&client, &calendar, || {
        for _ in 0..ROUNDS {
            collect(&address, "0");
        }
    });
    assert!(stored > 0, "nothing was stored meanwhile");
    let lost = "SELECT count(*) FROM resource r WHERE r.blob IS NOT NULL AND NOT EXISTS (SELECT 1 FROM blob b WHERE b.digest = r.blob)";
    assert_eq!(sql(&address, lost), "0");
    assert_eq!(client.get(&kept).expect(200).body().len() / 50_000, 1);

    let elsewhere = address.rsplit_once('/').map(|(server, _)| format!("{server}/postgres")).expect("a server");
    let said = fail(kalends().args(["collect", "--postgres", &elsewhere]));
    assert!(said.errors.contains("no tables of Kalends"), "{}", said.errors);
    drop(server);
    fs::remove_dir_all(&directory).expect("clearing up");
}

/// A session of psql that stays open.
struct Session(Child);

impl Session {
    fn new(address: &str) -> Session {
        let mut command = Command::new(PSQL);
        command.args(["-At", "-d", address]).stdin(Stdio::piped()).stdout(Stdio::piped());
        Session(command.spawn().expect("psql runs"))
    }

    /// Runs a statement that yields one line, and waits for it.
    fn run(&mut self, statement: &str) {
        writeln!(self.0.stdin.as_mut().expect("piped"), "{statement};").expect("psql listens");
        let mut octet = [0];
        while octet != *b"\n" {
            self.0.stdout.as_mut().expect("piped").read_exact(&mut octet).expect("psql answers");
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // It ends with the input, and its locks with it.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Waits until a query says `t`.
fn until(address: &str, query: &str) {
    while sql(address, query) != "t" {
        thread::sleep(Duration::from_millis(20));
    }
}

/// A row that is written and not yet committed is seen by nobody else: what collects meanwhile has to wait for it.
#[test]
#[ignore = "takes the place of PostgreSQL's user: cargo xtask test http-postgres"]
fn a_body_whose_row_is_not_yet_committed_stays() {
    // Of two numbers: those of one number are the homes' that a write has to itself.
    const STOP: &str = "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS \
        'BEGIN PERFORM pg_advisory_xact_lock(1, 1); RETURN NULL; END'; \
        CREATE TRIGGER stop AFTER INSERT ON resource FOR EACH ROW EXECUTE FUNCTION stop()";
    const WRITTEN: &str = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)";
    const WAITING: &str = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype <> 'advisory' AND NOT granted)";
    let directory = public_directory("collect-uncommitted");
    let server = Server::start_with(&directory, &[("KALENDS_POSTGRES", "")]);
    let address = address(&directory);
    let client = server.named("alice");
    sql(&address, STOP);
    let path = client.calendars("personal/large.ics");
    // A body that is new, and one that is left from before and noted long ago.
    for round in ["new", "left"] {
        let mut session = Session::new(&address);
        session.run("SELECT pg_advisory_lock(1, 1)");
        let said = thread::scope(|scope| {
            let writing = scope.spawn(|| client.put(&path, &large(1)).status);
            until(&address, WRITTEN);
            let collecting = scope.spawn(|| collect(&address, "0"));
            while !collecting.is_finished() && sql(&address, WAITING) != "t" {
                thread::sleep(Duration::from_millis(20));
            }
            drop(session);
            assert_eq!(writing.join().expect("an answer"), 201, "{round}");
            collecting.join().expect("it ends well")
        });
        assert!(said.contains(" 0 removed"), "{round}: {said}");
        assert!(client.get(&path).expect(200).text() == large(1), "{round}: the body is another");
        client.delete(&path).expect(204);
        assert_eq!(sql(&address, "SELECT count(*) FROM blob"), "1", "{round}");
        sql(&address, "UPDATE orphan SET since = since - 86400");
    }
    // Now nothing refers to it, and nobody writes.
    let said = collect(&address, "0");
    assert!(said.contains(" 1 removed"), "{said}");
    drop(server);
    fs::remove_dir_all(&directory).expect("clearing up");
}
