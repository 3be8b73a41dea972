//! Large cards, broken cards.

use std::fs;
use std::path::PathBuf;

use super::{card, to_version};
use crate::bounds::{CARD_LINES, CARD_OCTETS, NESTING};
use crate::card::split;
use crate::conversion::convert;
use crate::inspection::inspect;
use crate::query::evaluate;
use crate::text::{Collation, Format, MatchType, Rule, TextTest};
use crate::vcard::{ParamFilter, Projection, PropFilter, Query, Verdict};

/// Octets that some work allocates, all in all: a measure of it that is the same on every machine.
fn allocated(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).bytes_total
}

#[test]
fn a_photo_of_a_megabyte_and_a_half_comes_back() {
    let photo = "QUJD".repeat(512 * 1024);
    let content = card(&["VERSION:4.0", "UID:1", "FN:A", "N:A;;;;", &format!("PHOTO:data:image/png;base64,{photo}")]);
    assert!(inspect(&content).is_ok());
    let old = to_version(&content, "3.0");
    assert!(old.contains(&format!("PHOTO;ENCODING=b;TYPE=PNG:{photo}\r\n")));
    assert_eq!(to_version(old.as_bytes(), "4.0").as_bytes(), content);
}

#[test]
fn what_is_too_large_is_refused() {
    let large = card(&["VERSION:4.0", "UID:1", "FN:A", &format!("NOTE:{}", "a".repeat(CARD_OCTETS))]);
    assert_eq!(inspect(&large).unwrap_err().rule, Rule::Bound);
    let many = card(&[&["VERSION:4.0", "UID:1", "FN:A"], vec!["TEL:1"; CARD_LINES].as_slice()].concat());
    assert_eq!(inspect(&many).unwrap_err().rule, Rule::Bound);
    let deep =
        [vec!["VERSION:2.1", "UID:1", "AGENT:"], vec!["BEGIN:VCARD"; NESTING + 1], vec!["END:VCARD"; NESTING + 1]]
            .concat();
    assert_eq!(inspect(&card(&deep)).unwrap_err().rule, Rule::Bound);
    let json = convert(vec![b' '; CARD_OCTETS + 1], Format::Json, Format::Text, None);
    assert_eq!(json.unwrap_err().rule, Rule::Bound);
}

/// What folding costs is paid once for a property, however many tests there are of its text or of a parameter, in one
/// filter or in many. What is allocated is compared with that of one test.
#[test]
fn many_tests_of_a_property_cost_little_more_than_one() {
    let long = "é".repeat(20_000);
    let content = card(&["VERSION:4.0", "UID:1", "FN:A", &format!("NOTE;X-P={long}:{long}")]);
    let other =
        || TextTest { value: "x".into(), collation: Collation::UnicodeCasemap, kind: MatchType::Equals, negate: true };
    let param = || ParamFilter { name: "X-P".into(), not_defined: false, text: Some(other()) };
    let note = |texts, params| PropFilter { name: "NOTE".into(), all: true, not_defined: false, texts, params };
    let cost = |filters| {
        let query = Query { filters, all: true, projection: None };
        allocated(|| assert_eq!(evaluate(std::slice::from_ref(&content), &query), [Verdict::Unchanged]))
    };
    let one = cost(vec![note(vec![other()], vec![param()])]);
    for (way, filters) in [
        ("texts", vec![note(vec![other(); 1000], vec![])]),
        ("parameters", vec![note(vec![], vec![param(); 1000])]),
        ("filters", vec![note(vec![other()], vec![]); 1000]),
    ] {
        let many = cost(filters);
        assert!(many < one * 50, "{way}: {many} for a thousand, {one} for one");
    }
}

/// What belongs to another property of the card is not looked for among all of them. What is allocated is compared with
/// that of a card in which nothing does.
#[test]
fn what_belongs_together_is_found_at_once() {
    let many = CARD_LINES / 2 - 2;
    let cost = |one: &str, other: &str| {
        let lines = [vec!["VERSION:3.0", "UID:1", "FN:A"], vec![one; many], vec![other; many]].concat();
        let content = card(&lines);
        allocated(|| {
            assert!(inspect(&content).is_ok());
            assert!(convert(content, Format::Text, Format::Text, Some("4.0")).is_ok());
        })
    };
    let nothing = cost("X-A;TYPE=home:;;a;;;;", "X-B;TYPE=work:a");
    for (one, other) in
        [("ADR;TYPE=home:;;a;;;;", "LABEL;TYPE=work:a"), ("a.X-ABDATE;TYPE=home:2020-01-01", "a.X-ABLABEL:other")]
    {
        let cost = cost(one, other);
        assert!(cost < nothing * 10, "{other}: {cost}, {nothing} for nothing");
    }
}

/// A sequence that looks random and is the same every time.
struct Noise(u64);

impl Noise {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % limit.max(1) as u64).unwrap()
    }
}

/// Whatever is made of a card, an answer comes, and what was converted can be read again.
#[test]
fn broken_cards_get_an_answer() {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/vcard");
    let mut noise = Noise(1);
    let marks = b":;,=\".\\\r\n \t^-AB\xc3\xa9\x00";
    let projection =
        Projection { props: vec![("EMAIL".into(), true), ("N".into(), false)], version: None, format: Format::Text };
    let query = Query { filters: vec![], all: true, projection: Some(projection) };
    let (mut answers, mut converted) = (0, 0);
    for entry in fs::read_dir(directory).unwrap() {
        let original = fs::read(entry.unwrap().path()).unwrap();
        for _ in 0..100 {
            let mut content = original.clone();
            for _ in 0..=noise.below(3) {
                let at = noise.below(content.len());
                let mark = marks[noise.below(marks.len())];
                match noise.below(3) {
                    0 if !content.is_empty() => content[at] = mark,
                    1 if !content.is_empty() => drop(content.drain(at..(at + noise.below(20)).min(content.len()))),
                    _ => content.insert(at, mark),
                }
            }
            let inspected = inspect(&content).is_ok();
            answers += evaluate(std::slice::from_ref(&content), &query).len();
            let _ = split(&content);
            for version in ["3.0", "4.0"] {
                let Ok(text) = convert(content.clone(), Format::Text, Format::Text, Some(version)) else { continue };
                assert!(
                    !inspected || inspect(&text).is_ok(),
                    "{}\n{}",
                    String::from_utf8_lossy(&content),
                    String::from_utf8_lossy(&text)
                );
                converted += 1;
            }
            if let Ok(json) = convert(content.clone(), Format::Text, Format::Json, None) {
                let back = convert(json.clone(), Format::Json, Format::Text, None);
                assert!(
                    back.is_ok(),
                    "{}\n{}\n{back:?}",
                    String::from_utf8_lossy(&content),
                    String::from_utf8_lossy(&json)
                );
            }
        }
    }
    assert!(answers > 3000 && converted > 1000, "{answers} {converted}");
}
