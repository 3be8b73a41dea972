//! One property: group, name, parameters, value (RFC 6350 §3.3). The grammar is the crate `ical_vcard`'s; writing is
//! here, because lines that it writes would take a comma inside of a parameter's value for one between two.

use std::fmt::Write;

use ical_vcard::Contentline;

use crate::card::Version;
use crate::escape;
use crate::fault;
use crate::legacy;
use crate::lines::Line;
use crate::text::Fault;

/// A property in the way of 3.0 and 4.0, however it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// The group it belongs to, as written (`item1`).
    pub group: Option<String>,
    /// Its name as written.
    pub name: String,
    /// Its parameters in their order.
    pub params: Vec<Param>,
    /// Its value, still escaped.
    pub value: String,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its name as written.
    pub name: String,
    /// Its values, without quotes and without the escapes of RFC 6868.
    pub values: Vec<String>,
}

impl Param {
    /// A parameter with one value.
    pub fn new(name: &str, value: &str) -> Self {
        Param { name: name.to_owned(), values: vec![value.to_owned()] }
    }

    /// Whether it has that name, in any case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Its values; a TYPE that has several in one pair of quotes (as RFC 6350 itself does) has each of them.
    pub fn each(&self) -> impl Iterator<Item = &str> {
        let is_type = self.is("TYPE");
        self.values.iter().flat_map(move |value| value.split(move |character| is_type && character == ','))
    }
}

impl Property {
    /// A property without group and parameters; `value` is escaped already.
    pub fn new(name: &str, value: &str) -> Self {
        Property { group: None, name: name.to_owned(), params: Vec::new(), value: value.to_owned() }
    }

    /// What a line of a card of that version says; fault `syntax` where that is nothing.
    pub fn read(line: &Line<'_>, version: Version) -> Result<Self, Fault> {
        let bytes = line.text();
        let text = legacy::to_utf8(&bytes, version)
            .ok_or_else(|| fault::syntax(line.number, "the line is neither UTF-8 nor in a charset that it names"))?;
        let nested = escape::escape(String::from_utf8_lossy(line.nested()).trim_end());
        if has_control(&text) || has_control(&nested) {
            return Err(fault::syntax(line.number, "the line has a control character in it"));
        }
        let mut property = match text.parse::<Contentline>() {
            Ok(content) => Property::from(&content),
            Err(_) => legacy::read(&text)
                .ok_or_else(|| fault::syntax(line.number, format!("{:?} is not a property", beginning(&text))))?,
        };
        legacy::modernise(&mut property, version);
        if !nested.is_empty() {
            property.value = nested;
        }
        Ok(property)
    }

    /// Whether it has that name, in any case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Whether it has that name (upper case), which may have its group before it (`ITEM1.EMAIL`).
    pub fn answers_to(&self, name: &str) -> bool {
        match (name.split_once('.'), &self.group) {
            (Some((group, bare)), Some(own)) => own.eq_ignore_ascii_case(group) && self.is(bare),
            (Some(_), None) => false,
            (None, _) => self.is(name),
        }
    }

    /// Takes a value from the parameters of that name, in any case, and a parameter that had no other; whether there
    /// was one.
    pub fn remove_value(&mut self, name: &str, value: &str) -> bool {
        let was = self.has(name, value);
        if was {
            for param in self.params.iter_mut().filter(|param| param.is(name)) {
                param.values =
                    param.each().filter(|each| !each.eq_ignore_ascii_case(value)).map(str::to_owned).collect();
            }
            self.params.retain(|param| !param.is(name) || !param.values.is_empty());
        }
        was
    }

    /// Its value as a text, the separators of its parts still there.
    pub fn text(&self) -> String {
        escape::unescape(&self.value)
    }

    /// Its parameters of that name.
    pub fn params<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Param> {
        self.params.iter().filter(move |param| param.is(name))
    }

    /// The values of its parameters of that name.
    pub fn param_values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.params(name).flat_map(Param::each)
    }

    /// Whether a parameter of that name has that value, in any case.
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.param_values(name).any(|each| each.eq_ignore_ascii_case(value))
    }

    /// Writes it as a content line, folded at 75 octets (RFC 6350 §3.2) and ended by CRLF.
    pub fn write(&self, out: &mut String) {
        fold(&self.unfolded(), out);
    }

    fn unfolded(&self) -> String {
        let mut line = String::with_capacity(self.value.len() + 64);
        if let Some(group) = &self.group {
            line.extend([group, "."]);
        }
        line.push_str(&self.name);
        for param in &self.params {
            line.extend([";", &param.name]);
            for (index, value) in param.values.iter().enumerate() {
                line.push(if index == 0 { '=' } else { ',' });
                write_param_value(value, &mut line);
            }
        }
        line.push(':');
        line.push_str(&self.value);
        line
    }
}

impl From<&Contentline> for Property {
    fn from(content: &Contentline) -> Self {
        let param = |param: &ical_vcard::Param| Param {
            name: param.name().to_owned(),
            values: param.values().iter().map(|value| value.as_str().to_owned()).collect(),
        };
        Property {
            group: content.group().map(str::to_owned),
            name: content.name().to_owned(),
            params: content.params().iter().map(param).collect(),
            value: content.value().to_owned(),
        }
    }
}

/// Whether there is in a text what neither a content line nor XML may hold.
pub fn has_control(text: &str) -> bool {
    text.bytes().any(|octet| octet.is_ascii_control() && octet != b'\t')
}

/// A parameter's value, in quotes where it needs them, with the escapes of RFC 6868.
fn write_param_value(value: &str, line: &mut String) {
    let quote = if value.contains([',', ';', ':']) { "\"" } else { "" };
    line.push_str(quote);
    for character in value.chars() {
        match character {
            '\n' => line.push_str("^n"),
            '^' => line.push_str("^^"),
            '"' => line.push_str("^'"),
            other => line.push(other),
        }
    }
    line.push_str(quote);
}

/// Writes a line in physical lines of 75 octets at most, never dividing a character.
pub fn fold(line: &str, out: &mut String) {
    let mut rest = line;
    let mut room = 75;
    while rest.len() > room {
        let end = rest.floor_char_boundary(room);
        let (now, later) = rest.split_at(end);
        // Writing to a String cannot fail.
        let _ = write!(out, "{now}\r\n ");
        (rest, room) = (later, 74);
    }
    out.push_str(rest);
    out.push_str("\r\n");
}

/// Enough of a line to know it by.
fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(40)]
}
