//! GET, HEAD, PUT and DELETE of calendar objects, with entity tags.

use kalends_tests::names::*;
use kalends_tests::{bodies, samples, shared};

#[test]
fn what_was_put_comes_back_octet_for_octet() {
    let client = shared().account();
    // Long lines unfolded and folded inside a character, LF alone, properties of nobody's, a blank line at the end: as
    // clients send it.
    let folded = format!("SUMMARY:{}\r\n {}", "\u{20ac}".repeat(22), "x".repeat(70));
    let odd = format!(
        "DTSTART:20260314T120000Z\n{folded}\nX-APPLE-STRUCTURED-LOCATION;X-TITLE=\"a;b\":geo:1,2\nDESCRIPTION:{}",
        "y".repeat(300)
    );
    let bodies = [
        samples::at_noon("plain", "20260314"),
        samples::event("odd", &odd),
        samples::at_noon("line-feeds", "20260314").replace("\r\n", "\n"),
        format!("\u{feff}{}", samples::at_noon("byte-order-mark", "20260314")),
        samples::event("large", &format!("DTSTART:20260314T120000Z\nDESCRIPTION:{}", "\u{1f600}".repeat(50_000))),
    ];
    for (number, body) in bodies.iter().enumerate() {
        let path = client.calendars(&format!("personal/{number}.ics"));
        let etag = client.put(&path, body).expect(201).etag();
        let answer = client.get(&path).expect(200);
        assert_eq!(answer.body(), body.as_bytes(), "object {number}");
        assert_eq!(answer.etag(), etag);
        assert!(answer.required_header("content-type").starts_with("text/calendar"));
    }
}

/// davfs2 and others do not tell the length beforehand.
#[test]
fn a_body_may_come_in_chunks() {
    let client = shared().account();
    let path = client.calendars("personal/chunked.ics");
    let body =
        samples::event("chunked", &format!("DTSTART:20260314T120000Z\nDESCRIPTION:{}", "chunk ".repeat(100_000)));
    let request =
        client.request("PUT", &path).header("transfer-encoding", "chunked").header("content-type", "text/calendar");
    request.body(body.as_str()).send().expect(201);
    assert_eq!(client.get(&path).expect(200).text(), body);
}

#[test]
fn head_tells_what_get_would() {
    let client = shared().account();
    let path = client.calendars("personal/a.ics");
    client.put(&path, &samples::at_noon("a", "20260314")).expect(201);
    let get = client.get(&path).expect(200);
    let head = client.request("HEAD", &path).send().expect(200);
    assert!(head.body().is_empty());
    for field in ["etag", "content-type", "content-length", "last-modified"] {
        assert_eq!(head.required_header(field), get.required_header(field), "{field}");
    }
    assert_eq!(head.required_header("content-length"), get.body().len().to_string());
    client.request("HEAD", &client.calendars("personal/missing.ics")).send().expect(404);
}

#[test]
fn entity_tags_guard_every_write() {
    let client = shared().account();
    let path = client.calendars("personal/a.ics");
    let put = |day: &str, field: &str, value: &str| {
        let request = client.request("PUT", &path).header("content-type", "text/calendar").header(field, value);
        request.body(samples::at_noon("a", day)).send()
    };
    // RFC 9110 §13.1.1: there is nothing that could match.
    put("20260313", "if-match", "*").expect(412);
    put("20260313", "if-match", "\"something\"").expect(412);
    client.get(&path).expect(404);

    let first = put("20260314", "if-none-match", "*").expect(201).etag();
    put("20260315", "if-none-match", "*").expect(412);
    put("20260315", "if-match", "\"something-else\"").expect(412);
    assert_eq!(client.get(&path).etag(), first);

    let second = put("20260316", "if-match", &first).expect(204).etag();
    assert_ne!(second, first);
    put("20260317", "if-match", &first).expect(412);
    let third = put("20260318", "if-match", &format!("\"x\", {second}")).expect(204).etag();
    // A proxy that compresses makes the tag weak on its way to the client.
    let third = put("20260319", "if-match", &format!("W/{third}")).expect(204).etag();

    client.request("DELETE", &path).header("if-match", &second).send().expect(412);
    client.get(&path).expect(200);
    client.request("DELETE", &path).header("if-match", &third).send().expect(204);
    client.get(&path).expect(404);
    client.delete(&path).expect(404);
}

#[test]
fn an_unchanged_object_is_not_sent_again() {
    let client = shared().account();
    let path = client.calendars("personal/a.ics");
    let etag = client.put(&path, &samples::at_noon("a", "20260314")).expect(201).etag();
    let get = |value: &str| client.request("GET", &path).header("if-none-match", value).send();
    for value in [etag.clone(), format!("\"x\", {etag}"), format!("W/{etag}"), "*".to_owned()] {
        let answer = get(&value).expect(304);
        assert!(answer.body().is_empty());
        assert_eq!(answer.etag(), etag, "RFC 9110 §15.4.5");
    }
    get("\"x\"").expect(200);
}

