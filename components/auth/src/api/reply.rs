//! Responses of the API.

use serde::Serialize;

use crate::exchange::Response;
use crate::text::Content;

/// A value as JSON.
pub fn json(status: u16, body: &impl Serialize) -> Response {
    respond(status, serde_json::to_string(body).unwrap_or_default())
}

/// A JSON document that is one already.
pub fn document(json: &str) -> Response {
    respond(200, json.to_owned())
}

/// Nothing of the API may be kept by caches.
fn respond(status: u16, body: String) -> Response {
    let headers =
        [("content-type", "application/json"), ("cache-control", "no-store"), ("x-content-type-options", "nosniff")];
    Response {
        status,
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        body: Content::Text(body),
    }
}

/// 201 with what was made and where it is.
pub fn created(location: &str, body: &impl Serialize) -> Response {
    let mut response = json(201, body);
    response.headers.push(("location".to_owned(), location.to_owned()));
    response
}

/// 204.
pub fn done() -> Response {
    Response {
        status: 204,
        headers: vec![("cache-control".to_owned(), "no-store".to_owned())],
        body: Content::Text(String::new()),
    }
}
