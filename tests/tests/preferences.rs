//! The Prefer header (RFC 7240) as RFC 8144 has it for WebDAV, and the older Brief.

use kalends_tests::names::*;
use kalends_tests::{Client, Request, bodies, samples, shared};

fn propfind<'a>(client: &'a Client, path: &str, depth: &str) -> Request<'a> {
    client.request("PROPFIND", path).header("depth", depth).xml(bodies::propfind(&[RESOURCETYPE, UNKNOWN]))
}

fn put<'a>(client: &'a Client, path: &str, day: &str) -> Request<'a> {
    client.request("PUT", path).header("content-type", "text/calendar").body(samples::at_noon("a", day))
}

/// RFC 8144 §2.1.
#[test]
fn a_minimal_multistatus_tells_only_of_what_is_there() {
    let client = shared().account();
    let path = client.calendars("personal/");
    client.put(&format!("{path}a.ics"), &samples::at_noon("a", "20260314")).expect(201);
    for (field, value) in [("prefer", "return=minimal"), ("prefer", "foo, return = \"minimal\""), ("brief", "t")] {
        let answer = propfind(&client, &path, "1").header(field, value).send().expect(207);
        assert_eq!(answer.header("preference-applied"), Some("return=minimal"));
        assert!(answer.list("vary").iter().any(|name| name.eq_ignore_ascii_case("prefer")));
        let answer = answer.multistatus();
        assert_eq!(answer.responses.len(), 2);
        assert!(answer.responses.iter().all(|response| response.status_of(UNKNOWN).is_none()), "{field}: {value}");
    }
    // Nothing at all is there: a propstat has to be given all the same.
    let nothing = client.request("PROPFIND", &path).header("depth", "0").header("prefer", "return=minimal");
    let nothing = nothing.xml(bodies::propfind(&[UNKNOWN])).send().multistatus();
    assert_eq!(nothing.only().status_of(UNKNOWN), None);
    let reports = [
        bodies::calendar_query(&[GETETAG, UNKNOWN], r#"<C:comp-filter name="VEVENT"/>"#),
        bodies::calendar_multiget(&[GETETAG, UNKNOWN], &[format!("{path}a.ics")]),
        bodies::sync_collection("", None, &[GETETAG, UNKNOWN]),
    ];
    for report in reports {
        let request = client.request("REPORT", &path).header("depth", "1").header("prefer", "return=minimal");
        let answer = request.xml(report).send().multistatus();
        assert_eq!(answer.only().status_of(UNKNOWN), None);
        answer.only().prop(GETETAG);
    }
}

/// RFC 8144 §2.2.
#[test]
fn a_minimal_proppatch_says_only_what_went_wrong() {
    let client = shared().account();
    let path = client.calendars("personal/");
    let patch = |properties: &[String]| {
        client.request("PROPPATCH", &path).header("prefer", "return=minimal").xml(bodies::set(properties)).send()
    };
    let answer = patch(&[CALENDAR_COLOR.with("#000000FF")]).expect_any(&[200, 204]);
    assert!(answer.body().is_empty());
    assert_eq!(answer.header("preference-applied"), Some("return=minimal"));
    let answer = patch(&[CALENDAR_COLOR.with("#FFFFFFFF"), GETETAG.with("x")]).multistatus();
    assert_eq!(answer.only().status_of(GETETAG), Some(403));
    assert_eq!(client.propfind(&path, "0", &[CALENDAR_COLOR]).only().text(CALENDAR_COLOR), "#000000FF");
    let path = client.calendars("minimal/");
    let made = client.request("MKCOL", &path).header("prefer", "return=minimal").xml(bodies::mkcol_calendar(&[]));
    assert!(made.send().expect(201).body().is_empty());
}

/// RFC 8144 §4: the members without what holds them, be there any or not.
#[test]
fn depth_noroot_leaves_the_target_out() {
    let client = shared().account();
    let path = client.make_calendar("noroot");
    let hrefs = |depth: &str| {
        let answer = propfind(&client, &path, depth).header("prefer", "depth-noroot").send().expect(207);
        answer.multistatus().responses.into_iter().map(|response| response.href).collect::<Vec<_>>()
    };
    assert_eq!(hrefs("1"), Vec::<String>::new());
    client.put(&format!("{path}a.ics"), &samples::at_noon("a", "20260314")).expect(201);
    assert_eq!(hrefs("1"), [format!("{path}a.ics")]);
    assert_eq!(hrefs("0"), [path.as_str()], "with Depth 0 it has no meaning");
    let both = propfind(&client, &client.calendars(""), "1").header("prefer", "return=minimal, depth-noroot").send();
    let applied = both.list("preference-applied");
    assert!(
        ["return=minimal", "depth-noroot"].iter().all(|given| applied.iter().any(|name| name == given)),
        "{applied:?}"
    );
    let both = both.multistatus();
    assert!(both.find(&client.calendars("")).is_none());
    assert_eq!(both.of(&path).status_of(UNKNOWN), None);
}

/// RFC 8144 §3.1 with RFC 7240 §4.2.
#[test]
fn the_stored_object_comes_with_the_answer() {
    let client = shared().account();
    let path = client.calendars("personal/a.ics");
    for (day, status) in [("20260314", 201), ("20260315", 200)] {
        let answer = put(&client, &path, day).header("prefer", "return=representation").send().expect(status);
        assert_eq!(answer.header("preference-applied"), Some("return=representation"));
        assert_eq!(answer.header("content-location"), Some(path.as_str()));
        assert_eq!(answer.text(), samples::at_noon("a", day));
        assert!(answer.required_header("content-type").starts_with("text/calendar"));
        assert_eq!(answer.etag(), client.get(&path).etag());
    }
    let added = client.request("POST", &client.calendars("personal/")).header("content-type", "text/calendar");
    let added = added.header("prefer", "return=representation").body(samples::at_noon("b", "20260314")).send();
    let added = added.expect(201);
    assert!(added.required_header("location").ends_with(added.required_header("content-location")));
    assert_eq!(added.text(), samples::at_noon("b", "20260314"));
}

/// RFC 8144 §3.2: a client that loses a race is told at once what has won.
#[test]
fn a_change_that_comes_too_late_is_answered_with_what_is_there() {
    let client = shared().account();
    let path = client.calendars("personal/a.ics");
    let first = put(&client, &path, "20260314").send().expect(201).etag();
    let now = put(&client, &path, "20260315").send().expect(204).etag();
    for (field, value) in [("if-match", first.as_str()), ("if-none-match", "*"), ("if", &format!("([{first}])"))] {
        let request = put(&client, &path, "20260401").header(field, value);
        let answer = request.header("prefer", "return=representation").send().expect(412);
        assert_eq!(answer.header("preference-applied"), Some("return=representation"), "{field}");
        assert_eq!(answer.text(), samples::at_noon("a", "20260315"));
        assert_eq!(answer.etag(), now);
        assert_eq!(answer.header("content-location"), Some(path.as_str()));
        assert!(answer.required_header("content-type").starts_with("text/calendar"));
    }
    let plain = put(&client, &path, "20260401").header("if-match", &first).send().expect(412);
    assert!(plain.header("preference-applied").is_none());
    assert!(!plain.text().contains("VEVENT"));
    // Where nothing is there, there is nothing to show.
    let missing = put(&client, &client.calendars("personal/b.ics"), "20260401").header("if-match", "*");
    let missing = missing.header("prefer", "return=representation").send().expect(412);
    assert!(missing.header("preference-applied").is_none());
}

/// And nobody else's.
#[test]
fn what_is_not_to_be_read_is_not_shown_with_a_412() {
    let (alice, bob) = (shared().account(), shared().account());
    let path = alice.calendars("personal/a.ics");
    put(&alice, &path, "20260314").send().expect(201);
    let answer = put(&bob, &path, "20260401").header("if-match", "\"x\"").header("prefer", "return=representation");
    let answer = answer.send().expect_any(&[403, 404, 412]);
    assert!(!answer.text().contains("VEVENT"));
}
