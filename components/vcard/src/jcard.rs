//! jCard (RFC 7095): a card of 4.0 in JSON.

use ical_vcard::Identifier;
use serde_json::{Map, Number, Value, json};

use crate::bounds;
use crate::card::EDGES;
use crate::conversion::dates;
use crate::escape;
use crate::fault;
use crate::legacy;
use crate::property::{Param, Property, has_control};
use crate::text::Fault;
use crate::value_type::{self, Shape, UNKNOWN};

/// Writes the properties of a card of 4.0, VERSION not among them.
pub fn write(properties: &[Property]) -> Vec<u8> {
    let version = json!(["version", {}, "text", "4.0"]);
    let properties: Vec<Value> = std::iter::once(version).chain(properties.iter().map(write_property)).collect();
    json!(["vcard", properties]).to_string().into_bytes()
}

fn write_property(property: &Property) -> Value {
    let value_type = value_type::of(property);
    let mut params = Map::new();
    if let Some(group) = &property.group {
        params.insert("group".to_owned(), json!(group));
    }
    for param in property.params.iter().filter(|param| !param.is("VALUE")) {
        add_param(param, &mut params);
    }
    let mut array = vec![json!(property.name.to_ascii_lowercase()), Value::Object(params), json!(value_type)];
    array.extend(values(property, &value_type));
    Value::Array(array)
}

/// Adds a parameter's values to those that another of its name gave (RFC 7095 §3.4).
fn add_param(param: &Param, params: &mut Map<String, Value>) {
    let name = param.name.to_ascii_lowercase();
    let mut values = match params.remove(&name) {
        Some(Value::Array(values)) => values,
        Some(one) => vec![one],
        None => Vec::new(),
    };
    values.extend(param.each().map(Value::from));
    params.insert(name, one_or_array(values));
}

fn one_or_array(mut values: Vec<Value>) -> Value {
    match (values.pop(), values.is_empty()) {
        (Some(one), true) => one,
        (Some(last), false) => {
            values.push(last);
            Value::Array(values)
        }
        (None, _) => Value::from(""),
    }
}

/// What follows the type: a value, or several (RFC 7095 §3.3). Commas separate them, but in properties that are known
/// to have one, and in types whose values may have commas in them.
fn values(property: &Property, value_type: &str) -> Vec<Value> {
    let value = property.value.as_str();
    let shape = value_type::known(&property.name).map_or(Shape::List, |(_, shape)| shape);
    let of: fn(&str) -> Value = match value_type {
        "text" if shape == Shape::Compound => {
            return vec![one_or_array(escape::split(value, b';').into_iter().map(component).collect())];
        }
        "text" => text,
        "date" | "date-time" | "date-and-or-time" | "timestamp" => |part| json!(dates::extended(part)),
        "time" => |part| json!(dates::of_time(part, dates::extended)),
        "utc-offset" => |part| json!(dates::extended_offset(part)),
        "integer" => |part| part.trim().parse::<i64>().map_or_else(|_| json!(part), Value::from),
        "float" => float,
        "boolean" => boolean,
        "language-tag" => |part| json!(part),
        _ => return vec![json!(value)],
    };
    match shape {
        Shape::Single => vec![of(value)],
        Shape::List | Shape::Compound => escape::split(value, b',').into_iter().map(of).collect(),
    }
}

/// A number, as far as JSON has it: what is none there (`NaN`) stays as it is.
fn float(part: &str) -> Value {
    let number = part.trim().parse::<f64>().ok().and_then(Number::from_f64);
    number.map_or_else(|| json!(part), Value::Number)
}

fn boolean(part: &str) -> Value {
    match part.to_ascii_lowercase().as_str() {
        "true" => json!(true),
        "false" => json!(false),
        _ => json!(part),
    }
}

fn text(value: &str) -> Value {
    Value::from(escape::unescape(value))
}

fn component(value: &str) -> Value {
    one_or_array(escape::split(value, b',').into_iter().map(text).collect())
}

