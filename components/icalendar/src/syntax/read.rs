//! From content lines to components. A line's grammar is the `icalendar` crate's; what it cannot do is done here: a parameter in quotes that is
//! a list (it drops the quotes, and stops at a list where only some are quoted). Nesting is followed with a stack, so that no depth of an input
//! is a depth of ours, and so that a fault knows its line.

use icalendar::parser;

use super::lines::{Line, lines};
use super::{Component, Parameter, Property, is_name};
use crate::fault;
use crate::text::Fault;

/// Components inside of components. RFC 9073 needs 4.
pub const DEPTH: usize = 32;

/// Content lines of one object, and the parameters and values of parameters in them: each is a piece of memory of its own.
const PIECES: usize = 500_000;

/// The one VCALENDAR of an object.
pub fn read(object: &[u8]) -> Result<Component, Fault> {
    let mut calendars = read_stream(object)?;
    match (calendars.pop(), calendars.is_empty()) {
        (Some(calendar), true) => Ok(calendar),
        (Some(calendar), false) => Err(fault::syntax(calendar.line, "more than one VCALENDAR")),
        (None, _) => Err(fault::syntax(1, "no VCALENDAR")),
    }
}

/// The VCALENDARs of a stream (RFC 5545 §3.4).
pub fn read_stream(object: &[u8]) -> Result<Vec<Component>, Fault> {
    if let Some(at) = object.iter().position(|byte| *byte == 0) {
        let line = object[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        return Err(fault::syntax(u32::try_from(line).unwrap_or(0), "a NUL character"));
    }
    let lines = lines(object, PIECES + 1);
    let mut pieces = PIECES;
    let mut calendars = Vec::new();
    let mut open: Vec<Component> = Vec::new();
    for line in &lines {
        let taken = 1 + parameters_at_most(&line.text);
        pieces = pieces.checked_sub(taken).ok_or_else(|| fault::bound(line.number, "too many lines and parameters"))?;
        if let Some(name) = delimiter(&line.text, "BEGIN:") {
            begin(name, line, &mut open)?;
        } else if let Some(name) = delimiter(&line.text, "END:") {
            end(&name, line, &mut open, &mut calendars)?;
        } else {
            let component =
                open.last_mut().ok_or_else(|| fault::syntax(line.number, "a line outside of BEGIN:VCALENDAR"))?;
            component.properties.push(property(line)?);
        }
    }
    match open.last() {
        Some(component) => Err(fault::syntax(component.line, &format!("BEGIN:{} without its END", component.name))),
        None => Ok(calendars),
    }
}

/// The component's name, upper case, where the line begins or ends one.
fn delimiter(text: &str, keyword: &str) -> Option<String> {
    let head = text.get(..keyword.len())?;
    head.eq_ignore_ascii_case(keyword).then(|| text[keyword.len()..].trim().to_ascii_uppercase())
}

fn begin(name: String, line: &Line, open: &mut Vec<Component>) -> Result<(), Fault> {
    if !is_name(&name) {
        return Err(fault::syntax(line.number, "BEGIN without the name of a component"));
    }
    if (name == "VCALENDAR") != open.is_empty() {
        return Err(fault::syntax(line.number, &format!("BEGIN:{name} in the wrong place")));
    }
    if open.len() >= DEPTH {
        return Err(fault::bound(line.number, "components nested too deeply"));
    }
    open.push(Component { line: line.number, ..Component::new(&name) });
    Ok(())
}

fn end(name: &str, line: &Line, open: &mut Vec<Component>, calendars: &mut Vec<Component>) -> Result<(), Fault> {
    let component = open.pop().ok_or_else(|| fault::syntax(line.number, &format!("END:{name} without its BEGIN")))?;
    if component.name != name {
        let message = format!("END:{name} where END:{} belongs (BEGIN on line {})", component.name, component.line);
        return Err(fault::syntax(line.number, &message));
    }
    match open.last_mut() {
        Some(parent) => parent.components.push(component),
        None => calendars.push(component),
    }
    Ok(())
}

fn property(line: &Line) -> Result<Property, Fault> {
    let text = line.text.trim_start();
    let malformed = || fault::syntax(line.number, "not a property: NAME:value or NAME;PARAMETER=value:value");
    let colon = colon(text).ok_or_else(malformed)?;
    let (head, value) = (&text[..colon], &text[colon + 1..]);
    let (name, params) =
        if head.contains('"') { quoted(head) } else { plain(&text[..=colon]).ok_or_else(malformed)? };
    // The crate stops at what cannot be in a name, and says nothing of the rest.
    let is_whole = head.split(';').next().is_some_and(|said| said.trim() == name);
    let is_delimiter = ["BEGIN", "END"].iter().any(|delimiter| name.eq_ignore_ascii_case(delimiter));
    if !is_whole || is_delimiter || !is_name(&name) || !params.iter().all(|parameter| is_name(&parameter.name)) {
        return Err(malformed());
    }
    let mut property = Property { line: line.number, ..Property::new(&name.to_ascii_uppercase(), value) };
    params.into_iter().for_each(|parameter| property.add(parameter));
    Ok(property)
}

/// How many parameters and values of parameters a line can have.
fn parameters_at_most(text: &str) -> usize {
    let end = colon(text).unwrap_or(text.len());
    text.bytes().take(end).filter(|byte| matches!(byte, b';' | b',')).count()
}

/// Where the value's colon is: the first outside of quotes, or the first of all where a quote is never closed.
fn colon(text: &str) -> Option<usize> {
    let mut quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b':' if !quoted => return Some(at),
            _ => {}
        }
    }
    text.find(':')
}

