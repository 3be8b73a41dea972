//! The component, ready to answer: each request has an instance to itself, which then waits for the next one.

use crate::component;
use crate::data::DataDirectory;
use crate::edge::{Edge, Entered, Way};
use crate::engine;
use crate::imports::{self, Backing, Imports, Needs};
use crate::instance::Instance;
use crate::key_value::KeyValue;
use crate::limits::{Limits, MemoryLimit};
use crate::postgres;
use crate::sqlite::Pool;
use crate::usage::Usage;
use crate::variables::Variables;
use anyhow::{Context, Result};
use bytes::Bytes;
use http::{Request, Response};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use wasmtime::Store;
use wasmtime::component::Linker;

/// How long a request waits for its turn when all instances are busy.
const TURN: Duration = Duration::from_secs(10);

/// Instances kept ready between requests.
const IDLE: usize = 8;

/// Bytes of memory by which all instances that are kept may have grown together: memory of an instance never shrinks.
const KEPT_GROWTH: usize = 8 << 20;

/// The application.
pub struct Application {
    component: Edge,
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
    entered: Entered,
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

impl Application {
    /// Loads the component (the file, or the one that comes with this binary), and connects it with what is in the data
    /// directory. `mount` is the directory that it sees as `/data`.
    pub fn load(
        file: Option<&Path>,
        data: &DataDirectory,
        mount: Option<PathBuf>,
        variables: Variables,
        limits: &Limits,
        way: Way,
    ) -> Result<Self> {
        let engine = engine::start(limits)?;
        let component = component::load(&engine, file, &data.cache(), limits)?;
        let needs = Needs::of(&component, &engine);
        needs.check(variables.get("postgres_url").is_some())?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
        imports::add_to_linker(&mut linker, |instance: &mut Instance| &mut instance.imports)?;
        let linked = linker
            .instantiate_pre(&component)
            .map_err(anyhow::Error::from)
            .context("the component imports what this host does not have")?;
        let component = Edge::of(linked, way)?;
        let database = needs.sqlite.then(|| open_database(&data.database(), limits)).transpose()?;
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
        let answer = guest.answer(request).await?;
        self.keep(guest);
        Ok(answer)
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
        let entered = self.component.enter(&mut store).await?;
        let born_with = store.data().memory.used();
        Ok(Guest { store, entered, born_with, requests: 0 })
    }
}

impl Guest {
    /// Has the instance answer a request.
    async fn answer(&mut self, request: Request<Bytes>) -> Result<Response<Bytes>> {
        self.requests += 1;
        self.store.set_epoch_deadline(engine::SLICE);
        self.entered.answer(&mut self.store, request).await
    }

    /// Bytes by which its memory has grown.
    fn growth(&self) -> usize {
        self.store.data().memory.used().saturating_sub(self.born_with)
    }
}

fn open_database(file: &Path, limits: &Limits) -> Result<Arc<Pool>> {
    Pool::open(file, limits.request_time()).with_context(|| format!("cannot open {}", file.display()))
}

#[cfg(test)]
mod tests;
