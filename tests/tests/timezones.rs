//! Time zones of calendars (RFC 4791 §5.2.2, §9.8) and by reference (RFC 7809).

use kalends_tests::names::*;
use kalends_tests::{Client, bodies, samples, shared};

const TIMEZONE: Name = Name(CALDAV, "calendar-timezone");
const TIMEZONE_ID: Name = Name(CALDAV, "calendar-timezone-id");
const VALID_TIMEZONE: Name = Name(CALDAV, "valid-timezone");

const BERLIN: &str = "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:DAYLIGHT\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nTZNAME:CEST\n\
    DTSTART:19700329T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\nEND:DAYLIGHT\nBEGIN:STANDARD\nTZOFFSETFROM:+0200\n\
    TZOFFSETTO:+0100\nTZNAME:CET\nDTSTART:19701025T030000\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nEND:STANDARD\nEND:VTIMEZONE";

/// A zone of nobody's, five hours before UTC all the year.
fn own_zone(tzid: &str) -> String {
    samples::calendar(&format!(
        "BEGIN:VTIMEZONE\nTZID:{tzid}\nBEGIN:STANDARD\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0500\nDTSTART:19700101T000000\nEND:STANDARD\nEND:VTIMEZONE"
    ))
}

fn in_berlin(uid: &str) -> String {
    samples::calendar(&format!(
        "{BERLIN}\nBEGIN:VEVENT\nUID:{uid}\nDTSTAMP:20260101T000000Z\nDTSTART;TZID=Europe/Berlin:20260714T120000\n\
         DTEND;TZID=Europe/Berlin:20260714T130000\nSUMMARY:Lunch\nEND:VEVENT"
    ))
}

#[track_caller]
fn set(client: &Client, path: &str, name: Name, value: &str) {
    let answer = client.proppatch(path, bodies::set(&[name.with(value)])).multistatus();
    assert_eq!(answer.only().status_of(name), Some(200));
}

/// RFC 7809 §3.1.5: the two properties say the same, whichever was set last.
#[test]
fn a_zone_set_by_name_has_a_definition_and_the_other_way_round() {
    let client = shared().account();
    let path = client.make_calendar("zones");
    let both = || client.propfind(&path, "0", &[TIMEZONE, TIMEZONE_ID]);
    set(&client, &path, TIMEZONE_ID, "America/New_York");
    let found = both();
    assert_eq!(found.only().text(TIMEZONE_ID), "America/New_York");
    let definition = found.only().text(TIMEZONE);
    assert!(definition.starts_with("BEGIN:VCALENDAR") && definition.contains("TZID:America/New_York"), "{definition}");

    set(&client, &path, TIMEZONE, &own_zone("Nowhere"));
    let found = both();
    assert_eq!(found.only().text(TIMEZONE_ID), "Nowhere");
    assert!(found.only().text(TIMEZONE).contains("TZID:Nowhere"));

    set(&client, &path, TIMEZONE_ID, "Europe/Berlin");
    let found = both();
    assert_eq!(found.only().text(TIMEZONE_ID), "Europe/Berlin");
    assert!(found.only().text(TIMEZONE).contains("TZID:Europe/Berlin"));

    client.proppatch(&path, bodies::remove(&[TIMEZONE])).multistatus();
    assert_eq!(both().only().status_of(TIMEZONE_ID), Some(404));
    assert_eq!(both().only().status_of(TIMEZONE), Some(404));
}

