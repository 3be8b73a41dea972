//! The command line `kalends`, which speaks the API to a server of any host, and natively to a data directory.

#![allow(clippy::panic, reason = "that is how a test fails")]

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use kalends_tests::command::kalends;
use kalends_tests::{Client, Host, Server, empty_directory, names::*, samples, shared};
use serde_json::Value;

/// What a command prints, where it succeeds; what it says, where it does not.
fn run(command: &mut Command, input: &str) -> Result<String, String> {
    command
        .env_remove("KALENDS_SERVER")
        .env_remove("KALENDS_TOKEN")
        .env_remove("KALENDS_URL")
        .env_remove("KALENDS_DATA");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("starting the command line");
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("writing the input");
    let output = child.wait_with_output().expect("waiting for the command line");
    let text = |octets: Vec<u8>| String::from_utf8(octets).expect("UTF-8");
    match output.status.success() {
        true => Ok(text(output.stdout)),
        false => Err(text(output.stderr)),
    }
}

/// A command of the administrator of a server, with a password to type where it asks for one.
fn of_server(server: &Server, arguments: &[&str], input: &str) -> Result<String, String> {
    let token = server.administrator().authorization().trim_start_matches("Bearer ").to_owned();
    run(kalends().args(arguments).args(["--server", server.url(), "--token", &token]), input)
}

#[track_caller]
fn told(arguments: &[&str], input: &str) -> String {
    of_server(shared(), arguments, input).unwrap_or_else(|error| panic!("kalends {arguments:?}: {error}"))
}

#[track_caller]
fn refused(arguments: &[&str], input: &str) -> String {
    of_server(shared(), arguments, input).expect_err("a refusal")
}

/// The first column of a table, its heading aside.
fn first_column(table: &str) -> Vec<&str> {
    table.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect()
}

#[test]
fn the_first_administrator_is_made_by_one_command() {
    assert_eq!(told(&["user", "add", "first", "--admin"], "a password of the first\n"), "");
    let first = shared().anonymous().basic("first", "a password of the first");
    assert!(first.get("/api/accounts").expect(200).text().contains("\"first\""));
    assert!(refused(&["user", "add", "first"], "another password\n").contains("taken"));
    // From here on the account's own token does, and the operator's can be taken away.
    let token = told(&["token", "add", "first", "command line", "--admin"], "");
    let listed = run(kalends().args(["user", "list", "--server", shared().url(), "--token", token.trim()]), "");
    assert!(first_column(&listed.expect("the list")).contains(&"first"));
    let wrong = run(kalends().args(["user", "list", "--server", shared().url(), "--token", "wrong"]), "");
    assert!(wrong.expect_err("a refusal").contains("wrong"));
}

#[test]
fn an_account_from_its_first_day_to_its_last() {
    told(
        &[
            "user",
            "add",
            "ada",
            "--display-name",
            "Ada L.",
            "--email",
            "ada@example.org",
            "--quota",
            "5M",
            "--timezone",
            "Europe/London",
        ],
        "analytical engine\n",
    );
    let shown: Value = serde_json::from_str(&told(&["user", "show", "ada"], "")).expect("JSON");
    assert_eq!((shown["quota"].as_u64(), shown["emails"][0].as_str()), (Some(5 << 20), Some("ada@example.org")));
    told(&["user", "change", "ada", "--quota", "", "--timezone", "", "--display-name", "Ada"], "");
    let shown: Value = serde_json::from_str(&told(&["user", "show", "ada"], "")).expect("JSON");
    assert_eq!(
        (&shown["quota"], &shown["timezone"], shown["display_name"].as_str()),
        (&Value::Null, &Value::Null, Some("Ada"))
    );
    assert_eq!(first_column(&told(&["user", "list", "ada@"], "")), ["ada"]);
    assert!(refused(&["user", "change", "ada", "--email", "nobody"], "").contains("e-mail"));

    let ada = |password: &str| shared().anonymous().basic("ada", password).get("/api/me").status;
    assert_eq!(ada("analytical engine"), 200);
    told(&["user", "passwd", "ada"], "difference engine\n");
    assert_eq!((ada("difference engine"), ada("analytical engine!")), (200, 401));
    assert!(refused(&["user", "remove", "ada"], "").contains("--purge"), "what becomes of the data has to be said");
    told(&["user", "remove", "ada", "--keep-data"], "");
    let shown: Value = serde_json::from_str(&told(&["user", "show", "ada"], "")).expect("JSON");
    assert_eq!(shown["disabled"], true);
    told(&["user", "remove", "ada", "--purge"], "");
    assert!(refused(&["user", "show", "ada"], "").contains("ada"));
}

