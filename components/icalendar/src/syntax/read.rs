//! From content lines to components. A line's grammar is the `icalendar` crate's; what it cannot do is done here: a
//! parameter in quotes that is a list (it drops the quotes, and stops at a list where only some are quoted). Nesting is
//! followed with a stack, so that no depth of an input is a depth of ours, and so that a fault knows its line.

use icalendar::parser;
use memchr::memchr;

use super::lines::{Line, lines};
use super::{Component, Parameter, Property, is_name};
use crate::fault;
use crate::text::Fault;

/// Components inside of components. RFC 9073 needs 4.
pub const DEPTH: usize = 32;

/// Content lines of one object, and the parameters and values of parameters in them: each is a piece of memory of its
/// own.
const PIECES: usize = 500_000;

/// Parameters of one property: each is looked for among those before it.
pub const PARAMETERS: usize = 200;

/// The one VCALENDAR of an object.
pub fn read(object: &[u8]) -> Result<Component, Fault> {
    the_one(read_stream(object)?)
}

/// The VCALENDARs of a stream (RFC 5545 §3.4).
pub fn read_stream(object: &[u8]) -> Result<Vec<Component>, Fault> {
    Reading::new(object, &mut Zones::none())?.all()
}

fn the_one(mut calendars: Vec<Component>) -> Result<Component, Fault> {
    match (calendars.pop(), calendars.is_empty()) {
        (Some(calendar), true) => Ok(calendar),
        (Some(calendar), false) => Err(fault::syntax(calendar.line, "more than one VCALENDAR")),
        (None, _) => Err(fault::syntax(1, "no VCALENDAR")),
    }
}

/// Reads many objects. Those of a calendar have the same few VTIMEZONEs, which are most of their lines: one that comes
/// again is not read again.
pub struct Reader<'o>(Zones<'o>);

impl<'o> Reader<'o> {
    /// One that has read nothing yet.
    pub fn new() -> Self {
        Self(Zones { known: Vec::new(), most: ZONES })
    }

    /// The one VCALENDAR of an object.
    pub fn read(&mut self, object: &'o [u8]) -> Result<Component, Fault> {
        the_one(Reading::new(object, &mut self.0)?.all()?)
    }
}

/// So many VTIMEZONEs are known again.
const ZONES: usize = 16;

/// Lines in which the end of one is looked for.
const ZONE_LINES: usize = 1_000;

/// VTIMEZONEs that have been read.
struct Zones<'o> {
    known: Vec<KnownZone<'o>>,
    most: usize,
}

struct KnownZone<'o> {
    octets: &'o [u8],
    component: Component,
    /// How much of [`PIECES`] it takes.
    pieces: usize,
}

impl Zones<'_> {
    fn none() -> Self {
        Self { known: Vec::new(), most: 0 }
    }
}

/// A VTIMEZONE that is being read, and may be remembered.
struct NewZone {
    begin: usize,
    pieces: usize,
}

/// An object that is being read.
struct Reading<'o, 'z> {
    object: &'o [u8],
    lines: Vec<Line<'o>>,
    zones: &'z mut Zones<'o>,
    /// How much of [`PIECES`] is left.
    pieces: usize,
    open: Vec<Component>,
    calendars: Vec<Component>,
    new_zone: Option<NewZone>,
}

