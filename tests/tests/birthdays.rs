//! The calendar of birthdays and anniversaries, which is computed from the address books.

#![allow(clippy::panic, reason = "that is how a test fails")]

use kalends_tests::names::*;
use kalends_tests::{Client, bodies, samples, shared};
use serde_json::{Value, json};

/// A card with a name and further lines.
fn card(uid: &str, name: &str, lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{name};;;;\r\n{lines}END:VCARD\r\n")
}

#[track_caller]
fn put(client: &Client, path: &str, lines: &[&str]) {
    let uid = path.rsplit('/').next().unwrap_or_default();
    let answer = client.put_card(&client.addressbooks(path), &card(uid, "Ann M\u{fc}ller", lines));
    answer.expect_any(&[201, 204]);
}

/// The calendar of somebody with Ann, who has both days, Bob, whose year is not known, and Carl, who has none.
fn birthdays() -> (Client, String) {
    let client = shared().account();
    put(
        &client,
        "contacts/ann.vcf",
        &["BDAY:1980-04-15", "item1.X-ABDATE:2005-05-20", "item1.X-ABLabel:_$!<Anniversary>!$_"],
    );
    put(&client, "contacts/bob.vcf", &["BDAY;X-APPLE-OMIT-YEAR=1604:1604-02-29"]);
    put(&client, "contacts/carl.vcf", &["NOTE:1980-04-15"]);
    let path = client.calendars("birthdays/");
    (client, path)
}

/// The last segments of paths, without the address book's number.
fn names(hrefs: &[&str]) -> Vec<String> {
    let name =
        |href: &&str| href.rsplit('/').next().and_then(|name| name.split_once('-')).map(|(_, name)| name.to_owned());
    let mut names: Vec<String> = hrefs.iter().filter_map(name).collect();
    names.sort_unstable();
    names
}

/// The path of a member of that kind, of that card.
#[track_caller]
fn member(client: &Client, path: &str, name: &str) -> String {
    let listed = client.propfind(path, "1", &[GETETAG]);
    let found = listed.hrefs().into_iter().find(|href| href.ends_with(name)).map(str::to_owned);
    found.unwrap_or_else(|| panic!("there is no {name} in {:?}", listed.hrefs()))
}

const ALL: [&str; 3] = ["anniversary-ann.vcf.ics", "birthday-ann.vcf.ics", "birthday-bob.vcf.ics"];

#[test]
fn it_is_a_calendar_in_the_home_that_nobody_writes() {
    let (client, path) = birthdays();
    let asked = [
        RESOURCETYPE,
        DISPLAYNAME,
        SUPPORTED_CALENDAR_COMPONENT_SET,
        CURRENT_USER_PRIVILEGE_SET,
        GETCTAG,
        OWNER,
        SYNC_TOKEN,
    ];
    let home = client.propfind(&client.calendars(""), "1", &asked);
    let calendar = home.of(&path);
    assert!(calendar.is_a(CALENDAR));
    assert_eq!(calendar.text(DISPLAYNAME), "Birthdays");
    let components: Vec<&str> = calendar
        .prop(SUPPORTED_CALENDAR_COMPONENT_SET)
        .children()
        .iter()
        .filter_map(|component| component.attribute("name"))
        .collect();
    assert_eq!(components, ["VEVENT"]);
    let privileges = calendar.prop(CURRENT_USER_PRIVILEGE_SET);
    assert!(privileges.contains(Name(DAV, "read")) && privileges.contains(Name(CALDAV, "read-free-busy")));
    for writing in ["write", "write-content", "write-properties", "bind", "unbind", "all", "write-acl"] {
        assert!(!privileges.contains(Name(DAV, writing)), "{writing}");
    }
    assert_eq!(calendar.text(GETCTAG), calendar.text(SYNC_TOKEN));
    let itself = client.propfind(&path, "0", &asked);
    assert_eq!(itself.only().text(SYNC_TOKEN), calendar.text(SYNC_TOKEN));
}

