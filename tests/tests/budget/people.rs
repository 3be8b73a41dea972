//! Principals, and the reports that are about them.

use kalends_tests::names::*;
use kalends_tests::{Client, Request, bodies, shared};

use crate::{READ, Table, WRITE};

const MEMBERS: Name = Name(DAV, "group-member-set");
const MEMBERSHIP: Name = Name(DAV, "group-membership");
const ADDRESS: Name = Name(CARDDAV, "principal-address");

/// All that storage may have to be asked for of a principal.
const ALL: &str = r#"<D:prop xmlns:D="DAV:"><D:displayname/><D:group-member-set/><D:group-membership/><CR:principal-address xmlns:CR="urn:ietf:params:xml:ns:carddav"/></D:prop>"#;

/// Two groups, one in the other, with both in the inner one. Returns the name of the inner one.
fn groups(client: &Client, other: &Client) -> String {
    let administrator = shared().administrator();
    let [inner, outer] = ["inner", "outer"].map(|name| format!("{name}-{}", client.name()));
    for name in [&inner, &outer] {
        let body = format!(r#"{{"name": "{name}"}}"#);
        administrator
            .request("POST", "/api/groups")
            .header("content-type", "application/json")
            .body(body)
            .send()
            .expect(201);
    }
    for (group, member) in [(&inner, client.name()), (&inner, other.name()), (&outer, inner.as_str())] {
        administrator
            .request("PUT", &format!("/api/groups/{group}/members/{member}"))
            .send()
            .expect_any(&[200, 201, 204]);
    }
    inner
}

/// Asks about principals all that there is.
pub fn ask(table: &mut Table, client: &Client, other: &Client) {
    let group = groups(client, other);
    let path = |name: &str| format!("/dav/principals/{name}/");
    let own = path(client.name());
    let address = format!(
        r#"<principal-address xmlns="{CARDDAV}"><href xmlns="DAV:">{}</href></principal-address>"#,
        client.addressbooks("contacts/a.vcf")
    );
    table.line("PROPPATCH of one's principal", WRITE, client.request("PROPPATCH", &own).xml(bodies::set(&[address])));
    let propfind = |path: &str, depth: &str| {
        let asked = bodies::propfind(&[DISPLAYNAME, MEMBERS, MEMBERSHIP, ADDRESS]);
        client.request("PROPFIND", path).header("depth", depth).xml(asked)
    };
    let answer = table.line("PROPFIND of one's groups and address", READ, propfind(&own, "1"));
    let told = answer.multistatus();
    assert_eq!(told.of(&own).prop(MEMBERSHIP).children().len(), 2);
    assert!(told.of(&own).prop(ADDRESS).contains(HREF));
    let answer = table.line("PROPFIND of a group's members", READ + READ, propfind(&path(&group), "0"));
    assert_eq!(answer.multistatus().only().prop(MEMBERS).children().len(), 2);
    table.line(
        "PROPFIND of all properties' names",
        READ,
        client
            .request("PROPFIND", &own)
            .header("depth", "0")
            .xml(r#"<D:propfind xmlns:D="DAV:"><D:propname/></D:propfind>"#),
    );
    table.line(
        "PROPFIND of another's proxy",
        READ,
        propfind(&format!("{}calendar-proxy-read/", path(other.name())), "0"),
    );
    table.line("GET of a principal", READ, client.request("GET", &path(other.name())));
    reports(table, client, &own, &path(&group));
}

fn reports(table: &mut Table, client: &Client, own: &str, group: &str) {
    let report = |path: &str, body: String| client.request("REPORT", path).header("depth", "0").xml(body);
    let search = |test: &str, texts: &[&str]| -> Request<'_> {
        let searches: String = texts
            .iter()
            .map(|text| {
                format!(
                    "<D:property-search><D:prop><D:displayname/></D:prop><D:match>{text}</D:match></D:property-search>"
                )
            })
            .collect();
        report(
            "/dav/principals/",
            format!(
                r#"<D:principal-property-search xmlns:D="DAV:" test="{test}">{searches}{ALL}</D:principal-property-search>"#
            ),
        )
    };
    let answer = table.line("principal-property-search for one text", READ + READ, search("allof", &[client.name()]));
    assert!(answer.multistatus().of(own).prop(MEMBERSHIP).contains(HREF));
    table.line("principal-property-search for any of three", READ + READ, search("anyof", &["a", "b", client.name()]));
    let set = r#"<D:principal-search-property-set xmlns:D="DAV:"/>"#;
    table.line("principal-search-property-set", READ, report("/dav/principals/", set.to_owned()));
    let self_match = format!(r#"<D:principal-match xmlns:D="DAV:"><D:self/>{ALL}</D:principal-match>"#);
    table.line("principal-match", READ, report("/dav/principals/", self_match));
    let by_property = format!(
        r#"<D:principal-match xmlns:D="DAV:"><D:principal-property><D:group-member-set/></D:principal-property>{ALL}</D:principal-match>"#
    );
    table.line("principal-match by a property", READ, report("/dav/principals/", by_property));
    let list = format!(r#"<D:acl-principal-prop-set xmlns:D="DAV:">{ALL}</D:acl-principal-prop-set>"#);
    let answer = table.line("acl-principal-prop-set", READ + READ, report(&client.calendars("personal/"), list));
    assert!(answer.multistatus().of(own).prop(MEMBERSHIP).contains(HREF));
    expansions(table, client, own, group);
}

/// Properties inside properties: as macOS asks for them, and four deep through groups and homes.
fn expansions(table: &mut Table, client: &Client, own: &str, group: &str) {
    let expand = |path: &str, properties: &str| {
        let body = format!(r#"<D:expand-property xmlns:D="DAV:">{properties}</D:expand-property>"#);
        client.request("REPORT", path).header("depth", "0").xml(body)
    };
    let names = r#"<D:property name="displayname"/>"#;
    let flat = format!(r#"<D:property name="group-membership">{names}</D:property>"#);
    let told = table.line("expand-property of one's groups", READ, expand(own, &flat)).multistatus();
    assert_eq!(told.only().prop(MEMBERSHIP).children().len(), 2);
    assert!(told.only().prop(MEMBERSHIP).contains(DISPLAYNAME), "the groups are told of");
    let members = format!(r#"<D:property name="group-member-set">{flat}{names}</D:property>"#);
    let deep = format!(r#"<D:property name="group-membership">{members}{names}</D:property>{members}"#);
    let answer = table.line("expand-property four deep", READ + READ, expand(group, &deep));
    assert!(answer.multistatus().only().prop(MEMBERS).contains(HREF));
    let homes = r#"<D:property name="owner"><D:property name="calendar-home-set" namespace="urn:ietf:params:xml:ns:caldav"><D:property name="resourcetype"/></D:property></D:property>"#;
    let answer = table.line(
        "expand-property from a calendar to its home",
        READ + READ,
        expand(&client.calendars("personal/"), homes),
    );
    assert!(answer.text().contains("collection"), "{}", answer.text());
}
