//! The forms of an object (RFC 9110 §12.5.1): iCalendar, jCal (RFC 7265), xCal (RFC 6321), vCard 3 and 4, jCard (RFC
//! 7095).

use kalends_tests::names::*;
use kalends_tests::{Answer, Client, bodies, samples, shared};
use serde_json::Value;

const JCAL: &str = "application/calendar+json";
const XCAL: &str = "application/calendar+xml";
const JCARD: &str = "application/vcard+json";

#[track_caller]
fn get(client: &Client, path: &str, accept: &str) -> Answer {
    client.request("GET", path).header("accept", accept).send()
}

#[track_caller]
fn json(answer: &Answer) -> Value {
    serde_json::from_str(answer.text()).expect("JSON")
}

/// The value of a property of the first component in a jCal object.
fn jcal_value<'a>(object: &'a Value, name: &str) -> &'a Value {
    let properties = object[2][0][1].as_array().expect("properties");
    properties.iter().find(|property| property[0] == name).map(|property| &property[3]).expect("the property")
}

fn event(client: &Client) -> String {
    let path = client.calendars("personal/a.ics");
    client.put(&path, &samples::at_noon("a", "20260314")).expect(201);
    path
}

#[test]
fn an_event_as_jcal() {
    let client = shared().account();
    let path = event(&client);
    let answer = get(&client, &path, JCAL).expect(200);
    assert!(answer.required_header("content-type").starts_with(JCAL));
    assert!(answer.list("vary").iter().any(|name| name.eq_ignore_ascii_case("accept")));
    let object = json(&answer);
    assert_eq!(object[0], "vcalendar");
    assert_eq!(jcal_value(&object, "dtstart"), "2026-03-14T12:00:00Z");
}

#[test]
fn an_event_as_xcal() {
    let client = shared().account();
    let answer = get(&client, &event(&client), XCAL).expect(200);
    assert!(answer.required_header("content-type").starts_with(XCAL));
    let root = kalends_tests::Element::parse(answer.text());
    assert_eq!(root.local(), "icalendar");
    assert!(root.contains(Name("urn:ietf:params:xml:ns:icalendar-2.0", "dtstart")));
}

#[test]
fn the_stored_form_is_given_where_it_is_liked_as_well() {
    let client = shared().account();
    let path = event(&client);
    for accept in ["*/*", "text/*", "text/calendar", "text/calendar, application/calendar+json", "image/*, */*;q=0.1"] {
        let answer = get(&client, &path, accept).expect(200);
        assert!(answer.required_header("content-type").starts_with("text/calendar"), "{accept}");
        assert_eq!(answer.text(), samples::at_noon("a", "20260314"));
    }
    let answer = get(&client, &path, "text/calendar;q=0.4, application/calendar+json;q=0.5").expect(200);
    assert!(answer.required_header("content-type").starts_with(JCAL));
}

#[test]
fn a_form_that_there_is_not_is_406() {
    let client = shared().account();
    let path = event(&client);
    for accept in ["image/png", "text/calendar;q=0", "application/vcard+json", "text/html"] {
        get(&client, &path, accept).expect(406);
    }
}

#[test]
fn events_are_taken_in_every_form_and_stored_as_one() {
    let client = shared().account();
    let path = event(&client);
    for form in [JCAL, XCAL] {
        let body = get(&client, &path, form).expect(200).body().to_vec();
        let again = client.calendars("personal/b.ics");
        client.delete(&path).expect(204);
        let put = client.request("PUT", &again).header("content-type", form).body(body).send().expect(201);
        assert!(put.header("etag").is_none(), "what is stored is not what was sent (RFC 4791 §5.3.4)");
        let stored = client.get(&again).expect(200);
        assert!(stored.required_header("content-type").starts_with("text/calendar"));
        for line in ["UID:a", "DTSTART:20260314T120000Z", "DTEND:20260314T130000Z", "SUMMARY:Lunch a"] {
            assert!(stored.text().lines().any(|found| found == line), "{form}: no {line} in {}", stored.text());
        }
        client.delete(&again).expect(204);
        client.put(&path, &samples::at_noon("a", "20260314")).expect(201);
    }
}

