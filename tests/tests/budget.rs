//! What each kind of request costs storage: at most two round trips, and one more for a credential that the instance has not seen yet (ACL and the first use of a
//! credential in an hour take one more still). On the host that counts them, rows
//! and calls to other services are printed as well (`-- --nocapture`): the table of `docs/cloudflare.md`.

use kalends_tests::names::*;
use kalends_tests::{Answer, Client, Host, Request, bodies, samples, shared};

/// A read, a write, and what a credential costs that is not known.
const READ: u32 = 1;
const WRITE: u32 = 2;
const CREDENTIAL: u32 = 1;
/// Of a credential it is noted when it was used, once an hour.
const NOTE: u32 = 1;
/// Whom ACL names has to be looked for among the principals.
const PRINCIPALS: u32 = 1;

/// Members of the calendar that is asked about.
const MEMBERS: usize = 500;

/// The host that remembers credentials from one request to the next.
fn remembers() -> bool {
    Host::tested() == Host::Cloudflare
}

/// Round trips more for a large body: with PostgreSQL it is in a table of its own, elsewhere it is no matter of the database.
fn large_body() -> u32 {
    u32::from(Host::tested() == Host::Fermyon)
}

/// A client with an app password, as clients have it.
#[track_caller]
fn with_app_password(client: &Client) -> Client {
    let made = client
        .request("POST", "/api/me/app-passwords")
        .header("content-type", "application/json")
        .body(r#"{"label": "budget"}"#)
        .send()
        .expect(201);
    let secret = made.text().split("\"secret\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a secret");
    client.basic(client.name(), secret)
}

fn event(number: usize) -> String {
    samples::event(
        &format!("b{number}"),
        &format!(
            "DTSTART:2026{:02}{:02}T120000Z\nDTEND:2026{0:02}{1:02}T130000Z\nSUMMARY:Number {number}",
            1 + number % 12,
            1 + number % 28
        ),
    )
}

/// A line of the table.
#[track_caller]
fn line(what: &str, answer: &Answer, most: u32) {
    assert!((200..300).contains(&answer.status), "{what}: {}", answer.status);
    let trips = answer.storage_round_trips();
    let credential = if remembers() { 0 } else { CREDENTIAL };
    assert!(trips <= most + credential, "{what} takes {trips} round trips");
    let timing = answer.list("server-timing");
    let count = |name: &str| {
        let start = format!("{name};desc=\"");
        let found = timing.iter().find_map(|timing| timing.strip_prefix(&start)?.strip_suffix('"'));
        found.unwrap_or("0").to_owned()
    };
    println!("| {what} | {trips} | {} | {} | {} | {} |", count("read"), count("written"), count("r2"), count("kv"));
}

#[test]
fn every_kind_of_request_stays_within_its_round_trips() {
    let account = shared().account();
    let client = with_app_password(&account);
    let calendar = client.make_calendar("many");
    for number in 0..MEMBERS {
        client.put(&format!("{calendar}{number}.ics"), &event(number)).expect(201);
    }
    let (home, books) = (client.calendars(""), client.addressbooks(""));
    let card = client.addressbooks("contacts/a.vcf");
    let file = format!("/dav/files/{}/a.txt", client.name());
    let folder = format!("/dav/files/{}/folder/", client.name());
    let (here, there) = (format!("{calendar}0.ics"), format!("{calendar}moved.ics"));
    let token = client.sync_token(&calendar);
    client.put(&format!("{calendar}1.ics"), &event(1).replace("Number", "Changed")).expect(204);
    let asked = [
        RESOURCETYPE,
        DISPLAYNAME,
        GETCTAG,
        SYNC_TOKEN,
        CURRENT_USER_PRIVILEGE_SET,
        CALENDAR_COLOR,
        SUPPORTED_REPORT_SET,
    ];
    let report = |body: String| client.request("REPORT", &calendar).header("depth", "1").xml(body);
    let propfind = |path: &str, depth: &str, names: &[Name]| {
        client.request("PROPFIND", path).header("depth", depth).xml(bodies::propfind(names))
    };
    let range = bodies::in_range("VEVENT", "20260301T000000Z", "20260401T000000Z");
    let hrefs: Vec<String> = (0..20).map(|number| format!("{calendar}{number}.ics")).collect();
    let put =
        |path: &str, kind: &str, body: String| client.request("PUT", path).header("content-type", kind).body(body);
    let large = samples::event("b2", &format!("DTSTART:20260314T120000Z\nDESCRIPTION:{}", "x".repeat(40_000)));
    let lock = r#"<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:shared/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>"#;
    let acl = format!(
        r#"<D:acl xmlns:D="DAV:"><D:ace><D:principal><D:href>/dav/principals/{}/</D:href></D:principal><D:grant><D:privilege><D:read/></D:privilege></D:grant></D:ace></D:acl>"#,
        shared().named("bob").name()
    );
    let steps: Vec<(&str, u32, Request<'_>)> = vec![
        ("PROPFIND of the principal", READ, propfind("/", "0", &[CURRENT_USER_PRINCIPAL, CALENDAR_HOME_SET])),
        ("PROPFIND of the home of calendars", READ, propfind(&home, "1", &asked)),
        ("PROPFIND of the home of address books", READ, propfind(&books, "1", &asked)),
        ("PROPFIND of a calendar for its sync token", READ, propfind(&calendar, "0", &[SYNC_TOKEN, GETCTAG])),
        ("PROPFIND of a calendar's 500 entity tags", READ, propfind(&calendar, "1", &[GETETAG])),
        (
            "sync-collection, nothing new",
            READ,
            report(bodies::sync_collection(&client.sync_token(&calendar), None, &[GETETAG])),
        ),
        ("sync-collection, one change", READ, report(bodies::sync_collection(&token, None, &[GETETAG]))),
        ("sync-collection, first, 500 members", READ, report(bodies::sync_collection("", None, &[GETETAG]))),
        ("calendar-multiget of 20", READ, report(bodies::calendar_multiget(&[GETETAG, CALENDAR_DATA], &hrefs))),
        ("calendar-query of a month, 42 of 500", READ, report(bodies::calendar_query(&[GETETAG], &range))),
        ("GET of an event", READ, client.request("GET", &here)),
        ("PUT of a new event", WRITE, put(&format!("{calendar}new.ics"), "text/calendar", event(9_999))),
        ("PUT of a changed event", WRITE, put(&here, "text/calendar", event(0).replace("Number", "Changed"))),
        ("PUT of an event of 40 KB", WRITE + large_body(), put(&format!("{calendar}2.ics"), "text/calendar", large)),
        ("GET of an event of 40 KB", READ + large_body(), client.request("GET", &format!("{calendar}2.ics"))),
        ("MOVE of an event", WRITE, client.request("MOVE", &here).header("destination", &there)),
        ("DELETE of an event", WRITE, client.request("DELETE", &there)),
        ("PUT of a card", WRITE, put(&card, "text/vcard", samples::card("a", "Ada", "ada@example.org"))),
        (
            "PROPPATCH of a calendar",
            WRITE,
            client.request("PROPPATCH", &calendar).xml(bodies::set(&[CALENDAR_COLOR.with("#AA0000FF")])),
        ),
        ("ACL of a calendar", WRITE + PRINCIPALS, client.request("ACL", &calendar).xml(acl)),
        ("MKCOL of a folder", WRITE, client.request("MKCOL", &folder)),
        ("PUT of a file", WRITE, put(&file, "text/plain", "a file".to_owned())),
        ("COPY of a file", WRITE, client.request("COPY", &file).header("destination", &format!("{folder}b.txt"))),
        ("LOCK of a file", WRITE, client.request("LOCK", &format!("{folder}b.txt")).xml(lock)),
        ("OPTIONS", 0, client.request("OPTIONS", &home)),
        ("DELETE of a calendar of 500", WRITE, client.request("DELETE", &calendar)),
    ];
    println!("| request | round trips | rows read | rows written | R2 | KV |\n|---|---|---|---|---|---|");
    for (what, most, request) in steps {
        line(what, &request.send(), most);
    }
    let stranger = with_app_password(&account);
    line("GET with a credential not yet known", &stranger.get(&card), READ + CREDENTIAL + NOTE);
}
