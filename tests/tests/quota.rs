//! Quota (RFC 4331): how much somebody may store, and what is said when it is full.

use kalends_tests::names::*;
use kalends_tests::{Client, bodies, samples, shared};
use serde_json::json;

const AVAILABLE: Name = Name(DAV, "quota-available-bytes");
const USED: Name = Name(DAV, "quota-used-bytes");
const FULL: Name = Name(DAV, "quota-not-exceeded");

fn grant(client: &Client, quota: Option<u64>) {
    let path = format!("/api/accounts/{}", client.name());
    let patch = json!({ "quota": quota }).to_string();
    let administrator = shared().administrator();
    administrator.request("PATCH", &path).header("content-type", "application/json").body(patch).send().expect(200);
}

fn large(uid: &str, octets: usize) -> String {
    samples::event(uid, &format!("DTSTART:20260314T120000Z\nDESCRIPTION:{}", "x".repeat(octets)))
}

#[track_caller]
fn number(client: &Client, path: &str, name: Name) -> u64 {
    client.propfind(path, "0", &[name]).only().text(name).parse().expect("a number of octets")
}

#[test]
fn what_is_used_and_what_is_left_are_told() {
    let client = shared().account();
    let home = client.calendars("");
    let found = client.propfind(&home, "0", &[AVAILABLE, USED]);
    assert_eq!(found.only().status_of(AVAILABLE), Some(404), "without a limit there is no number (RFC 4331 §3)");
    let before = number(&client, &home, USED);
    let event = large("a", 1000);
    client.put(&client.calendars("personal/a.ics"), &event).expect(201);
    assert_eq!(number(&client, &home, USED), before + event.len() as u64);
    grant(&client, Some(10_000));
    for path in [home, client.calendars("personal/"), client.addressbooks("contacts/")] {
        assert_eq!(number(&client, &path, AVAILABLE) + number(&client, &path, USED), 10_000, "{path}");
    }
    client.delete(&client.calendars("personal/a.ics")).expect(204);
    assert_eq!(number(&client, &client.calendars(""), USED), before);
}

/// Not as full as they were when the client signed in, and with what was set on them.
#[test]
fn what_holds_the_homes_lists_them_as_they_are() {
    let client = shared().account();
    for (home, object) in [("calendars", "personal/a.ics"), ("addressbooks", "contacts/a.vcf"), ("files", "a.txt")] {
        let own = format!("/dav/{home}/{}/", client.name());
        client.proppatch(&own, bodies::set(&[UNKNOWN.with("on the home")])).expect(207);
        match home {
            "calendars" => client.put(&format!("{own}{object}"), &large("a", 1000)),
            "addressbooks" => client.put_card(&format!("{own}{object}"), &samples::card("a", "A", "a@example.org")),
            _ => client.request("PUT", &format!("{own}{object}")).body("a file").send(),
        }
        .expect(201);
        let listed = client.propfind(&format!("/dav/{home}/"), "1", &[USED, UNKNOWN]);
        assert_eq!(listed.hrefs(), [format!("/dav/{home}/"), own.clone()]);
        let told = listed.find(&own).expect("the home");
        assert_eq!(told.text(USED), number(&client, &own, USED).to_string(), "{home}");
        assert_eq!(told.text(UNKNOWN), "on the home", "{home}");
    }
}

/// Whose password is not good for a home is not told of it.
#[test]
fn what_holds_the_homes_lists_none_out_of_reach() {
    let client = shared().account();
    let (contacts, _) = shared().app_password(&client, &["contacts"]);
    assert_eq!(contacts.propfind("/dav/calendars/", "1", &[USED]).hrefs(), ["/dav/calendars/"]);
    assert_eq!(contacts.propfind("/dav/addressbooks/", "1", &[USED]).hrefs().len(), 2);
}

