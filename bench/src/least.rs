//! The least that a request can take on this machine: what the client, the kernel and the waking up of processes are
//! part of in every figure.

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
use crate::measure::{median, timed};
use crate::peers::{NAME, PASSWORD};

/// How long the server may take to start.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server that answers nothing: a process of its own, as all servers are, which ends with this.
struct Server(Child);

/// A connection to such a server, and how long its answers took so far.
pub struct Least {
    _server: Server,
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
        let server = Server(Command::new(env::current_exe()?).args(["--nothing", &port.to_string()]).spawn()?);
        let account = Account::new(port, NAME, PASSWORD);
        let began = Instant::now();
        loop {
            match account.connect().await {
                Ok(connection) => return Ok(Least { _server: server, connection, times: Vec::new() }),
                Err(error) if began.elapsed() > PATIENCE => {
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
            self.times.push(timed(&mut self.connection, &question).await?);
        }
        Ok(())
    }

    /// Milliseconds of a request, the median of all.
    pub fn median(self) -> f64 {
        median(self.times)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
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
