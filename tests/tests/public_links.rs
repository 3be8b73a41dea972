//! Public links: a calendar for anybody who has its secret address.

use kalends_tests::{Answer, Client, samples, shared};
use serde_json::{Value, json};

/// A link to a calendar: its identifier, and its path.
fn link(owner: &Client, collection: &str, access: &str) -> (String, String) {
    let new = json!({"collection": collection, "access": access, "label": "Door"}).to_string();
    let made = owner.request("POST", "/api/me/links").header("content-type", "application/json").body(new).send();
    let made: Value = serde_json::from_str(made.expect(201).text()).expect("JSON");
    let (url, webcal) = (made["url"].as_str().expect("a URL"), made["webcal"].as_str().expect("a URL"));
    assert_eq!(webcal.split_once("://"), url.split_once("://").map(|(_, rest)| ("webcal", rest)));
    let path = url.find("/public/").map(|at| url[at..].to_owned()).expect("a path");
    (made["id"].as_str().expect("an identifier").to_owned(), path)
}

fn anybody(method: &str, path: &str) -> Answer {
    shared().anonymous().request(method, path).send()
}

fn calendar(owner: &Client) {
    let path = owner.make_calendar("open");
    let event = samples::calendar(
        "BEGIN:VEVENT\r\nUID:secret-uid\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260314T120000Z\r\nDTEND:20260314T130000Z\r\nSUMMARY:Dentist\r\nLOCATION:Secret place\r\nEND:VEVENT",
    );
    owner.put(&format!("{path}named-secret.ics"), &event).expect(201);
    let free = samples::calendar(
        "BEGIN:VEVENT\r\nUID:free\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260315T120000Z\r\nTRANSP:TRANSPARENT\r\nSUMMARY:Free time\r\nEND:VEVENT",
    );
    owner.put(&format!("{path}free.ics"), &free).expect(201);
}

