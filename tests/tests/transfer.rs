//! Data on its way: backup and restore, export and import, copy from one server to another; by the program itself.
//!
//! Backups and data directories are the native host's; what goes over CalDAV and CardDAV is tested with the host that
//! is being tested.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use kalends_tests::command::{fail, kalends, succeed};
use kalends_tests::mirror::{Mirror, listed};
use kalends_tests::names::*;
use kalends_tests::{Client, Host, Server, bodies, empty_directory, samples};

/// The files of a tree and what is in them.
#[track_caller]
fn tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(&directory).expect("a directory").map(|entry| entry.expect("an entry").path()) {
            match entry.is_dir() {
                true => waiting.push(entry),
                false => drop(
                    files
                        .insert(entry.strip_prefix(root).expect("below").to_owned(), fs::read(&entry).expect("a file")),
                ),
            }
        }
    }
    files
}

/// The export of a data directory.
#[track_caller]
fn exported(data: &Path, to: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    succeed(kalends().arg("export").arg("--data").arg(data).arg(to));
    tree(to)
}

/// An account in a data directory that nobody serves.
#[track_caller]
fn make_account(data: &Path, name: &str) {
    let mut command = kalends();
    command.args(["serve", "--listen", "127.0.0.1:0", "--user", &format!("{name}:secret")]).arg("--data").arg(data);
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().expect("the program runs");
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().expect("piped")), &mut line)
        .expect("a line");
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    assert!(line.contains("listening"), "{line}");
}

/// An event that is too large for its row.
fn large(uid: &str) -> String {
    samples::event(uid, &format!("DTSTART:20260314T120000Z\nDESCRIPTION:{}", "x".repeat(60_000)))
}

