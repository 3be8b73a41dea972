//! XML as the protocol uses it: requests are read into a small bounded tree, answers are written in one pass.

mod element;
mod name;
mod reader;
mod writer;

pub use element::{Attribute, Element, Node};
pub use name::{APPLE, CALDAV, CALENDARSERVER, CARDDAV, DAV, Name, OWNCLOUD};
pub use reader::{Fault, read};
pub use writer::XmlWriter;