#[test]
fn its_events_are_all_day_and_every_year() {
    let (client, path) = birthdays();
    let listed = client.propfind(&path, "1", &[GETETAG, GETCONTENTTYPE, GETCONTENTLENGTH]);
    let members: Vec<&str> = listed.hrefs().into_iter().filter(|href| *href != path).collect();
    assert_eq!(names(&members), ALL);
    for href in &members {
        let answer = client.get(href).expect(200);
        assert_eq!(listed.of(href).text(GETETAG), answer.etag());
        assert_eq!(listed.of(href).text(GETCONTENTLENGTH), answer.body().len().to_string());
        for line in ["RRULE:FREQ=YEARLY", "TRANSP:TRANSPARENT", "DTSTART;VALUE=DATE:"] {
            assert!(answer.text().contains(line), "{line} in {}", answer.text());
        }
    }
    let text = |name: &str| client.get(&member(&client, &path, name)).expect(200).text().to_owned();
    assert!(text("birthday-ann.vcf.ics").contains("DTSTART;VALUE=DATE:19800415\r\n"));
    assert!(text("birthday-ann.vcf.ics").contains("Ann M\u{fc}ller (1980)\r\n"));
    assert!(text("anniversary-ann.vcf.ics").contains("DTSTART;VALUE=DATE:20050520\r\n"));
    assert!(text("birthday-bob.vcf.ics").contains("DTSTART;VALUE=DATE:19720229\r\n"));
    assert!(text("birthday-bob.vcf.ics").contains("Ann M\u{fc}ller\r\n"), "no year is told");
    let whole = client.get(&path).expect(200);
    assert_eq!(whole.text().matches("BEGIN:VEVENT").count(), 3);
    client.get(&format!("{path}1-birthday-dora.vcf.ics")).expect(404);
}

