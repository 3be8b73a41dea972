//! What vCard 2.1 does otherwise, and producers of 3.0 after it: parameters without names (`TEL;HOME:`),
//! quoted-printable, charsets, commas that separate nothing. A property read here is left in the way of 3.0.

use std::borrow::Cow;

use ical_vcard::Contentline;
use quoted_printable::ParseMode;

use crate::card::Version;
use crate::escape;
use crate::property::{Param, Property};

/// The text of a line's bytes: UTF-8, or the charset it names, or Windows-1252 where a card of 2.1 names none. None
/// where it cannot be read.
pub fn to_utf8(bytes: &[u8], version: Version) -> Option<Cow<'_, str>> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(Cow::Borrowed(text)),
        Err(_) => {
            let head = bytes.split(|octet| *octet == b':').next().unwrap_or_default();
            match charset(&String::from_utf8_lossy(head)) {
                Some(name) => decode(bytes, &name).map(Cow::Owned),
                None if version == Version::V2_1 => Some(Cow::Owned(from_windows_1252(bytes))),
                None => None,
            }
        }
    }
}

fn charset(head: &str) -> Option<String> {
    let charset = head
        .split(';')
        .find_map(|param| Some(param.split_once('=')?).filter(|(name, _)| name.eq_ignore_ascii_case("CHARSET")));
    charset.map(|(_, value)| value.to_owned())
}

/// The text of bytes in a charset; none where the charset is not known or the bytes are not in it.
fn decode(bytes: &[u8], charset: &str) -> Option<String> {
    match charset.trim_matches('"').to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" | "us-ascii" | "ascii" => String::from_utf8(bytes.to_vec()).ok(),
        "iso-8859-1" | "latin1" | "windows-1252" | "cp1252" => Some(from_windows_1252(bytes)),
        _ => None,
    }
}

/// Windows-1252, which ISO-8859-1 is read as everywhere; an octet that it leaves open is the control character of
/// ISO-8859-1.
fn from_windows_1252(bytes: &[u8]) -> String {
    const FROM_80: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    bytes
        .iter()
        .map(|octet| FROM_80.get(usize::from(octet.wrapping_sub(0x80))).copied().unwrap_or(char::from(*octet)))
        .collect()
}

/// A property of a line that today's grammar refuses. Parameters without names get them: `TEL;HOME;BASE64:` is
/// `TEL;TYPE=HOME;ENCODING=BASE64:`. Blanks around parameters are left out, as are empty ones. Names may have
/// underscores and blanks in them, as those of Windows and of Google do. None where it is no property all the same.
pub fn read(line: &str) -> Option<Property> {
    let (head, value) = split_head(line)?;
    let mut parts = head.split(';').map(str::trim);
    let (group, name) = group_and_name(parts.next()?)?;
    // The grammar reads all but the name.
    let mut modern = "X".to_owned();
    for param in parts.filter(|param| !param.is_empty()) {
        modern.push(';');
        if !param.contains('=') {
            modern.push_str(name_for(param));
        }
        modern.push_str(param);
    }
    modern.extend([":", value]);
    let content: Contentline = modern.parse().ok()?;
    Some(Property { group: group.map(str::to_owned), name: name.to_owned(), ..Property::from(&content) })
}

/// The group and the name of what stands before the parameters; none where that is neither.
fn group_and_name(head: &str) -> Option<(Option<&str>, &str)> {
    let (group, name) = head.split_once('.').map_or((None, head), |(group, name)| (Some(group), name));
    (is_name(name) && group.is_none_or(is_name)).then_some((group, name))
}

/// Whether properties and groups are named so by anyone.
pub fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.trim() == name
        && name.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | ' '))
}

/// What stands before and after the first colon outside of quotes. A quote that never ends is none.
pub fn split_head(line: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let colon = line.bytes().position(|octet| {
        quoted ^= octet == b'"';
        octet == b':' && !quoted
    });
    colon.map(|at| (&line[..at], &line[at + 1..])).or_else(|| line.split_once(':'))
}

fn name_for(value: &str) -> &'static str {
    match value.to_ascii_uppercase().as_str() {
        "QUOTED-PRINTABLE" | "BASE64" | "8BIT" | "7BIT" => "ENCODING=",
        "INLINE" | "URL" | "CONTENT-ID" | "CID" => "VALUE=",
        _ => "TYPE=",
    }
}

/// Takes away encodings and charsets that 3.0 does not know.
pub fn modernise(property: &mut Property, version: Version) {
    let encoding = property.param_values("ENCODING").next().map(str::to_ascii_uppercase);
    match encoding.as_deref() {
        Some("QUOTED-PRINTABLE") => from_quoted_printable(property, version),
        Some("BASE64" | "B") => {
            for param in property.params.iter_mut().filter(|param| param.is("ENCODING")) {
                param.values = vec!["b".to_owned()];
            }
            property.value.retain(|character| !character.is_ascii_whitespace());
            return;
        }
        Some("8BIT" | "7BIT") => property.params.retain(|param| !param.is("ENCODING")),
        _ => {}
    }
    if property.remove_value("VALUE", "URL") {
        property.params.push(Param::new("VALUE", "uri"));
    }
    property.remove_value("VALUE", "INLINE");
    property.params.retain(|param| !param.is("CHARSET"));
    if version == Version::V2_1 && !separates_by_comma(&property.name) {
        property.value = with_escaped_commas(&property.value);
    }
}

fn from_quoted_printable(property: &mut Property, version: Version) {
    let charset = property.param_values("CHARSET").next().unwrap_or("utf-8").to_owned();
    let encoded = match version {
        Version::V2_1 => Cow::Owned(with_escaped_backslashes(&property.value)),
        Version::V3_0 | Version::V4_0 => Cow::Borrowed(&property.value),
    };
    let Ok(bytes) = quoted_printable::decode(encoded.as_bytes(), ParseMode::Robust) else { return };
    let text = decode(&bytes, &charset).unwrap_or_else(|| from_windows_1252(&bytes));
    property.value = text.replace("\r\n", "\n").replace(['\n', '\r'], "\\n");
    // A content line can have none, and a text has no use for them.
    property.value.retain(|character| !character.is_ascii_control() || character == '\t');
    property.params.retain(|param| !param.is("ENCODING"));
}

/// Doubles the backslashes in quoted-printable of 2.1. They are themselves, where 3.0 would take them for escapes
/// (`C:=5Cnew`); but one before a semicolon is the one escape that 2.1 has.
fn with_escaped_backslashes(encoded: &str) -> String {
    let encoded = encoded.replace("=5c", "=5C");
    let mut parts = encoded.split("=5C");
    let mut escaped = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let before_semicolon = ["=3B", "=3b", ";"].iter().any(|semicolon| part.starts_with(semicolon));
        escaped.extend([if before_semicolon { "=5C" } else { "=5C=5C" }, part]);
    }
    escaped
}

fn separates_by_comma(name: &str) -> bool {
    ["CATEGORIES", "NICKNAME", "GEO", "URL", "SOURCE"].iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// Escapes commas that are not escaped.
fn with_escaped_commas(value: &str) -> String {
    escape::split(value, b',').join("\\,")
}
