//! Principals (RFC 3744 §4, §9, RFC 5397), DAV:expand-property (RFC 3253 §3.8) and CalendarServer's proxies.

use kalends_tests::names::*;
use kalends_tests::{Client, Element, Multistatus, bodies, samples, shared};
use serde_json::json;

const EMAILS: Name = Name(CALENDARSERVER, "email-address-set");
const PROXY_READ: Name = Name(CALENDARSERVER, "calendar-proxy-read-for");
const PROXY_WRITE: Name = Name(CALENDARSERVER, "calendar-proxy-write-for");
const MEMBERS: Name = Name(DAV, "group-member-set");
const MEMBERSHIP: Name = Name(DAV, "group-membership");
const RESPONSE: Name = Name(DAV, "response");

fn path(client: &Client) -> String {
    format!("/dav/principals/{}/", client.name())
}

/// An account with a name to show and an address that no other test uses.
fn person(display_name: &str, email: &str) -> Client {
    let client = shared().account();
    let patch = json!({ "display_name": display_name, "emails": [email] }).to_string();
    let account = format!("/api/accounts/{}", client.name());
    let administrator = shared().administrator();
    administrator.request("PATCH", &account).header("content-type", "application/json").body(patch).send().expect(200);
    client
}

/// Lets somebody read a collection.
#[track_caller]
fn share(owner: &Client, collection: &str, sharee: &Client) {
    let aces = bodies::grant(sharee.name(), "read");
    owner.request("ACL", collection).xml(aces).send().expect(200);
}

#[track_caller]
fn report(client: &Client, path: &str, body: &str) -> Multistatus {
    client.report(path, "0", body.to_owned()).multistatus()
}

fn search(searches: &[(Name, &str)], attributes: &str) -> String {
    let searches: String = searches
        .iter()
        .map(|(name, text)| {
            format!("<D:property-search><D:prop>{}</D:prop><D:match>{text}</D:match></D:property-search>", name.empty())
        })
        .collect();
    format!(
        r#"<D:principal-property-search xmlns:D="DAV:"{attributes}>{searches}<D:prop><D:displayname/>{}</D:prop><D:apply-to-principal-collection-set/></D:principal-property-search>"#,
        EMAILS.empty()
    )
}

#[test]
fn a_principal_tells_who_it_is() {
    let client = person("Ada Lovelace", "ada@example.org");
    let asked = [
        RESOURCETYPE,
        DISPLAYNAME,
        PRINCIPAL_URL,
        Name(DAV, "alternate-URI-set"),
        MEMBERS,
        MEMBERSHIP,
        EMAILS,
        CALENDAR_USER_ADDRESS_SET,
        Name(CALDAV, "calendar-user-type"),
        PROXY_READ,
        PROXY_WRITE,
        CURRENT_USER_PRINCIPAL,
        Name(DAV, "principal-collection-set"),
    ];
    let found = client.propfind(&path(&client), "0", &asked);
    let principal = found.only();
    assert!(asked.iter().all(|name| principal.status_of(*name) == Some(200)), "{principal:?}");
    assert!(principal.is_a(PRINCIPAL));
    assert_eq!(principal.text(DISPLAYNAME), "Ada Lovelace");
    assert_eq!(principal.href_in(PRINCIPAL_URL), path(&client));
    assert_eq!(principal.href_in(CURRENT_USER_PRINCIPAL), path(&client));
    assert_eq!(principal.href_in(Name(DAV, "alternate-URI-set")), "mailto:ada@example.org");
    assert_eq!(principal.href_in(Name(DAV, "principal-collection-set")), "/dav/principals/");
    assert_eq!(principal.text(Name(CALDAV, "calendar-user-type")), "INDIVIDUAL");
    let addresses: Vec<&str> = principal.prop(CALENDAR_USER_ADDRESS_SET).all(HREF).map(Element::text).collect();
    assert_eq!(addresses, ["mailto:ada@example.org", &path(&client)]);
    assert!(principal.prop(PROXY_WRITE).children().is_empty(), "nobody acts for anybody");
}

