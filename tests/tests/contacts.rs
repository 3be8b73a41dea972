//! CardDAV (RFC 6352).

use kalends_tests::names::*;
use kalends_tests::{Client, bodies, samples, shared};

/// The names of the cards that a filter finds, sorted.
#[track_caller]
fn found(client: &Client, filter: &str) -> Vec<String> {
    let answer = client
        .report(&client.addressbooks("contacts/"), "1", bodies::addressbook_query(&[GETETAG], filter))
        .multistatus();
    let name = |href: &str| href.rsplit('/').next().unwrap_or_default().trim_end_matches(".vcf").to_owned();
    answer.sorted_hrefs().into_iter().map(name).collect()
}

#[test]
fn a_card_comes_back_octet_for_octet() {
    let client = shared().account();
    let path = client.addressbooks("contacts/zo%C3%AB.vcf");
    let card = samples::card("zoe", "Zo\u{eb} \u{1f41d}", "zoe@example.org");
    let etag = client.put_card(&path, &card).expect(201).etag();
    let answer = client.get(&path).expect(200);
    assert_eq!(answer.body(), card.as_bytes());
    assert_eq!(answer.etag(), etag);
    assert!(answer.required_header("content-type").starts_with("text/vcard"));
    let listed = client.propfind(&client.addressbooks("contacts/"), "1", &[GETETAG, GETCONTENTTYPE]);
    assert_eq!(listed.of(&path).text(GETETAG), etag);
    client.request("DELETE", &path).header("if-match", "\"other\"").send().expect(412);
    client.request("DELETE", &path).header("if-match", &etag).send().expect(204);
    client.get(&path).expect(404);
}

#[test]
fn vcard_4_and_other_names_of_the_type_are_taken() {
    let client = shared().account();
    let four =
        "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1\r\nFN:J. Doe\r\nEND:VCARD\r\n";
    for (number, media_type) in
        ["text/vcard", "text/vcard; version=4.0; charset=utf-8", "text/x-vcard", "text/directory"].iter().enumerate()
    {
        let path = client.addressbooks(&format!("contacts/{number}.vcf"));
        let body = four.replace("4fbe8971", &format!("4fbe897{number}"));
        client.request("PUT", &path).header("content-type", media_type).body(body).send().expect(201);
    }
}

#[test]
fn multiget_of_cards() {
    let client = shared().account();
    let book = client.addressbooks("contacts/");
    let hrefs = ["a.vcf", "gone.vcf", "b.vcf"].map(|name| format!("{book}{name}"));
    client.put_card(&hrefs[0], &samples::card("a", "A", "a@example.org")).expect(201);
    client.put_card(&hrefs[2], &samples::card("b", "B", "b@example.org")).expect(201);
    let answer =
        client.report(&book, "1", bodies::addressbook_multiget(&[GETETAG, ADDRESS_DATA], &hrefs)).multistatus();
    assert_eq!(answer.responses.len(), 3);
    assert_eq!(answer.of(&hrefs[1]).status, Some(404));
    assert!(answer.of(&hrefs[0]).text(ADDRESS_DATA).contains("a@example.org"));
    assert_eq!(answer.of(&hrefs[2]).text(GETETAG), client.get(&hrefs[2]).etag());
}