#[test]
fn groups_and_their_members() {
    for name in ["grace", "edsger"] {
        told(&["user", "add", name], "a password of theirs\n");
    }
    told(&["group", "add", "team", "--display-name", "The team"], "");
    told(&["group", "add", "inner"], "");
    for (group, member) in [("team", "grace"), ("team", "inner"), ("inner", "edsger")] {
        told(&["group", "add-member", group, member], "");
    }
    assert_eq!(first_column(&told(&["group", "list", "team"], "")), ["grace", "inner"]);
    assert!(refused(&["group", "add-member", "inner", "team"], "").contains("member"), "a circle");
    told(&["group", "remove-member", "team", "grace"], "");
    assert_eq!(first_column(&told(&["group", "list", "team"], "")), ["inner"]);
    told(&["group", "remove", "team"], "");
    assert!(!first_column(&told(&["group", "list"], "")).contains(&"team"));
}

#[test]
fn a_team_calendar_is_one_command() {
    for name in ["lynn", "carver"] {
        told(&["user", "add", name], "a password of theirs\n");
    }
    told(&["group", "add", "chips"], "");
    told(&["group", "add-member", "chips", "carver"], "");
    let team = ["share", "add", "lynn/chips", "--with", "chips", "--access"];
    assert!(refused(&[&team[..], &["write"]].concat(), "").contains("no such collection"));
    assert_eq!(told(&[&team[..], &["write", "--create", "Our chips"]].concat(), ""), "");

    let carver = shared().anonymous().basic("carver", "a password of theirs");
    let home = || carver.propfind("/dav/calendars/carver/", "1", &[DISPLAYNAME]);
    let there = home().hrefs().into_iter().find(|href| href.contains("shared~")).expect("the calendar").to_owned();
    assert_eq!(home().of(&there).text(DISPLAYNAME), "Our chips");
    carver.put(&format!("{there}a.ics"), &samples::at_noon("a", "20260314")).expect(201);
    told(&[&team[..], &["read"]].concat(), "");
    carver.put(&format!("{there}b.ics"), &samples::at_noon("b", "20260314")).expect(403);

    told(&["share", "add", "lynn/addressbooks/contacts", "--with", "carver", "--access", "read"], "");
    let listed = told(&["share", "list", "carver"], "");
    let rows: Vec<Vec<&str>> = listed.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
    for row in [
        ["lynn", "calendars/chips", "chips", "read", "accepted"],
        ["lynn", "addressbooks/contacts", "carver", "read", "accepted"],
    ] {
        assert!(rows.contains(&row.to_vec()), "{row:?} in {listed}");
    }
    assert!(refused(&["share", "add", "lynn", "--with", "carver", "--access", "read"], "").contains("OWNER/CALENDAR"));
    assert!(refused(&["share", "remove", "lynn/chips", "--with", "carver"], "").contains("not shared with carver"));
    told(&["share", "remove", "lynn/chips", "--with", "chips"], "");
    assert!(!home().hrefs().contains(&there.as_str()));
    assert_eq!(told(&["share", "list", "lynn"], "").lines().count(), 2, "the address book is shared as it was");
}

#[test]
fn a_link_is_shown_to_subscribers_until_it_is_revoked() {
    told(&["user", "add", "frances"], "a password of hers\n");
    let frances = shared().anonymous().basic("frances", "a password of hers");
    let event = samples::at_noon("a", "20260314");
    frances.put("/dav/calendars/frances/personal/a.ics", &event).expect(201);
    let made = told(&["link", "add", "frances/personal", "--label", "The door"], "");
    let path = |url: &str| url.find("/public/").map(|at| url[at..].trim().to_owned()).expect("the path of a link");
    let anybody = |url: &str| shared().anonymous().get(&path(url));
    assert!(anybody(&made).expect(200).text().contains("UID:a\r\n"));
    let busy = told(&["link", "add", "frances/personal", "--free-busy"], "");
    assert!(!anybody(&busy).expect(200).text().contains("UID:a\r\n"));
    assert!(refused(&["link", "add", "frances/addressbooks/contacts"], "").contains("calendars"));

    let listed = told(&["link", "list", "frances"], "");
    let row = listed.lines().find(|line| line.contains("The door")).expect("the link");
    assert!(row.contains("calendars/personal") && row.contains(&path(&made)), "{listed}");
    let id = row.split_whitespace().next().expect("its identifier");
    told(&["link", "revoke", "frances", id], "");
    anybody(&made).expect(404);
    anybody(&busy).expect(200);
    assert!(refused(&["link", "revoke", "frances", id], "").contains(id));
}

#[test]
fn an_app_password_is_shown_once_and_revoked() {
    told(&["user", "add", "barbara"], "a password of hers\n");
    let secret = told(&["app-password", "add", "barbara", "phone", "--scope", "calendars", "--read-only"], "");
    let phone = shared().anonymous().basic("barbara", secret.trim());
    phone.propfind("/dav/calendars/barbara/personal/", "0", &[DISPLAYNAME]);
    phone.request("PROPFIND", "/dav/addressbooks/barbara/contacts/").header("depth", "0").send().expect(403);
    phone.put("/dav/calendars/barbara/personal/a.ics", "").expect(403);
    let listed = told(&["app-password", "list", "barbara"], "");
    assert!(listed.contains("phone") && listed.contains("calendars") && !listed.contains(secret.trim()), "{listed}");
    let id = first_column(&listed)[0].to_owned();
    told(&["app-password", "revoke", "barbara", &id], "");
    assert!(refused(&["app-password", "revoke", "barbara", &id], "").contains(&id));
    assert_eq!(first_column(&told(&["app-password", "list", "barbara"], "")), Vec::<&str>::new());
}

