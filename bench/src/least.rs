//! The least that a request can take on this machine: what the client, the kernel and the threads' waking up are part of in every figure.

use std::convert::Infallible;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::runtime;

use crate::connection::{Account, Exchange};
use crate::peers::{NAME, PASSWORD};

/// Requests of which the median is taken.
const REQUESTS: usize = 2000;

/// Milliseconds of a request over one connection to a server that answers nothing, on a thread of its own: the median.
///
/// # Errors
/// Where there is no connection.
pub async fn milliseconds() -> Result<f64> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let account = Account::new(listener.local_addr()?.port(), NAME, PASSWORD);
    // It ends with the connection. Where it fails before that, so does the request.
    thread::spawn(move || answer_nothing(listener));
    let mut connection = account.connect().await?;
    let question = Exchange::plain("GET", "/");
    let mut times = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let started = Instant::now();
        connection.exchange(&question).await?;
        times.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[REQUESTS / 2])
}

/// Serves one connection to its end.
fn answer_nothing(listener: std::net::TcpListener) -> Result<()> {
    listener.set_nonblocking(true)?;
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let (stream, _) = TcpListener::from_std(listener)?.accept().await?;
        stream.set_nodelay(true)?;
        let nothing = service_fn(async |_| Ok::<_, Infallible>(Response::new(Full::new(Bytes::new()))));
        http1::Builder::new().serve_connection(TokioIo::new(stream), nothing).await.context("serving nothing")
    })
}
