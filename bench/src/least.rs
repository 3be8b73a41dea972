//! The least that a request can take on this machine: what the client, the kernel and the waking up of processes are part of in every figure.

use std::convert::Infallible;
use std::env;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::connection::{Account, Connection, Exchange};
use crate::peers::{NAME, PASSWORD};

/// How long the server may take to start.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to a server that answers nothing, and how long that took so far. The server is a process of its own, as all servers are, and ends with this.
pub struct Least {
    server: Child,
    connection: Connection,
    times: Vec<f64>,
}

impl Least {
    /// Starts the server: this program, as `serve_nothing`.
    ///
    /// # Errors
    /// Where it does not come up.
    pub async fn start() -> Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut server = Command::new(env::current_exe()?).args(["--nothing", &port.to_string()]).spawn()?;
        let account = Account::new(port, NAME, PASSWORD);
        let began = Instant::now();
        loop {
            match account.connect().await {
                Ok(connection) => return Ok(Least { server, connection, times: Vec::new() }),
                Err(error) if began.elapsed() > PATIENCE => {
                    let _ = server.kill();
                    return Err(error.context("the server that answers nothing"));
                }
                Err(_) => sleep(Duration::from_millis(5)).await,
            }
        }
    }

    /// Makes so many requests.
    ///
    /// # Errors
    /// Where one is not answered.
    pub async fn ask(&mut self, requests: usize) -> Result<()> {
        let question = Exchange::plain("GET", "/");
        for _ in 0..requests {
            let started = Instant::now();
            self.connection.exchange(&question).await?;
            self.times.push(started.elapsed().as_secs_f64() * 1000.0);
        }
        Ok(())
    }

    /// Milliseconds of a request, the median of all.
    pub fn median(&self) -> f64 {
        let mut times = self.times.clone();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

impl Drop for Least {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Serves one connection on this port to its end.
///
/// # Errors
/// Where the port is taken, or the connection breaks.
pub async fn serve_nothing(port: u16) -> Result<()> {
    let (stream, _) = TcpListener::bind(("127.0.0.1", port)).await?.accept().await?;
    stream.set_nodelay(true)?;
    let nothing = service_fn(async |_| Ok::<_, Infallible>(Response::new(Full::new(Bytes::new()))));
    http1::Builder::new().serve_connection(TokioIo::new(stream), nothing).await.context("serving nothing")
}
