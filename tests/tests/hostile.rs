//! Requests that mean harm: fields that would become others, credentials without measure, paths that lead out, hosts
//! that are not ours, other people's sites.

#![allow(clippy::panic, reason = "that is how a test fails")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kalends_tests::names::*;
use kalends_tests::{Answer, Client, bodies, samples, shared};

/// A host that is not the server's.
const ELSEWHERE: &str = "elsewhere.example";

fn authority() -> &'static str {
    shared().url().trim_start_matches("http://")
}

/// Sends octets, and returns what comes until the server closes; empty where it closed at once.
fn raw(octets: &[u8]) -> String {
    let mut connection = TcpStream::connect(authority()).expect("connecting");
    connection.set_read_timeout(Some(Duration::from_secs(120))).expect("setting the patience");
    // The server may refuse, and close, before it has read all.
    let _ = connection.write_all(octets);
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends a request with these lines after the request line, besides Host and Authorization, and closes.
fn raw_request(client: &Client, line: &str, more: &[u8]) -> String {
    let authorization = client.authorization();
    let head = format!("{line}\r\nHost: {}\r\nAuthorization: {authorization}\r\nConnection: close\r\n", authority());
    raw(&[head.as_bytes(), more, b"\r\n"].concat())
}

/// Refused by a status, or by a connection that is closed.
#[track_caller]
fn is_refused(answer: &str) {
    let status = answer.split(' ').nth(1).unwrap_or("400");
    assert!(status.starts_with('4') || status == "501", "{answer}");
}

#[track_caller]
fn still_answers(client: &Client) {
    client.propfind(&client.calendars("personal/"), "0", &[DISPLAYNAME]);
}

fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{password}")))
}

/// No part of a request becomes a header field of the answer.
#[test]
fn header_fields_are_not_made_of_names() {
    let client = shared().account();
    let own = client.calendars("personal/a.ics");
    client.put(&own, &samples::at_noon("a", "20260314")).expect(201);
    for inside in ["%0d%0aSet-Cookie:%20x=1", "%0AX-Made:%20up", "%0D", "%E2%80%A8%0d%0a%0d%0a%3Chtml%3E"] {
        let path = client.calendars(&format!("personal/{inside}.ics"));
        client.put(&path, &samples::at_noon("b", "20260314")).expect(400);
        client.request("MKCOL", &client.calendars(&format!("{inside}/"))).send().expect(400);
        client.request("MOVE", &own).header("destination", &path).send().expect(400);
        let answer = client.request("GET", &format!("/.well-known/caldav?{inside}")).send();
        assert_eq!((answer.header("set-cookie"), answer.header("x-made")), (None, None));
    }
    for field in
        ["X-A: b\rX-Made: up\r\n", "X-A: b\0c\r\n", "X A: b\r\n", "X-A : b\r\n", ": b\r\n", "X-A\r\n", " folded: b\r\n"]
    {
        let answer = raw_request(&client, "PROPFIND /dav/ HTTP/1.1", field.as_bytes());
        assert!(!answer.to_ascii_lowercase().contains("x-made"), "{field:?}: {answer}");
    }
    for line in
        ["GET /dav/ HTTP/1.1\r\nX-Made: up", "GET /\u{0} HTTP/1.1", "GET / /dav/ HTTP/1.1", "G\u{1}ET / HTTP/1.1"]
    {
        let answer = raw_request(&client, line, b"");
        assert!(!answer.to_ascii_lowercase().contains("x-made"), "{line:?}: {answer}");
    }
    still_answers(&client);
}

/// A client that goes away in the middle of a body has sent nothing, and it is its fault.
#[test]
fn what_breaks_off_is_not_stored() {
    let client = shared().account();
    let path = format!("/dav/files/{}/broken", client.name());
    let field = format!("Host: {}\r\nAuthorization: {}\r\nConnection: close\r\n", authority(), client.authorization());
    for rest in ["Content-Length: 100\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"] {
        let mut connection = TcpStream::connect(authority()).expect("connecting");
        connection.set_read_timeout(Some(Duration::from_secs(120))).expect("setting the patience");
        connection.write_all(format!("PUT {path} HTTP/1.1\r\n{field}{rest}").as_bytes()).expect("sending");
        connection.shutdown(Shutdown::Write).expect("breaking off");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        client.get(&path).expect(404);
    }
}

