//! What is told of a card for the index.

use super::{card, message};
use crate::inspection::inspect;
use crate::text::Rule;

#[test]
fn tells_identity_kind_and_texts() {
    let inspection = inspect(&card(&[
        "VERSION:3.0",
        "UID: urn:uuid:1 ",
        "FN:Jörg\\, Ärzte",
        "N:Ärzte;Jörg;;;",
        "item1.EMAIL;TYPE=WORK:J@Example.com",
        "item2.EMAIL:j@example.COM",
        "ORG:ACME\\; Ltd;R&D",
        "TEL:+49 30 1",
        "NICKNAME:;",
        "NOTE:not indexed",
    ]))
    .unwrap_or_else(|fault| panic!("{}", message(&fault)));
    assert_eq!(
        (inspection.uid.as_str(), inspection.version.as_str(), inspection.kind.as_str()),
        ("urn:uuid:1", "3.0", "individual")
    );
    let texts: Vec<(&str, &str)> =
        inspection.texts.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        texts,
        [
            ("EMAIL", "J@EXAMPLE.COM"),
            ("FN", "JO\u{308}RG, A\u{308}RZTE"),
            ("N", "A\u{308}RZTE;JO\u{308}RG;;;"),
            ("ORG", "ACME; LTD;R&D"),
            ("TEL", "+49 30 1"),
        ]
    );
}

#[test]
fn kinds_are_the_standards_or_apples() {
    for (line, kind) in [
        ("KIND:Group", "group"),
        ("X-ADDRESSBOOKSERVER-KIND:group", "group"),
        ("KIND:", "individual"),
        ("X-A:b", "individual"),
    ] {
        assert_eq!(inspect(&card(&["VERSION:4.0", "UID:1", "FN:A", line])).unwrap().kind, kind);
    }
}

#[test]
fn something_else_may_name_a_card_without_fn() {
    for line in ["N:Doe;;;;", "ORG:Acme", "NICKNAME:Joe", "EMAIL:joe@example.com", "FN:"] {
        assert!(inspect(&card(&["VERSION:3.0", "UID:1", line])).is_ok(), "{line}");
    }
    for line in ["N:;;;;", "TEL:1", "EMAIL:"] {
        assert!(inspect(&card(&["VERSION:3.0", "UID:1", line])).is_err(), "{line}");
    }
}

/// Readers that look at names only would end the card there.
#[test]
fn begin_and_end_are_no_properties() {
    for line in [
        "END;X=1:VCARD",
        "end ;X=1:VCARD",
        "item1.END:VCARD",
        "EN\r\n D;X=1:VCARD",
        "END:",
        "BEGIN;X=1:VCARD",
        "BEGIN:VEVENT",
    ] {
        let fault = inspect(&card(&["VERSION:3.0", "UID:1", "FN:A", line])).expect_err(line);
        assert_eq!((fault.rule, fault.line), (Rule::Syntax, 5), "{line}: {}", fault.message);
        let nested = ["VERSION:2.1", "UID:1", "FN:A", "AGENT:", "BEGIN:VCARD", line, "END:VCARD"];
        let fault = inspect(&card(&nested)).expect_err(line);
        assert_eq!((fault.rule, fault.line), (Rule::Syntax, 7), "{line}: {}", fault.message);
    }
    for line in ["X-END:VCARD", "END.X-A:b", "ENDING:x", "NOTE:END"] {
        assert!(inspect(&card(&["VERSION:3.0", "UID:1", "FN:A", line])).is_ok(), "{line}");
    }
}

#[test]
fn a_fault_tells_its_line() {
    let fault = inspect(&card(&["VERSION:3.0", "UID:1", "NOTE:a\r\n b", "no property"])).unwrap_err();
    assert_eq!(fault.line, 6, "{}", fault.message);
}
