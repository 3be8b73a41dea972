//! A property with typed values, between a content line and jCal or xCal.

use std::collections::BTreeSet;

use super::kind::{always_says_kind, default_kind, is_list, joined, separated};
use crate::syntax::{Parameter, Property, escape_text, is_name, items, split_unescaped, unescape_text};
use crate::time::Moment;

/// A property whose values have a type.
pub struct Typed {
    /// Upper case.
    pub name: String,
    /// All but VALUE.
    pub params: Vec<Parameter>,
    /// The type, lower case.
    pub kind: String,
    /// The values, in their order.
    pub values: Vec<Value>,
}

/// A value.
pub enum Value {
    /// One that is written as a text of its type.
    Plain(String),
    /// The parts of a GEO or a REQUEST-STATUS.
    Structured(Vec<String>),
    /// Start and end, or start and duration, of a PERIOD.
    Period(String, String),
    /// The parts of a RECUR: names in lower case, values with separators.
    Recur(Vec<(String, Vec<String>)>),
}

impl Typed {
    /// Gives a property its type.
    pub fn of(property: &Property) -> Self {
        let kind = kind_of(property);
        let says_kind = said_kind(property).is_some();
        let params = property.params.iter().filter(|parameter| parameter.name != "VALUE" || !says_kind).cloned();
        let texts = if is_list(&property.name, &kind) { items(&property.value) } else { vec![property.value.as_str()] };
        let values = texts.into_iter().map(|text| value_of(&property.name, &kind, text)).collect();
        Self { name: property.name.clone(), params: params.collect(), kind, values }
    }

    /// The property as a content line has it.
    pub fn into_property(self) -> Property {
        let mut property = Property::new(&self.name, "");
        let is_said = always_says_kind(&self.name) || self.kind != default_kind(&self.name);
        if self.kind != "unknown" && is_said {
            property = property.with("VALUE", &self.kind.to_ascii_uppercase());
        }
        self.params.into_iter().for_each(|parameter| property.add(parameter));
        let texts: Vec<_> = self.values.iter().map(|value| text_of(&self.kind, value)).collect();
        property.value = texts.join(",");
        property
    }
}

/// What VALUE says, where that can be a type.
fn said_kind(property: &Property) -> Option<&str> {
    property.param("VALUE").filter(|kind| is_name(kind) && !kind.eq_ignore_ascii_case("parameters"))
}

/// The type of a property: what VALUE says, what the property has without it, and a date where a time is missing.
fn kind_of(property: &Property) -> String {
    match said_kind(property) {
        Some(kind) => kind.to_ascii_lowercase(),
        None => {
            let kind = default_kind(&property.name);
            let is_date = kind == "date-time" && Moment::of(property).is_some_and(|moment| moment.is_date());
            if is_date { "date" } else { kind }.to_string()
        }
    }
}

fn value_of(name: &str, kind: &str, text: &str) -> Value {
    match (name, kind) {
        ("GEO", "float") => Value::Structured(text.split(';').map(str::to_string).collect()),
        ("REQUEST-STATUS", "text") => {
            Value::Structured(split_unescaped(text, ';').into_iter().map(unescape_text).collect())
        }
        (_, "period") => match text.split_once('/') {
            Some((start, end)) => Value::Period(with_separators("date-time", start), with_separators("date-time", end)),
            None => Value::Plain(text.to_string()),
        },
        (_, "recur") => recur(text).map_or_else(|| Value::Plain(text.to_string()), Value::Recur),
        (_, "text") => Value::Plain(unescape_text(text)),
        (_, "boolean") => Value::Plain(text.to_ascii_lowercase()),
        _ => Value::Plain(with_separators(kind, text)),
    }
}

/// The parts of a RECUR; none where it is not one, or has a part twice (RFC 5545 §3.3.10), which an object of JSON has
/// not.
fn recur(text: &str) -> Option<Vec<(String, Vec<String>)>> {
    let parts: Vec<_> = text.split(';').filter(|part| !part.is_empty()).map(recur_part).collect::<Option<_>>()?;
    let names: BTreeSet<&String> = parts.iter().map(|(name, _)| name).collect();
    (names.len() == parts.len()).then_some(parts)
}

fn recur_part(part: &str) -> Option<(String, Vec<String>)> {
    let (name, value) = part.split_once('=').filter(|(name, _)| is_name(name))?;
    let name = name.to_ascii_lowercase();
    let values = match name.as_str() {
        "until" => vec![separated("date", value).unwrap_or_else(|| with_separators("date-time", value))],
        _ => value.split(',').map(str::to_string).collect(),
    };
    Some((name, values))
}

fn text_of(kind: &str, value: &Value) -> String {
    match value {
        Value::Plain(text) if kind == "text" => escape_text(text),
        Value::Plain(text) if kind == "boolean" => text.to_ascii_uppercase(),
        Value::Plain(text) => without_separators(kind, text),
        Value::Structured(parts) if kind == "text" => {
            parts.iter().map(|part| escape_text(part)).collect::<Vec<_>>().join(";")
        }
        Value::Structured(parts) => parts.join(";"),
        Value::Period(start, end) => {
            format!("{}/{}", without_separators("date-time", start), without_separators("date-time", end))
        }
        Value::Recur(parts) => parts.iter().map(recur_text).collect::<Vec<_>>().join(";"),
    }
}

fn recur_text((name, values): &(String, Vec<String>)) -> String {
    let texts: Vec<_> = values
        .iter()
        .map(|value| match name.as_str() {
            "until" => joined("date", value).unwrap_or_else(|| without_separators("date-time", value)),
            _ => value.clone(),
        })
        .collect();
    format!("{}={}", name.to_ascii_uppercase(), texts.join(","))
}

fn with_separators(kind: &str, text: &str) -> String {
    separated(kind, text).unwrap_or_else(|| text.to_string())
}

fn without_separators(kind: &str, text: &str) -> String {
    joined(kind, text).unwrap_or_else(|| text.to_string())
}