/// Name and parameters of a line in whose parameters nothing is quoted, up to its colon.
fn plain(head: &str) -> Option<(String, Vec<Parameter>)> {
    let property = parser::Property::try_from(head).ok()?;
    let params = property.params.iter().map(|parameter| {
        let value = parameter.val.as_ref().map_or("", parser::ParseString::as_str);
        Parameter { name: parameter.key.as_str().to_ascii_uppercase(), values: value.split(',').map(decode).collect() }
    });
    Some((property.name.as_str().to_string(), params.collect()))
}

/// Name and parameters where something is quoted.
fn quoted(head: &str) -> (String, Vec<Parameter>) {
    let mut parts = outside_quotes(head, ';').into_iter();
    let name = parts.next().unwrap_or_default().trim().to_string();
    let params = parts.map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let values = outside_quotes(value, ',').into_iter().map(|value| decode(&value.replace('"', ""))).collect();
        Parameter { name: name.trim().to_ascii_uppercase(), values }
    });
    (name, params.collect())
}

fn outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(|character| {
        quoted ^= character == '"';
        character == separator && !quoted
    })
    .collect()
}

/// RFC 6868: `^n`, `^^` and `^'`.
fn decode(value: &str) -> String {
    let mut decoded = String::with_capacity(value.len());
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        let replacement = match (character, characters.peek()) {
            ('^', Some('n')) => '\n',
            ('^', Some('^')) => '^',
            ('^', Some('\'')) => '"',
            _ => {
                decoded.push(character);
                continue;
            }
        };
        characters.next();
        decoded.push(replacement);
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Property {
        property(&Line { number: 7, text: line.to_string() }).unwrap()
    }

    #[test]
    fn unknown_properties_and_parameters_stay_in_order() {
        let read = parse("x-foo;b=1;A=2,3;C:a:b\\,c");
        assert_eq!((read.name.as_str(), read.value.as_str(), read.line), ("X-FOO", "a:b\\,c", 7));
        let names: Vec<_> = read.params.iter().map(|parameter| parameter.name.as_str()).collect();
        assert_eq!(names, ["B", "A", "C"]);
        assert_eq!(read.params[1].values, ["2", "3"]);
    }

    #[test]
    fn quotes_keep_a_list_apart_from_a_text_with_commas() {
        let read = parse("ATTENDEE;CN=\"Doe, Jane\";MEMBER=\"mailto:a@x\",\"mailto:b@x\";X=a,\"b;c:d\":mailto:j@x");
        assert_eq!(read.param("CN"), Some("Doe, Jane"));
        assert_eq!(read.parameter("MEMBER").unwrap().values, ["mailto:a@x", "mailto:b@x"]);
        assert_eq!(read.parameter("X").unwrap().values, ["a", "b;c:d"]);
        assert_eq!(read.value, "mailto:j@x");
    }

    #[test]
    fn carets_are_decoded() {
        assert_eq!(parse("ATTENDEE;CN=^'Bob^' ^^^n:x").param("CN"), Some("\"Bob\" ^\n"));
    }

    #[test]
    fn faults_know_their_line() {
        let line = |object: &str| read(object.as_bytes()).unwrap_err().line;
        assert_eq!(line("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VTODO\nEND:VCALENDAR\n"), 3);
        assert_eq!(line("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nEND:VEVENT\n"), 1);
        assert_eq!(line("BEGIN:VCALENDAR\nBEGIN:VEVENT\nno colon\nEND:VEVENT\nEND:VCALENDAR"), 3);
        assert_eq!(line("BEGIN:VCALENDAR\nEND:VCALENDAR\nBEGIN:VCALENDAR\nEND:VCALENDAR"), 3);
    }

    #[test]
    fn deep_nesting_is_refused() {
        let object = format!("BEGIN:VCALENDAR\n{}", "BEGIN:X-A\n".repeat(100_000));
        assert_eq!(read(object.as_bytes()).unwrap_err().rule, crate::text::Rule::Bound);
    }
}
