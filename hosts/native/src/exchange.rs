//! One HTTP exchange: the request within its limits, the response with its length, a line in the log.

use crate::application::{Application, Failure};
use crate::edge::Peer;
use crate::limits::Limits;
use crate::log;
use crate::usage::Usage;
use bytes::{Bytes, BytesMut};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// What a request cost.
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Answers requests with the application.
pub struct Exchange {
    application: Arc<Application>,
    limits: Limits,
    /// A permit for every byte of request bodies that may be held.
    buffered: Arc<Semaphore>,
}

/// A request that does not get as far as the component: the status, and a sentence for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Refusal(StatusCode, &'static str);

const NO_HOST: Refusal = Refusal(StatusCode::BAD_REQUEST, "The request has no Host.");
const BROKEN: Refusal = Refusal(StatusCode::BAD_REQUEST, "The request did not arrive whole.");
const STALLED: Refusal = Refusal(StatusCode::REQUEST_TIMEOUT, "The request took too long to arrive.");
const TOO_LARGE: Refusal = Refusal(StatusCode::PAYLOAD_TOO_LARGE, "The request is larger than this server takes.");
const BUSY: Refusal = Refusal(StatusCode::SERVICE_UNAVAILABLE, "The server is busy. Try again in a moment.");
const TOO_SLOW: Refusal = Refusal(StatusCode::GATEWAY_TIMEOUT, "The server took too long to answer.");
const DEFECT: Refusal = Refusal(StatusCode::INTERNAL_SERVER_ERROR, "The server failed. Its log says more.");

impl Exchange {
    /// Exchanges with an application, within limits.
    pub fn new(application: Arc<Application>, limits: Limits) -> Self {
        let buffered = Arc::new(Semaphore::new(limits.max_buffered.min(Semaphore::MAX_PERMITS)));
        Self { application, limits, buffered }
    }

    /// Answers one request of a peer that came in on the address `local`.
    pub async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        local: SocketAddr,
    ) -> Response<Full<Bytes>> {
        let start = Instant::now();
        let usage = Arc::new(Usage::default());
        let method = request.method().clone();
        let path = log::path(request.uri().path());
        let response = match self.respond(request, peer, local, &usage).await {
            Ok(response) => response,
            Err(refusal) => refusal.into_response(),
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
        finish(response, &method, &usage, milliseconds)
    }

    async fn respond(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        local: SocketAddr,
        usage: &Arc<Usage>,
    ) -> Result<Response<Bytes>, Refusal> {
        let (mut head, body) = request.into_parts();
        if head.uri.authority().is_none() && !head.headers.contains_key(header::HOST) {
            if head.version > Version::HTTP_10 {
                return Err(NO_HOST);
            }
            head.headers.insert(header::HOST, header_value(&local.to_string()));
        }
        head.extensions.insert(Peer(peer));
        let (body, _room) = self.read(body, &head.headers).await?;
        let asked = format!("{} {}", head.method, log::path(head.uri.path()));
        match self.application.handle(Request::from_parts(head, body), usage).await {
            Ok(response) => Ok(response),
            Err(Failure::Busy) => Err(BUSY),
            Err(Failure::TooSlow) => Err(TOO_SLOW),
            Err(Failure::Broken(error)) => {
                tracing::error!("{asked}: {error:#}");
                Err(DEFECT)
            }
        }
    }

    /// Reads a body to its end, and reserves the room that it takes.
    async fn read(
        &self,
        mut body: Incoming,
        fields: &HeaderMap,
    ) -> Result<(Bytes, Option<OwnedSemaphorePermit>), Refusal> {
        let announced = announced_length(fields);
        if announced > self.limits.max_body {
            return Err(TOO_LARGE);
        }
        let mut room: Option<OwnedSemaphorePermit> = None;
        let mut whole = BytesMut::new();
        while let Some(frame) = timeout(self.limits.idle_time(), body.frame()).await.map_err(|_| STALLED)? {
            let Ok(part) = frame.map_err(|_| BROKEN)?.into_data() else {
                continue;
            };
            if whole.len() + part.len() > self.limits.max_body {
                return Err(TOO_LARGE);
            }
            let more = self.reserve(part.len())?;
            match &mut room {
                Some(room) => room.merge(more),
                None => room = Some(more),
            }
            whole.extend_from_slice(&part);
        }
        Ok((whole.freeze(), room))
    }

    fn reserve(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
        let permits = u32::try_from(bytes).map_err(|_| TOO_LARGE)?;
        Arc::clone(&self.buffered).try_acquire_many_owned(permits).map_err(|_| BUSY)
    }
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
fn finish(response: Response<Bytes>, method: &Method, usage: &Usage, milliseconds: f64) -> Response<Full<Bytes>> {
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
    Response::from_parts(head, Full::new(body))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn finished(
        method: Method,
        status: u16,
        length: Option<&'static str>,
        body: &'static str,
    ) -> Response<Full<Bytes>> {
        let mut response = Response::builder().status(status);
        if let Some(length) = length {
            response = response.header("content-length", length);
        }
        finish(response.body(Bytes::from(body)).unwrap(), &method, &Usage::default(), 1.5)
    }

    fn length(response: &Response<Full<Bytes>>) -> Option<&str> {
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
