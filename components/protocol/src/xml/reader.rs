//! Reads a request body into a tree, within bounds, refusing document types and entities.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{PrefixDeclaration, ResolveResult};
use quick_xml::{NsReader, Reader};

use super::writer::not_xml;
use super::{Attribute, Element, Name, Node};

/// Elements inside each other, at most.
const MAX_DEPTH: usize = 64;
/// Elements and attributes in a body, at most: a multiget of many thousand hrefs passes.
const MAX_ITEMS: usize = 200_000;
/// Octets of their names, at most, with the namespace and the language in force: what is declared once counts for each
/// that is inside.
const MAX_NAMES: usize = 4 * 1024 * 1024;
/// Attributes of one element, at most, namespace declarations included: each is compared with those before it.
const MAX_ATTRIBUTES: usize = 1000;
/// Octets of a body, at most.
const MAX_SIZE: usize = 16 * 1024 * 1024;
const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
/// That of declarations, which nothing else may be in (Namespaces in XML 1.0 §3).
const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

/// Why a body cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub message: String,
    /// The octet at which it was noticed, counted in UTF-8.
    pub position: u64,
}

/// Reads the root element of an XML document in UTF-8 or UTF-16. Comments and processing instructions are left out.
///
/// # Errors
/// A fault where the document is not well-formed, has a document type declaration or an entity that XML itself does not
/// define, or exceeds a bound.
pub fn read(body: &[u8]) -> Result<Element, Fault> {
    let text = decode(body)?;
    let mut reader = NsReader::from_str(&text);
    let mut tree = Tree::default();
    loop {
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => return Err(Fault { message: error.to_string(), position: reader.error_position() }),
        };
        let done =
            tree.take(&reader, event).map_err(|message| Fault { message, position: reader.buffer_position() })?;
        if done {
            break;
        }
    }
    tree.root.ok_or_else(|| Fault { message: "there is no element".to_owned(), position: 0 })
}

/// The body as text. RFC 4918 §8.2 requires UTF-8 and UTF-16; other encodings are read where the document says which it
/// is in.
fn decode(body: &[u8]) -> Result<String, Fault> {
    let fault = |message: &str| Fault { message: message.to_owned(), position: 0 };
    if body.len() > MAX_SIZE {
        return Err(fault("the document is too large"));
    }
    let utf16 = |octets: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = octets.chunks(2).map(|pair| unit([pair[0], *pair.get(1).unwrap_or(&0)])).collect();
        String::from_utf16(&units).map_err(|_| fault("the document is not UTF-16"))
    };
    match body {
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0, b'<', ..] => utf16(body, u16::from_be_bytes),
        [b'<', 0, ..] => utf16(body, u16::from_le_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
        _ => match declared(body)? {
            Some(encoding) => {
                let text = encoding.decode_without_bom_handling_and_without_replacement(body);
                text.map(Cow::into_owned).ok_or_else(|| fault(&format!("the document is not {}", encoding.name())))
            }
            None => utf8(body),
        },
    }
}

/// The encoding that the XML declaration names, where that is another one than UTF-8. A document in octets that claims
/// to be UTF-16, as .NET writes it, is UTF-8.
fn declared(body: &[u8]) -> Result<Option<&'static Encoding>, Fault> {
    let end = body.iter().take(256).position(|octet| *octet == b'>');
    let Some(declaration) = end.filter(|_| body.starts_with(b"<?xml")).map(|end| &body[..=end]) else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(declaration);
    let Ok(Event::Decl(declaration)) = Reader::from_str(&text).read_event() else { return Ok(None) };
    let Some(Ok(label)) = declaration.encoding() else { return Ok(None) };
    match Encoding::for_label(label.as_bytes()) {
        Some(encoding) if encoding.output_encoding() == encoding => Ok(Some(encoding).filter(|known| *known != UTF_8)),
        Some(_) => Ok(None),
        None => Err(Fault { message: format!("the encoding {label:?} is not known"), position: 0 }),
    }
}

fn utf8(octets: &[u8]) -> Result<String, Fault> {
    String::from_utf8(octets.to_vec()).map_err(|error| Fault {
        message: "the document is not UTF-8".to_owned(),
        position: error.utf8_error().valid_up_to() as u64,
    })
}

/// The tree so far: the elements that are still open, and the root once it is closed.
#[derive(Default)]
struct Tree {
    open: Vec<Element>,
    root: Option<Element>,
    items: usize,
    /// Octets of their names.
    names: usize,
}

