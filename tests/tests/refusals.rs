//! What is refused, with which status and which precondition, and that nothing comes of it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use kalends_tests::names::*;
use kalends_tests::{Client, bodies, samples, shared};

#[test]
fn xml_that_is_not_well_formed() {
    let client = shared().account();
    let path = client.calendars("personal/");
    let documents = [
        "<",
        "no XML at all",
        r#"<D:propfind xmlns:D="DAV:"><D:prop><D:displayname></D:prop></D:propfind>"#,
        r#"<D:propfind><D:prop/></D:propfind>"#,
        r#"<D:propfind xmlns:D="DAV:"><D:prop/></D:propfind><again/>"#,
        r#"<D:propfind xmlns:D="DAV:"><D:prop>&nothing;</D:prop></D:propfind>"#,
        r#"<D:propfind xmlns:D="DAV:" a="1" a="2"><D:prop/></D:propfind>"#,
        "<D:propfind xmlns:D=\"DAV:\"><D:prop>\u{1}</D:prop></D:propfind>",
        "<D:propfind xmlns:D=\"DAV:\"><D:prop><a\u{d7}/></D:prop></D:propfind>",
        r#"<D:propfind xmlns:D="DAV:"><D:prop><xmlns:a/></D:prop></D:propfind>"#,
    ];
    for document in documents {
        for method in ["PROPFIND", "PROPPATCH", "REPORT"] {
            let answer = client.request(method, &path).header("depth", "0").xml(document).send();
            assert_eq!(answer.status, 400, "{method} {document:?}: {}", String::from_utf8_lossy(answer.body()));
        }
    }
    let not_utf_8 = client
        .request("PROPFIND", &path)
        .header("depth", "0")
        .xml(b"<D:propfind xmlns:D=\"DAV:\"><D:prop>\xff</D:prop></D:propfind>".as_slice());
    not_utf_8.send().expect(400);
}