/// RFC 3744 §9.4.
#[test]
fn people_are_found_by_name_and_by_address() {
    let asker = shared().account();
    let grace = person("Grace Brewster Hopper", "grace.hopper@navy.example");
    let found = |searches: &[(Name, &str)], attributes: &str| {
        let answer = report(&asker, "/dav/principals/", &search(searches, attributes));
        answer.responses.into_iter().map(|response| response.href).collect::<Vec<_>>()
    };
    let hopper = vec![path(&grace)];
    assert_eq!(found(&[(DISPLAYNAME, "brewster hop")], ""), hopper, "a part, letter case aside");
    assert_eq!(found(&[(EMAILS, "grace.hopper@navy")], ""), hopper);
    assert_eq!(found(&[(CALENDAR_USER_ADDRESS_SET, "mailto:grace.hopper@navy.example")], ""), hopper);
    let both = [(DISPLAYNAME, "Hopper"), (EMAILS, "navy.example")];
    assert_eq!(found(&both, ""), hopper);
    let one = [(DISPLAYNAME, "nobody has such a name"), (EMAILS, "navy.example")];
    assert!(found(&one, "").is_empty(), "all have to match (RFC 3744 §9.4)");
    assert_eq!(found(&one, r#" test="anyof""#), hopper);
    assert!(found(&[(DISPLAYNAME, "100%_")], "").is_empty(), "nothing in the text is a wildcard");
    let answer = report(&asker, "/dav/principals/", &search(&[(DISPLAYNAME, "Brewster")], ""));
    assert_eq!(answer.only().text(DISPLAYNAME), "Grace Brewster Hopper");
    assert_eq!(answer.only().prop(EMAILS).children().len(), 1);
}

#[test]
fn searches_that_cannot_be() {
    let client = shared().account();
    for body in [r#"<D:principal-property-search xmlns:D="DAV:"/>"#.to_owned(), search(&[(DISPLAYNAME, "")], "")] {
        client.report("/dav/principals/", "0", body).expect(400);
    }
    client.report("/dav/principals/", "1", search(&[(DISPLAYNAME, "x")], "")).expect(400);
    // A property that cannot be searched matches nobody.
    assert!(report(&client, "/dav/principals/", &search(&[(UNKNOWN, "x")], "")).responses.is_empty());
}

/// RFC 3744 §9.5.
#[test]
fn what_can_be_searched_is_told() {
    let client = shared().account();
    let body = r#"<D:principal-search-property-set xmlns:D="DAV:"/>"#.to_owned();
    let answer = client.report("/dav/principals/", "0", body).expect(200);
    let set = answer.xml();
    assert!(set.is(Name(DAV, "principal-search-property-set")));
    let searchable: Vec<&Element> = set.all(Name(DAV, "principal-search-property")).collect();
    for name in [DISPLAYNAME, EMAILS, CALENDAR_USER_ADDRESS_SET] {
        let found = searchable.iter().find(|property| property.contains(name)).expect("it is there");
        assert!(found.child(Name(DAV, "description")).is_some_and(|description| !description.text().is_empty()));
    }
}

/// RFC 3744 §9.3.
#[test]
fn principal_match_finds_oneself() {
    let client = shared().account();
    let own = r#"<D:principal-match xmlns:D="DAV:"><D:self/><D:prop><D:displayname/></D:prop></D:principal-match>"#;
    for start in ["/dav/principals/", "/dav/"] {
        assert_eq!(report(&client, start, own).hrefs(), [path(&client)]);
    }
    let other = shared().account();
    assert!(report(&client, &path(&other), own).responses.is_empty());
    for (property, found) in [("owner", vec![path(&client)]), ("group-member-set", vec![]), ("no-such-thing", vec![])] {
        let body = own.replace("<D:self/>", &format!("<D:principal-property><D:{property}/></D:principal-property>"));
        assert_eq!(report(&client, "/dav/principals/", &body).hrefs(), found, "{property}");
    }
    let elsewhere = client.report(&client.calendars("personal/"), "0", own.to_owned());
    elsewhere.refused(403, Name(DAV, "supported-report"));
    let body = r#"<D:principal-match xmlns:D="DAV:"/>"#.to_owned();
    client.report("/dav/principals/", "0", body).expect(400);
}

/// RFC 3253 §3.8.
#[test]
fn expand_property_follows_hrefs() {
    let client = shared().account();
    let body = format!(
        r#"<D:expand-property xmlns:D="DAV:">
            <D:property name="current-user-principal"><D:property name="displayname"/>
                <D:property name="calendar-home-set" namespace="{CALDAV}"><D:property name="owner"/><D:property name="resourcetype"/></D:property>
                <D:property name="no-server-has-this" namespace="{CALENDARSERVER}"/></D:property>
            <D:property name="resourcetype"/><D:property name="getetag"/></D:expand-property>"#
    );
    let found = report(&client, &client.calendars("personal/"), &body);
    let calendar = found.only();
    assert!(calendar.is_a(CALENDAR));
    assert_eq!(calendar.status_of(GETETAG), Some(404));
    let principal = calendar.prop(CURRENT_USER_PRINCIPAL).child(RESPONSE).expect("an expanded response");
    assert_eq!(principal.child(HREF).map(Element::text), Some(path(&client).as_str()));
    assert!(principal.contains(DISPLAYNAME) && principal.contains(UNKNOWN));
    let home = principal
        .children()
        .iter()
        .find_map(|propstat| propstat.child(Name(DAV, "prop"))?.child(CALENDAR_HOME_SET)?.child(RESPONSE));
    let home = home.expect("hrefs inside of what was expanded are expanded as well");
    assert_eq!(home.child(HREF).map(Element::text), Some(client.calendars("").as_str()));
    assert!(home.contains(COLLECTION));
}

/// RFC 3253 §3.8: an href is replaced wherever it stands in a property, and nothing else is.
#[test]
fn expand_property_keeps_what_is_around_an_href() {
    const ACL: Name = Name(DAV, "acl");
    const LINKS: Name = Name("urn:x", "links");
    let (alice, bob) = (shared().account(), person("Bob in a List", "bob.list@example.org"));
    let calendar = alice.make_calendar("team");
    share(&alice, &calendar, &bob);
    let links = format!(
        r#"<links xmlns="urn:x" kind="two"><x:a xmlns:x="urn:y" x:b="1 &amp; 2">see <D:href>{}</D:href>, <none xmlns=""/></x:a></links>"#,
        path(&bob)
    );
    alice.proppatch(&calendar, bodies::set(&[links])).multistatus();
    let body = r#"<D:expand-property xmlns:D="DAV:"><D:property name="acl"><D:property name="displayname"/></D:property>
        <D:property name="links" namespace="urn:x"><D:property name="displayname"/></D:property></D:expand-property>"#;
    let found = report(&alice, &calendar, body);
    let aces: Vec<&Element> = found.only().prop(ACL).all(Name(DAV, "ace")).collect();
    assert_eq!(aces.len(), 2);
    assert!(aces[0].contains(OWNER) && aces[0].contains(Name(DAV, "protected")));
    let principal = aces[1].child(PRINCIPAL).expect("a principal");
    let response = principal.child(RESPONSE).expect("an expanded response");
    assert!(principal.child(HREF).is_none());
    assert_eq!(response.child(HREF).map(Element::text), Some(path(&bob).as_str()));
    let name = response.child(Name(DAV, "propstat")).and_then(|propstat| propstat.child(Name(DAV, "prop")));
    assert_eq!(name.and_then(|prop| prop.child(DISPLAYNAME)).map(Element::text), Some("Bob in a List"));
    assert!(aces[1].child(Name(DAV, "grant")).is_some_and(|grant| grant.contains(Name(DAV, "read"))));
    let links = found.only().prop(LINKS);
    let a = links.child(Name("urn:y", "a")).expect("what was around the href");
    assert!(a.child(RESPONSE).is_some_and(|response| response.contains(DISPLAYNAME)));
    assert!(a.child(Name("", "none")).is_some());
    assert!(a.text().contains("see "), "{a:?}");
}

/// A property without the seconds that a lock has left, of which one may pass between two answers.
fn timeless(property: Option<&Element>) -> String {
    let text = format!("{property:?}");
    match text.split_once("Second-") {
        Some((before, after)) => format!("{before}{}", after.trim_start_matches(|digit: char| digit.is_ascii_digit())),
        None => text,
    }
}

/// What expand-property tells of a place is what PROPFIND tells of it.
#[test]
fn expand_property_tells_the_same_as_propfind() {
    let (alice, bob) = (shared().account(), shared().account());
    let calendar = alice.make_calendar("team");
    let event = format!("{calendar}a.ics");
    alice.put(&event, &samples::at_noon("a", "20260314")).expect(201);
    share(&alice, &calendar, &bob);
    alice.request("LOCK", &event).header("depth", "0").xml(bodies::LOCK).send().expect(200);
    let asked = [
        Name(DAV, "acl"),
        RESOURCETYPE,
        Name(DAV, "lockdiscovery"),
        Name(CALENDARSERVER, "invite"),
        Name(DAV, "invite"),
        Name(DAV, "share-access"),
    ];
    let names: String =
        asked.iter().map(|name| format!(r#"<D:property name="{}" namespace="{}"/>"#, name.1, name.0)).collect();
    let body = format!(r#"<D:expand-property xmlns:D="DAV:">{names}</D:expand-property>"#);
    for path in [&calendar, &event] {
        let (listed, expanded) = (alice.propfind(path, "0", &asked), report(&alice, path, &body));
        for name in asked {
            let (listed, expanded) = (listed.only().get(name), expanded.only().get(name));
            assert_eq!(timeless(listed), timeless(expanded), "{name} of {path}");
        }
    }
    let shared = report(&alice, &calendar, &body);
    assert!(shared.only().is_a(Name(CALENDARSERVER, "shared-owner")));
    let locked = report(&alice, &event, &body);
    assert!(locked.only().prop(Name(DAV, "lockdiscovery")).contains(Name(DAV, "activelock")));
}

/// The collection of notifications too, and of others' nothing.
#[test]
fn notifications_expand_for_their_owner() {
    let (client, other) = (shared().account(), shared().account());
    let body = r#"<D:expand-property xmlns:D="DAV:"><D:property name="resourcetype"/></D:expand-property>"#;
    let of = |owner: &Client| format!("/dav/notifications/{}/", owner.name());
    assert!(report(&client, &of(&client), body).only().is_a(Name(CALENDARSERVER, "notification")));
    for path in [of(&other), "/dav/notifications/nobody-of-that-name/".to_owned()] {
        client.report(&path, "0", body.to_owned()).expect(404);
    }
}

/// A name that no element can have is none, and no part of an answer.
#[test]
fn expand_property_takes_names_only() {
    let client = shared().account();
    for name in ["a/&gt;&lt;D:b", "a b", "a\u{d7}", "a:b", "1", "", "a b=&quot;c&quot;"] {
        let body = format!(r#"<D:expand-property xmlns:D="DAV:"><D:property name="{name}"/></D:expand-property>"#);
        client.report(&client.calendars("personal/"), "0", body).expect(400);
    }
}

#[test]
fn what_is_not_there_or_not_to_be_seen_expands_to_404() {
    let (client, other) = (shared().account(), shared().account());
    let body = r#"<D:expand-property xmlns:D="DAV:"><D:property name="displayname"/></D:expand-property>"#.to_owned();
    client.report(&other.calendars("personal/"), "0", body.clone()).expect(404);
    client.report("/dav/principals/nobody-of-that-name/", "0", body).expect(404);
}

/// RFC 3744 §9.2.
#[test]
fn the_principals_of_a_list() {
    let (alice, bob) = (shared().account(), person("Bob the Sharee", "bob.sharee@example.org"));
    let calendar = alice.make_calendar("team");
    share(&alice, &calendar, &bob);
    let body =
        r#"<D:acl-principal-prop-set xmlns:D="DAV:"><D:prop><D:displayname/></D:prop></D:acl-principal-prop-set>"#;
    let found = report(&alice, &calendar, body);
    assert_eq!(found.responses.len(), 2);
    assert_eq!(found.of(&path(&bob)).text(DISPLAYNAME), "Bob the Sharee");
    found.of(&path(&alice)).prop(DISPLAYNAME);
    bob.report(&calendar, "0", body.to_owned()).refused(403, Name(DAV, "need-privileges"));
}

#[test]
fn proxies_are_there_for_those_who_ask_and_are_nobody() {
    let client = shared().account();
    let children = client.propfind(&path(&client), "1", &[RESOURCETYPE, MEMBERS, DISPLAYNAME, PRINCIPAL_URL]);
    assert_eq!(children.responses.len(), 3);
    for (name, kind) in [("read", "calendar-proxy-read"), ("write", "calendar-proxy-write")] {
        let proxy = children.of(&format!("{}calendar-proxy-{name}/", path(&client)));
        assert!(proxy.is_a(PRINCIPAL) && proxy.is_a(Name(CALENDARSERVER, kind)));
        assert!(proxy.prop(MEMBERS).children().is_empty());
        assert_eq!(proxy.href_in(PRINCIPAL_URL), proxy.href);
        let set = bodies::set(&[format!(
            r#"<group-member-set xmlns="DAV:"><href>{}</href></group-member-set>"#,
            path(&client)
        )]);
        let status = client.proppatch(&proxy.href, set).status;
        assert!([207, 403, 405].contains(&status), "{status}");
        assert!(client.propfind(&proxy.href, "0", &[MEMBERS]).only().prop(MEMBERS).children().is_empty());
    }
}

#[test]
fn a_group_has_members_and_they_have_it() {
    let (alice, bob) = (shared().account(), shared().account());
    let administrator = shared().administrator();
    let call = |method: &str, path: &str, body: serde_json::Value| {
        let request = administrator.request(method, path).header("content-type", "application/json");
        request.body(body.to_string()).send().expect_any(&[200, 201, 204])
    };
    let name = format!("team-of-{}", alice.name());
    call("POST", "/api/groups", json!({ "name": name, "display_name": "Team" }));
    call("PUT", &format!("/api/groups/{name}/members/{}", alice.name()), json!({}));
    let group = format!("/dav/principals/{name}/");
    let found =
        bob.propfind(&group, "0", &[MEMBERS, DISPLAYNAME, Name(CALDAV, "calendar-user-type"), CALENDAR_HOME_SET]);
    assert_eq!(found.only().href_in(MEMBERS), path(&alice));
    assert_eq!(found.only().text(Name(CALDAV, "calendar-user-type")), "GROUP");
    assert_eq!(found.only().status_of(CALENDAR_HOME_SET), Some(404));
    assert_eq!(alice.propfind(&path(&alice), "0", &[MEMBERSHIP]).only().href_in(MEMBERSHIP), group);
    assert!(bob.propfind(&path(&bob), "0", &[MEMBERSHIP]).only().prop(MEMBERSHIP).children().is_empty());
}

/// RFC 6352 §7.1.2: which card says who a user is.
#[test]
fn a_principal_has_the_address_that_its_user_gives_it() {
    const PRINCIPAL_ADDRESS: Name = Name(CARDDAV, "principal-address");
    let (ann, bob) = (shared().account(), shared().account());
    let principal = format!("/dav/principals/{}/", ann.name());
    let asked = |client: &Client| client.propfind(&principal, "0", &[PRINCIPAL_ADDRESS, DISPLAYNAME]);
    assert_eq!(asked(&ann).only().status_of(PRINCIPAL_ADDRESS), Some(404));
    let card = ann.addressbooks("contacts/me.vcf");
    let address = format!(r#"<principal-address xmlns="{CARDDAV}"><D:href>{card}</D:href></principal-address>"#);
    let set = ann.proppatch(&principal, bodies::set(std::slice::from_ref(&address))).multistatus();
    assert_eq!(set.only().status_of(PRINCIPAL_ADDRESS), Some(200));
    assert_eq!(asked(&ann).only().href_in(PRINCIPAL_ADDRESS), card);
    assert_eq!(asked(&bob).only().status_of(PRINCIPAL_ADDRESS), Some(404), "others are not told");
    bob.proppatch(&principal, bodies::set(std::slice::from_ref(&address))).refused(403, Name(DAV, "need-privileges"));
    for refused in [PRINCIPAL_ADDRESS.with("no href"), DISPLAYNAME.with("Ann"), UNKNOWN.with("x")] {
        let answer = ann.proppatch(&principal, bodies::set(&[refused, address.clone()])).multistatus();
        assert_eq!(answer.responses.len(), 1);
        assert_eq!(asked(&ann).only().href_in(PRINCIPAL_ADDRESS), card);
    }
    ann.proppatch(&principal, bodies::remove(&[PRINCIPAL_ADDRESS])).multistatus();
    assert_eq!(asked(&ann).only().status_of(PRINCIPAL_ADDRESS), Some(404));
}