#[test]
fn an_app_password_in_a_profile() {
    told(&["user", "add", "katherine"], "a password of hers\n");
    let file = empty_directory("profile").join("katherine.mobileconfig");
    let path = file.to_str().expect("UTF-8");
    told(&["app-password", "add", "katherine", "iPhone", "--profile", path], "");
    let profile = fs::read_to_string(&file).expect("reading the profile");
    assert!(profile.starts_with("<?xml") && profile.contains("com.apple.carddav.account"), "{profile}");
    let secret = profile.split("<key>CalDAVPassword</key>").nth(1).and_then(|rest| rest.split(['<', '>']).nth(2));
    let phone = shared().anonymous().basic("katherine", secret.expect("the password"));
    phone.propfind("/dav/calendars/katherine/", "0", &[DISPLAYNAME]);
    assert!(
        refused(&["app-password", "add", "katherine", "iPhone", "--profile", path], "").contains("write"),
        "no file is overwritten"
    );
    let made: Value =
        serde_json::from_str(&told(&["app-password", "add", "katherine", "Pixel", "--json"], "")).expect("JSON");
    assert!(made["link"].as_str().is_some_and(|link| link.starts_with("caldav://katherine:app-")), "{made}");
}

#[test]
fn a_data_directory_is_worked_on_in_the_same_way() {
    if Host::tested() != Host::Native {
        return;
    }
    let directory = empty_directory("data-directory").join("data");
    let here = |arguments: &[&str], input: &str| {
        let mut command = kalends();
        command.args(arguments).arg("--data").arg(&directory);
        run(&mut command, input)
    };
    here(&["user", "add", "root", "--admin"], "a password of root\n").expect("an account");
    assert_eq!(first_column(&here(&["user", "list"], "").expect("the list")), ["root"]);
    let url = ["app-password", "add", "root", "phone", "--json", "--url", "https://calendar.example.org/cal/"];
    let made: Value = serde_json::from_str(&here(&url, "").expect("an app password")).expect("JSON");
    let link = made["link"].as_str().expect("a link");
    assert!(link.starts_with("davx5://root:app-") && link.ends_with("@calendar.example.org/cal/"), "{link}");
    let profile = directory.with_file_name("root.mobileconfig");
    let path = profile.to_str().expect("UTF-8");
    let without = here(&["app-password", "add", "root", "phone", "--profile", path], "");
    assert!(without.expect_err("a refusal").contains("--url"));
    assert!(here(&["user", "show", "nobody"], "").is_err());
    let team = ["share", "add", "root/team", "--with", "team", "--access", "write", "--create", "Team"];
    here(&["group", "add", "team"], "").expect("a group");
    here(&team, "").expect("a calendar of the group");
    assert!(here(&["share", "list", "root"], "").expect("the shares").contains("calendars/team"));
    assert!(here(&["link", "add", "root/team"], "").expect_err("a refusal").contains("--url"));
    let url = ["link", "add", "root/team", "--url", "https://calendar.example.org/cal/"];
    let link = here(&url, "").expect("a link");
    assert!(link.starts_with("https://calendar.example.org/cal/public/"), "{link}");
}

/// What an instance remembers of a sign-in it believes only until something has changed, by whomever.
#[test]
fn what_another_process_revokes_a_running_server_refuses_at_once() {
    if Host::tested() != Host::Native {
        return;
    }
    let server = Server::start(&empty_directory("beside-a-server"));
    let owner = server.account();
    let here = |arguments: &[&str], input: &str| {
        run(kalends().args(arguments).arg("--data").arg(server.data()), input).expect("a change of the data")
    };
    let secret = here(&["app-password", "add", owner.name(), "phone"], "");
    let phone = server.anonymous().basic(owner.name(), secret.trim());
    let (calendar, id) =
        (owner.calendars("personal/"), first_column(&here(&["app-password", "list", owner.name()], ""))[0].to_owned());
    let ask = |client: &Client| client.request("PROPFIND", &calendar).header("depth", "0").send();
    let trips: Vec<u32> = (0..3).map(|_| ask(&phone).expect(207).storage_round_trips()).collect();
    assert!(trips[2] < trips[0], "it is remembered: {trips:?}");
    here(&["app-password", "revoke", owner.name(), &id], "");
    ask(&phone).expect(401);
    ask(&owner).expect(207);
    here(&["user", "passwd", owner.name()], "another password of theirs\n");
    ask(&owner).expect(401);
}
