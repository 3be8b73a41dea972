//! The ways of a request into an instance. A component of ours takes requests as plain data (`kalends:dav/handler`),
//! each in one call; Spin's way, `wasi:http`, is some twenty calls and a body in pieces, and stays for components that
//! export nothing else.

mod plain;
mod wasi;

use crate::instance::Instance;
use anyhow::Result;
use bytes::Bytes;
use http::{Request, Response};
use std::net::SocketAddr;
use wasmtime::component::InstancePre;
use wasmtime::{Engine, Store};

/// How requests get to the component.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Way {
    /// As plain data, where it takes them so; else by wasi:http
    #[default]
    Plain,
    /// By wasi:http, as under Spin
    Wasi,
}

/// A component, ready to be instantiated, and the way into it.
pub enum Edge {
    /// `kalends:dav/handler`
    Plain(plain::HandlerPre<Instance>),
    /// `wasi:http/incoming-handler`
    Wasi(wasi::ProxyPre<Instance>),
}

/// An instance, and the way into it.
pub enum Entered {
    /// `kalends:dav/handler`
    Plain(plain::Handler),
    /// `wasi:http/incoming-handler`
    Wasi(wasi::Proxy),
}

impl Edge {
    /// The way into a component whose imports are there. Fails where it has none.
    pub fn of(component: InstancePre<Instance>, way: Way) -> Result<Self> {
        match way {
            Way::Plain if plain::is_exported(component.component()) => plain::find(&component).map(Self::Plain),
            Way::Plain | Way::Wasi => wasi::find(component).map(Self::Wasi),
        }
    }

    /// The engine that the component was compiled for.
    pub fn engine(&self) -> &Engine {
        match self {
            Self::Plain(component) => component.engine(),
            Self::Wasi(component) => component.engine(),
        }
    }

    /// Makes an instance.
    pub async fn enter(&self, store: &mut Store<Instance>) -> Result<Entered> {
        Ok(match self {
            Self::Plain(component) => Entered::Plain(component.instantiate_async(store).await?),
            Self::Wasi(component) => Entered::Wasi(component.instantiate_async(store).await?),
        })
    }
}

impl Entered {
    /// Has the instance answer a request, whose URI or Host field has an authority.
    pub async fn answer(&self, store: &mut Store<Instance>, request: Request<Bytes>) -> Result<Response<Bytes>> {
        match self {
            Self::Plain(handler) => plain::answer(handler, store, request).await,
            Self::Wasi(proxy) => wasi::answer(proxy, store, request).await,
        }
    }
}

/// Who sent a request; among its extensions, where that is known.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Header fields that only a host may set begin so; what is behind it believes them, so a client's are dropped.
const OF_THE_HOST: &str = "spin-";
