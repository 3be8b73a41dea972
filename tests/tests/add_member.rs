//! POST to a collection adds a member (RFC 5995).

use kalends_tests::names::*;
use kalends_tests::{Answer, Client, bodies, samples, shared};

const ADD_MEMBER: Name = Name(DAV, "add-member");
const LIVE: Name = Name(DAV, "supported-live-property-set");

#[track_caller]
fn post(client: &Client, path: &str, media_type: &str, body: &str) -> Answer {
    client.request("POST", path).header("content-type", media_type).body(body).send()
}

/// The path in a Location.
#[track_caller]
fn location(answer: &Answer) -> String {
    let location = answer.required_header("location");
    match location.split_once("://") {
        Some((_, rest)) => rest[rest.find('/').unwrap_or(rest.len())..].to_owned(),
        None => location.to_owned(),
    }
}

#[test]
fn the_server_names_what_is_added() {
    let client = shared().account();
    for (path, media_type, body) in [
        (client.calendars("personal/"), "text/calendar", samples::at_noon("a", "20260314")),
        (client.addressbooks("contacts/"), "text/vcard", samples::card("a", "A", "a@example.org")),
        (format!("/dav/files/{}/", client.name()), "text/plain", "hello".to_owned()),
    ] {
        let found = client.propfind(&path, "0", &[ADD_MEMBER, LIVE]);
        let target = found.only().href_in(ADD_MEMBER).to_owned();
        assert!(found.only().prop(LIVE).contains(ADD_MEMBER), "RFC 5995 §3.2.1");
        let answer = post(&client, &target, media_type, &body).expect(201);
        let member = location(&answer);
        assert!(member.starts_with(&path) && member.len() > path.len() && !member.ends_with('/'), "{member}");
        let stored = client.get(&member).expect(200);
        assert_eq!(stored.text(), body);
        assert_eq!(stored.etag(), answer.etag());
    }
}

/// RFC 5995 §3.1: what would keep it from being PUT keeps it from being POSTed.
#[test]
fn the_preconditions_are_those_of_put() {
    let client = shared().account();
    let path = client.calendars("personal/");
    let event = samples::at_noon("a", "20260314");
    let first = location(&post(&client, &path, "text/calendar", &event).expect(201));
    let refused = post(&client, &path, "text/calendar", &event).refused(403, Name(CALDAV, "no-uid-conflict"));
    assert_eq!(refused.child(HREF).map(|href| href.text()), Some(first.as_str()));
    post(&client, &path, "text/calendar", "hello").refused(403, Name(CALDAV, "valid-calendar-data"));
    post(&client, &client.calendars("tasks/"), "text/calendar", &samples::at_noon("b", "20260314"))
        .refused(403, Name(CALDAV, "supported-calendar-component"));
    assert_eq!(client.propfind(&path, "1", &[GETETAG]).responses.len(), 2);
}

#[test]
fn only_collections_take_members_and_only_from_those_who_may_write() {
    let (client, other) = (shared().account(), shared().account());
    let event = samples::at_noon("a", "20260314");
    let path = location(&post(&client, &client.calendars("personal/"), "text/calendar", &event).expect(201));
    let refused = post(&client, &path, "text/calendar", &event).expect(405);
    assert!(refused.list("allow").iter().any(|method| method == "PUT"));
    assert!(!refused.list("allow").iter().any(|method| method == "POST"));
    post(&client, &client.calendars(""), "text/calendar", &event).expect_any(&[403, 405]);
    for missing in [client.calendars("missing/"), format!("/dav/files/{}/missing/", client.name())] {
        post(&client, &missing, "text/calendar", &event).expect(404);
    }
    post(&client, "/dav/principals/", "text/calendar", &event).expect(405);
    post(&other, &client.calendars("personal/"), "text/calendar", &event).expect_any(&[403, 404, 405]);
    assert_eq!(client.propfind(&client.calendars("personal/"), "1", &[GETETAG]).responses.len(), 2);
}

#[test]
fn allprop_does_not_speak_of_it() {
    let client = shared().account();
    let body = r#"<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>"#;
    let request = client.request("PROPFIND", &client.calendars("personal/")).header("depth", "0").xml(body);
    let found = request.send().multistatus();
    assert_eq!((found.only().status_of(ADD_MEMBER), found.only().status_of(LIVE)), (None, None));
    let patch = client.proppatch(&client.calendars("personal/"), bodies::set(&[ADD_MEMBER.with("x")])).multistatus();
    assert_eq!(patch.only().status_of(ADD_MEMBER), Some(403), "protected");
}
