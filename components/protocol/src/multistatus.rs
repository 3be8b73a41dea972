//! DAV:multistatus (RFC 4918 §13), written in one pass.

use std::borrow::Cow;

use percent_encoding::{CONTROLS, utf8_percent_encode};

use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::xml::XmlWriter;

/// Octets that a response about a member has, more or less.
const MEMBER: usize = 256;
/// Octets that one is made of, more or less, at most: half as much again as storage brings of bodies at once. It is in
/// memory several times before it is sent.
pub const MAX_OCTETS: usize = 48 * 1024 * 1024;

/// A 207 in the making. Once it is too long, nothing is added to it any more.
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
        Multistatus { xml: XmlWriter::document_of("D:multistatus", (members * MEMBER).min(MAX_OCTETS)) }
    }

    /// A D:response whose D:propstats `propstats` writes.
    pub fn response(&mut self, href: &str, propstats: impl FnOnce(&mut XmlWriter)) {
        self.add(|xml| {
            xml.href(&uri(href));
            propstats(xml);
        });
    }

    /// A D:response about a member of the collection with that href. Both are percent-encoded, and the name is in its
    /// canonical form.
    pub fn member(&mut self, collection: &str, name: &str, propstats: impl FnOnce(&mut XmlWriter)) {
        self.add(|xml| {
            xml.nest("D:href", |xml| {
                xml.text(collection);
                xml.text(name);
            });
            propstats(xml);
        });
    }

    /// A D:response that is a status only.
    pub fn status(&mut self, href: &str, status: &str) {
        self.add(|xml| {
            xml.href(&uri(href));
            xml.element("D:status", &format!("HTTP/1.1 {status}"));
        });
    }

    /// A D:response for a resource that was refused.
    pub fn refused(&mut self, href: &str, refusal: &Refusal) {
        self.add(|xml| {
            xml.href(&uri(href));
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

    fn add(&mut self, response: impl FnOnce(&mut XmlWriter)) {
        if !self.is_too_long() {
            self.xml.nest("D:response", response);
        }
    }

    /// Whether nothing is added any more.
    pub fn is_too_long(&self) -> bool {
        self.xml.mark() > MAX_OCTETS
    }

    /// The response: 507 where it would be too long.
    pub fn finish(self) -> Reply {
        if self.is_too_long() {
            return too_long().into_reply();
        }
        Reply::new(207).xml(self.xml.finish("D:multistatus"))
    }
}

/// 507: the answer would have more than [`MAX_OCTETS`] octets.
pub fn too_long() -> Refusal {
    Refusal::dav(507, "number-of-matches-within-limits", "The answer would be too long. Ask for less at once.")
}

/// What a client has sent as a path, as the URI reference that an href is (RFC 4918 §8.3): some send what is not ASCII
/// as it is.
fn uri(path: &str) -> Cow<'_, str> {
    utf8_percent_encode(path, CONTROLS).into()
}
