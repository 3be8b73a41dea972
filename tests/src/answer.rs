//! What a server answers.

use crate::multistatus::Multistatus;
use crate::names::{DAV, Name};
use crate::xml::Element;

/// An HTTP response, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// What was asked, for messages.
    pub question: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    /// An answer made of its parts; names of header fields in lower case.
    pub(crate) fn new(question: String, status: u16, headers: Vec<(String, String)>, body: Vec<u8>) -> Answer {
        Answer { status, question, headers, body }
    }

    /// The answer, where it has that status; otherwise the test fails with all that was answered.
    #[track_caller]
    pub fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{} should be answered {status}: {}", self.question, self.excerpt());
        self
    }

    /// The answer, where its status is one of these.
    #[track_caller]
    pub fn expect_any(self, statuses: &[u16]) -> Answer {
        assert!(
            statuses.contains(&self.status),
            "{} was answered {}, not one of {statuses:?}: {}",
            self.question,
            self.status,
            self.excerpt()
        );
        self
    }

    /// A refusal with a status and a precondition element (RFC 4918 §16); returns that element.
    #[track_caller]
    pub fn refused(self, status: u16, condition: Name) -> Element {
        let answer = self.expect(status);
        let error = answer.xml();
        assert!(error.is(Name(DAV, "error")), "{}: no DAV:error in {}", answer.question, answer.excerpt());
        let found = error.child(condition).cloned();
        found.unwrap_or_else(|| panic!("{}: no {condition} in {}", answer.question, answer.excerpt()))
    }

    /// All header fields, their names in lower case.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// A header field's first value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// A header field that has to be there.
    #[track_caller]
    pub fn required_header(&self, name: &str) -> &str {
        self.header(name).unwrap_or_else(|| panic!("the answer to {} has no {name}", self.question))
    }

    /// The entity tag, which has to be a strong one (RFC 9110 §8.8.3).
    #[track_caller]
    pub fn etag(&self) -> String {
        let etag = self.required_header("etag");
        let strong = etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"');
        assert!(strong, "{}: {etag} is no strong entity tag", self.question);
        etag.to_owned()
    }

    /// The tokens of a header field that is a list, over all its lines.
    pub fn list(&self, name: &str) -> Vec<String> {
        let lines = self.headers.iter().filter(|(field, _)| field == name);
        lines.flat_map(|(_, value)| value.split(',')).map(|token| token.trim().to_owned()).collect()
    }

    /// The body's octets.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as text.
    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body)
            .unwrap_or_else(|error| panic!("{}: the body is no UTF-8: {error}", self.question))
    }

    /// The body as an XML document.
    #[track_caller]
    pub fn xml(&self) -> Element {
        let media_type = self.required_header("content-type");
        assert!(
            media_type.starts_with("application/xml") || media_type.starts_with("text/xml"),
            "{}: XML as {media_type}",
            self.question
        );
        Element::parse(self.text())
    }

    /// The body as a multistatus. iOS throws away one that comes without its length.
    #[track_caller]
    pub fn multistatus(self) -> Multistatus {
        let answer = self.expect(207);
        let length = answer.required_header("content-length");
        assert_eq!(length, answer.body.len().to_string(), "{}: content-length", answer.question);
        answer.xml();
        Multistatus::parse(answer.text())
    }

    /// How often the request went to storage, as the host counted.
    #[track_caller]
    pub fn storage_round_trips(&self) -> u32 {
        let timings = self.list("server-timing");
        let count =
            timings.iter().find_map(|timing| timing.strip_prefix("storage;desc=\"")?.strip_suffix('"')?.parse().ok());
        count.unwrap_or_else(|| panic!("{}: no count of storage round trips in {timings:?}", self.question))
    }

    fn excerpt(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        format!("{} {:?}\n{}", self.status, self.headers, text.chars().take(2000).collect::<String>())
    }
}