#[test]
fn json_and_xml_that_are_no_calendar_are_refused() {
    let client = shared().account();
    let path = client.calendars("personal/a.ics");
    for (form, body) in [(JCAL, "{"), (JCAL, "[]"), (JCAL, r#"["vcard",[]]"#), (XCAL, "<"), (XCAL, "<icalendar/>")] {
        let put = client.request("PUT", &path).header("content-type", form).body(body).send();
        put.refused(403, Name(CALDAV, "valid-calendar-data"));
    }
    client.get(&path).expect(404);
}

#[test]
fn reports_give_the_form_that_is_asked_for() {
    let client = shared().account();
    let path = event(&client);
    let calendar = client.calendars("personal/");
    let prop = |form: &str| {
        format!(
            r#"<D:prop><D:getetag/><C:calendar-data xmlns:C="{CALDAV}" content-type="{form}" version="2.0"/></D:prop>"#
        )
    };
    let query = |form: &str| bodies::calendar_query_of(&prop(form), r#"<C:comp-filter name="VEVENT"/>"#);
    let found = client.report(&calendar, "1", query(JCAL)).multistatus();
    let object: Value = serde_json::from_str(found.of(&path).text(CALENDAR_DATA)).expect("JSON");
    assert_eq!(jcal_value(&object, "summary"), "Lunch a");
    let multiget = format!(
        r#"<C:calendar-multiget xmlns:D="DAV:" xmlns:C="{CALDAV}">{}<D:href>{path}</D:href></C:calendar-multiget>"#,
        prop(XCAL)
    );
    let found = client.report(&calendar, "1", multiget).multistatus();
    assert!(found.of(&path).text(CALENDAR_DATA).contains("urn:ietf:params:xml:ns:icalendar-2.0"));
    client.report(&calendar, "1", query("text/html")).refused(403, Name(CALDAV, "supported-calendar-data"));
    let supported = client.propfind(&calendar, "0", &[Name(CALDAV, "supported-calendar-data")]);
    let supported = supported.only().prop(Name(CALDAV, "supported-calendar-data"));
    for form in ["text/calendar", JCAL, XCAL] {
        assert!(supported.children().iter().any(|data| data.attribute("content-type") == Some(form)), "{form}");
    }
}

#[test]
fn a_card_in_its_forms() {
    let client = shared().account();
    let path = client.addressbooks("contacts/a.vcf");
    client.put_card(&path, &samples::card("a", "Ann", "ann@example.org")).expect(201);
    let answer = get(&client, &path, JCARD).expect(200);
    assert!(answer.required_header("content-type").starts_with(JCARD));
    let card = json(&answer);
    assert_eq!(card[0], "vcard");
    let name = card[1].as_array().and_then(|properties| properties.iter().find(|property| property[0] == "fn"));
    assert_eq!(name.expect("FN")[3], "Ann");
    let four = get(&client, &path, "text/vcard; version=4.0").expect(200);
    assert!(four.text().contains("VERSION:4.0") && four.text().contains("ann@example.org"));
    let three = get(&client, &path, "text/vcard; version=3.0").expect(200);
    assert!(three.text().contains("VERSION:3.0"));
    // RFC 6352 §6.3.2.3: it is stored in this one.
    assert_eq!(three.etag(), client.get(&path).etag());
    assert_eq!(four.header("etag"), None, "a PUT would replace another");
    let refused = get(&client, &path, "application/pdf");
    refused.refused(406, Name(CARDDAV, "supported-address-data-conversion"));
    let again = client.addressbooks("contacts/b.vcf");
    client.delete(&path).expect(204);
    client.request("PUT", &again).header("content-type", JCARD).body(answer.body()).send().expect(201);
    assert!(client.get(&again).text().lines().any(|line| line == "FN:Ann"));
}

#[test]
fn cards_in_reports() {
    let client = shared().account();
    let path = client.addressbooks("contacts/a.vcf");
    client.put_card(&path, &samples::card("a", "Ann", "ann@example.org")).expect(201);
    let ask = |attributes: &str| {
        let body = format!(
            r#"<C:addressbook-multiget xmlns:D="DAV:" xmlns:C="{CARDDAV}"><D:prop><C:address-data {attributes}/></D:prop><D:href>{path}</D:href></C:addressbook-multiget>"#
        );
        client.report(&client.addressbooks("contacts/"), "1", body)
    };
    let data = |attributes: &str| ask(attributes).multistatus().of(&path).text(ADDRESS_DATA).to_owned();
    assert!(data(r#"content-type="text/vcard" version="4.0""#).contains("VERSION:4.0"));
    assert!(data(r#"content-type="application/vcard+json" version="4.0""#).starts_with('['));
    let newer = samples::card("a", "Ann", "ann@example.org").replace("VERSION:3.0", "VERSION:4.0");
    client.put_card(&path, &newer).expect_any(&[201, 204]);
    for attributes in ["", r#"content-type="text/vcard""#, r#"version="3.0""#] {
        assert!(data(attributes).contains("VERSION:3.0"), "RFC 6352 §10.4: {attributes:?}");
    }
    assert!(data(r#"version="4.0""#).contains("VERSION:4.0"));
    let refused = ask(r#"content-type="text/vcard" version="2.1""#);
    refused.refused(403, Name(CARDDAV, "supported-address-data"));
}
