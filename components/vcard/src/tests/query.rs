//! addressbook-query (RFC 6352 §8.6, §10.5) and address-data (§10.4).

use super::{card, unfolded};
use crate::query::evaluate;
use crate::text::{Collation, Format, MatchType, TextTest};
use crate::vcard::{ParamFilter, Projection, PropFilter, Query, Verdict};

fn text(value: &str) -> TextTest {
    TextTest { value: value.into(), collation: Collation::UnicodeCasemap, kind: MatchType::Contains, negate: false }
}

fn prop(name: &str) -> PropFilter {
    PropFilter { name: name.into(), all: true, not_defined: false, texts: vec![], params: vec![] }
}

fn param(name: &str, text: Option<TextTest>) -> ParamFilter {
    ParamFilter { name: name.into(), not_defined: false, text }
}

fn cards() -> Vec<Vec<u8>> {
    vec![
        card(&[
            "VERSION:3.0",
            "UID:1",
            "FN:Ada Lovelace",
            "EMAIL;TYPE=INTERNET,HOME:ada@home.example",
            "item1.EMAIL;TYPE=WORK:ada@work.example",
        ]),
        card(&[
            "VERSION:4.0",
            "UID:2",
            "FN:Bob Ångström",
            "EMAIL;TYPE=\"home,pref\":bob@example.com",
            "NICKNAME:Bobby\\, B.",
        ]),
        card(&["VERSION:4.0", "UID:3", "FN:Nobody", "TEL:1"]),
    ]
}

/// Which of the cards match.
fn matching(filters: Vec<PropFilter>, all: bool) -> Vec<usize> {
    let verdicts = evaluate(&cards(), &Query { filters, all, projection: None });
    assert_eq!(verdicts.len(), 3);
    (1..=3).zip(verdicts).filter(|(_, verdict)| *verdict == Verdict::Unchanged).map(|(number, _)| number).collect()
}

#[test]
fn no_filter_matches_all() {
    assert_eq!(matching(vec![], true), [1, 2, 3]);
    assert_eq!(matching(vec![], false), [1, 2, 3]);
}

#[test]
fn properties_are_defined_or_not() {
    assert_eq!(matching(vec![prop("EMAIL")], true), [1, 2]);
    assert_eq!(matching(vec![PropFilter { not_defined: true, ..prop("EMAIL") }], true), [3]);
    assert_eq!(matching(vec![prop("ITEM1.EMAIL")], true), [1]);
}

#[test]
fn texts_match_by_collation_and_kind() {
    assert_eq!(matching(vec![PropFilter { texts: vec![text("ÅNGSTRÖM")], ..prop("FN") }], true), [2]);
    let ascii = TextTest { collation: Collation::AsciiCasemap, ..text("ÅNGSTRÖM") };
    assert!(matching(vec![PropFilter { texts: vec![ascii], ..prop("FN") }], true).is_empty());
    let starts = TextTest { kind: MatchType::StartsWith, ..text("ada") };
    assert_eq!(matching(vec![PropFilter { texts: vec![starts], ..prop("FN") }], true), [1]);
    let unescaped = TextTest { kind: MatchType::Equals, ..text("bobby, b.") };
    assert_eq!(matching(vec![PropFilter { texts: vec![unescaped], ..prop("NICKNAME") }], true), [2]);
}

#[test]
fn tests_of_a_property_hold_of_one_of_that_name() {
    let both = |all| PropFilter {
        all,
        texts: vec![text("@home")],
        params: vec![param("TYPE", Some(text("work")))],
        ..prop("EMAIL")
    };
    assert!(matching(vec![both(true)], true).is_empty(), "no address is at home and for work");
    assert_eq!(matching(vec![both(false)], true), [1]);
}

#[test]
fn negation_wants_a_property_that_does_not_match() {
    let negated = TextTest { negate: true, ..text("example.com") };
    assert_eq!(matching(vec![PropFilter { texts: vec![negated], ..prop("EMAIL") }], true), [1]);
}

