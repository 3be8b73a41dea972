//! The JSON API under `/api/`, spoken to the component in this process or to a server anywhere: a command does not see which.

use super::here::Here;
use super::there::There;
use anyhow::{Context, Result};
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Map, Value};
use std::fmt;

/// What the API's answers are, unless something else is asked for.
const JSON: &str = "application/json";

/// The API of one server or data directory, spoken to as its administrator.
pub enum Api {
    /// The component in this process.
    Here(Here),
    /// A server, over HTTP.
    There(There),
}

/// One request of the API.
pub struct Question {
    /// The method.
    pub method: Method,
    /// Path and query, from `/api/` on.
    pub path: String,
    /// The media type that is asked for.
    pub accept: &'static str,
    /// JSON; empty for none.
    pub body: Bytes,
}

/// What came back.
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The body.
    pub body: Bytes,
}

/// An answer that is no success. Whoever expects a certain status finds it here by `downcast_ref`.
#[derive(Debug)]
pub struct Refused {
    /// The status.
    pub status: StatusCode,
    /// What the API said, for a person.
    pub reason: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl std::error::Error for Refused {}

impl Api {
    /// What is at a path.
    ///
    /// # Errors
    /// [`Refused`] for an answer that is no success, and whatever keeps the question from being answered. The same for all that follow.
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.json(Method::GET, path, None).await
    }

    /// Makes something at a path; gives what was made.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.json(Method::POST, path, Some(body)).await
    }

    /// Makes something at a path, and gives it in another form than JSON.
    pub async fn post_for(&self, accept: &'static str, path: &str, body: &Value) -> Result<Bytes> {
        self.ask(Question { method: Method::POST, path: path.to_owned(), accept, body: body.to_string().into() }).await
    }

    /// Sets what is at a path.
    pub async fn put(&self, path: &str, body: Option<&Value>) -> Result<()> {
        self.json(Method::PUT, path, body).await.map(drop)
    }

    /// Changes what is at a path (RFC 7396); gives it as it is then.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Value> {
        self.json(Method::PATCH, path, Some(body)).await
    }

    /// Removes what is at a path.
    pub async fn delete(&self, path: &str) -> Result<()> {
        self.json(Method::DELETE, path, None).await.map(drop)
    }

    /// The list that a path has under a name.
    pub async fn list(&self, path: &str, member: &str) -> Result<Vec<Value>> {
        let mut answer = self.get(path).await?;
        let list = answer.get_mut(member).map(Value::take);
        match list {
            Some(Value::Array(list)) => Ok(list),
            _ => anyhow::bail!("the answer has no list of {member}"),
        }
    }

    async fn json(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let answer = self.ask(Question { method, path: path.to_owned(), accept: JSON, body }).await?;
        match answer.is_empty() {
            true => Ok(Value::Null),
            false => serde_json::from_slice(&answer).context("the answer is no JSON: is this a Kalends server?"),
        }
    }

    async fn ask(&self, question: Question) -> Result<Bytes> {
        let reply = match self {
            Api::Here(here) => here.ask(question).await?,
            Api::There(there) => there.ask(question).await?,
        };
        if reply.status.is_success() {
            return Ok(reply.body);
        }
        Err(Refused { status: reply.status, reason: reason(&reply) }.into())
    }
}

/// What the API says of a failure; the status where it says nothing.
fn reason(reply: &Reply) -> String {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    match body.get("error").and_then(Value::as_str) {
        Some(error) => error.to_owned(),
        None => format!("the server answered {}", reply.status),
    }
}

/// The body that says those of these members that have a value.
pub fn body<const COUNT: usize>(members: [(&str, Option<Value>); COUNT]) -> Map<String, Value> {
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// A path below `/api/`. In each segment, what is not an unreserved character is percent-encoded (RFC 3986 §2.3).
pub fn path(segments: &[&str]) -> String {
    let mut path = "/api".to_owned();
    for segment in segments {
        path.push('/');
        for byte in segment.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => path.push(byte.into()),
                _ => path.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replied(status: StatusCode, body: &'static str) -> String {
        reason(&Reply { status, body: Bytes::from_static(body.as_bytes()) })
    }

    #[test]
    fn names_are_encoded_in_paths() {
        assert_eq!(path(&["accounts", "ada@example.org"]), "/api/accounts/ada%40example.org");
        assert_eq!(path(&["groups", "../x/ü", "members"]), "/api/groups/..%2Fx%2F%C3%BC/members");
    }

    #[test]
    fn a_refusal_says_what_the_api_said() {
        assert_eq!(replied(StatusCode::CONFLICT, r#"{"error": "The name is taken."}"#), "The name is taken.");
        assert_eq!(replied(StatusCode::BAD_GATEWAY, "<html>"), "the server answered 502 Bad Gateway");
        assert_eq!(replied(StatusCode::FOUND, ""), "the server answered 302 Found");
    }
}
