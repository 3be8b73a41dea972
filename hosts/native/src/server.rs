//! Connections: HTTP/1.1 and HTTP/2 without TLS (h2c), which a proxy in front adds.

use crate::conversation::{Conversation, Parcel};
use crate::exchange::Exchange;
use crate::limits::Limits;
use crate::stall::GiveUp;
use anyhow::{Context, Result};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// How long requests in flight may take to end after a signal, and a client to close a connection that is asked to end.
const FAREWELL: Duration = Duration::from_secs(10);

/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 100;

/// How often an HTTP/2 peer that is silent is asked whether it is still there, and how long it may take to say so.
const PING: Duration = Duration::from_secs(30);
const PONG: Duration = Duration::from_secs(20);

/// How long to wait when the system has no more file descriptors for connections.
const PAUSE: Duration = Duration::from_millis(100);

/// What all connections have in common.
struct Server {
    exchange: Exchange,
    limits: Limits,
    protocol: auto::Builder<TokioExecutor>,
}

/// Accepts connections until `stop`, then lets the requests in flight end.
pub async fn serve(
    listener: TcpListener,
    exchange: Exchange,
    limits: &Limits,
    stop: impl Future<Output = ()>,
) -> Result<()> {
    let server = Arc::new(Server { exchange, limits: limits.clone(), protocol: protocol(limits) });
    let room = Arc::new(Semaphore::new(limits.max_connections as usize));
    // Each connection has a receiver: it hears of the end, and its own end is that of the receiver.
    let end = watch::Sender::new(());
    let mut stop = std::pin::pin!(stop);
    loop {
        let (stream, peer, place) = tokio::select! {
            accepted = accept(&listener, &room) => accepted?,
            () = &mut stop => break,
        };
        let server = Arc::clone(&server);
        let ending = end.subscribe();
        tokio::spawn(async move {
            server.converse(stream, peer, ending).await;
            drop(place);
        });
    }
    drop(listener);
    tracing::info!(connections = end.receiver_count(), "stopping");
    end.send_replace(());
    if tokio::time::timeout(FAREWELL, end.closed()).await.is_err() {
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

impl Server {
    /// Serves one connection until the client closes it, it lapses, or the server ends.
    async fn converse(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr, mut ending: watch::Receiver<()>) {
        let Ok(local) = stream.local_addr() else {
            return;
        };
        // Responses are written whole: waiting for more to send along with them only costs time.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("{peer}: {error}");
        }
        let conversation = Conversation::new(&self.limits);
        let service = service_fn(|request| {
            let (server, conversation) = (Arc::clone(self), Arc::clone(&conversation));
            async move { Ok::<_, Infallible>(server.answer(request, peer, local, &conversation).await) }
        });
        let stream = TokioIo::new(GiveUp::after(self.limits.idle_time(), stream));
        let mut connection = std::pin::pin!(self.protocol.serve_connection(stream, service));
        let mut ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            () = conversation.lapsed(Duration::ZERO) => None,
            _ = ending.changed() => None,
        };
        if ended.is_none() {
            // What is in flight may end; HTTP/2 says that there will be no more (RFC 9113 §6.8).
            connection.as_mut().graceful_shutdown();
            ended = tokio::select! {
                ended = connection.as_mut() => Some(ended),
                () = conversation.lapsed(FAREWELL) => None,
            };
        }
        match ended {
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::debug!("{peer}: {error}"),
            None => tracing::debug!("{peer}: the connection is closed: nothing is under way, or nothing is taken"),
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        local: SocketAddr,
        conversation: &Arc<Conversation>,
    ) -> Response<Full<Parcel>> {
        let _under_way = conversation.request();
        let (response, room) = self.exchange.answer(request, peer, local).await;
        response.map(|body| Full::new(conversation.parcel(body, room)))
    }
}
