//! CALDAV:text-match: collations (RFC 4790, RFC 5051) and where in a text the value is looked for.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use kalends_collation::unicode_casemap;

use crate::text::{Collation, MatchType, TextTest};

/// Where a text is, and the collation that it is folded for.
type Place = (*const u8, usize, u8);

/// What tests look at in an object: each text is folded once, however many tests and instances ask for it. It is known
/// by where it is.
#[derive(Default)]
pub struct Texts(RefCell<HashMap<Place, Rc<str>>>);

impl Texts {
    /// Whether a text passes a test, negation included. `read` makes of what is written the text.
    pub fn pass(&self, test: &TextTest, written: &str, read: fn(&str) -> String) -> bool {
        let place = (written.as_ptr(), written.len(), test.collation as u8);
        let folded = || Rc::from(&*fold(&read(written), test.collation));
        let text = Rc::clone(self.0.borrow_mut().entry(place).or_insert_with(folded));
        let value = fold(&test.value, test.collation);
        let found = match test.kind {
            MatchType::Equals => *text == *value,
            MatchType::Contains => text.contains(&*value),
            MatchType::StartsWith => text.starts_with(&*value),
            MatchType::EndsWith => text.ends_with(&*value),
        };
        found != test.negate
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
