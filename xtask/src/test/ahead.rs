//! What suites need that come later, fetched and built while the first ones run. What fails here is tried again, and
//! told, where it is needed.

use super::{CLIENT_PACKAGES, DOCUMENT_PACKAGES, NATIVE, build_contract, icalendar, programs};
use crate::command::quiet;
use crate::node::Node;
use crate::wasm::cargo;
use crate::{Host, apt, build, node, postgres, python};
use anyhow::Result;
use std::thread::{self, JoinHandle};

/// Work that goes on beside the suites.
pub struct Ahead(Vec<JoinHandle<()>>);

impl Ahead {
    /// Begins all of it: what comes from the network, and what Cargo compiles, each in its order. Cargo works in one
    /// directory a profile, and waits where another works in the same.
    pub fn begin() -> Ahead {
        Ahead(vec![thread::spawn(|| attempt(FETCH)), thread::spawn(|| attempt(BUILD))])
    }

    /// Waits until nothing is left.
    pub fn finish(self) {
        for work in self.0 {
            work.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    }
}

type Work = fn() -> Result<()>;

fn attempt(all: &[Work]) {
    for work in all {
        let _ = work();
    }
}

const FETCH: &[Work] = &[
    || Node::set_up().map(drop),
    || python::set_up().map(drop),
    node::set_up_clients,
    node::set_up_recurrence,
    postgres::install,
    || apt::install(&CLIENT_PACKAGES),
    || apt::install(&DOCUMENT_PACKAGES),
];

/// What the unit tests are not compiling themselves at the same time: the components first, of which each is linked on
/// one core, then what is built for release.
const BUILD: &[Work] = &[
    || build::component("local").map(drop),
    || quiet(cargo("test").args(["--quiet", "--no-run"]).args(NATIVE)),
    || build::native().map(drop),
    || programs::build().map(drop),
    || icalendar::build().map(drop),
    || build::worker(&Node::set_up()?),
    || build::component("fermyon").map(drop),
    || build_contract(Host::Native),
    || build_contract(Host::Cloudflare),
    || build_contract(Host::Fermyon),
];
