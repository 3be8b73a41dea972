//! One keep-alive connection of a client.

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// An account on a server on this machine.
#[derive(Clone)]
pub struct Account {
    authority: String,
    authorization: String,
}

impl Account {
    /// The account that every server is given, at the server on this port.
    pub fn new(port: u16, user: &str, password: &str) -> Self {
        let credentials = BASE64_STANDARD.encode(format!("{user}:{password}"));
        Account { authority: format!("127.0.0.1:{port}"), authorization: format!("Basic {credentials}") }
    }

    /// A new connection.
    ///
    /// # Errors
    /// Where there is no server.
    pub async fn connect(&self) -> Result<Connection> {
        Ok(Connection { sender: self.sender().await?, account: self.clone() })
    }

    async fn sender(&self) -> Result<SendRequest<Full<Bytes>>> {
        let stream = TcpStream::connect(&self.authority).await.context("connecting")?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }
}

/// A request to be made.
#[derive(Clone)]
pub struct Exchange {
    /// The method.
    pub method: &'static str,
    /// The path, and a query where there is one.
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
        let content_type = "application/xml; charset=utf-8";
        Exchange { method, path: path.to_owned(), depth, content_type, body: body.into() }
    }

    /// A request without a body.
    pub fn plain(method: &'static str, path: &str) -> Self {
        Exchange { method, path: path.to_owned(), depth: "", content_type: "", body: Bytes::new() }
    }

    /// A PUT of an object of that media type.
    pub fn put(path: String, content_type: &'static str, object: String) -> Self {
        Exchange { method: "PUT", path, depth: "", content_type, body: object.into() }
    }
}

/// A connection. Where the server closes it, as some do after each answer, the next request opens another, in its own
/// time.
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
        let (answer, body) = self.exchange(exchange).await?;
        let told = || String::from_utf8_lossy(&body[..body.len().min(400)]);
        ensure!(answer.status().is_success(), "{} {}: {}\n{}", exchange.method, exchange.path, answer.status(), told());
        Ok(body)
    }

    /// Makes a request and reads the whole answer, whatever it is.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn exchange(&mut self, exchange: &Exchange) -> Result<(Response<()>, Bytes)> {
        if self.sender.ready().await.is_err() {
            self.sender = self.account.sender().await?;
            self.sender.ready().await?;
        }
        let mut request = Request::builder()
            .method(exchange.method)
            .uri(&exchange.path)
            .header("host", &self.account.authority)
            .header("user-agent", "kalends-bench")
            .header("authorization", &self.account.authorization);
        if !exchange.depth.is_empty() {
            request = request.header("depth", exchange.depth);
        }
        if !exchange.body.is_empty() {
            request = request.header("content-type", exchange.content_type);
        }
        let request = request.body(Full::new(exchange.body.clone()))?;
        let sent = self.sender.send_request(request).await;
        let response = sent.with_context(|| format!("{} {}", exchange.method, exchange.path))?;
        let (head, body) = response.into_parts();
        Ok((Response::from_parts(head, ()), body.collect().await?.to_bytes()))
    }
}
