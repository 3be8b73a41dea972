//! From a `wasi:http` request to a [`Request`].

use crate::bindings::kalends::dav::handler::{Request, Response};
use crate::bindings::kalends::dav::text::Content;
use crate::bindings::wasi::http::types::{IncomingBody, IncomingRequest, Method, Scheme};
use crate::bindings::wasi::io::streams::{InputStream, StreamError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Largest body taken, in bytes. The hosts have limits of their own, and the protocol a smaller one for what it stores:
/// this one keeps an instance on a host without any from filling its memory.
const LARGEST_BODY: usize = 64 << 20;

/// Bytes asked for in one read.
const READ: u64 = 64 << 10;

/// Header fields of the host itself. Spin and the native host overwrite what a client sends under such a name.
const OF_THE_HOST: &str = "spin-";

/// Where the host says who the peer is: `ADDRESS:PORT`.
const PEER: &str = "spin-client-addr";

/// Why a request did not get as far as the handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The body did not arrive whole (400).
    Broken,
    /// The body is larger than [`LARGEST_BODY`] (413).
    TooLarge,
}

impl Refusal {
    /// What the client is told.
    pub fn into_response(self) -> Response {
        let (status, text) = match self {
            Refusal::Broken => (400, "The request did not arrive whole.\n"),
            Refusal::TooLarge => (413, "The request is larger than this server takes.\n"),
        };
        let headers = vec![("content-type".to_owned(), "text/plain; charset=utf-8".to_owned())];
        Response { status, headers, body: Content::Text(text.to_owned()) }
    }
}

/// Reads a request of that method to its end.
pub fn read(request: IncomingRequest, method: Method) -> Result<Request, Refusal> {
    let fields = request.headers().entries();
    let body = if may_have_body(&method, &fields) { read_body(&request, &fields)? } else { Vec::new() };
    Ok(Request {
        method: method_name(method),
        scheme: scheme_name(request.scheme()),
        authority: request.authority().or_else(|| last(&fields, "host")).unwrap_or_default(),
        path: request.path_with_query().unwrap_or_else(|| "/".to_owned()),
        remote: last(&fields, PEER).and_then(|peer| address_of(&peer)),
        body,
        headers: for_the_handler(fields),
        received: seconds_since_1970(),
    })
}

fn method_name(method: Method) -> String {
    match method {
        Method::Get => "GET".to_owned(),
        Method::Head => "HEAD".to_owned(),
        Method::Post => "POST".to_owned(),
        Method::Put => "PUT".to_owned(),
        Method::Delete => "DELETE".to_owned(),
        Method::Connect => "CONNECT".to_owned(),
        Method::Options => "OPTIONS".to_owned(),
        Method::Trace => "TRACE".to_owned(),
        Method::Patch => "PATCH".to_owned(),
        Method::Other(name) => name,
    }
}

fn scheme_name(scheme: Option<Scheme>) -> String {
    match scheme {
        None | Some(Scheme::Http) => "http".to_owned(),
        Some(Scheme::Https) => "https".to_owned(),
        Some(Scheme::Other(name)) => name,
    }
}

/// The last value of a field. Where a host were to add its own beside a client's, the host's comes last.
fn last(fields: &[(String, Vec<u8>)], name: &str) -> Option<String> {
    let (_, value) = fields.iter().rev().find(|(field, _)| field.eq_ignore_ascii_case(name))?;
    String::from_utf8(value.clone()).ok()
}

/// The address of `192.0.2.1:4711` or `[2001:db8::1]:4711`, without its port.
fn address_of(peer: &str) -> Option<String> {
    let peer: std::net::SocketAddr = peer.parse().ok()?;
    Some(peer.ip().to_canonical().to_string())
}

/// The fields that are the client's own, their names in lower case.
fn for_the_handler(fields: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    let lower = fields.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value));
    lower.filter(|(name, _)| !name.starts_with(OF_THE_HOST)).collect()
}

/// Whether a body may come. One of GET or HEAD means nothing (RFC 9110 §9.3.1): it is read only where it is announced,
/// which spares the requests that come most often some calls to the host.
fn may_have_body(method: &Method, fields: &[(String, Vec<u8>)]) -> bool {
    let announces = |name: &str| fields.iter().any(|(field, _)| field.eq_ignore_ascii_case(name));
    !matches!(method, Method::Get | Method::Head) || announces("content-length") || announces("transfer-encoding")
}

fn read_body(request: &IncomingRequest, fields: &[(String, Vec<u8>)]) -> Result<Vec<u8>, Refusal> {
    let announced = last(fields, "content-length").and_then(|length| length.trim().parse::<usize>().ok()).unwrap_or(0);
    if announced > LARGEST_BODY {
        return Err(Refusal::TooLarge);
    }
    let body = request.consume().map_err(|()| Refusal::Broken)?;
    let stream = body.stream().map_err(|()| Refusal::Broken)?;
    let bytes = read_to_end(&stream, announced)?;
    drop(stream);
    drop(IncomingBody::finish(body));
    Ok(bytes)
}

fn read_to_end(stream: &InputStream, announced: usize) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::with_capacity(announced);
    loop {
        match stream.blocking_read(READ) {
            Ok(part) if bytes.len() + part.len() > LARGEST_BODY => return Err(Refusal::TooLarge),
            Ok(part) => bytes.extend_from_slice(&part),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(_)) => return Err(Refusal::Broken),
        }
    }
}

fn seconds_since_1970() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect()
    }

    #[test]
    fn the_host_s_own_fields_stay_here() {
        let given = fields(&[
            ("Depth", "0"),
            ("spin-full-url", "http://x/"),
            ("Spin-Client-Addr", "1.2.3.4:5"),
            ("If", "a"),
            ("if", "b"),
        ]);
        assert_eq!(for_the_handler(given), fields(&[("depth", "0"), ("if", "a"), ("if", "b")]));
    }

    #[test]
    fn the_peer_is_an_address_without_port() {
        assert_eq!(address_of("192.0.2.1:4711").as_deref(), Some("192.0.2.1"));
        assert_eq!(address_of("[2001:db8::1]:4711").as_deref(), Some("2001:db8::1"));
        assert_eq!(address_of("[::ffff:192.0.2.1]:80").as_deref(), Some("192.0.2.1"));
        assert_eq!(address_of("somebody"), None);
    }

    #[test]
    fn the_last_of_repeated_fields_counts() {
        let given = fields(&[("spin-client-addr", "6.6.6.6:6"), ("spin-client-addr", "192.0.2.1:4711")]);
        assert_eq!(last(&given, PEER).as_deref(), Some("192.0.2.1:4711"));
        assert_eq!(last(&given, "host"), None);
    }

    #[test]
    fn a_body_is_read_where_one_may_come() {
        let none = fields(&[("host", "example.org")]);
        assert!(!may_have_body(&Method::Get, &none) && !may_have_body(&Method::Head, &none));
        for method in [Method::Put, Method::Delete, Method::Options, Method::Other("REPORT".to_owned())] {
            assert!(may_have_body(&method, &none), "{method:?}");
        }
        assert!(may_have_body(&Method::Get, &fields(&[("Content-Length", "3")])));
        assert!(may_have_body(&Method::Head, &fields(&[("transfer-encoding", "chunked")])));
    }

    #[test]
    fn methods_keep_their_names() {
        assert_eq!(method_name(Method::Other("PROPFIND".to_owned())), "PROPFIND");
        assert_eq!(method_name(Method::Delete), "DELETE");
    }
}
