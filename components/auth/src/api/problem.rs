//! Why a request of the API is not carried out.

use serde_json::json;

use crate::accounts;
use crate::api::call::header;
use crate::api::reply;
use crate::auth;
use crate::exchange::{Request, Response};
use crate::store::Rejection;
use crate::types::Failure;

/// A status, and words for a person.
#[derive(Debug)]
pub struct Problem {
    status: u16,
    message: String,
    headers: Vec<(String, String)>,
}

/// What a request comes to.
pub type Answer = Result<Response, Problem>;

impl Problem {
    /// A refusal with words only.
    pub fn new(status: u16, message: impl Into<String>) -> Problem {
        Problem { status, message: message.into(), headers: Vec::new() }
    }

    /// 404.
    pub fn not_found() -> Problem {
        Problem::new(404, "There is nothing at this address.")
    }

    /// 422: the body can be read, but a value in it will not do.
    pub fn invalid(message: impl Into<String>) -> Problem {
        Problem::new(422, message)
    }

    /// 405 with the methods that are allowed (RFC 9110 §15.5.6).
    pub fn method_not_allowed(allow: &str) -> Problem {
        Problem::new(405, format!("Here one may {allow}.")).with_header("allow", allow)
    }

    /// Adds a header field.
    pub fn with_header(mut self, name: &str, value: &str) -> Problem {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The response to the request.
    pub fn into_response(self, request: &Request) -> Response {
        let mut response = reply::json(self.status, &json!({ "error": self.message }));
        response.headers.extend(self.headers);
        if self.status == 401 {
            // A browser's script asks for the password itself; `Basic` would have the browser put its own window in
            // front.
            let script = header(request, "sec-fetch-dest") == Some("empty");
            let challenge = if script { "Bearer" } else { "Basic realm=\"Kalends\", charset=\"UTF-8\"" };
            response.headers.push(("www-authenticate".to_owned(), challenge.to_owned()));
        }
        response
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Problem {
        eprintln!("storage: {failure:?}");
        match failure {
            Failure::Unavailable(_) => {
                Problem::new(503, "Storage is busy. Try again in a moment.").with_header("retry-after", "2")
            }
            Failure::Full(_) => Problem::new(507, "Storage is full."),
            Failure::Excessive(text) => Problem::new(507, text),
            Failure::Broken(_) => Problem::new(500, "The server failed. Its log says more."),
        }
    }
}

impl From<accounts::Refusal> for Problem {
    fn from(refusal: accounts::Refusal) -> Problem {
        match refusal {
            accounts::Refusal::Exists => Problem::new(409, "The name is taken."),
            accounts::Refusal::Missing => Problem::not_found(),
            accounts::Refusal::Circular => {
                Problem::new(409, "A group cannot be its own member, through other groups neither.")
            }
            accounts::Refusal::Failure(failure) => failure.into(),
        }
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Problem {
        match rejection {
            Rejection::Failure(failure) => failure.into(),
            Rejection::Occupied => Problem::new(409, "Something is there already."),
            Rejection::NoRoom => Problem::new(507, "There is not enough room left."),
            Rejection::Gone => Problem::not_found(),
            Rejection::Changed | Rejection::Locked | Rejection::Denied | Rejection::UidConflict(_) => {
                Problem::new(409, "It was changed at the same moment. Try again.")
            }
        }
    }
}

impl From<auth::Refusal> for Problem {
    fn from(refusal: auth::Refusal) -> Problem {
        match refusal {
            auth::Refusal::Missing => Problem::new(401, "Sign in first."),
            auth::Refusal::Wrong => Problem::new(401, "The name or the password is wrong."),
            auth::Refusal::Throttled(seconds) => {
                Problem::new(429, format!("Too many failed sign-ins. Try again in {seconds} seconds."))
                    .with_header("retry-after", &seconds.to_string())
            }
            auth::Refusal::CrossSite => Problem::new(403, "The request comes from another site."),
            auth::Refusal::Failure(failure) => failure.into(),
        }
    }
}
