//! What a request's header fields say.

use crate::handler;
use crate::refusal::{Refusal, Result};
use crate::xml::{self, Element};

/// How far below the target a request reaches (RFC 4918 §10.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The target itself.
    Zero,
    /// And what is directly in it.
    One,
    /// And everything below.
    Infinity,
}

/// A request with its header fields at hand.
pub struct Request {
    inner: handler::Request,
    method: String,
    forwarded: bool,
}

impl Request {
    /// A request as the edge gives it. MKCALENDAR does not pass everywhere, so it may come as POST with
    /// `X-HTTP-Method-Override`; that method alone. `forwarded`: a proxy in front may be believed about scheme and host
    /// (`X-Forwarded-Proto`, `X-Forwarded-Host`).
    pub fn new(inner: handler::Request, forwarded: bool) -> Self {
        let mut request = Request { method: inner.method.clone(), inner, forwarded };
        if request.method == "POST" && request.header("x-http-method-override") == Some("MKCALENDAR") {
            request.method = "MKCALENDAR".to_owned();
        }
        request
    }

    /// The method that is meant.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Path and query as sent.
    pub fn path_and_query(&self) -> &str {
        &self.inner.path
    }

    /// The path as sent, without its query.
    pub fn path(&self) -> &str {
        self.inner.path.split('?').next().unwrap_or_default()
    }

    /// Host and port as the client addressed them.
    pub fn authority(&self) -> &str {
        self.forwarded("x-forwarded-host").unwrap_or(&self.inner.authority)
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &str {
        self.forwarded("x-forwarded-proto").unwrap_or(&self.inner.scheme)
    }

    /// Whether a browser says that another site has sent it.
    pub fn is_cross_site(&self) -> bool {
        if let Some(site) = self.header("sec-fetch-site") {
            return !matches!(site, "same-origin" | "none");
        }
        let own = format!("{}://{}", self.scheme(), self.authority());
        self.header("origin").is_some_and(|origin| !origin.eq_ignore_ascii_case(&own))
    }

    /// Whether it is one of Thunderbird's own, not of an extension: it takes two things otherwise than the RFCs mean
    /// them. It is told accordingly, and nobody else is.
    pub fn is_of_thunderbird(&self) -> bool {
        self.header("user-agent").is_some_and(|agent| agent.contains("Thunderbird/"))
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.inner.body
    }

    /// Gives the request back as it came.
    pub fn into_inner(self) -> handler::Request {
        self.inner
    }

    /// The client's address: the peer's, or what a proxy that may be believed has added last.
    pub fn remote(&self) -> Option<&str> {
        self.forwarded("x-forwarded-for").or(self.inner.remote.as_deref())
    }

    /// What a proxy that may be believed has added last: whatever stands before it may be the client's own.
    fn forwarded(&self, name: &'static str) -> Option<&str> {
        let field = if self.forwarded { self.octets(name).last() } else { None };
        let chain = field.and_then(|field| std::str::from_utf8(field).ok());
        chain.and_then(|chain| chain.rsplit(',').next()).map(str::trim).filter(|value| !value.is_empty())
    }

    /// Whether the method is one that changes nothing (RFC 9110 §9.2.1).
    pub fn is_safe(&self) -> bool {
        matches!(self.method(), "GET" | "HEAD" | "OPTIONS" | "PROPFIND" | "REPORT")
    }

    /// All cookies as one field: HTTP/2 clients split them (RFC 9113 §8.2.3).
    pub fn cookies(&self) -> Option<String> {
        let fields: Vec<&str> = self.headers("cookie").collect();
        (!fields.is_empty()).then(|| fields.join("; "))
    }

    /// UTC seconds at which it came.
    pub fn received(&self) -> i64 {
        self.inner.received
    }

    /// Whether a header field is there, whatever it says.
    pub fn has(&self, name: &str) -> bool {
        self.octets(name).next().is_some()
    }

    /// All values of a header field as they came. What is quoted in one need not be UTF-8 (obs-text, RFC 9110 §5.5).
    pub fn octets<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let fields = self.inner.headers.iter().filter(move |(field, _)| field == name);
        fields.map(|(_, value)| value.trim_ascii())
    }

    /// A header field's first value; none where it is not there or not UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        let field = self.inner.headers.iter().find(|(field, _)| field == name);
        field.and_then(|(_, value)| std::str::from_utf8(value).ok()).map(str::trim)
    }

    /// All values of a header field.
    pub fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.octets(name).filter_map(|value| std::str::from_utf8(value).ok()).map(str::trim)
    }

    /// The Depth header; `default` where there is none.
    ///
    /// # Errors
    /// 400 for a value that is none of `0`, `1`, `infinity`.
    pub fn depth(&self, default: Depth) -> Result<Depth> {
        let Some(value) = self.header("depth") else { return Ok(default) };
        match value.to_ascii_lowercase().split(',').next().unwrap_or_default().trim() {
            "0" => Ok(Depth::Zero),
            "1" => Ok(Depth::One),
            "infinity" => Ok(Depth::Infinity),
            _ => Err(Refusal::bad("Depth has to be 0, 1 or infinity.")),
        }
    }

    /// Whether the client asks for a short answer: `Prefer: return=minimal` (RFC 8144 §2.1) or the older `Brief: t`.
    pub fn prefers_minimal(&self) -> bool {
        self.prefers("return=minimal") || self.header("brief").is_some_and(|value| value.eq_ignore_ascii_case("t"))
    }

    /// Whether the client asks for the resource in the answer (RFC 8144 §3).
    pub fn prefers_representation(&self) -> bool {
        self.prefers("return=representation")
    }

    /// Whether the target itself is to be left out (RFC 8144 §4).
    pub fn prefers_no_root(&self) -> bool {
        self.prefers("depth-noroot")
    }

    /// Whether the client has definitions of time zones of its own (`CalDAV-Timezones: F`, RFC 7809 §7.1).
    pub fn has_timezones(&self) -> bool {
        self.header("caldav-timezones").is_some_and(|value| value.eq_ignore_ascii_case("f"))
    }

    fn prefers(&self, preference: &str) -> bool {
        let tokens = self.headers("prefer").flat_map(|value| value.split([',', ';']));
        tokens.map(|token| token.replace(['"', ' '], "")).any(|token| token.eq_ignore_ascii_case(preference))
    }

    /// Whether COPY and MOVE may replace what is there (RFC 4918 §10.6). Of several fields, which the Worker has as
    /// one, each may say that they must not.
    pub fn overwrite(&self) -> bool {
        let mut said = self.headers("overwrite").flat_map(|value| value.split(','));
        !said.any(|value| value.trim().eq_ignore_ascii_case("f"))
    }

    /// The media type of the body in lower case, without parameters; empty for none.
    pub fn media_type(&self) -> String {
        let value = self.header("content-type").unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The body as XML; none where it is empty.
    ///
    /// # Errors
    /// 400 where it is not well-formed or out of bounds.
    pub fn xml(&self) -> Result<Option<Element>> {
        if self.inner.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        Ok(Some(xml::read(&self.inner.body)?))
    }

    /// The body as XML.
    ///
    /// # Errors
    /// 400 where there is none, it is not well-formed, or its root element has another name.
    pub fn xml_of(&self, namespace: &str, local: &str) -> Result<Element> {
        match self.xml()? {
            Some(root) if root.is(namespace, local) => Ok(root),
            _ => Err(Refusal::bad(format!("The body has to be a {local} element of {namespace}."))),
        }
    }
}
