//! The API of a server anywhere, on any host, over HTTP.

use super::api::{Question, Reply};
use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use http::{Request, Uri};
use std::net::IpAddr;
use std::time::Duration;
use ureq::Agent;

/// How long an answer may take, Argon2 on a small machine included.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server, and the token that it is asked with.
pub struct There {
    agent: Agent,
    /// Scheme, authority and the path in front of `/api/`, without a slash at the end.
    base: String,
    authorization: String,
}

impl There {
    /// The server at a URL. Without TLS only on this machine: whoever is between would read the token.
    ///
    /// # Errors
    /// Where the URL is none of a server, or the token cannot be sent.
    pub fn new(server: &Uri, token: &str) -> Result<Self> {
        let host = server.host().with_context(|| format!("{server} is no URL: it takes https:// and a name"))?;
        match server.scheme_str() {
            Some("https") => {}
            Some("http") => {
                ensure!(is_this_machine(host), "the token would be readable on the way: use https://{host}")
            }
            _ => bail!("{server} is no URL of a server: it begins with https://"),
        }
        ensure!(
            token.bytes().all(|octet| octet.is_ascii_graphic()),
            "the token has a character that tokens do not have"
        );
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            // A redirect would take the token where nobody meant it to go.
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .build();
        Ok(Self {
            agent: agent.into(),
            base: server.to_string().trim_end_matches('/').to_owned(),
            authorization: format!("Bearer {token}"),
        })
    }

    /// Asks the server.
    ///
    /// # Errors
    /// Where no answer comes.
    pub async fn ask(&self, question: Question) -> Result<Reply> {
        let url = format!("{}{}", self.base, question.path);
        let request = Request::builder()
            .method(question.method)
            .uri(&url)
            .header("authorization", &self.authorization)
            .header("accept", question.accept)
            .header("content-type", "application/json");
        let request = request.body(question.body.to_vec()).with_context(|| format!("{url} cannot be asked for"))?;
        let agent = self.agent.clone();
        let answered = tokio::task::spawn_blocking(move || send(&agent, request)).await?;
        answered.with_context(|| format!("no answer from {}", self.base))
    }
}

fn send(agent: &Agent, request: Request<Vec<u8>>) -> Result<Reply> {
    // An empty body is none: there are servers that refuse one with GET.
    let mut response = match request.body().is_empty() && !matches!(request.method().as_str(), "PUT" | "POST") {
        true => agent.run(request.map(drop))?,
        false => agent.run(request)?,
    };
    let body = Bytes::from(response.body_mut().read_to_vec()?);
    Ok(Reply { status: response.status(), body })
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_token_travels_encrypted_or_not_at_all() {
        for server in [
            "https://calendar.example.org",
            "https://example.org/calendar/",
            "http://127.0.0.1:8080",
            "http://[::1]",
            "http://localhost/",
        ] {
            assert!(There::new(&server.parse().unwrap(), "token-0").is_ok(), "{server}");
        }
        for server in [
            "http://calendar.example.org",
            "calendar.example.org",
            "/api",
            "http://localhost.example.org",
            "ftp://localhost",
        ] {
            assert!(There::new(&server.parse().unwrap(), "token-0").is_err(), "{server}");
        }
        assert!(There::new(&"https://localhost".parse().unwrap(), "token\r\nx: y").is_err());
    }

    #[test]
    fn a_server_below_a_path() {
        let there = There::new(&"https://example.org/calendar/".parse().unwrap(), "token-0").unwrap();
        assert_eq!(there.base, "https://example.org/calendar");
    }
}
