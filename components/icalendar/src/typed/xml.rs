//! xCal (RFC 6321).

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::{escape, resolve_xml_entity};
use quick_xml::events::{BytesRef, Event};

use super::kind::parameter_kind;
use super::property::{Typed, Value};
use crate::syntax::{Component, Parameter};

const NAMESPACE: &str = "urn:ietf:params:xml:ns:icalendar-2.0";

/// Elements inside of elements: three for each level of components, and a few for a value.
const DEPTH: usize = 128;

/// A calendar as xCal.
pub fn write(calendar: &Component) -> String {
    let mut out = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<icalendar xmlns=\"{NAMESPACE}\">");
    write_component(calendar, &mut out);
    out.push_str("</icalendar>");
    out
}

fn write_component(component: &Component, out: &mut String) {
    element(&component.name, out, |out| {
        if !component.properties.is_empty() {
            element("properties", out, |out| {
                component.properties.iter().for_each(|property| write_property(&Typed::of(property), out));
            });
        }
        if !component.components.is_empty() {
            element("components", out, |out| component.components.iter().for_each(|child| write_component(child, out)));
        }
    });
}

fn write_property(typed: &Typed, out: &mut String) {
    element(&typed.name, out, |out| {
        if !typed.params.is_empty() {
            element("parameters", out, |out| {
                for Parameter { name, values } in &typed.params {
                    let kind = parameter_kind(name);
                    element(name, out, |out| {
                        values.iter().for_each(|value| text(kind, &parameter_text(kind, value), out));
                    });
                }
            });
        }
        typed.values.iter().for_each(|value| write_value(typed, value, out));
    });
}

/// A parameter's value: `TRUE` and `FALSE` are those of XML Schema (RFC 6321 appendix A), in lower case.
fn parameter_text<'a>(kind: &str, value: &'a str) -> Cow<'a, str> {
    if is_boolean(kind, value) { Cow::Owned(value.to_ascii_lowercase()) } else { Cow::Borrowed(value) }
}

fn is_boolean(kind: &str, value: &str) -> bool {
    kind == "boolean" && ["TRUE", "FALSE"].iter().any(|known| known.eq_ignore_ascii_case(value))
}

fn write_value(typed: &Typed, value: &Value, out: &mut String) {
    match value {
        Value::Plain(value) => text(&typed.kind, value, out),
        Value::Structured(parts) => {
            let (parts, rest) = parts.split_at(parts.len().min(2));
            // Sloppy producers do not escape what is in the last.
            let last = (!rest.is_empty()).then(|| rest.join(";"));
            parts.iter().chain(&last).zip(part_names(&typed.name)).for_each(|(part, name)| text(name, part, out));
        }
        Value::Period(start, end) => element("period", out, |out| {
            text("start", start, out);
            text(if end.contains('P') { "duration" } else { "end" }, end, out);
        }),
        Value::Recur(parts) => element("recur", out, |out| {
            for (name, values) in parts {
                values.iter().for_each(|value| text(name, value, out));
            }
        }),
    }
}

/// The elements of a structured value (RFC 6321 §3.4.1.2, §3.4.1.3).
fn part_names(name: &str) -> [&'static str; 3] {
    if name == "GEO" { ["latitude", "longitude", "altitude"] } else { ["code", "description", "data"] }
}

fn element(name: &str, out: &mut String, content: impl FnOnce(&mut String)) {
    let name = name.to_ascii_lowercase();
    out.extend(["<", &name, ">"]);
    content(out);
    out.extend(["</", &name, ">"]);
}

/// An element with a text. Characters that XML cannot hold are left out.
fn text(name: &str, text: &str, out: &mut String) {
    let allowed: String = text.chars().filter(|c| is_xml(*c)).collect();
    element(name, out, |out| out.push_str(&escape(allowed.as_str())));
}

/// Whether XML 1.0 can hold a character (§2.2).
fn is_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// An element that was read.
#[derive(Default)]
struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    fn children_of(&self, name: &str) -> &[Element] {
        self.child(name).map_or(&[], |child| &child.children)
    }
}

/// Reads xCal.
pub fn read(object: &[u8]) -> Result<Component, String> {
    let root = tree(std::str::from_utf8(object).map_err(|error| error.to_string())?)?;
    match (root.name.as_str(), root.children.as_slice()) {
        ("icalendar", [calendar]) if calendar.name == "vcalendar" => read_component(calendar),
        _ => Err("not one vcalendar in an icalendar".to_string()),
    }
}

