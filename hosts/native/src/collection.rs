//! A calendar or an address book away from its server: what `export`, `import` and `copy` pass on.

use crate::dav::xml::{self, Name};
use anyhow::Result;
use serde::{Deserialize, Serialize};

/// What a collection holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Calendar objects.
    Calendar,
    /// vCards.
    AddressBook,
}

/// Both kinds.
pub const KINDS: [Kind; 2] = [Kind::Calendar, Kind::AddressBook];

/// A collection without its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collection {
    /// What it holds.
    pub kind: Kind,
    /// The components that it takes, `VEVENT` for one; empty where that is not said. Of calendars only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
    /// The properties that somebody has set.
    #[serde(default)]
    pub properties: Vec<Property>,
    /// Who else may use it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<Share>,
}

/// A property that somebody has set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Property {
    /// The namespace of its name.
    pub namespace: String,
    /// The local name.
    pub name: String,
    /// The whole element, as XML that stands by itself.
    pub xml: String,
}

/// A grant to somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Share {
    /// The name of the account or group.
    pub principal: String,
    /// What it may do.
    pub access: Access,
}

/// What a sharee may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// See when its owner is busy.
    FreeBusy,
    /// Read.
    Read,
    /// Read and write.
    Write,
}

/// A member of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The last segment of its URL, percent-encoded.
    pub name: String,
    /// Its body.
    pub body: Vec<u8>,
    /// Where it comes from, for messages.
    pub origin: String,
}

/// Something that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// Where it is: a file and a line, a row of a table, a URL.
    pub origin: String,
    /// What is wrong with it.
    pub reason: String,
}

/// What a source yields for each of its members.
pub type Found = Result<Object, Bad>;

impl Kind {
    /// Media type of the members.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Calendar => "text/calendar; charset=utf-8",
            Self::AddressBook => "text/vcard; charset=utf-8",
        }
    }

    /// Ending of the members' file names.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Calendar => ".ics",
            Self::AddressBook => ".vcf",
        }
    }

    /// Namespace of its reports.
    pub fn namespace(self) -> &'static str {
        match self {
            Self::Calendar => xml::CALDAV,
            Self::AddressBook => xml::CARDDAV,
        }
    }
}

impl Collection {
    /// A collection of which nothing is known yet.
    pub fn new(kind: Kind) -> Self {
        Self { kind, components: Vec::new(), properties: Vec::new(), shares: Vec::new() }
    }

    /// Adds a property that is a text; nothing where there is none.
    pub fn set(&mut self, namespace: &str, name: &str, text: Option<&str>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            let xml = xml::with_text(namespace, name, text);
            self.properties.push(Property { namespace: namespace.to_owned(), name: name.to_owned(), xml });
        }
    }
}

impl Property {
    /// The property's name.
    pub fn name(&self) -> Name {
        Name::new(&self.namespace, &self.name)
    }
}

/// A text as one segment of a URL: what is not an unreserved character is percent-encoded (RFC 3986 §2.3).
pub fn segment(text: &str) -> String {
    let mut segment = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => segment.push(byte.into()),
            _ => segment.push_str(&format!("%{byte:02X}")),
        }
    }
    segment
}

/// The text that a segment of a URL stands for.
pub fn text_of(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, after @ ..] = rest {
        let code = match (first, after) {
            (b'%', [high, low, ..]) => hexadecimal(*high).zip(hexadecimal(*low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_and_texts() {
        for (text, encoded) in [("a b@c/ü", "a%20b%40c%2F%C3%BC"), ("..", ".."), ("", ""), ("100%", "100%25")] {
            assert_eq!((segment(text).as_str(), text_of(encoded).as_str()), (encoded, text));
        }
        assert_eq!(text_of("50%+%4"), "50%+%4");
    }
}
