//! Reports on a single object (RFC 4791 §7, RFC 6352 §8), and who is told that they are there.

use kalends_tests::names::*;
use kalends_tests::{Client, bodies, samples, shared};

#[track_caller]
fn supports(client: &Client, path: &str, report: Name) -> bool {
    client.propfind(path, "0", &[SUPPORTED_REPORT_SET]).only().prop(SUPPORTED_REPORT_SET).contains(report)
}

#[test]
fn an_event_answers_the_reports_of_calendars() {
    let client = shared().account();
    let path = client.calendars("personal/a.ics");
    client.put(&path, &samples::at_noon("a", "20260314")).expect(201);
    client.put(&client.calendars("personal/b.ics"), &samples::at_noon("b", "20260314")).expect(201);
    let query = |day: [&str; 2]| {
        let filter = bodies::in_range("VEVENT", &format!("{}T000000Z", day[0]), &format!("{}T000000Z", day[1]));
        client.report(&path, "0", bodies::calendar_query(&[GETETAG], &filter)).multistatus()
    };
    assert_eq!(query(["20260314", "20260315"]).hrefs(), [path.as_str()]);
    assert!(query(["20260315", "20260316"]).responses.is_empty());
    let multiget = bodies::calendar_multiget(&[GETETAG], std::slice::from_ref(&path));
    client.report(&path, "0", multiget).multistatus().only().prop(GETETAG);
    let busy = format!(
        r#"<C:free-busy-query xmlns:C="{CALDAV}"><C:time-range start="20260301T000000Z" end="20260401T000000Z"/></C:free-busy-query>"#
    );
    let busy = client.report(&path, "0", busy).expect(200);
    assert_eq!(busy.text().matches("20260314T120000Z/").count(), 1);
    for report in ["calendar-query", "calendar-multiget", "free-busy-query"] {
        assert!(supports(&client, &path, Name(CALDAV, report)), "{report}");
    }
    assert!(!supports(&client, &path, Name(DAV, "sync-collection")));
    for path in [path, client.calendars("")] {
        let refused = client.report(&path, "0", bodies::sync_collection("", None, &[GETETAG]));
        refused.refused(403, Name(DAV, "supported-report"));
    }
}