/// Two accounts with calendars, cards, properties, shares, large bodies and names that are hard on file systems.
#[track_caller]
fn furnish(server: &Server) {
    let (alice, bob) = (server.named("alice"), server.named("bob"));
    let calendar = alice.make_calendar("work");
    let colour =
        r#"<calendar-color xmlns="http://apple.com/ns/ical/" symbolic-color="custom">#AA00FFFF</calendar-color>"#;
    let own = r#"<x:thing xmlns:x="urn:example"><x:part a="1">&lt;&amp;</x:part></x:thing>"#;
    alice.proppatch(&calendar, bodies::set(&[colour.to_owned(), own.to_owned()])).expect(207);
    for number in 0..5 {
        alice.put(&format!("{calendar}{number}.ics"), &samples::at_noon(&format!("w{number}"), "20260314")).expect(201);
    }
    alice.put(&format!("{calendar}large.ics"), &large("large")).expect(201);
    alice.put(&format!("{calendar}no%20ending%3A%2F"), &samples::at_noon("strange", "20260314")).expect(201);
    alice.put(&format!("{calendar}.hidden.ics"), &samples::at_noon("hidden", "20260314")).expect(201);
    // Octets stay octets: lines that end in LF alone.
    alice.put(&format!("{calendar}lf.ics"), &samples::at_noon("lf", "20260314").replace("\r\n", "\n")).expect(201);
    let grant = "<D:grant><D:privilege><D:read/></D:privilege><D:privilege><D:write/></D:privilege></D:grant>";
    let bob_s = "<D:principal><D:href>/dav/principals/bob/</D:href></D:principal>";
    let acl = format!(r#"<D:acl xmlns:D="DAV:"><D:ace>{bob_s}{grant}</D:ace></D:acl>"#);
    alice.request("ACL", &calendar).xml(acl).send().expect(200);
    for number in 0..3 {
        let card = samples::card(&format!("c{number}"), "Ada L\u{fc}ders", "ada@example.org");
        bob.put_card(&bob.addressbooks(&format!("contacts/{number}.vcf")), &card).expect(201);
    }
    bob.put(&bob.calendars("tasks/t.ics"), &samples::task("t", "SUMMARY:To do")).expect(201);
    furnish_besides(server, &calendar);
}

/// What is neither a collection nor in one: who somebody is, what they have set for themselves, and plain files.
#[track_caller]
fn furnish_besides(server: &Server, calendar: &str) {
    let (alice, bob) = (server.named("alice"), server.named("bob"));
    let profile = r#"{"display_name": "Alice Liddell", "emails": ["alice@example.org"], "timezone": "Europe/London"}"#;
    let administrator = server.administrator();
    let patch = administrator.request("PATCH", "/api/accounts/alice").header("content-type", "application/json");
    patch.body(profile).send().expect(200);
    // A member, one's home, one's principal, and of what is another's one's own colour and name.
    let thing = r#"<x:thing xmlns:x="urn:example">of a member</x:thing>"#.to_owned();
    alice.proppatch(&format!("{calendar}1.ics"), bodies::set(&[thing])).expect(207);
    let switch = r#"<x:switch xmlns:x="urn:example">on</x:switch>"#.to_owned();
    alice.proppatch(&alice.calendars(""), bodies::set(&[switch])).expect(207);
    let card = r#"<principal-address xmlns="urn:ietf:params:xml:ns:carddav"><href xmlns="DAV:">/dav/addressbooks/bob/contacts/0.vcf</href></principal-address>"#;
    bob.proppatch("/dav/principals/bob/", bodies::set(&[card.to_owned()])).expect(207);
    let own = [CALENDAR_COLOR.with("#00FF00FF"), DISPLAYNAME.with("Alice's work")];
    bob.proppatch(calendar, bodies::set(&own)).expect(207);
    assert_ne!(colour(&alice, calendar), colour(&bob, calendar));
    furnish_files(&alice);
}

/// Files of every kind of content and name, in folders, one of which is shared.
#[track_caller]
fn furnish_files(alice: &Client) {
    let files = "/dav/files/alice/";
    for folder in ["plans/", "plans/deep/", "plans/a%3Ab/"] {
        alice.request("MKCOL", &format!("{files}{folder}")).send().expect(201);
    }
    let octets: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    for (name, media_type, body) in [
        ("notes.txt", "text/plain; charset=utf-8", b"notes".to_vec()),
        ("plans/photo", "image/png", octets),
        ("plans/deep/empty", "application/octet-stream", Vec::new()),
        ("plans/folder.json", "application/json", b"{}".to_vec()),
        ("plans/collection.json", "application/json", b"[]".to_vec()),
        ("plans/a%3Ab/%C3%BC", "text/plain", b"colon".to_vec()),
    ] {
        let put = alice.request("PUT", &format!("{files}{name}")).header("content-type", media_type);
        put.body(body).send().expect(201);
    }
    let thing = r#"<x:thing xmlns:x="urn:example">of a file</x:thing>"#.to_owned();
    alice.proppatch(&format!("{files}notes.txt"), bodies::set(std::slice::from_ref(&thing))).expect(207);
    alice.proppatch(&format!("{files}plans/"), bodies::set(&[thing])).expect(207);
    let grant = "<D:grant><D:privilege><D:read/></D:privilege></D:grant>";
    let bob = "<D:principal><D:href>/dav/principals/bob/</D:href></D:principal>";
    let acl = format!(r#"<D:acl xmlns:D="DAV:"><D:ace>{bob}{grant}</D:ace></D:acl>"#);
    alice.request("ACL", &format!("{files}plans/")).xml(acl).send().expect(200);
}

/// The colour of a calendar as somebody sees it.
#[track_caller]
fn colour(client: &Client, calendar: &str) -> String {
    client.propfind(calendar, "0", &[CALENDAR_COLOR]).only().text(CALENDAR_COLOR).to_owned()
}

fn natively() -> bool {
    Host::tested() == Host::Native
}

/// Writes until it is told to stop; every write is one of two at the same moment in two calendars, by MOVE.
fn write_until(client: &Client, writer: usize, stop: &AtomicBool, written: &AtomicUsize) {
    for number in 0.. {
        if stop.load(Ordering::Acquire) {
            return;
        }
        let path = client.calendars(&format!("left/{writer}-{}.ics", number % 18));
        let uid = format!("{writer}-{}", number % 18);
        let body = if number % 5 == 0 { large(&format!("{uid}-{number}")) } else { samples::at_noon(&uid, "20260314") };
        let answer = match number % 7 {
            6 => client.delete(&path),
            5 => {
                let to = client.calendars(&format!("right/{writer}-{number}.ics"));
                client.request("MOVE", &path).header("destination", &to).send()
            }
            _ => client.put(&path, &body),
        };
        answer.expect_any(&[201, 204, 403, 404, 412]);
        written.fetch_add(1, Ordering::AcqRel);
    }
}

/// What each member of a calendar is: entity tag and body, which have to agree.
#[track_caller]
fn contents(client: &Client, path: &str) -> BTreeMap<String, (String, String)> {
    let members = listed(client, path).into_iter();
    members
        .map(|(href, etag)| {
            let answer = client.get(&href).expect(200);
            assert_eq!(answer.etag(), etag, "{href}");
            let name = href.rsplit('/').next().unwrap_or_default().to_owned();
            (name, (etag, answer.text().to_owned()))
        })
        .collect()
}

#[test]
fn a_backup_while_eight_write_is_of_one_moment() {
    if !natively() {
        return;
    }
    let directory = empty_directory("backup");
    let server = Server::start(&directory);
    let client = server.named("alice");
    client.make_calendar("left");
    client.make_calendar("right");
    let fixed = client.make_calendar("fixed");
    client.put(&format!("{fixed}large.ics"), &large("fixed")).expect(201);
    let token = client.sync_token(&fixed);
    let archive = directory.join("backup.tar");
    let (stop, written) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for writer in 0..8 {
            let (client, stop, written) = (client.clone(), &stop, &written);
            scope.spawn(move || write_until(&client, writer, stop, written));
        }
        while written.load(Ordering::Acquire) < 200 {
            thread::yield_now();
        }
        for _ in 0..3 {
            let before = written.load(Ordering::Acquire);
            succeed(kalends().arg("backup").arg("--data").arg(server.data()).arg(&archive));
            while written.load(Ordering::Acquire) == before {
                thread::yield_now();
            }
        }
        stop.store(true, Ordering::Release);
    });
    let restored = directory.join("restored");
    fs::create_dir_all(&restored).expect("a directory");
    succeed(kalends().arg("restore").arg("--data").arg(restored.join("data")).arg(&archive));
    fail(kalends().arg("restore").arg("--data").arg(restored.join("data")).arg(&archive));

    let server = Server::start(&restored);
    let again = server.named("alice");
    for calendar in ["left/", "right/", "fixed/"] {
        contents(&again, &again.calendars(calendar));
    }
    assert!(!listed(&again, &again.calendars("right/")).is_empty());
    // The tokens of before are of another life.
    let refused = again.report(&fixed, "0", bodies::sync_collection(&token, None, &[GETETAG]));
    refused.refused(403, Name(DAV, "valid-sync-token"));
    let mut mirror = Mirror { token, ..Mirror::default() };
    mirror.synchronise(&again, &fixed);
    assert_eq!(mirror.members, listed(&again, &fixed));
    // And it is a whole server: what counts the room that is used agrees with what is there.
    again.put(&format!("{fixed}new.ics"), &samples::at_noon("new", "20260314")).expect(201);
}