/// A calendar's name is in the stream that subscribers get, and in the name that it is saved under.
#[test]
fn names_of_calendars_stay_names() {
    let client = shared().account();
    let calendar = client.make_calendar("a%22;%20filename=%22b");
    let name = "A&#13;&#10;END:VCALENDAR&#10;BEGIN:VEVENT\"; filename=\"x";
    client
        .proppatch(&calendar, bodies::set(&[format!(r#"<displayname xmlns="DAV:">{name}</displayname>"#)]))
        .expect(207);
    let stream = client.get(&calendar).expect(200);
    let lines = |line: &str| stream.text().lines().filter(|found| found.trim_end() == line).count();
    assert_eq!((lines("END:VCALENDAR"), lines("BEGIN:VEVENT")), (1, 0), "{}", stream.text());
    let disposition = stream.required_header("content-disposition");
    assert_eq!(
        disposition.matches("filename").count() - disposition.matches("filename%3D").count(),
        1,
        "{disposition}"
    );
}

/// An answer is as long as its members times the properties that are asked for: of these there is a bound, and of the
/// whole one too.
#[test]
fn properties_without_measure() {
    let client = shared().account();
    let calendar = client.calendars("personal/");
    let event = format!("{calendar}a.ics");
    client.put(&event, &samples::at_noon("a", "20260314")).expect(201);
    let names = |number: usize| -> String { (0..number).map(|n| format!(r#"<p{n} xmlns="urn:x"/>"#)).collect() };
    let prop = |names: &str| format!(r#"<D:prop xmlns:D="DAV:">{names}</D:prop>"#);
    let propfind = |content: &str| format!(r#"<D:propfind xmlns:D="DAV:">{content}</D:propfind>"#);
    let many = prop(&names(20_000));
    let nested: String = (0..20_000).map(|n| format!(r#"<D:property name="p{n}" namespace="urn:x"/>"#)).collect();
    let hrefs = format!("<D:href>{event}</D:href>");
    let bodies = [
        ("PROPFIND", "1", propfind(&many)),
        ("PROPFIND", "1", propfind(&format!("<D:allprop/><D:include>{}</D:include>", names(20_000)))),
        ("REPORT", "1", bodies::calendar_query_of(&many, r#"<C:comp-filter name="VEVENT"/>"#)),
        ("REPORT", "1", bodies::calendar_multiget(&[], &[]).replace("<D:prop></D:prop>", &format!("{many}{hrefs}"))),
        ("REPORT", "0", bodies::sync_collection("", None, &[]).replace("<D:prop></D:prop>", &many)),
        (
            "REPORT",
            "0",
            format!(
                r#"<D:expand-property xmlns:D="DAV:"><D:property name="owner">{nested}</D:property></D:expand-property>"#
            ),
        ),
    ];
    for (method, depth, body) in bodies {
        let answer = client.request(method, &calendar).header("depth", depth).xml(body).send().expect(403);
        assert!(answer.text().contains("1000 properties"), "{}", answer.text());
    }
    for (change, status) in [("set", 507), ("remove", 207)] {
        let names = names(150_000);
        let body = format!(
            r#"<D:propertyupdate xmlns:D="DAV:"><D:{change}><D:prop>{names}</D:prop></D:{change}></D:propertyupdate>"#
        );
        client.request("PROPPATCH", &calendar).xml(body).send().expect(status);
    }
    let most = client.request("PROPFIND", &calendar).header("depth", "1").xml(propfind(&prop(&names(1000))));
    assert_eq!(most.send().multistatus().responses.len(), 2);
    let again = prop(&"<D:getetag/>".repeat(5000));
    let again = client.request("PROPFIND", &event).header("depth", "0").xml(propfind(&again)).send().multistatus();
    assert_eq!(again.only().status_of(Name(DAV, "getetag")), Some(200), "once");
}

/// What is compared with each line of each card, with each name of a calendar or of the server, is not much.
#[test]
fn comparisons_without_measure() {
    let client = shared().account();
    let named = |number: usize| -> String { (0..number).map(|n| format!(r#"<prop name="X-{n}"/>"#)).collect() };
    let query = |number: usize| {
        let data = format!("<address-data>{}</address-data>", named(number));
        let body = format!(
            r#"<addressbook-query xmlns="{CARDDAV}" xmlns:D="DAV:"><D:prop>{data}</D:prop></addressbook-query>"#
        );
        client.report(&client.addressbooks("contacts/"), "1", body)
    };
    query(200).expect(207);
    query(201).expect(403);
    let hrefs = |number: usize| {
        let path = client.calendars(&format!("personal/{}", "x".repeat(1000)));
        let paths: Vec<String> = (1000..1000 + number).map(|n| format!("{path}{n}")).collect();
        client.report(&client.calendars("personal/"), "1", bodies::calendar_multiget(&[], &paths))
    };
    hrefs(1400).expect(207);
    hrefs(1500).expect(403);
    let text = "<D:property-search><D:prop><D:displayname/></D:prop><D:match>nobody of this name</D:match></D:property-search>";
    let search = |number: usize| {
        let body = format!(
            r#"<D:principal-property-search xmlns:D="DAV:">{}</D:principal-property-search>"#,
            text.repeat(number)
        );
        client.report("/dav/principals/", "0", body)
    };
    search(100).expect(207);
    search(101).expect(403);
}

/// A thousand names of a thousand letters, for each of a hundred files: it is said that this is too much, and no
/// component gives up for want of memory.
#[test]
fn answers_without_measure() {
    let client = shared().account();
    let folder = format!("/dav/files/{}/many/", client.name());
    client.request("MKCOL", &folder).send().expect(201);
    for number in 0..100 {
        let path = format!("{folder}{number}.txt");
        client.request("PUT", &path).header("content-type", "text/plain").body("").send().expect(201);
    }
    let long = "p".repeat(1000);
    let names: String = (0..1000).map(|n| format!(r#"<{long}{n} xmlns="urn:x"/>"#)).collect();
    let body = format!(r#"<D:propfind xmlns:D="DAV:"><D:prop>{names}</D:prop></D:propfind>"#);
    let ask = |depth: &str| client.request("PROPFIND", &folder).header("depth", depth).xml(body.clone()).send();
    ask("1").refused(507, Name(DAV, "number-of-matches-within-limits"));
    ask("0").expect(207);
    still_answers(&client);
}

/// What comes with each member of a listing is short: else a few of them would be too much for a listing.
#[test]
fn members_that_cannot_be_listed() {
    let client = shared().account();
    let event = |octets: usize| {
        client.put(&client.calendars("personal/a.ics"), &samples::at_noon(&"u".repeat(octets), "20260314"))
    };
    event(1025).refused(403, Name(CALDAV, "valid-calendar-object-resource"));
    event(1024).expect(201);
    let card = |octets: usize| {
        client.put_card(
            &client.addressbooks("contacts/a.vcf"),
            &samples::card(&"u".repeat(octets), "Ann", "ann@example.org"),
        )
    };
    card(1025).refused(403, Name(CARDDAV, "valid-address-data"));
    card(1024).expect(201);
    let file = format!("/dav/files/{}/a", client.name());
    let store = |media_type: &str| client.request("PUT", &file).header("content-type", media_type).body("a").send();
    store(&format!("text/{}", "x".repeat(1020))).expect(415);
    store(&format!("text/{}", "x".repeat(1019))).expect(201);
    store("").expect(204);
    assert_eq!(client.get(&file).required_header("content-type"), "application/octet-stream");
}

/// A namespace or a language is declared once and in force for all that is inside: so a short body can have long names.
#[test]
fn names_without_measure() {
    let client = shared().account();
    let long = "x".repeat(10_000);
    for declaration in [format!(r#"xmlns:x="urn:{long}""#), format!(r#"xmlns:x="urn:x" xml:lang="{long}""#)] {
        let names = "<x:a/>".repeat(100_000);
        let body = format!(r#"<D:propfind xmlns:D="DAV:" {declaration}><D:prop>{names}</D:prop></D:propfind>"#);
        client.request("PROPFIND", &client.calendars("")).header("depth", "0").xml(body).send().expect(400);
    }
    still_answers(&client);
}

/// What somebody has put into a folder runs no script in the name of whoever opens it.
#[test]
fn files_run_nothing() {
    let client = shared().account();
    let path = format!("/dav/files/{}/page.html", client.name());
    let page = "<script>fetch('/api/me/tokens', { method: 'POST' })</script>";
    client.request("PUT", &path).header("content-type", "text/html").body(page).send().expect(201);
    let answer = client.get(&path).expect(200);
    assert_eq!(answer.required_header("x-content-type-options"), "nosniff");
    assert!(answer.list("content-security-policy").iter().any(|policy| policy.contains("sandbox")));
}

#[test]
fn heads_without_measure() {
    let client = shared().account();
    let long = "a".repeat(100_000);
    for field in [
        format!("X-Long: {long}\r\n"),
        format!("Cookie: {long}\r\n"),
        format!("If: (<{long}>)\r\n"),
        "X: y\r\n".repeat(20_000),
    ] {
        is_refused(&raw_request(
            &client,
            &format!("DELETE {} HTTP/1.1", client.calendars("personal/a.ics")),
            field.as_bytes(),
        ));
    }
    is_refused(&raw_request(&client, &format!("GET /dav/{long} HTTP/1.1"), b""));
    is_refused(&raw_request(&client, &format!("{long} / HTTP/1.1"), b""));
    still_answers(&client);
}

#[test]
fn credentials_that_cannot_be() {
    let client = shared().account();
    let (name, nul) = (client.name(), "\u{0}");
    let long = "a".repeat(5_000);
    let credentials = [
        basic(name, &long),
        basic(&long, "x"),
        basic(&format!("{name}{nul}"), "x"),
        basic(&format!("{nul}{name}"), "x"),
        basic(&format!("{name}\r\nX: y"), "x"),
        basic(&format!("{name}/../admin"), "x"),
        basic("", ""),
        basic("shared~1", "x"),
        "Basic".to_owned(),
        "Basic =".to_owned(),
        "Basic AAAA====".to_owned(),
        format!("Basic {}", BASE64_STANDARD.encode([0xFF, b':', 0xFE])),
        format!("Basic {}", BASE64_STANDARD.encode("no colon")),
        format!("Bearer {long}"),
        "Bearer app-".to_owned(),
        "Digest username=\"a\"".to_owned(),
        "Negotiate AAAA".to_owned(),
        String::new(),
    ];
    for value in credentials {
        let request = shared().anonymous();
        let answer =
            request.request("PROPFIND", &client.calendars("")).header("authorization", &value).header("depth", "0");
        // 429: what looks like a guess counts as one.
        answer.send().expect_any(&[401, 429]);
    }
    still_answers(&client);
}

/// Ways to write `..` and a slash that somebody might decode once too often, or in another way.
fn spellings(mine: &str, theirs: &str) -> Vec<String> {
    let up = [
        "..",
        "%2e%2e",
        ".%2E",
        "%252e%252e",
        "%c0%ae%c0%ae",
        "%e0%80%ae%e0%80%ae",
        "..;",
        "..%00",
        "\u{ff0e}\u{ff0e}",
    ];
    let slash = ["/", "%2f", "%252f", "%5c", "\\", "%c0%af", "\u{2215}", "//", "/./"];
    let mut spelt = vec![format!("/dav/calendars/{mine}/personal/%2e%2e%2f%2e%2e%2f{theirs}%2fpersonal%2fsecret.ics")];
    for up in up {
        for slash in slash {
            spelt.push(format!("/dav/calendars/{mine}{slash}{up}{slash}{theirs}{slash}personal{slash}secret.ics"));
        }
    }
    spelt
}

/// A MOVE that is refused, or has only given the event another name in the same calendar, with slashes that separate
/// nothing; then it is moved back.
#[track_caller]
fn moved_at_home(client: &Client, own: &str, answer: &str) {
    let status: u16 = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(400);
    if status == 201 {
        let fields = answer.lines().filter_map(|line| line.split_once(": "));
        let location = fields.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
        let location = location.map(|(_, value)| value).unwrap_or_default();
        let name = location.strip_prefix(&client.calendars("personal/")).unwrap_or_else(|| panic!("{answer}"));
        assert!(!name.contains('/'), "{answer}");
        client.request("MOVE", location).header("destination", own).send().expect(201);
    } else {
        assert!((400..500).contains(&status) || status == 502, "{answer}");
    }
}

/// Somebody's secret event is neither read, nor replaced, nor removed by any spelling of its path.
#[test]
fn no_spelling_leads_to_what_is_anothers() {
    let (client, other) = (shared().account(), shared().account());
    let secret = other.calendars("personal/secret.ics");
    let etag = other.put(&secret, &samples::at_noon("Secret", "20260314")).expect(201).etag();
    let own = client.calendars("personal/own.ics");
    client.put(&own, &samples::at_noon("own", "20260314")).expect(201);
    for path in spellings(client.name(), other.name()) {
        for line in [
            format!("GET {path} HTTP/1.1"),
            format!("DELETE {path} HTTP/1.1"),
            format!("GET {}{path} HTTP/1.1", shared().url()),
        ] {
            let answer = raw_request(&client, &line, b"");
            is_refused(&answer);
            assert!(!answer.contains("Secret"), "{line}: {answer}");
        }
        for front in ["", shared().url(), "//"] {
            let fields = format!("Destination: {front}{path}\r\nOverwrite: T\r\n");
            let answer = raw_request(&client, &format!("MOVE {own} HTTP/1.1"), fields.as_bytes());
            moved_at_home(&client, &own, &answer);
        }
        for href in [path.clone(), format!("{}{path}", shared().url())] {
            let report = bodies::calendar_multiget(&[CALENDAR_DATA, GETETAG], &[href]);
            let answer = client.report(&client.calendars("personal/"), "1", report);
            assert!(!answer.text().contains("Secret") && !answer.text().contains(&etag), "{path}: {}", answer.text());
        }
    }
    client.get(&own).expect(200);
    assert_eq!(other.get(&secret).expect(200).etag(), etag);
}

/// Dot segments are not resolved, not even within one's own home: a reference that has some names nothing.
#[test]
fn references_are_taken_as_they_are() {
    let client = shared().account();
    let own = client.calendars("personal/own.ics");
    client.put(&own, &samples::at_noon("own", "20260314")).expect(201);
    let odd = client.calendars("tasks/../personal/own.ics");
    let report = bodies::calendar_multiget(&[GETETAG], std::slice::from_ref(&odd));
    let answer = client.report(&client.calendars("personal/"), "1", report).multistatus();
    assert_eq!(answer.only().status, Some(404));
    let away = client.calendars("personal/x/../away.ics");
    client.request("MOVE", &own).header("destination", &away).send().expect(400);
    let null = bodies::calendar_multiget(&[GETETAG], &[format!("{own}%00")]);
    assert_eq!(client.report(&client.calendars("personal/"), "1", null).multistatus().only().status, Some(404));
    client.get(&own).expect(200);
}

#[test]
fn nul_is_nowhere_taken() {
    let client = shared().account();
    let own = client.calendars("personal/own.ics");
    client.put(&own, &samples::at_noon("own", "20260314")).expect(201);
    client.get(&format!("{own}%00.txt")).expect(400);
    client.request("COPY", &own).header("destination", &client.calendars("personal/a%00b.ics")).send().expect(400);
    client.request("DELETE", &own).header("if", &format!("<{own}%00> (<urn:x>)")).send().expect(412);
    let nul = samples::at_noon("nul", "20260314").replace("Lunch", "Lu\u{0}nch");
    client.put(&client.calendars("personal/nul.ics"), &nul).refused(403, Name(CALDAV, "valid-calendar-data"));
    let card = samples::card("nul", "N\u{0}l", "a@example.org");
    client.put_card(&client.addressbooks("contacts/nul.vcf"), &card).refused(403, Name(CARDDAV, "valid-address-data"));
    client
        .proppatch(
            &client.calendars("personal/"),
            bodies::set(&["<displayname xmlns=\"DAV:\">&#0;</displayname>".to_owned()]),
        )
        .expect(400);
    client.get(&own).expect(200);
}

/// The name by which a client calls the server is in no answer, and lets nobody out of it.
#[test]
fn hosts_that_are_not_ours() {
    let client = shared().account();
    let own = client.calendars("personal/own.ics");
    client.put(&own, &samples::at_noon("own", "20260314")).expect(201);
    let says_nothing = |answer: &str| assert!(!answer.contains(ELSEWHERE), "{answer}");
    let authorization = client.authorization();
    for path in ["/.well-known/caldav", "/dav/", "/dav/principals/", "/nowhere"] {
        // A page tells a person which address they have used; no program is told.
        let head = format!(
            "PROPFIND {path} HTTP/1.1\r\nDepth: 1\r\nHost: {ELSEWHERE}\r\nAuthorization: {authorization}\r\nConnection: close\r\n\r\n"
        );
        says_nothing(&raw(head.as_bytes()));
        let head = format!(
            "X-Forwarded-Host: {ELSEWHERE}\r\nX-Forwarded-Proto: javascript\r\nForwarded: host={ELSEWHERE}\r\nX-Original-URL: /api/accounts\r\nX-Rewrite-URL: /api/accounts\r\n"
        );
        says_nothing(&raw_request(&client, &format!("GET {path} HTTP/1.1"), head.as_bytes()));
    }
    is_refused(&raw(
        format!("GET /dav/ HTTP/1.1\r\nAuthorization: {authorization}\r\nConnection: close\r\n\r\n").as_bytes()
    ));
    let there = format!("http://{ELSEWHERE}{}", client.calendars("personal/moved.ics"));
    for more in [String::new(), format!("X-Forwarded-Host: {ELSEWHERE}\r\n")] {
        let answer =
            raw_request(&client, &format!("MOVE {own} HTTP/1.1"), format!("Destination: {there}\r\n{more}").as_bytes());
        assert_eq!(answer.split(' ').nth(1), Some("502"), "{answer}");
    }
    for authority in
        [format!("user@{ELSEWHERE}"), format!("{}@{ELSEWHERE}", authority()), format!("{ELSEWHERE}#@{}", authority())]
    {
        let destination = format!("http://{authority}{}", client.calendars("personal/moved.ics"));
        client.request("MOVE", &own).header("destination", &destination).send().expect_any(&[400, 403, 502]);
    }
    client.get(&own).expect(200);
}

/// An href is a URI reference (RFC 4918 §8.3), however the path was sent.
#[test]
fn hrefs_have_no_octets_that_a_uri_has_not() {
    let client = shared().account();
    let encoded = format!("/dav/files/{}/%C3%A9.txt", client.name());
    client.request("PUT", &encoded).header("content-type", "text/plain").body("x").send().expect(201);
    let path = encoded.replace("%C3%A9", "\u{e9}");
    let expand = r#"<D:expand-property xmlns:D="DAV:"><D:property name="getetag"/></D:expand-property>"#;
    let patch = r#"<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:getetag/></D:prop></D:set></D:propertyupdate>"#;
    for (method, body) in [("PROPFIND", ""), ("REPORT", expand), ("PROPPATCH", patch)] {
        let fields =
            format!("Depth: 0\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let answer = raw_request(&client, &format!("{method} {path} HTTP/1.1"), fields.as_bytes());
        assert!(answer.contains(&format!("<D:href>{encoded}</D:href>")), "{method}: {answer}");
        assert!(!answer.contains('\u{e9}'), "{method}: {answer}");
    }
}

/// What a proxy and a server could read differently (RFC 9112 §6.3, §11.2): not more than one answer, and nothing of
/// what is smuggled.
#[test]
fn requests_inside_of_requests() {
    let client = shared().account();
    let own = client.calendars("personal/own.ics");
    client.put(&own, &samples::at_noon("own", "20260314")).expect(201);
    let smuggled =
        format!("DELETE {own} HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\n\r\n", authority(), client.authorization());
    let length = smuggled.len();
    for framing in [
        "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_owned(),
        format!("Content-Length: {length}\r\nContent-Length: 0\r\n\r\n"),
        "Content-Length: +0\r\n\r\n".to_owned(),
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n".to_owned(),
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n".to_owned(),
        "Content-Length: -1\r\n\r\n".to_owned(),
        "Content-Length: 99999999999999999999\r\n\r\n".to_owned(),
    ] {
        let head = format!(
            "PROPFIND /dav/ HTTP/1.1\r\nHost: {}\r\nDepth: 0\r\nAuthorization: {}\r\n",
            authority(),
            client.authorization()
        );
        let answer = raw(format!("{head}{framing}{smuggled}").as_bytes());
        let heads = answer.matches("HTTP/1.1 ").count() - answer.matches("<D:status>HTTP/1.1 ").count();
        assert!(heads <= 1, "{framing:?}: {answer}");
    }
    client.get(&own).expect(200);
}

/// Signs in as a browser does, and returns the cookie.
fn session(client: &Client) -> String {
    let password = serde_json::json!({ "name": client.name(), "password": kalends_tests::PASSWORD }).to_string();
    let anonymous = shared().anonymous();
    let request = anonymous.request("POST", "/api/session").header("content-type", "application/json");
    let answer = request.header("sec-fetch-site", "same-origin").body(password).send().expect_any(&[200, 201, 204]);
    let cookie = answer.required_header("set-cookie");
    cookie.split(';').next().unwrap_or_default().to_owned()
}

/// What another site has a browser send does nothing, though the browser adds its cookie.
#[test]
fn other_sites_do_nothing_with_a_session() {
    let client = shared().account();
    let own = client.calendars("personal/own.ics");
    client.put(&own, &samples::at_noon("own", "20260314")).expect(201);
    let cookie = session(&client);
    let browser = shared().anonymous();
    let send = |method: &str, path: &str, field: (&str, &str)| -> Answer {
        let request = browser.request(method, path).header("cookie", &cookie).header("content-type", "text/plain");
        request.header(field.0, field.1).body("x").send()
    };
    let here = shared().url().to_owned();
    let null = "null".to_owned();
    let other = format!("https://{ELSEWHERE}");
    let longer = format!("{here}.{ELSEWHERE}");
    let origins = [null, other, longer, format!("{here}0"), here.replace("http:", "https:")];
    let unsafe_methods = ["PUT", "POST", "DELETE", "PROPPATCH", "MKCOL", "LOCK", "MOVE", "COPY", "ACL", "UNLOCK"];
    for method in unsafe_methods {
        for site in ["cross-site", "same-site", "what?"] {
            send(method, &own, ("sec-fetch-site", site)).expect_any(&[401, 403]);
        }
        for origin in &origins {
            let answer = send(method, &own, ("origin", origin));
            assert!([401, 403].contains(&answer.status), "{method} from {origin:?}: {answer:?}");
        }
    }
    // The API does not compare schemes: a proxy in front may have ended TLS.
    for origin in origins.iter().filter(|origin| origin.replace("https:", "http:") != here) {
        send("POST", "/api/me/app-passwords", ("origin", origin)).expect_any(&[401, 403]);
        let preflight = browser
            .request("OPTIONS", &own)
            .header("origin", origin)
            .header("access-control-request-method", "PUT")
            .send();
        assert_eq!(preflight.header("access-control-allow-origin"), None, "no other site may read answers");
    }
    client.get(&own).expect(200);
    // The same cookie does what it should where no other site is involved.
    send("DELETE", &own, ("sec-fetch-site", "same-origin")).expect(204);
}