/// The root element. Document types and entities of a document's own are refused.
fn tree(xml: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(xml);
    let mut open: Vec<Element> = vec![Element::default()];
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) if open.len() > DEPTH => {
                return Err(format!("{:?} is nested too deeply", start.local_name().as_ref()));
            }
            Event::Start(start) => {
                open.push(Element { name: start.local_name().as_ref().to_string(), ..Element::default() });
            }
            Event::Empty(start) => {
                let element = Element { name: start.local_name().as_ref().to_string(), ..Element::default() };
                open.last_mut().ok_or("no element")?.children.push(element);
            }
            Event::End(_) => {
                let element = open.pop().ok_or("an element ends that was not begun")?;
                open.last_mut().ok_or("an element ends that was not begun")?.children.push(element);
            }
            Event::Text(text) => add(&mut open, &text.xml10_content())?,
            Event::CData(data) => add(&mut open, &data.xml10_content())?,
            Event::GeneralRef(reference) => add(&mut open, &resolved(&reference)?)?,
            Event::DocType(_) => return Err("document type declarations are not accepted".to_string()),
            Event::Eof => break,
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
        }
    }
    match (open.pop(), open.is_empty()) {
        (Some(mut document), true) => document.children.pop().ok_or_else(|| "no element".to_string()),
        _ => Err("an element does not end".to_string()),
    }
}

fn add(open: &mut [Element], text: &str) -> Result<(), String> {
    if !text.chars().all(is_xml) {
        return Err("a character that XML cannot hold".to_string());
    }
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
    Ok(())
}

fn resolved(reference: &BytesRef) -> Result<String, String> {
    if let Some(character) = reference.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(character.to_string());
    }
    let name: &str = reference;
    resolve_xml_entity(name).map(str::to_string).ok_or_else(|| format!("the entity {name:?} is not defined"))
}

fn read_component(element: &Element) -> Result<Component, String> {
    let mut component = Component::new(&super::name(&element.name)?);
    for property in element.children_of("properties") {
        component.properties.push(read_property(property)?.into_property());
    }
    component.components = element.children_of("components").iter().map(read_component).collect::<Result<_, _>>()?;
    Ok(component)
}

fn read_property(element: &Element) -> Result<Typed, String> {
    let name = super::name(&element.name)?;
    super::few_parameters(element.children_of("parameters").len())?;
    let params = element.children_of("parameters").iter().map(|parameter| {
        let name = super::name(&parameter.name)?;
        let kind = parameter_kind(&name);
        let values = parameter.children.iter().map(|value| match is_boolean(kind, &value.text) {
            true => value.text.to_ascii_uppercase(),
            false => value.text.clone(),
        });
        Ok(Parameter { values: values.collect(), name })
    });
    let values: Vec<_> = element.children.iter().filter(|child| child.name != "parameters").collect();
    let first = values.first().map_or("unknown", |value| value.name.as_str());
    let structured = matches!((name.as_str(), first), ("GEO", "latitude") | ("REQUEST-STATUS", "code"));
    let (kind, values) = if structured {
        let kind = if name == "GEO" { "float" } else { "text" };
        (kind, vec![Value::Structured(values.iter().map(|part| part.text.clone()).collect())])
    } else {
        (first, values.into_iter().map(read_value).collect::<Result<_, _>>()?)
    };
    Ok(Typed {
        name,
        params: params.collect::<Result<_, String>>()?,
        kind: super::name(kind)?.to_ascii_lowercase(),
        values,
    })
}

fn read_value(element: &Element) -> Result<Value, String> {
    match (element.name.as_str(), element.children.as_slice()) {
        ("period", [start, end]) => Ok(Value::Period(start.text.clone(), end.text.clone())),
        ("recur", parts) if !parts.is_empty() => {
            let mut read: Vec<(String, Vec<String>)> = Vec::new();
            for part in parts {
                match read.last_mut() {
                    Some((name, values)) if *name == part.name => values.push(part.text.clone()),
                    _ => read.push((super::name(&part.name)?.to_ascii_lowercase(), vec![part.text.clone()])),
                }
            }
            Ok(Value::Recur(read))
        }
        _ => Ok(Value::Plain(element.text.clone())),
    }
}
