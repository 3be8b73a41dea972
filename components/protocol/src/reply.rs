//! Responses.

use crate::handler::Response;
use crate::text::Content;

/// A response being built.
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Content,
}

impl Reply {
    /// A response without a body.
    pub fn new(status: u16) -> Self {
        Reply { status, headers: Vec::new(), body: Content::Octets(Vec::new()) }
    }

    /// Adds a header field; a value that could not be one (line breaks, control characters) is cleaned.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let is_plain = value.bytes().all(|octet| matches!(octet, b' '..=b'~'));
        let clean = || value.chars().filter(|character| !character.is_control()).collect();
        self.headers.push((name.to_owned(), if is_plain { value.to_owned() } else { clean() }));
        self
    }

    /// Says that the answer is short because the client prefers it so (RFC 7240 §3, RFC 8144 §2).
    pub fn preference_applied(self, minimal: bool) -> Self {
        let varying = self.header("vary", "Brief, Prefer");
        if minimal { varying.header("preference-applied", "return=minimal") } else { varying }
    }

    /// Says that the body is the resource at that path because the client prefers it so (RFC 7240 §4.2, RFC 9110 §8.7).
    pub fn representing(self, href: &str) -> Self {
        self.header("preference-applied", "return=representation").header("content-location", href)
    }

    /// Says that the body is a part of what there is, which part being told as in a Content-Range (RFC 9110 §15.3.7).
    pub fn partial(mut self, place: &str) -> Self {
        self.status = 206;
        self.header("content-range", place)
    }

    /// An XML body.
    pub fn xml(self, body: Vec<u8>) -> Self {
        self.body("application/xml; charset=utf-8", body)
    }

    /// A body of any type.
    pub fn body(mut self, content_type: &str, body: impl Into<Content>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }
}

impl From<Reply> for Response {
    fn from(reply: Reply) -> Self {
        Response { status: reply.status, headers: reply.headers, body: reply.body }
    }
}
