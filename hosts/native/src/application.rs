//! The component, ready to answer: each request has an instance to itself, which then waits for the next one.

use crate::component;
use crate::data::DataDirectory;
use crate::engine;
use crate::imports::{self, Backing, Imports};
use crate::instance::Instance;
use crate::key_value::KeyValue;
use crate::limits::{Limits, MemoryLimit};
use crate::postgres;
use crate::sqlite::Pool;
use crate::usage::Usage;
use crate::variables::Variables;
use anyhow::{Context, Result, anyhow};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use std::future::poll_fn;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as Polling, Poll, Waker};
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::coop::unconstrained;
use tokio::time::timeout;
use wasmtime::Store;
use wasmtime::component::Linker;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};
use wasmtime_wasi_http::p2::bindings::{Proxy, ProxyPre};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

/// How long a request waits for its turn when all instances are busy.
const TURN: Duration = Duration::from_secs(10);

/// Instances kept ready between requests.
const IDLE: usize = 8;

/// Bytes of memory by which all instances that are kept may have grown together: memory of an instance never shrinks.
const KEPT_GROWTH: usize = 8 << 20;

/// The application.
pub struct Application {
    component: ProxyPre<Instance>,
    backing: Backing,
    /// What the component sees as `/data`; none where it has no such directory.
    files: Option<PathBuf>,
    /// One permit for each instance that may be at work.
    turns: Semaphore,
    idle: Mutex<Vec<Guest>>,
    memory: usize,
    request_time: Duration,
    /// Requests that an instance answers before another takes its place.
    reuse: u32,
}

/// An instance of the component, and what it has done.
struct Guest {
    store: Store<Instance>,
    proxy: Proxy,
    /// Bytes of its memory when it was made.
    born_with: usize,
    /// How many it has been given.
    requests: u32,
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
    /// Loads the component (the file, or the one that comes with this binary), and connects it with what is in the data directory. `mount` is
    /// the directory that it sees as `/data`.
    pub fn load(
        file: Option<&Path>,
        data: &DataDirectory,
        mount: Option<PathBuf>,
        variables: Variables,
        limits: &Limits,
    ) -> Result<Self> {
        let engine = engine::start(limits)?;
        let component = component::load(&engine, file, &data.cache(), limits)?;
        let needs_sqlite = imports::needs_sqlite(&component, &engine);
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
        let database = needs_sqlite.then(|| open_database(&data.database(), limits)).transpose()?;
        let postgres = variables.get("postgres_url").map(postgres::Pool::new).transpose()?;
        let (key_value, variables) = (Arc::new(KeyValue::default()), Arc::new(variables));
        let backing = Backing { database, postgres, key_value, variables };
        Ok(Self {
            component,
            backing,
            files: mount,
            turns: Semaphore::new(limits.max_concurrent as usize),
            idle: Mutex::default(),
            memory: limits.memory(),
            request_time: limits.request_time(),
            reuse: limits.reuse,
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

    /// Has an instance answer. One that failed is not used again: every early return here drops it.
    async fn run(&self, request: Request<Bytes>, usage: &Arc<Usage>) -> Result<Response<Bytes>> {
        let mut guest = match self.take() {
            Some(guest) => guest,
            None => self.instantiate(usage).await?,
        };
        guest.store.data_mut().imports.count_in(usage);
        let (sender, receiver) = oneshot::channel();
        // Whatever the guest sends it sends while it is polled, and collecting is polled after that: there is nothing to wake it for. Else the task that polls both would wake itself, be
        // polled once more for nothing, and another thread be woken for that.
        let mut collecting = pin!(unconstrained(collect(receiver)));
        let mut collected = || match collecting.as_mut().poll(&mut Polling::from_waker(Waker::noop())) {
            Poll::Ready(sent) => Some(sent),
            Poll::Pending => None,
        };
        let mut sent = None;
        {
            let mut answering = pin!(guest.answer(request, sender));
            poll_fn(|context| {
                let ended = answering.as_mut().poll(context);
                if sent.is_none() {
                    sent = collected();
                }
                ended
            })
            .await?;
        }
        match sent {
            Some(sent) => sent.inspect(|_| self.keep(guest)),
            None => {
                // What the guest has not sent by now it never will: its side of the channels closes with it.
                drop(guest);
                collecting.await
            }
        }
    }

    fn take(&self) -> Option<Guest> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, guest: Guest) {
        if guest.requests >= self.reuse {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let growth: usize = idle.iter().map(Guest::growth).sum();
        if idle.len() < IDLE && growth + guest.growth() <= KEPT_GROWTH {
            idle.push(guest);
        }
    }

    async fn instantiate(&self, usage: &Arc<Usage>) -> Result<Guest> {
        let imports = Imports::new(self.backing.clone(), Arc::clone(usage));
        let instance = Instance::new(self.files.as_deref(), imports, MemoryLimit::new(self.memory))?;
        let mut store = Store::new(self.component.engine(), instance);
        store.limiter(|instance| &mut instance.memory);
        // After its slice of time an instance lets others run, and may find that its time is up.
        store.epoch_deadline_async_yield_and_update(engine::SLICE);
        store.set_epoch_deadline(engine::SLICE);
        let proxy = self.component.instantiate_async(&mut store).await?;
        let born_with = store.data().memory.used();
        Ok(Guest { store, proxy, born_with, requests: 0 })
    }
}

impl Guest {
    /// Has the instance answer a request; the response goes to `sender`.
    async fn answer(&mut self, request: Request<Bytes>, sender: oneshot::Sender<Sent>) -> Result<()> {
        self.requests += 1;
        self.store.set_epoch_deadline(engine::SLICE);
        let http = &mut wasmtime_wasi_http::WasiHttpView::http(self.store.data_mut());
        let request = http.new_incoming_request(Scheme::Http, request.map(Full::new))?;
        let out = http.new_response_outparam(sender)?;
        self.proxy.wasi_http_incoming_handler().call_handle(&mut self.store, request, out).await?;
        Ok(())
    }

    /// Bytes by which its memory has grown.
    fn growth(&self) -> usize {
        self.store.data().memory.used().saturating_sub(self.born_with)
    }
}

fn open_database(file: &Path, limits: &Limits) -> Result<Arc<Pool>> {
    Pool::open(file, limits.request_time()).with_context(|| format!("cannot open {}", file.display()))
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
