//! `wasi:http/incoming-handler`: resources, and a response that comes in pieces.

use super::{OF_THE_HOST, Peer};
use crate::instance::Instance;
use anyhow::{Context, Result, anyhow};
use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
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
pub async fn answer(
    proxy: &Proxy,
    store: &mut Store<Instance>,
    mut request: Request<Bytes>,
) -> Result<Response<Bytes>> {
    let peer = request.extensions().get().copied();
    introduce(request.headers_mut(), peer);
    let (sender, receiver) = oneshot::channel();
    // Whatever the guest sends it sends while it is polled, and collecting is polled after that: there is nothing to
    // wake it for. Else the task that polls both would wake itself, be polled once more for nothing, and another thread
    // be woken for that.
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

/// The whole response, once the guest has written it. Collecting it here lets the instance go however slowly the client
/// reads.
async fn collect(receiver: oneshot::Receiver<Sent>) -> Result<Response<Bytes>> {
    let sent = receiver.await.context("the component sent no response")?;
    let (head, body) = sent.map_err(|code| anyhow!("the component gave up: {code:?}"))?.into_parts();
    let body = body.collect().await.context("the response broke off")?;
    Ok(Response::from_parts(head, body.to_bytes()))
}

/// Where the peer's address and port are, as under Spin.
const PEER: HeaderName = HeaderName::from_static("spin-client-addr");

/// Tells in a request's header who the peer is, where that is known, and lets nobody else say so.
fn introduce(fields: &mut HeaderMap, peer: Option<Peer>) {
    let forged: Vec<HeaderName> =
        fields.keys().filter(|name| name.as_str().starts_with(OF_THE_HOST)).cloned().collect();
    for name in forged {
        fields.remove(name);
    }
    if let Some(peer) = peer.and_then(|Peer(address)| HeaderValue::from_str(&address.to_string()).ok()) {
        fields.insert(PEER, peer);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn nobody_can_say_that_they_are_somebody_else() {
        let mut fields = HeaderMap::new();
        fields.append("spin-client-addr", HeaderValue::from_static("6.6.6.6:6"));
        fields.append("spin-client-addr", HeaderValue::from_static("7.7.7.7:7"));
        fields.append("spin-full-url", HeaderValue::from_static("http://example.org/"));
        fields.append("depth", HeaderValue::from_static("1"));
        introduce(&mut fields, Some(Peer("192.0.2.1:4711".parse().unwrap())));
        assert_eq!(fields.get_all("spin-client-addr").iter().collect::<Vec<_>>(), ["192.0.2.1:4711"]);
        assert!(!fields.contains_key("spin-full-url"));
        assert_eq!(fields["depth"], "1");
    }
}