/// Reads a jCard: its properties, VERSION not among them. Faults: `syntax` where it is not one, `resource` where there
/// are several, `bound` where it is too large.
pub fn read(content: &[u8]) -> Result<Vec<Property>, Fault> {
    if content.len() > bounds::CARD_OCTETS {
        return Err(fault::bound(format!("a card has {} octets at most", bounds::CARD_OCTETS)));
    }
    let json: Value = serde_json::from_slice(content)
        .map_err(|error| fault::syntax(u32::try_from(error.line()).unwrap_or(0), error.to_string()))?;
    let properties = match json.as_array().map(Vec::as_slice) {
        Some([name, Value::Array(properties)]) if name == "vcard" => properties,
        Some([Value::Array(_), ..]) => return Err(fault::resource("there is more than one card")),
        _ => return Err(fault::syntax(0, r#"a jCard is ["vcard", [...]]"#)),
    };
    if properties.len() > bounds::CARD_LINES {
        return Err(fault::bound(format!("a card has {} properties at most", bounds::CARD_LINES)));
    }
    let properties = properties.iter().map(read_property).collect::<Result<Vec<_>, _>>()?;
    let (versions, properties): (Vec<_>, Vec<_>) = properties.into_iter().partition(|property| property.is("VERSION"));
    // Exactly one (RFC 6350 §6.7.9).
    match versions.as_slice() {
        [version] if version.value == "4.0" => Ok(properties),
        [version] => Err(fault::unsupported(format!("a jCard of version {:?}", version.value))),
        [] => Err(fault::syntax(0, "the card has no version")),
        _ => Err(fault::syntax(0, "the card has more than one version")),
    }
}

fn read_property(json: &Value) -> Result<Property, Fault> {
    let Some([Value::String(name), Value::Object(params), Value::String(value_type), values @ ..]) =
        json.as_array().map(Vec::as_slice)
    else {
        return Err(fault::syntax(0, "a property is [name, {parameters}, type, value...]"));
    };
    if Identifier::new(value_type).is_err() {
        return Err(fault::syntax(0, format!("{value_type:?} is not a type")));
    }
    let mut property = Property::new(&name.to_ascii_uppercase(), "");
    for (name, value) in params {
        match (name.as_str(), value) {
            ("group", Value::String(group)) => property.group = Some(group.clone()),
            _ => property.params.push(Param { name: name.to_ascii_uppercase(), values: read_param(value)? }),
        }
    }
    property.value = read_values(values, value_type, name)?;
    if value_type != UNKNOWN && value_type::of(&property) != *value_type {
        property.params.push(Param::new("VALUE", value_type));
    }
    may_be_written(&property)
        .then_some(property)
        .ok_or_else(|| fault::syntax(0, format!("{name:?} is not a property of vCard")))
}

/// Whether a property can be a content line: names are names, and nothing would end the line or the card.
fn may_be_written(property: &Property) -> bool {
    legacy::is_name(&property.name)
        && !EDGES.iter().any(|edge| property.is(edge))
        && property.group.as_deref().is_none_or(legacy::is_name)
        && property.params.iter().all(|param| Identifier::new(&param.name).is_ok())
        && property.params.iter().flat_map(|param| &param.values).all(|value| !has_control(&value.replace('\n', "")))
        && !has_control(&property.value)
}

fn read_param(value: &Value) -> Result<Vec<String>, Fault> {
    match value {
        Value::Array(values) if !values.is_empty() => values.iter().map(scalar).collect(),
        one => Ok(vec![scalar(one)?]),
    }
}

fn scalar(value: &Value) -> Result<String, Fault> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(true) => Ok("TRUE".to_owned()),
        Value::Bool(false) => Ok("FALSE".to_owned()),
        _ => Err(fault::syntax(0, "a string, a number, true or false is expected")),
    }
}

/// The value of a content line.
fn read_values(values: &[Value], value_type: &str, name: &str) -> Result<String, Fault> {
    let one = |value: &Value| -> Result<String, Fault> {
        let text = scalar(value)?;
        Ok(match value_type {
            "text" => escape::escape(&text),
            "date" | "date-time" | "date-and-or-time" | "timestamp" => dates::basic(&text),
            "time" => dates::of_time(&text, dates::basic),
            "utc-offset" => text.replace(':', ""),
            _ => text,
        })
    };
    let component = |value: &Value| match value {
        Value::Array(parts) => Ok(parts.iter().map(one).collect::<Result<Vec<_>, _>>()?.join(",")),
        part => one(part),
    };
    let value = |value: &Value| match value {
        Value::Array(components) => Ok(components.iter().map(component).collect::<Result<Vec<_>, _>>()?.join(";")),
        single => one(single),
    };
    if values.is_empty() {
        return Err(fault::syntax(0, format!("{name:?} has no value")));
    }
    Ok(values.iter().map(value).collect::<Result<Vec<_>, _>>()?.join(","))
}