#[test]
fn document_types_and_entities() {
    let client = shared().account();
    let bomb: String =
        (1..10).map(|level| format!(r#"<!ENTITY e{level} "{}">"#, format!("&e{};", level - 1).repeat(10))).collect();
    let documents = [
        format!(r#"<!DOCTYPE x [<!ENTITY e0 "x">{bomb}]><D:propfind xmlns:D="DAV:"><D:prop>&e9;</D:prop></D:propfind>"#),
        r#"<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><D:propfind xmlns:D="DAV:"><D:prop><D:displayname>&e;</D:displayname></D:prop></D:propfind>"#.to_owned(),
        r#"<!DOCTYPE propfind><D:propfind xmlns:D="DAV:"><D:prop><D:displayname/></D:prop></D:propfind>"#.to_owned(),
    ];
    for document in documents {
        client.request("PROPFIND", &client.calendars("")).header("depth", "0").xml(document).send().expect(400);
    }
}

#[test]
fn xml_without_measure() {
    let client = shared().account();
    let deep = format!(
        r#"<D:propfind xmlns:D="DAV:"><D:prop>{}{}</D:prop></D:propfind>"#,
        "<a>".repeat(100_000),
        "</a>".repeat(100_000)
    );
    client.request("PROPFIND", &client.calendars("")).header("depth", "0").xml(deep).send().expect(400);
    client.propfind(&client.calendars(""), "0", &[DISPLAYNAME]);
}

#[test]
fn propfind_to_any_depth() {
    let client = shared().account();
    for path in ["/", "/dav/", &client.calendars("")] {
        let ask = || client.request("PROPFIND", path).xml(bodies::propfind(&[DISPLAYNAME]));
        // RFC 4918 §9.1: no Depth is infinity.
        for request in [ask().header("depth", "infinity"), ask()] {
            request.send().refused(403, Name(DAV, "propfind-finite-depth"));
        }
    }
    client.request("PROPFIND", "/").header("depth", "2").xml(bodies::propfind(&[DISPLAYNAME])).send().expect(400);
}

/// PUTs that must be refused with a precondition of CalDAV, and must leave nothing.
#[track_caller]
fn refused(client: &Client, object: &str, condition: &'static str) {
    let path = client.calendars("personal/refused.ics");
    client.put(&path, object).refused(403, Name(CALDAV, condition));
    client.get(&path).expect(404);
}

#[test]
fn what_is_no_icalendar() {
    let client = shared().account();
    let event = samples::at_noon("a", "20260314");
    for object in [
        "",
        "hello",
        "BEGIN:VCALENDAR\r\nEND:VEVENT\r\n",
        &event.replace("END:VCALENDAR\r\n", ""),
        &event.replace("END:VEVENT\r\n", ""),
        &event.replace("DTSTART:", "DTSTART"),
        &format!("{event}{event}"),
    ] {
        refused(&client, object, "valid-calendar-data");
    }
}

/// RFC 4791 §4.1.
#[test]
fn icalendar_that_is_no_calendar_object_resource() {
    let client = shared().account();
    let two_uids = "BEGIN:VEVENT\nUID:one\nDTSTAMP:20260101T000000Z\nDTSTART:20260314T120000Z\nEND:VEVENT\n\
        BEGIN:VEVENT\nUID:two\nDTSTAMP:20260101T000000Z\nDTSTART:20260314T120000Z\nEND:VEVENT";
    let two_types = "BEGIN:VEVENT\nUID:one\nDTSTAMP:20260101T000000Z\nDTSTART:20260314T120000Z\nEND:VEVENT\n\
        BEGIN:VTODO\nUID:one\nDTSTAMP:20260101T000000Z\nEND:VTODO";
    let scheduled = format!("METHOD:REQUEST\n{}", two_uids.split("\nBEGIN").next().unwrap_or_default());
    for lines in [two_uids, two_types, &scheduled] {
        refused(&client, &samples::calendar(lines), "valid-calendar-object-resource");
    }
}

#[test]
fn a_component_that_the_calendar_does_not_take() {
    let client = shared().account();
    let task = samples::task("task", "SUMMARY:Do it");
    let calendar = client.make_calendar("events-only");
    let path = format!("{calendar}task.ics");
    client.put(&path, &task).refused(403, Name(CALDAV, "supported-calendar-component"));
    client.get(&path).expect(404);
    client.put(&client.calendars("tasks/task.ics"), &task).expect(201);
    let event = client.put(&client.calendars("tasks/event.ics"), &samples::at_noon("event", "20260314"));
    event.refused(403, Name(CALDAV, "supported-calendar-component"));
}

#[test]
fn a_uid_that_another_object_has() {
    let client = shared().account();
    let first = client.calendars("personal/first.ics");
    client.put(&first, &samples::at_noon("same", "20260314")).expect(201);
    let second = client.calendars("personal/second.ics");
    let conflict =
        client.put(&second, &samples::at_noon("same", "20260315")).refused(403, Name(CALDAV, "no-uid-conflict"));
    assert_eq!(conflict.child(HREF).map(|href| href.text()), Some(first.as_str()), "RFC 4791 §5.3.2.1");
    client.get(&second).expect(404);
    client
        .put(
            &client.make_calendar("elsewhere").replace("elsewhere/", "elsewhere/first.ics"),
            &samples::at_noon("same", "20260314"),
        )
        .expect(201);
    // A resource keeps its UID.
    client.put(&first, &samples::at_noon("another", "20260314")).refused(403, Name(CALDAV, "no-uid-conflict"));
    client.delete(&first).expect(204);
    client.put(&second, &samples::at_noon("same", "20260315")).expect(201);
}

#[test]
fn media_types_that_are_not_stored() {
    let client = shared().account();
    for (path, media_type, condition) in [
        (client.calendars("personal/a.ics"), "text/html", Name(CALDAV, "supported-calendar-data")),
        (client.calendars("personal/a.ics"), "text/vcard", Name(CALDAV, "supported-calendar-data")),
        (client.addressbooks("contacts/a.vcf"), "text/calendar", Name(CARDDAV, "supported-address-data")),
    ] {
        let request =
            client.request("PUT", &path).header("content-type", media_type).body(samples::at_noon("a", "20260314"));
        request.send().refused(415, condition);
        client.get(&path).expect(404);
    }
}

#[test]
fn paths_that_lead_astray() {
    let (client, other) = (shared().account(), shared().account());
    let secret = other.calendars("personal/secret.ics");
    other.put(&secret, &samples::at_noon("secret", "20260314")).expect(201);
    let (mine, theirs) = (client.name(), other.name());
    let paths = [
        format!("/dav/calendars/{mine}/../{theirs}/personal/secret.ics"),
        format!("/dav/calendars/{mine}/%2e%2e/{theirs}/personal/secret.ics"),
        format!("/dav/calendars/{mine}/personal/..%2f..%2f{theirs}/personal/secret.ics"),
        format!("/dav/calendars/{mine}/personal/../../{theirs}/personal/secret.ics"),
        format!("/dav/calendars/{mine}//{theirs}/personal/secret.ics"),
        format!("//dav/calendars/{theirs}/personal/secret.ics"),
        format!("/dav/./calendars/{theirs}/personal/secret.ics"),
        format!("/dav/calendars/{mine}/personal/%00"),
        format!("/dav/calendars/{mine}/personal/%ff.ics"),
        "/../../../../etc/passwd".to_owned(),
        "/dav/files/%2e%2e%2f%2e%2e%2fetc/passwd".to_owned(),
        format!("/dav/calendars/{mine}/personal/{}", "a".repeat(8000)),
    ];
    for path in paths {
        for method in ["GET", "PROPFIND", "DELETE"] {
            let answer = client.request(method, &path).header("depth", "0").send();
            assert!((400..500).contains(&answer.status), "{method} {path}: {}", answer.status);
        }
    }
    other.get(&secret).expect(200);
}

/// More than a server takes is refused from what its header says, before it is sent.
#[test]
fn a_body_without_measure() {
    let client = shared().account();
    let length = 1_u64 << 30;
    let path = client.calendars("personal/giant.ics");
    let authority = shared().url().trim_start_matches("http://").trim_end_matches('/');
    let mut connection = TcpStream::connect(authority).expect("connecting");
    connection.set_read_timeout(Some(Duration::from_secs(120))).expect("setting the patience");
    let authorization = client.authorization();
    let head = format!(
        "PUT {path} HTTP/1.1\r\nHost: {authority}\r\nAuthorization: {authorization}\r\nContent-Type: text/calendar\r\nContent-Length: {length}\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).expect("sending");
    let mut status_line = [0; 12];
    connection.read_exact(&mut status_line).expect("reading the answer");
    assert_eq!(String::from_utf8_lossy(&status_line), "HTTP/1.1 413");
    client.get(&path).expect(404);
}

#[test]
fn an_object_larger_than_one_may_be() {
    let client = shared().account();
    let path = client.calendars("personal/large.ics");
    let large = samples::event("large", &format!("DTSTART:20260314T120000Z\nDESCRIPTION:{}", "x".repeat(11 << 20)));
    client.put(&path, &large).expect(413);
    client.get(&path).expect(404);
}

#[test]
fn methods_that_make_no_sense_there() {
    let client = shared().account();
    client.put(&client.calendars("personal/a.ics"), &samples::at_noon("a", "20260314")).expect(201);
    for (method, path) in [
        ("DELETE", "/"),
        ("DELETE", "/dav/"),
        ("PUT", "/dav/principals/"),
        ("MKCOL", &client.calendars("personal/a.ics")),
        ("PROPPATCH", "/"),
        ("DELETE", &client.calendars("")),
    ] {
        client.request(method, path).send().expect_any(&[400, 403, 404, 405, 409, 415]);
    }
    client.get(&client.calendars("personal/a.ics")).expect(200);
    client.get("/nowhere").expect(404);
}

/// Each property of each object is looked for among those that are asked for.
#[test]
fn a_selection_of_more_properties_of_events_than_anybody_wants() {
    let client = shared().account();
    for (many, status) in [(900, 207), (1_001, 400)] {
        let props = "<C:prop name=\"X-A\"/>".repeat(many);
        let data =
            format!("<D:prop><C:calendar-data><C:comp name=\"VCALENDAR\">{props}</C:comp></C:calendar-data></D:prop>");
        let query = bodies::calendar_query_of(&data, r#"<C:comp-filter name="VEVENT"/>"#);
        client.report(&client.calendars("personal/"), "1", query).expect(status);
    }
}
