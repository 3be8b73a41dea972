//! One keep-alive connection of a client.

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use url::Url;

/// An account on a server.
#[derive(Clone)]
pub struct Account {
    authority: String,
    authorization: String,
    /// Path of its calendar home, with a slash at the end.
    pub home: String,
}

impl Account {
    /// An account by the URL of its calendar home.
    ///
    /// # Errors
    /// Where the URL names no host.
    pub fn new(home: &Url, user: &str, password: &str) -> Result<Self> {
        let host = home.host_str().context("the URL has no host")?;
        let port = home.port_or_known_default().context("the URL has no port")?;
        let credentials = BASE64_STANDARD.encode(format!("{user}:{password}"));
        Ok(Account {
            authority: format!("{host}:{port}"),
            authorization: format!("Basic {credentials}"),
            home: format!("{}/", home.path().trim_end_matches('/')),
        })
    }

    /// A new connection.
    ///
    /// # Errors
    /// Where there is no server.
    pub async fn connect(&self) -> Result<Connection> {
        let stream = TcpStream::connect(&self.authority).await.context("connecting")?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Connection { sender, account: self.clone() })
    }
}

/// A request to be made.
#[derive(Clone)]
pub struct Exchange {
    /// The method.
    pub method: &'static str,
    /// The path.
    pub path: String,
    /// The Depth header; empty for none.
    pub depth: &'static str,
    /// The type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
}

impl Exchange {
    /// A request with an XML body.
    pub fn xml(method: &'static str, path: &str, depth: &'static str, body: String) -> Self {
        Exchange {
            method,
            path: path.to_owned(),
            depth,
            content_type: "application/xml; charset=utf-8",
            body: body.into(),
        }
    }

    /// A PUT of a calendar object.
    pub fn put(path: String, object: String) -> Self {
        Exchange { method: "PUT", path, depth: "", content_type: "text/calendar; charset=utf-8", body: object.into() }
    }
}

/// A connection.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    account: Account,
}

impl Connection {
    /// Makes a request and reads the whole answer, which has to be a success.
    ///
    /// # Errors
    /// Where it is none.
    pub async fn send(&mut self, exchange: &Exchange) -> Result<Bytes> {
        let mut request = Request::builder()
            .method(exchange.method)
            .uri(&exchange.path)
            .header("host", &self.account.authority)
            .header("authorization", &self.account.authorization);
        if !exchange.depth.is_empty() {
            request = request.header("depth", exchange.depth);
        }
        if !exchange.body.is_empty() {
            request = request.header("content-type", exchange.content_type);
        }
        self.sender.ready().await?;
        let response = self.sender.send_request(request.body(Full::new(exchange.body.clone()))?).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        if !status.is_success() {
            bail!("{} {}: {status}\n{}", exchange.method, exchange.path, String::from_utf8_lossy(&body));
        }
        Ok(body)
    }
}
