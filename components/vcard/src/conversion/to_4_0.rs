//! A card of 3.0 (or 2.1, read as 3.0) as one of 4.0 (RFC 6350 appendix A).

use std::collections::{HashMap, VecDeque};

use super::{RENAMED, dates, media, rename};
use crate::escape;
use crate::property::{Param, Property};
use crate::value_type::{self, has_scheme};

/// Rewrites what 4.0 says otherwise; everything else stays as and where it is.
pub fn rewrite(properties: &mut Vec<Property>) {
    for (old, new) in RENAMED {
        rename(properties, old, new);
    }
    for property in properties.iter_mut() {
        agent_to_related(property);
        if property.remove_value("TYPE", "pref") && property.params("PREF").next().is_none() {
            property.params.push(Param::new("PREF", "1"));
        }
        rewrite_value(property);
    }
    labels_to_addresses(properties);
    sort_string_to_name(properties);
}

fn agent_to_related(property: &mut Property) {
    if property.is("AGENT") && property.has("VALUE", "uri") {
        property.name = "RELATED".to_owned();
        property.params.insert(0, Param::new("TYPE", "agent"));
    }
}

fn rewrite_value(property: &mut Property) {
    let known = value_type::known(&property.name).map(|(value_type, _)| value_type);
    match (property.name.to_ascii_uppercase().as_str(), known) {
        ("GEO", _) => geo(property),
        ("TZ", _) => time_zone(property),
        (_, Some("date-and-or-time" | "timestamp")) => date(property),
        (_, Some("uri")) => uri(property),
        _ => {}
    }
}

/// A URI, without the backslashes that 3.0 has producers write (`http\://`). What says that it is a text, or has no
/// scheme, is a text and keeps its escapes. KEY and RELATED, of which 4.0 expects a URI, then say so (RFC 6350 §6.6.6,
/// §6.8.1).
fn uri(property: &mut Property) {
    media::to_data_uri(property);
    let is_text = property.has("VALUE", "text") || !has_scheme(&property.value);
    if property.remove_value("VALUE", "uri") || !is_text {
        property.value = escape::unescape_uri(&property.value);
    } else if (property.is("KEY") || property.is("RELATED")) && property.params("VALUE").next().is_none() {
        property.params.push(Param::new("VALUE", "text"));
    }
}

/// `37.38;-122.08` is `geo:37.38,-122.08`.
fn geo(property: &mut Property) {
    let parts: Vec<&str> = property.value.split([';', ',']).map(str::trim).collect();
    if let [latitude, longitude] = parts[..]
        && latitude.parse::<f64>().is_ok()
        && longitude.parse::<f64>().is_ok()
    {
        property.value = format!("geo:{latitude},{longitude}");
    }
}

/// An offset is said to be one, as a zone's name is expected.
fn time_zone(property: &mut Property) {
    let is_offset = property.value.starts_with(['+', '-'])
        && property.value.chars().skip(1).all(|character| character.is_ascii_digit() || character == ':');
    if is_offset {
        property.params.retain(|param| !param.is("VALUE"));
        property.params.push(Param::new("VALUE", "utc-offset"));
        property.value = property.value.replace(':', "");
    } else {
        property.remove_value("VALUE", "text");
    }
}

/// The basic format.
pub fn date(property: &mut Property) {
    if property.has("VALUE", "text") {
        return;
    }
    property.remove_value("VALUE", "date");
    property.remove_value("VALUE", "date-time");
    without_apples_year(property);
    property.value = dates::basic(property.value.trim());
}

/// `1604-03-21` is `--03-21`, and `16040321` is `--0321`, where Apple says that the year is not one.
fn without_apples_year(property: &mut Property) {
    let omitted = property.param_values("X-APPLE-OMIT-YEAR").next().map(str::to_owned);
    let Some(day) = omitted.and_then(|year| property.value.trim().strip_prefix(&year).map(str::to_owned)) else {
        return;
    };
    if day.starts_with('-') || day.len() == 4 {
        property.params.retain(|param| !param.is("X-APPLE-OMIT-YEAR"));
        property.value = format!("--{}", day.trim_start_matches('-'));
    }
}

/// LABEL is a parameter of the first address of its group and types that has none yet. One without an address stays.
fn labels_to_addresses(properties: &mut Vec<Property>) {
    let (labels, rest): (Vec<_>, Vec<_>) =
        std::mem::take(properties).into_iter().partition(|property| property.is("LABEL"));
    *properties = rest;
    let mut unlabelled: HashMap<_, VecDeque<usize>> = HashMap::new();
    let is_unlabelled = |property: &Property| property.is("ADR") && property.params("LABEL").next().is_none();
    for (place, address) in properties.iter().enumerate().filter(|(_, property)| is_unlabelled(property)) {
        unlabelled.entry((address.group.clone(), types(address))).or_default().push_back(place);
    }
    for label in labels {
        let addresses = unlabelled.get_mut(&(label.group.clone(), types(&label)));
        match addresses.and_then(VecDeque::pop_front) {
            Some(place) => properties[place].params.push(Param::new("LABEL", &label.text())),
            None => properties.push(label),
        }
    }
}

fn types(property: &Property) -> Vec<String> {
    let mut types: Vec<String> = property.param_values("TYPE").map(str::to_ascii_lowercase).collect();
    types.sort_unstable();
    types
}

/// SORT-STRING is a parameter of N, where there is one of each.
fn sort_string_to_name(properties: &mut Vec<Property>) {
    let at = |name: &str| {
        let mut places =
            properties.iter().enumerate().filter(|(_, property)| property.is(name)).map(|(place, _)| place);
        places.next().filter(|_| places.next().is_none())
    };
    let (Some(name), Some(sort)) = (at("N"), at("SORT-STRING")) else { return };
    if properties[name].params("SORT-AS").next().is_none() {
        let text = properties[sort].text();
        properties[name].params.push(Param::new("SORT-AS", &text));
        properties.remove(sort);
    }
}