#[test]
fn it_answers_the_reports_of_calendars() {
    let (client, path) = birthdays();
    let in_range = |start: &str, end: &str| {
        let filter = bodies::in_range("VEVENT", &format!("{start}T000000Z"), &format!("{end}T000000Z"));
        let answer = client.report(&path, "1", bodies::calendar_query(&[GETETAG], &filter));
        assert!(answer.storage_round_trips() <= 3, "the credential's, and two");
        names(&answer.multistatus().hrefs())
    };
    assert_eq!(in_range("20260401", "20260501"), ["birthday-ann.vcf.ics"]);
    assert_eq!(in_range("20270228", "20270301"), ["birthday-bob.vcf.ics"], "29 February, in any year");
    assert_eq!(in_range("20260601", "20260701"), Vec::<String>::new());
    let query = |filter: &str| {
        names(&client.report(&path, "1", bodies::calendar_query(&[GETETAG], filter)).multistatus().hrefs())
    };
    assert_eq!(query(r#"<C:comp-filter name="VEVENT"/>"#), ALL);
    assert_eq!(query(r#"<C:comp-filter name="VTODO"/>"#), Vec::<String>::new());
    let category = r#"<C:comp-filter name="VEVENT"><C:prop-filter name="CATEGORIES"><C:text-match>anniv</C:text-match></C:prop-filter></C:comp-filter>"#;
    assert_eq!(query(category), ["anniversary-ann.vcf.ics"]);

    let ann = member(&client, &path, "birthday-ann.vcf.ics");
    let hrefs = [ann.clone(), format!("{path}1-birthday-dora.vcf.ics")];
    let multiget =
        client.report(&path, "1", bodies::calendar_multiget(&[GETETAG, CALENDAR_DATA], &hrefs)).multistatus();
    assert_eq!(multiget.of(&ann).text(GETETAG), client.get(&ann).etag());
    assert!(multiget.of(&ann).text(CALENDAR_DATA).contains("19800415"));
    assert_eq!(multiget.of(&hrefs[1]).status, Some(404));

    let busy = format!(
        r#"<C:free-busy-query xmlns:C="{CALDAV}"><C:time-range start="20260101T000000Z" end="20270101T000000Z"/></C:free-busy-query>"#
    );
    assert!(!client.report(&path, "1", busy).expect(200).text().contains("\nFREEBUSY"));
}

#[test]
fn a_sync_tells_what_has_changed_and_what_is_gone() {
    let (client, path) = birthdays();
    let sync = |token: &str| {
        let answer = client.report(&path, "0", bodies::sync_collection(token, None, &[GETETAG]));
        assert!(answer.storage_round_trips() <= 3, "the credential's, and two");
        answer.multistatus()
    };
    let first = sync("");
    assert_eq!(names(&first.hrefs()), ALL);
    assert!(first.responses.iter().all(|response| response.status.is_none()));
    let still = sync(first.token());
    assert_eq!((still.responses.len(), still.token()), (0, first.token()));

    let (ann, bob) = (member(&client, &path, "birthday-ann.vcf.ics"), member(&client, &path, "birthday-bob.vcf.ics"));
    let wedding = member(&client, &path, "anniversary-ann.vcf.ics");
    put(&client, "contacts/ann.vcf", &["BDAY:1981-04-15"]);
    client.delete(&client.addressbooks("contacts/bob.vcf")).expect(204);
    put(&client, "contacts/dora.vcf", &["BDAY:--1224"]);
    let second = sync(first.token());
    assert_eq!(second.of(&ann).text(GETETAG), client.get(&ann).etag());
    assert_ne!(second.of(&ann).text(GETETAG), first.of(&ann).text(GETETAG));
    assert_eq!((second.of(&bob).status, second.of(&wedding).status), (Some(404), Some(404)));
    let there: Vec<&str> =
        second.responses.iter().filter(|told| told.status.is_none()).map(|told| told.href.as_str()).collect();
    assert_eq!(names(&there), ["birthday-ann.vcf.ics", "birthday-dora.vcf.ics"]);
    assert_eq!(client.propfind(&path, "0", &[SYNC_TOKEN]).only().text(SYNC_TOKEN), second.token());

    let limited = client.report(&path, "0", bodies::sync_collection("", Some(1), &[GETETAG]));
    limited.refused(403, Name(DAV, "number-of-matches-within-limits"));
    for token in [
        "urn:kalends:sync:x:birthdays:1.1",
        "urn:kalends:sync:x:1:1",
        &client.sync_token(&client.calendars("personal/")),
    ] {
        let answer = client.report(&path, "0", bodies::sync_collection(token, None, &[GETETAG]));
        answer.refused(403, Name(DAV, "valid-sync-token"));
    }
}

#[test]
fn all_of_ones_own_address_books_count_whatever_happens_to_them() {
    let (client, path) = birthdays();
    let sync = |token: &str| client.report(&path, "0", bodies::sync_collection(token, None, &[GETETAG]));
    let first = sync("").multistatus();
    client
        .request("MKCOL", &client.addressbooks("friends/"))
        .xml(bodies::mkcol_addressbook("Friends"))
        .send()
        .expect(201);
    put(&client, "friends/ann.vcf", &["BDAY:1970-01-01"]);
    let second = sync(first.token()).multistatus();
    assert_eq!(names(&second.hrefs()), ["birthday-ann.vcf.ics"], "of the new book");
    let destination = client.addressbooks("people/");
    let rename = client.request("MOVE", &client.addressbooks("friends/")).header("destination", &destination);
    rename.send().expect_any(&[201, 204]);
    assert_eq!(sync(second.token()).multistatus().responses.len(), 0, "a book with another name is the same book");
    put(&client, "people/ann.vcf", &["BDAY:1970-01-02"]);
    let third = sync(second.token()).multistatus();
    let there = third.responses.iter().filter(|told| told.status.is_none()).count();
    assert_eq!(there, 1);
    client.delete(&destination).expect(204);
    sync(third.token()).refused(403, Name(DAV, "valid-sync-token"));
    assert_eq!(names(&sync("").multistatus().hrefs()), ALL);
}

#[test]
fn every_change_is_refused() {
    let (client, path) = birthdays();
    let ann = member(&client, &path, "birthday-ann.vcf.ics");
    let privileges = Name(DAV, "need-privileges");
    client.put(&ann, &samples::at_noon("a", "20260314")).refused(403, privileges);
    client.put(&format!("{path}new.ics"), &samples::at_noon("a", "20260314")).refused(403, privileges);
    client.delete(&ann).refused(403, privileges);
    client.proppatch(&path, bodies::set(&[DISPLAYNAME.with("Mine")])).refused(403, privileges);
    client.proppatch(&ann, bodies::set(&[UNKNOWN.with("x")])).refused(403, privileges);
    let post =
        client.request("POST", &path).header("content-type", "text/calendar").body(samples::at_noon("a", "20260314"));
    post.send().refused(403, privileges);
    client.request("LOCK", &path).xml(bodies::LOCK).send().expect(403);
    client.request("LOCK", &ann).xml(bodies::LOCK).send().expect(403);
    client.request("ACL", &path).xml(r#"<D:acl xmlns:D="DAV:"/>"#).send().expect(403);
    let event = client.calendars("personal/x.ics");
    client.put(&event, &samples::at_noon("x", "20260314")).expect(201);
    for (method, from, to) in [
        ("COPY", ann.as_str(), client.calendars("personal/copy.ics")),
        ("MOVE", &ann, client.calendars("personal/copy.ics")),
        ("COPY", &path, client.calendars("mine/")),
        ("MOVE", &path, client.calendars("mine/")),
        ("COPY", &event, format!("{path}x.ics")),
        ("MOVE", &event, ann.clone()),
        ("MOVE", &client.calendars("personal/"), path.clone()),
    ] {
        client.request(method, from).header("destination", &to).send().expect(403);
    }
    assert!(client.request("MKCOL", &path).xml(bodies::mkcol_calendar(&[])).send().status >= 400, "it is there");
    assert_eq!(names(&client.propfind(&path, "1", &[GETETAG]).hrefs()), ALL);
}

const SWITCH: Name = Name("https://kalends.dev/ns", "birthdays");

#[test]
fn it_can_be_switched_off_and_on() {
    let (client, path) = birthdays();
    let home = client.calendars("");
    let is_there = || {
        let listed = client.propfind(&home, "1", &[DISPLAYNAME]).find(&path).is_some();
        let found = client.request("PROPFIND", &path).header("depth", "0").xml(bodies::propfind(&[DISPLAYNAME])).send();
        assert_eq!(found.status == 207, listed);
        listed
    };
    assert!(is_there());
    client.delete(&path).expect(204);
    assert!(!is_there());
    client.delete(&path).expect(404);
    assert_eq!(client.propfind(&home, "0", &[SWITCH]).only().text(SWITCH), "off");
    client.proppatch(&home, bodies::remove(&[SWITCH])).multistatus();
    assert!(is_there());
    client.proppatch(&home, bodies::set(&[SWITCH.with("off")])).multistatus();
    assert!(!is_there());
    assert_eq!(client.make_calendar("birthdays"), path);
    client.put(&format!("{path}own.ics"), &samples::at_noon("own", "20260314")).expect(201);
    client.proppatch(&home, bodies::set(&[SWITCH.with("on")])).multistatus();
    let listed = client.propfind(&path, "1", &[GETETAG]);
    assert_eq!(listed.hrefs(), [path.clone(), format!("{path}own.ics")], "a calendar of one's own is not hidden");
    assert_eq!(client.propfind(&home, "1", &[DISPLAYNAME]).hrefs().iter().filter(|href| **href == path).count(), 1);
}

#[test]
fn it_is_listed_as_soon_as_there_is_a_day() {
    let client = shared().account();
    let path = client.calendars("birthdays/");
    let is_listed = || client.propfind(&client.calendars(""), "1", &[DISPLAYNAME]).find(&path).is_some();
    put(&client, "contacts/ann.vcf", &["NOTE:none", "BDAY:1980"]);
    assert!(!is_listed());
    put(&client, "contacts/ann.vcf", &["BDAY:1980-04-15"]);
    assert!(is_listed());
    let token = client.sync_token(&path);
    client.delete(&client.addressbooks("contacts/ann.vcf")).expect(204);
    assert!(!is_listed());
    let told = client.report(&path, "0", bodies::sync_collection(&token, None, &[GETETAG])).multistatus();
    assert!(told.responses.iter().any(|told| told.status == Some(404) && told.href.ends_with("birthday-ann.vcf.ics")));
}

/// A calendar program's password does not open the address books by this way.
#[test]
fn it_takes_a_credential_for_both() {
    let (client, path) = birthdays();
    let with_scope = |scope: &[&str]| {
        let wanted = json!({ "label": "tests", "scope": scope }).to_string();
        let made =
            client.request("POST", "/api/me/app-passwords").header("content-type", "application/json").body(wanted);
        let made: Value = serde_json::from_str(made.send().expect(201).text()).expect("JSON");
        client.basic(client.name(), made["secret"].as_str().expect("the secret"))
    };
    let listed = |client: &Client| client.propfind(&client.calendars(""), "1", &[DISPLAYNAME]).find(&path).is_some();
    let both = with_scope(&["calendars", "contacts", "write"]);
    assert!(listed(&both));
    let calendars = with_scope(&["calendars", "write"]);
    assert!(!listed(&calendars));
    calendars.get(&path).expect(404);
    let reading = with_scope(&["calendars", "contacts"]);
    assert!(listed(&reading));
    reading.delete(&path).refused(403, Name(DAV, "need-privileges"));
    assert!(listed(&reading));
}

#[test]
fn others_have_their_own() {
    let (ann, path) = birthdays();
    let bob = shared().account();
    bob.get(&path).expect(404);
    let found = bob.request("PROPFIND", &path).header("depth", "1").xml(bodies::propfind(&[DISPLAYNAME])).send();
    found.expect(404);
    bob.delete(&path).expect(404);
    bob.report(&path, "0", bodies::sync_collection("", None, &[GETETAG])).expect(404);
    assert_eq!(names(&ann.propfind(&path, "1", &[GETETAG]).hrefs()), ALL);
}
