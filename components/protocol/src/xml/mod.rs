//! XML as the protocol uses it: requests are read into a small bounded tree, answers are written in one pass.

mod element;
mod name;
mod reader;
mod writer;

pub use element::{Attribute, Element, Node};
pub use name::{APPLE, CALDAV, CALENDARSERVER, CARDDAV, DAV, KALENDS, Name, OWNCLOUD};
pub use reader::{Fault, read};
pub use writer::XmlWriter;

/// Reads an element that `XmlWriter` has written without a root, its prefixes undeclared.
///
/// # Errors
/// A fault where it is none.
pub fn read_fragment(fragment: &[u8]) -> Result<Element, Fault> {
    let mut document = XmlWriter::document("D:prop");
    document.raw(fragment);
    let root = read(&document.finish("D:prop"))?;
    let first = root.children().next().cloned();
    first.ok_or_else(|| Fault { message: "there is no element".to_owned(), position: 0 })
}
