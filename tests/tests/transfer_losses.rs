//! What `kalends import`, `export` and `copy` must not lose without a word: parts of a series, names of files, what is
//! said of a collection that is there, users after one that is refused. And what they must not leave behind.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use kalends_tests::command::{Said, fail, kalends, succeed};
use kalends_tests::mirror::listed;
use kalends_tests::names::*;
use kalends_tests::{Client, Host, PASSWORD, Server, bodies, empty_directory, samples};
use serde_json::Value;

fn natively() -> bool {
    Host::tested() == Host::Native
}

/// An import into an account on a server.
fn import(server: &Server, account: &str, from: &Path) -> Command {
    let mut command = kalends();
    command.args(["import", "--server", server.url(), "--user", account]).arg(from);
    command.env("KALENDS_PASSWORD", PASSWORD);
    command
}

/// A file beside a server's data.
#[track_caller]
fn file(path: PathBuf, content: &str) -> PathBuf {
    fs::create_dir_all(path.parent().expect("a directory")).expect("the directory is made");
    fs::write(&path, content).expect("the file is written");
    path
}

/// A series, and an instance of it that was changed.
fn series() -> [String; 2] {
    let changed = "RECURRENCE-ID:20260315T120000Z\nDTSTART:20260315T140000Z\nSUMMARY:Later";
    [
        samples::event("series", "DTSTART:20260314T120000Z\nRRULE:FREQ=DAILY;COUNT=3\nSUMMARY:Daily"),
        samples::event("series", changed),
    ]
}

#[track_caller]
fn assert_whole(client: &Client, path: &str) {
    let whole = client.get(path).expect(200).text().to_owned();
    assert!(whole.contains("SUMMARY:Daily") && whole.contains("SUMMARY:Later"), "{whole}");
}

#[test]
fn a_series_in_vcalendars_apart_comes_whole() {
    let directory = empty_directory("series");
    let server = Server::start(&directory);
    let alice = server.named("alice");
    let path = file(directory.join("apart.ics"), &series().concat());
    let said = succeed(&mut import(&server, "alice", &path));
    assert!(said.output.contains("All: 1 stored"), "{}{}", said.output, said.errors);
    assert_whole(&alice, &alice.calendars("apart/series.ics"));
    // Again, over a part of it.
    alice.put(&alice.calendars("apart/series.ics"), &series()[0]).expect(204);
    succeed(import(&server, "alice", &path).arg("--replace"));
    assert_whole(&alice, &alice.calendars("apart/series.ics"));
    // As files of their own, which Radicale would take.
    let radicale = directory.join("radicale/collection-root/alice/files");
    file(radicale.join(".Radicale.props"), r#"{"tag": "VCALENDAR"}"#);
    let [whole, changed] = series();
    file(radicale.join("a-change.ics"), &changed);
    file(radicale.join("the-series.ics"), &whole);
    let said = succeed(&mut import(&server, "alice", &directory.join("radicale")));
    assert!(said.output.contains("All: 1 stored, 0 there already, 0 there with another content, 0 not taken"));
    assert_whole(&alice, &alice.calendars("files/the-series.ics"));
}

#[test]
fn files_named_like_descriptions_come_back_under_their_names() {
    if !natively() {
        return;
    }
    let directory = empty_directory("descriptions");
    let server = Server::start(&directory);
    let names = ["folder.json", "collection.json", "Folder.json", "account.json"];
    let path = |name: &str| format!("/dav/files/alice/plans/{name}");
    let alice = server.named("alice");
    alice.request("MKCOL", &path("")).send().expect(201);
    for name in names {
        alice.request("PUT", &path(name)).header("content-type", "text/plain").body(name).send().expect(201);
    }
    let exported = directory.join("exported");
    succeed(kalends().arg("export").arg("--data").arg(server.data()).arg(&exported));
    let others = empty_directory("descriptions-again");
    let server = Server::start(&others);
    succeed(kalends().args(["import", "--strict", "--data"]).arg(server.data()).arg(&exported));
    let alice = server.named("alice");
    for name in names {
        assert_eq!(alice.get(&path(name)).expect(200).text(), name);
    }
    assert_eq!(listed(&alice, &path("")).len(), names.len());
}

/// The app passwords of alice that commands have made.
#[track_caller]
fn of_commands(server: &Server) -> Vec<Value> {
    let told = server.administrator().get("/api/accounts/alice/app-passwords").expect(200);
    let told: Value = serde_json::from_str(told.text()).expect("JSON");
    let all = told["credentials"].as_array().expect("a list").iter();
    all.filter(|one| one["label"] == "kalends command").cloned().collect()
}

/// An import that takes a while, and has made its app password.
#[track_caller]
fn importing(server: &Server, directory: &Path) -> Child {
    let events: String = (0..30_000).map(|number| samples::at_noon(&number.to_string(), "20260314")).collect();
    let path = file(directory.join("many.ics"), &events);
    let mut command = kalends();
    command.args(["import", "--account", "alice", "--data"]).arg(server.data()).arg(path);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program runs");
    while of_commands(server).is_empty() {
        assert!(child.try_wait().expect("its state").is_none(), "the import has ended");
        thread::sleep(Duration::from_millis(20));
    }
    child
}

#[cfg(unix)]
#[test]
fn a_command_that_is_interrupted_leaves_no_app_password() {
    if !natively() {
        return;
    }
    let directory = empty_directory("interrupted");
    let server = Server::start(&directory);
    for signal in ["-INT", "-TERM"] {
        let mut child = importing(&server, &directory);
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success() && !child.wait().expect("it ends").success(), "{signal}");
        assert_eq!(of_commands(&server), [Value::Null; 0], "{signal}");
    }
    // What is killed leaves one, which ends by itself.
    let mut child = importing(&server, &directory);
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let left = of_commands(&server);
    assert!(left.len() == 1 && left[0]["expires"].is_string(), "{left:?}");
}

