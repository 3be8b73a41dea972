//! Plays the requests in `tests/recorded/` against a server, one conversation after the other, and checks what each
//! client needs back. `tests/recorded/README.md` describes the files.
#![allow(clippy::panic, reason = "that is how a test fails")]

mod conversation;
mod expectation;
mod request;
mod variables;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use conversation::Conversation;

/// Every client with its conversations. The files must be these, no fewer and no more.
const RECORDED: [(&str, &[&str]); 8] = [
    ("caldav-synchronizer", &["account", "contacts", "events", "new-calendar", "sync-collection"]),
    ("davx5", &["account", "contacts", "events", "new-collections", "query"]),
    ("evolution", &["account", "browser", "contacts", "events", "new-collections"]),
    ("gnome-online-accounts", &["account"]),
    ("ios", &["account", "contacts", "events", "home", "new-calendar", "reminders"]),
    ("macos", &["account", "contacts", "home", "new-calendar", "people"]),
    ("tasks-org", &["account", "lists", "tasks"]),
    ("thunderbird", &["account", "calendar", "contacts", "ctag", "events", "lost-token"]),
];

/// The directory of all recordings.
fn recordings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("recorded")
}

/// The names in a directory that pass, sorted.
fn names(directory: &Path, pass: fn(&Path) -> bool) -> BTreeSet<String> {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let paths = entries.map(|entry| entry.expect("an entry of the directory").path());
    paths
        .filter(|path| pass(path))
        .map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned())
        .collect()
}

/// Plays all conversations of a client, and fails with everything that was not as it should be.
fn play(client: &str) {
    let (_, scenarios) = RECORDED.iter().find(|(name, _)| *name == client).expect("a client of the table");
    let mut failures = Vec::new();
    for scenario in *scenarios {
        failures.extend(Conversation::read(&recordings(), client, scenario).play());
    }
    assert!(
        failures.is_empty(),
        "{} expectations of {client} are not met:\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}

#[test]
fn the_recordings_are_all_there() {
    let clients: BTreeSet<String> = RECORDED.iter().map(|(client, _)| (*client).to_owned()).collect();
    assert_eq!(names(&recordings(), Path::is_dir), clients);
    for (client, scenarios) in RECORDED {
        let expected: BTreeSet<String> = scenarios.iter().map(|scenario| (*scenario).to_owned()).collect();
        assert_eq!(names(&recordings().join(client), Path::is_dir), expected, "the conversations of {client}");
        for scenario in scenarios {
            // Reading checks that steps are numbered without a gap, and that each has both of its files, a source and a
            // status.
            Conversation::read(&recordings(), client, scenario);
        }
    }
}

#[test]
fn caldav_synchronizer() {
    play("caldav-synchronizer");
}

#[test]
fn davx5() {
    play("davx5");
}

#[test]
fn evolution() {
    play("evolution");
}

#[test]
fn gnome_online_accounts() {
    play("gnome-online-accounts");
}

#[test]
fn ios() {
    play("ios");
}

#[test]
fn macos() {
    play("macos");
}

#[test]
fn tasks_org() {
    play("tasks-org");
}

#[test]
fn thunderbird() {
    play("thunderbird");
}
