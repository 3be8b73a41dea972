//! The JSON API under `/api/`.
//!
//! | path | methods |
//! |---|---|
//! | `/api/accounts`, `/api/accounts/NAME` | GET, POST; GET, PATCH, DELETE |
//! | `/api/accounts/NAME/password` | PUT |
//! | `/api/accounts/NAME/app-passwords`, `/tokens`, `/sessions` and `/ID` below | GET, POST; DELETE |
//! | `/api/accounts/NAME/shares`, `/api/accounts/NAME/shares/ID` | GET, POST; PATCH, DELETE |
//! | `/api/accounts/NAME/links`, `/api/accounts/NAME/links/ID` | GET, POST; DELETE |
//! | `/api/groups`, `/api/groups/NAME` | GET, POST; GET, PATCH, DELETE |
//! | `/api/groups/NAME/members`, `/api/groups/NAME/members/NAME` | GET; PUT, DELETE |
//! | `/api/me`, `/api/me/password`, `/api/me/app-passwords`, `/api/me/shares` … | GET; PUT; as above |
//! | `/api/session` | POST, DELETE |
//! | `/api/openapi.json` | GET: this table, in full |

mod accounts;
mod asker;
mod call;
mod credentials;
mod groups;
mod input;
mod links;
mod me;
mod onboarding;
mod place;
mod plist;
mod problem;
mod reply;
mod session;
mod shares;
mod view;

use crate::exchange::{Request, Response};
use crate::surroundings::Surroundings;
use call::Call;
use problem::{Answer, Problem};

/// This API in OpenAPI 3.1; nobody has to sign in to read it.
const DESCRIPTION: &str = include_str!("openapi.json");

/// Answers one request. Every refusal is a status with `{"error": "…"}`.
pub fn handle(around: &dyn Surroundings, request: &Request) -> Response {
    Call::read(around, request).and_then(|call| route(&call)).unwrap_or_else(|problem| problem.into_response(request))
}

fn route(call: &Call) -> Answer {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["openapi.json"] if call.method == "GET" => Ok(reply::document(DESCRIPTION)),
        ["openapi.json"] => Err(Problem::method_not_allowed("GET")),
        ["session"] => session::answer(call),
        ["me", rest @ ..] => me::answer(call, rest),
        ["accounts"] => accounts::list(call),
        ["accounts", name, rest @ ..] => accounts::one(call, name, rest),
        ["groups"] => groups::list(call),
        ["groups", name, rest @ ..] => groups::one(call, name, rest),
        _ => Err(Problem::not_found()),
    }
}

#[cfg(test)]
mod tests;
