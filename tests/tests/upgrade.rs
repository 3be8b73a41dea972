//! A data directory of each earlier version of the tables, with data in it, is served by this one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kalends_tests::mirror::{Mirror, listed};
use kalends_tests::{Host, PASSWORD, Server, empty_directory, samples};

/// The migrations, in their order.
fn migrations() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let entries = fs::read_dir(directory).expect("the migrations").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "sql")).collect();
    files.sort();
    files
}

/// What a server of the first version could have left: an account whose password is set anew, a calendar with a small
/// event and one that is gone, a share, a colour.
const DATA: &str = "
    INSERT INTO principal (kind, name, display_name, emails, folded) VALUES (0, 'alice', 'Alice', 'alice@example.org', 'alice alice@example.org');
    INSERT INTO principal (kind, name, display_name, emails, folded) VALUES (0, 'bob', 'Bob', '', 'bob');
    INSERT INTO collection (owner, home, path, seq, created, modified, components) VALUES (1, 0, 'work', 1, 1, 1, 'VEVENT');
    INSERT INTO resource (collection, name, seq, etag, content_type, size, component, uid, starts, ends, exact, created, modified, body)
        VALUES (1, 'a.ics', 1, '\"x\"', 'text/calendar', SIZE, 'VEVENT', 'a', 1773489600, 1773493200, 1, 1, 1, BODY);
    INSERT INTO share (collection, principal, access) VALUES (1, 2, 3);
    INSERT INTO collection_property (collection, principal, namespace, name, xml)
        VALUES (1, 0, 'http://apple.com/ns/ical/', 'calendar-color', '<calendar-color xmlns=\"http://apple.com/ns/ical/\">#AA00FFFF</calendar-color>');
";

/// Runs SQL from standard input on a database; Python has SQLite in its library.
const RUN: &str =
    "import sqlite3, sys\nsqlite3.connect(sys.argv[1]).executescript(open(sys.argv[2], newline='').read())";

/// A database that the first so many migrations have made, with data in it from the first version on.
fn make_database(directory: &Path, version: usize, event: &str) {
    let data = DATA.replace("SIZE", &event.len().to_string()).replace("BODY", &format!("'{event}'"));
    let mut scripts: Vec<String> =
        migrations()[..version].iter().map(|file| fs::read_to_string(file).expect("SQL")).collect();
    scripts.insert(1, data);
    let script = directory.join("old.sql");
    fs::write(&script, scripts.join("\n")).expect("the script is written");
    fs::create_dir_all(directory.join("data")).expect("a directory");
    let run = Command::new("python3").args(["-c", RUN]).arg(directory.join("data/kalends.db")).arg(&script).status();
    assert!(run.is_ok_and(|status| status.success()), "the old database is made");
}

#[test]
fn data_of_every_earlier_version_is_served() {
    if Host::tested() != Host::Native {
        return;
    }
    let versions = migrations().len();
    assert!(versions > 1, "there is an earlier version");
    for version in 1..versions {
        let directory = empty_directory(&format!("upgrade-{version}"));
        let event = samples::at_noon("a", "20260314");
        make_database(&directory, version, &event);
        let server = Server::restart(&directory, &[]);
        for name in ["alice", "bob"] {
            let set = server.administrator();
            let set = set.request("PUT", &format!("/api/accounts/{name}/password"));
            let body = format!(r#"{{"password": "{PASSWORD}"}}"#);
            set.header("content-type", "application/json").body(body).send().expect(204);
        }
        let (alice, bob) = (server.named("alice"), server.named("bob"));
        let calendar = alice.calendars("work/");
        let answer = alice.get(&format!("{calendar}a.ics")).expect(200);
        assert_eq!((answer.text(), answer.etag().as_str()), (event.as_str(), "\"x\""), "version {version}");
        let mut mirror = Mirror::default();
        mirror.synchronise(&alice, &calendar);
        assert_eq!(mirror.members, listed(&alice, &calendar));
        // What was shared is shared, and all goes on.
        bob.put(&format!("{calendar}b.ics"), &samples::at_noon("b", "20260315")).expect(201);
        alice.put(&format!("{calendar}a.ics"), &samples::at_noon("a", "20260316")).expect(204);
        mirror.synchronise(&alice, &calendar);
        assert_eq!(mirror.members.len(), 2);
    }
}
