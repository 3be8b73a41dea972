//! A server behind a proxy: published below a path, and under another name than it knows.

use kalends_tests::names::*;
use kalends_tests::{Server, bodies, empty_directory, samples};

/// Every path that the server gives out leads back to it through the proxy.
#[test]
fn every_path_begins_with_the_base() {
    let variables = [("KALENDS_BASE_PATH", "/some/where")];
    let server = Server::start_with(&empty_directory("base-path"), &variables);
    let client = server.named("alice");
    for path in ["/.well-known/caldav", "/some/where/.well-known/carddav"] {
        let answer = server.anonymous().get(path).expect_any(&[301, 307, 308]);
        assert!(answer.required_header("location").ends_with("/some/where/dav/"));
    }
    let found = client.propfind("/some/where/dav/", "0", &[CURRENT_USER_PRINCIPAL]);
    assert_eq!(found.only().href, "/some/where/dav/");
    let principal = found.only().href_in(CURRENT_USER_PRINCIPAL).to_owned();
    assert_eq!(principal, "/some/where/dav/principals/alice/");
    let found = client.propfind(&principal, "0", &[CALENDAR_HOME_SET, ADDRESSBOOK_HOME_SET]);
    let home = found.only().href_in(CALENDAR_HOME_SET).to_owned();
    assert!(found.only().href_in(ADDRESSBOOK_HOME_SET).starts_with("/some/where/dav/"));
    let hrefs = client.propfind(&home, "1", &[RESOURCETYPE]);
    assert!(hrefs.hrefs().iter().all(|href| href.starts_with(&home)), "{:?}", hrefs.hrefs());

    let (event, copy) = (format!("{home}personal/a.ics"), format!("{home}personal/b.ics"));
    client.put(&event, &samples::at_noon("a", "20260314")).expect(201);
    let calendar = format!("{home}personal/");
    let multiget = bodies::calendar_multiget(&[CALENDAR_DATA], std::slice::from_ref(&event));
    client.report(&calendar, "1", multiget).multistatus().of(&event).prop(CALENDAR_DATA);
    let moved =
        client.request("MOVE", &event).header("destination", &format!("{}{copy}", server.url())).send().expect(201);
    assert!(moved.required_header("location").ends_with(&copy));
    client.get(&copy).expect(200);
    for outside in ["/dav/", "/dav/calendars/alice/personal/b.ics", "/some/", "/some/wherever/dav/"] {
        client.get(outside).expect(404);
    }
}

/// A proxy that ends TLS tells by which name and scheme the client came. It is believed only where that was set.
#[test]
fn what_a_proxy_tells_counts_where_it_is_trusted() {
    for (trusted, status) in [("true", 201), ("false", 502)] {
        let directory = empty_directory(&format!("forwarded-{trusted}"));
        let server = Server::start_with(&directory, &[("KALENDS_TRUST_FORWARDED", trusted)]);
        let client = server.named("alice");
        let (event, moved) = (client.calendars("personal/a.ics"), client.calendars("personal/b.ics"));
        client.put(&event, &samples::at_noon("a", "20260314")).expect(201);
        let request = client.request("MOVE", &event).header("destination", &format!("https://dav.example.org{moved}"));
        let request = request.header("x-forwarded-host", "dav.example.org").header("x-forwarded-proto", "https");
        request.send().expect(status);
    }
}
