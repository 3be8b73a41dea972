//! How a client finds its way from a host name to the objects, as iOS, macOS, DAVx5 and Thunderbird go it.

use kalends_tests::names::*;
use kalends_tests::{Client, Multistatus, bodies, samples, shared};

/// From an address to the principal, the home, a calendar and its objects, each step told by the one before.
fn walk(client: &Client, start: &str) -> Multistatus {
    let found = client.propfind(start, "0", &[CURRENT_USER_PRINCIPAL, PRINCIPAL_URL, RESOURCETYPE]);
    let root = found.only();
    assert_eq!(root.href, start, "a response is about the path that was asked");
    let principal = root.href_in(CURRENT_USER_PRINCIPAL);
    assert_eq!(root.href_in(PRINCIPAL_URL), principal, "iOS compares the two");
    assert!(principal.ends_with('/'), "macOS needs the slash at the end of {principal}");

    let found = client.propfind(
        principal,
        "0",
        &[CALENDAR_HOME_SET, ADDRESSBOOK_HOME_SET, PRINCIPAL_URL, RESOURCETYPE, DISPLAYNAME],
    );
    assert!(found.only().is_a(PRINCIPAL));
    assert_eq!(found.only().href_in(PRINCIPAL_URL), principal);
    let (calendars, addressbooks) =
        (found.only().href_in(CALENDAR_HOME_SET), found.only().href_in(ADDRESSBOOK_HOME_SET));

    let books = client.propfind(addressbooks, "1", &[RESOURCETYPE, GETCTAG, SYNC_TOKEN]);
    assert!(books.responses.iter().any(|response| response.is_a(ADDRESSBOOK)), "no address book in {addressbooks}");

    client.propfind(calendars, "1", &[RESOURCETYPE, GETCTAG, SYNC_TOKEN, SUPPORTED_CALENDAR_COMPONENT_SET, DISPLAYNAME])
}

#[test]
fn the_walk_from_the_bare_host_name_to_the_objects() {
    let client = shared().account();
    for start in ["/", "/dav/"] {
        let home = walk(&client, start);
        let calendar = home.of(&client.calendars("personal/"));
        assert!(calendar.is_a(CALENDAR) && calendar.is_a(COLLECTION));
        assert!(!calendar.text(GETCTAG).is_empty());
        let token = calendar.text(SYNC_TOKEN);
        assert!(token.contains(':'), "RFC 6578 §4 wants a URI, Evolution too: {token}");

        let name = format!("a{}.ics", start.len());
        let path = client.calendars(&format!("personal/{name}"));
        let stored = client.put(&path, &samples::at_noon(&name, "20260314")).expect(201).etag();
        let objects = client.propfind(&calendar.href, "1", &[GETETAG, GETCONTENTTYPE]);
        assert_eq!(objects.of(&path).text(GETETAG), stored);
        assert!(objects.of(&path).text(GETCONTENTTYPE).starts_with("text/calendar"));
        assert_eq!(objects.of(&calendar.href).status_of(GETETAG), Some(404), "the collection is answered for as well");
    }
}

#[test]
fn the_well_known_addresses_redirect_with_credentials_and_without() {
    let client = shared().account();
    let anonymous = shared().anonymous();
    for (service, home) in [("caldav", CALENDAR_HOME_SET), ("carddav", ADDRESSBOOK_HOME_SET)] {
        let path = format!("/.well-known/{service}");
        for method in ["GET", "PROPFIND", "OPTIONS"] {
            for asker in [&client, &anonymous] {
                let answer = asker.request(method, &path).send();
                assert!([301, 307, 308].contains(&answer.status), "{method} {path}: {}", answer.status);
            }
        }
        let location = client.get(&path).required_header("location").to_owned();
        let path = path_of(&location);
        let principal =
            client.propfind(&path, "0", &[CURRENT_USER_PRINCIPAL]).only().href_in(CURRENT_USER_PRINCIPAL).to_owned();
        client.propfind(&principal, "0", &[home]).only().href_in(home);
    }
}

