//! XML elements that own what they hold.

use crate::names::Name;

/// An element with its attributes and its element children.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Namespace and local name.
    name: (String, String),
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
    text: String,
}

impl Element {
    /// The root of a document.
    #[track_caller]
    pub fn parse(document: &str) -> Element {
        match roxmltree::Document::parse(document) {
            Ok(parsed) => Element::from_node(parsed.root_element()),
            Err(error) => panic!("the XML cannot be read: {error}\n{document}"),
        }
    }

    fn from_node(node: roxmltree::Node) -> Element {
        let tag = node.tag_name();
        Element {
            name: (tag.namespace().unwrap_or_default().to_owned(), tag.name().to_owned()),
            attributes: node
                .attributes()
                .map(|attribute| (attribute.name().to_owned(), attribute.value().to_owned()))
                .collect(),
            children: node.children().filter(roxmltree::Node::is_element).map(Element::from_node).collect(),
            text: node.children().filter(roxmltree::Node::is_text).filter_map(|text| text.text()).collect(),
        }
    }

    /// Whether it has that name.
    pub fn is(&self, name: Name) -> bool {
        self.name.0 == name.0 && self.name.1 == name.1
    }

    /// The local name.
    pub fn local(&self) -> &str {
        &self.name.1
    }

    /// Its element children.
    pub fn children(&self) -> &[Element] {
        &self.children
    }

    /// The first child of that name.
    pub fn child(&self, name: Name) -> Option<&Element> {
        self.all(name).next()
    }

    /// All children of that name.
    pub fn all(&self, name: Name) -> impl Iterator<Item = &Element> {
        self.children.iter().filter(move |child| child.is(name))
    }

    /// Whether an element of that name is anywhere in it.
    pub fn contains(&self, name: Name) -> bool {
        self.children.iter().any(|child| child.is(name) || child.contains(name))
    }

    /// Its own text, without white space at the ends.
    pub fn text(&self) -> &str {
        self.text.trim()
    }

    /// Its own text as it is.
    pub fn exact_text(&self) -> &str {
        &self.text
    }

    /// An attribute's value, whatever its namespace.
    pub fn attribute(&self, local: &str) -> Option<&str> {
        self.attributes.iter().find(|(name, _)| name == local).map(|(_, value)| value.as_str())
    }
}