#[test]
fn a_card_answers_the_reports_of_address_books() {
    let client = shared().account();
    let path = client.addressbooks("contacts/a.vcf");
    client.put_card(&path, &samples::card("a", "Ann", "ann@example.org")).expect(201);
    let query = |text: &str| {
        let filter = format!(r#"<C:prop-filter name="FN"><C:text-match>{text}</C:text-match></C:prop-filter>"#);
        client.report(&path, "0", bodies::addressbook_query(&[GETETAG], &filter)).multistatus()
    };
    assert_eq!(query("ann").hrefs(), [path.as_str()]);
    assert!(query("bob").responses.is_empty());
    let multiget = bodies::addressbook_multiget(&[GETETAG], std::slice::from_ref(&path));
    client.report(&path, "0", multiget).multistatus().only().prop(GETETAG);
    for report in ["addressbook-query", "addressbook-multiget"] {
        assert!(supports(&client, &path, Name(CARDDAV, report)), "{report}");
    }
}

/// RFC 6352 §8.6.1, §8.6.2: as many as were asked for, and the word that there are more.
#[test]
fn a_query_for_a_few_cards_tells_that_there_are_more() {
    let client = shared().account();
    let book = client.addressbooks("contacts/");
    for uid in ["a", "b", "c"] {
        client.put_card(&format!("{book}{uid}.vcf"), &samples::card(uid, "Ann", "ann@example.org")).expect(201);
    }
    let query = |limit: u32| {
        let body = bodies::addressbook_query(&[GETETAG], r#"<C:prop-filter name="FN"/>"#);
        let limit = format!("<C:limit><C:nresults>{limit}</C:nresults></C:limit></C:addressbook-query>");
        client.report(&book, "1", body.replace("</C:addressbook-query>", &limit))
    };
    let cut = query(2).multistatus();
    assert_eq!(cut.responses.len(), 3);
    assert_eq!(cut.of(&book).status, Some(507));
    let error = cut.of(&book).error.as_ref().expect("an error");
    assert!(error.contains(Name(DAV, "number-of-matches-within-limits")));
    let whole = query(3).multistatus();
    assert!(whole.responses.len() == 3 && whole.find(&book).is_none());
    query(0).expect(400);
}

/// RFC 4918 §15.8: what reports say of an object is what PROPFIND says of it.
#[test]
fn reports_tell_of_locks_and_of_the_list() {
    const LOCKDISCOVERY: Name = Name(DAV, "lockdiscovery");
    const ACL: Name = Name(DAV, "acl");
    let (client, bob) = (shared().account(), shared().account());
    let (calendar, book) = (client.calendars("personal/"), client.addressbooks("contacts/"));
    let (event, card) = (format!("{calendar}a.ics"), format!("{book}a.vcf"));
    client.put(&event, &samples::at_noon("a", "20260314")).expect(201);
    client.put_card(&card, &samples::card("a", "Ann", "ann@example.org")).expect(201);
    let aces = bodies::grant(bob.name(), "read");
    for (collection, member) in [(&calendar, &event), (&book, &card)] {
        client.request("ACL", collection).xml(aces.clone()).send().expect(200);
        client.request("LOCK", member).header("depth", "0").xml(bodies::LOCK).send().expect(200);
    }
    let asked = [GETETAG, LOCKDISCOVERY, ACL];
    let reports = [
        (&calendar, bodies::calendar_multiget(&asked, std::slice::from_ref(&event))),
        (&calendar, bodies::calendar_query(&asked, r#"<C:comp-filter name="VEVENT"/>"#)),
        (&calendar, bodies::sync_collection("", None, &asked)),
        (&book, bodies::addressbook_multiget(&asked, std::slice::from_ref(&card))),
        (&book, bodies::addressbook_query(&asked, r#"<C:prop-filter name="FN"/>"#)),
        (&book, bodies::sync_collection("", None, &asked)),
    ];
    for (collection, report) in reports {
        let answer = client.report(collection, "1", report.clone()).multistatus();
        let locks = answer.only().prop(LOCKDISCOVERY);
        let root = locks.child(Name(DAV, "activelock")).and_then(|lock| lock.child(Name(DAV, "lockroot")));
        let root = root.and_then(|root| root.child(HREF)).map(|href| href.text());
        assert_eq!(root, Some(answer.only().href.as_str()), "{report}");
        assert_eq!(answer.only().prop(ACL).children().len(), 2, "{report}");
    }
}

/// Whatever is said to be there is there: every report that a resource lists is understood.
#[test]
fn what_is_listed_is_answered() {
    let client = shared().account();
    let event = client.calendars("personal/a.ics");
    client.put(&event, &samples::at_noon("a", "20260314")).expect(201);
    let principal = format!("/dav/principals/{}/", client.name());
    let notifications = format!("/dav/notifications/{}/", client.name());
    let (home, calendar) = (client.calendars(""), client.calendars("personal/"));
    let fixed = ["/", "/dav/", "/dav/principals/", "/dav/calendars/", "/dav/files/"];
    for path in fixed.into_iter().chain([principal.as_str(), &notifications, &home, &calendar, &event]) {
        let found = client.propfind(path, "0", &[SUPPORTED_REPORT_SET]);
        let listed = found.only().prop(SUPPORTED_REPORT_SET).all(Name(DAV, "supported-report"));
        for report in listed.filter_map(|listed| listed.child(Name(DAV, "report"))).flat_map(|report| report.children())
        {
            let namespace = [DAV, CALDAV, CARDDAV].into_iter().find(|namespace| {
                // The name's own namespace is the one under which it is found again.
                ["calendar", "free-busy"].iter().any(|start| report.local().starts_with(start))
                    == (*namespace == CALDAV)
                    && report.local().starts_with("addressbook") == (*namespace == CARDDAV)
            });
            let body = format!(r#"<R:{} xmlns:R="{}"/>"#, report.local(), namespace.expect("a namespace"));
            let answer = client.report(path, "0", body);
            let unknown = answer.status >= 500 || answer.text().contains("supported-report/>");
            assert!(!unknown, "{} on {path}: {} {}", report.local(), answer.status, answer.text());
        }
    }
}

/// What is there and has not the report is not taken for what is not there (RFC 3253 §3.6, `supported-report`).
#[test]
fn what_is_not_listed_is_refused_as_a_report() {
    let client = shared().account();
    let (calendar, book) = (client.calendars(""), client.addressbooks(""));
    let event = client.calendars("personal/a.ics");
    client.put(&event, &samples::at_noon("a", "20260314")).expect(201);
    let busy = format!(
        r#"<C:free-busy-query xmlns:C="{CALDAV}"><C:time-range start="20260301T000000Z" end="20260401T000000Z"/></C:free-busy-query>"#
    );
    let principals = format!(
        r#"<D:acl-principal-prop-set xmlns:D="{DAV}"><D:prop><D:displayname/></D:prop></D:acl-principal-prop-set>"#
    );
    for (path, report) in [
        (&calendar, busy),
        (&calendar, bodies::calendar_query(&[GETETAG], r#"<C:comp-filter name="VEVENT"/>"#)),
        (&book, bodies::addressbook_query(&[GETETAG], r#"<C:prop-filter name="FN"/>"#)),
        (&calendar, principals.clone()),
        (&event, principals),
        (&event, bodies::sync_collection("", None, &[GETETAG])),
    ] {
        client.report(path, "0", report).refused(403, Name(DAV, "supported-report"));
    }
}

/// RFC 4791 §5.2.2: each calendar has a zone for days and floating times, and a multiget may name objects of several.
#[test]
fn a_multiget_expands_floating_times_in_the_zone_of_each_calendar() {
    let client = shared().account();
    let calendars = [("bogota", "America/Bogota"), ("tokyo", "Asia/Tokyo")].map(|(name, zone)| {
        let calendar = client.make_calendar(name);
        let zone = Name(CALDAV, "calendar-timezone-id").with(zone);
        client.proppatch(&calendar, bodies::set(&[zone])).expect(207);
        let day = samples::event("day", "DTSTART;VALUE=DATE:20260714");
        client.put(&format!("{calendar}day.ics"), &day).expect(201);
        calendar
    });
    let paths = calendars.map(|calendar| format!("{calendar}day.ics"));
    let given = |start: &str, end: &str| {
        let expand = format!(r#"<C:calendar-data><C:expand start="{start}" end="{end}"/></C:calendar-data>"#);
        let hrefs: String = paths.iter().map(|href| format!("<D:href>{href}</D:href>")).collect();
        let body = format!(
            r#"<C:calendar-multiget xmlns:D="DAV:" xmlns:C="{CALDAV}"><D:prop>{expand}</D:prop>{hrefs}</C:calendar-multiget>"#
        );
        let answer = client.report(&client.calendars("bogota/"), "0", body).multistatus();
        [0, 1].map(|number: usize| answer.of(&paths[number]).text(CALENDAR_DATA).contains("BEGIN:VEVENT"))
    };
    // 14 July is over in Tokyo at 15:00 UTC, and in Bogotá at 5:00 UTC of the day after.
    assert_eq!(given("20260714T160000Z", "20260714T170000Z"), [true, false]);
    assert_eq!(given("20260713T160000Z", "20260713T170000Z"), [false, true]);
}

/// Where a character is divided: between two octets of its own.
fn folded_inside(text: &str, character: &str) -> Vec<u8> {
    let at = text.find(character).map_or(0, |at| at + 1);
    [&text.as_bytes()[..at], b"\r\n ", &text.as_bytes()[at..]].concat()
}

/// RFC 5545 §3.1: simple programs fold in the middle of a character. XML cannot hold its halves, and whoever reads
/// reports, as nearly all clients do, would write back what it was given.
#[test]
fn a_character_that_is_folded_in_two_is_whole_in_reports() {
    let client = shared().account();
    let event = folded_inside(&samples::event("a", "DTSTART:20260314T120000Z\nSUMMARY:Zo\u{eb}"), "\u{eb}");
    let path = client.calendars("personal/a.ics");
    client.request("PUT", &path).header("content-type", "text/calendar").body(event.clone()).send().expect(201).etag();
    assert_eq!(client.get(&path).expect(200).body(), event);
    let multiget = bodies::calendar_multiget(&[CALENDAR_DATA], std::slice::from_ref(&path));
    let told = client.report(&client.calendars("personal/"), "0", multiget).multistatus();
    assert!(told.only().text(CALENDAR_DATA).contains("SUMMARY:Zo\u{eb}\r\n"));

    let card = folded_inside(&samples::card("a", "Zo\u{eb}", "zoe@example.org"), "\u{eb}");
    let path = client.addressbooks("contacts/a.vcf");
    client.request("PUT", &path).header("content-type", "text/vcard").body(card.clone()).send().expect(201);
    assert_eq!(client.get(&path).expect(200).body(), card);
    let multiget = bodies::addressbook_multiget(&[ADDRESS_DATA], std::slice::from_ref(&path));
    let told = client.report(&client.addressbooks("contacts/"), "0", multiget).multistatus();
    assert!(told.only().text(ADDRESS_DATA).contains("Zo\u{eb}\r\n"));
}

/// RFC 5545 §3.1.4: what clients are told to be UTF-8 is that. As it is not what was sent, its entity tag is not told
/// (RFC 4791 §5.3.4).
#[test]
fn an_event_in_latin_1_is_stored_in_utf_8() {
    let client = shared().account();
    let event = samples::event("a", "DTSTART:20260314T120000Z\nSUMMARY:Zo\u{eb}");
    let latin_1: Vec<u8> = event.chars().map(|character| u8::try_from(character).unwrap()).collect();
    let path = client.calendars("personal/a.ics");
    let put = client.request("PUT", &path).header("content-type", "text/calendar; charset=iso-8859-1").body(latin_1);
    assert_eq!(put.send().expect(201).header("etag"), None);
    let got = client.get(&path).expect(200);
    assert_eq!((got.text(), got.header("content-type")), (event.as_str(), Some("text/calendar; charset=utf-8")));
}
