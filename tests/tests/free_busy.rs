//! CALDAV:free-busy-query (RFC 4791 §7.10).

use kalends_tests::names::*;
use kalends_tests::{Answer, Client, samples, shared};

#[track_caller]
fn ask(client: &Client, path: &str, range: &str) -> Answer {
    let body = format!(r#"<C:free-busy-query xmlns:C="{CALDAV}">{range}</C:free-busy-query>"#);
    client.report(path, "1", body)
}

/// The periods of the FREEBUSY properties with their type, unfolded.
#[track_caller]
fn busy(client: &Client, path: &str, start: &str, end: &str) -> Vec<String> {
    let answer = ask(client, path, &format!(r#"<C:time-range start="{start}" end="{end}"/>"#)).expect(200);
    assert!(answer.required_header("content-type").starts_with("text/calendar"));
    let text = answer.text().replace("\r\n ", "");
    for line in ["BEGIN:VCALENDAR", "BEGIN:VFREEBUSY", &format!("DTSTART:{start}"), &format!("DTEND:{end}")] {
        assert!(text.lines().any(|found| found == line), "no {line} in {text}");
    }
    assert!(text.lines().any(|line| line.starts_with("DTSTAMP:")));
    assert!(!text.contains("SUMMARY") && !text.contains("secret"), "{text}");
    let mut found = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("FREEBUSY")) {
        let (name, values) = line.split_once(':').expect("a value");
        let kind = name.split_once("FBTYPE=").map_or("BUSY", |(_, kind)| kind);
        found.extend(values.split(',').map(|value| format!("{kind} {value}")));
    }
    found.sort();
    found
}

fn put(client: &Client, uid: &str, lines: &str) {
    client.put(&client.calendars(&format!("personal/{uid}.ics")), &samples::event(uid, lines)).expect(201);
}

const MARCH: [&str; 2] = ["20260301T000000Z", "20260401T000000Z"];

#[test]
fn opaque_events_are_busy_and_those_beside_each_other_are_one() {
    let client = shared().account();
    let path = client.calendars("personal/");
    put(&client, "secret-1", "DTSTART:20260310T100000Z\nDTEND:20260310T110000Z\nSUMMARY:Doctor");
    put(&client, "secret-2", "DTSTART:20260310T103000Z\nDTEND:20260310T120000Z");
    put(&client, "secret-3", "DTSTART:20260310T120000Z\nDTEND:20260310T130000Z");
    put(&client, "secret-4", "DTSTART:20260312T100000Z\nDTEND:20260312T110000Z");
    put(&client, "free", "DTSTART:20260313T100000Z\nDTEND:20260313T110000Z\nTRANSP:TRANSPARENT");
    put(&client, "cancelled", "DTSTART:20260314T100000Z\nDTEND:20260314T110000Z\nSTATUS:CANCELLED");
    put(&client, "april", "DTSTART:20260410T100000Z\nDTEND:20260410T110000Z");
    let found = busy(&client, &path, MARCH[0], MARCH[1]);
    assert_eq!(found, ["BUSY 20260310T100000Z/20260310T130000Z", "BUSY 20260312T100000Z/20260312T110000Z"]);
}

/// RFC 4791 §7.10: STATUS:TENTATIVE is BUSY-TENTATIVE.
#[test]
fn a_tentative_event_is_told_apart() {
    let client = shared().account();
    put(&client, "tentative", "DTSTART:20260310T100000Z\nDTEND:20260310T110000Z\nSTATUS:TENTATIVE");
    let found = busy(&client, &client.calendars("personal/"), MARCH[0], MARCH[1]);
    assert_eq!(found, ["BUSY-TENTATIVE 20260310T100000Z/20260310T110000Z"]);
}

#[test]
fn what_reaches_over_the_ends_is_cut_off() {
    let client = shared().account();
    put(&client, "long", "DTSTART:20260201T000000Z\nDTEND:20260501T000000Z");
    let found = busy(&client, &client.calendars("personal/"), MARCH[0], MARCH[1]);
    assert_eq!(found, [format!("BUSY {}/{}", MARCH[0], MARCH[1])]);
}

#[test]
fn each_instance_of_a_series_is_busy() {
    let client = shared().account();
    put(
        &client,
        "series",
        "DTSTART:20260302T090000Z\nDTEND:20260302T100000Z\nRRULE:FREQ=WEEKLY;COUNT=10\nEXDATE:20260309T090000Z",
    );
    let found = busy(&client, &client.calendars("personal/"), MARCH[0], MARCH[1]);
    let days: Vec<&str> = found.iter().filter_map(|period| period.get(5..13)).collect();
    assert_eq!(days, ["20260302", "20260316", "20260323", "20260330"]);
}

#[test]
fn a_calendar_without_events_is_free() {
    let client = shared().account();
    assert!(busy(&client, &client.calendars("personal/"), MARCH[0], MARCH[1]).is_empty());
}

#[test]
fn questions_that_cannot_be() {
    let client = shared().account();
    let path = client.calendars("personal/");
    ask(&client, &path, "").expect(400);
    ask(&client, &path, r#"<C:time-range start="20260301T000000Z"/>"#).expect_any(&[400, 403]);
    ask(&client, &path, r#"<C:time-range start="20260401T000000Z" end="20260301T000000Z"/>"#).expect_any(&[400, 403]);
    ask(&client, &path, r#"<C:time-range start="soon" end="later"/>"#).expect_any(&[400, 403]);
    let range = r#"<C:time-range start="20260301T000000Z" end="20260401T000000Z"/>"#;
    ask(&client, &client.calendars("missing/"), range).expect(404);
    ask(&shared().account(), &path, range).expect_any(&[403, 404]);
    ask(&client, &client.addressbooks("contacts/"), range).refused(403, Name(DAV, "supported-report"));
}
