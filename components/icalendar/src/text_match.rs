//! CALDAV:text-match: collations (RFC 4790, RFC 5051) and where in a text the value is looked for.

use std::borrow::Cow;

use kalends_collation::unicode_casemap;

use crate::text::{Collation, MatchType, TextTest};

/// A text-match with its value folded once.
pub struct TextMatch<'a> {
    test: &'a TextTest,
    value: Cow<'a, str>,
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
            MatchType::Contains => text.contains(&*self.value),
            MatchType::StartsWith => text.starts_with(&*self.value),
            MatchType::EndsWith => text.ends_with(&*self.value),
        };
        found != self.test.negate
    }
}

/// The form of a text in which a collation compares octets.
fn fold(text: &str, collation: Collation) -> Cow<'_, str> {
    match collation {
        Collation::Octet => Cow::Borrowed(text),
        Collation::AsciiCasemap => Cow::Owned(text.to_ascii_lowercase()),
        Collation::UnicodeCasemap => unicode_casemap(text),
    }
}