#[test]
fn parameters_are_defined_or_not_and_match() {
    let equals = |value: &str| TextTest { kind: MatchType::Equals, ..text(value) };
    let with = |param| vec![PropFilter { params: vec![param], ..prop("EMAIL") }];
    assert_eq!(matching(with(param("TYPE", None)), true), [1, 2]);
    assert!(matching(with(ParamFilter { not_defined: true, ..param("TYPE", None) }), true).is_empty());
    assert_eq!(matching(with(ParamFilter { not_defined: true, ..param("PREF", None) }), true), [1, 2]);
    assert_eq!(matching(with(param("TYPE", Some(equals("home")))), true), [1, 2]);
    assert_eq!(matching(with(param("TYPE", Some(equals("work")))), true), [1]);
}

#[test]
fn filters_all_hold_or_one() {
    let filters = || vec![PropFilter { texts: vec![text("ada")], ..prop("FN") }, prop("NICKNAME")];
    assert!(matching(filters(), true).is_empty());
    assert_eq!(matching(filters(), false), [1, 2]);
}

fn projected(content: Vec<u8>, projection: Projection) -> Verdict {
    evaluate(&[content], &Query { filters: vec![], all: true, projection: Some(projection) }).remove(0)
}

fn text_of(verdict: Verdict) -> String {
    let Verdict::Projected(content) = verdict else { panic!("{verdict:?}") };
    unfolded(&content)
}

#[test]
fn selected_properties_are_given_as_stored() {
    let content = card(&[
        "VERSION:3.0",
        "UID:1",
        "FN:A",
        "item1.EMAIL;X-P=\"q\":a@b",
        "NOTE:long\r\n  fold",
        "item1.X-ABLabel:L",
    ]);
    let props = vec![("EMAIL".into(), false), ("NOTE".into(), false), ("FN".into(), true)];
    let verdict = projected(content, Projection { props, version: Some("3.0".into()), format: Format::Text });
    let expected = card(&["VERSION:3.0", "FN:", "item1.EMAIL;X-P=\"q\":a@b", "NOTE:long\r\n  fold"]);
    assert_eq!(verdict, Verdict::Projected(expected));
}

#[test]
fn nothing_to_change_is_unchanged() {
    let projection =
        |version: Option<&str>| Projection { props: vec![], version: version.map(str::to_owned), format: Format::Text };
    assert_eq!(projected(cards().remove(0), projection(None)), Verdict::Unchanged);
    assert_eq!(projected(cards().remove(0), projection(Some("3.0"))), Verdict::Unchanged);
    assert!(matches!(projected(cards().remove(0), projection(Some("4.0"))), Verdict::Projected(_)));
}

#[test]
fn another_version_is_selected_by_its_names() {
    let content = card(&["VERSION:3.0", "UID:1", "FN:A", "X-ADDRESSBOOKSERVER-KIND:group", "NOTE:n"]);
    let props = vec![("KIND".into(), false), ("FN".into(), true)];
    let verdict = projected(content, Projection { props, version: Some("4.0".into()), format: Format::Text });
    assert_eq!(text_of(verdict), "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:\r\nKIND:group\r\nEND:VCARD\r\n");
}

#[test]
fn json_is_given() {
    let props = vec![("UID".into(), false)];
    let verdict = projected(cards().remove(0), Projection { props, version: None, format: Format::Json });
    assert_eq!(text_of(verdict), r#"["vcard",[["version",{},"text","4.0"],["uid",{},"text","1"]]]"#);
}

#[test]
fn what_cannot_be_read_or_given_is_a_fault() {
    let query = Query { filters: vec![prop("FN")], all: true, projection: None };
    let verdicts = evaluate(&[b"nonsense".to_vec(), cards().remove(0)], &query);
    assert!(matches!(verdicts[..], [Verdict::Fault(_), Verdict::Unchanged]), "{verdicts:?}");
    for (version, format) in
        [(Some("5.0"), Format::Text), (Some("3.0"), Format::Json), (None, Format::Xml), (Some("2.1"), Format::Text)]
    {
        let projection = Projection { props: vec![], version: version.map(str::to_owned), format };
        assert!(matches!(projected(cards().remove(0), projection), Verdict::Fault(_)), "{version:?} {format:?}");
    }
}
