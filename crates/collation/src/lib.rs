//! The collation `i;unicode-casemap` (RFC 5051).

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// What `i;unicode-casemap` makes of a text before it compares octets (RFC 5051 §2): each character in titlecase, then
/// decomposed, compatibility forms too. Marks are in their canonical order, so that two ways of writing the same are
/// the same. Of ASCII nothing but letters changes.
pub fn unicode_casemap(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        let is_mapped = !text.bytes().any(|octet| octet.is_ascii_lowercase());
        return if is_mapped { Cow::Borrowed(text) } else { Cow::Owned(text.to_ascii_uppercase()) };
    }
    Cow::Owned(text.chars().map(titlecase).nfkd().collect())
}

/// The Simple_Titlecase_Mapping of UnicodeData.txt. It is that to upper case, which the standard library has, but for
/// digraphs, for Georgian, and for Greek letters with an iota subscript, of which the library writes two.
fn titlecase(character: char) -> char {
    match character {
        'Ǆ'..='ǆ' => 'ǅ',
        'Ǉ'..='ǉ' => 'ǈ',
        'Ǌ'..='ǌ' => 'ǋ',
        'Ǳ'..='ǳ' => 'ǲ',
        'ა'..='ჺ' | 'ჽ'..='ჿ' => character,
        'ᾀ'..='ᾇ' | 'ᾐ'..='ᾗ' | 'ᾠ'..='ᾧ' => later(character, 8),
        'ᾳ' | 'ῃ' | 'ῳ' => later(character, 9),
        _ => simple_uppercase(character),
    }
}

/// The upper case of a character where that is one.
fn simple_uppercase(character: char) -> char {
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => character,
    }
}

fn later(character: char, by: u32) -> char {
    char::from_u32(u32::from(character) + by).unwrap_or(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_differ_in_case_or_composition_are_the_same() {
        for (one, other) in [
            ("Doe", "dOE"),
            ("Müller", "MU\u{308}LLER"),
            ("Łódź", "łódź"),
            // Two marks in either order.
            ("a\u{323}\u{302}", "A\u{302}\u{323}"),
            // Compatibility forms: full width, a superscript.
            ("ＡＢＣ", "abc"),
            ("m²", "M2"),
            ("ǆ", "Ǆ"),
            ("ᾳ", "ᾼ"),
            ("ᾁ", "ᾉ"),
            ("σ", "Σ"),
            ("ς", "Σ"),
        ] {
            assert_eq!(unicode_casemap(one), unicode_casemap(other), "{one} {other}");
        }
    }

    #[test]
    fn texts_that_are_not_the_same_stay_apart() {
        // What is two letters in upper case only, stays one; a ligature is taken apart when it is too late; Georgian
        // has no titlecase.
        for (one, other) in [("é", "e"), ("ß", "SS"), ("ﬁn", "FIN"), ("i", "ı\u{307}"), ("ა", "Ა"), ("ł", "l")]
        {
            assert_ne!(unicode_casemap(one), unicode_casemap(other), "{one} {other}");
        }
    }

    #[test]
    fn it_is_the_titlecase_and_not_the_upper_case() {
        assert_eq!(unicode_casemap("ǆ"), "Dz\u{30c}");
        assert_eq!(unicode_casemap("ა"), "ა");
    }
}
