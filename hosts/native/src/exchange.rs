//! One HTTP exchange: the request within its limits, the response with its length, a line in the log.

use crate::application::{Application, Failure};
use crate::edge::Peer;
use crate::host;
use crate::limits::Limits;
use crate::log;
use crate::pace::Pace;
use crate::usage::Usage;
use bytes::{Bytes, BytesMut};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode, Version};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{timeout, timeout_at};

/// What a request cost.
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// How long a body is read that is refused: a connection that is closed with something unread takes the response with
/// it (RFC 9112 §9.6).
const LINGER: Duration = Duration::from_secs(30);

/// Answers requests with the application.
pub struct Exchange {
    application: Arc<Application>,
    limits: Limits,
    /// A permit for every byte of request bodies that may be held.
    arriving: Arc<Semaphore>,
    /// The same for responses that wait to be taken.
    leaving: Arc<Semaphore>,
}

/// Room that is reserved for a body, until this is dropped; none for an empty one.
type Room = Option<OwnedSemaphorePermit>;

/// A request that does not get as far as the component: the status, and a sentence for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Refusal(StatusCode, &'static str);

const BROKEN: Refusal = Refusal(StatusCode::BAD_REQUEST, "The request did not arrive whole.");
const STALLED: Refusal = Refusal(StatusCode::REQUEST_TIMEOUT, "The request took too long to arrive.");
const TOO_LARGE: Refusal = Refusal(StatusCode::PAYLOAD_TOO_LARGE, "The request is larger than this server takes.");
const BUSY: Refusal = Refusal(StatusCode::SERVICE_UNAVAILABLE, "The server is busy. Try again in a moment.");
const TOO_SLOW: Refusal = Refusal(StatusCode::GATEWAY_TIMEOUT, "The server took too long to answer.");
const DEFECT: Refusal = Refusal(StatusCode::INTERNAL_SERVER_ERROR, "The server failed. Its log says more.");

impl Exchange {
    /// Exchanges with an application, within limits.
    pub fn new(application: Arc<Application>, limits: Limits) -> Self {
        let permits = limits.max_buffered.min(Semaphore::MAX_PERMITS);
        let (arriving, leaving) = (Arc::new(Semaphore::new(permits)), Arc::new(Semaphore::new(permits)));
        Self { application, limits, arriving, leaving }
    }

    /// Answers one request of a peer that came in on the address `local`. The room is for the response's body, until
    /// the peer has taken it.
    pub async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        local: SocketAddr,
    ) -> (Response<Bytes>, Room) {
        let start = Instant::now();
        let usage = Arc::new(Usage::default());
        let method = request.method().clone();
        let version = request.version();
        let path = log::path(request.uri().path());
        let (response, room) = match self.receive(request, peer, local).await {
            Ok((request, _room)) => {
                self.respond(request, &usage).await.unwrap_or_else(|refusal| (refusal.into_response(), None))
            }
            Err(refusal) => (refusal.into_last_response(version), None),
        };
        let milliseconds = start.elapsed().as_secs_f64() * 1000.0;
        tracing::info!(
            %method,
            path,
            status = response.status().as_u16(),
            ms = (milliseconds * 100.0).round() / 100.0,
            storage = usage.storage(),
            cache = usage.cache(),
            bytes = response.body().len(),
        );
        (finish(response, &method, &usage, milliseconds), room)
    }

    /// Takes a request to its end, with the room that its body takes.
    async fn receive(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        local: SocketAddr,
    ) -> Result<(Request<Bytes>, Room), Refusal> {
        let (mut head, mut body) = request.into_parts();
        let acceptable = host::check(&head).map_err(|sentence| Refusal(StatusCode::BAD_REQUEST, sentence));
        let acceptable = acceptable.and_then(|()| self.check_length(&head.headers));
        if let Err(refusal) = acceptable {
            // Over HTTP/1, reading would ask a client for the body that waits to hear whether it should send it (RFC
            // 9110 §10.1.1).
            if head.version >= Version::HTTP_2 || !head.headers.contains_key(header::EXPECT) {
                discard(body);
            }
            return Err(refusal);
        }
        let (whole, room) = match self.read(&mut body).await {
            Ok(read) => read,
            Err(STALLED) => return Err(STALLED),
            Err(refusal) => {
                discard(body);
                return Err(refusal);
            }
        };
        if head.uri.authority().is_none() && !head.headers.contains_key(header::HOST) {
            head.headers.insert(header::HOST, header_value(&local.to_string()));
        }
        head.extensions.insert(Peer(peer));
        Ok((Request::from_parts(head, whole), room))
    }

    fn check_length(&self, fields: &HeaderMap) -> Result<(), Refusal> {
        if announced_length(fields) > self.limits.max_body { Err(TOO_LARGE) } else { Ok(()) }
    }

    /// Reads a body to its end, and reserves the room that it takes.
    async fn read(&self, body: &mut Incoming) -> Result<(Bytes, Room), Refusal> {
        let mut room = None;
        let mut whole = BytesMut::new();
        let mut pace = Pace::new(self.limits.idle_time());
        while let Some(frame) = timeout_at(pace.until(), body.frame()).await.map_err(|_| STALLED)? {
            let Ok(part) = frame.map_err(|_| BROKEN)?.into_data() else {
                continue;
            };
            pace.moved(part.len());
            if whole.len() + part.len() > self.limits.max_body {
                return Err(TOO_LARGE);
            }
            let more = reserve(&self.arriving, part.len())?;
            match &mut room {
                Some(room) => OwnedSemaphorePermit::merge(room, more),
                None => room = Some(more),
            }
            whole.extend_from_slice(&part);
        }
        Ok((whole.freeze(), room))
    }

    /// Has the application respond, and reserves the room that the response takes.
    async fn respond(&self, request: Request<Bytes>, usage: &Arc<Usage>) -> Result<(Response<Bytes>, Room), Refusal> {
        let asked = format!("{} {}", request.method(), log::path(request.uri().path()));
        let changes = !["GET", "PROPFIND", "REPORT"].contains(&request.method().as_str());
        match self.application.handle(request, usage).await {
            // One that is larger than all there is takes all there is. What has been done is not said to have failed:
            // such a response is short, and has to be told.
            Ok(response) => match reserve(&self.leaving, response.body().len().min(self.limits.max_buffered)) {
                Ok(room) => Ok((response, Some(room))),
                Err(_) if changes => Ok((response, None)),
                Err(refusal) => Err(refusal),
            },
            Err(Failure::Busy) => Err(BUSY),
            Err(Failure::TooSlow) => Err(TOO_SLOW),
            Err(Failure::Broken(error)) => {
                tracing::error!("{asked}: {error:#}");
                Err(DEFECT)
            }
        }
    }
}

