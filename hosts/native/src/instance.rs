//! One instance of the component: it answers one request at a time.

use crate::guest_log::GuestLog;
use crate::imports::Imports;
use crate::limits::MemoryLimit;
use std::path::Path;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView};

/// Where the component finds the directory of large bodies.
const MOUNT: &str = "/data";

/// The data of an instance.
pub struct Instance {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    hooks: NothingOutgoing,
    table: ResourceTable,
    /// What the component imports beside WASI.
    pub imports: Imports,
    /// How much memory it may have.
    pub memory: MemoryLimit,
}

impl Instance {
    /// A fresh instance that sees `directory`, where there is one, as `/data` and nothing else of this machine: no
    /// environment, no other file, no network.
    pub fn new(directory: Option<&Path>, imports: Imports, memory: MemoryLimit) -> wasmtime::Result<Self> {
        let mut wasi = WasiCtx::builder();
        wasi.stdout(GuestLog).stderr(GuestLog).allow_tcp(false).allow_udp(false);
        if let Some(directory) = directory {
            wasi.preopened_dir(directory, MOUNT, FsPerms::ReadWrite)?;
        }
        Ok(Self {
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            hooks: NothingOutgoing,
            table: ResourceTable::new(),
            imports,
            memory,
        })
    }
}

impl WasiView for Instance {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for Instance {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.hooks, table: &mut self.table, ctx: &mut self.http }
    }
}

/// Refuses every request that a component would send.
struct NothingOutgoing;

type Sending = dyn Future<Output = Result<(http::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>>
    + Send;

impl WasiHttpHooks for NothingOutgoing {
    fn send_request(
        &mut self,
        _: http::Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<Sending> {
        Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
    }
}
