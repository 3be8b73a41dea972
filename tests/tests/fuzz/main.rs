//! Requests that nobody would send: any method, any header field, any body. Whatever comes, the server answers, with no
//! status of its own trouble, and grows by no more than what it stores.
//!
//! Inputs are made of recorded requests and of the corpus by changes that a seed determines: `KALENDS_SEED` chooses
//! another, `KALENDS_FUZZ` how many. One that fails is written to a file, to be kept in `tests/fuzz/`, whose files are
//! sent first.

#![allow(clippy::panic, reason = "that is how a test fails")]

mod connection;
mod input;
mod markup;
mod mutate;
mod random;
mod seeds;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread;

use kalends_tests::names::{DAV, Name};
use kalends_tests::{Client, Server, bodies, empty_directory, samples};

use connection::Connection;
use input::{Input, find};
use random::Random;
use seeds::{Seeds, regressions};

/// Inputs in a run where no variable says otherwise.
const INPUTS: u64 = 5_000;

/// Connections at once.
const CONNECTIONS: usize = 4;

/// After so many inputs what they have removed, filled or locked is put back.
const TENDED_EVERY: u64 = 250;

/// Octets of memory that the native host may have resident at the end, and how many more than when half of the inputs
/// were sent.
const MOST_MEMORY: u64 = 200 << 20;
const MOST_GROWTH: u64 = 24 << 20;

fn number(variable: &str, default: u64) -> u64 {
    env::var(variable).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// A status that says that the server has failed. 501 and 502 speak of the request (an unknown method, a Destination
/// elsewhere), 507 of a quota.
fn is_failure(status: u16) -> bool {
    status >= 500 && ![501, 502, 507].contains(&status)
}

/// Who sends, and where failures are put.
struct Fuzzer<'a> {
    server: &'a Server,
    alice: &'a Client,
    failures: Mutex<Vec<String>>,
    /// How often each status was answered.
    answered: Mutex<BTreeMap<u16, u64>>,
    directory: &'a Path,
}

impl Fuzzer<'_> {
    /// Sends an input; a failure is noted, and written to a file of that name.
    fn send(&self, connection: &mut Connection, input: &Input, name: &str) {
        let authority = self.server.url().trim_start_matches("http://");
        let mut more = format!("Host: {authority}\r\nAuthorization: {}\r\n", self.alice.authorization());
        more.push_str(&format!("Content-Length: {}\r\n", input.body.len()));
        let mut framed = input.clone();
        let framing = ["content-length", "host", "transfer-encoding", "connection", "upgrade", "authorization"];
        framed.headers.retain(|(field, _)| !framing.iter().any(|name| field.eq_ignore_ascii_case(name.as_bytes())));
        // What RFC 9112 §3 does not take as a request line is the host's to refuse, and ends the connection.
        let answer = connection.ask(&framed.to_octets(&more), input.method == b"HEAD");
        if let Ok(Some(status)) = answer {
            *self.answered.lock().expect("no other has panicked").entry(status).or_default() += 1;
        }
        let failed = match answer {
            Ok(Some(status)) if !is_failure(status) => return,
            Ok(Some(status)) => format!("{status}"),
            Ok(None) if is_no_request_line(input) => return,
            Ok(None) => "the connection was closed without an answer".to_owned(),
            Err(error) => format!("no answer: {error}"),
        };
        let file = self.directory.join(format!("{name}.http"));
        let _ = fs::write(&file, input.to_octets(""));
        let message = format!("{}: {failed}\n{}", file.display(), input.excerpt());
        self.failures.lock().expect("no other has panicked").push(message);
    }

    /// Makes what the inputs are about, where it is not there, and takes away what they have left.
    fn tend(&self) {
        let alice = self.alice;
        unlock_all(alice);
        for folder in ["/dav/files/alice/a/", "/dav/files/alice/a/b/"] {
            alice.request("MKCOL", folder).send();
        }
        for name in ["personal", "tasks"] {
            alice.request("MKCOL", &alice.calendars(&format!("{name}/"))).send();
        }
        alice.request("MKCOL", &alice.addressbooks("contacts/")).send();
        alice.put(&alice.calendars("personal/seed.ics"), &samples::event("seed", RECURRING));
        alice.put_card(&alice.addressbooks("contacts/seed.vcf"), &samples::card("seed", "Seed", "seed@example.org"));
        alice.request("PUT", "/dav/files/alice/a/seed.txt").header("content-type", "text/plain").body("seed").send();
    }
}