#[test]
fn a_part_of_a_file_is_given_to_who_asks_for_one() {
    let client = shared().account();
    let path = format!("/dav/files/{}/ten.txt", client.name());
    let put = client.request("PUT", &path).header("content-type", "text/plain");
    let etag = put.body("0123456789").send().expect(201).etag();
    let ask = |range: &str| client.request("GET", &path).header("range", range);
    for (range, place, part) in [
        ("bytes=2-4", "bytes 2-4/10", "234"),
        ("bytes=7-", "bytes 7-9/10", "789"),
        ("bytes=-2", "bytes 8-9/10", "89"),
        ("bytes=5-500", "bytes 5-9/10", "56789"),
        ("bytes=-500", "bytes 0-9/10", "0123456789"),
    ] {
        let answer = ask(range).send().expect(206);
        assert_eq!((answer.text(), answer.header("content-range")), (part, Some(place)), "{range}");
        assert_eq!((answer.etag(), answer.header("content-type")), (etag.clone(), Some("text/plain")));
    }
    // What does not reach so far; what is no range, is several, or of another unit.
    assert_eq!(ask("bytes=10-").send().expect(416).header("content-range"), Some("bytes */10"));
    for whole in ["bytes=4-2", "bytes=a-b", "bytes=0-1,4-5", "lines=1-2", "bytes="] {
        assert_eq!(ask(whole).send().expect(200).text(), "0123456789", "{whole}");
    }
    // A part goes on with what the client has: where that has changed, it begins anew (RFC 9110 §13.1.5).
    assert_eq!(ask("bytes=2-4").header("if-range", &etag).send().expect(206).text(), "234");
    for other in ["\"other\"", &format!("W/{etag}"), "Mon, 23 Nov 2026 00:00:00 GMT"] {
        assert_eq!(ask("bytes=2-4").header("if-range", other).send().expect(200).text(), "0123456789", "{other}");
    }
    // Conditions come first, HEAD has no parts, and what is made of a resource has none either.
    ask("bytes=2-4").header("if-none-match", &etag).send().expect(304);
    let head = client.request("HEAD", &path).header("range", "bytes=2-4").send().expect(200);
    assert_eq!(head.header("accept-ranges"), Some("bytes"));
    let event = client.calendars("personal/a.ics");
    client.put(&event, &samples::at_noon("a", "20260314")).expect(201);
    let made = client.request("GET", &event).header("accept", "application/calendar+json").header("range", "bytes=0-1");
    assert!(made.send().expect(200).text().contains("vcalendar"));
}

#[test]
fn the_same_body_has_the_same_tag_and_another_one_another() {
    let client = shared().account();
    let path = client.calendars("personal/a.ics");
    let first = client.put(&path, &samples::at_noon("a", "20260314")).expect(201).etag();
    let same = client.put(&path, &samples::at_noon("a", "20260314")).expect(204).etag();
    assert_eq!(first, same);
    let other = client.put(&path, &samples::at_noon("a", "20260315")).expect(204).etag();
    assert_ne!(first, other);
    let found = client.propfind(&path, "0", &[GETETAG, GETCONTENTLENGTH, RESOURCETYPE]);
    assert_eq!(found.only().text(GETETAG), other);
    assert_eq!(found.only().text(GETCONTENTLENGTH), samples::at_noon("a", "20260315").len().to_string());
    assert!(found.only().prop(RESOURCETYPE).children().is_empty());
}

/// Each name as a client may send it. The href of a listing is a path that leads to the same object.
#[test]
fn names_of_every_kind_go_round() {
    let client = shared().account();
    let path = client.make_calendar("names");
    let names = [
        "a%20b.ics",
        "me@example.org.ics",
        "me%40example.com.ics",
        "a%2Fb.ics",
        "a+b.ics",
        "a%2Bc.ics",
        "a;b=c.ics",
        "%F0%9F%8E%89%20party.ics",
        "%C3%A9.ics",
        "e%CC%81.ics",
        "100%25.ics",
        "%3Fquery%23fragment.ics",
        "(')!*$&,:.ics",
        "%2e%2e%2f.ics",
        "~tilde",
    ];
    for (number, name) in names.iter().enumerate() {
        client.put(&format!("{path}{name}"), &samples::at_noon(&format!("uid-{number}"), "20260314")).expect(201);
    }
    let listed = client.propfind(&path, "1", &[GETETAG]);
    assert_eq!(listed.responses.len(), names.len() + 1, "{:?}", listed.hrefs());
    let mut seen = Vec::new();
    for href in listed.hrefs().into_iter().filter(|href| *href != path) {
        assert!(href.is_ascii(), "{href}");
        let answer = client.get(href).expect(200);
        assert_eq!(answer.etag(), listed.of(href).text(GETETAG));
        let uid = answer.text().lines().find(|line| line.starts_with("UID:")).unwrap_or_default().to_owned();
        seen.push(uid);
        assert_eq!(client.propfind(href, "0", &[GETETAG]).only().href, href, "the href is the path that was asked");
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), names.len(), "each name leads to an object of its own");
    for name in names {
        client.delete(&format!("{path}{name}")).expect(204);
    }
    assert_eq!(client.propfind(&path, "1", &[GETETAG]).hrefs(), [path.as_str()]);
}

