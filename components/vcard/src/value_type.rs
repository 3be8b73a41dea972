//! What a property's value is where VALUE does not say, and what its separators mean (RFC 6350 §6, and the RFCs that
//! add properties).

use ical_vcard::Identifier;

use crate::property::Property;

/// What commas and semicolons separate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// Nothing: one value.
    Single,
    /// Commas separate values.
    List,
    /// Semicolons separate components, commas the values of one.
    Compound,
}

/// The value type of jCard (RFC 7095 §3.5) for what no registry knows.
pub const UNKNOWN: &str = "unknown";

/// The value type and the shape of a property that a registry knows, its name in any case.
pub fn known(name: &str) -> Option<(&'static str, Shape)> {
    let name = name.to_ascii_uppercase();
    Some(match name.as_str() {
        "N" | "ADR" | "ORG" | "GENDER" | "CLIENTPIDMAP" => ("text", Shape::Compound),
        "NICKNAME" | "CATEGORIES" => ("text", Shape::List),
        "VERSION" | "KIND" | "XML" | "FN" | "TEL" | "EMAIL" | "TZ" | "TITLE" | "ROLE" | "NOTE" | "PRODID"
        | "BIRTHPLACE" | "DEATHPLACE" | "EXPERTISE" | "HOBBY" | "INTEREST" | "GRAMGENDER" | "PRONOUNS" => {
            ("text", Shape::Single)
        }
        "SOURCE" | "PHOTO" | "IMPP" | "GEO" | "LOGO" | "MEMBER" | "RELATED" | "SOUND" | "UID" | "URL" | "KEY"
        | "FBURL" | "CALADRURI" | "CALURI" | "ORG-DIRECTORY" | "CONTACT-URI" | "SOCIALPROFILE" => {
            ("uri", Shape::Single)
        }
        "BDAY" | "ANNIVERSARY" | "DEATHDATE" => ("date-and-or-time", Shape::Single),
        "REV" | "CREATED" => ("timestamp", Shape::Single),
        "LANG" | "LANGUAGE" => ("language-tag", Shape::Single),
        _ => return None,
    })
}

/// The value type of a property in lower case: what VALUE says, or what it is by default. A UID or the like that has no
/// scheme is text, as most are.
pub fn of(property: &Property) -> String {
    if let Some(value) = property.param_values("VALUE").find(|value| Identifier::new(value).is_ok()) {
        return value.to_ascii_lowercase();
    }
    match known(&property.name) {
        Some(("uri", _)) if !has_scheme(&property.value) => "text".to_owned(),
        Some((known, _)) => known.to_owned(),
        None => UNKNOWN.to_owned(),
    }
}

/// Whether a value begins as a URI does (RFC 3986 §3.1).
pub fn has_scheme(value: &str) -> bool {
    value.trim_start().split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || matches!(character, '+' | '-' | '.' | '\\'))
    })
}
