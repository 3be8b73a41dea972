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

/// Whatever is said to be there is there: every report that a resource lists is understood.
#[test]
fn what_is_listed_is_answered() {
    let client = shared().account();
    let event = client.calendars("personal/a.ics");
    client.put(&event, &samples::at_noon("a", "20260314")).expect(201);
    let principal = format!("/dav/principals/{}/", client.name());
    let paths =
        ["/", "/dav/", "/dav/principals/", &principal, &client.calendars(""), &client.calendars("personal/"), &event];
    for path in paths {
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