#[test]
fn what_commands_of_before_have_left_is_revoked() {
    if !natively() {
        return;
    }
    let directory = empty_directory("stale");
    let server = Server::start(&directory);
    let administrator = server.administrator();
    for label in ["kalends command", "telephone"] {
        let new = administrator.request("POST", "/api/accounts/alice/app-passwords");
        new.header("content-type", "application/json").body(format!(r#"{{"label": "{label}"}}"#)).send().expect(201);
    }
    assert_eq!(of_commands(&server).len(), 1);
    succeed(kalends().args(["export", "--account", "alice", "--data"]).arg(server.data()).arg(directory.join("out")));
    assert!(of_commands(&server).is_empty());
    let left = administrator.get("/api/accounts/alice/app-passwords").expect(200);
    assert!(left.text().contains("telephone"), "{}", left.text());
}

/// A collection of Radicale's with an event and a task, and this of its properties.
#[track_caller]
fn radicale(directory: &Path, collection: &str, properties: &str) -> PathBuf {
    let root = directory.join("radicale");
    let there = root.join("collection-root").join(collection);
    file(there.join(".Radicale.props"), properties);
    file(there.join("event.ics"), &samples::at_noon(&format!("event-{collection}"), "20260314"));
    file(there.join("task.ics"), &samples::task(&format!("task-{collection}"), "SUMMARY:To do"));
    root
}

const WITH_TASKS: &str = r##"{"tag": "VCALENDAR", "D:displayname": "Theirs", "ICAL:calendar-color": "#ff0000ff", "C:supported-calendar-component-set": "VEVENT,VTODO"}"##;

#[test]
fn what_is_said_of_a_calendar_that_is_there_stays() {
    let directory = empty_directory("said");
    let server = Server::start(&directory);
    let alice = server.named("alice");
    let calendar = alice.calendars("personal/");
    let colour = |colour: &str| bodies::set(&[CALENDAR_COLOR.with(colour)]);
    alice.proppatch(&calendar, colour("#00FF00FF")).expect(207);
    let root = radicale(&directory, "alice/personal", WITH_TASKS);
    let said = succeed(&mut import(&server, "alice", &root));
    assert!(said.output.contains("All: 1 stored, 0 there already, 0 there with another content, 1 not taken"));
    for told in ["takes VEVENT", "property calendar-color", "property displayname", "task.ics"] {
        assert!(said.errors.contains(told), "{told}: {}", said.errors);
    }
    let found = alice.propfind(&calendar, "0", &[CALENDAR_COLOR, DISPLAYNAME]);
    assert_eq!((found.only().text(CALENDAR_COLOR), found.only().text(DISPLAYNAME)), ("#00FF00FF", "Personal"));
    // Unless that is wanted.
    succeed(import(&server, "alice", &root).arg("--replace"));
    let found = alice.propfind(&calendar, "0", &[CALENDAR_COLOR, DISPLAYNAME]);
    assert_eq!((found.only().text(CALENDAR_COLOR), found.only().text(DISPLAYNAME)), ("#ff0000ff", "Theirs"));
    fail(import(&server, "alice", &root).arg("--strict"));
}

#[test]
fn a_link_and_a_share_stay_with_their_calendar() {
    let directory = empty_directory("hung");
    let server = Server::start(&directory);
    let (alice, bob) = (server.named("alice"), server.named("bob"));
    // Nobody has said anything of it, but the address is out.
    let links = alice.request("POST", "/api/me/links").header("content-type", "application/json");
    let made = links.body(r#"{"collection": "calendars/personal"}"#).send().expect(201);
    let made: Value = serde_json::from_str(made.text()).expect("JSON");
    let address = made["url"].as_str().expect("a URL");
    let address = address.trim_start_matches(server.url());
    let root = radicale(&directory, "alice/personal", WITH_TASKS);
    succeed(&mut import(&server, "alice", &root));
    assert!(server.anonymous().get(address).expect(200).text().contains("BEGIN:VCALENDAR"));
    // What comes is shared with somebody, and what is there with somebody else.
    if !natively() {
        return;
    }
    let share = |client: &Client, path: &str, with: &str| {
        let grant = "<D:grant><D:privilege><D:read/></D:privilege></D:grant>";
        let principal = format!("<D:principal><D:href>/dav/principals/{with}/</D:href></D:principal>");
        let acl = format!(r#"<D:acl xmlns:D="DAV:"><D:ace>{principal}{grant}</D:ace></D:acl>"#);
        client.request("ACL", path).xml(acl).send().expect(200);
    };
    let tasks = bob.calendars("tasks/");
    share(&bob, &tasks, "alice");
    let exported = directory.join("exported");
    succeed(kalends().args(["export", "--account", "bob", "--data"]).arg(server.data()).arg(&exported));
    let account = r#"{"name": "carol", "password": "password of carol's"}"#;
    let administrator = server.administrator();
    let accounts = administrator.request("POST", "/api/accounts").header("content-type", "application/json");
    accounts.body(account).send().expect(201);
    share(&bob, &tasks, "carol");
    let sees = |client: &Client| client.request("PROPFIND", &tasks).header("depth", "0").send().status == 207;
    assert!(!sees(&alice));
    succeed(kalends().args(["import", "--data"]).arg(server.data()).arg(&exported));
    for reader in [&alice, &server.anonymous().basic("carol", "password of carol's")] {
        assert!(sees(reader));
    }
}

#[test]
fn an_account_s_first_calendar_takes_what_comes() {
    let directory = empty_directory("first");
    let server = Server::start(&directory);
    let root = radicale(&directory, "alice/personal", WITH_TASKS);
    let said = succeed(&mut import(&server, "alice", &root));
    assert!(said.output.contains("All: 2 stored"), "{}{}", said.output, said.errors);
    let alice = server.named("alice");
    let found = alice.propfind(&alice.calendars("personal/"), "0", &[DISPLAYNAME]);
    assert_eq!(found.only().text(DISPLAYNAME), "Theirs");
}

#[test]
fn a_user_that_is_refused_is_named_and_the_others_come() {
    if !natively() {
        return;
    }
    let directory = empty_directory("users");
    let data = directory.join("data");
    let mut root = PathBuf::new();
    for user in ["Ada Lovelace", "bob", "carol"] {
        root = radicale(&directory, &format!("{user}/work"), WITH_TASKS);
    }
    file(root.join("collection-root/bob/empty/.Radicale.props"), "");
    let import = || {
        let mut command = kalends();
        command.args(["import", "--make-accounts", "--data"]).arg(&data).arg(&root);
        command
    };
    let said = fail(&mut import());
    for account in ["bob", "carol"] {
        assert!(said.output.contains(&format!("{account}/work: 2 stored")), "{}{}", said.output, said.errors);
    }
    for told in ["Ada Lovelace", "bob/empty"] {
        assert!(said.errors.contains(told), "{told}: {}", said.errors);
    }
    assert_eq!(said.errors.matches("Ada Lovelace is not imported").count(), 1, "{}", said.errors);
    fail(import().arg("--strict"));
    fs::remove_dir_all(root.join("collection-root/Ada Lovelace")).expect("it is removed");
    fs::remove_dir_all(root.join("collection-root/bob/empty")).expect("it is removed");
    assert!(succeed(&mut import()).output.contains("All: 0 stored, 4 there already"));
}

#[test]
fn what_several_have_is_not_mixed_in_one_account() {
    let directory = empty_directory("mixed");
    let server = Server::start(&directory);
    radicale(&directory, "alice/hers", WITH_TASKS);
    let root = radicale(&directory, "eve/secret", WITH_TASKS);
    succeed(&mut import(&server, "alice", &root));
    let alice = server.named("alice");
    assert_eq!(listed(&alice, &alice.calendars("hers/")).len(), 2);
    alice.get(&alice.calendars("secret/")).expect(404);
    let said = fail(&mut import(&server, "bob", &root));
    assert!(said.errors.contains("alice, eve"), "{}", said.errors);
    succeed(import(&server, "bob", &root).args(["--source-account", "eve"]));
}

#[track_caller]
fn copy(server: &Server, arguments: &[&str], end: fn(&mut Command) -> Said) -> Said {
    let mut command = kalends();
    command.args(["copy", "--from", server.url(), "--from-user", "alice", "--to", server.url(), "--to-user", "bob"]);
    command.args(arguments);
    end(command.envs(["KALENDS_FROM_PASSWORD", "KALENDS_TO_PASSWORD"].map(|name| (name, PASSWORD))))
}

#[test]
fn a_collection_to_copy_has_to_be_there() {
    let server = Server::start(&empty_directory("typo"));
    let said = copy(&server, &["--collection", "personal", "--collection", "persnal"], fail);
    assert!(said.errors.contains("persnal") && said.errors.contains("personal, tasks, contacts"), "{}", said.errors);
    let said = copy(&server, &["--collection", "personal"], succeed);
    assert!(said.output.contains("personal: 0 stored"), "{}", said.output);
}

#[test]
fn names_that_only_differ_in_their_ending_are_two() {
    let server = Server::start(&empty_directory("endings"));
    let (alice, bob) = (server.named("alice"), server.named("bob"));
    for name in ["a", "a.ics"] {
        alice.put(&alice.calendars(&format!("personal/{name}")), &samples::at_noon(name, "20260314")).expect(201);
    }
    let said = copy(&server, &[], succeed);
    assert!(said.output.contains("All: 2 stored"), "{}{}", said.output, said.errors);
    assert_eq!(listed(&bob, &bob.calendars("personal/")).len(), 2);
    assert!(copy(&server, &["--replace"], succeed).output.contains("All: 0 stored, 2 there already"));
}
