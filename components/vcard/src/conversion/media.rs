//! PHOTO, LOGO, SOUND and KEY: in 3.0 base64 with ENCODING=b and a TYPE, in 4.0 a data URI (RFC 2397; RFC 6350 §6.2.4).

use crate::property::{Param, Property};

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
    let subtype = property.param_values("TYPE").find(|value| !is_place(value)).map(str::to_owned);
    let media_type =
        subtype.as_deref().map_or_else(|| "application/octet-stream".to_owned(), |name| media_type(family, name));
    if let Some(subtype) = subtype {
        property.remove_value("TYPE", &subtype);
    }
    property.params.retain(|param| !param.is("ENCODING") && !param.is("VALUE"));
    property.value = format!("data:{media_type};base64,{}", property.value);
}

/// A data URI to base64; any other URI is said to be one.
pub fn from_data_uri(property: &mut Property) {
    let Some(family) = family(property) else { return };
    let base64 = property.value.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("data:")).and_then(|_| {
        let (head, data) = property.value.get(5..)?.split_once(',')?;
        Some((head.strip_suffix(";base64")?.to_owned(), data.to_owned()))
    });
    match base64 {
        Some((media_type, data)) => {
            property.params.retain(|param| !param.is("VALUE") && !param.is("ENCODING"));
            property.params.push(Param::new("ENCODING", "b"));
            property.params.extend(subtype(family, &media_type).map(|subtype| Param::new("TYPE", &subtype)));
            property.value = data;
        }
        None if property.params("ENCODING").next().is_none() && property.params("VALUE").next().is_none() => {
            property.params.push(Param::new("VALUE", "uri"));
        }
        None => {}
    }
}

/// What TYPE says besides a format.
fn is_place(value: &str) -> bool {
    ["home", "work", "pref"].iter().any(|place| value.eq_ignore_ascii_case(place))
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