impl Tree {
    /// Takes one event; true at the end of the document.
    fn take(&mut self, reader: &NsReader<&[u8]>, event: Event<'_>) -> Result<bool, String> {
        match event {
            Event::Start(start) => self.open(reader, &start)?,
            Event::Empty(start) => {
                self.open(reader, &start)?;
                self.close()?;
            }
            Event::End(_) => self.close()?,
            Event::Text(text) => self.text(&text.xml10_content())?,
            Event::CData(data) => self.text(&data.xml10_content())?,
            Event::GeneralRef(reference) => self.text(&resolve(&reference)?)?,
            Event::DocType(_) => return Err("document type declarations are not accepted".to_owned()),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof if self.open.is_empty() => return Ok(true),
            Event::Eof => return Err("the document ends inside an element".to_owned()),
        }
        Ok(false)
    }

    fn open(&mut self, reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Result<(), String> {
        if self.open.len() >= MAX_DEPTH {
            return Err("elements are nested too deeply".to_owned());
        }
        if self.root.is_some() {
            return Err("there is a second root element".to_owned());
        }
        check_name(start.name().as_ref())?;
        let (namespace, local) = reader.resolver().resolve_element(start.name());
        let name = Name { namespace: namespace_of(namespace)?, local: local.as_ref().to_owned() };
        if [XML_NAMESPACE, XMLNS_NAMESPACE].contains(&name.namespace.as_str()) {
            return Err("an element is in a namespace of XML's own, which no answer could declare".to_owned());
        }
        let attributes = self.attributes(reader, start)?;
        let inherited = self.open.last().map(|parent| parent.language.clone()).unwrap_or_default();
        let language = attributes.iter().find(|attribute| attribute.name.is(XML_NAMESPACE, "lang"));
        let element = Element {
            prefix: start.name().prefix().map(|prefix| prefix.as_ref().to_owned()).unwrap_or_default(),
            name,
            language: language.map_or(inherited, |attribute| attribute.value.clone()),
            attributes,
            nodes: Vec::new(),
        };
        self.count(&element)?;
        self.open.push(element);
        Ok(())
    }

    fn attributes(&self, reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Result<Vec<Attribute>, String> {
        let mut attributes = Vec::new();
        for (position, attribute) in start.attributes().enumerate() {
            if position == MAX_ATTRIBUTES {
                return Err("an element has too many attributes".to_owned());
            }
            let attribute = attribute.map_err(|error| error.to_string())?;
            check_name(attribute.key.as_ref())?;
            if attribute.value.contains('<') {
                return Err("the value of an attribute has a < in it (XML 1.0 §3.1)".to_owned());
            }
            if let Some(declaration) = attribute.key.as_namespace_binding() {
                check_declaration(&declaration, &attribute.value)?;
                continue;
            }
            let value =
                attribute.normalized_value(quick_xml::XmlVersion::default()).map_err(|error| error.to_string())?;
            let value = value.into_owned();
            check_characters(&value)?;
            let (namespace, local) = reader.resolver().resolve_attribute(attribute.key);
            let name = Name { namespace: namespace_of(namespace)?, local: local.as_ref().to_owned() };
            // Names as they are sent the parser has compared.
            if !name.namespace.is_empty() && attributes.iter().any(|other: &Attribute| other.name == name) {
                return Err("an element has an attribute twice (Namespaces in XML 1.0 §6.3)".to_owned());
            }
            let prefix = attribute.key.prefix().map(|prefix| prefix.as_ref().to_owned()).unwrap_or_default();
            attributes.push(Attribute { prefix, name, value });
        }
        Ok(attributes)
    }

    fn close(&mut self) -> Result<(), String> {
        let element = self.open.pop().ok_or("an element ends that was not begun")?;
        match self.open.last_mut() {
            Some(parent) => parent.nodes.push(Node::Element(element)),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        check_characters(text)?;
        let Some(element) = self.open.last_mut() else {
            return if text.trim().is_empty() {
                Ok(())
            } else {
                Err("there is text outside the root element".to_owned())
            };
        };
        match element.nodes.last_mut() {
            Some(Node::Text(before)) => before.push_str(text),
            _ => element.nodes.push(Node::Text(text.to_owned())),
        }
        Ok(())
    }

    fn count(&mut self, element: &Element) -> Result<(), String> {
        let octets = |name: &Name| name.namespace.len() + name.local.len();
        let attributes = element.attributes.iter().map(|attribute| octets(&attribute.name));
        self.items += 1 + element.attributes.len();
        self.names += octets(&element.name) + element.language.len() + attributes.sum::<usize>();
        if self.items > MAX_ITEMS {
            return Err("there are too many elements".to_owned());
        }
        if self.names > MAX_NAMES {
            return Err("the names of the elements are too long".to_owned());
        }
        Ok(())
    }
}

fn namespace_of(resolved: ResolveResult<'_>) -> Result<String, String> {
    match resolved {
        ResolveResult::Bound(namespace) => {
            // The resolver has the attribute's value as it was sent.
            let namespace = quick_xml::escape::unescape(namespace.as_ref()).map_err(|error| error.to_string())?;
            check_characters(&namespace)?;
            Ok(namespace.into_owned())
        }
        ResolveResult::Unbound => Ok(String::new()),
        ResolveResult::Unknown(prefix) => Err(format!("the prefix {prefix:?} is not declared")),
    }
}

/// What a qualified name is made of (Namespaces in XML 1.0 §4, XML 1.0 §2.3). Names are in answers again, where clients
/// read nothing that has another in it.
fn check_name(name: &str) -> Result<(), String> {
    let part = |part: &str| part.starts_with(begins_name) && part.chars().all(is_in_name);
    let good = match name.split_once(':') {
        Some((prefix, local)) => part(prefix) && part(local),
        None => part(name),
    };
    if good { Ok(()) } else { Err(format!("{name:?} cannot be a name")) }
}

/// `NameStartChar`, but for the colon.
fn begins_name(character: char) -> bool {
    matches!(character, 'A'..='Z' | '_' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
}

/// `NameChar`, but for the colon.
fn is_in_name(character: char) -> bool {
    let others =
        matches!(character, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}');
    others || begins_name(character)
}

/// What XML 1.0 §2.2 does not let a document contain, as a character or by reference.
fn check_characters(text: &str) -> Result<(), String> {
    match text.chars().find(|character| not_xml(*character)) {
        Some(character) => Err(format!("the character {character:?} cannot be in XML")),
        None => Ok(()),
    }
}

/// A prefix cannot be bound to no namespace (Namespaces in XML 1.0 §2.2); litmus tests it.
fn check_declaration(declaration: &PrefixDeclaration<'_>, value: &str) -> Result<(), String> {
    match declaration {
        PrefixDeclaration::Named(_) if value.is_empty() => Err("a prefix is declared without a namespace".to_owned()),
        _ => Ok(()),
    }
}

/// A character reference or one of the five entities that XML itself defines.
fn resolve(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Some(character) = reference.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(character.to_string());
    }
    let name: &str = reference;
    let resolved = quick_xml::escape::resolve_xml_entity(name);
    resolved.map(str::to_owned).ok_or_else(|| format!("the entity {name:?} is not defined"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::DAV;

    #[test]
    fn prefixes_do_not_matter() {
        for body in [
            r#"<D:propfind xmlns:D="DAV:"><D:prop><D:getetag/></D:prop></D:propfind>"#,
            r#"<ns0:propfind xmlns:ns0="DAV:"><x:prop xmlns:x="DAV:"><x:getetag></x:getetag></x:prop></ns0:propfind>"#,
            r#"<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"> <prop><getetag/></prop> </propfind>"#,
        ] {
            let root = read(body.as_bytes()).expect("well-formed");
            assert!(root.is(DAV, "propfind"));
            let prop = root.child(DAV, "prop").expect("a prop");
            assert!(prop.child(DAV, "getetag").is_some());
        }
    }

    #[test]
    fn text_references_and_cdata_join() {
        let root = read(b"<a>1 &lt; &#50;<![CDATA[ & 3]]></a>").expect("well-formed");
        assert_eq!(root.text(), "1 < 2 & 3");
    }

    #[test]
    fn names_are_of_all_letters() {
        for name in ["\u{e9}t\u{e9}", "\u{65e5}\u{672c}", "a\u{b7}b", "_1-2.3", "\u{10400}"] {
            let body = format!("<n:{name} xmlns:n='u' n:{name}='1' {name}='2'/>");
            assert!(read(body.as_bytes()).expect("well-formed").is("u", name));
        }
    }

    #[test]
    fn utf16_is_read() {
        let body: Vec<u8> = "\u{feff}<a>\u{e9}</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&body).expect("well-formed").text(), "\u{e9}");
    }

    #[test]
    fn other_encodings_are_read_where_the_document_names_them() {
        let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>";
        assert_eq!(read(latin).expect("well-formed").text(), "\u{e9}");
        let dotnet = "<?xml version=\"1.0\" encoding=\"utf-16\"?><a>\u{e9}</a>";
        assert_eq!(read(dotnet.as_bytes()).expect("well-formed").text(), "\u{e9}");
        assert!(read(b"<?xml version='1.0' encoding='klingon'?><a/>").is_err());
        assert!(read(b"<?xml version='1.0' encoding='Shift_JIS'?><a>\x80\xff</a>").is_err());
    }

    #[test]
    fn the_language_in_force_is_known() {
        let root = read(br#"<a xml:lang="de"><b/></a>"#).expect("well-formed");
        assert_eq!(root.children().next().expect("a child").language, "de");
    }

    #[test]
    fn what_is_not_accepted() {
        let deep = "<a>".repeat(100);
        let wide = format!("<a>{}</a>", "<b/>".repeat(MAX_ITEMS));
        let long = "x".repeat(MAX_NAMES / 1000);
        let namespaces = format!("<a xmlns='{long}'>{}</a>", "<b/>".repeat(1000));
        let many: String = (0..=MAX_ATTRIBUTES).map(|number| format!(" b{number}='c'")).collect();
        let attributes = format!("<a{many}/>");
        let languages = format!("<a xml:lang='{long}'>{}</a>", "<b/>".repeat(1000));
        for body in [
            "<a>\u{1f}</a>",
            "<a>&#30;</a>",
            "<a b='&#x1;'/>",
            "<a\u{1f}b/>",
            "<a:b:c xmlns:a='x'/>",
            "<1a/>",
            "<a xmlns='x\u{1e}'/>",
            "",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "text",
            "<a>&unknown;</a>",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
            "<a:b/>",
            "<a xmlns:b=''/>",
            "<a b='1' b='2'/>",
            "<a xmlns:b='u' xmlns:c='u' b:d='1' c:d='2'/>",
            "<xml:a/>",
            "<xmlns:a/>",
            "<a xmlns='http://www.w3.org/XML/1998/namespace'/>",
            "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
            "<a\u{d7}/>",
            "<\u{b7}a/>",
            "<a\u{2028}/>",
            "<a\u{fffe}/>",
            "<a b\u{d7}='1'/>",
            &deep,
            &wide,
            &namespaces,
            &languages,
            &attributes,
        ] {
            assert!(read(body.as_bytes()).is_err(), "{:.40}", body);
        }
        assert!(read(b"<a>\xff</a>").is_err());
    }

    /// What is read is bounded, and says the same again when it is written and read: so a property comes back as it was
    /// set.
    #[test]
    fn whatever_comes_is_read_or_refused() {
        let texts = [
            r#"<?xml version="1.0" encoding="utf-8"?><D:propfind xmlns:D="DAV:" xml:lang="de"><D:prop><D:getetag/></D:prop></D:propfind>"#,
            r#"<D:set xmlns:D="DAV:"><D:prop><x:a xmlns:x="urn:x" x:b="1 &amp; 2" c='"'>t<![CDATA[<]]>&#x41;<y xmlns=""/></x:a></D:prop></D:set>"#,
            r#"<a xmlns:b="urn:b?c=d&amp;e" b:x="1" b:y="2"><b:z b:w="3"/></a>"#,
            r#"<a xmlns="urn:a"><!-- c --><?p i?><b:c xmlns:b="urn:b" b:d="é"/>😀</a>"#,
        ];
        let pieces = [
            "<",
            ">",
            "</a>",
            "<b/>",
            "&",
            "&lt;",
            "&#0;",
            "&#xD800;",
            "&x;",
            "<![CDATA[",
            "]]>",
            "<!--",
            "-->",
            "<?",
            "?>",
            "\"",
            "'",
            "=",
            "xmlns:",
            "xmlns=\"\"",
            "xml:lang=\"\"",
            "<!DOCTYPE a>",
            "\u{0}",
            "\u{fffe}",
            "\u{feff}",
            "utf-16",
            "windows-1252",
            ":",
            "\r",
        ];
        let mut read_some = 0;
        crate::fuzzing::with_changes(&texts, &pieces, |octets| {
            let Ok(element) = read(octets) else { return };
            read_some += 1;
            let mut writer = crate::xml::XmlWriter::fragment();
            writer.tree(&element);
            let written = writer.into_fragment();
            let again = crate::xml::read_fragment(&written);
            let again = again.unwrap_or_else(|fault| panic!("{}: {fault:?}", String::from_utf8_lossy(&written)));
            let told = (element.text(), element.children().count(), &element.name);
            assert_eq!(
                (again.text(), again.children().count(), &again.name),
                told,
                "{}",
                String::from_utf8_lossy(octets)
            );
        });
        assert!(read_some > 300, "{read_some} were well-formed");
    }
}