fn reserve(room: &Arc<Semaphore>, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
    let permits = u32::try_from(bytes).map_err(|_| TOO_LARGE)?;
    Arc::clone(room).try_acquire_many_owned(permits).map_err(|_| BUSY)
}

/// Reads the rest of a body that is refused, while its client is told so: most clients look for the response when they
/// have sent all. A stream of HTTP/2 would be reset with NO_ERROR once its response is sent (RFC 9113 §8.1), and curl
/// then forgets the response.
fn discard(mut body: Incoming) {
    tokio::spawn(timeout(LINGER, async move { while let Some(Ok(_)) = body.frame().await {} }));
}

impl Refusal {
    fn into_response(self) -> Response<Bytes> {
        let Refusal(status, sentence) = self;
        let mut response = Response::new(Bytes::from(format!("{sentence}\n")));
        *response.status_mut() = status;
        let fields = response.headers_mut();
        fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            fields.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }

    /// The response to a request that is not read to its end: a connection of HTTP/1 ends with it.
    fn into_last_response(self, version: Version) -> Response<Bytes> {
        let mut response = self.into_response();
        if version < Version::HTTP_2 {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// Header values of addresses and numbers, which are ASCII.
fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("unknown"))
}

fn announced_length(fields: &HeaderMap) -> usize {
    let length = fields.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.and_then(|length| length.parse().ok()).unwrap_or(0)
}

/// Gives the response its length (that of HEAD is the component's to say) and what it cost.
fn finish(response: Response<Bytes>, method: &Method, usage: &Usage, milliseconds: f64) -> Response<Bytes> {
    let (mut head, mut body) = response.into_parts();
    let status = head.status;
    let fields = &mut head.headers;
    if status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED {
        fields.remove(header::CONTENT_LENGTH);
        body = Bytes::new();
    } else if method == Method::HEAD {
        if !fields.contains_key(header::CONTENT_LENGTH) {
            fields.insert(header::CONTENT_LENGTH, body.len().into());
        }
        body = Bytes::new();
    } else {
        fields.insert(header::CONTENT_LENGTH, body.len().into());
    }
    let timing = format!("storage;desc=\"{}\", total;dur={milliseconds:.2}", usage.storage());
    fields.append(SERVER_TIMING, header_value(&timing));
    Response::from_parts(head, body)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn finished(method: Method, status: u16, length: Option<&'static str>, body: &'static str) -> Response<Bytes> {
        let mut response = Response::builder().status(status);
        if let Some(length) = length {
            response = response.header("content-length", length);
        }
        finish(response.body(Bytes::from(body)).unwrap(), &method, &Usage::default(), 1.5)
    }

    fn length(response: &Response<Bytes>) -> Option<&str> {
        response.headers().get("content-length").map(|value| value.to_str().unwrap())
    }

    #[test]
    fn every_response_says_its_length() {
        assert_eq!(length(&finished(Method::GET, 207, None, "twelve bytes")), Some("12"));
        assert_eq!(length(&finished(Method::GET, 200, Some("7"), "twelve bytes")), Some("12"));
        assert_eq!(length(&finished(Method::PUT, 201, None, "")), Some("0"));
        assert_eq!(length(&finished(Method::HEAD, 200, Some("12"), "")), Some("12"));
        assert_eq!(length(&finished(Method::HEAD, 413, None, "twelve bytes")), Some("12"));
        assert_eq!(length(&finished(Method::DELETE, 204, Some("0"), "")), None);
        assert_eq!(length(&finished(Method::GET, 304, None, "")), None);
    }

    #[test]
    fn every_response_says_what_it_cost() {
        let response = finished(Method::GET, 200, None, "");
        assert_eq!(response.headers()["server-timing"], "storage;desc=\"0\", total;dur=1.50");
    }
}
