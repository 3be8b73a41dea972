//! A small client of CalDAV and CardDAV, for this application and for any other server.

mod collections;
mod discovery;
mod entries;
mod members;
mod transport;
pub mod xml;

pub use collections::Place;
pub use members::{Put, crlf};
pub use transport::Transport;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use std::time::Duration;
use url::Url;
use xml::{DAV, Element};

/// Redirections that are followed, one after the other.
const REDIRECTIONS: usize = 5;

/// How often a server that is busy is asked, and how long the pauses are at most.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_secs(30);

/// Somebody with an account on a server.
#[derive(Clone)]
pub struct Client {
    transport: Transport,
    root: Url,
    authorization: String,
}

/// What a server answered.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body.
    pub body: Bytes,
    /// Where it came from, after redirections.
    pub url: Url,
    asked: String,
}

/// One response of a multistatus.
pub struct Response {
    /// What it is about.
    pub url: Url,
    /// The properties that were found.
    pub properties: Vec<Element>,
    /// The names of those that were refused, with the statuses.
    pub refused: Vec<(xml::Name, String)>,
}

/// What is to be asked of a server.
pub struct Question<'a> {
    method: &'a str,
    headers: Vec<(&'a str, String)>,
    body: Bytes,
}

impl<'a> Question<'a> {
    /// A request with this method and without a body.
    pub fn new(method: &'a str) -> Self {
        Self { method, headers: Vec::new(), body: Bytes::new() }
    }

    /// Adds a header field.
    pub fn header(mut self, name: &'a str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Gives it a body.
    pub fn body(mut self, media_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", media_type)
    }

    /// Gives it a body of XML.
    pub fn xml(self, body: String) -> Self {
        self.body("application/xml; charset=utf-8", body)
    }
}

impl Client {
    /// Somebody with a password, at a URL where discovery begins.
    pub fn new(transport: Transport, root: Url, name: &str, password: &str) -> Self {
        let authorization = format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{password}")));
        Self { transport, root, authorization }
    }

    /// Somebody with a token.
    pub fn bearer(transport: Transport, root: Url, token: &str) -> Self {
        Self { transport, root, authorization: format!("Bearer {token}") }
    }

    /// How many requests at once are of use.
    pub fn width(&self) -> usize {
        self.transport.width()
    }

    /// Whether each request costs next to nothing.
    pub fn is_near(&self) -> bool {
        self.transport.is_near()
    }

    /// Asks, follows redirections with the method as it is, and asks again later where the server is busy.
    ///
    /// # Errors
    /// Where no answer comes; every status is an answer.
    pub async fn ask(&self, url: &Url, question: Question<'_>) -> Result<Answer> {
        let mut url = url.clone();
        let mut tries = 1;
        for _ in 0..=REDIRECTIONS + TRIES as usize {
            let response = self.transport.send(self.request(&url, &question)?).await?;
            let field = |name| response.headers().get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
            let status = response.status();
            let busy = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS].contains(&status);
            if busy && tries < TRIES {
                let asked =
                    field(header::RETRY_AFTER).and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
                tokio::time::sleep(asked.unwrap_or(Duration::from_secs(1 << tries)).min(PAUSE)).await;
                tries += 1;
                continue;
            }
            match field(header::LOCATION).filter(|_| status.is_redirection()) {
                Some(location) => url = url.join(location).context("the server redirects to what is no URL")?,
                None => {
                    let asked = format!("{} {url}", question.method);
                    return Ok(Answer { status, body: response.into_body(), url, asked });
                }
            }
        }
        bail!("{url} redirects in circles")
    }

    fn request(&self, url: &Url, question: &Question<'_>) -> Result<Request<Bytes>> {
        let mut request = Request::builder().method(Method::from_bytes(question.method.as_bytes())?).uri(url.as_str());
        for (name, value) in &question.headers {
            request = request.header(*name, value);
        }
        if trusts(&self.root, url) {
            request = request.header(header::AUTHORIZATION, &self.authorization);
        }
        Ok(request.body(question.body.clone())?)
    }

    /// PROPFIND; the body is what is asked for.
    pub async fn propfind(&self, url: &Url, depth: &str, asked: &str) -> Result<Vec<Response>> {
        let body = format!(r#"<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:">{asked}</propfind>"#);
        self.ask(url, Question::new("PROPFIND").header("depth", depth).xml(body)).await?.multistatus()
    }
}

/// Whether somebody who trusts one URL with a password trusts the other: the same origin, or by TLS a host under the
/// same domain, as where one host tells of the homes and others hold them.
fn trusts(one: &Url, other: &Url) -> bool {
    let domain = |url: &Url| url.domain()?.split_once('.').map(|(_, rest)| rest.to_owned());
    one.origin() == other.origin()
        || (other.scheme() == "https" && domain(one).is_some_and(|one| one.contains('.') && domain(other) == Some(one)))
}

impl Answer {
    /// The answer, where it is a success.
    ///
    /// # Errors
    /// What the server says of the failure.
    pub fn success(self) -> Result<Self> {
        ensure!(self.status.is_success(), "{}: {}", self.asked, self.reason());
        Ok(self)
    }

