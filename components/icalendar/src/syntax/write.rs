//! From components to content lines (RFC 5545 §3.1): folding at 75 octets between characters, quoting, RFC 6868.

use std::borrow::Cow;

use super::{Component, Parameter, Property};

/// A component as text, lines ended by CRLF.
pub fn write(component: &Component) -> String {
    let mut writer = Writer::default();
    writer.component(component);
    writer.out
}

/// The text so far, and the room in which the next line is put together.
#[derive(Default)]
struct Writer {
    out: String,
    line: String,
}

impl Writer {
    fn component(&mut self, component: &Component) {
        self.delimiter("BEGIN:", component);
        for property in &component.properties {
            self.line.clear();
            content_line(property, &mut self.line);
            fold(&self.line, &mut self.out);
        }
        component.components.iter().for_each(|child| self.component(child));
        self.delimiter("END:", component);
    }

    fn delimiter(&mut self, keyword: &str, component: &Component) {
        self.line.clear();
        self.line.extend([keyword, &component.name]);
        fold(&self.line, &mut self.out);
    }
}

fn content_line(property: &Property, line: &mut String) {
    line.push_str(&property.name);
    for parameter in &property.params {
        write_parameter(parameter, line);
    }
    line.push(':');
    line.push_str(&property.value);
}

fn write_parameter(parameter: &Parameter, line: &mut String) {
    line.extend([";", &parameter.name, "="]);
    for (position, value) in parameter.values.iter().enumerate() {
        if position > 0 {
            line.push(',');
        }
        let encoded = encode(value);
        if encoded.contains([',', ';', ':']) {
            line.extend(["\"", &encoded, "\""]);
        } else {
            line.push_str(&encoded);
        }
    }
}

/// RFC 6868: `^n`, `^^` and `^'`.
fn encode(value: &str) -> Cow<'_, str> {
    if value.contains(['^', '\n', '"']) {
        Cow::Owned(value.replace('^', "^^").replace('\n', "^n").replace('"', "^'"))
    } else {
        Cow::Borrowed(value)
    }
}

/// What fits into a line, in octets without its break.
const WIDTH: usize = 75;

/// Puts a line in parts of at most [`WIDTH`] octets; a character is never divided.
fn fold(line: &str, out: &mut String) {
    if line.contains(['\r', '\n']) {
        return fold(&line.replace(['\r', '\n'], ""), out);
    }
    let (mut part, mut rest) = line.split_at(line.floor_char_boundary(WIDTH));
    out.push_str(part);
    while !rest.is_empty() {
        out.push_str("\r\n ");
        (part, rest) = rest.split_at(rest.floor_char_boundary(WIDTH - 1));
        out.push_str(part);
    }
    out.push_str("\r\n");
}

/// Escapes TEXT (RFC 5545 §3.3.11).
pub fn escape_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | ',' | ';' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            '\r' => {}
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::read;

    #[test]
    fn lines_are_folded_between_characters() {
        let mut out = String::new();
        fold(&"\u{1F600}".repeat(40), &mut out);
        assert!(out.split("\r\n").all(|line| line.len() <= 75));
        assert_eq!(out.replace("\r\n ", "").trim_end(), "\u{1F600}".repeat(40));
        out.clear();
        fold(&format!("{}\r\n{}", "a".repeat(75), "b".repeat(75)), &mut out);
        assert_eq!(out, format!("{}\r\n {}\r\n b\r\n", "a".repeat(75), "b".repeat(74)));
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nATTENDEE;CN=\"A, B\";X=^n^^,\"c:d\":mailto:x\r\n\
                    SUMMARY:a\\, b\\n c\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(write(&read(text.as_bytes()).unwrap()), text);
    }
}
