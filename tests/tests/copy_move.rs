//! COPY and MOVE (RFC 4918 §9.8, §9.9) of objects, cards, files and collections.

use kalends_tests::names::*;
use kalends_tests::{Answer, Client, bodies, samples, shared};

#[track_caller]
fn relocate(client: &Client, method: &str, from: &str, to: &str, fields: &[(&str, &str)]) -> Answer {
    let mut request = client.request(method, from).header("destination", to);
    for (name, value) in fields {
        request = request.header(name, value);
    }
    request.send()
}

/// A calendar with an event of that UID, and the event's path.
fn with_event(client: &Client, calendar: &str, uid: &str) -> (String, String) {
    let calendar = client.make_calendar(calendar);
    let event = format!("{calendar}{uid}.ics");
    client.put(&event, &samples::at_noon(uid, "20260314")).expect(201);
    (calendar, event)
}

fn folder(client: &Client, name: &str) -> String {
    let path = format!("/dav/files/{}/{name}/", client.name());
    client.request("MKCOL", &path).send().expect(201);
    path
}

fn file(client: &Client, path: &str, text: &str) {
    client.request("PUT", path).header("content-type", "text/plain").body(text).send().expect(201);
}

#[test]
fn an_event_moves_from_calendar_to_calendar_and_keeps_what_it_is() {
    let client = shared().account();
    let (from, event) = with_event(&client, "from", "a");
    let to = client.make_calendar("to");
    let etag = client.get(&event).etag();
    let note = Name("http://example.org/", "note");
    client.proppatch(&event, bodies::set(&[note.with("kept")])).multistatus();
    let (token_from, token_to) = (client.sync_token(&from), client.sync_token(&to));

    let moved = format!("{to}b.ics");
    let answer = relocate(&client, "MOVE", &event, &moved, &[]).expect(201);
    assert!(answer.required_header("location").ends_with(&moved), "RFC 9110 §15.3.2");
    client.get(&event).expect(404);
    assert_eq!(client.get(&moved).expect(200).etag(), etag);
    assert_eq!(client.propfind(&moved, "0", &[note]).only().text(note), "kept", "RFC 4918 §9.9.1");

    let sync = |path: &str, token: &str| {
        client.report(path, "0", bodies::sync_collection(token, None, &[GETETAG])).multistatus()
    };
    assert_eq!(sync(&from, &token_from).of(&event).status, Some(404));
    assert_eq!(sync(&to, &token_to).of(&moved).text(GETETAG), etag);
}

#[test]
fn a_copy_stands_by_itself() {
    let client = shared().account();
    let (_, event) = with_event(&client, "from", "a");
    let copy = format!("{}a.ics", client.make_calendar("to"));
    relocate(&client, "COPY", &event, &copy, &[]).expect(201);
    assert_eq!(client.get(&copy).expect(200).body(), client.get(&event).body());
    client.put(&copy, &samples::at_noon("a", "20260401")).expect(204);
    assert!(client.get(&event).text().contains("20260314"));
    client.delete(&event).expect(204);
    client.get(&copy).expect(200);
}

#[test]
fn overwrite_says_whether_what_is_there_may_go() {
    let client = shared().account();
    let (_, event) = with_event(&client, "from", "a");
    let (_, there) = with_event(&client, "to", "a");
    client.put(&there, &samples::at_noon("a", "20260401")).expect(204);
    for (method, no) in [("COPY", "F"), ("MOVE", "F"), ("COPY", "F, F"), ("MOVE", "T, f")] {
        relocate(&client, method, &event, &there, &[("overwrite", no)]).expect(412);
        assert!(client.get(&there).text().contains("20260401"), "{method}");
    }
    relocate(&client, "COPY", &event, &there, &[("overwrite", "T")]).expect(204);
    assert!(client.get(&there).text().contains("20260314"));
    relocate(&client, "MOVE", &event, &there, &[]).expect(204);
    client.get(&event).expect(404);
}

/// RFC 4791 §5.3.2.1 speaks of COPY and MOVE as of PUT.
#[test]
fn a_uid_stays_unique_and_a_resource_keeps_its_own() {
    let client = shared().account();
    let (calendar, event) = with_event(&client, "here", "a");
    let conflict = Name(CALDAV, "no-uid-conflict");
    let twin = format!("{calendar}twin.ics");
    let refused = relocate(&client, "COPY", &event, &twin, &[]).refused(403, conflict);
    assert_eq!(refused.child(HREF).map(|href| href.text().to_owned()), Some(event.clone()));
    client.get(&twin).expect(404);
    relocate(&client, "MOVE", &event, &twin, &[]).expect(201);

    let (_, other) = with_event(&client, "there", "b");
    for method in ["COPY", "MOVE"] {
        relocate(&client, method, &twin, &other, &[]).refused(403, conflict);
    }
    assert!(client.get(&other).expect(200).text().contains("UID:b"));

    let (one, two) = (client.addressbooks("contacts/one.vcf"), client.addressbooks("contacts/two.vcf"));
    client.put_card(&one, &samples::card("one", "One", "one@example.org")).expect(201);
    client.put_card(&two, &samples::card("two", "Two", "two@example.org")).expect(201);
    relocate(&client, "MOVE", &one, &two, &[]).refused(403, Name(CARDDAV, "no-uid-conflict"));
}

