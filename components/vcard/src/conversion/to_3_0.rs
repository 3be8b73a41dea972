//! A card of 4.0 as one of 3.0 (RFC 2426), the other way of `to_4_0`.

use super::{RENAMED, dates, media, rename};
use crate::escape;
use crate::property::{Param, Property};
use crate::value_type;

/// The year that Apple writes where there is none, as its clients know.
const NO_YEAR: &str = "1604";

/// Rewrites what 3.0 says otherwise; everything else stays as and where it is, in 3.0 as an extension.
pub fn rewrite(properties: &mut Vec<Property>) {
    for property in properties.iter_mut() {
        rewrite_value(property);
        related_to_agent(property);
        list_types(property);
        if property.has("PREF", "1") {
            property.params.retain(|param| !param.is("PREF"));
            property.params.push(Param::new("TYPE", "pref"));
        }
    }
    for (old, new) in RENAMED {
        rename(properties, new, old);
    }
    *properties = std::mem::take(properties).into_iter().flat_map(with_what_was_its_parameter).collect();
    if !properties.iter().any(|property| property.is("N")) {
        properties.extend(structured_name(properties));
    }
}

/// N, which 3.0 requires, for a card that has only FN. Which of its words is the family name nobody knows.
fn structured_name(properties: &[Property]) -> Option<Property> {
    let full = properties.iter().find(|property| property.is("FN"))?;
    Some(Property::new("N", &format!("{};;;;", escape::escape(&full.text()))))
}

fn related_to_agent(property: &mut Property) {
    if property.is("RELATED") && property.has("TYPE", "agent") && value_type::of(property) == "uri" {
        property.name = "AGENT".to_owned();
        property.remove_value("TYPE", "agent");
        if !property.has("VALUE", "uri") {
            property.params.push(Param::new("VALUE", "uri"));
        }
    }
}

/// Types in one pair of quotes are several.
fn list_types(property: &mut Property) {
    for param in property.params.iter_mut().filter(|param| param.is("TYPE")) {
        param.values = param.each().map(str::to_owned).collect();
    }
}

fn rewrite_value(property: &mut Property) {
    match (property.name.to_ascii_uppercase().as_str(), value_type::of(property).as_str()) {
        ("GEO", _) => geo(property),
        ("TZ", _) => time_zone(property),
        ("TEL", "uri") => telephone(property),
        ("BDAY" | "ANNIVERSARY" | "DEATHDATE" | "REV" | "CREATED", value) if value != "text" => date(property),
        _ if media::is_media(property) => media::from_data_uri(property),
        _ => {}
    }
}

/// `geo:37.38,-122.08` is `37.38;-122.08`; with an uncertainty or another scheme it stays.
fn geo(property: &mut Property) {
    if let Some((latitude, longitude)) = property.value.strip_prefix("geo:").and_then(|place| place.split_once(','))
        && latitude.parse::<f64>().is_ok()
        && longitude.parse::<f64>().is_ok()
    {
        property.value = format!("{latitude};{longitude}");
        property.remove_value("VALUE", "uri");
    }
}

/// An offset needs no saying; a zone's name does.
fn time_zone(property: &mut Property) {
    if property.has("VALUE", "utc-offset") {
        property.remove_value("VALUE", "utc-offset");
        property.value = dates::extended_offset(&property.value);
    } else if property.params("VALUE").next().is_none() {
        property.params.push(Param::new("VALUE", "text"));
    }
}

/// The number of a `tel:` URI; clients of 3.0 take what is there for the number.
fn telephone(property: &mut Property) {
    if let Some(number) = property.value.strip_prefix("tel:") {
        property.value = escape::escape(number);
        property.remove_value("VALUE", "uri");
    }
}

/// The extended format; and where there is no year, Apple's.
fn date(property: &mut Property) {
    for value in ["date-and-or-time", "timestamp"] {
        property.remove_value("VALUE", value);
    }
    property.value = dates::extended(&property.value);
    let day = property.value.strip_prefix("--").filter(|day| day.len() == 5).map(str::to_owned);
    if let Some(day) = day {
        property.params.push(Param::new("X-APPLE-OMIT-YEAR", NO_YEAR));
        property.value = format!("{NO_YEAR}-{day}");
    }
}

/// A property, and what in 3.0 is one beside it: the LABEL of an address, the SORT-AS of a name.
fn with_what_was_its_parameter(mut property: Property) -> Vec<Property> {
    let (param, name) = match property.name.to_ascii_uppercase().as_str() {
        "ADR" => ("LABEL", "LABEL"),
        "N" => ("SORT-AS", "SORT-STRING"),
        _ => return vec![property],
    };
    let mut text = property.param_values(param).collect::<Vec<_>>().join(",");
    if text.is_empty() {
        return vec![property];
    }
    property.params.retain(|other| !other.is(param));
    if param == "LABEL" {
        // The example of RFC 6350 §6.3.1 has line breaks written so; RFC 6868, which is younger, has `^n` for them.
        text = text.replace("\\n", "\n").replace("\\N", "\n");
    }
    let mut beside = Property::new(name, &escape::escape(&text));
    if name == "LABEL" {
        beside.group.clone_from(&property.group);
        beside.params = property.params("TYPE").cloned().collect();
    }
    vec![property, beside]
}
