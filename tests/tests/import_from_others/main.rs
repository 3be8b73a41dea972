//! `kalends import` of what Baikal and Nextcloud keep in SQLite, and Radicale in files, into a server of each kind.
//!
//! The tables are those that the programs make (the files of statements beside this one): sabre/dav's `examples/sql`
//! for Baikal, `apps/dav` for Nextcloud.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kalends_tests::command::{kalends, succeed};
use kalends_tests::mirror::listed;
use kalends_tests::names::*;
use kalends_tests::{Client, Name, PASSWORD, Server, empty_directory, samples, shared};

const DESCRIPTION: Name = Name(CALDAV, "calendar-description");

/// Runs a file of statements on a database; Python has SQLite in its library.
const RUN: &str =
    "import sqlite3, sys\nsqlite3.connect(sys.argv[1]).executescript(open(sys.argv[2], encoding='utf-8').read())";

/// A database made of a file of statements.
fn database(name: &str) -> PathBuf {
    let statements = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/import_from_others/{name}.sql"));
    let path = empty_directory(name).join("db.sqlite");
    let run = Command::new("python3").args(["-c", RUN]).args([&path, &statements]).status();
    assert!(run.is_ok_and(|status| status.success()), "the database is made");
    path
}

/// Imports what `ada` has in a database or directory, into an account; what the program says.
fn import(server: &Server, client: &Client, from: &Path) -> String {
    let mut command = kalends();
    command.args(["import", "--server", server.url(), "--user", client.name(), "--source-account", "ada"]);
    succeed(command.arg(from).env("KALENDS_PASSWORD", PASSWORD)).output
}

/// Name, colour, order and description of a calendar.
fn told(client: &Client, calendar: &str) -> [String; 4] {
    let found = client.propfind(calendar, "0", &[DISPLAYNAME, CALENDAR_COLOR, CALENDAR_ORDER, DESCRIPTION]);
    [DISPLAYNAME, CALENDAR_COLOR, CALENDAR_ORDER, DESCRIPTION].map(|name| found.only().text(name).to_owned())
}

/// The last segments of a collection's members.
fn members(client: &Client, path: &str) -> Vec<String> {
    listed(client, path).into_keys().map(|href| href.rsplit('/').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn what_baikal_keeps_is_there_for_clients() {
    let (server, client) = (shared(), shared().account());
    let path = database("baikal");
    let said = import(server, &client, &path);
    assert!(said.contains("All: 5 stored, 0 there already, 0 there with another content, 0 not taken"), "{said}");
    let calendar = client.calendars("default/");
    assert_eq!(told(&client, &calendar), ["Ada's calendar", "#00ff00", "2", "What Ada does"]);
    assert_eq!(members(&client, &calendar), ["event.ics", "large.ics", "task.ics"]);
    let event = client.get(&format!("{calendar}event.ics")).expect(200);
    assert!(event.text().contains("SUMMARY:From Baikal"), "{}", event.text());
    assert!(client.get(&format!("{calendar}large.ics")).expect(200).body().len() > 40_000);
    assert_eq!(members(&client, &client.addressbooks("people/")), ["ada.vcf", "bob.vcf"]);
    let card = client.get(&client.addressbooks("people/ada.vcf")).expect(200);
    assert!(card.text().contains("FN:Ada L\u{fc}ders"), "{}", card.text());
    client.get(&client.calendars("shared/")).expect(404);
    assert!(import(server, &client, &path).contains("All: 0 stored, 5 there already"));
}

#[test]
fn what_nextcloud_keeps_is_there_for_clients() {
    let (server, client) = (shared(), shared().account());
    let path = database("nextcloud");
    let said = import(server, &client, &path);
    assert!(said.contains("All: 3 stored, 0 there already, 0 there with another content, 0 not taken"), "{said}");
    let calendar = client.calendars("personal/");
    assert_eq!(told(&client, &calendar), ["Personal", "#0082c9", "1", "Mine"]);
    // Neither what is in the bin nor what is of a subscription.
    assert_eq!(members(&client, &calendar), ["event.ics", "task.ics"]);
    let task = client.get(&format!("{calendar}task.ics")).expect(200);
    assert!(task.text().contains("SUMMARY:From Nextcloud"), "{}", task.text());
    assert_eq!(members(&client, &client.addressbooks("contacts/")), ["ada.vcf"]);
    for gone in [client.calendars("gone/"), client.addressbooks("z-server-generated--system/")] {
        client.get(&gone).expect(404);
    }
}

#[test]
fn what_radicale_keeps_is_there_for_clients() {
    const WORK: &str = r##"{"tag": "VCALENDAR", "D:displayname": "Work", "ICAL:calendar-color": "#ff0000ff", "ICAL:calendar-order": "3", "C:calendar-description": "All of it"}"##;
    let (server, client) = (shared(), shared().account());
    let root = empty_directory("radicale");
    let user = root.join("collection-root/ada");
    let (calendar, book) = (user.join("work"), user.join("people"));
    for (collection, properties) in
        [(&calendar, WORK), (&book, r#"{"tag": "VADDRESSBOOK", "D:displayname": "People"}"#)]
    {
        fs::create_dir_all(collection.join(".Radicale.cache/item")).expect("a directory");
        fs::write(collection.join(".Radicale.props"), properties).expect("a file");
    }
    fs::write(calendar.join("event.ics"), samples::at_noon("radicale", "20260314")).expect("a file");
    fs::write(book.join("ada.vcf"), samples::card("ada", "Ada", "ada@example.org")).expect("a file");
    let said = import(server, &client, &root);
    assert!(said.contains("All: 2 stored, 0 there already, 0 there with another content, 0 not taken"), "{said}");
    let calendar = client.calendars("work/");
    assert_eq!(told(&client, &calendar), ["Work", "#ff0000ff", "3", "All of it"]);
    assert_eq!(members(&client, &calendar), ["event.ics"]);
    assert_eq!(members(&client, &client.addressbooks("people/")), ["ada.vcf"]);
}
