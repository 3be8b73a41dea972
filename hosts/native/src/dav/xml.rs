//! XML as a client of CalDAV needs it: documents are read into a tree, and elements are written so that they stand by
//! themselves.

use anyhow::{Context, Result, anyhow, bail};
use quick_xml::NsReader;
use quick_xml::escape::{escape, resolve_xml_entity};
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

/// The namespace of WebDAV.
pub const DAV: &str = "DAV:";
/// The namespace of CalDAV.
pub const CALDAV: &str = "urn:ietf:params:xml:ns:caldav";
/// The namespace of CardDAV.
pub const CARDDAV: &str = "urn:ietf:params:xml:ns:carddav";
/// The namespace of what Apple's clients add.
pub const APPLE: &str = "http://apple.com/ns/ical/";
/// The namespace of CalendarServer's extensions.
pub const CALENDARSERVER: &str = "http://calendarserver.org/ns/";

const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Elements inside each other, at most.
const DEPTH: usize = 64;

/// Namespace and local name.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// The namespace; empty for none.
    pub namespace: String,
    /// The local name.
    pub local: String,
}

/// An element and all that is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: Name,
    attributes: Vec<(Name, String)>,
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Element(Element),
    Text(String),
}

impl Name {
    /// A name of these parts.
    pub fn new(namespace: &str, local: &str) -> Self {
        Self { namespace: namespace.to_owned(), local: local.to_owned() }
    }
}

impl Element {
    /// Reads a document.
    ///
    /// # Errors
    /// Where it is not well-formed, nested too deeply, or declares a document type.
    pub fn read(document: &[u8]) -> Result<Self> {
        let text = String::from_utf8_lossy(document);
        let mut reader = NsReader::from_str(text.trim_start_matches('\u{feff}'));
        let mut open: Vec<Element> = Vec::new();
        loop {
            match reader.read_event()? {
                Event::Start(start) if open.len() < DEPTH => open.push(begun(&reader, &start)?),
                Event::Start(_) => bail!("the elements are nested too deeply"),
                Event::Empty(start) => match open.last_mut() {
                    Some(parent) => parent.nodes.push(Node::Element(begun(&reader, &start)?)),
                    None => return begun(&reader, &start),
                },
                Event::End(_) => {
                    let ended = open.pop().context("an element ends that was not begun")?;
                    match open.last_mut() {
                        Some(parent) => parent.nodes.push(Node::Element(ended)),
                        None => return Ok(ended),
                    }
                }
                Event::Text(text) => append(&mut open, &text.xml10_content()),
                Event::CData(text) => append(&mut open, &text.xml10_content()),
                Event::GeneralRef(reference) => match reference.resolve_char_ref()? {
                    Some(character) => append(&mut open, character.encode_utf8(&mut [0; 4])),
                    None => append(&mut open, resolve_xml_entity(&reference).context("an entity is not defined")?),
                },
                Event::DocType(_) => bail!("it has a document type"),
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => bail!("it ends inside an element"),
            }
        }
    }

