//! The tree a request body is read into.

use super::Name;

/// An attribute, namespace declarations excepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its prefix as sent; empty for none.
    pub prefix: String,
    /// Its expanded name.
    pub name: Name,
    /// Its value, unescaped.
    pub value: String,
}

/// What an element contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A child element.
    Element(Element),
    /// Text, unescaped.
    Text(String),
}

/// An element with all it contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Its prefix as sent; empty for none.
    pub prefix: String,
    /// Its expanded name.
    pub name: Name,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// Its children.
    pub nodes: Vec<Node>,
    /// The language in force (`xml:lang` of itself or of an element around it); empty for none.
    pub language: String,
}

impl Element {
    /// Whether its name is `local` in `namespace`.
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.name.is(namespace, local)
    }

    /// Its child elements.
    pub fn children(&self) -> impl Iterator<Item = &Element> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// Its first child element of that name.
    pub fn child(&self, namespace: &str, local: &str) -> Option<&Element> {
        self.children().find(|child| child.is(namespace, local))
    }

    /// How many elements are in it, at any depth.
    pub fn size(&self) -> usize {
        self.children().map(|child| 1 + child.size()).sum()
    }

    /// Its own text, that of its children not included.
    pub fn text(&self) -> String {
        let texts = self.nodes.iter().filter_map(|node| match node {
            Node::Text(text) => Some(text.as_str()),
            Node::Element(_) => None,
        });
        texts.collect()
    }

    /// The value of an attribute without namespace.
    pub fn attribute(&self, local: &str) -> Option<&str> {
        self.attributes.iter().find(|attribute| attribute.name.is("", local)).map(|attribute| attribute.value.as_str())
    }
}