#[test]
fn a_link_gives_the_whole_calendar_and_tells_what_is_new() {
    let alice = shared().account();
    calendar(&alice);
    let (_, path) = link(&alice, "calendars/open", "read");
    assert!(path.ends_with("/open.ics"), "{path}");
    let whole = anybody("GET", &path).expect(200);
    assert_eq!(whole.required_header("content-type"), "text/calendar; charset=utf-8");
    assert!(whole.header("set-cookie").is_none() && whole.header("last-modified").is_some());
    let text = whole.text();
    for part in
        ["X-WR-CALNAME:open", "NAME:open", "REFRESH-INTERVAL;VALUE=DURATION:PT60M", "SUMMARY:Dentist", "Free time"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    let again = |etag: &str| shared().anonymous().request("GET", &path).header("if-none-match", etag).send();
    let unchanged = again(&whole.etag()).expect(304);
    assert!(unchanged.body().is_empty());
    alice.put(&alice.calendars("open/new.ics"), &samples::at_noon("new", "20260316")).expect(201);
    assert!(again(&whole.etag()).expect(200).text().contains("UID:new"));
    assert!(anybody("HEAD", &path).expect(200).body().is_empty());
}

#[test]
fn a_link_of_busy_time_tells_nothing_else() {
    let alice = shared().account();
    calendar(&alice);
    let (_, path) = link(&alice, "calendars/open", "free-busy");
    let answer = anybody("GET", &path).expect(200);
    let text = answer.text();
    assert!(text.contains("DTSTART:20260314T120000Z") && text.contains("SUMMARY:Busy"), "{text}");
    for secret in ["Dentist", "ecret", "Free time", "20260315", "open"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert_eq!(text, anybody("GET", &path).expect(200).text(), "subscribers see the same events again");
}

/// RFC 5545 §3.8.1.3: what its owner has classed as private is not published with the rest.
#[test]
fn a_link_does_not_tell_what_is_private() {
    let alice = shared().account();
    calendar(&alice);
    for (class, hour) in [("PRIVATE", "08"), ("CONFIDENTIAL", "09"), ("X-FAMILY", "10"), ("PUBLIC", "11")] {
        let event = samples::calendar(&format!(
            "BEGIN:VEVENT\r\nUID:of-{class}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260320T{hour}0000Z\r\nDURATION:PT1H\r\nCLASS:{class}\r\nSUMMARY:It is {class}\r\nEND:VEVENT"
        ));
        alice.put(&alice.calendars(&format!("open/of-{class}.ics")), &event).expect(201);
    }
    let (_, path) = link(&alice, "calendars/open", "read");
    let answer = anybody("GET", &path).expect(200);
    let text = answer.text();
    for told in ["Dentist", "It is PUBLIC", "SUMMARY:Busy", "DTSTART:20260320T090000Z"] {
        assert!(text.contains(told), "{told} in {text}");
    }
    for secret in ["PRIVATE", "CONFIDENTIAL", "X-FAMILY", "20260320T08", "20260320T10"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[test]
fn a_revoked_link_and_one_that_never_was_are_alike() {
    let alice = shared().account();
    calendar(&alice);
    let (id, path) = link(&alice, "calendars/open", "read");
    anybody("GET", &path).expect(200);
    alice.delete(&format!("/api/me/links/{id}")).expect(204);
    let revoked = anybody("GET", &path).expect(404);
    let wrong = anybody("GET", &format!("/public/{}/open.ics", "0".repeat(40))).expect(404);
    assert_eq!((revoked.text(), wrong.text()), (wrong.text(), revoked.text()));
    let guessed = anybody("GET", &format!("/public/{id}{}/open.ics", "0".repeat(28))).expect(404);
    assert_eq!(guessed.text(), wrong.text());
    for path in ["/public/", "/public/x", "/public/x/y/z"] {
        anybody("GET", path).expect_any(&[401, 404]);
    }
}

#[test]
fn a_link_goes_with_its_calendar_and_follows_it() {
    let alice = shared().account();
    calendar(&alice);
    let (_, path) = link(&alice, "calendars/open", "read");
    let to = alice.calendars("moved/");
    alice.request("MOVE", &alice.calendars("open/")).header("destination", &to).send().expect(201);
    anybody("GET", &path).expect(200);
    alice.delete(&to).expect(204);
    anybody("GET", &path).expect(404);
}

#[test]
fn nothing_can_be_changed_by_a_link() {
    let alice = shared().account();
    calendar(&alice);
    let (_, path) = link(&alice, "calendars/open", "read");
    for method in ["PUT", "DELETE", "POST", "PROPFIND", "REPORT", "PROPPATCH", "MKCOL", "MOVE", "LOCK"] {
        let answer = anybody(method, &path).expect(405);
        assert_eq!(answer.list("allow"), ["OPTIONS", "GET", "HEAD"], "{method}");
    }
    anybody("OPTIONS", &path).expect(200);
    // The secret is no password either.
    let secret = path.split('/').nth(2).unwrap();
    shared().anonymous().bearer(&format!("link-{secret}")).get(&alice.calendars("open/")).expect(401);
    shared().anonymous().basic(alice.name(), &format!("link-{secret}")).get(&alice.calendars("open/")).expect(401);
}

#[test]
fn links_are_listed_and_made_by_their_owner_and_administrators_only() {
    let (alice, bob) = (shared().account(), shared().account());
    calendar(&alice);
    let (id, path) = link(&alice, "calendars/open", "read");
    let listed = alice.get("/api/me/links").expect(200);
    assert!(listed.text().contains(&path), "it is shown again");
    assert!(!bob.get("/api/me/links").expect(200).text().contains(&id));
    bob.get(&format!("/api/accounts/{}/links", alice.name())).expect(403);
    bob.delete(&format!("/api/me/links/{id}")).expect(404);
    shared().administrator().delete(&format!("/api/accounts/{}/links/{id}", alice.name())).expect(204);
    anybody("GET", &path).expect(404);
}
