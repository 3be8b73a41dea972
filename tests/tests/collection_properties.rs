//! What calendars and address books tell about themselves (RFC 4791 §5.2, RFC 6352 §6.2).

use kalends_tests::names::*;
use kalends_tests::{Client, Element, bodies, samples, shared};

const DESCRIPTION: Name = Name(CALDAV, "calendar-description");
const MAX_RESOURCE_SIZE: Name = Name(CALDAV, "max-resource-size");
const COLLATIONS: Name = Name(CALDAV, "supported-collation-set");

const OF_CALENDARS: [Name; 7] = [
    Name(CALDAV, "supported-calendar-component-set"),
    Name(CALDAV, "supported-calendar-data"),
    MAX_RESOURCE_SIZE,
    Name(CALDAV, "min-date-time"),
    Name(CALDAV, "max-date-time"),
    Name(CALDAV, "max-instances"),
    COLLATIONS,
];

const OF_ADDRESS_BOOKS: [Name; 3] = [
    Name(CARDDAV, "supported-address-data"),
    Name(CARDDAV, "max-resource-size"),
    Name(CARDDAV, "supported-collation-set"),
];

/// The collections of both kinds, with the properties that only one of them has.
fn collections(client: &Client) -> [(String, &'static [Name], &'static [Name]); 2] {
    [
        (client.calendars("personal/"), &OF_CALENDARS, &OF_ADDRESS_BOOKS),
        (client.addressbooks("contacts/"), &OF_ADDRESS_BOOKS, &OF_CALENDARS),
    ]
}

#[test]
fn what_a_collection_takes_is_told_and_cannot_be_changed() {
    let client = shared().account();
    for (path, own, others) in collections(&client) {
        let asked: Vec<Name> = own.iter().chain(others).copied().collect();
        let found = client.propfind(&path, "0", &asked);
        for name in own {
            let value = found.only().prop(*name);
            assert!(!value.text().is_empty() || !value.children().is_empty(), "{name} of {path}");
            let patch = client.proppatch(&path, bodies::set(&[name.with("1")])).expect(207);
            assert!(patch.xml().contains(Name(DAV, "cannot-modify-protected-property")), "{name}");
            assert_eq!(patch.multistatus().only().status_of(*name), Some(403));
        }
        assert!(others.iter().all(|name| found.only().status_of(*name) == Some(404)), "{path}");
    }
}

/// RFC 4791 §7.5.1, RFC 6352 §8.3.1.
#[test]
fn collations_are_told() {
    let client = shared().account();
    for (path, name, child) in [
        (client.calendars("personal/"), COLLATIONS, Name(CALDAV, "supported-collation")),
        (client.addressbooks("contacts/"), OF_ADDRESS_BOOKS[2], Name(CARDDAV, "supported-collation")),
    ] {
        let found = client.propfind(&path, "0", &[name]);
        let collations: Vec<&str> = found.only().prop(name).all(child).map(Element::text).collect();
        for collation in ["i;ascii-casemap", "i;octet", "i;unicode-casemap"] {
            assert!(collations.contains(&collation), "{collation}");
        }
    }
}

/// What is only in the RFCs of calendars and address books is only given where it is asked for by name.
#[test]
fn allprop_gives_none_of_them() {
    let client = shared().account();
    let body = r#"<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>"#;
    for (path, own, _) in collections(&client) {
        let found = client.request("PROPFIND", &path).header("depth", "0").xml(body).send().multistatus();
        assert!(own.iter().all(|name| found.only().status_of(*name).is_none()), "{path}");
    }
}

/// RFC 4791 §5.2.1: with its language, and as it was written.
#[test]
fn a_description_is_the_clients_and_keeps_its_language() {
    let client = shared().account();
    let path = client.make_calendar("described");
    let element = format!(
        r#"<calendar-description xmlns="{CALDAV}" xml:lang="fr-CA">Calendrier de "Mathilde" &amp; cie</calendar-description>"#
    );
    client.proppatch(&path, bodies::set(&[element])).multistatus();
    let found = client.propfind(&path, "0", &[DESCRIPTION]);
    assert_eq!(found.only().text(DESCRIPTION), "Calendrier de \"Mathilde\" & cie");
    assert_eq!(found.only().prop(DESCRIPTION).attribute("lang"), Some("fr-CA"));
    let copy = client.calendars("copy/");
    client.request("COPY", &path).header("destination", &copy).send().expect(201);
    assert_eq!(
        client.propfind(&copy, "0", &[DESCRIPTION]).only().text(DESCRIPTION),
        "Calendrier de \"Mathilde\" & cie"
    );
}

/// RFC 4791 §5.2.5, §5.3.2.1; RFC 6352 §6.2.3, §6.3.2.1.
#[test]
fn what_is_larger_than_told_is_refused() {
    let client = shared().account();
    let found = client.propfind(&client.calendars("personal/"), "0", &[MAX_RESOURCE_SIZE]);
    let largest: usize = found.only().text(MAX_RESOURCE_SIZE).parse().expect("octets");
    let description = "x".repeat(largest);
    let event = samples::event("large", &format!("DTSTART:20260314T120000Z\nDESCRIPTION:{description}"));
    let card = samples::card("large", &description, "x@example.org");
    for (path, body) in
        [(client.calendars("personal/large.ics"), event), (client.addressbooks("contacts/large.vcf"), card)]
    {
        // A host may close the connection on what is still being sent.
        if let Ok(answer) = client.request("PUT", &path).body(body).try_send() {
            answer.expect_any(&[403, 413]);
        }
        client.get(&path).expect(404);
    }
}

/// Years that people do have in their calendars: of a birthday that has none (iOS writes 1604), and far ones.
#[test]
fn no_date_within_what_is_told_is_refused() {
    let client = shared().account();
    for (uid, year) in [("birthday", "1604"), ("far", "2999")] {
        let event = samples::event(
            uid,
            &format!("DTSTART;VALUE=DATE:{year}0229\nRRULE:FREQ=YEARLY").replace("29990229", "29990301"),
        );
        let path = client.calendars(&format!("personal/{uid}.ics"));
        client.put(&path, &event).expect(201);
        let range = bodies::in_range("VEVENT", &format!("{year}0101T000000Z"), &format!("{year}1231T000000Z"));
        let found = client.report(&client.calendars("personal/"), "1", bodies::calendar_query(&[GETETAG], &range));
        assert!(found.multistatus().find(&path).is_some(), "{year}");
    }
}
