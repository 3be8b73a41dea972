//! The grammar of iCalendar (RFC 5545 §3.1): bytes to a tree of components and back.

mod lines;
mod read;
mod write;

pub use read::{DEPTH, PARAMETERS, Reader, read, read_stream};
pub use write::{escape_text, write};

use icalendar::parser::ParseString;

/// A component with its properties in their order, then its subcomponents in theirs.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Upper case.
    pub name: String,
    /// The line of its BEGIN, from 1; 0 where it was not read.
    pub line: u32,
    /// Its properties.
    pub properties: Vec<Property>,
    /// Its subcomponents.
    pub components: Vec<Component>,
}

/// A content line.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// Upper case.
    pub name: String,
    /// Its parameters in their order.
    pub params: Vec<Parameter>,
    /// Its value as written: unfolded, still escaped.
    pub value: String,
    /// The line it begins on, from 1; 0 where it was not read.
    pub line: u32,
}

/// A parameter of a property.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Upper case.
    pub name: String,
    /// Its values, without quotes and decoded (RFC 6868).
    pub values: Vec<String>,
}

impl Component {
    /// An empty one.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_string(), line: 0, properties: Vec::new(), components: Vec::new() }
    }

    /// The first property of that name.
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// Every property of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Property> {
        self.properties.iter().filter(move |property| property.name == name)
    }

    /// The rules of that name, RRULE or EXRULE (RFC 2445 §4.8.5.2). One without a value is none: there are producers
    /// that write one where an event does not recur.
    pub fn rules<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Property> {
        self.all(name).filter(|property| !property.value.trim().is_empty())
    }

    /// The value of the first property of that name, without the whitespace around it.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.property(name).map(|property| property.value.trim())
    }

    /// The text of the first property of that name.
    pub fn text(&self, name: &str) -> Option<String> {
        self.property(name).map(Property::text)
    }
}

impl Property {
    /// One without parameters.
    pub fn new(name: &str, value: impl Into<String>) -> Self {
        Self { name: name.to_string(), params: Vec::new(), value: value.into(), line: 0 }
    }

    /// The same with one more parameter.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.params.push(Parameter { name: name.to_string(), values: vec![value.to_string()] });
        self
    }

    /// Adds a parameter. One that is there already gets the values of both: jCal has room for each name once.
    pub fn add(&mut self, parameter: Parameter) {
        match self.params.iter_mut().find(|known| known.name == parameter.name) {
            Some(known) => known.values.extend(parameter.values),
            None => self.params.push(parameter),
        }
    }

    /// The parameter of that name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.params.iter().find(|parameter| parameter.name == name)
    }

    /// The first value of the parameter of that name.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.parameter(name)?.values.first().map(String::as_str)
    }

    /// The value as TEXT (RFC 5545 §3.3.11).
    pub fn text(&self) -> String {
        unescape_text(&self.value)
    }
}

/// Whether a text can be the name of a component, a property or a parameter (RFC 5545 §3.1), `_` being what some
/// producers have in theirs.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Reverses the escaping of TEXT.
pub fn unescape_text(value: &str) -> String {
    ParseString::from(value).unescape_text().as_str().to_string()
}

/// The items of a list of values, still escaped: the parts between commas that are not escaped.
pub fn items(value: &str) -> Vec<&str> {
    split_unescaped(value, ',')
}

/// The parts between separators that no backslash precedes.
pub fn split_unescaped(value: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut escaped = false;
    for (at, character) in value.char_indices() {
        if escaped {
            escaped = false;
        } else if character == '\\' {
            escaped = true;
        } else if character == separator {
            parts.push(&value[start..at]);
            start = at + character.len_utf8();
        }
    }
    parts.push(&value[start..]);
    parts
}
