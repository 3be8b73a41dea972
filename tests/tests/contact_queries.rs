//! Queries for text in address books (RFC 6352 §8.6, §10.5): the index finds what the engine finds, however letters are
//! written.

use kalends_tests::names::*;
use kalends_tests::{Client, bodies, samples, shared};

/// A prop-filter with one text-match.
fn text(property: &str, collation: &str, kind: &str, value: &str) -> String {
    format!(
        r#"<C:prop-filter name="{property}"><C:text-match collation="{collation}" match-type="{kind}">{value}</C:text-match></C:prop-filter>"#
    )
}

/// The names of the cards that a filter finds, sorted.
#[track_caller]
fn found(client: &Client, filter: &str) -> Vec<String> {
    let book = client.addressbooks("contacts/");
    let answer = client.report(&book, "1", bodies::addressbook_query(&[GETETAG], filter)).multistatus();
    let name = |href: &str| href.rsplit('/').next().unwrap_or_default().trim_end_matches(".vcf").to_owned();
    answer.sorted_hrefs().into_iter().map(name).collect()
}

/// An address book with a card for each of these names, numbered from 1.
fn book(names: &[&str]) -> Client {
    let client = shared().account();
    for (number, name) in (1..).zip(names) {
        let path = client.addressbooks(&format!("contacts/{number}.vcf"));
        client.put_card(&path, &samples::card(&number.to_string(), name, "a@example.org")).expect(201);
    }
    client
}

const KINDS: [&str; 4] = ["equals", "contains", "starts-with", "ends-with"];

/// RFC 5051: capitals and decomposed letters, whoever looks for which.
#[test]
fn letters_are_found_as_the_collation_compares_them() {
    let client = book(&[
        "Jos\u{e9}",
        "Jose\u{301}",
        "\u{17f}am",
        "\u{212a}im",
        "\u{130}nci",
        "\u{131}lk",
        "Stra\u{df}e",
        "\u{ff21}\u{ff22}",
        "\u{394}\u{3af}\u{3c3}\u{3bf}\u{3c2}",
        "\u{1c6}ep",
    ]);
    for (kind, value, expected) in [
        ("contains", "jose", &["1", "2"][..]),
        ("starts-with", "JOSE", &["1", "2"]),
        ("equals", "JOS\u{c9}", &["1", "2"]),
        ("ends-with", "e\u{301}", &["1", "2"]),
        ("equals", "jose", &[]),
        ("equals", "SAM", &["3"]),
        ("starts-with", "\u{17f}", &["3", "7"]),
        ("equals", "kim", &["4"]),
        ("contains", "\u{212a}", &["4", "6"]),
        ("contains", "nci", &["5"]),
        ("starts-with", "i", &["5", "6"]),
        ("equals", "ILK", &["6"]),
        ("contains", "\u{df}e", &["7"]),
        ("contains", "SSE", &[]),
        ("equals", "ab", &["8"]),
        ("ends-with", "\u{3a3}", &["9"]),
        ("contains", "\u{3c3}", &["9"]),
        ("starts-with", "D", &["10"]),
        ("contains", "nobody", &[]),
    ] {
        let filter = text("FN", "i;unicode-casemap", kind, value);
        let mut expected: Vec<&str> = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(found(&client, &filter), expected, "{kind} {value}");
        // With a test that no index knows beside it, the engine looks at every card.
        let everything =
            format!(r#"<C:prop-filter name="X-NONE"><C:text-match>x</C:text-match></C:prop-filter>{filter}"#);
        assert_eq!(found(&client, &everything), expected, "{kind} {value}, without the index");
    }
}

/// What a collation finds does not depend on whether the index could be asked.
#[test]
fn the_index_loses_no_match_in_any_collation() {
    let names = ["Zo\u{eb} \\; Doe", "ZOE", "zoe\u{308}", "e\u{301}\u{327}t", "a\\,b", "\u{fb01}n \u{b2}"];
    let client = book(&names);
    let values = [
        "zo", "Zo\u{eb}", "ZO\u{cb}", "e\u{308}", "\u{301}", "e\u{301}", ";", " ", ",", "fin", "2", "e", "\u{fb01}",
        "t",
    ];
    let mut matches = 0;
    for value in values {
        for collation in ["i;unicode-casemap", "i;ascii-casemap", "i;octet"] {
            for kind in KINDS {
                for property in ["FN", "N"] {
                    let filter = text(property, collation, kind, value);
                    let without_index = format!(
                        r#"<C:prop-filter name="X-NONE"><C:text-match>x</C:text-match></C:prop-filter>{filter}"#
                    );
                    let expected = found(&client, &without_index);
                    assert_eq!(found(&client, &filter), expected, "{property} {collation} {kind} {value:?}");
                    matches += expected.len();
                }
            }
        }
    }
    assert!(matches > 100, "{matches}");
}

/// The answer of a query among many cards has the matches and nothing else, in one go at storage beside the
/// credential's.
#[test]
fn a_query_among_many_gives_the_matches_alone() {
    let client = shared().account();
    for number in 0..120 {
        let card = samples::card(&format!("u{number}"), &format!("Card {number}"), &format!("c{number}@example.org"));
        client.put_card(&client.addressbooks(&format!("contacts/{number}.vcf")), &card).expect(201);
    }
    let book = client.addressbooks("contacts/");
    for (property, kind, value, expected) in [
        ("EMAIL", "equals", "C117@EXAMPLE.ORG", 1),
        ("FN", "starts-with", "card 11", 11),
        ("FN", "ends-with", " 7", 1),
        ("FN", "contains", "d 10", 11),
        ("EMAIL", "contains", "nobody", 0),
    ] {
        let filter = text(property, "i;unicode-casemap", kind, value);
        let answer = client.report(&book, "1", bodies::addressbook_query(&[GETETAG, ADDRESS_DATA], &filter));
        assert!(answer.storage_round_trips() <= 2, "{property} {kind} {value}");
        let found = answer.multistatus();
        assert_eq!(found.responses.len(), expected, "{property} {kind} {value}");
        assert!(found.responses.iter().all(|card| card.text(ADDRESS_DATA).contains("END:VCARD")));
    }
}