    /// The status, and what the server says of it where that is said.
    pub fn reason(&self) -> String {
        let said = Element::read(&self.body).ok().and_then(|error| {
            let told = error.child(DAV, "responsedescription").map(Element::text);
            told.or_else(|| error.children().next().map(|condition| condition.name.local.clone()))
        });
        match said.filter(|said| !said.is_empty()) {
            Some(said) => format!("{} {said}", self.status.as_str()),
            None => self.status.to_string(),
        }
    }

    /// The responses of a multistatus.
    ///
    /// # Errors
    /// Where it is none.
    pub fn multistatus(self) -> Result<Vec<Response>> {
        let answer = self.success()?;
        let root = Element::read(&answer.body).with_context(|| format!("{}: the answer", answer.asked))?;
        ensure!(root.is(DAV, "multistatus"), "{}: the answer is no multistatus", answer.asked);
        root.all(DAV, "response").map(|response| read(&answer.url, response)).collect()
    }
}

impl Response {
    /// A property that was found.
    pub fn property(&self, namespace: &str, name: &str) -> Option<&Element> {
        self.properties.iter().find(|property| property.is(namespace, name))
    }

    /// What a property refers to by DAV:href.
    pub fn href(&self, namespace: &str, name: &str) -> Option<Url> {
        let href = self.property(namespace, name)?.child(DAV, "href")?.text();
        self.url.join(href.trim()).ok()
    }

    /// The last segment of its path, as it is in the URL.
    pub fn segment(&self) -> String {
        let path = self.url.path().trim_end_matches('/');
        path.rsplit('/').next().unwrap_or_default().to_owned()
    }
}

fn read(base: &Url, response: &Element) -> Result<Response> {
    let href = response.child(DAV, "href").context("a response has no href")?.text();
    let url = base.join(href.trim()).with_context(|| format!("{href} is no reference"))?;
    let mut properties = Vec::new();
    let mut refused = Vec::new();
    for propstat in response.all(DAV, "propstat") {
        let status = propstat.child(DAV, "status").map(Element::text).unwrap_or_default();
        let found = propstat.child(DAV, "prop").into_iter().flat_map(Element::children);
        match status.split_whitespace().nth(1) {
            Some("200") => properties.extend(found.cloned()),
            _ => refused.extend(found.map(|property| (property.name.clone(), status.trim().to_owned()))),
        }
    }
    Ok(Response { url, properties, refused })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_password_stays_with_those_it_is_for() {
        let trusted = |one: &str, other: &str| trusts(&Url::parse(one).unwrap(), &Url::parse(other).unwrap());
        assert!(trusted("http://localhost:8080/", "http://localhost:8080/dav/"));
        assert!(trusted("https://caldav.example.org/", "https://p42-caldav.example.org/a/"));
        assert!(!trusted("https://caldav.example.org/", "http://p42-caldav.example.org/a/"));
        assert!(!trusted("https://caldav.example.org/", "https://example.com/"));
        assert!(!trusted("https://example.org/", "https://other.org/"));
        assert!(!trusted("http://localhost:8080/", "http://localhost:9090/"));
        assert!(!trusted("https://192.0.2.1/", "https://192.0.2.2/"));
    }

    #[test]
    fn a_multistatus_is_read() {
        let body = br#"<d:multistatus xmlns:d="DAV:"><d:response><d:href>b%20c/</d:href>
            <d:propstat><d:prop><d:displayname>B</d:displayname></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>
            <d:propstat><d:prop><d:owner/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response></d:multistatus>"#;
        let url = Url::parse("https://example.org/a/").unwrap();
        let answer =
            Answer { status: StatusCode::MULTI_STATUS, body: Bytes::from_static(body), url, asked: String::new() };
        let responses = answer.multistatus().unwrap();
        assert_eq!(responses[0].url.as_str(), "https://example.org/a/b%20c/");
        assert_eq!(responses[0].segment(), "b%20c");
        assert_eq!(responses[0].property(DAV, "displayname").unwrap().text(), "B");
        assert_eq!(responses[0].refused, [(xml::Name::new(DAV, "owner"), "HTTP/1.1 404 Not Found".to_owned())]);
    }
}
