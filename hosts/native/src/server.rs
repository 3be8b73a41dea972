//! Connections: HTTP/1.1 and HTTP/2 without TLS (h2c), which a proxy in front adds.

use crate::exchange::Exchange;
use crate::limits::Limits;
use crate::stall::GiveUp;
use anyhow::{Context, Result};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long requests in flight may take to end after a signal.
const FAREWELL: Duration = Duration::from_secs(10);

/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 100;

/// How often an HTTP/2 peer that is silent is asked whether it is still there, and how long it may take to say so.
const PING: Duration = Duration::from_secs(30);
const PONG: Duration = Duration::from_secs(20);

/// How long to wait when the system has no more file descriptors for connections.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections until `stop`, then lets the requests in flight end.
pub async fn serve(
    listener: TcpListener,
    exchange: Exchange,
    limits: &Limits,
    stop: impl Future<Output = ()>,
) -> Result<()> {
    let exchange = Arc::new(exchange);
    let protocol = Arc::new(protocol(limits));
    let patience = limits.idle_time();
    let room = Arc::new(Semaphore::new(limits.max_connections as usize));
    let connections = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let (stream, peer, place) = tokio::select! {
            accepted = accept(&listener, &room) => accepted?,
            () = &mut stop => break,
        };
        let exchange = Arc::clone(&exchange);
        let protocol = Arc::clone(&protocol);
        let watcher = connections.watcher();
        tokio::spawn(async move {
            converse(stream, peer, patience, &protocol, exchange, watcher).await;
            drop(place);
        });
    }
    drop(listener);
    tracing::info!(connections = connections.count(), "stopping");
    if tokio::time::timeout(FAREWELL, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
    Ok(())
}

/// The next connection, with its place among those that may be open at once.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.context("the server is closed")?;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return Ok((stream, peer, place)),
            Err(error) => {
                tracing::warn!("cannot accept a connection: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn protocol(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time())
        .max_headers(limits.max_headers)
        .max_buf_size(limits.max_head as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(limits.max_head)
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PONG);
    builder
}

/// Serves one connection to its end.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    patience: Duration,
    protocol: &auto::Builder<TokioExecutor>,
    exchange: Arc<Exchange>,
    watcher: Watcher,
) {
    let Ok(local) = stream.local_addr() else {
        return;
    };
    // Responses are written whole: waiting for more to send along with them only costs time.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("{peer}: {error}");
    }
    let service = service_fn(move |request| {
        let exchange = Arc::clone(&exchange);
        async move { Ok::<_, Infallible>(exchange.answer(request, peer, local).await) }
    });
    let connection = protocol.serve_connection(TokioIo::new(GiveUp::after(patience, stream)), service).into_owned();
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!("{peer}: {error}");
    }
}