#[test]
fn a_query_for_text() {
    let client = shared().account();
    let put = |name: &str, card: &str| {
        client.put_card(&client.addressbooks(&format!("contacts/{name}.vcf")), card).expect(201)
    };
    put("ann", &samples::card("ann", "Ann Other", "Ann@Example.org"));
    put("bob", &samples::card("bob", "Bob \u{d6}ther", "bob@example.net"));
    put("nomail", "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:nomail\r\nFN:No Mail\r\nN:Mail;No;;;\r\nEND:VCARD\r\n");
    let text = |property: &str, attributes: &str, value: &str| {
        format!(r#"<C:prop-filter name="{property}"><C:text-match {attributes}>{value}</C:text-match></C:prop-filter>"#)
    };
    assert_eq!(found(&client, &text("EMAIL", "", "example.ORG")), ["ann"]);
    assert_eq!(found(&client, &text("EMAIL", r#"match-type="ends-with""#, ".net")), ["bob"]);
    assert_eq!(found(&client, &text("EMAIL", r#"match-type="equals""#, "example")), Vec::<String>::new());
    assert_eq!(found(&client, &text("EMAIL", r#"match-type="starts-with""#, "ann@")), ["ann"]);
    assert_eq!(found(&client, &text("EMAIL", r#"collation="i;octet""#, "Ann@")), ["ann"]);
    assert_eq!(found(&client, &text("EMAIL", r#"collation="i;octet""#, "ann@")), Vec::<String>::new());
    assert_eq!(found(&client, &text("FN", r#"collation="i;unicode-casemap""#, "\u{f6}THER")), ["bob"]);
    assert_eq!(found(&client, r#"<C:prop-filter name="EMAIL"><C:is-not-defined/></C:prop-filter>"#), ["nomail"]);
    assert_eq!(found(&client, &text("EMAIL", r#"negate-condition="yes""#, "example.org")), ["bob"]);
    assert_eq!(found(&client, ""), ["ann", "bob", "nomail"]);
}

/// RFC 6352 §10.5: `anyof` is what is meant where nothing is said.
#[test]
fn a_query_with_several_tests() {
    let client = shared().account();
    client
        .put_card(&client.addressbooks("contacts/ann.vcf"), &samples::card("ann", "Ann", "a@example.org"))
        .expect(201);
    client
        .put_card(&client.addressbooks("contacts/bob.vcf"), &samples::card("bob", "Bob", "b@example.org"))
        .expect(201);
    let query = |test: &str| {
        let filter = r#"<C:prop-filter name="FN"><C:text-match>ann</C:text-match></C:prop-filter><C:prop-filter name="EMAIL"><C:text-match>b@</C:text-match></C:prop-filter>"#;
        let body = bodies::addressbook_query(&[GETETAG], filter).replace("<C:filter>", &format!("<C:filter {test}>"));
        client.report(&client.addressbooks("contacts/"), "1", body).multistatus().responses.len()
    };
    assert_eq!(query(""), 2);
    assert_eq!(query(r#"test="anyof""#), 2);
    assert_eq!(query(r#"test="allof""#), 0);
}

#[test]
fn a_sync_of_cards() {
    let client = shared().account();
    let book = client.addressbooks("contacts/");
    let sync = |token: &str| client.report(&book, "0", bodies::sync_collection(token, None, &[GETETAG])).multistatus();
    let card = |name: &str| format!("{book}{name}.vcf");
    client.put_card(&card("a"), &samples::card("a", "A", "a@example.org")).expect(201);
    client.put_card(&card("b"), &samples::card("b", "B", "b@example.org")).expect(201);
    let first = sync("");
    assert_eq!(first.sorted_hrefs(), [card("a"), card("b")]);
    client.delete(&card("a")).expect(204);
    client.put_card(&card("b"), &samples::card("b", "Bea", "b@example.org")).expect(204);
    let second = sync(first.token());
    assert_eq!(second.sorted_hrefs(), [card("a"), card("b")]);
    assert_eq!(second.of(&card("a")).status, Some(404));
    assert_eq!(second.of(&card("b")).text(GETETAG), client.get(&card("b")).etag());
}

#[test]
fn address_books_are_made_by_extended_mkcol() {
    let client = shared().account();
    let path = client.addressbooks("colleagues/");
    client.request("MKCOL", &path).xml(bodies::mkcol_addressbook("Colleagues")).send().expect(201);
    let listed = client.propfind(&client.addressbooks(""), "1", &[RESOURCETYPE, DISPLAYNAME]);
    assert!(listed.of(&path).is_a(ADDRESSBOOK));
    assert_eq!(listed.of(&path).text(DISPLAYNAME), "Colleagues");
    client.put_card(&format!("{path}a.vcf"), &samples::card("a", "A", "a@example.org")).expect(201);
}

#[test]
fn what_is_no_card_is_refused() {
    let client = shared().account();
    let path = client.addressbooks("contacts/a.vcf");
    // Readers that look at names only would end the card there.
    let ended = samples::card("a", "A", "a@example.org").replace("END:VCARD", "END;X=1:VCARD\r\nEND:VCARD");
    for card in ["", "hello", "BEGIN:VCARD\r\nVERSION:3.0\r\n", &samples::at_noon("a", "20260314"), &ended] {
        client.put_card(&path, card).refused(403, Name(CARDDAV, "valid-address-data"));
    }
    client.get(&path).expect(404);
    client.put_card(&path, &samples::card("same", "A", "a@example.org")).expect(201);
    let again = client.put_card(&client.addressbooks("contacts/b.vcf"), &samples::card("same", "B", "b@example.org"));
    let conflict = again.refused(403, Name(CARDDAV, "no-uid-conflict"));
    assert_eq!(conflict.child(HREF).map(|href| href.text()), Some(path.as_str()));
}
