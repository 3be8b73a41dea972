//! jCal (RFC 7265).

use serde_json::{Map, Number, Value as Json, json};

use super::property::{Typed, Value};
use crate::syntax::{Component, Parameter};

/// A calendar as jCal.
pub fn write(calendar: &Component) -> String {
    component(calendar).to_string()
}

fn component(from: &Component) -> Json {
    let properties: Vec<_> = from.properties.iter().map(|property| self::property(Typed::of(property))).collect();
    let components: Vec<_> = from.components.iter().map(component).collect();
    json!([from.name.to_ascii_lowercase(), properties, components])
}

fn property(typed: Typed) -> Json {
    let mut params = Map::new();
    for Parameter { name, values } in typed.params {
        let value = match values.as_slice() {
            [value] => json!(value),
            _ => json!(values),
        };
        params.insert(name.to_ascii_lowercase(), value);
    }
    let mut parts = vec![json!(typed.name.to_ascii_lowercase()), Json::Object(params), json!(typed.kind)];
    parts.extend(typed.values.iter().map(|value| json_of(&typed.kind, value)));
    Json::Array(parts)
}

fn json_of(kind: &str, value: &Value) -> Json {
    match value {
        Value::Plain(text) => scalar(kind, text),
        Value::Structured(parts) => parts.iter().map(|part| scalar(kind, part)).collect(),
        Value::Period(start, end) => json!([start, end]),
        Value::Recur(parts) => {
            let parts = parts.iter().map(|(name, values)| {
                let values: Vec<_> = values.iter().map(|value| scalar(recur_kind(name), value)).collect();
                (
                    name.clone(),
                    if values.len() == 1 { values.into_iter().collect::<Json>()[0].clone() } else { json!(values) },
                )
            });
            Json::Object(parts.collect())
        }
    }
}

fn recur_kind(name: &str) -> &'static str {
    match name {
        "freq" | "until" | "wkst" | "byday" | "rscale" | "skip" => "text",
        _ => "integer",
    }
}

/// Numbers and truth values as JSON's own (RFC 7265 §3.6), what claims to be one and is not as the text that it is.
fn scalar(kind: &str, text: &str) -> Json {
    let own = match kind {
        "integer" => text.parse::<i64>().ok().map(Json::from),
        "float" => text.parse::<f64>().ok().and_then(Number::from_f64).map(Json::Number),
        "boolean" => text.parse::<bool>().ok().map(Json::Bool),
        _ => None,
    };
    own.unwrap_or_else(|| json!(text))
}

/// Reads jCal. The parser bounds the nesting.
pub fn read(object: &[u8]) -> Result<Component, String> {
    let json: Json = serde_json::from_slice(object).map_err(|error| error.to_string())?;
    read_component(&json)
}

fn read_component(json: &Json) -> Result<Component, String> {
    let malformed = || "a component is an array of name, properties and components".to_string();
    let [Json::String(name), Json::Array(properties), Json::Array(components)] =
        json.as_array().ok_or_else(malformed)?.as_slice()
    else {
        return Err(malformed());
    };
    let mut component = Component::new(&super::name(name)?);
    for property in properties {
        component.properties.push(read_property(property)?.into_property());
    }
    component.components = components.iter().map(read_component).collect::<Result<_, _>>()?;
    Ok(component)
}

fn read_property(json: &Json) -> Result<Typed, String> {
    let malformed = || "a property is an array of name, parameters, type and values".to_string();
    let [Json::String(name), Json::Object(params), Json::String(kind), values @ ..] =
        json.as_array().ok_or_else(malformed)?.as_slice()
    else {
        return Err(malformed());
    };
    super::few_parameters(params.len())?;
    let params = params.iter().map(|(name, value)| {
        let values = match value {
            Json::Array(values) => values.iter().map(text_of).collect(),
            value => vec![text_of(value)],
        };
        Ok(Parameter { name: super::name(name)?, values })
    });
    let kind = super::name(kind)?.to_ascii_lowercase();
    Ok(Typed {
        name: super::name(name)?,
        params: params.collect::<Result<_, String>>()?,
        values: values.iter().map(|value| read_value(&kind, value)).collect::<Result<_, _>>()?,
        kind,
    })
}

fn read_value(kind: &str, json: &Json) -> Result<Value, String> {
    match (kind, json) {
        ("period", Json::Array(parts)) => match parts.as_slice() {
            [start, end] => Ok(Value::Period(text_of(start), text_of(end))),
            _ => Err("a period is an array of two".to_string()),
        },
        // As in RFC 7265's appendix B, against its §3.6.9.
        ("period", Json::String(text)) => Ok(match text.split_once('/') {
            Some((start, end)) => Value::Period(start.to_string(), end.to_string()),
            None => Value::Plain(text.clone()),
        }),
        ("recur", Json::Object(parts)) => {
            let parts = parts.iter().map(|(name, value)| {
                let values = match value {
                    Json::Array(values) => values.iter().map(text_of).collect(),
                    value => vec![text_of(value)],
                };
                Ok((super::name(name)?.to_ascii_lowercase(), values))
            });
            Ok(Value::Recur(parts.collect::<Result<_, String>>()?))
        }
        (_, Json::Array(parts)) => Ok(Value::Structured(parts.iter().map(text_of).collect())),
        (_, Json::Object(_)) => Err(format!("a value of type {kind} is no object")),
        (_, value) => Ok(Value::Plain(text_of(value))),
    }
}

fn text_of(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}
