//! The preconditions of CardDAV, one by one (RFC 6352 §6.3.1.1, §6.3.2.1, §8.6, §8.7), and the property that clients
//! may set (§6.2.1).

use kalends_tests::names::*;
use kalends_tests::{Client, Server, bodies, empty_directory, samples, shared};

const DESCRIPTION: Name = Name(CARDDAV, "addressbook-description");

fn card(client: &Client, name: &str, uid: &str) -> String {
    let path = client.addressbooks(name);
    client.put_card(&path, &samples::card(uid, "Ann", "ann@example.org")).expect(201);
    path
}

#[track_caller]
fn query(client: &Client, body: &str) -> kalends_tests::Answer {
    let report = format!(r#"<C:addressbook-query xmlns:D="DAV:" xmlns:C="{CARDDAV}">{body}</C:addressbook-query>"#);
    client.report(&client.addressbooks("contacts/"), "1", report)
}

#[test]
fn an_address_book_is_made_in_the_home_only() {
    let client = shared().account();
    let elsewhere = Name(CARDDAV, "addressbook-collection-location-ok");
    let mkcol = |path: &str| client.request("MKCOL", path).xml(bodies::mkcol_addressbook("Inner")).send();
    mkcol(&client.addressbooks("contacts/inner/")).refused(403, elsewhere);
    mkcol(&client.addressbooks("outer/")).expect(201);
    let destination = client.addressbooks("contacts/outer/");
    for method in ["COPY", "MOVE"] {
        let request = client.request(method, &client.addressbooks("outer/")).header("destination", &destination);
        request.send().refused(403, elsewhere);
    }
    assert!(mkcol(&client.addressbooks("outer/")).status >= 400, "something is there");
    assert!(mkcol(&client.calendars("book/")).status >= 400, "no address book among calendars");
}

#[test]
fn its_description_is_the_clients() {
    let client = shared().account();
    let book = client.addressbooks("contacts/");
    client.proppatch(&book, bodies::set(&[DESCRIPTION.with("Friends & family")])).multistatus();
    assert_eq!(client.propfind(&book, "0", &[DESCRIPTION]).only().text(DESCRIPTION), "Friends & family");
}

#[test]
fn a_uid_is_once_in_an_address_book_however_a_card_comes_there() {
    let client = shared().account();
    let first = card(&client, "contacts/a.vcf", "same");
    client
        .request("MKCOL", &client.addressbooks("others/"))
        .xml(bodies::mkcol_addressbook("Others"))
        .send()
        .expect(201);
    let other = card(&client, "others/b.vcf", "same");
    for method in ["COPY", "MOVE"] {
        let request = client.request(method, &other).header("destination", &client.addressbooks("contacts/c.vcf"));
        let conflict = request.send().refused(403, Name(CARDDAV, "no-uid-conflict"));
        assert_eq!(conflict.child(HREF).map(|href| href.text()), Some(first.as_str()));
    }
    let renamed = samples::card("different", "Ann", "ann@example.org");
    client.put_card(&first, &renamed).refused(403, Name(CARDDAV, "no-uid-conflict"));
    assert!(client.get(&first).expect(200).text().contains("UID:same"));
}

#[test]
fn a_form_that_is_not_spoken_is_refused() {
    let client = shared().account();
    let path = card(&client, "contacts/a.vcf", "a");
    let unsupported = Name(CARDDAV, "supported-address-data");
    for (content_type, body) in [("text/plain", "Ann"), ("application/json", "{}"), ("image/png", "x")] {
        let request = client.request("PUT", &path).header("content-type", content_type).body(body);
        request.send().refused(415, unsupported);
    }
    for attributes in [r#"content-type="text/plain""#, r#"content-type="text/vcard" version="2.1""#, r#"version="5.0""#]
    {
        let prop = format!("<D:prop><C:address-data {attributes}/></D:prop>");
        query(&client, &format!("{prop}<C:filter/>")).refused(403, unsupported);
        let multiget = format!(
            r#"<C:addressbook-multiget xmlns:D="DAV:" xmlns:C="{CARDDAV}">{prop}<D:href>{path}</D:href></C:addressbook-multiget>"#
        );
        client.report(&client.addressbooks("contacts/"), "1", multiget).refused(403, unsupported);
    }
}

#[test]
fn filters_that_cannot_be_are_refused() {
    let client = shared().account();
    card(&client, "contacts/a.vcf", "a");
    let filter = |filter: &str| query(&client, &format!("<D:prop><D:getetag/></D:prop><C:filter>{filter}</C:filter>"));
    let not_supported = Name(CARDDAV, "supported-filter");
    filter("<C:prop-filter/>").refused(403, not_supported);
    filter(r#"<C:prop-filter name="FN"><C:param-filter/></C:prop-filter>"#).refused(403, not_supported);
    filter(&r#"<C:prop-filter name="FN"/>"#.repeat(1001)).refused(403, not_supported);
    let texts = "<C:text-match>x</C:text-match>".repeat(1000);
    filter(&format!(r#"<C:prop-filter name="FN">{texts}</C:prop-filter>"#)).refused(403, not_supported);
    let collation = r#"<C:prop-filter name="FN"><C:text-match collation="i;klingon">x</C:text-match></C:prop-filter>"#;
    filter(collation).refused(403, Name(CARDDAV, "supported-collation"));
    filter(r#"<C:prop-filter name="FN"><C:text-match match-type="sounds-like">x</C:text-match></C:prop-filter>"#)
        .expect(400);
    assert_eq!(
        filter(r#"<C:prop-filter name="X-NONE"/>"#).multistatus().responses.len(),
        0,
        "any name can be asked for"
    );
}

/// RFC 6352 §8.6.1, §8.6.2: a limit of results, and what is said where it cuts.
#[test]
fn a_limit_that_cuts_is_told_with_507() {
    let client = shared().account();
    for number in 0..5 {
        card(&client, &format!("contacts/{number}.vcf"), &format!("u{number}"));
    }
    let limited = |limit: &str| {
        let limit = format!("<C:limit><C:nresults>{limit}</C:nresults></C:limit>");
        query(&client, &format!("<D:prop><D:getetag/></D:prop><C:filter/>{limit}"))
    };
    let book = client.addressbooks("contacts/");
    let cut = limited("3").multistatus();
    assert_eq!((cut.responses.len(), cut.of(&book).status), (4, Some(507)));
    let error = cut.of(&book).error.clone().expect("an error element");
    assert!(error.contains(Name(DAV, "number-of-matches-within-limits")));
    assert_eq!(limited("5").multistatus().responses.len(), 5);
    for limit in ["0", "-1", "many", ""] {
        limited(limit).expect(400);
    }
}

/// RFC 6352 §6.2.3: what is larger is refused, and the size is told before.
#[test]
fn a_card_that_is_too_large_is_refused() {
    let server = Server::start_with(&empty_directory("sizes"), &[("KALENDS_MAX_RESOURCE_SIZE", "5000")]);
    let client = server.account();
    let size = Name(CARDDAV, "max-resource-size");
    let book = client.addressbooks("contacts/");
    assert_eq!(client.propfind(&book, "0", &[size]).only().text(size), "5000");
    let path = client.addressbooks("contacts/a.vcf");
    let large = samples::card("a", &"Ann".repeat(2000), "ann@example.org");
    client.put_card(&path, &large).refused(413, size);
    client.put_card(&path, &samples::card("a", "Ann", "ann@example.org")).expect(201);
    client.put_card(&path, &large).refused(413, size);
}
