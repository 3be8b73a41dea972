//! GET of a collection: a calendar is one stream, an address book all its cards, and people get a page.

use kalends_tests::names::*;
use kalends_tests::{Answer, Client, bodies, samples, shared};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

#[track_caller]
fn page(client: &Client, path: &str) -> Answer {
    let answer = client.request("GET", path).header("accept", BROWSER).send().expect(200);
    assert!(answer.required_header("content-type").starts_with("text/html"));
    assert!(answer.required_header("content-security-policy").contains("default-src 'none'"));
    assert_eq!(answer.required_header("x-content-type-options"), "nosniff");
    answer
}

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

const ZONE: &str = "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:STANDARD\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0100\nDTSTART:19700101T000000\nEND:STANDARD\nEND:VTIMEZONE";

#[test]
fn a_calendar_is_one_stream_with_each_zone_once() {
    let client = shared().account();
    let path = client.make_calendar("stream");
    for uid in ["a", "b"] {
        let event = samples::calendar(&format!(
            "{ZONE}\nBEGIN:VEVENT\nUID:{uid}\nDTSTAMP:20260101T000000Z\nDTSTART;TZID=Europe/Berlin:20260314T120000\nEND:VEVENT"
        ));
        client.put(&format!("{path}{uid}.ics"), &event).expect(201);
    }
    let answer = client.get(&path).expect(200);
    assert!(answer.required_header("content-type").starts_with("text/calendar"));
    let stream = answer.text();
    for (part, times) in [("BEGIN:VCALENDAR", 1), ("END:VCALENDAR", 1), ("BEGIN:VTIMEZONE", 1), ("BEGIN:VEVENT", 2)] {
        assert_eq!(count(stream, part), times, "{part} in {stream}");
    }
    for line in ["VERSION:2.0", "UID:a", "UID:b"] {
        assert!(stream.lines().any(|found| found == line), "{line}");
    }
    // A subscriber asks again and again; nothing is sent again before something has changed.
    let etag = answer.etag();
    let again = || client.request("GET", &path).header("if-none-match", &etag).send();
    again().expect(304);
    client.put(&format!("{path}c.ics"), &samples::at_noon("c", "20260314")).expect(201);
    assert_eq!(count(again().expect(200).text(), "BEGIN:VEVENT"), 3);
    let head = client.request("HEAD", &path).send().expect(200);
    assert!(head.body().is_empty());
}

/// The same as jCal and xCal, and without the definitions of zones; whoever asks for what there is not gets the stream.
#[test]
fn a_stream_has_other_forms() {
    let client = shared().account();
    let path = client.make_calendar("forms");
    for uid in ["a", "b"] {
        let event = samples::calendar(&format!(
            "{ZONE}\nBEGIN:VEVENT\nUID:{uid}\nDTSTAMP:20260101T000000Z\nDTSTART;TZID=Europe/Berlin:20260314T120000\nEND:VEVENT"
        ));
        client.put(&format!("{path}{uid}.ics"), &event).expect(201);
    }
    let get = |field: &str, value: &str| client.request("GET", &path).header(field, value).send().expect(200);
    let json = get("accept", "application/calendar+json");
    assert!(json.required_header("content-type").starts_with("application/calendar+json"));
    let calendar: serde_json::Value = serde_json::from_str(json.text()).expect("JSON");
    assert_eq!(calendar[0], "vcalendar");
    assert_eq!(calendar[2].as_array().map(Vec::len), Some(3), "a zone and two events");
    let xml = get("accept", "application/calendar+xml");
    assert_eq!(count(xml.text(), "<vevent>"), 2);
    let bare = get("caldav-timezones", "F");
    assert_eq!((count(bare.text(), "BEGIN:VTIMEZONE"), count(bare.text(), "BEGIN:VEVENT")), (0, 2));
    assert!(get("accept", "application/pdf").required_header("content-type").starts_with("text/calendar"));
}

#[test]
fn a_calendar_without_events_is_a_stream_too() {
    let client = shared().account();
    let answer = client.get(&client.make_calendar("empty")).expect(200);
    assert_eq!((count(answer.text(), "BEGIN:VCALENDAR"), count(answer.text(), "BEGIN:VEVENT")), (1, 0));
}

#[test]
fn an_address_book_is_all_its_cards() {
    let client = shared().account();
    let path = client.addressbooks("contacts/");
    for uid in ["a", "b"] {
        client.put_card(&format!("{path}{uid}.vcf"), &samples::card(uid, uid, "x@example.org")).expect(201);
    }
    let answer = client.get(&path).expect(200);
    assert!(answer.required_header("content-type").starts_with("text/vcard"));
    assert_eq!(answer.text(), samples::card("a", "a", "x@example.org") + &samples::card("b", "b", "x@example.org"));
}

#[test]
fn a_person_is_shown_pages_from_the_root_to_the_object() {
    let client = shared().account();
    let event = client.calendars("personal/a.ics");
    client.put(&event, &samples::at_noon("a", "20260314")).expect(201);
    let principal = format!("/dav/principals/{}/", client.name());
    let files = format!("/dav/files/{}/", client.name());
    for (path, link) in [
        ("/", client.calendars("")),
        ("/dav/", client.addressbooks("")),
        ("/dav/calendars/", client.calendars("")),
        ("/dav/principals/", principal.clone()),
        (&principal, client.calendars("")),
        (&client.calendars(""), client.calendars("personal/")),
        (&client.calendars("personal/"), event.clone()),
        (&client.addressbooks(""), client.addressbooks("contacts/")),
    ] {
        let page = page(&client, path);
        assert!(page.text().contains(&format!("href=\"{link}\"")), "{path} does not lead to {link}: {}", page.text());
    }
    page(&client, &files);
    let other = shared().account();
    other.request("GET", &client.calendars("personal/")).header("accept", BROWSER).send().expect(404);
    shared().anonymous().request("GET", "/").header("accept", BROWSER).send().expect(401);
}

/// Whatever somebody calls a thing, a page shows it and does not run it.
#[test]
fn names_on_pages_are_text() {
    let client = shared().account();
    let hostile = r#"<script>alert('1')</script>"><img src=x onerror=alert(2)>&amp;"#;
    let path = client.make_calendar("%3Cscript%3Ealert(3)%3C%2Fscript%3E%22%3E");
    client.proppatch(&path, bodies::set(&[DISPLAYNAME.with(hostile)])).multistatus();
    client
        .put(&format!("{path}%22%3E%3Csvg%20onload%3Dalert(4)%3E.ics"), &samples::at_noon("a", "20260314"))
        .expect(201);
    for path in [client.calendars(""), path] {
        let page = page(&client, &path);
        for tag in ["<script", "<img", "<svg"] {
            assert!(!page.text().contains(tag), "{tag} in {}", page.text());
        }
        assert!(page.text().contains("&lt;script&gt;"));
    }
}