    /// Whether it has that name.
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.name.namespace == namespace && self.name.local == local
    }

    /// The elements in it.
    pub fn children(&self) -> impl Iterator<Item = &Element> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The first child of that name.
    pub fn child(&self, namespace: &str, local: &str) -> Option<&Element> {
        self.children().find(|child| child.is(namespace, local))
    }

    /// All children of that name.
    pub fn all<'a>(&'a self, namespace: &'a str, local: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children().filter(move |child| child.is(namespace, local))
    }

    /// The text in it, without that of its children.
    pub fn text(&self) -> String {
        let texts = self.nodes.iter().filter_map(|node| match node {
            Node::Text(text) => Some(text.as_str()),
            Node::Element(_) => None,
        });
        texts.collect()
    }

    /// The value of an attribute without a namespace.
    pub fn attribute(&self, local: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(name, _)| name.namespace.is_empty() && name.local == local);
        found.map(|(_, value)| value.as_str())
    }

    /// The element as XML that stands by itself: every element declares its namespace where it is another one than its
    /// parent's.
    pub fn to_xml(&self) -> String {
        let mut xml = String::new();
        self.write(&mut xml, "");
        xml
    }

    fn write(&self, xml: &mut String, around: &str) {
        let Name { namespace, local } = &self.name;
        xml.push_str(&format!("<{local}"));
        if namespace != around {
            xml.push_str(&format!(r#" xmlns="{}""#, escape(namespace.as_str())));
        }
        for (number, (name, value)) in self.attributes.iter().enumerate() {
            let value = escape(value.as_str());
            match name.namespace.as_str() {
                "" => xml.push_str(&format!(r#" {}="{value}""#, name.local)),
                XML => xml.push_str(&format!(r#" xml:{}="{value}""#, name.local)),
                other => {
                    let local = &name.local;
                    xml.push_str(&format!(r#" xmlns:a{number}="{}" a{number}:{local}="{value}""#, escape(other)));
                }
            }
        }
        if self.nodes.is_empty() {
            xml.push_str("/>");
            return;
        }
        xml.push('>');
        for node in &self.nodes {
            match node {
                Node::Element(element) => element.write(xml, namespace),
                Node::Text(text) => xml.push_str(&escape(text.as_str())),
            }
        }
        xml.push_str(&format!("</{local}>"));
    }
}

/// An element with a text in it, as XML that stands by itself.
pub fn with_text(namespace: &str, local: &str, text: &str) -> String {
    format!(r#"<{local} xmlns="{namespace}">{}</{local}>"#, escape(text))
}

fn append(open: &mut [Element], text: &str) {
    let Some(element) = open.last_mut() else { return };
    match element.nodes.last_mut() {
        Some(Node::Text(before)) => before.push_str(text),
        _ => element.nodes.push(Node::Text(text.to_owned())),
    }
}

fn begun(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Result<Element> {
    let (namespace, local) = reader.resolver().resolve_element(start.name());
    let name = Name { namespace: bound(namespace)?, local: local.as_ref().to_owned() };
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let (namespace, local) = reader.resolver().resolve_attribute(attribute.key);
        let value = attribute.normalized_value(quick_xml::XmlVersion::default())?.into_owned();
        attributes.push((Name { namespace: bound(namespace)?, local: local.as_ref().to_owned() }, value));
    }
    Ok(Element { name, attributes, nodes: Vec::new() })
}

fn bound(resolved: ResolveResult<'_>) -> Result<String> {
    match resolved {
        ResolveResult::Bound(namespace) => Ok(namespace.as_ref().to_owned()),
        ResolveResult::Unbound => Ok(String::new()),
        ResolveResult::Unknown(prefix) => Err(anyhow!("the prefix {prefix:?} is not declared")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_element_taken_out_of_its_document_means_the_same() {
        let document = br#"<?xml version="1.0"?><D:prop xmlns:D="DAV:" xmlns:A="http://apple.com/ns/ical/" xmlns:x="urn:x">
            <A:calendar-color symbolic-color="custom" x:y="&lt;1&gt;" xml:lang="de">#FF<D:b/>&amp;&#x41;<![CDATA[<]]></A:calendar-color></D:prop>"#;
        let colour = Element::read(document).unwrap().child(APPLE, "calendar-color").unwrap().clone();
        let again = Element::read(colour.to_xml().as_bytes()).unwrap();
        assert_eq!(again, colour);
        assert_eq!((again.text().as_str(), again.attribute("symbolic-color")), ("#FF&A<", Some("custom")));
    }

    #[test]
    fn what_is_no_document_is_refused() {
        let deep = "<a>".repeat(DEPTH + 2);
        for document in ["", "<a>", "</a>", "<a:b/>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<a>&b;</a>", &deep] {
            assert!(Element::read(document.as_bytes()).is_err(), "{document}");
        }
    }
}
