//! How requests get to a server: into the application of this process, or over HTTP.

use crate::application::{Application, Failure};
use crate::usage::Usage;
use anyhow::{Context, Result, anyhow};
use bytes::Bytes;
use http::{Request, Response, header};
use std::sync::Arc;
use std::time::Duration;
use ureq::tls::{RootCerts, TlsConfig};

/// How long a server may take to answer, all in all.
const PATIENCE: Duration = Duration::from_secs(300);

/// Octets of an answer that are read at most: it is a multiget of objects that have a limit of their own.
const LONGEST_ANSWER: u64 = 512 << 20;

/// Requests that a server across a network is sent at once.
const AT_ONCE: usize = 4;

/// A way to a server.
#[derive(Clone)]
pub enum Transport {
    /// The application in this process.
    Application(Arc<Application>),
    /// HTTP/1.1, with TLS where the URL says so.
    Http(ureq::Agent),
}

impl Transport {
    /// A way to any server, by HTTP. Redirections are the caller's: methods of WebDAV have to stay what they are.
    /// Of certificates, whatever this machine trusts is trusted: also a household's or a company's own authority.
    pub fn http() -> Self {
        let trust = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = ureq::Agent::config_builder()
            .allow_non_standard_methods(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .tls_config(trust)
            .timeout_global(Some(PATIENCE))
            .user_agent(concat!("kalends/", env!("CARGO_PKG_VERSION")))
            .build();
        Self::Http(config.into())
    }

    /// How many requests at once are of use.
    pub fn width(&self) -> usize {
        match self {
            Self::Application(_) => 1,
            Self::Http(_) => AT_ONCE,
        }
    }

    /// Whether each request costs next to nothing.
    pub fn is_near(&self) -> bool {
        matches!(self, Self::Application(_))
    }

    /// Sends a request with an absolute URI, and reads the whole answer.
    ///
    /// # Errors
    /// Where there is no answer, or not all of it.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>> {
        match self {
            Self::Application(application) => in_process(application, request).await,
            Self::Http(agent) => {
                let agent = agent.clone();
                tokio::task::spawn_blocking(move || over_http(&agent, request)).await?
            }
        }
    }
}

async fn in_process(application: &Application, mut request: Request<Bytes>) -> Result<Response<Bytes>> {
    let length = request.body().len();
    let host = request.uri().authority().map_or_else(|| "localhost".to_owned(), ToString::to_string);
    *request.uri_mut() = request.uri().path_and_query().context("the URL has no path")?.as_str().parse()?;
    request.headers_mut().insert(header::HOST, host.parse()?);
    request.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    let answer = application.handle(request, &Arc::new(Usage::default())).await;
    answer.map_err(|failure| match failure {
        Failure::Broken(error) => error,
        Failure::Busy | Failure::TooSlow => anyhow!("the component took too long"),
    })
}

fn over_http(agent: &ureq::Agent, request: Request<Bytes>) -> Result<Response<Bytes>> {
    let asked = format!("{} {}", request.method(), request.uri());
    let (head, body) = request.into_parts();
    let answer = match body.is_empty() {
        true => agent.run(Request::from_parts(head, ())),
        false => agent.run(Request::from_parts(head, &body[..])),
    };
    let (head, mut body) = answer.with_context(|| asked.clone())?.into_parts();
    let body = body.with_config().limit(LONGEST_ANSWER).read_to_vec().context(asked)?;
    Ok(Response::from_parts(head, Bytes::from(body)))
}
