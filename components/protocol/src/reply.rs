//! Responses.

use crate::handler::Response;

/// A response being built.
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Reply {
    /// A response without a body.
    pub fn new(status: u16) -> Self {
        Reply { status, headers: Vec::new(), body: Vec::new() }
    }

    /// Adds a header field; a value that could not be one (line breaks, control characters) is cleaned.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let value = value.chars().filter(|character| !character.is_control()).collect();
        self.headers.push((name.to_owned(), value));
        self
    }

    /// Adds a header field where there is a value.
    pub fn header_if(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    /// An XML body.
    pub fn xml(self, body: Vec<u8>) -> Self {
        self.body("application/xml; charset=utf-8", body)
    }

    /// A body of any type.
    pub fn body(mut self, content_type: &str, body: Vec<u8>) -> Self {
        self.body = body;
        self.header("content-type", content_type)
    }
}

impl From<Reply> for Response {
    fn from(reply: Reply) -> Self {
        Response { status: reply.status, headers: reply.headers, body: reply.body }
    }
}
