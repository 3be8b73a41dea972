//! Making calendars, and the properties that clients give them.

use kalends_tests::names::*;
use kalends_tests::{Client, Host, bodies, samples, shared};

/// As iOS writes it, attribute included.
fn colour(value: &str, symbol: &str) -> String {
    format!(r#"<calendar-color xmlns="{APPLE}" symbolic-color="{symbol}">{value}</calendar-color>"#)
}

/// What iOS sends along with MKCALENDAR.
fn mkcalendar(name: &str, components: &[&str]) -> String {
    let order = CALENDAR_ORDER.with("7");
    bodies::mkcalendar(components, &[DISPLAYNAME.with(name), colour("#FF2968FF", "custom"), order])
}

/// That a calendar is what [`mkcalendar`] asked for.
#[track_caller]
fn is_as_made(client: &Client, path: &str, name: &str, components: &[&str]) {
    let properties = [RESOURCETYPE, DISPLAYNAME, CALENDAR_COLOR, CALENDAR_ORDER, SUPPORTED_CALENDAR_COMPONENT_SET];
    let home = client.propfind(&client.calendars(""), "1", &properties);
    let calendar = home.of(path);
    assert!(calendar.is_a(CALENDAR) && calendar.is_a(COLLECTION));
    assert_eq!(calendar.text(DISPLAYNAME), name);
    assert_eq!(calendar.text(CALENDAR_COLOR), "#FF2968FF");
    assert_eq!(
        calendar.prop(CALENDAR_COLOR).attribute("symbolic-color"),
        Some("custom"),
        "iOS wants its attribute back"
    );
    assert_eq!(calendar.text(CALENDAR_ORDER), "7");
    let set = calendar.prop(SUPPORTED_CALENDAR_COMPONENT_SET).children();
    assert_eq!(set.iter().filter_map(|component| component.attribute("name")).collect::<Vec<_>>(), components);
}

/// workerd knows no such method, and answers it before any Worker sees it. What makes calendars there are the two tests
/// below.
#[test]
fn mkcalendar_where_the_host_lets_it_through() {
    let client = shared().account();
    let path = client.calendars("made/");
    let answer = client.request("MKCALENDAR", &path).xml(mkcalendar("Arbeit & Ruhe", &["VEVENT"])).send();
    match Host::tested() {
        Host::Native | Host::Fermyon | Host::Cluster => {
            answer.expect(201);
            is_as_made(&client, &path, "Arbeit & Ruhe", &["VEVENT"]);
        }
        Host::Cloudflare => {
            answer.expect(501);
            client.request("PROPFIND", &path).header("depth", "0").send().expect(404);
        }
    }
}

#[test]
fn mkcalendar_as_post_with_a_method_override() {
    let client = shared().account();
    for (name, components) in [("Work \u{1f4bc}", &["VEVENT"]), ("Shopping", &["VTODO"])] {
        let path = client.calendars(&format!("{}/", name.chars().take(4).collect::<String>()));
        let request = client.request("POST", &path).header("x-http-method-override", "MKCALENDAR");
        request.xml(mkcalendar(name, components)).send().expect(201);
        is_as_made(&client, &path, name, components);
    }
}

#[test]
fn only_mkcalendar_may_be_meant_by_post() {
    let client = shared().account();
    let path = client.calendars("personal/");
    let answer = client.request("POST", &path).header("x-http-method-override", "DELETE").send();
    assert!(answer.status >= 400, "{}", answer.status);
    client.propfind(&path, "0", &[RESOURCETYPE]);
    let new = client.calendars("strangers/");
    shared().anonymous().request("POST", &new).header("x-http-method-override", "MKCALENDAR").send().expect(401);
    client.request("PROPFIND", &new).header("depth", "0").send().expect(404);
}

#[test]
fn extended_mkcol_makes_a_calendar() {
    let client = shared().account();
    let path = client.calendars("by-mkcol/");
    let properties = [DISPLAYNAME.with("By MKCOL"), colour("#FF2968FF", "custom"), CALENDAR_ORDER.with("7")];
    client.request("MKCOL", &path).xml(bodies::mkcol_calendar(&properties)).send().expect(201);
    is_as_made(&client, &path, "By MKCOL", &["VEVENT"]);
}

#[test]
fn a_mkcalendar_without_a_body_makes_one_all_the_same() {
    let client = shared().account();
    let path = client.calendars("plain/");
    client.request("POST", &path).header("x-http-method-override", "MKCALENDAR").send().expect(201);
    client.put(&format!("{path}a.ics"), &samples::at_noon("a", "20260314")).expect(201);
}

#[test]
fn where_something_is_nothing_is_made() {
    let client = shared().account();
    let path = client.make_calendar("twice");
    client.put(&format!("{path}a.ics"), &samples::at_noon("a", "20260314")).expect(201);
    let again = client
        .request("POST", &path)
        .header("x-http-method-override", "MKCALENDAR")
        .xml(mkcalendar("Again", &["VEVENT"]));
    again.send().refused(403, Name(DAV, "resource-must-be-null"));
    // RFC 5689 leaves RFC 4918 §9.3.1 in force.
    client.request("MKCOL", &path).xml(bodies::mkcol_calendar(&[])).send().expect(405);
    assert_eq!(client.propfind(&path, "0", &[DISPLAYNAME]).only().text(DISPLAYNAME), "twice");
    client.get(&format!("{path}a.ics")).expect(200);
}

#[test]
fn calendars_are_not_made_in_calendars_nor_where_nothing_is() {
    let client = shared().account();
    let make = |path: &str| client.request("MKCOL", path).xml(bodies::mkcol_calendar(&[])).send();
    make(&client.calendars("personal/inner/")).refused(403, Name(CALDAV, "calendar-collection-location-ok"));
    make(&client.calendars("missing/inner/")).expect_any(&[403, 409]);
    make("/dav/somewhere/").expect_any(&[403, 404, 405, 409]);
    assert_eq!(client.propfind(&client.calendars(""), "1", &[RESOURCETYPE]).responses.len(), 3);
}

/// A colour on two levels of refusal: what cannot be set keeps the rest from being set (RFC 4918 §9.2).
#[test]
fn proppatch_sets_and_removes_and_does_all_or_nothing() {
    let client = shared().account();
    let path = client.calendars("personal/");
    let colour_of = || client.propfind(&path, "0", &[CALENDAR_COLOR]).only().get(CALENDAR_COLOR).cloned();

    let answer =
        client.proppatch(&path, bodies::set(&[colour("#00AAFF", "blue"), DISPLAYNAME.with("Mine <3")])).multistatus();
    assert_eq!(answer.only().href, path);
    for name in [CALENDAR_COLOR, DISPLAYNAME] {
        assert_eq!(answer.only().status_of(name), Some(200));
    }
    let found =
        colour_of().map(|colour| (colour.text().to_owned(), colour.attribute("symbolic-color").map(str::to_owned)));
    assert_eq!(found, Some(("#00AAFF".to_owned(), Some("blue".to_owned()))));
    assert_eq!(client.propfind(&path, "0", &[DISPLAYNAME]).only().text(DISPLAYNAME), "Mine <3");

    let answer = client.proppatch(&path, bodies::set(&[colour("#123456", "red"), GETCTAG.with("mine")])).multistatus();
    assert_eq!(answer.only().status_of(GETCTAG), Some(403));
    assert_eq!(answer.only().status_of(CALENDAR_COLOR), Some(424));
    assert_eq!(
        colour_of().map(|colour| colour.text().to_owned()),
        Some("#00AAFF".to_owned()),
        "nothing of it was done"
    );

    client.proppatch(&path, bodies::remove(&[CALENDAR_COLOR, UNKNOWN])).multistatus();
    assert_eq!(colour_of(), None);
}

/// A property of the client's own: mixed content, attributes, namespaces and the language in force come back (RFC 4918
/// §4.3). RFC 4918 §14.24: a response has a status or a propstat, whatever there is to tell.
#[test]
fn a_proppatch_of_nothing_is_answered_all_the_same() {
    let client = shared().account();
    let path = client.calendars("personal/");
    for body in [bodies::set(&[]), bodies::remove(&[]), r#"<D:propertyupdate xmlns:D="DAV:"/>"#.to_owned()] {
        let answer = client.proppatch(&path, body).multistatus();
        assert_eq!((answer.only().href.as_str(), answer.only().status), (path.as_str(), None));
    }
}

#[test]
fn dead_properties_come_back_as_they_were() {
    let client = shared().account();
    let path = client.make_calendar("dead");
    let name = Name("urn:example:mine", "note");
    let note = r#"<x:note xmlns:x="urn:example:mine" xmlns:y="urn:example:other" y:kind="a &amp; b"><y:line>eins</y:line><x:line>zwei &lt;</x:line></x:note>"#;
    let body = format!(
        r#"<D:propertyupdate xmlns:D="DAV:" xml:lang="de"><D:set><D:prop>{note}</D:prop></D:set></D:propertyupdate>"#
    );
    assert_eq!(client.proppatch(&path, body).multistatus().only().status_of(name), Some(200));
    let found = client.propfind(&path, "0", &[name]);
    let note = found.only().prop(name);
    assert_eq!(note.attribute("kind"), Some("a & b"));
    assert_eq!(note.attribute("lang"), Some("de"));
    assert_eq!(note.child(Name("urn:example:other", "line")).map(|line| line.text()), Some("eins"));
    assert_eq!(note.child(Name("urn:example:mine", "line")).map(|line| line.text()), Some("zwei <"));
}

/// A namespace that has to be escaped in XML, and two attributes that share a prefix which the element has not.
#[test]
fn dead_properties_of_any_namespace_come_back() {
    let client = shared().account();
    let path = client.make_calendar("escaped");
    let name = Name("urn:example:?a=b&c=d", "note");
    let note = r#"<note xmlns="urn:example:?a=b&amp;c=d" xmlns:y="urn:example:y" y:one="1" y:two="2"/>"#;
    assert_eq!(
        client.proppatch(&path, bodies::set(&[note.to_owned()])).multistatus().only().status_of(name),
        Some(200)
    );
    let body = r#"<propfind xmlns="DAV:"><prop><note xmlns="urn:example:?a=b&#38;c=d"/></prop></propfind>"#;
    let found = client.request("PROPFIND", &path).header("depth", "0").xml(body).send().multistatus();
    let note = found.only().prop(name);
    assert_eq!((note.attribute("one"), note.attribute("two")), (Some("1"), Some("2")));
}

#[test]
fn a_deleted_calendar_is_gone_with_all_in_it() {
    let client = shared().account();
    let path = client.make_calendar("short-lived");
    let object = format!("{path}a.ics");
    client.put(&object, &samples::at_noon("a", "20260314")).expect(201);
    client.delete(&path).expect(204);
    client.get(&object).expect(404);
    client.request("PROPFIND", &path).header("depth", "0").send().expect(404);
    assert_eq!(client.propfind(&client.calendars(""), "1", &[RESOURCETYPE]).find(&path).map(|found| &found.href), None);
    client.delete(&path).expect(404);

    let again = client.make_calendar("short-lived");
    assert_eq!(client.propfind(&again, "1", &[GETETAG]).responses.len(), 1, "a new one of that name is empty");
}

#[test]
fn the_ctag_moves_with_every_change_and_only_then() {
    let client = shared().account();
    let path = client.make_calendar("tagged");
    let ctag = || client.propfind(&path, "0", &[GETCTAG]).only().text(GETCTAG).to_owned();
    let object = format!("{path}a.ics");
    let mut seen = vec![ctag()];
    assert_eq!(ctag(), seen[0]);
    client.put(&object, &samples::at_noon("a", "20260314")).expect(201);
    seen.push(ctag());
    client.get(&object).expect(200);
    assert_eq!(ctag(), seen[1]);
    client.put(&object, &samples::at_noon("a", "20260315")).expect(204);
    seen.push(ctag());
    client.delete(&object).expect(204);
    seen.push(ctag());
    seen.dedup();
    assert_eq!(seen.len(), 4, "{seen:?}");
}