#[test]
fn a_calendar_takes_by_copy_only_what_it_takes_by_put() {
    let client = shared().account();
    let events = client.make_calendar("events");
    let task = client.calendars("tasks/task.ics");
    client.put(&task, &samples::task("task", "SUMMARY:Do it")).expect(201);
    for method in ["COPY", "MOVE"] {
        let refused = relocate(&client, method, &task, &format!("{events}task.ics"), &[]);
        refused.refused(403, Name(CALDAV, "supported-calendar-component"));
    }
}

#[test]
fn destinations_that_cannot_be() {
    let client = shared().account();
    let (calendar, event) = with_event(&client, "here", "a");
    client.request("COPY", &event).send().expect(400);
    let elsewhere = format!("http://elsewhere.example{calendar}b.ics");
    let card = client.addressbooks("contacts/a.vcf");
    let missing = client.calendars("missing/a.ics");
    let cases: [(&str, &[u16]); 7] = [
        (&elsewhere, &[502]),
        (&missing, &[409]),
        (&event, &[403]),
        (&card, &[403, 409]),
        ("/dav/principals/a", &[403]),
        (&format!("{calendar}../../x"), &[400]),
        ("ftp:", &[400, 502]),
    ];
    for method in ["COPY", "MOVE"] {
        for (destination, statuses) in cases {
            relocate(&client, method, &event, destination, &[]).expect_any(statuses);
        }
        relocate(&client, method, &format!("{calendar}missing.ics"), &format!("{calendar}b.ics"), &[]).expect(404);
    }
    client.get(&event).expect(200);
}

/// Clients send the whole URL, encoded as they like it.
#[test]
fn a_destination_may_be_a_url_in_any_spelling() {
    let client = shared().account();
    let (calendar, event) = with_event(&client, "here", "a");
    let url = format!("{}{calendar}me%40example.org%20b.ics", shared().url());
    relocate(&client, "MOVE", &event, &url, &[]).expect(201);
    client.get(&format!("{calendar}me@example.org%20b.ics")).expect(200);
}

#[test]
fn a_calendar_moves_with_its_events_properties_and_sync() {
    let client = shared().account();
    let (from, event) = with_event(&client, "from", "a");
    client.proppatch(&from, bodies::set(&[CALENDAR_COLOR.with("#112233FF")])).multistatus();
    let token = client.sync_token(&from);
    let to = client.calendars("elsewhere/");
    relocate(&client, "MOVE", &from, &to, &[]).expect(201);
    client.request("PROPFIND", &from).header("depth", "0").send().expect(404);
    client.get(&event).expect(404);
    client.get(&format!("{to}a.ics")).expect(200);
    let moved = client.propfind(&to, "0", &[CALENDAR_COLOR, DISPLAYNAME, RESOURCETYPE]);
    assert_eq!(moved.only().text(CALENDAR_COLOR), "#112233FF");
    assert_eq!(moved.only().text(DISPLAYNAME), "from");
    assert!(moved.only().is_a(CALENDAR));
    client.put(&format!("{to}b.ics"), &samples::at_noon("b", "20260314")).expect(201);
    let since = client.report(&to, "0", bodies::sync_collection(&token, None, &[GETETAG])).multistatus();
    assert_eq!(since.hrefs(), [format!("{to}b.ics")]);
}

#[test]
fn a_calendar_is_copied_with_its_events_or_without() {
    let client = shared().account();
    let (from, _) = with_event(&client, "from", "a");
    let whole = client.calendars("whole/");
    relocate(&client, "COPY", &from, &whole, &[]).expect(201);
    client.get(&format!("{whole}a.ics")).expect(200);
    let bare = client.calendars("bare/");
    relocate(&client, "COPY", &from, &bare, &[("depth", "0")]).expect(201);
    assert_eq!(client.propfind(&bare, "1", &[RESOURCETYPE]).hrefs(), [bare.as_str()]);
    relocate(&client, "COPY", &from, &client.calendars("third/"), &[("depth", "1")]).expect(400);
    relocate(&client, "MOVE", &from, &client.calendars("third/"), &[("depth", "0")]).expect(400);
    relocate(&client, "COPY", &from, &format!("{whole}inside/"), &[])
        .refused(403, Name(CALDAV, "calendar-collection-location-ok"));
}

