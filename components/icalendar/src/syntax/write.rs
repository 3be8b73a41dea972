//! From components to content lines (RFC 5545 §3.1): folding at 75 octets between characters, quoting, RFC 6868.

use super::{Component, Parameter, Property};

/// A component as text, lines ended by CRLF.
pub fn write(component: &Component) -> String {
    let mut out = String::new();
    write_component(component, &mut out);
    out
}

fn write_component(component: &Component, out: &mut String) {
    fold(&format!("BEGIN:{}", component.name), out);
    for property in &component.properties {
        fold(&content_line(property), out);
    }
    for child in &component.components {
        write_component(child, out);
    }
    fold(&format!("END:{}", component.name), out);
}

fn content_line(property: &Property) -> String {
    let mut line = property.name.clone();
    for parameter in &property.params {
        write_parameter(parameter, &mut line);
    }
    line.push(':');
    line.push_str(&property.value);
    line
}

fn write_parameter(parameter: &Parameter, line: &mut String) {
    line.extend([";", &parameter.name, "="]);
    for (position, value) in parameter.values.iter().enumerate() {
        if position > 0 {
            line.push(',');
        }
        let encoded = value.replace('^', "^^").replace('\n', "^n").replace('"', "^'");
        if encoded.contains([',', ';', ':']) {
            line.extend(["\"", &encoded, "\""]);
        } else {
            line.push_str(&encoded);
        }
    }
}

/// Puts a line in parts of at most 75 octets; a character is never divided.
fn fold(line: &str, out: &mut String) {
    let mut room = 75;
    for character in line.chars().filter(|character| !matches!(character, '\r' | '\n')) {
        let octets = character.len_utf8();
        if octets > room {
            out.push_str("\r\n ");
            room = 74;
        }
        out.push(character);
        room -= octets;
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
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nATTENDEE;CN=\"A, B\";X=^n^^,\"c:d\":mailto:x\r\n\
                    SUMMARY:a\\, b\\n c\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(write(&read(text.as_bytes()).unwrap()), text);
    }
}
