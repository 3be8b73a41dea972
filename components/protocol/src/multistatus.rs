//! DAV:multistatus (RFC 4918 §13), written in one pass.

use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::xml::XmlWriter;

/// Octets that a response about a member has, more or less.
const MEMBER: usize = 256;

/// A 207 in the making.
pub struct Multistatus {
    xml: XmlWriter,
}

impl Multistatus {
    /// An empty one.
    pub fn new() -> Self {
        Self::of(0)
    }

    /// An empty one, with room for so many members.
    pub fn of(members: usize) -> Self {
        Multistatus { xml: XmlWriter::document_of("D:multistatus", members * MEMBER) }
    }

    /// A D:response whose D:propstats `propstats` writes.
    pub fn response(&mut self, href: &str, propstats: impl FnOnce(&mut XmlWriter)) {
        self.xml.nest("D:response", |xml| {
            xml.href(href);
            propstats(xml);
        });
    }

    /// A D:response about a member of the collection with that href. Both are percent-encoded, and the name is in its canonical form.
    pub fn member(&mut self, collection: &str, name: &str, propstats: impl FnOnce(&mut XmlWriter)) {
        self.xml.nest("D:response", |xml| {
            xml.nest("D:href", |xml| {
                xml.text(collection);
                xml.text(name);
            });
            propstats(xml);
        });
    }

    /// A D:response that is a status only.
    pub fn status(&mut self, href: &str, status: &str) {
        self.xml.nest("D:response", |xml| {
            xml.href(href);
            xml.element("D:status", &format!("HTTP/1.1 {status}"));
        });
    }

    /// A D:response for a resource that was refused.
    pub fn refused(&mut self, href: &str, refusal: &Refusal) {
        self.xml.nest("D:response", |xml| {
            xml.href(href);
            xml.element("D:status", &refusal.status_line());
            refusal.write_error(xml);
            xml.element("D:responsedescription", refusal.message());
        });
    }

    /// The mark of an answer that is not complete (RFC 6578 §3.6, RFC 6352 §8.6.2).
    pub fn truncated(&mut self, href: &str) {
        let refusal =
            Refusal::dav(507, "number-of-matches-within-limits", "There is more than the limit that was asked for.");
        self.refused(href, &refusal);
    }

    /// The D:sync-token at the end of a sync-collection report.
    pub fn sync_token(&mut self, token: &str) {
        self.xml.element("D:sync-token", token);
    }

    /// The response.
    pub fn finish(self) -> Reply {
        Reply::new(207).xml(self.xml.finish("D:multistatus"))
    }
}