#[test]
fn what_was_backed_up_at_rest_comes_back_the_same() {
    if !natively() {
        return;
    }
    let directory = empty_directory("at-rest");
    let server = Server::start(&directory);
    furnish(&server);
    let password = server
        .administrator()
        .request("POST", "/api/accounts/alice/app-passwords")
        .header("content-type", "application/json")
        .body(r#"{"label": "phone"}"#)
        .send()
        .expect(201);
    let before = exported(&server.data(), &directory.join("before"));
    let archive = directory.join("backup.tar");
    let said = succeed(kalends().args(["backup", "--with-secret"]).arg("--data").arg(server.data()).arg(&archive));
    assert!(said.output.contains("2 large bodies"), "{}", said.output);
    let other = empty_directory("at-rest-restored");
    succeed(kalends().arg("restore").arg("--data").arg(other.join("data")).arg(&archive));
    assert_eq!(exported(&other.join("data"), &other.join("after")), before);
    // With the secret app passwords go on working.
    let secret =
        password.text().split("\"secret\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a secret");
    let restored = Server::start(&other);
    restored.anonymous().basic("alice", secret).get("/api/me").expect(200);
}

#[test]
fn a_damaged_archive_restores_nothing() {
    if !natively() {
        return;
    }
    let directory = empty_directory("damaged");
    let server = Server::start(&directory);
    furnish(&server);
    let archive = directory.join("backup.tar");
    succeed(kalends().arg("backup").arg("--data").arg(server.data()).arg(&archive));
    let good = fs::read(&archive).expect("the archive");
    let body = good.windows(8).rposition(|window| window == b"xxxxxxxx").expect("the large body");
    let mut flipped = good.clone();
    flipped[body] = b'y';
    let cut = good[..body].to_vec();
    let page = 6 * 4096;
    let mut database = good.clone();
    database[page..page + 2048].fill(0xa5);
    for (name, bytes) in [("flipped", flipped), ("cut", cut), ("database", database), ("empty", Vec::new())] {
        let bad = directory.join(name);
        fs::write(&bad, bytes).expect("the archive is written");
        let data = directory.join(format!("{name}-data"));
        let said = fail(kalends().arg("restore").arg("--data").arg(&data).arg(&bad));
        assert!(said.errors.contains("is not restored"), "{name}: {}", said.errors);
        assert_eq!(tree(&data).len(), 0, "{name}");
    }
}

#[test]
fn what_is_exported_imported_and_exported_again_is_the_same() {
    if !natively() {
        return;
    }
    let directory = empty_directory("round");
    let server = Server::start(&directory);
    furnish(&server);
    let first = directory.join("first");
    let before = exported(&server.data(), &first);
    assert!(before.keys().any(|path| path.starts_with("alice/calendars/work")));
    let data = directory.join("other");
    let said = succeed(kalends().args(["import", "--make-accounts", "--strict"]).arg("--data").arg(&data).arg(&first));
    assert!(said.output.contains("The account alice has the password "), "{}", said.output);
    assert_eq!(exported(&data, &directory.join("second")), before);
    let said = succeed(kalends().args(["import", "--strict"]).arg("--data").arg(&data).arg(&first));
    assert!(said.output.contains("All: 0 stored"), "importing again stores nothing: {}", said.output);
    fail(kalends().arg("export").arg("--data").arg(&data).arg(&first));
    // Not only the trees are equal: it is there, for who uses it.
    let other = empty_directory("round-again");
    fs::rename(&data, other.join("data")).expect("the data move");
    let again = Server::start(&other);
    for name in ["alice", "bob"] {
        let password = format!(r#"{{"password": "{}"}}"#, kalends_tests::PASSWORD);
        let set = again.administrator();
        let set = set.request("PUT", &format!("/api/accounts/{name}/password"));
        set.header("content-type", "application/json").body(password).send().expect(204);
    }
    let (alice, bob) = (again.named("alice"), again.named("bob"));
    let work = alice.calendars("work/");
    assert_eq!((colour(&alice, &work).as_str(), colour(&bob, &work).as_str()), ("#AA00FFFF", "#00FF00FF"));
    let photo = alice.get("/dav/files/alice/plans/photo").expect(200);
    assert_eq!((photo.required_header("content-type"), photo.body().len()), ("image/png", 100_000));
    bob.get("/dav/files/alice/plans/deep/empty").expect(200);
    bob.get("/dav/files/alice/notes.txt").expect(404);
    assert!(alice.get("/api/me").expect(200).text().contains("Alice Liddell"));
}

/// A calendar of so many events, three of them bad ones, and the lines of these.
fn big_calendar(events: usize) -> (String, Vec<usize>) {
    let mut lines: Vec<String> =
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Kalends//Tests//EN"].map(str::to_owned).into();
    for part in ["BEGIN:VTIMEZONE", "TZID:Europe/Berlin", "BEGIN:STANDARD", "DTSTART:19701025T030000"] {
        lines.push(part.to_owned());
    }
    for part in ["TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "END:STANDARD", "END:VTIMEZONE"] {
        lines.push(part.to_owned());
    }
    let mut bad = Vec::new();
    for number in 0..events {
        let good = !number.is_multiple_of(events / 3 + 1);
        if !good {
            bad.push(lines.len() + 1);
        }
        lines.push("BEGIN:VEVENT".to_owned());
        lines.push(format!("UID:{number}@example.org"));
        lines.push("DTSTAMP:20260101T000000Z".to_owned());
        let day = 1 + number % 28;
        lines.push(match good {
            true => format!("DTSTART;TZID=Europe/Berlin:202603{day:02}T120000"),
            false => "DTSTART:yesterday".to_owned(),
        });
        lines.push(format!("SUMMARY:Number {number}"));
        lines.push("END:VEVENT".to_owned());
    }
    lines.push("END:VCALENDAR".to_owned());
    (lines.join("\r\n") + "\r\n", bad)
}

#[test]
fn ten_thousand_events_are_imported_and_bad_ones_told_by_line() {
    if !natively() {
        return;
    }
    let directory = empty_directory("ten-thousand");
    let data = directory.join("data");
    make_account(&data, "alice");
    let (calendar, bad) = big_calendar(10_000);
    assert_eq!(bad.len(), 3);
    let file = directory.join("everything.ics");
    fs::write(&file, calendar).expect("the file is written");
    let said = succeed(kalends().args(["import", "--account", "alice"]).arg("--data").arg(&data).arg(&file));
    assert!(
        said.output.contains("All: 9997 stored, 0 there already, 0 there with another content, 3 not taken"),
        "{}",
        said.output
    );
    for line in &bad {
        assert!(said.errors.contains(&format!("everything.ics:{line}: ")), "{line}: {}", said.errors);
    }
    let said = fail(kalends().args(["import", "--account", "alice", "--strict"]).arg("--data").arg(&data).arg(&file));
    assert!(said.errors.contains("everything.ics:"), "{}", said.errors);
}

/// On a terminal, which `script` is, it is seen how far an import has come.
#[test]
fn how_far_an_import_has_come_is_seen_on_a_terminal() {
    if !natively() {
        return;
    }
    let directory = empty_directory("progress");
    let data = directory.join("data");
    make_account(&data, "alice");
    let file = directory.join("everything.ics");
    fs::write(&file, big_calendar(600).0).expect("the file is written");
    let import = kalends();
    let mut line = format!("'{}' import --account alice", import.get_program().display());
    for argument in ["--data", &data.display().to_string(), &file.display().to_string()] {
        line += &format!(" '{argument}'");
    }
    let mut terminal = std::process::Command::new("script");
    terminal.args(["-qefc", &line, "/dev/null"]).env("TERM", "xterm").stdin(std::process::Stdio::null());
    terminal.envs(import.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let said = succeed(&mut terminal).output;
    assert!(said.contains("All: 597 stored"), "{said}");
    let steps: std::collections::BTreeSet<&str> =
        said.split_whitespace().filter(|word| word.ends_with("/600")).collect();
    assert!(steps.len() > 2 && said.contains('['), "a bar that moves: {steps:?}");
}

/// Imports into a server by its URL, as the tests of both hosts can.
#[track_caller]
fn import(server: &Server, arguments: &[&str], path: &Path) -> String {
    let mut command = kalends();
    command.args(["import", "--server", server.url(), "--user", "alice"]).args(arguments).arg(path);
    succeed(command.env("KALENDS_PASSWORD", kalends_tests::PASSWORD)).output
}

#[test]
fn a_file_is_imported_into_a_server_and_exported_from_it() {
    let directory = empty_directory("over-http");
    let server = Server::start(&directory);
    let (calendar, _) = big_calendar(40);
    let file = directory.join("events.ics");
    fs::write(&file, calendar).expect("the file is written");
    let cards: String = (0..20).map(|number| samples::card(&format!("c{number}"), "Ada", "ada@example.org")).collect();
    fs::write(directory.join("people.vcf"), cards).expect("the file is written");
    assert!(import(&server, &[], &file).contains("All: 37 stored"));
    assert!(import(&server, &["--into", "contacts"], &directory.join("people.vcf")).contains("All: 20 stored"));
    assert!(import(&server, &["--into", "contacts"], &directory.join("people.vcf")).contains("20 there already"));
    let alice = server.named("alice");
    assert_eq!(listed(&alice, &alice.calendars("events/")).len(), 37);
    let event = alice.get(&alice.calendars("events/1%40example.org.ics")).expect(200);
    assert!(event.text().contains("TZID:Europe/Berlin"), "{}", event.text());
    // A new calendar is called like the file; one that is there has a name already.
    let mine = directory.join("personal.ics");
    fs::write(&mine, samples::at_noon("mine", "20260314")).expect("the file is written");
    assert!(import(&server, &[], &mine).contains("All: 1 stored"));
    for (calendar, name) in [("events", "events"), ("personal", "Personal")] {
        let found = alice.propfind(&alice.calendars(&format!("{calendar}/")), "0", &[DISPLAYNAME]);
        assert_eq!(found.only().text(DISPLAYNAME), name);
    }
    let mut command = kalends();
    command.args(["export", "--server", server.url(), "--user", "alice"]).arg(directory.join("exported"));
    let said = succeed(command.env("KALENDS_PASSWORD", kalends_tests::PASSWORD));
    assert!(said.output.contains("alice: 58 calendar objects and cards"), "{}", said.output);
}

#[test]
fn a_copy_brings_what_is_missing_and_nothing_twice() {
    let (from, to) = (empty_directory("copy-from"), empty_directory("copy-to"));
    let (source, target) = (Server::start(&from), Server::start(&to));
    furnish(&source);
    let copy = |arguments: &[&str]| {
        let mut command = kalends();
        command.args([
            "copy",
            "--from",
            source.url(),
            "--from-user",
            "alice",
            "--to",
            target.url(),
            "--to-user",
            "bob",
        ]);
        command.args(arguments);
        succeed(
            command.envs(["KALENDS_FROM_PASSWORD", "KALENDS_TO_PASSWORD"].map(|name| (name, kalends_tests::PASSWORD))),
        )
    };
    let said = copy(&[]);
    assert!(said.output.contains("All: 9 stored"), "{}{}", said.output, said.errors);
    assert!(copy(&[]).output.contains("All: 0 stored, 9 there already"));
    let (alice, bob) = (source.named("alice"), target.named("bob"));
    let properties = |client: &Client| {
        let asked = client.propfind(
            &client.calendars("work/"),
            "0",
            &[DISPLAYNAME, CALENDAR_COLOR, Name("urn:example", "thing")],
        );
        let found = asked.only();
        (
            found.text(DISPLAYNAME).to_owned(),
            found.prop(CALENDAR_COLOR).clone(),
            found.prop(Name("urn:example", "thing")).clone(),
        )
    };
    assert_eq!(properties(&alice), properties(&bob));
    let lines = |body: String| body.replace("\r\n", "\n");
    for (name, (_, body)) in contents(&alice, &alice.calendars("work/")) {
        let name = if name.ends_with(".ics") { name } else { name + ".ics" };
        let copied = bob.get(&bob.calendars(&format!("work/{name}"))).expect(200).text().to_owned();
        assert_eq!(lines(copied), lines(body), "{name}");
    }
    // A client that synchronised before the copy went on learns of what came.
    let path = bob.calendars("work/");
    let mut mirror = Mirror::default();
    mirror.synchronise(&bob, &path);
    alice.put(&alice.calendars("work/late.ics"), &samples::at_noon("late", "20260401")).expect(201);
    alice.put(&alice.calendars("work/1.ics"), &samples::at_noon("w1", "20260402")).expect(204);
    let said = copy(&["--collection", "work"]);
    assert!(said.output.contains("1 stored, 8 there already, 1 there with another content"), "{}", said.output);
    assert!(copy(&["--collection", "work", "--replace"]).output.contains("1 stored, 9 there already"));
    mirror.synchronise(&bob, &path);
    assert_eq!(mirror.members, listed(&bob, &path));
    assert!(mirror.members.contains_key(&format!("{path}late.ics")));
}
