//! A card in its lines: where it begins and ends, and its version.

use crate::bounds;
use crate::fault;
use crate::lines::{Line, Lines};
use crate::property::Property;
use crate::text::Fault;

/// Names of the lines around a card, which no property has (RFC 6350 §6.1.1, §6.1.2).
pub const EDGES: [&str; 2] = ["BEGIN", "END"];

/// The versions of vCard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Version {
    /// vCard 2.1 (versit Consortium), which is read and never written.
    V2_1,
    /// RFC 2426
    V3_0,
    /// RFC 6350
    V4_0,
}

impl Version {
    /// As VERSION says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Version::V2_1 => "2.1",
            Version::V3_0 => "3.0",
            Version::V4_0 => "4.0",
        }
    }

    /// The version of that name; fault `unsupported` where there is none.
    pub fn named(name: &str) -> Result<Self, Fault> {
        match name.trim() {
            "2.1" => Ok(Version::V2_1),
            "3.0" => Ok(Version::V3_0),
            "4.0" => Ok(Version::V4_0),
            other => Err(fault::unsupported(format!("vCard version {other:?} is not one of 2.1, 3.0 and 4.0"))),
        }
    }
}

/// One card.
#[derive(Debug)]
pub struct Card<'a> {
    /// Its version.
    pub version: Version,
    /// Its lines between BEGIN and END.
    pub lines: Vec<Line<'a>>,
}

impl<'a> Card<'a> {
    /// The one card that `content` is. Faults: `syntax` where it is not a vCard, `resource` where it is several,
    /// `unsupported` where its version is not known, `bound` where it is too large.
    pub fn read(content: &'a [u8]) -> Result<Self, Fault> {
        if content.len() > bounds::CARD_OCTETS {
            return Err(fault::bound(format!("a card has {} octets at most", bounds::CARD_OCTETS)));
        }
        let mut source = Lines::of(content);
        let lines = between_begin_and_end(&mut source)?.ok_or_else(|| fault::syntax(0, "there is no card"))?;
        if let Some(line) = source.next() {
            return Err(match line.says("BEGIN", "VCARD") {
                true => fault::resource("there is more than one card"),
                false => fault::syntax(line.number, "something follows END:VCARD"),
            });
        }
        Ok(Card { version: version(&lines)?, lines })
    }

    /// Its properties in their order, VERSION among them; fault `syntax` for one that cannot be read.
    pub fn properties(&self) -> impl Iterator<Item = Result<Property, Fault>> {
        self.lines.iter().map(|line| Property::read(line, self.version))
    }

    /// Its properties of that name (upper case, with or without group).
    pub fn named<'s>(&'s self, name: &'s str) -> impl Iterator<Item = Result<Property, Fault>> + 's {
        self.lines.iter().filter(move |line| line.is(name)).map(|line| Property::read(line, self.version))
    }
}

/// The cards of a stream, each as its bytes are. Faults: `syntax` where something else is among them, `bound` where
/// they are too many.
pub fn split(content: &[u8]) -> Result<Vec<Vec<u8>>, Fault> {
    if content.len() > bounds::STREAM_OCTETS {
        return Err(fault::bound(format!("a stream has {} octets at most", bounds::STREAM_OCTETS)));
    }
    let mut cards = Vec::new();
    let mut source = Lines::of(content);
    loop {
        source.skip_blank();
        let start = source.position();
        if between_begin_and_end(&mut source)?.is_none() {
            return Ok(cards);
        }
        if cards.len() == bounds::STREAM_CARDS {
            return Err(fault::bound(format!("a stream has {} cards at most", bounds::STREAM_CARDS)));
        }
        cards.push(source.since(start).to_vec());
    }
}

/// What a card begins and ends with.
enum Edge {
    Begin,
    End,
}

/// Which edge of a card a line is, if any. Fault `syntax` for a property of that name (`END;X=1:VCARD`): readers that
/// look at names only would take it for an edge, and what is one card here for two.
fn edge(line: &Line<'_>) -> Result<Option<Edge>, Fault> {
    match () {
        () if EDGES.iter().all(|name| !line.is(name)) => Ok(None),
        () if line.says("BEGIN", "VCARD") => Ok(Some(Edge::Begin)),
        () if line.says("END", "VCARD") => Ok(Some(Edge::End)),
        () => Err(fault::syntax(line.number, "no property is named BEGIN or END")),
    }
}

/// The lines of the next card; none where there is none. Cards nested in a line stay with it.
fn between_begin_and_end<'a>(source: &mut Lines<'a>) -> Result<Option<Vec<Line<'a>>>, Fault> {
    let Some(begin) = source.next() else { return Ok(None) };
    if !begin.says("BEGIN", "VCARD") {
        return Err(fault::syntax(begin.number, "a card begins with BEGIN:VCARD"));
    }
    let mut lines: Vec<Line<'a>> = Vec::new();
    while let Some(line) = source.next() {
        match edge(&line)? {
            Some(Edge::End) => return Ok(Some(lines)),
            _ if lines.len() == bounds::CARD_LINES => {
                return Err(fault::bound(format!("a card has {} lines at most", bounds::CARD_LINES)));
            }
            Some(Edge::Begin) => {
                skip_nested(source, 1)?;
                match lines.last_mut() {
                    Some(agent) if may_hold_cards(agent) => agent.raw = source.since(agent.start),
                    _ => return Err(fault::syntax(line.number, "a card begins inside of another")),
                }
            }
            None => lines.push(line),
        }
    }
    Err(fault::syntax(begin.number, "the card does not end with END:VCARD"))
}

/// Reads to the end of a card that has begun inside another.
fn skip_nested(source: &mut Lines<'_>, depth: usize) -> Result<(), Fault> {
    if depth > bounds::NESTING {
        return Err(fault::bound(format!("cards are nested {} deep at most", bounds::NESTING)));
    }
    while let Some(line) = source.next() {
        match edge(&line)? {
            Some(Edge::End) => return Ok(()),
            Some(Edge::Begin) => skip_nested(source, depth + 1)?,
            None => {}
        }
    }
    Err(fault::syntax(0, "a card in the card does not end with END:VCARD"))
}

/// Whether it is an AGENT without a value of its own.
fn may_hold_cards(line: &Line<'_>) -> bool {
    line.is("AGENT") && line.text().trim_ascii_end().ends_with(b":")
}

/// What VERSION says, wherever it stands.
fn version(lines: &[Line<'_>]) -> Result<Version, Fault> {
    let line =
        lines.iter().find(|line| line.is("VERSION")).ok_or_else(|| fault::syntax(0, "the card has no VERSION"))?;
    let text = line.text();
    let value = text.splitn(2, |octet| *octet == b':').nth(1).unwrap_or_default();
    Version::named(&String::from_utf8_lossy(value))
}