/// The path in a Location, which may be relative to the host.
fn path_of(location: &str) -> String {
    match location.split_once("://") {
        Some((_, rest)) => rest[rest.find('/').unwrap_or(rest.len())..].to_owned(),
        None => location.to_owned(),
    }
}

#[test]
fn options_needs_no_credentials_and_tells_what_the_server_can() {
    for path in ["/", "/dav/", "/dav/calendars/nobody/"] {
        let answer = shared().anonymous().request("OPTIONS", path).send().expect(200);
        let features = answer.list("dav");
        for feature in ["1", "3", "calendar-access", "addressbook", "extended-mkcol"] {
            assert!(features.iter().any(|given| given == feature), "{path}: {feature} is not in {features:?}");
        }
        let methods = answer.list("allow");
        for method in ["OPTIONS", "PROPFIND"] {
            assert!(methods.iter().any(|given| given == method), "{path}: {method} is not in {methods:?}");
        }
    }
    let client = shared().account();
    let methods = client.request("OPTIONS", &client.calendars("personal/")).send().expect(200).list("allow");
    for method in ["OPTIONS", "PROPFIND", "PROPPATCH", "REPORT", "DELETE"] {
        assert!(methods.iter().any(|given| given == method), "{method} is not in {methods:?}");
    }
}

#[test]
fn without_credentials_or_with_wrong_ones_a_challenge_comes() {
    let client = shared().account();
    let server = shared();
    for asker in
        [server.anonymous(), server.anonymous().basic(client.name(), "wrong"), server.anonymous().bearer("nonsense")]
    {
        let body = bodies::propfind(&[CURRENT_USER_PRINCIPAL]);
        let answer = asker.request("PROPFIND", &client.calendars("")).header("depth", "0").xml(body).send().expect(401);
        let challenges = answer.required_header("www-authenticate").to_owned();
        assert!(challenges.to_ascii_lowercase().contains("basic realm="), "{challenges}");
    }
    server.anonymous().get(&client.calendars("personal/")).expect(401);
    server.anonymous().put(&client.calendars("personal/x.ics"), &samples::at_noon("x", "20260101")).expect(401);
    client.get(&client.calendars("personal/x.ics")).expect(404);
}

#[test]
fn an_account_is_born_with_calendar_tasks_and_contacts() {
    let client = shared().account();
    let home =
        client.propfind(&client.calendars(""), "1", &[RESOURCETYPE, SUPPORTED_CALENDAR_COMPONENT_SET, DISPLAYNAME]);
    assert_eq!(home.sorted_hrefs(), [client.calendars(""), client.calendars("personal/"), client.calendars("tasks/")]);
    let components = |path: &str| -> Vec<String> {
        let set = home.of(&client.calendars(path)).prop(SUPPORTED_CALENDAR_COMPONENT_SET);
        set.children().iter().filter_map(|component| component.attribute("name")).map(str::to_owned).collect()
    };
    assert!(components("personal/").contains(&"VEVENT".to_owned()));
    assert_eq!(components("tasks/"), ["VTODO"], "Reminders shows a list that takes tasks and nothing else");
    let books = client.propfind(&client.addressbooks(""), "1", &[RESOURCETYPE]);
    assert!(books.of(&client.addressbooks("contacts/")).is_a(ADDRESSBOOK));
    assert!(!home.of(&client.calendars("personal/")).text(DISPLAYNAME).is_empty());
}

#[test]
fn accounts_of_the_command_line_can_sign_in() {
    for name in kalends_tests::NAMED {
        let client = shared().named(name);
        let principal =
            client.propfind("/", "0", &[CURRENT_USER_PRINCIPAL]).only().href_in(CURRENT_USER_PRINCIPAL).to_owned();
        assert!(principal.contains(name), "{principal}");
    }
}

