//! text-match (RFC 6352 §10.5.4) and its collations (RFC 4790, RFC 5051; RFC 6352 §8.3.1).

use std::borrow::Cow;
use std::cell::OnceCell;

use kalends_collation::unicode_casemap;

use crate::text::{Collation, MatchType, TextTest};

/// A test, made ready for many texts.
pub struct Matcher {
    sought: String,
    collation: Collation,
    kind: MatchType,
    negate: bool,
}

impl Matcher {
    /// Makes a test ready.
    pub fn of(test: &TextTest) -> Self {
        Matcher {
            sought: fold(&test.value, test.collation).into_owned(),
            collation: test.collation,
            kind: test.kind,
            negate: test.negate,
        }
    }

    /// Whether the test holds for a text.
    pub fn holds(&self, text: &Folded) -> bool {
        let text = text.by(self.collation);
        let sought = self.sought.as_str();
        let found = match self.kind {
            MatchType::Equals => text == sought,
            MatchType::Contains => text.contains(sought),
            MatchType::StartsWith => text.starts_with(sought),
            MatchType::EndsWith => text.ends_with(sought),
        };
        found != self.negate
    }
}

/// A text, and what the collations make of it: each once, however many tests ask for it.
pub struct Folded {
    text: String,
    ascii: OnceCell<String>,
    unicode: OnceCell<String>,
}

impl Folded {
    /// A text that no test has asked for yet.
    pub fn of(text: String) -> Self {
        Folded { text, ascii: OnceCell::new(), unicode: OnceCell::new() }
    }

    fn by(&self, collation: Collation) -> &str {
        let folded = || fold(&self.text, collation).into_owned();
        match collation {
            Collation::Octet => &self.text,
            Collation::AsciiCasemap => self.ascii.get_or_init(folded),
            Collation::UnicodeCasemap => self.unicode.get_or_init(folded),
        }
    }
}

/// A text such that texts that the collation takes for equal are the same.
pub fn fold(text: &str, collation: Collation) -> Cow<'_, str> {
    match collation {
        Collation::Octet => Cow::Borrowed(text),
        Collation::AsciiCasemap => Cow::Owned(text.to_ascii_uppercase()),
        Collation::UnicodeCasemap => unicode_casemap(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(value: &str, collation: Collation, kind: MatchType, negate: bool, text: &str) -> bool {
        Matcher::of(&TextTest { value: value.into(), collation, kind, negate }).holds(&Folded::of(text.to_owned()))
    }

    #[test]
    fn collations_differ() {
        for (collation, ascii, latin, composed) in [
            (Collation::Octet, false, false, false),
            (Collation::AsciiCasemap, true, false, false),
            (Collation::UnicodeCasemap, true, true, true),
        ] {
            assert_eq!(holds("DOE", collation, MatchType::Equals, false, "Doe"), ascii);
            assert_eq!(holds("MÜLLER", collation, MatchType::Equals, false, "Müller"), latin);
            assert_eq!(holds("müller", collation, MatchType::Equals, false, "mu\u{308}ller"), composed);
            assert!(holds("Łódź", collation, MatchType::Equals, false, "Łódź"));
        }
    }

    #[test]
    fn match_types_differ() {
        let found = |kind, text| holds("ab", Collation::Octet, kind, false, text);
        for (kind, equal, within, first, last) in [
            (MatchType::Equals, true, false, false, false),
            (MatchType::Contains, true, true, true, true),
            (MatchType::StartsWith, true, false, true, false),
            (MatchType::EndsWith, true, false, false, true),
        ] {
            assert_eq!(found(kind, "ab"), equal);
            assert_eq!(found(kind, "xabx"), within);
            assert_eq!(found(kind, "abx"), first);
            assert_eq!(found(kind, "xab"), last);
            assert!(!found(kind, "ba"));
        }
    }

    #[test]
    fn negation_turns_the_answer() {
        assert!(!holds("a", Collation::Octet, MatchType::Contains, true, "cat"));
        assert!(holds("a", Collation::Octet, MatchType::Contains, true, "dog"));
    }
}
