//! One version or form into another. What both versions know is said in the target's way; what only one knows is kept
//! as it is, as an extension, so that nothing is lost on the way there and back.

pub mod dates;
mod media;
mod to_3_0;
mod to_4_0;

pub use to_4_0::date as to_date_4_0;

use crate::card::{Card, Version};
use crate::escape;
use crate::fault;
use crate::jcard;
use crate::property::Property;
use crate::text::{Fault, Format};

/// Names of 3.0, most of them Apple's, and those of 4.0.
pub const RENAMED: [(&str, &str); 3] =
    [("X-ADDRESSBOOKSERVER-KIND", "KIND"), ("X-ADDRESSBOOKSERVER-MEMBER", "MEMBER"), ("X-ANNIVERSARY", "ANNIVERSARY")];

/// One form or version into another; `version` is `3.0` or `4.0`, none keeps it. A card that is asked for as it is
/// comes back unchanged. jCard is always 4.0. Faults: those of reading it; `unsupported` for XML, and for a version
/// that is not written.
pub fn convert(content: Vec<u8>, source: Format, to: Format, version: Option<&str>) -> Result<Vec<u8>, Fault> {
    let (properties, is) = match source {
        Format::Text => {
            let card = Card::read(&content)?;
            let properties = card.properties().collect::<Result<Vec<_>, _>>()?;
            (properties, card.version)
        }
        Format::Json => (jcard::read(&content)?, Version::V4_0),
        Format::Xml => return Err(no_xml()),
    };
    let target = target(to, version, is)?;
    if source == to && target == is {
        return Ok(content);
    }
    Ok(write(&to_version(properties, is, target), to, target))
}

/// The version to write a card of version `is` in. Faults as those of `convert`.
pub fn target(to: Format, version: Option<&str>, is: Version) -> Result<Version, Fault> {
    let asked = version.map(Version::named).transpose()?;
    match (to, asked) {
        (Format::Xml, _) => Err(no_xml()),
        (Format::Json, None | Some(Version::V4_0)) => Ok(Version::V4_0),
        (Format::Json, Some(_)) => Err(fault::unsupported("a jCard is of version 4.0")),
        (Format::Text, None) => Ok(is),
        (Format::Text, Some(Version::V2_1)) if is != Version::V2_1 => Err(fault::unsupported("vCard 2.1 is read only")),
        (Format::Text, Some(asked)) => Ok(asked),
    }
}

fn no_xml() -> Fault {
    fault::unsupported("xCard (RFC 6351) is not supported")
}

/// The properties of a card of version `is` in another version, VERSION left out.
pub fn to_version(mut properties: Vec<Property>, is: Version, target: Version) -> Vec<Property> {
    properties.retain(|property| !property.is("VERSION"));
    if target != is {
        name(&mut properties);
    }
    match (is, target) {
        (Version::V4_0, Version::V3_0) => to_3_0::rewrite(&mut properties),
        (Version::V2_1 | Version::V3_0, Version::V4_0) => to_4_0::rewrite(&mut properties),
        _ => {}
    }
    properties
}

/// Gives properties the name that the other version has for them. In a card that has that name too both stay: KIND and
/// ANNIVERSARY may be there once (RFC 6350 §6.1.4, §6.2.6), MEMBER many times.
fn rename(properties: &mut [Property], from: &str, to: &str) {
    if !to.ends_with("MEMBER") && properties.iter().any(|property| property.is(to)) {
        return;
    }
    for property in properties.iter_mut().filter(|property| property.is(from)) {
        property.name = to.to_owned();
    }
}

/// Writes a card.
pub fn write(properties: &[Property], format: Format, version: Version) -> Vec<u8> {
    match format {
        Format::Json => jcard::write(properties),
        _ => write_text(properties, version),
    }
}

fn write_text(properties: &[Property], version: Version) -> Vec<u8> {
    let mut out = format!("BEGIN:VCARD\r\nVERSION:{}\r\n", version.as_str());
    for property in properties {
        property.write(&mut out);
    }
    out.push_str("END:VCARD\r\n");
    out.into_bytes()
}

/// Gives a card the FN that it lacks.
fn name(properties: &mut Vec<Property>) {
    if !properties.iter().any(|property| property.is("FN")) {
        properties.insert(0, Property::new("FN", &made_name(properties)));
    }
}

/// What to call a card without FN, made of what else it has; still escaped.
pub fn made_name(properties: &[Property]) -> String {
    let value =
        |name: &str| properties.iter().find(|property| property.is(name)).map(|property| property.value.as_str());
    let full = value("N").map(full_name).filter(|name| !name.is_empty());
    let organisation = value("ORG").and_then(|org| escape::split(org, b';').first().map(|first| (*first).to_owned()));
    full.or(organisation).or_else(|| value("NICKNAME").or(value("EMAIL")).map(str::to_owned)).unwrap_or_default()
}

/// Prefixes, given name, additional names, family name and suffixes of N's value, still escaped.
fn full_name(value: &str) -> String {
    let components = escape::split(value, b';');
    let parts = [3, 1, 2, 0, 4]
        .iter()
        .filter_map(|index| components.get(*index))
        .map(|part| escape::split(part, b',').join(" "));
    parts.filter(|part| !part.trim().is_empty()).collect::<Vec<_>>().join(" ")
}