const RECURRING: &str = "DTSTART;TZID=Europe/Berlin:20260314T120000\nRRULE:FREQ=DAILY\nSUMMARY:Seed";

fn is_no_request_line(input: &Input) -> bool {
    let odd = |octet: &u8| !octet.is_ascii_graphic();
    input.method.iter().any(odd) || input.target.iter().any(odd) || input.target.is_empty() || input.method.is_empty()
}

/// Ends the locks that the inputs have taken.
fn unlock_all(client: &Client) {
    const LOCKDISCOVERY: Name = Name(DAV, "lockdiscovery");
    for home in ["calendars", "addressbooks", "files"] {
        let home = format!("/dav/{home}/{}/", client.name());
        let body = bodies::propfind(&[LOCKDISCOVERY]);
        let mut left = vec![home];
        while let Some(path) = left.pop() {
            let listed = client.request("PROPFIND", &path).header("depth", "1").xml(body.clone()).send();
            if listed.status != 207 {
                continue;
            }
            for response in listed.multistatus().responses {
                let locks = response.get(LOCKDISCOVERY).map(|found| found.all(Name(DAV, "activelock")));
                for lock in locks.into_iter().flatten() {
                    let token = lock.child(Name(DAV, "locktoken")).and_then(|token| token.child(Name(DAV, "href")));
                    let token = token.map(|href| format!("<{}>", href.text())).unwrap_or_default();
                    client.request("UNLOCK", &response.href).header("lock-token", &token).send();
                }
                if response.href.ends_with('/') && response.href != path && response.href.starts_with(&path) {
                    left.push(response.href);
                }
            }
        }
    }
}

#[test]
fn whatever_is_sent_is_answered() {
    let (seed, inputs) = (number("KALENDS_SEED", 2026), number("KALENDS_FUZZ", INPUTS));
    let directory = empty_directory("fuzz");
    let server = Server::start(&directory);
    let alice = server.named("alice").with_app_password();
    let fuzzer = Fuzzer {
        server: &server,
        alice: &alice,
        failures: Mutex::default(),
        answered: Mutex::default(),
        directory: &directory,
    };
    let seeds = Seeds::read();
    fuzzer.tend();
    let mut connection = Connection::to(server.url().trim_start_matches("http://"));
    for (path, input) in regressions() {
        fuzzer.send(&mut connection, &input, &format!("again-{}", path.file_stem().unwrap_or_default().display()));
    }
    let next = AtomicU64::new(0);
    let resident_halfway = OnceLock::new();
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut connection = Connection::to(server.url().trim_start_matches("http://"));
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= inputs {
                        break;
                    }
                    if number % TENDED_EVERY == TENDED_EVERY - 1 {
                        fuzzer.tend();
                    }
                    if number == inputs / 2 {
                        let _ = resident_halfway.set(server.resident_memory());
                    }
                    let input = mutate::input(&seeds, &mut Random::of(seed, number));
                    fuzzer.send(&mut connection, &input, &format!("{seed}-{number}"));
                }
            });
        }
    });
    let failures = fuzzer.failures.into_inner().expect("none has panicked");
    assert!(failures.is_empty(), "{} of {inputs} inputs (seed {seed}):\n{}", failures.len(), failures.join("\n\n"));
    let answered = fuzzer.answered.into_inner().expect("none has panicked");
    eprintln!("fuzz: {inputs} inputs of seed {seed} were answered {answered:?}");
    // That they get past the first checks: some change something, some are answered at length, and some are refused in
    // detail.
    for status in [200, 201, 204, 207, 400, 403, 404, 412] {
        assert!(answered.get(&status) > Some(&0), "no input was answered {status}: {answered:?}");
    }
    let log = fs::read(directory.join("server.log")).expect("the server's log");
    for word in ["panicked", "wasm trap", "RuntimeError"] {
        assert_eq!(find(&log, word.as_bytes()), None, "{word}: see {}/server.log", directory.display());
    }
    let halfway = resident_halfway.into_inner().flatten();
    if let (Some(halfway), Some(resident)) = (halfway, server.resident_memory()) {
        eprintln!("fuzz: {} MiB were resident halfway, {} MiB at the end", halfway >> 20, resident >> 20);
        assert!(
            resident < halfway + MOST_GROWTH,
            "from {} to {} MiB in {inputs} inputs",
            halfway >> 20,
            resident >> 20
        );
        assert!(resident < MOST_MEMORY, "{} MiB are resident after {inputs} inputs", resident >> 20);
    }
}