/// Who has a calendar from somebody else has a zone of their own, too, whichever property either has set it by.
#[test]
fn a_sharees_zone_is_the_sharees() {
    let (owner, sharee) = (shared().account(), shared().account());
    let path = owner.make_calendar("zones");
    owner.request("ACL", &path).xml(bodies::grant(sharee.name(), "read")).send().expect(200);
    let lunch = samples::event("lunch", "DTSTART:20260714T120000\nDTEND:20260714T130000");
    owner.put(&format!("{path}lunch.ics"), &lunch).expect(201);
    let begins = |client: &Client, time: &str| {
        let range = r#"<C:time-range start="20260714T000000Z" end="20260715T000000Z"/>"#;
        let query = format!(r#"<C:free-busy-query xmlns:C="{CALDAV}">{range}</C:free-busy-query>"#);
        let busy = client.report(&path, "1", query).expect(200);
        assert!(busy.text().contains(&format!(":20260714T{time}Z/")), "{}", busy.text());
    };
    let zone = |client: &Client, tzid: &str| {
        let found = client.propfind(&path, "0", &[TIMEZONE, TIMEZONE_ID]);
        assert_eq!(found.only().text(TIMEZONE_ID), tzid);
        assert!(found.only().text(TIMEZONE).contains(&format!("TZID:{tzid}")), "{tzid}");
    };
    set(&owner, &path, TIMEZONE_ID, "America/New_York");
    begins(&sharee, "160000");
    set(&sharee, &path, TIMEZONE, &own_zone("Nowhere"));
    zone(&sharee, "Nowhere");
    begins(&sharee, "170000");
    zone(&owner, "America/New_York");
    begins(&owner, "160000");
    set(&sharee, &path, TIMEZONE_ID, "Europe/Berlin");
    zone(&sharee, "Europe/Berlin");
    begins(&sharee, "100000");
    sharee.proppatch(&path, bodies::remove(&[TIMEZONE])).multistatus();
    zone(&sharee, "America/New_York");
}

#[test]
fn zones_that_cannot_be() {
    let client = shared().account();
    let path = client.make_calendar("zones");
    let cases = [
        (TIMEZONE_ID, "Middle-Earth/Bree".to_owned(), VALID_TIMEZONE),
        (TIMEZONE, "Europe/Berlin".to_owned(), Name(CALDAV, "valid-calendar-data")),
        (TIMEZONE, samples::at_noon("a", "20260314"), Name(CALDAV, "valid-calendar-data")),
    ];
    for (name, value, condition) in cases {
        let answer = client.proppatch(&path, bodies::set(&[name.with(&value)])).expect(207);
        assert!(answer.xml().contains(condition), "{}", answer.text());
        assert_eq!(answer.multistatus().only().status_of(name), Some(403));
        assert_eq!(client.propfind(&path, "0", &[name]).only().status_of(name), Some(404));
    }
}

/// RFC 4791 §5.2.2, §9.8; RFC 7809 §3.1.6: in which zone times are that have none.
#[test]
fn floating_times_are_meant_in_the_zone_of_the_query_or_of_the_calendar() {
    let client = shared().account();
    let path = client.make_calendar("zones");
    client
        .put(&format!("{path}a.ics"), &samples::event("a", "DTSTART:20260714T000000\nDTEND:20260714T010000"))
        .expect(201);
    let range = bodies::in_range("VEVENT", "20260714T050000Z", "20260714T060000Z");
    let query = |zone: &str| {
        bodies::calendar_query(&[GETETAG], &range).replace("</C:calendar-query>", &format!("{zone}</C:calendar-query>"))
    };
    let found = |zone: &str| client.report(&path, "1", query(zone)).multistatus().responses.len();
    let by_definition = format!("<C:timezone>{}</C:timezone>", own_zone("Nowhere"));
    assert_eq!(found(""), 0, "in UTC it is over by then");
    assert_eq!(found(&by_definition), 1);
    assert_eq!(found("<C:timezone-id>America/Bogota</C:timezone-id>"), 1);
    assert_eq!(found("<C:timezone-id>Asia/Tokyo</C:timezone-id>"), 0);
    set(&client, &path, TIMEZONE_ID, "America/Bogota");
    assert_eq!(found(""), 1, "the calendar's own");
    assert_eq!(found("<C:timezone-id>Asia/Tokyo</C:timezone-id>"), 0, "the query's own goes first");
    client.report(&path, "1", query("<C:timezone-id>Middle-Earth/Bree</C:timezone-id>")).refused(403, VALID_TIMEZONE);
    let refused = client.report(&path, "1", query("<C:timezone>Bree</C:timezone>"));
    refused.refused(403, Name(CALDAV, "valid-calendar-data"));
}

/// A day has no zone where it is stored, and is found in whichever it is asked for later (RFC 4791 §5.2.2, §9.8).
#[test]
fn a_day_is_found_whatever_the_zone_was_when_it_came() {
    let client = shared().account();
    let calendar_in = |name: &str, zone: &str| {
        let path = client.make_calendar(name);
        set(&client, &path, TIMEZONE_ID, zone);
        path
    };
    let found = |path: &str, start: &str, end: &str, zone: &str| {
        let query = bodies::calendar_query(&[GETETAG], &bodies::in_range("VEVENT", start, end));
        let query = query.replace("</C:calendar-query>", &format!("{zone}</C:calendar-query>"));
        client.report(path, "1", query).multistatus().responses.len()
    };
    // Until 04:00 it is the first of June in New York.
    let late = |path: &str| found(path, "20260602T033000Z", "20260602T034500Z", "");
    let day = |uid: &str| samples::event(uid, "DTSTART;VALUE=DATE:20260601");

    let here = calendar_in("here", "Asia/Tokyo");
    client.put(&format!("{here}changed.ics"), &day("changed")).expect(201);
    client.put(&format!("{here}moved.ics"), &day("moved")).expect(201);
    assert_eq!(late(&here), 0);
    let there = calendar_in("there", "America/New_York");
    let move_it = client.request("MOVE", &format!("{here}moved.ics"));
    move_it.header("destination", &format!("{there}moved.ics")).send().expect(201);
    assert_eq!(late(&there), 1);
    set(&client, &here, TIMEZONE_ID, "America/New_York");
    assert_eq!(late(&here), 1);
    let busy = format!(
        r#"<C:free-busy-query xmlns:C="{CALDAV}"><C:time-range start="20260602T033000Z" end="20260602T034500Z"/></C:free-busy-query>"#
    );
    assert!(client.report(&here, "1", busy).expect(200).text().contains(":20260602T033000Z/20260602T034500Z"));

    // On Kiritimati it began at 10:00 of the day before.
    let early = |zone: &str| found(&there, "20260531T100000Z", "20260531T103000Z", zone);
    assert_eq!(early("<C:timezone-id>Pacific/Kiritimati</C:timezone-id>"), 1);
    assert_eq!(early(""), 0);
}

/// The names that Windows shows say an offset; when clocks are changed, only the VTIMEZONE says.
#[test]
fn a_definition_counts_where_its_name_shows_no_more_than_an_offset() {
    let client = shared().account();
    let path = client.calendars("personal/dublin.ics");
    let object = in_berlin("dublin")
        .replace("TZID:Europe/Berlin", r"TZID:(UTC+00:00) Dublin\, Edinburgh\, Lisbon\, London")
        .replace("TZID=Europe/Berlin", r#"TZID="(UTC+00:00) Dublin, Edinburgh, Lisbon, London""#)
        .replace("+0100", "+0000")
        .replace("+0200", "+0100");
    client.put(&path, &object).expect(201);
    let found = |start, end| {
        let query = bodies::calendar_query(&[GETETAG], &bodies::in_range("VEVENT", start, end));
        client.report(&client.calendars("personal/"), "1", query).multistatus().responses.len()
    };
    assert_eq!(found("20260714T110000Z", "20260714T111500Z"), 1, "noon in summer");
    assert_eq!(found("20260714T121500Z", "20260714T123000Z"), 0);
    let answer = client.request("GET", &path).header("caldav-timezones", "F").send().expect(200);
    assert!(answer.text().contains("BEGIN:VTIMEZONE"), "no other has it");
}

/// RFC 7809 §3.1.3, §7.1.
#[test]
fn definitions_are_left_out_for_clients_that_have_their_own() {
    let client = shared().account();
    let path = client.calendars("personal/a.ics");
    client.put(&path, &in_berlin("a")).expect(201);
    let features = client.request("OPTIONS", &path).send().expect(200).list("dav");
    assert!(features.iter().any(|feature| feature == "calendar-no-timezone"));
    let get = |field: Option<&str>| {
        let mut request = client.request("GET", &path);
        if let Some(value) = field {
            request = request.header("caldav-timezones", value);
        }
        request.send().expect(200)
    };
    for field in [None, Some("T")] {
        assert_eq!(get(field).text(), in_berlin("a"));
    }
    let without = get(Some("F"));
    assert!(!without.text().contains("VTIMEZONE"));
    assert!(without.text().contains("DTSTART;TZID=Europe/Berlin:20260714T120000"));
    assert!(without.list("vary").iter().any(|name| name.eq_ignore_ascii_case("caldav-timezones")));

    // Names of other producers are no standard ones.
    let outlook = client.calendars("personal/outlook.ics");
    client.put(&outlook, &in_berlin("outlook").replace("Europe/Berlin", "W. Europe Standard Time")).expect(201);
    let kept = client.request("GET", &outlook).header("caldav-timezones", "F").send().expect(200);
    assert!(kept.text().contains("TZID:W. Europe Standard Time"), "{}", kept.text());

    let calendar = client.calendars("personal/");
    let reports = [
        bodies::calendar_multiget(&[CALENDAR_DATA], std::slice::from_ref(&path)),
        bodies::calendar_query(&[CALENDAR_DATA], r#"<C:comp-filter name="VEVENT"/>"#),
    ];
    for report in reports {
        for (value, has) in [("F", false), ("T", true)] {
            let request = client.request("REPORT", &calendar).header("depth", "1").header("caldav-timezones", value);
            let answer = request.xml(report.clone()).send().multistatus();
            assert_eq!(answer.of(&path).text(CALENDAR_DATA).contains("VTIMEZONE"), has);
        }
    }
}

/// RFC 7809 §3.1.4, §4: what everybody knows need not be sent, and what only the client knows is kept.
#[test]
fn events_may_come_without_the_definition_of_a_known_zone() {
    let client = shared().account();
    let bare = in_berlin("bare").replace(&format!("{}\r\n", BERLIN.replace('\n', "\r\n")), "");
    assert!(!bare.contains("VTIMEZONE") && bare.contains("TZID=Europe/Berlin"));
    client.put(&client.calendars("personal/bare.ics"), &bare).expect(201);
    let own = own_zone("Nowhere").replace(
        "END:VCALENDAR",
        "BEGIN:VEVENT\r\nUID:own\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Nowhere:20260714T050000\r\nEND:VEVENT\r\nEND:VCALENDAR",
    );
    let path = client.calendars("personal/own.ics");
    client.put(&path, &own).expect(201);
    let answer = client.request("GET", &path).header("caldav-timezones", "F").send().expect(200);
    assert!(answer.text().contains("BEGIN:VTIMEZONE"), "no other has it");
    // Both are at 10:00 UTC.
    let range = bodies::in_range("VEVENT", "20260714T095500Z", "20260714T100500Z");
    let found = client.report(&client.calendars("personal/"), "1", bodies::calendar_query(&[GETETAG], &range));
    assert_eq!(found.multistatus().responses.len(), 2);
}
