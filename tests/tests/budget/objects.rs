//! Calendars, address books, files, and what is in them.

use kalends_tests::names::*;
use kalends_tests::{Client, Host, Request, bodies, samples};

use crate::{READ, Table, WRITE, large_body};

const NOTHING: u32 = 0;

/// Members of the calendar that is asked about.
const MEMBERS: usize = 500;

const FREE_BUSY: &str = r#"<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav"><C:time-range start="20260301T000000Z" end="20260401T000000Z"/></C:free-busy-query>"#;

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

fn propfind<'a>(client: &'a Client, path: &str, depth: &str, names: &[Name]) -> Request<'a> {
    client.request("PROPFIND", path).header("depth", depth).xml(bodies::propfind(names))
}

fn report<'a>(client: &'a Client, path: &str, body: String) -> Request<'a> {
    client.request("REPORT", path).header("depth", "1").xml(body)
}

fn put<'a>(client: &'a Client, path: &str, media_type: &str, body: String) -> Request<'a> {
    client.request("PUT", path).header("content-type", media_type).body(body)
}

fn transfer<'a>(client: &'a Client, method: &'static str, from: &str, to: &str) -> Request<'a> {
    client.request(method, from).header("destination", to)
}

/// Asks what clients ask of calendars, address books and files.
pub fn ask(table: &mut Table, client: &Client) {
    let calendar = client.make_calendar("many");
    for number in 0..MEMBERS {
        client.put(&format!("{calendar}{number}.ics"), &event(number)).expect(201);
    }
    homes(table, client);
    reports(table, client, &calendar);
    events(table, client, &calendar);
    table.line("GET of a calendar", READ + READ + large_body(), client.request("GET", &calendar));
    table.line("free-busy-query of a month", READ + large_body(), report(client, &calendar, FREE_BUSY.to_owned()));
    cards(table, client);
    calendars(table, client, &calendar);
    files(table, client);
    birthdays(table, client);
}

