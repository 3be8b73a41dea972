//! The component, ready to answer: each request gets an instance of its own.

use crate::component;
use crate::data::DataDirectory;
use crate::engine;
use crate::imports::{self, Backing, Imports};
use crate::instance::Instance;
use crate::key_value::KeyValue;
use crate::limits::{Limits, MemoryLimit};
use crate::sqlite::Pool;
use crate::usage::Usage;
use crate::variables::Variables;
use anyhow::{Context, Result, anyhow};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;
use wasmtime::Store;
use wasmtime::component::Linker;
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

/// How long a request waits for its turn when all instances are busy.
const TURN: Duration = Duration::from_secs(10);

/// The application.
pub struct Application {
    component: ProxyPre<Instance>,
    backing: Backing,
    files: PathBuf,
    /// One permit for each instance that may be at work.
    turns: Semaphore,
    memory: usize,
    request_time: Duration,
}

/// Why a request has no response.
#[derive(Debug)]
pub enum Failure {
    /// All instances were busy for too long.
    Busy,
    /// The component took too long.
    TooSlow,
    /// The component trapped, or did something that is no response.
    Broken(anyhow::Error),
}

/// What the guest sent, or why it could not.
type Sent = Result<Response<HyperOutgoingBody>, ErrorCode>;

impl Application {
    /// Loads the component (the file, or the one that comes with this binary), and connects it with what is in the data directory.
    pub fn load(file: Option<&Path>, data: &DataDirectory, variables: Variables, limits: &Limits) -> Result<Self> {
        let engine = engine::start(limits)?;
        let component = component::load(&engine, file, &data.cache())?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
        imports::add_to_linker(&mut linker, |instance: &mut Instance| &mut instance.imports)?;
        let linked = linker
            .instantiate_pre(&component)
            .map_err(anyhow::Error::from)
            .context("the component imports what this host does not have")?;
        let component = ProxyPre::new(linked)
            .map_err(anyhow::Error::from)
            .context("the component does not export wasi:http/incoming-handler")?;
        let database = data.database();
        let database = Pool::open(&database).with_context(|| format!("cannot open {}", database.display()))?;
        let backing = Backing { database, key_value: Arc::new(KeyValue::default()), variables: Arc::new(variables) };
        Ok(Self {
            component,
            backing,
            files: data.files(),
            turns: Semaphore::new(limits.max_concurrent as usize),
            memory: limits.memory(),
            request_time: limits.request_time(),
        })
    }

    /// Answers a request. Its URI or its Host field has an authority. What it costs is counted in `usage`.
    pub async fn handle(&self, request: Request<Bytes>, usage: &Arc<Usage>) -> Result<Response<Bytes>, Failure> {
        let _turn = match timeout(TURN, self.turns.acquire()).await {
            Ok(Ok(turn)) => turn,
            Ok(Err(_)) | Err(_) => return Err(Failure::Busy),
        };
        match timeout(self.request_time, self.run(request, usage)).await {
            Ok(answered) => answered.map_err(Failure::Broken),
            Err(_) => Err(Failure::TooSlow),
        }
    }

    async fn run(&self, request: Request<Bytes>, usage: &Arc<Usage>) -> Result<Response<Bytes>> {
        let mut store = self.store(usage)?;
        let (sender, receiver) = oneshot::channel();
        let http = &mut wasmtime_wasi_http::WasiHttpView::http(store.data_mut());
        let request = http.new_incoming_request(Scheme::Http, request.map(Full::new))?;
        let out = http.new_response_outparam(sender)?;
        let guest = async {
            let proxy = self.component.instantiate_async(&mut store).await?;
            let ended = proxy.wasi_http_incoming_handler().call_handle(&mut store, request, out).await;
            // What the guest has not sent by now it never will: its side of the channels closes here.
            drop(store);
            ended
        };
        let (ended, sent) = tokio::join!(guest, collect(receiver));
        ended?;
        sent
    }

    fn store(&self, usage: &Arc<Usage>) -> Result<Store<Instance>> {
        let imports = Imports::new(self.backing.clone(), Arc::clone(usage));
        let instance = Instance::new(&self.files, imports, MemoryLimit::new(self.memory))?;
        let mut store = Store::new(self.component.engine(), instance);
        store.limiter(|instance| &mut instance.memory);
        // At each tick of the engine's clock an instance lets others run, and may find that its time is up.
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        Ok(store)
    }
}

/// The whole response, once the guest has written it. Collecting it here lets the instance go however slowly the client reads.
async fn collect(receiver: oneshot::Receiver<Sent>) -> Result<Response<Bytes>> {
    let sent = receiver.await.context("the component sent no response")?;
    let (head, body) = sent.map_err(|code| anyhow!("the component gave up: {code:?}"))?.into_parts();
    let body = body.collect().await.context("the response broke off")?;
    Ok(Response::from_parts(head, body.to_bytes()))
}

#[cfg(test)]
mod tests;
