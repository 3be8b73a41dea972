//! XML property lists, as far as configuration profiles need them (Apple's `PropertyList-1.0.dtd`).

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// What a key of a dictionary has.
enum Value {
    Text(String),
    Number(u16),
    Flag(bool),
    List(Vec<Dictionary>),
}

/// A dictionary, in the order in which it was filled.
pub struct Dictionary(Vec<(String, Value)>);

impl Dictionary {
    /// An empty one.
    pub fn new() -> Dictionary {
        Dictionary(Vec::new())
    }

    /// Adds a `string`.
    pub fn text(self, key: &str, text: &str) -> Dictionary {
        self.with(key, Value::Text(text.to_owned()))
    }

    /// Adds an `integer`.
    pub fn number(self, key: &str, number: u16) -> Dictionary {
        self.with(key, Value::Number(number))
    }

    /// Adds `true` or `false`.
    pub fn flag(self, key: &str, flag: bool) -> Dictionary {
        self.with(key, Value::Flag(flag))
    }

    /// Adds an `array` of dictionaries.
    pub fn list(self, key: &str, list: Vec<Dictionary>) -> Dictionary {
        self.with(key, Value::List(list))
    }

    fn with(mut self, key: &str, value: Value) -> Dictionary {
        self.0.push((key.to_owned(), value));
        self
    }
}

/// The property list that has this dictionary in it, in UTF-8.
pub fn document(dictionary: Dictionary) -> Vec<u8> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    // Writing into memory does not fail.
    let _ = write_document(&mut xml, &dictionary);
    xml.into_inner()
}

fn write_document(xml: &mut Writer<Vec<u8>>, dictionary: &Dictionary) -> io::Result<()> {
    const DOCTYPE: &str =
        r#"plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd""#;
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.write_event(Event::DocType(BytesText::from_escaped(DOCTYPE)))?;
    xml.write_event(Event::Start(BytesStart::new("plist").with_attributes([("version", "1.0")])))?;
    write(xml, dictionary)?;
    xml.write_event(Event::End(BytesEnd::new("plist")))
}

fn write(xml: &mut Writer<Vec<u8>>, dictionary: &Dictionary) -> io::Result<()> {
    xml.write_event(Event::Start(BytesStart::new("dict")))?;
    for (key, value) in &dictionary.0 {
        element(xml, "key", key)?;
        match value {
            Value::Text(text) => element(xml, "string", text)?,
            Value::Number(number) => element(xml, "integer", &number.to_string())?,
            Value::Flag(flag) => {
                xml.write_event(Event::Empty(BytesStart::new(if *flag { "true" } else { "false" })))?
            }
            Value::List(list) => {
                xml.write_event(Event::Start(BytesStart::new("array")))?;
                list.iter().try_for_each(|dictionary| write(xml, dictionary))?;
                xml.write_event(Event::End(BytesEnd::new("array")))?;
            }
        }
    }
    xml.write_event(Event::End(BytesEnd::new("dict")))
}

fn element(xml: &mut Writer<Vec<u8>>, name: &str, text: &str) -> io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(text)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_list() {
        let inner = Dictionary::new().flag("b", true).flag("c", false);
        let list = document(Dictionary::new().text("a", "<&> ü").number("n", 443).list("l", vec![inner]));
        let text = String::from_utf8(list).unwrap();
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(lines[0], r#"<?xml version="1.0" encoding="UTF-8"?>"#);
        assert!(lines[1].starts_with("<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\""), "{}", lines[1]);
        let body = lines[2..].concat();
        assert_eq!(
            body,
            "<plist version=\"1.0\"><dict><key>a</key><string>&lt;&amp;&gt; ü</string><key>n</key><integer>443</integer>\
             <key>l</key><array><dict><key>b</key><true/><key>c</key><false/></dict></array></dict></plist>"
        );
    }
}