fn homes(table: &mut Table, client: &Client) {
    let asked = [
        RESOURCETYPE,
        DISPLAYNAME,
        GETCTAG,
        SYNC_TOKEN,
        CURRENT_USER_PRIVILEGE_SET,
        CALENDAR_COLOR,
        SUPPORTED_REPORT_SET,
    ];
    let (home, books) = (client.calendars(""), client.addressbooks(""));
    let principal = [CURRENT_USER_PRINCIPAL, CALENDAR_HOME_SET];
    let colour = bodies::set(&[r#"<colour xmlns="urn:x">blue</colour>"#.to_owned()]);
    table.line("PROPFIND of the principal", READ, propfind(client, "/", "0", &principal));
    table.line("PROPFIND of the home of calendars", READ, propfind(client, &home, "1", &asked));
    table.line("PROPFIND of the home of address books", READ, propfind(client, &books, "1", &asked));
    table.line("PROPPATCH of a home", WRITE, client.request("PROPPATCH", &home).xml(colour));
    table.line("OPTIONS", NOTHING, client.request("OPTIONS", &home));
}

fn reports(table: &mut Table, client: &Client, calendar: &str) {
    let token = client.sync_token(calendar);
    client.put(&format!("{calendar}1.ics"), &event(1).replace("Number", "Changed")).expect(204);
    let range = bodies::in_range("VEVENT", "20260301T000000Z", "20260401T000000Z");
    let hrefs: Vec<String> = (0..20).map(|number| format!("{calendar}{number}.ics")).collect();
    let sync = |token: &str| report(client, calendar, bodies::sync_collection(token, None, &[GETETAG]));
    let multiget = bodies::calendar_multiget(&[GETETAG, CALENDAR_DATA], &hrefs);
    let query = bodies::calendar_query(&[GETETAG], &range);
    let asked = [SYNC_TOKEN, GETCTAG];
    table.line("PROPFIND of a calendar for its sync token", READ, propfind(client, calendar, "0", &asked));
    table.line("PROPFIND of a calendar's 500 entity tags", READ, propfind(client, calendar, "1", &[GETETAG]));
    table.line("sync-collection, nothing new", READ, sync(&client.sync_token(calendar)));
    table.line("sync-collection, one change", READ, sync(&token));
    table.line("sync-collection, first, 500 members", READ, sync(""));
    table.line("calendar-multiget of 20", READ, report(client, calendar, multiget));
    table.line("calendar-query of a month, 42 of 500", READ, report(client, calendar, query));
}

fn events(table: &mut Table, client: &Client, calendar: &str) {
    let (here, there) = (format!("{calendar}0.ics"), format!("{calendar}moved.ics"));
    let (new, large) = (format!("{calendar}new.ics"), format!("{calendar}2.ics"));
    let put = |path: &str, body: String| put(client, path, "text/calendar", body);
    let body = samples::event("b2", &format!("DTSTART:20260314T120000Z\nDESCRIPTION:{}", "x".repeat(40_000)));
    let post = client.request("POST", calendar).header("content-type", "text/calendar").body(event(9_998));
    table.line("GET of an event", READ, client.request("GET", &here));
    table.line("HEAD of an event", READ, client.request("HEAD", &format!("{calendar}3.ics")));
    table.line("PUT of a new event", WRITE, put(&new, event(9_999)));
    table.line("PUT of a changed event", WRITE, put(&here, event(0).replace("Number", "Changed")));
    table.line("PUT of an event of 40 KB", WRITE + large_body(), put(&large, body));
    table.line("GET of an event of 40 KB", READ + large_body(), client.request("GET", &large));
    table.line("POST of a new event", WRITE, post);
    table.line("MOVE of an event", WRITE, transfer(client, "MOVE", &here, &there));
    table.line("DELETE of an event", WRITE, client.request("DELETE", &there));
}

fn cards(table: &mut Table, client: &Client) {
    let (book, card) = (client.addressbooks("contacts/"), client.addressbooks("contacts/a.vcf"));
    let body = samples::card("a", "Ada", "ada@example.org");
    let multiget = bodies::addressbook_multiget(&[ADDRESS_DATA], std::slice::from_ref(&card));
    let query = bodies::addressbook_query(&[ADDRESS_DATA], r#"<C:prop-filter name="FN"/>"#);
    let sync = bodies::sync_collection("", None, &[GETETAG]);
    table.line("PUT of a card", WRITE, put(client, &card, "text/vcard", body));
    table.line("GET of a card", READ, client.request("GET", &card));
    table.line("addressbook-multiget", READ, report(client, &book, multiget));
    table.line("addressbook-query", READ, report(client, &book, query));
    table.line("sync-collection of an address book", READ, report(client, &book, sync));
}

fn calendars(table: &mut Table, client: &Client, calendar: &str) {
    let [made, moved, copied] = ["made/", "moved/", "copied/"].map(|name| client.calendars(name));
    let colour = bodies::set(&[CALENDAR_COLOR.with("#AA0000FF")]);
    table.line("PROPPATCH of a calendar", WRITE, client.request("PROPPATCH", calendar).xml(colour));
    table.line("MKCALENDAR", WRITE, mkcalendar(client, &made));
    table.line("MOVE of a calendar", WRITE, transfer(client, "MOVE", &made, &moved));
    table.line("COPY of a calendar", WRITE, transfer(client, "COPY", &moved, &copied));
    table.line("DELETE of a calendar of 500", WRITE, client.request("DELETE", calendar));
}

fn files(table: &mut Table, client: &Client) {
    let folder = format!("/dav/files/{}/folder/", client.name());
    let (file, copy) = (format!("/dav/files/{}/a.txt", client.name()), format!("{folder}b.txt"));
    table.line("MKCOL of a folder", WRITE, client.request("MKCOL", &folder));
    table.line("PUT of a file", WRITE, put(client, &file, "text/plain", "a file".to_owned()));
    table.line("COPY of a file", WRITE, transfer(client, "COPY", &file, &copy));
    table.line("PROPFIND of a folder", READ, propfind(client, &folder, "1", &[GETETAG]));
    table.line("GET of a file", READ, client.request("GET", &copy));
    let locked = table.line("LOCK of a file", WRITE, client.request("LOCK", &copy).xml(bodies::SHARED_LOCK));
    let token = locked.required_header("lock-token").to_owned();
    let refresh = client.request("LOCK", &copy).header("if", &format!("({token})"));
    table.line("LOCK again", WRITE, refresh);
    table.line("UNLOCK", WRITE, client.request("UNLOCK", &copy).header("lock-token", &token));
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
