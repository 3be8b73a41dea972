//! CALDAV:text-match: collations (RFC 4790, RFC 5051) and where in a text the value is looked for.

use crate::text::{Collation, MatchType, TextTest};

/// A text-match with its value folded once.
pub struct TextMatch<'a> {
    test: &'a TextTest,
    value: String,
}

impl<'a> TextMatch<'a> {
    /// Prepares a test for many texts.
    pub fn new(test: &'a TextTest) -> Self {
        Self { test, value: fold(&test.value, test.collation) }
    }

    /// Whether a text passes, negation included.
    pub fn passes(&self, text: &str) -> bool {
        let text = fold(text, self.test.collation);
        let found = match self.test.kind {
            MatchType::Equals => text == self.value,
            MatchType::Contains => text.contains(&self.value),
            MatchType::StartsWith => text.starts_with(&self.value),
            MatchType::EndsWith => text.ends_with(&self.value),
        };
        found != self.test.negate
    }
}

/// The form of a text in which a collation compares octets. Case is folded in both directions, so that `ß` is `SS`.
fn fold(text: &str, collation: Collation) -> String {
    match collation {
        Collation::Octet => text.to_string(),
        Collation::AsciiCasemap => text.to_ascii_lowercase(),
        Collation::UnicodeCasemap => text.to_uppercase().to_lowercase(),
    }
}