/// `@` may be sent as it is or encoded; the answer speaks of the path in the client's spelling or in one that leads
/// there.
#[test]
fn spellings_of_a_name_lead_to_one_object() {
    let client = shared().account();
    let plain = client.calendars("personal/me@example.org.ics");
    let encoded = client.calendars("personal/me%40example.org.ics");
    let etag = client.put(&plain, &samples::at_noon("a", "20260314")).expect(201).etag();
    assert_eq!(client.get(&encoded).expect(200).etag(), etag);
    client.put(&encoded, &samples::at_noon("a", "20260315")).expect(204);
    assert_eq!(client.propfind(&client.calendars("personal/"), "1", &[GETETAG]).responses.len(), 2);
}

#[test]
fn calendars_by_name_with_spaces_and_emoji() {
    let client = shared().account();
    let path = client.make_calendar("%F0%9F%8F%96%20am%20Meer");
    let object = format!("{path}a.ics");
    client.put(&object, &samples::at_noon("a", "20260314")).expect(201);
    let listed = client.propfind(&client.calendars(""), "1", &[RESOURCETYPE]);
    let calendar = listed.of(&path);
    assert_eq!(client.propfind(&calendar.href, "1", &[GETETAG]).sorted_hrefs(), [path.as_str(), &object]);
}

#[test]
fn an_object_is_not_stored_where_no_calendar_is() {
    let client = shared().account();
    let event = samples::at_noon("a", "20260314");
    client.put(&client.calendars("missing/a.ics"), &event).expect_any(&[403, 404, 409]);
    client.put(&client.calendars("a.ics"), &event).expect_any(&[403, 405, 409]);
    client.put("/dav/a.ics", &event).expect_any(&[403, 404, 405, 409]);
    client.put(&client.calendars("personal/"), &event).expect_any(&[403, 405, 409]);
    assert_eq!(client.propfind(&client.calendars("personal/"), "1", &[GETETAG]).responses.len(), 1);
}

/// RFC 4918 §8.3: what is stored has an href that can be asked for, and encoding made names longer than they were sent.
#[test]
fn a_name_is_not_longer_than_what_can_be_asked_for() {
    let client = shared().account();
    let folder = format!("/dav/files/{}/", client.name());
    let put = |path: &str| client.request("PUT", path).header("content-type", "text/plain").body("text").send();
    let deep = vec!["a".repeat(1023); 4].join("/");
    for name in ["@".repeat(342), "%40".repeat(342), "a".repeat(1025), format!("{deep}/a")] {
        put(&format!("{folder}{name}")).expect(414);
        client.request("MKCOL", &format!("{folder}{name}/")).send().expect(414);
        client.get(&format!("{folder}{name}")).expect(404);
    }
    put(&format!("{folder}a.txt")).expect(201);
    let far = format!("{folder}{}", "@".repeat(342));
    client.request("MOVE", &format!("{folder}a.txt")).header("destination", &far).send().expect(414);
    client.delete(&format!("{folder}a.txt")).expect(204);
    for name in ["@".repeat(341), "a".repeat(1024)] {
        put(&format!("{folder}{name}")).expect(201);
    }
    let listed = client.propfind(&folder, "1", &[GETETAG]);
    let hrefs: Vec<&str> = listed.hrefs().into_iter().filter(|href| *href != folder).collect();
    assert_eq!(hrefs.len(), 2);
    for href in hrefs {
        assert_eq!(client.get(href).expect(200).text(), "text");
        client.delete(href).expect(204);
    }
}

/// The shared folder's own path is in front of what a sharee names, for its owner.
#[test]
fn what_a_sharee_makes_far_down_its_owner_can_ask_for() {
    let (alice, bob) = (shared().account(), shared().account());
    let long = "a".repeat(1000);
    let mut folder = format!("/dav/files/{}/", alice.name());
    for _ in 0..4 {
        folder += &format!("{long}/");
        alice.request("MKCOL", &folder).send().expect(201);
    }
    let write = bodies::grant(bob.name(), "write");
    alice.request("ACL", &folder).xml(write).send().expect(200);
    let home = bob.propfind(&format!("/dav/files/{}/", bob.name()), "1", &[RESOURCETYPE]);
    let share = home.hrefs().into_iter().find(|href| href.contains("shared~")).expect("the share").to_owned();
    bob.request("MKCOL", &format!("{share}{}/", "b".repeat(200))).send().expect(507);
    let file = format!("{share}{long}");
    bob.request("PUT", &file).header("content-type", "text/plain").body("text").send().expect(201);
    let listed = alice.propfind(&folder, "1", &[GETETAG]);
    let href = listed.hrefs().into_iter().find(|href| *href != folder).expect("the file").to_owned();
    assert_eq!(alice.get(&href).expect(200).text(), "text");
    alice.delete(&href).expect(204);
}
