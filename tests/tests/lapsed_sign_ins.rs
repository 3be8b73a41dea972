//! An instance that has recognised somebody believes it until accounts change. Then whatever is asked next, whether it
//! would read much, write at once or need nothing at all from storage, is judged anew: refused where the credential is
//! gone, and carried out once where it is not.

use std::thread;

use kalends_tests::names::*;
use kalends_tests::{Answer, Client, Server, bodies, empty_directory, samples};
use serde_json::json;

const EVERYTHING: &[&str] = &["calendars", "contacts", "files", "write"];

const LOCKS: Name = Name(DAV, "lockdiscovery");

const SEARCH: &str = r#"<D:principal-property-search xmlns:D="DAV:"><D:property-search><D:prop><D:displayname/></D:prop><D:match>bob</D:match></D:property-search><D:prop><D:displayname/></D:prop></D:principal-property-search>"#;

/// Asks with a credential. Each kind of request has its own: what is written by one is in nobody's way.
struct Kind {
    name: &'static str,
    /// The status where the credential is good.
    status: u16,
    ask: fn(&Client) -> Answer,
}

fn event(client: &Client, name: &str) -> String {
    client.calendars(&format!("personal/{name}.ics"))
}

fn kinds() -> Vec<Kind> {
    let kind = |name, status, ask| Kind { name, status, ask };
    vec![
        kind("what needs nothing from storage", 207, |client| {
            client.request("PROPFIND", "/dav/").header("depth", "0").send()
        }),
        kind("what is not there", 404, |client| client.get("/dav/nowhere/at/all")),
        kind("one's own principal", 207, |client| {
            client.request("PROPFIND", &format!("/dav/principals/{}/", client.name())).header("depth", "0").send()
        }),
        kind("another principal", 207, |client| {
            client.request("PROPFIND", "/dav/principals/bob/").header("depth", "0").send()
        }),
        kind("the search for principals", 207, |client| client.report("/dav/principals/", "0", SEARCH.into())),
        kind("notifications", 207, |client| {
            let path = format!("/dav/notifications/{}/", client.name());
            client.request("PROPFIND", &path).header("depth", "1").send()
        }),
        kind("a home", 207, |client| client.request("PROPFIND", &client.calendars("")).header("depth", "1").send()),
        kind("a GET", 200, |client| client.get(&event(client, "kept"))),
        kind("a multiget", 207, |client| {
            let asked = bodies::calendar_multiget(&[GETETAG], &[event(client, "kept")]);
            client.report(&client.calendars("personal/"), "1", asked)
        }),
        kind("what has changed", 207, |client| {
            client.report(&client.calendars("personal/"), "1", bodies::sync_collection("", None, &[GETETAG]))
        }),
        kind("a PUT", 201, |client| {
            let put = client.request("PUT", &event(client, "new")).header("if-none-match", "*");
            put.header("content-type", "text/calendar").body(samples::at_noon("new", "20260314")).send()
        }),
        kind("a PROPPATCH", 207, |client| {
            client.proppatch(&client.calendars("personal/"), bodies::set(&[DISPLAYNAME.with("Changed")]))
        }),
        kind("a PROPPATCH of a home", 207, |client| {
            client.proppatch(&client.calendars(""), bodies::set(&[DISPLAYNAME.with("Changed")]))
        }),
        kind("the answer to an invitation", 200, |client| {
            let calendar = format!("<D:href>/dav/calendars/alice/{}/</D:href>", client.name());
            let answer = format!("<CS:invite-accepted/><CS:hosturl>{calendar}</CS:hosturl>");
            client.post_sharing(&client.calendars(""), "invite-reply", &answer)
        }),
        kind("a LOCK", 200, |client| client.request("LOCK", &event(client, "kept")).xml(bodies::LOCK).send()),
        kind("a new calendar", 201, |client| {
            let body = bodies::mkcol_calendar(&[]);
            client.request("MKCOL", &client.calendars("more/")).xml(body).send()
        }),
        kind("a MOVE", 201, |client| {
            let to = event(client, "moved");
            client.request("MOVE", &event(client, "kept")).header("destination", &to).send()
        }),
        kind("a DELETE", 204, |client| client.delete(&event(client, "kept"))),
    ]
}

/// An account with an event, which alice has invited to a calendar.
fn account(server: &Server) -> Client {
    let owner = server.account();
    owner.put(&event(&owner, "kept"), &samples::at_noon("kept", "20260314")).expect(201);
    let alice = server.named("alice");
    let calendar = alice.make_calendar(owner.name());
    let whom = format!("<D:href>/dav/principals/{}/</D:href>", owner.name());
    let invitation = format!("<CS:set>{whom}<CS:summary>Plans</CS:summary><CS:read/></CS:set>");
    alice.post_sharing(&calendar, "share", &invitation).expect(200);
    owner
}

/// All that one can see of it.
fn all_that_is_there(owner: &Client) -> String {
    let asked = [DISPLAYNAME, SYNC_TOKEN, GETETAG, LOCKS];
    let homes = owner.propfind(&owner.calendars(""), "1", &asked);
    let events = owner.propfind(&owner.calendars("personal/"), "1", &asked);
    format!("{homes:?} {events:?}")
}

/// Has several instances see the credential; on hosts where they live on, they remember it.
fn make_known(client: &Client) {
    let calendar = client.calendars("personal/");
    let ask = || client.propfind(&calendar, "0", &[GETETAG]);
    for _ in 0..2 {
        thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(ask))));
    }
}

#[test]
fn nothing_is_told_or_written_by_a_credential_that_is_gone() {
    let server = Server::start(&empty_directory("lapsed"));
    for Kind { name, ask, .. } in kinds() {
        let owner = account(&server);
        let before = all_that_is_there(&owner);
        let (phone, path) = server.app_password(&owner, EVERYTHING);
        make_known(&phone);
        server.administrator().delete(&path).expect(204);
        for _ in 0..4 {
            let answer = ask(&phone);
            assert_eq!(answer.status, 401, "{name}: {}", answer.text());
            assert!(answer.header("www-authenticate").is_some(), "{name}");
        }
        assert_eq!(all_that_is_there(&owner), before, "{name}");
    }
}

#[test]
fn whoever_is_still_welcome_notices_nothing_of_a_change() {
    let server = Server::start(&empty_directory("lapsed-elsewhere"));
    for (number, Kind { name, status, ask }) in kinds().into_iter().enumerate() {
        let (phone, _) = server.app_password(&account(&server), EVERYTHING);
        make_known(&phone);
        let other = json!({ "display_name": format!("Bob {number}") }).to_string();
        let administrator = server.administrator();
        let patch = administrator.request("PATCH", "/api/accounts/bob");
        patch.header("content-type", "application/json").body(other).send().expect(200);
        let answer = ask(&phone);
        assert_eq!(answer.status, status, "{name}: {}", answer.text());
    }
}