/// One question in the dialects of several clients.
#[test]
fn prefixes_are_the_clients_own() {
    let client = shared().account();
    let questions = [
        r#"<propfind xmlns="DAV:"><prop><current-user-principal/><getctag xmlns="http://calendarserver.org/ns/"/><displayname/></prop></propfind>"#,
        r#"<ns0:propfind xmlns:ns0="DAV:" xmlns:ns1="http://calendarserver.org/ns/"><ns0:prop><ns0:current-user-principal/><ns1:getctag/><ns0:displayname/></ns0:prop></ns0:propfind>"#,
        r#"<?xml version="1.0" encoding="UTF-8"?><A:propfind xmlns:A="DAV:"><A:prop><B:getctag xmlns:B="http://calendarserver.org/ns/"/><A:displayname/><A:current-user-principal/></A:prop></A:propfind>"#,
        r#"<C:propfind xmlns:C="DAV:" xmlns:D="http://calendarserver.org/ns/"><!-- none of the usual letters --><C:prop><D:getctag/><C:displayname/><C:current-user-principal></C:current-user-principal></C:prop></C:propfind>"#,
    ];
    let path = client.calendars("personal/");
    let ask = |question: &str| {
        let found = client.request("PROPFIND", &path).header("depth", "0").xml(question).send().multistatus();
        [CURRENT_USER_PRINCIPAL, GETCTAG, DISPLAYNAME].map(|name| found.only().prop(name).clone())
    };
    let first = ask(questions[0]);
    assert!(!first[1].text().is_empty());
    for question in questions {
        assert_eq!(ask(question), first, "{question}");
    }
}

const APPLE_ASKS_PRINCIPALS: [Name; 14] = [
    CALENDAR_HOME_SET,
    CALENDAR_USER_ADDRESS_SET,
    CURRENT_USER_PRINCIPAL,
    DISPLAYNAME,
    Name(CALENDARSERVER, "dropbox-home-URL"),
    Name(CALENDARSERVER, "email-address-set"),
    Name(CALDAV, "max-attendees-per-instance"),
    Name(CALENDARSERVER, "notification-URL"),
    Name(DAV, "principal-collection-set"),
    PRINCIPAL_URL,
    Name(DAV, "resource-id"),
    Name(CALDAV, "schedule-inbox-URL"),
    Name(CALDAV, "schedule-outbox-URL"),
    SUPPORTED_REPORT_SET,
];

const APPLE_ASKS_HOMES: [Name; 36] = [
    Name(DAV, "add-member"),
    Name(CALENDARSERVER, "allowed-sharing-modes"),
    Name(APPLE, "autoprovisioned"),
    Name("http://me.com/_namespace/", "bulk-requests"),
    Name(CALDAV, "calendar-alarm"),
    CALENDAR_COLOR,
    Name(CALDAV, "calendar-description"),
    Name(CALDAV, "calendar-free-busy-set"),
    CALENDAR_ORDER,
    Name(CALDAV, "calendar-timezone"),
    CURRENT_USER_PRIVILEGE_SET,
    Name(CALDAV, "default-alarm-vevent-date"),
    Name(CALDAV, "default-alarm-vevent-datetime"),
    DISPLAYNAME,
    GETCTAG,
    Name(APPLE, "language-code"),
    Name(APPLE, "location-code"),
    Name(CALDAV, "max-attendees-per-instance"),
    OWNER,
    Name(CALENDARSERVER, "pre-publish-url"),
    Name(CALENDARSERVER, "publish-url"),
    Name(CALENDARSERVER, "push-transports"),
    Name(CALENDARSERVER, "pushkey"),
    Name(DAV, "quota-available-bytes"),
    Name(DAV, "quota-used-bytes"),
    Name(APPLE, "refreshrate"),
    Name(DAV, "resource-id"),
    RESOURCETYPE,
    Name(CALDAV, "schedule-calendar-transp"),
    Name(CALDAV, "schedule-default-calendar-URL"),
    Name(CALENDARSERVER, "source"),
    Name(CALENDARSERVER, "subscribed-strip-alarms"),
    SUPPORTED_CALENDAR_COMPONENT_SET,
    Name(CALDAV, "supported-calendar-component-sets"),
    SUPPORTED_REPORT_SET,
    SYNC_TOKEN,
];

