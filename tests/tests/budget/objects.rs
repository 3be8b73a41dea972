//! Calendars, address books, files, and what is in them.

use kalends_tests::names::*;
use kalends_tests::{Client, Host, Request, bodies, samples};

use crate::{READ, Table, WRITE, large_body};

const NOTHING: u32 = 0;

/// Members of the calendar that is asked about.
const MEMBERS: usize = 500;

const FREE_BUSY: &str = r#"<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav"><C:time-range start="20260301T000000Z" end="20260401T000000Z"/></C:free-busy-query>"#;

const LOCK: &str = r#"<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:shared/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>"#;

/// MKCALENDAR, by the way on which it reaches a Worker.
fn mkcalendar<'a>(client: &'a Client, path: &str) -> Request<'a> {
    let request = match Host::tested() {
        Host::Cloudflare => client.request("POST", path).header("x-http-method-override", "MKCALENDAR"),
        _ => client.request("MKCALENDAR", path),
    };
    request.xml(bodies::mkcalendar(&["VEVENT"], &[]))
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

/// Asks what clients ask of calendars, address books and files.
pub fn ask(table: &mut Table, client: &Client) {
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
    let book = client.addressbooks("contacts/");
    let book_report = |body: String| client.request("REPORT", &book).header("depth", "1").xml(body);
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
        ("HEAD of an event", READ, client.request("HEAD", &format!("{calendar}3.ics"))),
        ("GET of a calendar", READ + READ + large_body(), client.request("GET", &calendar)),
        ("GET of a card", READ, client.request("GET", &card)),
        ("free-busy-query of a month", READ + large_body(), report(FREE_BUSY.to_owned())),
        (
            "POST of a new event",
            WRITE,
            client.request("POST", &calendar).header("content-type", "text/calendar").body(event(9_998)),
        ),
        (
            "addressbook-multiget",
            READ,
            book_report(bodies::addressbook_multiget(&[ADDRESS_DATA], std::slice::from_ref(&card))),
        ),
        (
            "addressbook-query",
            READ,
            book_report(bodies::addressbook_query(&[ADDRESS_DATA], r#"<C:prop-filter name="FN"/>"#)),
        ),
        ("sync-collection of an address book", READ, book_report(bodies::sync_collection("", None, &[GETETAG]))),
        (
            "PROPPATCH of a home",
            WRITE,
            client.request("PROPPATCH", &home).xml(bodies::set(&[r#"<colour xmlns="urn:x">blue</colour>"#.to_owned()])),
        ),
        ("MKCALENDAR", WRITE, mkcalendar(client, &client.calendars("made/"))),
        (
            "MOVE of a calendar",
            WRITE,
            client.request("MOVE", &client.calendars("made/")).header("destination", &client.calendars("moved/")),
        ),
        (
            "COPY of a calendar",
            WRITE,
            client.request("COPY", &client.calendars("moved/")).header("destination", &client.calendars("copied/")),
        ),
        ("MKCOL of a folder", WRITE, client.request("MKCOL", &folder)),
        ("PUT of a file", WRITE, put(&file, "text/plain", "a file".to_owned())),
        ("COPY of a file", WRITE, client.request("COPY", &file).header("destination", &format!("{folder}b.txt"))),
        ("PROPFIND of a folder", READ, propfind(&folder, "1", &[GETETAG])),
        ("GET of a file", READ, client.request("GET", &format!("{folder}b.txt"))),
        ("LOCK of a file", WRITE, client.request("LOCK", &format!("{folder}b.txt")).xml(LOCK)),
        ("OPTIONS", NOTHING, client.request("OPTIONS", &home)),
        ("DELETE of a calendar of 500", WRITE, client.request("DELETE", &calendar)),
    ];
    for (what, most, request) in steps {
        table.line(what, most, request);
    }
    let locked = client.request("LOCK", &format!("{folder}b.txt")).xml(LOCK).send().expect(200);
    let token = locked.required_header("lock-token").to_owned();
    let refresh = client.request("LOCK", &format!("{folder}b.txt")).header("if", &format!("({token})"));
    table.line("LOCK again", WRITE, refresh);
    table.line("UNLOCK", WRITE, client.request("UNLOCK", &format!("{folder}b.txt")).header("lock-token", &token));
    birthdays(table, client);
}

/// A calendar that nobody stores is made of all the address books.
fn birthdays(table: &mut Table, client: &Client) {
    let calendar = client.calendars("birthdays/");
    let born = samples::card("born", "Grace", "g@example.org").replace("END:VCARD", "BDAY:19061209\r\nEND:VCARD");
    client.put_card(&client.addressbooks("contacts/born.vcf"), &born).expect(201);
    let token = client.sync_token(&calendar);
    let sync = |token: &str| bodies::sync_collection(token, None, &[GETETAG]);
    let report = |token: &str| client.request("REPORT", &calendar).header("depth", "0").xml(sync(token));
    table.line("sync-collection of birthdays, nothing new", READ, report(&token));
    client.put_card(&client.addressbooks("contacts/born.vcf"), &born.replace("1906", "1907")).expect(204);
    table.line("sync-collection of birthdays, one change", READ + READ, report(&token));
}
