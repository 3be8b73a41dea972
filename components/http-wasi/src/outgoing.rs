//! From a [`Response`] to a `wasi:http` response.

use crate::bindings::kalends::dav::handler::Response;
use crate::bindings::wasi::http::types::{ErrorCode, Fields, OutgoingBody, OutgoingResponse, ResponseOutparam};
use crate::bindings::wasi::io::streams::{OutputStream, StreamError};

/// Sends a response, with its length: iOS throws a chunked 207 away. For HEAD the length is that of the body that is
/// left out.
pub fn send(answer: ResponseOutparam, response: Response, head_only: bool) {
    let Response { status, headers, body } = response;
    let outgoing = match head(status, headers, body.len()) {
        Ok(outgoing) => outgoing,
        Err(defect) => {
            eprintln!("the response cannot be sent: {defect}");
            ResponseOutparam::set(answer, Err(ErrorCode::InternalError(Some(defect))));
            return;
        }
    };
    // A response whose body was never asked for is one without a body, whatever content-length says.
    if head_only || body.is_empty() {
        ResponseOutparam::set(answer, Ok(outgoing));
        return;
    }
    let opened = outgoing.body();
    ResponseOutparam::set(answer, Ok(outgoing));
    if let Ok(outgoing_body) = opened {
        write_body(outgoing_body, &body);
    }
}

/// The status and the header fields. The error says what is wrong with them.
fn head(status: u16, headers: Vec<(String, String)>, length: usize) -> Result<OutgoingResponse, String> {
    let mut entries: Vec<_> = headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
    if has_length(status) {
        entries.push(("content-length".to_owned(), length.to_string().into_bytes()));
    }
    let refused = |error| {
        let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
        format!("header fields {}: {error:?}", names.join(", "))
    };
    let fields = Fields::from_list(&entries).map_err(refused)?;
    let outgoing = OutgoingResponse::new(fields);
    outgoing.set_status_code(status).map_err(|()| format!("status {status}"))?;
    Ok(outgoing)
}

/// Whether a response of this status says how long it is (RFC 9110 §8.6): not 204, and 304 only with the length of what
/// it stands for, which is not known here.
fn has_length(status: u16) -> bool {
    status >= 200 && status != 204 && status != 304
}

/// What one call writes and flushes at the most (`wasi:io`).
const ONE_CALL: usize = 4096;

/// Writes the body. When the client has gone there is nobody left to tell.
fn write_body(outgoing: OutgoingBody, body: &[u8]) {
    let Ok(stream) = outgoing.write() else {
        return;
    };
    let written = write_all(&stream, body);
    drop(stream);
    if written.is_ok() {
        drop(OutgoingBody::finish(outgoing, None));
    }
}

fn write_all(stream: &OutputStream, mut rest: &[u8]) -> Result<(), StreamError> {
    if rest.len() <= ONE_CALL {
        return stream.blocking_write_and_flush(rest);
    }
    while !rest.is_empty() {
        let room = usize::try_from(stream.check_write()?).unwrap_or(usize::MAX);
        if room == 0 {
            stream.subscribe().block();
            continue;
        }
        let (part, after) = rest.split_at(room.min(rest.len()));
        stream.write(part)?;
        rest = after;
    }
    stream.blocking_flush()
}

#[cfg(test)]
mod tests {
    use super::has_length;

    #[test]
    fn some_responses_have_no_length() {
        assert!(has_length(200) && has_length(207) && has_length(404) && has_length(201));
        assert!(!has_length(204) && !has_length(304));
    }
}
