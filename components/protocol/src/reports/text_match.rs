//! The text-match element of both query reports (RFC 4791 §9.7.5, RFC 6352 §10.5.4).

use crate::refusal::{Refusal, Result};
use crate::text::{Collation, MatchType, TextTest};
use crate::xml::{CARDDAV, Element};

/// Reads it; `default` is the collation where it names none.
///
/// # Errors
/// 403 `supported-collation`; 400 for a match type that is not known.
pub fn read(element: &Element, default: Collation) -> Result<TextTest> {
    let collation = match element.attribute("collation") {
        None | Some("default") => default,
        Some("i;ascii-casemap") => Collation::AsciiCasemap,
        Some("i;octet") => Collation::Octet,
        Some("i;unicode-casemap") => Collation::UnicodeCasemap,
        Some(other) => {
            let refusal = Refusal::new(403, format!("The collation {other} is not known here."));
            return Err(refusal.because(&element.name.namespace, "supported-collation"));
        }
    };
    let kind = match element.attribute("match-type").filter(|_| element.name.namespace == CARDDAV) {
        None | Some("contains") => MatchType::Contains,
        Some("equals") => MatchType::Equals,
        Some("starts-with") => MatchType::StartsWith,
        Some("ends-with") => MatchType::EndsWith,
        Some(other) => return Err(Refusal::bad(format!("The match type {other} is not known."))),
    };
    Ok(TextTest {
        value: element.text(),
        collation,
        kind,
        negate: element.attribute("negate-condition") == Some("yes"),
    })
}
