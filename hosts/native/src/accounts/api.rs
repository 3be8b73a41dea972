//! The JSON API under `/api/`, spoken to the component in this process or to a server anywhere: a command does not see
//! which.

use crate::application::Application;
use crate::dav::Transport;
use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode, Uri};
use serde_json::{Map, Value};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// What the API's answers are, unless something else is asked for.
const JSON: &str = "application/json";

/// The name by which the component in this process is asked.
const HERE: &str = "http://localhost";

/// The API of one server or data directory, spoken to as its administrator.
pub struct Api {
    transport: Transport,
    /// Scheme, authority and the path in front of `/api/`, without a slash at the end.
    base: String,
    /// Sent with every request.
    headers: HeaderMap,
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
    /// The API of the component in this process, on a data directory. A server may be running on the same data. `token`
    /// is the administrator's token that the application knows. `public` is the address under which clients know the
    /// server; an application that is to believe it has the setting `trust_forwarded`.
    ///
    /// # Errors
    /// Where the token or the address cannot be sent.
    pub fn here(application: &Arc<Application>, token: &str, public: Option<&Uri>) -> Result<Self> {
        let mut api = Self::at(Transport::Application(Arc::clone(application)), HERE.to_owned(), token)?;
        if let Some(public) = public {
            let (scheme, name) = (public.scheme_str(), public.authority().map(http::uri::Authority::as_str));
            api.send("x-forwarded-proto", scheme.unwrap_or("https"))?;
            api.send("x-forwarded-host", name.unwrap_or("localhost"))?;
        }
        Ok(api)
    }

    /// The API of the server at a URL. Without TLS only on this machine: whoever is between would read the token.
    ///
    /// # Errors
    /// Where the URL is none of a server, or the token cannot be sent.
    pub fn there(server: &Uri, token: &str) -> Result<Self> {
        let host = server.host().with_context(|| format!("{server} is no URL: it takes https:// and a name"))?;
        match server.scheme_str() {
            Some("https") => {}
            Some("http") => {
                ensure!(is_this_machine(host), "the token would be readable on the way: use https://{host}")
            }
            _ => bail!("{server} is no URL of a server: it begins with https://"),
        }
        Self::at(Transport::http(), server.to_string().trim_end_matches('/').to_owned(), token)
    }

    fn at(transport: Transport, base: String, token: &str) -> Result<Self> {
        let mut api = Self { transport, base, headers: HeaderMap::new() };
        api.send("authorization", &format!("Bearer {token}"))
            .context("the token has a character that tokens do not have")?;
        Ok(api)
    }

    fn send(&mut self, name: &'static str, value: &str) -> Result<()> {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value)?);
        Ok(())
    }

    /// What is at a path.
    ///
    /// # Errors
    /// [`Refused`] for an answer that is no success, and whatever keeps the question from being answered. The same for
    /// all that follow.
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.json(Method::GET, path, None).await
    }

    /// Makes something at a path; gives what was made.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.json(Method::POST, path, Some(body)).await
    }

    /// Makes something at a path, and gives it in another form than JSON.
    pub async fn post_for(&self, accept: &'static str, path: &str, body: &Value) -> Result<Bytes> {
        self.ask(Method::POST, path, accept, body.to_string().into()).await
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
        let answer = self.ask(method, path, JSON, body).await?;
        match answer.is_empty() {
            true => Ok(Value::Null),
            false => serde_json::from_slice(&answer).context("the answer is no JSON: is this a Kalends server?"),
        }
    }

    async fn ask(&self, method: Method, path: &str, accept: &'static str, body: Bytes) -> Result<Bytes> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base)).body(body)?;
        let headers = request.headers_mut();
        headers.extend(self.headers.clone());
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
        let reply = self.transport.send(request).await?;
        if reply.status().is_success() {
            return Ok(reply.into_body());
        }
        Err(Refused { status: reply.status(), reason: reason(&reply) }.into())
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// What the API says of a failure; the status where it says nothing.
fn reason(reply: &Response<Bytes>) -> String {
    let body: Value = serde_json::from_slice(reply.body()).unwrap_or_default();
    match body.get("error").and_then(Value::as_str) {
        Some(error) => error.to_owned(),
        None => format!("the server answered {}", reply.status()),
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
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn replied(status: StatusCode, body: &'static str) -> String {
        let mut reply = Response::new(Bytes::from_static(body.as_bytes()));
        *reply.status_mut() = status;
        reason(&reply)
    }

    fn there(server: &str, token: &str) -> Result<Api> {
        Api::there(&server.parse().unwrap(), token)
    }

    #[test]
    fn a_token_travels_encrypted_or_not_at_all() {
        for server in [
            "https://calendar.example.org",
            "https://example.org/calendar/",
            "http://127.0.0.1:8080",
            "http://[::1]",
            "http://localhost/",
        ] {
            assert!(there(server, "token-0").is_ok(), "{server}");
        }
        for server in [
            "http://calendar.example.org",
            "calendar.example.org",
            "/api",
            "http://localhost.example.org",
            "ftp://localhost",
        ] {
            assert!(there(server, "token-0").is_err(), "{server}");
        }
        assert!(there("https://localhost", "token\r\nx: y").is_err());
    }

    #[test]
    fn a_server_below_a_path() {
        assert_eq!(there("https://example.org/calendar/", "token-0").unwrap().base, "https://example.org/calendar");
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
