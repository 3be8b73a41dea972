//! Writes answers in one pass over `quick_xml`'s writer. Prefixes are fixed and declared on the root element.
//!
//! A listing has the same few tags a thousand times. The first is `quick_xml`'s; those that follow are copied from it,
//! which takes a fraction of the time.

use std::ops::Range;

use memchr::memchr_iter;
use quick_xml::Writer;
use quick_xml::escape::partial_escape;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, Event};

use super::{APPLE, CALDAV, CALENDARSERVER, CARDDAV, DAV, Element, Name, Node, OWNCLOUD};

const PREFIXES: [(&str, &str); 6] = [
    ("xmlns:D", DAV),
    ("xmlns:C", CALDAV),
    ("xmlns:CR", CARDDAV),
    ("xmlns:CS", CALENDARSERVER),
    ("xmlns:A", APPLE),
    ("xmlns:OC", OWNCLOUD),
];

/// An XML document being written. Element names are given with their fixed prefix: `D:` WebDAV, `C:` CalDAV, `CR:`
/// CardDAV, `CS:` CalendarServer, `A:` Apple, `OC:` ownCloud.
pub struct XmlWriter {
    writer: Writer<Vec<u8>>,
    /// What can be copied, in the order in which it ends.
    written: Vec<Written>,
}

/// Something that is in the document already, and may come again.
struct Written {
    what: What,
    octets: Range<usize>,
}