impl<'o, 'z> Reading<'o, 'z> {
    fn new(object: &'o [u8], zones: &'z mut Zones<'o>) -> Result<Self, Fault> {
        if let Some(at) = memchr(0, object) {
            let line = object[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            return Err(fault::syntax(u32::try_from(line).unwrap_or(0), "a NUL character"));
        }
        let lines = lines(object, PIECES + 1);
        let (open, calendars) = (Vec::new(), Vec::new());
        Ok(Self { object, lines, zones, pieces: PIECES, open, calendars, new_zone: None })
    }

    fn all(mut self) -> Result<Vec<Component>, Fault> {
        let lines = std::mem::take(&mut self.lines);
        let mut rest = lines.as_slice();
        while let Some((line, others)) = rest.split_first() {
            rest = match self.known_zone(rest)? {
                Some(length) => &rest[length..],
                None => {
                    self.line(line)?;
                    others
                }
            };
        }
        match self.open.last() {
            Some(component) => Err(fault::syntax(component.line, &format!("BEGIN:{} without its END", component.name))),
            None => Ok(self.calendars),
        }
    }

    /// Takes a VTIMEZONE that is known, where one begins; how many lines it has.
    fn known_zone(&mut self, lines: &[Line]) -> Result<Option<usize>, Fault> {
        let (Some(begin), [calendar]) = (lines.first(), self.open.as_mut_slice()) else { return Ok(None) };
        if self.zones.most == 0 || begin.text != "BEGIN:VTIMEZONE" {
            return Ok(None);
        }
        let mut near = lines.iter().take(ZONE_LINES);
        let Some(end) = near.position(|line| line.text == "END:VTIMEZONE") else { return Ok(None) };
        let octets = &self.object[begin.place.start..lines[end].place.end];
        let Some(zone) = self.zones.known.iter().find(|zone| zone.octets == octets) else {
            self.new_zone = Some(NewZone { begin: begin.place.start, pieces: self.pieces });
            return Ok(None);
        };
        calendar.components.push(zone.component.clone());
        self.take(zone.pieces, begin)?;
        Ok(Some(end + 1))
    }

    fn line(&mut self, line: &Line) -> Result<(), Fault> {
        let colon = colon(&line.text);
        let head = colon.map_or(&*line.text, |colon| &line.text[..colon]);
        self.take(1 + head.bytes().filter(|byte| matches!(byte, b';' | b',')).count(), line)?;
        if let Some(name) = delimiter(&line.text, "BEGIN:") {
            begin(name, line, &mut self.open)
        } else if let Some(name) = delimiter(&line.text, "END:") {
            end(&name, line, &mut self.open, &mut self.calendars)?;
            self.remember(line);
            Ok(())
        } else {
            let component =
                self.open.last_mut().ok_or_else(|| fault::syntax(line.number, "a line outside of BEGIN:VCALENDAR"))?;
            component.properties.push(property(line)?);
            Ok(())
        }
    }

    /// Remembers the VTIMEZONE that ends with a line, where one does.
    fn remember(&mut self, end: &Line) {
        let [calendar] = self.open.as_slice() else { return };
        let (Some(new), Some(component)) = (self.new_zone.take(), calendar.components.last()) else { return };
        if self.zones.known.len() < self.zones.most {
            let octets = &self.object[new.begin..end.place.end];
            let pieces = new.pieces - self.pieces;
            self.zones.known.push(KnownZone { octets, component: component.clone(), pieces });
        }
    }

    fn take(&mut self, pieces: usize, line: &Line) -> Result<(), Fault> {
        let left = self.pieces.checked_sub(pieces);
        self.pieces = left.ok_or_else(|| fault::bound(line.number, "too many lines and parameters"))?;
        Ok(())
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
    let (name, params) = match head {
        // Most have no parameters.
        name if is_name(name) => (name.to_ascii_uppercase(), Vec::new()),
        quotes if quotes.contains('"') => quoted(head),
        _ => plain(&text[..=colon]).ok_or_else(malformed)?,
    };
    // The crate stops at what cannot be in a name, and says nothing of the rest.
    let is_whole = head.split(';').next().is_some_and(|said| said.trim().eq_ignore_ascii_case(&name));
    let is_delimiter = matches!(name.as_str(), "BEGIN" | "END");
    if !is_whole || is_delimiter || !is_name(&name) || !params.iter().all(|parameter| is_name(&parameter.name)) {
        return Err(malformed());
    }
    if params.len() > PARAMETERS {
        return Err(fault::bound(line.number, "too many parameters"));
    }
    let mut property = Property { name, params: Vec::new(), value: value.to_string(), line: line.number };
    params.into_iter().for_each(|parameter| property.add(parameter));
    Ok(property)
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

/// Upper-case name, and parameters, of a line in whose parameters nothing is quoted, up to its colon.
fn plain(head: &str) -> Option<(String, Vec<Parameter>)> {
    let property = parser::Property::try_from(head).ok()?;
    let params = property.params.iter().map(|parameter| {
        let value = parameter.val.as_ref().map_or("", parser::ParseString::as_str);
        Parameter { name: parameter.key.as_str().to_ascii_uppercase(), values: value.split(',').map(decode).collect() }
    });
    Some((property.name.as_str().to_ascii_uppercase(), params.collect()))
}

/// Upper-case name, and parameters, where something is quoted.
fn quoted(head: &str) -> (String, Vec<Parameter>) {
    let mut parts = outside_quotes(head, ';').into_iter();
    let name = parts.next().unwrap_or_default().trim().to_ascii_uppercase();
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
    if !value.contains('^') {
        return value.to_string();
    }
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
        property(&Line { number: 7, place: 0..line.len(), text: line.into() }).unwrap()
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

    #[test]
    fn a_zone_that_comes_again_is_the_same() {
        let zone = |tzid: &str| {
            format!("BEGIN:VTIMEZONE\r\nTZID:{tzid}\r\nBEGIN:STANDARD\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n")
        };
        let object = |parts: &[String]| format!("BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n", parts.concat());
        let event = "BEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\n".to_string();
        let objects = [
            object(&[zone("A"), event.clone()]),
            object(&[event.clone(), zone("A"), zone("B")]),
            object(&[zone("B").replace("TZID:B", "TZID:B\r\n C"), zone("B"), event]),
            object(&[zone("A").replace("END:STANDARD\r\n", "")]),
        ];
        let mut reader = Reader::new();
        for object in &objects {
            let mut again = reader.read(object.as_bytes());
            let alone = read(object.as_bytes());
            if let (Ok(again), Ok(alone)) = (&mut again, &alone) {
                take_lines(again, alone);
            }
            assert_eq!(again, alone, "{object}");
        }
        assert_eq!(reader.0.known.len(), 3);
    }

    /// Those of a zone that comes again are where it came first.
    fn take_lines(to: &mut Component, from: &Component) {
        to.line = from.line;
        to.properties.iter_mut().zip(&from.properties).for_each(|(to, from)| to.line = from.line);
        to.components.iter_mut().zip(&from.components).for_each(|(to, from)| take_lines(to, from));
    }
}
