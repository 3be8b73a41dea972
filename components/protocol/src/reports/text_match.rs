//! The text-match element of both query reports (RFC 4791 §9.7.5, RFC 6352 §10.5.4).

use crate::refusal::{Refusal, Result};
use crate::text::{Collation, MatchType, TextTest};
use crate::xml::{CARDDAV, Element};

/// Elements in a filter, at most: its conditions, and what is in them, since each is asked of every object.
pub const MAX_FILTERS: usize = 1000;

/// Octets of a text that is looked for, at most: it is compared with every property that a filter names.
const MAX_TEXT: usize = 4096;

/// Reads it; `default` is the collation where it names none.
///
/// # Errors
/// 403 `supported-collation`, and `supported-filter` for a text that is too long; 400 for a match type that is not
/// known.
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
    let value = element.text();
    if value.len() > MAX_TEXT {
        let refusal = Refusal::new(403, format!("A text to look for has {MAX_TEXT} octets at the most."));
        return Err(refusal.because(&element.name.namespace, "supported-filter"));
    }
    let kind = match element.attribute("match-type").filter(|_| element.name.namespace == CARDDAV) {
        None | Some("contains") => MatchType::Contains,
        Some("equals") => MatchType::Equals,
        Some("starts-with") => MatchType::StartsWith,
        Some("ends-with") => MatchType::EndsWith,
        Some(other) => return Err(Refusal::bad(format!("The match type {other} is not known."))),
    };
    Ok(TextTest { value, collation, kind, negate: element.attribute("negate-condition") == Some("yes") })
}
