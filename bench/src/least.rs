//! The least that a request can take on this machine: what the client, the kernel and the threads' waking up are part of in every figure.

use std::convert::Infallible;
use std::net::TcpListener;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::runtime;

use crate::connection::{Account, Connection, Exchange};
use crate::peers::{NAME, PASSWORD};

/// A connection to a server that answers nothing, and how long that took so far.
pub struct Least {
    connection: Connection,
    times: Vec<f64>,
}

impl Least {
    /// Starts the server, on a thread of its own, which ends with the connection.
    ///
    /// # Errors
    /// Where there is no connection.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let account = Account::new(listener.local_addr()?.port(), NAME, PASSWORD);
        // Where it fails, so does the next request.
        thread::spawn(move || answer_nothing(listener));
        Ok(Least { connection: account.connect().await?, times: Vec::new() })
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
    pub fn median(mut self) -> f64 {
        self.times.sort_by(f64::total_cmp);
        self.times.get(self.times.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

/// Serves one connection to its end.
fn answer_nothing(listener: TcpListener) -> Result<()> {
    listener.set_nonblocking(true)?;
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let (stream, _) = tokio::net::TcpListener::from_std(listener)?.accept().await?;
        stream.set_nodelay(true)?;
        let nothing = service_fn(async |_| Ok::<_, Infallible>(Response::new(Full::new(Bytes::new()))));
        http1::Builder::new().serve_connection(TokioIo::new(stream), nothing).await.context("serving nothing")
    })
}
