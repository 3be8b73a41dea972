//! PHOTO, LOGO, SOUND and KEY: in 3.0 base64 with ENCODING=b and a TYPE, in 4.0 a data URI (RFC 2397; RFC 6350 §6.2.4).

use percent_encoding::percent_decode_str;

use crate::escape;
use crate::lines::is_base64;
use crate::property::{Param, Property};
use crate::value_type::has_scheme;

/// Whether a property of that name may carry data.
pub fn is_media(property: &Property) -> bool {
    family(property).is_some()
}

/// The media type that TYPE's value is a part of.
fn family(property: &Property) -> Option<&'static str> {
    match property.name.to_ascii_uppercase().as_str() {
        "PHOTO" | "LOGO" => Some("image"),
        "SOUND" => Some("audio"),
        "KEY" => Some("application"),
        _ => None,
    }
}

/// Base64 to a data URI.
pub fn to_data_uri(property: &mut Property) {
    let Some(family) = family(property) else { return };
    if !property.has("ENCODING", "b") {
        return;
    }
    let media_type = take_media_type(property, family).unwrap_or_else(|| "application/octet-stream".to_owned());
    property.params.retain(|param| !param.is("ENCODING") && !param.is("VALUE"));
    property.value = format!("data:{media_type};base64,{}", property.value);
}

/// Takes the media type from TYPE, or from MEDIATYPE (RFC 6350 §5.7) where TYPE has none.
fn take_media_type(property: &mut Property, family: &str) -> Option<String> {
    let said = |name| property.param_values(name).find(|value| !is_place(value) && is_media_type(value));
    let (name, value) =
        ["TYPE", "MEDIATYPE"].into_iter().find_map(|name| said(name).map(|value| (name, value.to_owned())))?;
    property.remove_value(name, &value);
    Some(media_type(family, &value))
}

/// A data URI to base64; any other URI is said to be one, and a KEY that is none to be a text (RFC 2426 §3.7.2).
pub fn from_data_uri(property: &mut Property) {
    let Some(family) = family(property) else { return };
    match media_type_and_base64(&property.value) {
        Some((media_type, base64)) => {
            property.params.retain(|param| !param.is("VALUE") && !param.is("ENCODING"));
            property.params.push(Param::new("ENCODING", "b"));
            property.params.extend(subtype(family, &media_type).map(|subtype| Param::new("TYPE", &subtype)));
            property.value = base64;
        }
        None if property.params("ENCODING").next().is_none() && property.params("VALUE").next().is_none() => {
            let is_text = property.is("KEY") && !has_scheme(&property.value);
            property.params.push(Param::new("VALUE", if is_text { "text" } else { "uri" }));
        }
        None => {}
    }
}

/// The two parts of a data URI; none where it has other data than base64, or is none.
fn media_type_and_base64(value: &str) -> Option<(String, String)> {
    let uri = escape::unescape_uri(value);
    let (scheme, rest) = uri.split_once(':')?;
    let (head, data) = rest.split_once(',')?;
    let (media_type, encoding) = head.rsplit_once(';')?;
    if !scheme.eq_ignore_ascii_case("data") || !encoding.eq_ignore_ascii_case("base64") {
        return None;
    }
    Some((media_type.to_owned(), base64(data)?))
}

/// The base64 in a data URI, which may have percent-encoded what it likes of it (RFC 2397 §3); none where that is not
/// base64.
fn base64(data: &str) -> Option<String> {
    let octets = percent_decode_str(data).filter(|octet| !octet.is_ascii_whitespace());
    octets.map(|octet| is_base64(octet).then(|| char::from(octet))).collect()
}

/// What TYPE says besides a format.
fn is_place(value: &str) -> bool {
    ["home", "work", "pref"].iter().any(|place| value.eq_ignore_ascii_case(place))
}

/// Whether it may be a media type, its parameters too, or a part of one, in a data URI.
fn is_media_type(value: &str) -> bool {
    !value.is_empty()
        && value.chars().all(|character| character.is_ascii_alphanumeric() || "!$%&*+-./;=_".contains(character))
}

fn media_type(family: &str, subtype: &str) -> String {
    match subtype.to_ascii_lowercase().as_str() {
        "jpg" => "image/jpeg".to_owned(),
        "wave" => "audio/wav".to_owned(),
        "pgp" => "application/pgp-keys".to_owned(),
        "x509" => "application/pkix-cert".to_owned(),
        whole if whole.contains('/') => whole.to_owned(),
        part => format!("{family}/{part}"),
    }
}

/// What TYPE says for a media type; none for mere data.
fn subtype(family: &str, media_type: &str) -> Option<String> {
    match media_type.to_ascii_lowercase().as_str() {
        "" | "application/octet-stream" => None,
        "audio/wav" => Some("WAVE".to_owned()),
        "application/pgp-keys" => Some("PGP".to_owned()),
        "application/pkix-cert" => Some("X509".to_owned()),
        whole => match whole.split_once('/') {
            Some((main, part)) if main == family => Some(part.to_ascii_uppercase()),
            _ => Some(whole.to_owned()),
        },
    }
}