/// Names are constants of the program and compared by their address: there are few, and the same one is the same place
/// in the source.
#[derive(Clone, Copy)]
enum What {
    Start(&'static str),
    End(&'static str),
    Empty(&'static str),
    Phrase(&'static str),
}

impl PartialEq for What {
    fn eq(&self, other: &Self) -> bool {
        use What::{Empty, End, Phrase, Start};
        match (*self, *other) {
            (Start(one), Start(other)) | (End(one), End(other)) => std::ptr::eq(one, other),
            (Empty(one), Empty(other)) | (Phrase(one), Phrase(other)) => std::ptr::eq(one, other),
            _ => false,
        }
    }
}

impl XmlWriter {
    /// A document whose root element is `root`.
    pub fn document(root: &'static str) -> Self {
        Self::document_of(root, 0)
    }

    /// A document with room for so many octets in its root element.
    pub fn document_of(root: &'static str, octets: usize) -> Self {
        let mut this = XmlWriter { writer: Writer::new(Vec::with_capacity(1024 + octets)), written: Vec::new() };
        this.event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)));
        this.event(Event::Start(BytesStart::new(root).with_attributes(PREFIXES)));
        this
    }

    /// A piece of a document, to be put into one by `raw`.
    pub fn fragment() -> Self {
        XmlWriter { writer: Writer::new(Vec::new()), written: Vec::new() }
    }

    /// Ends the root element and gives the document.
    pub fn finish(mut self, root: &'static str) -> Vec<u8> {
        self.end(root);
        self.writer.into_inner()
    }

    /// Gives what has been written.
    pub fn into_fragment(self) -> Vec<u8> {
        self.writer.into_inner()
    }

    /// How far the document has come, for `rewind`.
    pub fn mark(&self) -> usize {
        self.writer.get_ref().len()
    }

    /// Takes back all that was written since a mark.
    pub fn rewind(&mut self, mark: usize) {
        self.writer.get_mut().truncate(mark);
        while self.written.pop_if(|written| written.octets.end > mark).is_some() {}
    }

    /// What `write` writes, always the same under that name: done the first time, and copied from there on.
    pub fn phrase(&mut self, name: &'static str, write: impl FnOnce(&mut Self)) {
        self.again(What::Phrase(name), write);
    }

    fn again(&mut self, what: What, write: impl FnOnce(&mut Self)) {
        if let Some(written) = self.written.iter().find(|written| written.what == what) {
            let octets = written.octets.clone();
            return self.writer.get_mut().extend_from_within(octets);
        }
        let begin = self.mark();
        write(self);
        self.written.push(Written { what, octets: begin..self.mark() });
    }

    /// Begins an element.
    pub fn start(&mut self, name: &'static str) {
        self.again(What::Start(name), |xml| xml.event(Event::Start(BytesStart::new(name))));
    }

    /// Begins an element with attributes.
    pub fn start_with(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.event(Event::Start(BytesStart::new(name).with_attributes(attributes.iter().copied())));
    }

    /// Ends an element.
    pub fn end(&mut self, name: &'static str) {
        self.again(What::End(name), |xml| xml.event(Event::End(BytesEnd::new(name))));
    }

    /// An empty element.
    pub fn empty(&mut self, name: &'static str) {
        self.again(What::Empty(name), |xml| xml.event(Event::Empty(BytesStart::new(name))));
    }

    /// An empty element with attributes.
    pub fn empty_with(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.event(Event::Empty(BytesStart::new(name).with_attributes(attributes.iter().copied())));
    }

    /// An element with text in it.
    pub fn element(&mut self, name: &'static str, text: &str) {
        self.start(name);
        self.text(text);
        self.end(name);
    }

    /// An element whose content `write` gives.
    pub fn nest(&mut self, name: &'static str, write: impl FnOnce(&mut Self)) {
        self.start(name);
        write(self);
        self.end(name);
    }

    /// Text. Characters that XML 1.0 cannot hold are replaced.
    pub fn text(&mut self, text: &str) {
        match kinds_in(text) {
            0 => self.raw(text.as_bytes()),
            RETURN => self.lines(text),
            kinds if kinds & SUSPECT == 0 => self.raw(partial_escape(text).as_bytes()),
            _ => self.raw(partial_escape(text.replace(not_xml, "\u{fffd}")).as_bytes()),
        }
    }

    /// Text of which only carriage returns have to be escaped: nearly every calendar object and card, and most of an
    /// answer.
    fn lines(&mut self, text: &str) {
        let mut written = 0;
        for at in memchr_iter(b'\r', text.as_bytes()) {
            self.raw(&text.as_bytes()[written..at]);
            self.raw(ESCAPED_RETURN);
            written = at + 1;
        }
        self.raw(&text.as_bytes()[written..]);
    }

    /// A body of content lines. Characters that it has in two lines are put together: XML holds no octets.
    pub fn content_lines(&mut self, lines: &[u8]) {
        self.text(&kalends_content::text_of(lines));
    }

    /// A D:href.
    pub fn href(&mut self, href: &str) {
        self.element("D:href", href);
    }

    /// XML that stands by itself, as it is.
    pub fn raw(&mut self, xml: &[u8]) {
        self.writer.get_mut().extend_from_slice(xml);
    }

    /// An empty element of any name.
    pub fn empty_named(&mut self, name: &Name) {
        self.event(Event::Empty(start_named(name)));
    }

    /// An element of any name with content as it is.
    pub fn raw_named(&mut self, name: &Name, content: &[u8]) {
        let start = start_named(name);
        let end = start.to_end().into_owned();
        self.event(Event::Start(start));
        self.raw(content);
        self.event(Event::End(end));
    }

    /// An element as it was read, with the fixed prefixes, but for the elements in it that `replace` writes in its own
    /// way: of these it says true.
    pub fn copy(&mut self, element: &Element, replace: &mut dyn FnMut(&Element, &mut Self) -> bool) {
        let mut start = start_named(&element.name);
        for (position, attribute) in element.attributes.iter().enumerate() {
            let (local, value) = (attribute.name.local.as_str(), attribute.value.as_str());
            if attribute.prefix.is_empty() || attribute.prefix == "xml" {
                start.push_attribute((qualified(&attribute.prefix, local).as_str(), value));
            } else {
                // Not the prefix as it was sent, which could be one of ours for something else.
                let own = format!("a{position}");
                start.push_attribute((qualified("xmlns", &own).as_str(), attribute.name.namespace.as_str()));
                start.push_attribute((qualified(&own, local).as_str(), value));
            }
        }
        let end = start.to_end().into_owned();
        self.event(Event::Start(start));
        for node in &element.nodes {
            match node {
                Node::Element(child) if replace(child, self) => {}
                Node::Element(child) => self.copy(child, replace),
                Node::Text(text) => self.text(text),
            }
        }
        self.event(Event::End(end));
    }

    /// An element as it was read, standing by itself: every namespace declared where it is used, the language in force
    /// kept.
    pub fn tree(&mut self, element: &Element) {
        self.subtree(element, "", "");
    }

    fn subtree(&mut self, element: &Element, outer_default: &str, outer_language: &str) {
        let tag = qualified(&element.prefix, &element.name.local);
        let mut start = BytesStart::new(tag.as_str());
        let mut default = outer_default;
        if !element.prefix.is_empty() && element.prefix != "xml" {
            start.push_attribute((format!("xmlns:{}", element.prefix).as_str(), element.name.namespace.as_str()));
        } else if element.name.namespace != outer_default {
            start.push_attribute(("xmlns", element.name.namespace.as_str()));
            default = &element.name.namespace;
        }
        let own_language =
            element.attributes.iter().any(|attribute| attribute.prefix == "xml" && attribute.name.local == "lang");
        if !own_language && element.language != outer_language {
            start.push_attribute(("xml:lang", element.language.as_str()));
        }
        for (position, attribute) in element.attributes.iter().enumerate() {
            let declared = |prefix: &str| {
                let mut before = element.attributes[..position].iter();
                matches!(prefix, "" | "xml") || prefix == element.prefix || before.any(|other| other.prefix == prefix)
            };
            if !declared(&attribute.prefix) {
                start.push_attribute((
                    format!("xmlns:{}", attribute.prefix).as_str(),
                    attribute.name.namespace.as_str(),
                ));
            }
            start.push_attribute((
                qualified(&attribute.prefix, &attribute.name.local).as_str(),
                attribute.value.as_str(),
            ));
        }
        if element.nodes.is_empty() {
            return self.event(Event::Empty(start));
        }
        self.event(Event::Start(start));
        for node in &element.nodes {
            match node {
                Node::Element(child) => self.subtree(child, default, &element.language),
                Node::Text(text) => self.text(text),
            }
        }
        self.event(Event::End(BytesEnd::new(tag)));
    }

    fn event(&mut self, event: Event<'_>) {
        // Writing to a Vec cannot fail.
        let _ = self.writer.write_event(event);
    }
}

/// What XML 1.0 §2.2 does not let a document contain.
pub fn not_xml(character: char) -> bool {
    matches!(character, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}')
}

/// What `partial_escape` makes of a carriage return.
const ESCAPED_RETURN: &[u8] = b"&#13;";

/// What `partial_escape` has to be asked about.
const MARKUP: u8 = 1;
/// A carriage return.
const RETURN: u8 = 2;
/// What may be, or begin, what [`not_xml`] finds.
const SUSPECT: u8 = 4;

/// Which of them a text has: seen in one pass without a branch or a table, so that it is made for many octets at once.
fn kinds_in(text: &str) -> u8 {
    text.bytes().fold(0, |kinds, byte| {
        let markup = u8::from(byte == b'<') | u8::from(byte == b'>') | u8::from(byte == b'&');
        let control =
            u8::from(byte < b' ') & u8::from(byte != b'\t') & u8::from(byte != b'\n') & u8::from(byte != b'\r');
        // U+FFFE and U+FFFF begin with 0xef.
        let suspect = control | u8::from(byte == 0xef);
        kinds | (markup * MARKUP) | (u8::from(byte == b'\r') * RETURN) | (suspect * SUSPECT)
    })
}

fn prefix(namespace: &str) -> Option<&'static str> {
    match namespace {
        DAV => Some("D"),
        CALDAV => Some("C"),
        CARDDAV => Some("CR"),
        CALENDARSERVER => Some("CS"),
        APPLE => Some("A"),
        OWNCLOUD => Some("OC"),
        _ => None,
    }
}