/// A property that is silently left out makes iOS distrust the whole answer.
#[test]
fn every_property_that_was_asked_for_is_answered() {
    let client = shared().account();
    let principal =
        client.propfind("/", "0", &[CURRENT_USER_PRINCIPAL]).only().href_in(CURRENT_USER_PRINCIPAL).to_owned();
    let home = client.calendars("");
    client.put(&client.calendars("personal/a.ics"), &samples::at_noon("a", "20260314")).expect(201);
    let asked: [(&str, &str, &[Name]); 5] = [
        ("/", "0", &APPLE_ASKS_PRINCIPALS),
        (&principal, "0", &APPLE_ASKS_PRINCIPALS),
        (&home, "1", &APPLE_ASKS_HOMES),
        (&client.calendars("personal/"), "1", &APPLE_ASKS_HOMES),
        (&client.addressbooks(""), "1", &APPLE_ASKS_HOMES),
    ];
    for (path, depth, properties) in asked {
        let mut properties = properties.to_vec();
        properties.push(UNKNOWN);
        for response in client.propfind(path, depth, &properties).responses {
            for property in &properties {
                let status = response.status_of(*property);
                assert!(matches!(status, Some(200 | 404)), "{property} of {} is answered {status:?}", response.href);
            }
            assert_eq!(response.status_of(UNKNOWN), Some(404));
        }
    }
}

/// What clients conclude read-only calendars from when it is missing.
#[test]
fn the_owner_may_write_and_is_the_owner() {
    let client = shared().account();
    let principal =
        client.propfind("/", "0", &[CURRENT_USER_PRINCIPAL]).only().href_in(CURRENT_USER_PRINCIPAL).to_owned();
    let found = client.propfind(
        &client.calendars("personal/"),
        "0",
        &[OWNER, CURRENT_USER_PRIVILEGE_SET, SUPPORTED_REPORT_SET],
    );
    let calendar = found.only();
    assert_eq!(calendar.href_in(OWNER), principal);
    for privilege in ["read", "write", "write-content", "bind", "unbind"] {
        assert!(calendar.prop(CURRENT_USER_PRIVILEGE_SET).contains(Name(DAV, privilege)), "no {privilege}");
    }
    for report in [Name(CALDAV, "calendar-multiget"), Name(CALDAV, "calendar-query"), Name(DAV, "sync-collection")] {
        assert!(calendar.prop(SUPPORTED_REPORT_SET).contains(report), "no {report}");
    }
}

#[test]
fn allprop_propname_and_an_empty_body() {
    let client = shared().account();
    let path = client.calendars("personal/");
    let ask = |body: &str| client.request("PROPFIND", &path).header("depth", "0").xml(body).send().multistatus();
    let everything = ask(r#"<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>"#);
    let included = ask(r#"<D:propfind xmlns:D="DAV:"><D:allprop/><D:include><D:sync-token/></D:include></D:propfind>"#);
    let nothing_said = client.request("PROPFIND", &path).header("depth", "0").send().multistatus();
    for found in [&everything, &included, &nothing_said] {
        assert!(found.only().is_a(CALENDAR));
        found.only().prop(DISPLAYNAME);
    }
    assert!(!included.only().text(SYNC_TOKEN).is_empty());
    let names = ask(r#"<D:propfind xmlns:D="DAV:"><D:propname/></D:propfind>"#);
    for name in [DISPLAYNAME, RESOURCETYPE, SYNC_TOKEN, GETCTAG] {
        assert!(
            names.only().prop(name).children().is_empty() && names.only().text(name).is_empty(),
            "propname gives names only"
        );
    }
}

#[test]
fn a_minimal_answer_leaves_out_what_is_missing() {
    let client = shared().account();
    for (field, value) in [("prefer", "return=minimal"), ("brief", "t")] {
        let request = client.request("PROPFIND", &client.calendars("")).header("depth", "1").header(field, value);
        let found = request.xml(bodies::propfind(&[RESOURCETYPE, UNKNOWN])).send().multistatus();
        let calendar = found.of(&client.calendars("personal/"));
        assert!(calendar.is_a(CALENDAR));
        assert_eq!(calendar.status_of(UNKNOWN), None, "{field}: {value} (RFC 8144 §2.1)");
    }
}
