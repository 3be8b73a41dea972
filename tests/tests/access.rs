//! Each user sees only their own.

use kalends_tests::names::*;
use kalends_tests::{Answer, Client, Response, bodies, samples, shared};

/// Refused as a whole, or, as a multiget may be, for each of what was asked.
#[track_caller]
fn keeps_out(answer: Answer) {
    let answer = answer.expect_any(&[403, 404, 207]);
    if answer.status == 207 {
        let responses = answer.multistatus().responses;
        let refused = |response: &Response| matches!(response.status, Some(403 | 404));
        assert!(!responses.is_empty() && responses.iter().all(refused), "{responses:?}");
    }
}

#[test]
fn nobody_reaches_what_is_somebody_elses() {
    let (alice, bob) = (shared().account(), shared().account());
    let calendar = alice.calendars("personal/");
    let object = alice.calendars("personal/a.ics");
    let card = alice.addressbooks("contacts/a.vcf");
    let etag = alice.put(&object, &samples::at_noon("a", "20260314")).expect(201).etag();
    alice.put_card(&card, &samples::card("a", "A", "a@example.org")).expect(201);
    let before = alice.sync_token(&calendar);

    let propfind = bodies::propfind(&[DISPLAYNAME, GETETAG]);
    let query = bodies::calendar_query(&[CALENDAR_DATA], r#"<C:comp-filter name="VEVENT"/>"#);
    let attempts = [
        bob.request("PROPFIND", &alice.calendars("")).header("depth", "1").xml(propfind.clone()),
        bob.request("PROPFIND", &alice.addressbooks("")).header("depth", "1").xml(propfind.clone()),
        bob.request("PROPFIND", &calendar).header("depth", "1").xml(propfind.clone()),
        bob.request("PROPFIND", &object).header("depth", "0").xml(propfind),
        bob.request("GET", &object),
        bob.request("HEAD", &object),
        bob.request("GET", &card),
        bob.request("PUT", &object).header("content-type", "text/calendar").body(samples::at_noon("a", "20260401")),
        bob.request("PUT", &alice.calendars("personal/b.ics"))
            .header("content-type", "text/calendar")
            .body(samples::at_noon("b", "20260401")),
        bob.request("DELETE", &object),
        bob.request("DELETE", &calendar),
        bob.request("PROPPATCH", &calendar).xml(bodies::set(&[DISPLAYNAME.with("Bob's now")])),
        bob.request("MKCOL", &alice.calendars("bobs/")).xml(bodies::mkcol_calendar(&[])),
        bob.request("POST", &alice.calendars("bobs/"))
            .header("x-http-method-override", "MKCALENDAR")
            .xml(bodies::mkcalendar(&["VEVENT"], &[])),
        bob.request("REPORT", &calendar).header("depth", "1").xml(query),
        bob.request("REPORT", &calendar)
            .header("depth", "1")
            .xml(bodies::calendar_multiget(&[CALENDAR_DATA], std::slice::from_ref(&object))),
        bob.request("REPORT", &calendar).header("depth", "0").xml(bodies::sync_collection("", None, &[GETETAG])),
        bob.request("REPORT", &calendar).header("depth", "0").xml(bodies::sync_collection(&before, None, &[GETETAG])),
    ];
    for attempt in attempts {
        keeps_out(attempt.send());
    }
    assert_eq!(alice.get(&object).expect(200).etag(), etag);
    assert_eq!(alice.sync_token(&calendar), before, "nothing has changed");
    assert_eq!(alice.propfind(&alice.calendars(""), "1", &[DISPLAYNAME]).responses.len(), 3);
}

/// What is not told apart cannot be found out.
#[test]
fn what_is_anothers_looks_like_what_is_not_there() {
    let (alice, bob) = (shared().account(), shared().account());
    alice.put(&alice.calendars("personal/a.ics"), &samples::at_noon("a", "20260314")).expect(201);
    let there = bob.get(&alice.calendars("personal/a.ics"));
    let not_there = bob.get(&alice.calendars("personal/b.ics"));
    let nobody = bob.get("/dav/calendars/nobody-at-all/personal/a.ics");
    assert_eq!([there.status, not_there.status, nobody.status], [there.status; 3]);
    assert_eq!(there.body(), not_there.body());
    assert_eq!(there.body(), nobody.body());
}

#[test]
fn homes_list_only_their_owners_calendars() {
    let (alice, bob) = (shared().account(), shared().account());
    let path = alice.make_calendar("private");
    for path in ["/", "/dav/", "/dav/calendars/", "/dav/principals/"] {
        let listed = bob
            .request("PROPFIND", path)
            .header("depth", "1")
            .xml(bodies::propfind(&[DISPLAYNAME]))
            .send()
            .expect_any(&[207, 403]);
        assert!(!listed.text().contains(&alice.calendars("")), "{path}");
    }
    assert!(alice.propfind(&alice.calendars(""), "1", &[RESOURCETYPE]).find(&path).is_some());
    assert!(bob.propfind(&bob.calendars(""), "1", &[RESOURCETYPE]).find(&path).is_none());
}

/// The path of what is shared, in the sharee's home.
fn share(owner: &Client, path: &str, with: &Client, privilege: &str) -> String {
    let ace = bodies::grant(with.name(), privilege);
    owner.request("ACL", path).xml(ace).send().expect(200);
    let home = format!("/dav/{}/{}/", path.split('/').nth(2).expect("a home"), with.name());
    let listed = with.propfind(&home, "1", &[RESOURCETYPE]);
    let share = listed.hrefs().into_iter().find(|href| href.contains("/shared~")).map(str::to_owned);
    share.expect("the share")
}

fn lock(client: &Client, path: &str) {
    client.request("LOCK", path).header("depth", "infinity").xml(bodies::LOCK).send().expect(200);
}

/// Neither leaving nor one's own name for it changes anything of what is locked (RFC 4918 §7.1).
#[test]
fn a_lock_keeps_nobody_in_a_share_nor_from_their_own_colour() {
    let (alice, bob) = (shared().account(), shared().account());
    let calendar = alice.make_calendar("team");
    let event = format!("{calendar}a.ics");
    alice.put(&event, &samples::at_noon("a", "20260314")).expect(201);
    let seen = share(&alice, &calendar, &bob, "write");
    lock(&alice, &calendar);
    let colour = bodies::set(&[CALENDAR_COLOR.with("#222222FF")]);
    bob.put(&format!("{seen}a.ics"), &samples::at_noon("a", "20260315")).expect(423);
    let set = bob.proppatch(&seen, colour.clone()).multistatus();
    assert_eq!(set.only().status_of(CALENDAR_COLOR), Some(200));
    assert_eq!(bob.propfind(&seen, "0", &[CALENDAR_COLOR]).only().text(CALENDAR_COLOR), "#222222FF");
    alice.proppatch(&calendar, colour).expect(423);
    bob.delete(&seen).expect(204);
    bob.get(&format!("{seen}a.ics")).expect(404);
    alice.delete(&calendar).expect(423);
    alice.get(&event).expect(200);
}

/// A folder that somebody gives away is its new owner's, with what of it they had by shares before.
#[test]
fn what_becomes_ones_own_is_not_shared_with_one_any_more() {
    let (alice, bob) = (shared().account(), shared().account());
    let folder = |client: &Client, name: &str| {
        let path = format!("/dav/files/{}/{name}/", client.name());
        client.request("MKCOL", &path).send().expect(201);
        path
    };
    let gift = folder(&alice, "gift");
    let inner = folder(&alice, "gift/inner");
    let into = share(&bob, &folder(&bob, "into"), &alice, "write");
    share(&alice, &inner, &bob, "read");
    alice.request("MOVE", &gift).header("destination", &format!("{into}gift/")).send().expect(201);
    let inner = format!("/dav/files/{}/into/gift/inner/", bob.name());
    let list = bob.propfind(&inner, "0", &[Name(DAV, "acl")]);
    let aces = list.only().prop(Name(DAV, "acl"));
    assert_eq!(aces.all(Name(DAV, "ace")).count(), 1, "the owner alone: {aces:?}");
}
