//! Extended MKCOL (RFC 5689) where it fails, and the plain one of RFC 4918 §9.3.

use kalends_tests::names::*;
use kalends_tests::{Answer, Client, Element, bodies, shared};

const MKCOL_RESPONSE: Name = Name(DAV, "mkcol-response");
const PROPSTAT: Name = Name(DAV, "propstat");

fn mkcol(resourcetype: &str, properties: &str) -> String {
    format!(
        r#"<D:mkcol xmlns:D="DAV:" xmlns:C="{CALDAV}" xmlns:R="{CARDDAV}"><D:set><D:prop><D:resourcetype><D:collection/>{resourcetype}</D:resourcetype>{properties}</D:prop></D:set></D:mkcol>"#
    )
}

#[track_caller]
fn make(client: &Client, path: &str, body: String) -> Answer {
    client.request("MKCOL", path).xml(body).send()
}

/// The status of a property in the mkcol-response of a refusal.
#[track_caller]
fn status(response: &Element, name: Name) -> String {
    let about = response.all(PROPSTAT).find(|propstat| propstat.contains(name)).expect("the property is told");
    about.child(Name(DAV, "status")).map(|status| status.text().to_owned()).expect("a status")
}

/// RFC 5689 §3: all or nothing, and which of the properties it was.
#[test]
fn one_property_that_cannot_be_set_keeps_all_from_being_made() {
    let client = shared().account();
    let path = client.calendars("made/");
    let name = r"<D:displayname>Made</D:displayname>";
    let cases = [
        ("<R:addressbook/>", String::new(), RESOURCETYPE, Name(DAV, "valid-resourcetype")),
        ("<C:nonsense/>", String::new(), RESOURCETYPE, Name(DAV, "valid-resourcetype")),
        ("<C:calendar/>", GETETAG.with("x"), GETETAG, Name(DAV, "cannot-modify-protected-property")),
        (
            "<C:calendar/>",
            Name(CALDAV, "calendar-timezone-id").with("Middle-Earth/Bree"),
            Name(CALDAV, "calendar-timezone-id"),
            Name(CALDAV, "valid-timezone"),
        ),
        (
            "<C:calendar/>",
            r#"<C:supported-calendar-component-set><C:comp name="VPOTATO"/></C:supported-calendar-component-set>"#
                .to_owned(),
            SUPPORTED_CALENDAR_COMPONENT_SET,
            Name(CALDAV, "supported-calendar-component"),
        ),
    ];
    for (kind, property, wrong, condition) in cases {
        let answer = make(&client, &path, mkcol(kind, &format!("{name}{property}"))).expect(403);
        let response = answer.xml();
        assert!(response.is(MKCOL_RESPONSE), "{}", answer.text());
        assert!(status(&response, wrong).contains("403") && response.contains(condition), "{}", answer.text());
        assert!(status(&response, DISPLAYNAME).contains("424"), "{}", answer.text());
        client.request("PROPFIND", &path).header("depth", "0").send().expect(404);
    }
    make(&client, &path, mkcol("<C:calendar/>", name)).expect(201);
    assert_eq!(client.propfind(&path, "0", &[DISPLAYNAME]).only().text(DISPLAYNAME), "Made");
}

#[test]
fn bodies_that_are_none_are_415() {
    let client = shared().account();
    let path = client.calendars("made/");
    make(&client, &path, r#"<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>"#.to_owned()).expect(415);
    let plain = client.request("MKCOL", &path).header("content-type", "text/plain").body("please").send();
    plain.expect(415);
    client.request("PROPFIND", &path).header("depth", "0").send().expect(404);
}

/// In a home of calendars it is a calendar that MKCOL makes, whatever else would be of no use there.
#[test]
fn a_plain_mkcol_makes_what_belongs_there() {
    let client = shared().account();
    let files = format!("/dav/files/{}/folder/", client.name());
    for (path, kind) in [
        (client.calendars("a/"), Some(CALENDAR)),
        (client.addressbooks("a/"), Some(ADDRESSBOOK)),
        (files.clone(), None),
    ] {
        client.request("MKCOL", &path).send().expect(201);
        let found = client.propfind(&path, "0", &[RESOURCETYPE]);
        assert!(found.only().is_a(COLLECTION) && kind.is_none_or(|kind| found.only().is_a(kind)));
        let again = client.request("MKCOL", &path).send().expect(405);
        let allowed = again.list("allow");
        assert!(allowed.iter().any(|method| method == "PROPFIND") && !allowed.iter().any(|method| method == "MKCOL"));
    }
    client.request("MKCOL", &format!("{files}missing/sub/")).send().expect(409);
    client.request("MKCOL", &format!("{files}sub/")).send().expect(201);
}

/// RFC 4791 §5.3.1.1, by the way that passes every host.
#[test]
fn mkcalendar_refuses_in_its_own_words() {
    let client = shared().account();
    let make = |path: &str, properties: &[String]| {
        let request = client.request("POST", path).header("x-http-method-override", "MKCALENDAR");
        request.xml(bodies::mkcalendar(&["VEVENT"], properties)).send()
    };
    make(&client.calendars("personal/"), &[]).refused(403, Name(DAV, "resource-must-be-null"));
    make(&client.calendars("personal/inside/"), &[]).refused(403, Name(CALDAV, "calendar-collection-location-ok"));
    make(&client.addressbooks("calendar/"), &[]).refused(403, Name(CALDAV, "calendar-collection-location-ok"));
    let path = client.calendars("made/");
    let answer = make(&path, &[Name(CALDAV, "calendar-timezone").with("nonsense"), DISPLAYNAME.with("x")]).expect(403);
    let response = answer.xml();
    assert!(response.is(Name(CALDAV, "mkcalendar-response")) && response.contains(Name(CALDAV, "valid-calendar-data")));
    assert!(status(&response, DISPLAYNAME).contains("424"));
    client.request("PROPFIND", &path).header("depth", "0").send().expect(404);
    let made = make(&path, &[]).expect(201);
    assert!(made.required_header("cache-control").contains("no-cache"), "RFC 4791 §5.3.1");
}