#[test]
fn what_does_not_fit_is_refused_and_leaves_nothing() {
    let client = shared().account();
    let (small, big) = (client.calendars("personal/small.ics"), client.calendars("personal/big.ics"));
    grant(&client, Some(5000));
    client.put(&small, &large("small", 1000)).expect(201);
    client.put(&big, &large("big", 5000)).refused(507, FULL);
    client.get(&big).expect(404);
    client.put(&small, &large("small", 9000)).refused(507, FULL);
    assert!(client.get(&small).expect(200).body().len() < 2000);
    let card = samples::card("c", &"x".repeat(5000), "c@example.org");
    client.put_card(&client.addressbooks("contacts/c.vcf"), &card).refused(507, FULL);
    let file = format!("/dav/files/{}/big.bin", client.name());
    client.request("PUT", &file).body(vec![0; 5000]).send().refused(507, FULL);
    let other = client.make_calendar("other");
    client.put(&client.calendars("personal/half.ics"), &large("half", 2500)).expect(201);
    let copy = client.request("COPY", &client.calendars("personal/half.ics"));
    copy.header("destination", &format!("{other}half.ics")).send().refused(507, FULL);
    let copy = client.request("COPY", &client.calendars("personal/"));
    copy.header("destination", &client.calendars("copy/")).send().refused(507, FULL);
    // What does not grow passes, full or not.
    grant(&client, Some(10));
    client.put(&small, &large("small", 900)).expect(204);
    assert_eq!(number(&client, &client.calendars(""), AVAILABLE), 0);
    client.delete(&small).expect(204);
    grant(&client, None);
    client.put(&big, &large("big", 5000)).expect(201);
}

/// What a sharee writes is stored at the owner's expense, and how full that is, is the owner's business.
#[test]
fn the_owners_quota_counts_for_sharees() {
    let (alice, bob) = (shared().account(), shared().account());
    let calendar = alice.make_calendar("team");
    let aces = bodies::grant(bob.name(), "write");
    alice.request("ACL", &calendar).xml(aces).send().expect(200);
    let home = bob.propfind(&bob.calendars(""), "1", &[AVAILABLE, USED]);
    let share = home.responses.iter().find(|response| response.href.contains("shared~")).expect("the share");
    assert_eq!(share.status_of(USED), Some(404));
    grant(&alice, Some(2000));
    bob.put(&format!("{}big.ics", share.href), &large("big", 3000)).refused(507, FULL);
    bob.put(&format!("{}small.ics", share.href), &large("small", 1000)).expect(201);
    assert_eq!(number(&bob, &bob.calendars(""), USED), 0);
    assert!(number(&alice, &alice.calendars(""), USED) > 1000);
}

/// Properties are no part of the quota, and have a bound of their own: whoever lists a home reads them all, those of
/// what others share too.
#[test]
fn what_has_properties_has_room_for_so_many() {
    let client = shared().account();
    let member = client.calendars("personal/a.ics");
    client.put(&member, &samples::at_noon("a", "20260314")).expect(201);
    let large = |number: u32| Name("urn:x", ["p0", "p1", "p2"][number as usize]).with(&"x".repeat(30_000));
    for path in [client.calendars(""), client.calendars("personal/"), member.clone()] {
        let set = |numbers: &[u32]| {
            client.proppatch(&path, bodies::set(&numbers.iter().copied().map(large).collect::<Vec<_>>()))
        };
        set(&[0]).expect(207);
        set(&[1, 2]).refused(507, FULL);
        set(&[1]).expect(207);
        set(&[2]).refused(507, FULL);
        let told = client.propfind(&path, "0", &[Name("urn:x", "p1"), Name("urn:x", "p2")]);
        assert_eq!(
            [told.only().status_of(Name("urn:x", "p1")), told.only().status_of(Name("urn:x", "p2"))],
            [Some(200), Some(404)]
        );
        client.proppatch(&path, bodies::remove(&[Name("urn:x", "p0")])).expect(207);
        set(&[2]).expect(207);
    }
    let made = client.calendars("made/");
    let properties: Vec<String> = (0..3).map(large).collect();
    client.request("MKCOL", &made).xml(bodies::mkcol_calendar(&properties)).send().refused(507, FULL);
    client.request("PROPFIND", &made).header("depth", "0").send().expect(404);
}

#[test]
fn nobody_sets_a_quota_by_proppatch() {
    let client = shared().account();
    for path in [client.calendars(""), client.calendars("personal/")] {
        let answer = client.proppatch(&path, kalends_tests::bodies::set(&[AVAILABLE.with("1")])).multistatus();
        assert_eq!(answer.only().status_of(AVAILABLE), Some(403), "RFC 4331 §3: protected");
    }
}
