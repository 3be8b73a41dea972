//! `kalends:dav/handler`: from an HTTP request to the record of `wit/exchange.wit`, and from its answer to a response.
//! What `components/http-wasi` is for other hosts.

use super::{OF_THE_HOST, Peer};
use crate::instance::Instance;
use anyhow::{Context, Result};
use bindings::kalends::dav::exchange;
use bindings::kalends::dav::text::Content;
pub use bindings::{Edge as Handler, EdgePre as HandlerPre};
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use std::time::{SystemTime, UNIX_EPOCH};
use wasmtime::Store;
use wasmtime::component::{Component, InstancePre};

#[allow(missing_docs, clippy::unwrap_used, clippy::panic)]
mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package kalends:native-edge;

            world edge {
                export kalends:dav/handler@0.1.0;
            }
        ",
        world: "kalends:native-edge/edge",
        exports: { default: async },
    });
}

/// The name of the interface.
const HANDLER: &str = "kalends:dav/handler@0.1.0";

/// Whether a component exports it.
pub fn is_exported(component: &Component) -> bool {
    component.get_export_index(None, HANDLER).is_some()
}

/// The handler of a component that exports it. Fails where its types are others than ours.
pub fn find(component: &InstancePre<Instance>) -> Result<HandlerPre<Instance>> {
    let handler = HandlerPre::new(component.clone()).map_err(anyhow::Error::from);
    handler.with_context(|| format!("the component's {HANDLER} is not this binary's: they are of two versions"))
}

/// Has an instance answer a request.
pub async fn answer(
    handler: &Handler,
    store: &mut Store<Instance>,
    request: Request<Bytes>,
) -> Result<Response<Bytes>> {
    let (head, body) = request.into_parts();
    let request = into_record(&head, body, SystemTime::now());
    let response = handler.kalends_dav_handler().call_handle(store, &request).await?;
    from_record(response).context("the component's response is none")
}

fn into_record(head: &Parts, body: Bytes, received: SystemTime) -> exchange::Request {
    let host = head.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    exchange::Request {
        method: head.method.as_str().to_owned(),
        // TLS is a proxy's, which says so in its own way.
        scheme: "http".to_owned(),
        authority: head.uri.authority().map(|authority| authority.as_str()).or(host).unwrap_or_default().to_owned(),
        path: head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        headers: of_the_client(&head.headers),
        body: body.into(),
        remote: head.extensions.get().map(|Peer(address)| address.ip().to_canonical().to_string()),
        received: seconds_since_1970(received),
    }
}

/// The fields that are the client's own. Their names are in lower case already.
fn of_the_client(fields: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    fields
        .iter()
        .filter(|(name, _)| !name.as_str().starts_with(OF_THE_HOST))
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect()
}

fn seconds_since_1970(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Fails where HTTP has no such status or field.
fn from_record(response: exchange::Response) -> Result<Response<Bytes>> {
    let exchange::Response { status, headers, body } = response;
    let body = match body {
        Content::Text(text) => Bytes::from(text),
        Content::Octets(octets) => Bytes::from(octets),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status)?;
    let fields = response.headers_mut();
    for (name, value) in headers {
        let name = HeaderName::try_from(&name).with_context(|| format!("the field {name:?}"))?;
        let value = HeaderValue::try_from(value).with_context(|| format!("the value of {name}"))?;
        fields.append(name, value);
    }
    Ok(response)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn record(request: http::request::Builder) -> exchange::Request {
        let (head, body) = request.body(Bytes::from_static(b"octets\xff")).unwrap().into_parts();
        into_record(&head, body, UNIX_EPOCH + Duration::from_millis(1_999))
    }

    fn fields(pairs: &[(&str, &[u8])]) -> Vec<(String, Vec<u8>)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect()
    }

    #[test]
    fn a_request_is_handed_over_as_it_came() {
        let given = Request::builder()
            .method("PROPFIND")
            .uri("/dav/a%2Fb/..//c?d=%20")
            .header("Host", "example.org:8080")
            .header("Depth", "1")
            .header("If", b"(\xff)".as_slice())
            .header("If", "(second)")
            .extension(Peer("[::ffff:192.0.2.1]:4711".parse().unwrap()))
            .header("spin-client-addr", "6.6.6.6:6")
            .header("spin-full-url", "http://x/");
        let record = record(given);
        assert_eq!(record.method, "PROPFIND");
        assert_eq!((record.scheme.as_str(), record.authority.as_str()), ("http", "example.org:8080"));
        assert_eq!(record.path, "/dav/a%2Fb/..//c?d=%20");
        let own: &[(&str, &[u8])] =
            &[("host", b"example.org:8080"), ("depth", b"1"), ("if", b"(\xff)"), ("if", b"(second)")];
        assert_eq!(record.headers, fields(own));
        assert_eq!(record.body, b"octets\xff");
        assert_eq!(record.remote.as_deref(), Some("192.0.2.1"));
        assert_eq!(record.received, 1);
    }

    #[test]
    fn an_authority_in_the_target_counts_more_than_host() {
        let absolute = record(Request::builder().uri("http://example.org/x").header("host", "example.com"));
        assert_eq!((absolute.authority.as_str(), absolute.path.as_str()), ("example.org", "/x"));
        let neither = record(Request::builder().method("OPTIONS").uri("*"));
        assert_eq!((neither.authority.as_str(), neither.path.as_str()), ("", "*"));
        assert_eq!(neither.remote, None);
    }

    fn response(status: u16, name: &str, value: &str, body: Content) -> Result<Response<Bytes>> {
        from_record(exchange::Response { status, headers: vec![(name.to_owned(), value.to_owned())], body })
    }

    #[test]
    fn a_response_is_what_the_record_says() {
        let text = response(207, "dav", "1, 3", Content::Text("zo\u{eb}".to_owned())).unwrap();
        assert_eq!((text.status().as_u16(), &text.headers()["dav"]), (207, &HeaderValue::from_static("1, 3")));
        assert_eq!(text.body().as_ref(), "zo\u{eb}".as_bytes());
        let octets = response(200, "etag", "\"1\"", Content::Octets(vec![0xff, 0])).unwrap();
        assert_eq!(octets.body().as_ref(), [0xff, 0]);
    }

    #[test]
    fn what_http_cannot_say_is_no_response() {
        let none = || Content::Text(String::new());
        assert!(response(99, "dav", "1", none()).is_err());
        let named = |error: anyhow::Error| format!("{error:#}");
        assert!(response(200, "a b", "1", none()).map_err(named).unwrap_err().contains("\"a b\""));
        assert!(response(200, "location", "/\r\nx: y", none()).map_err(named).unwrap_err().contains("location"));
    }
}
