//! `wasi:http/incoming-handler`: resources, and a response that comes in pieces.

use crate::instance::Instance;
use anyhow::{Context, Result, anyhow};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context as Polling, Poll, Waker};
use tokio::sync::oneshot;
use tokio::task::coop::unconstrained;
use wasmtime::Store;
use wasmtime::component::InstancePre;
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};
pub use wasmtime_wasi_http::p2::bindings::{Proxy, ProxyPre};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

/// What the guest sent, or why it could not.
type Sent = Result<Response<HyperOutgoingBody>, ErrorCode>;

/// The handler of a component. Fails where it exports none.
pub fn find(component: InstancePre<Instance>) -> Result<ProxyPre<Instance>> {
    let proxy = ProxyPre::new(component).map_err(anyhow::Error::from);
    proxy.context("the component does not export wasi:http/incoming-handler")
}

/// Has an instance answer a request.
pub async fn answer(proxy: &Proxy, store: &mut Store<Instance>, request: Request<Bytes>) -> Result<Response<Bytes>> {
    let (sender, receiver) = oneshot::channel();
    // Whatever the guest sends it sends while it is polled, and collecting is polled after that: there is nothing to wake it for. Else the task that polls both would wake itself, be
    // polled once more for nothing, and another thread be woken for that.
    let mut collecting = pin!(unconstrained(collect(receiver)));
    let mut collected = || match collecting.as_mut().poll(&mut Polling::from_waker(Waker::noop())) {
        Poll::Ready(sent) => Some(sent),
        Poll::Pending => None,
    };
    let mut sent = None;
    let mut answering = pin!(call(proxy, store, request, sender));
    poll_fn(|context| {
        let ended = answering.as_mut().poll(context);
        if sent.is_none() {
            sent = collected();
        }
        ended
    })
    .await?;
    // What the guest has not sent by now it never will.
    sent.unwrap_or_else(|| Err(anyhow!("the component sent no response, or not all of it")))
}

async fn call(
    proxy: &Proxy,
    store: &mut Store<Instance>,
    request: Request<Bytes>,
    sender: oneshot::Sender<Sent>,
) -> Result<()> {
    let mut http = store.data_mut().http();
    let request = http.new_incoming_request(Scheme::Http, request.map(Full::new))?;
    let out = http.new_response_outparam(sender)?;
    proxy.wasi_http_incoming_handler().call_handle(store, request, out).await?;
    Ok(())
}

/// The whole response, once the guest has written it. Collecting it here lets the instance go however slowly the client reads.
async fn collect(receiver: oneshot::Receiver<Sent>) -> Result<Response<Bytes>> {
    let sent = receiver.await.context("the component sent no response")?;
    let (head, body) = sent.map_err(|code| anyhow!("the component gave up: {code:?}"))?.into_parts();
    let body = body.collect().await.context("the response broke off")?;
    Ok(Response::from_parts(head, body.to_bytes()))
}
