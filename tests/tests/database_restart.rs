//! PostgreSQL restarts in the middle of a stream of writes: one of its processes is killed, upon which it ends all
//! others and recovers from its log.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use std::{fs, thread};

use kalends_tests::names::*;
use kalends_tests::{Client, Server, bodies, public_directory, samples};

/// How many write at once.
const WRITERS: usize = 3;
/// How often PostgreSQL restarts, and how many writes are acknowledged in between.
const RESTARTS: usize = 4;
const BETWEEN: usize = 15;

/// What a writer knows: the entity tag that each acknowledged PUT gave, none for an acknowledged DELETE; and the paths
/// on which it was told 503, so that the outcome is not known.
#[derive(Default)]
struct Known {
    acknowledged: BTreeMap<String, Option<String>>,
    unknown: Vec<String>,
}

/// Writes, replaces and deletes until it is told to stop. A 503 is no promise, and the path is left alone after it.
fn write(client: &Client, calendar: &str, writer: usize, stop: &AtomicBool, count: &AtomicUsize) -> Known {
    let mut known = Known::default();
    for number in 0.. {
        let path = format!("{calendar}{writer}-{number}.ics");
        let body = |length: usize| {
            let text = format!("DTSTART:20260314T120000Z\nSUMMARY:{}", "v".repeat(length));
            samples::event(&format!("{writer}-{number}"), &text)
        };
        // The largest does not fit into its row.
        let steps: &[Option<usize>] = match number % 3 {
            0 => &[Some(10)],
            1 => &[Some(10), Some(60_000)],
            _ => &[Some(10), None],
        };
        for step in steps {
            let answer = match step {
                Some(length) => client.put(&path, &body(*length)),
                None => client.delete(&path),
            };
            let answer = answer.expect_any(&[201, 204, 503]);
            if answer.status == 503 {
                known.acknowledged.remove(&path);
                known.unknown.push(path);
                break;
            }
            let etag = step.map(|_| answer.etag().to_owned());
            known.acknowledged.insert(path.clone(), etag);
            count.fetch_add(1, Ordering::SeqCst);
        }
        if stop.load(Ordering::SeqCst) {
            break;
        }
    }
    known
}

/// Kills one of the processes that answer the server.
fn crash(postgres: &Path) {
    let pid_file = fs::read_to_string(postgres.join("postmaster.pid")).expect("PostgreSQL runs");
    let postmaster = pid_file.lines().next().expect("a number").trim();
    let children = fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children")).expect("its processes");
    let of_ours =
        |pid: &&str| fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.contains(" kalends_"));
    if let Some(backend) = children.split_whitespace().find(of_ours) {
        let killed = Command::new("kill").args(["-s", "KILL", backend]).status();
        assert!(killed.is_ok_and(|status| status.success()), "killing {backend}");
    }
}

#[test]
#[ignore = "takes the place of PostgreSQL's user: cargo xtask test http-postgres"]
fn what_was_acknowledged_survives_restarts_of_postgresql() {
    let directory = public_directory("restart");
    let server = Server::start_with(&directory, &[("KALENDS_POSTGRES", "")]);
    let client = server.named("alice");
    let calendar = client.make_calendar("written");
    let token = client.sync_token(&calendar);
    let (stop, count) = (AtomicBool::new(false), AtomicUsize::new(0));
    let known: Vec<Known> = thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (client, calendar, stop, count) = (&client, &calendar, &stop, &count);
                scope.spawn(move || write(client, calendar, writer, stop, count))
            })
            .collect();
        for _ in 0..RESTARTS {
            let before = count.load(Ordering::SeqCst);
            while count.load(Ordering::SeqCst) < before + BETWEEN && !writers.iter().any(|writer| writer.is_finished())
            {
                thread::sleep(Duration::from_millis(5));
            }
            crash(&directory.join("data/postgres"));
        }
        stop.store(true, Ordering::SeqCst);
        writers.into_iter().map(|writer| writer.join().expect("a writer has panicked")).collect()
    });
    assert!(count.load(Ordering::SeqCst) >= RESTARTS * BETWEEN);

    let listed = client.propfind(&calendar, "1", &[GETETAG]);
    let members = listed.members(&calendar);
    for (path, etag) in known.iter().flat_map(|known| &known.acknowledged) {
        assert_eq!(members.get(path.as_str()).copied(), etag.as_deref(), "{path}");
    }
    for (path, etag) in &members {
        assert_eq!(client.get(path).expect(200).etag(), *etag, "{path}");
        let sent =
            |known: &Known| known.acknowledged.contains_key(*path) || known.unknown.iter().any(|known| known == path);
        assert!(known.iter().any(sent), "{path} was never sent");
    }
    let changes = client.report(&calendar, "0", bodies::sync_collection(&token, None, &[GETETAG])).multistatus();
    assert_eq!(changes.members(&calendar), members, "the sync from before tells exactly what is there");
    drop(server);
    fs::remove_dir_all(&directory).expect("clearing up");
}