/// The start of an element with its fixed prefix, or with its namespace where that has none.
fn start_named(name: &Name) -> BytesStart<'static> {
    match prefix(&name.namespace) {
        Some(prefix) => BytesStart::new(format!("{prefix}:{}", name.local)),
        None => {
            let mut start = BytesStart::new(name.local.clone());
            start.push_attribute(("xmlns", name.namespace.as_str()));
            start
        }
    }
}

fn qualified(prefix: &str, local: &str) -> String {
    if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::read;

    fn round_trip(xml: &str) -> String {
        let element = read(xml.as_bytes()).expect("well-formed");
        let mut writer = XmlWriter::fragment();
        writer.tree(&element);
        String::from_utf8(writer.into_fragment()).expect("UTF-8")
    }

    #[test]
    fn a_tree_stands_by_itself() {
        let xml = r#"<x:a xmlns:x="urn:x" b="1" x:c="2"><d xmlns="urn:d"><e/>t &amp; u</d></x:a>"#;
        let once = round_trip(xml);
        assert_eq!(read(once.as_bytes()), read(xml.as_bytes()));
        assert_eq!(round_trip(&once), once);
    }

    #[test]
    fn no_namespace_stays_none() {
        let xml = r#"<a xmlns="urn:a"><b xmlns=""/></a>"#;
        assert_eq!(read(round_trip(xml).as_bytes()), read(xml.as_bytes()));
    }

    #[test]
    fn the_language_in_force_goes_along() {
        let outer = read(br#"<a xml:lang="fr"><b>oui</b></a>"#).expect("well-formed");
        let mut writer = XmlWriter::fragment();
        writer.tree(outer.children().next().expect("a child"));
        assert_eq!(writer.into_fragment(), br#"<b xml:lang="fr">oui</b>"#);
    }

    #[test]
    fn a_copy_says_the_same() {
        let xml = r#"<D:a xmlns:D="urn:d" xmlns:x="urn:x" b="1" x:c="2 &amp; 3" D:e="4" xml:lang="fr">one <y xmlns="DAV:"/> two<z/></D:a>"#;
        let element = read(xml.as_bytes()).expect("well-formed");
        let copied = |replace: &mut dyn FnMut(&Element, &mut XmlWriter) -> bool| {
            let mut writer = XmlWriter::fragment();
            writer.copy(&element, replace);
            crate::xml::read_fragment(&writer.into_fragment()).expect("well-formed")
        };
        let copy = copied(&mut |_, _| false);
        let told = |element: &Element| -> Vec<(Name, String)> {
            element.attributes.iter().map(|one| (one.name.clone(), one.value.clone())).collect()
        };
        assert_eq!((&copy.name, copy.text(), told(&copy)), (&element.name, element.text(), told(&element)));
        let names = |element: &Element| element.children().map(|child| child.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&copy), names(&element));
        let replaced = copied(&mut |element, xml| {
            let is_y = element.is(DAV, "y");
            if is_y {
                xml.href("x");
            }
            is_y
        });
        assert_eq!(names(&replaced), [Name::new(DAV, "href"), Name::new("", "z")]);
    }

    #[test]
    fn control_characters_are_replaced() {
        let mut writer = XmlWriter::fragment();
        writer.element("D:a", "\u{0}x<\u{ffff}\u{ff01}\t");
        assert_eq!(writer.into_fragment(), "<D:a>\u{fffd}x&lt;\u{fffd}\u{ff01}\t</D:a>".as_bytes());
    }

    #[test]
    fn line_breaks_are_read_as_they_were_written() {
        let mut writer = XmlWriter::fragment();
        writer.element("D:a", "BEGIN:VCARD\r\nEND:VCARD\r\n");
        let written = writer.into_fragment();
        assert_eq!(written, b"<D:a>BEGIN:VCARD&#13;\nEND:VCARD&#13;\n</D:a>");
    }

    #[test]
    fn whatever_is_escaped_is_escaped_as_quick_xml_does() {
        let pieces = ["\r", "\n", "<", ">", "&", "\"", "'", "\t", "text", "\u{ff01}"];
        for one in pieces {
            for other in pieces {
                let text = format!("{one}{other}a long line of text{one}\r\n{other}");
                let mut xml = XmlWriter::fragment();
                xml.text(&text);
                assert_eq!(xml.into_fragment(), partial_escape(&text).as_bytes(), "{text:?}");
            }
        }
    }

    #[test]
    fn what_is_copied_is_what_would_be_written() {
        let member = |xml: &mut XmlWriter, text: &str| {
            xml.nest("D:response", |xml| {
                xml.href(text);
                xml.phrase("none", |xml| xml.nest("D:prop", |xml| xml.empty("D:getetag")));
                xml.empty("D:getetag");
            });
        };
        let one = |text: &str| {
            let mut xml = XmlWriter::fragment();
            member(&mut xml, text);
            xml.into_fragment()
        };
        let mut xml = XmlWriter::fragment();
        member(&mut xml, "a<b");
        let mark = xml.mark();
        member(&mut xml, "c");
        xml.start("D:activelock");
        xml.rewind(mark);
        xml.start("D:activelock");
        member(&mut xml, "d");
        let expected = [one("a<b"), b"<D:activelock>".to_vec(), one("d")].concat();
        assert_eq!(String::from_utf8(xml.into_fragment()), String::from_utf8(expected));
        assert_eq!(
            String::from_utf8(one("c")).expect("UTF-8"),
            "<D:response><D:href>c</D:href><D:prop><D:getetag/></D:prop><D:getetag/></D:response>"
        );
    }
}