/// RFC 4918 §9.8.4: what was there goes as a whole, nothing is merged.
#[test]
fn a_folder_that_is_replaced_keeps_nothing() {
    let client = shared().account();
    let (from, to) = (folder(&client, "from"), folder(&client, "to"));
    file(&client, &format!("{from}new.txt"), "new");
    file(&client, &format!("{to}old.txt"), "old");
    relocate(&client, "COPY", &from, &to, &[("overwrite", "F")]).expect(412);
    relocate(&client, "COPY", &from, &to, &[]).expect(204);
    client.get(&format!("{to}old.txt")).expect(404);
    assert_eq!(client.get(&format!("{to}new.txt")).expect(200).text(), "new");
    relocate(&client, "MOVE", &from, &format!("{from}inside/"), &[]).expect(403);
    relocate(&client, "COPY", &from, &format!("{from}inside/"), &[]).expect(403);
    client.get(&format!("{from}new.txt")).expect(200);
}

#[test]
fn nobody_moves_anything_into_or_out_of_what_is_anothers() {
    let (alice, bob) = (shared().account(), shared().account());
    let (_, event) = with_event(&alice, "hers", "a");
    let (his, own) = with_event(&bob, "his", "b");
    for method in ["COPY", "MOVE"] {
        relocate(&bob, method, &event, &format!("{his}a.ics"), &[]).expect(404);
        let into = relocate(&bob, method, &own, &alice.calendars("hers/b.ics"), &[]);
        into.expect_any(&[403, 404, 409]);
    }
    alice.get(&event).expect(200);
    alice.get(&alice.calendars("hers/b.ics")).expect(404);
    bob.get(&own).expect(200);
}

#[test]
fn a_move_requires_what_its_header_says() {
    let client = shared().account();
    let (calendar, event) = with_event(&client, "here", "a");
    let to = format!("{calendar}b.ics");
    relocate(&client, "MOVE", &event, &to, &[("if-match", "\"something else\"")]).expect(412);
    client.get(&event).expect(200);
    let etag = client.get(&event).etag();
    relocate(&client, "MOVE", &event, &to, &[("if-match", &etag)]).expect(201);
}

/// What begins as the segment of a share is in nobody's own home: what came there could not be reached again.
#[test]
fn nothing_comes_to_a_name_that_stands_for_a_share() {
    let client = shared().account();
    let path = format!("/dav/files/{}/a.txt", client.name());
    file(&client, &path, "text");
    let (_, event) = with_event(&client, "here", "a");
    for name in ["shared~1", "shared~999999", "shared~x", "shared~"] {
        let to = format!("/dav/files/{}/{name}", client.name());
        client.request("PUT", &to).body("text").send().expect(409);
        for method in ["COPY", "MOVE"] {
            relocate(&client, method, &path, &to, &[]).expect(409);
            relocate(&client, method, &event, &client.calendars(name), &[]).expect(409);
        }
    }
    assert_eq!(client.get(&path).expect(200).text(), "text");
    client.get(&event).expect(200);
    let root = format!("/dav/files/{}/", client.name());
    assert_eq!(client.propfind(&root, "1", &[RESOURCETYPE]).sorted_hrefs(), [root, path]);
}

#[test]
fn nothing_takes_the_place_of_what_it_is_in() {
    let client = shared().account();
    let outer = folder(&client, "outer");
    let inner = folder(&client, "outer/inner");
    let text = format!("{inner}a.txt");
    file(&client, &text, "text");
    for method in ["COPY", "MOVE"] {
        for (from, to) in [(&text, &outer), (&text, &inner), (&inner, &outer)] {
            let refused = relocate(&client, method, from, to, &[]).expect(403);
            assert!(refused.text().contains("what it is in"), "{}", refused.text());
        }
    }
    assert_eq!(client.get(&text).expect(200).text(), "text");
}

/// RFC 4918 §8.3: however long the way there becomes, whatever is listed can be asked for.
#[test]
fn what_is_moved_far_down_can_still_be_asked_for() {
    let client = shared().account();
    let (from, long) = (folder(&client, "from"), "a".repeat(1000));
    let way: Vec<&str> = vec![&long; 4];
    let folders: Vec<String> = (1..=4).map(|depth| folder(&client, &way[..depth].join("/"))).collect();
    file(&client, &format!("{from}{long}"), "text");
    let to = format!("{}to/", folders[3]);
    relocate(&client, "MOVE", &from, &to, &[]).expect(201);
    let listed = client.propfind(&to, "1", &[RESOURCETYPE]);
    assert_eq!(listed.sorted_hrefs(), [to.clone(), format!("{to}{long}")]);
    assert_eq!(client.get(&format!("{to}{long}")).expect(200).text(), "text");
    client.delete(&format!("{to}{long}")).expect(204);
    // A folder there would have no room for names in it.
    folder(&client, "again");
    let again = folder(&client, &format!("again/{long}"));
    relocate(&client, "MOVE", &format!("/dav/files/{}/again/", client.name()), &format!("{}again/", folders[3]), &[])
        .expect(507);
    client.propfind(&again, "0", &[RESOURCETYPE]);
}
