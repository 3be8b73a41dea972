//! Building components, compositions and hosts. Cargo decides what a component or a binary needs; what comes after that
//! is done again only where its inputs changed.

use crate::command::{quiet, shown, step};
use crate::compose::Composition;
use crate::node::Node;
use crate::stamp::Stamp;
use crate::tree;
use crate::wasm::{Wasm, cargo};
use anyhow::{Context, Result};
use clap::ValueEnum;
use std::collections::BTreeSet;
use std::io::{ErrorKind, IsTerminal, stderr};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What can be built.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// target/kalends/local.wasm and the binary `kalends`.
    Local,
    /// target/kalends/cloudflare.wasm and the worker.
    Cloudflare,
    /// target/kalends/fermyon.wasm, for Fermyon Wasm Functions and SpinKube, and the binary `kalends`, which runs it
    /// too.
    Fermyon,
    /// The storage worlds with the contract of storage (tests/contract) in the place of the protocol.
    Contract,
}

/// The component of tests that is no part of Kalends.
const CONTRACT: &str = "kalends:contract";

/// What is said of a step that compiles everything it needs.
const FIRST_TIME: &str = " (for the first time: about five minutes on two cores)";

/// `cargo xtask build`.
pub fn run(target: Option<Target>) -> Result<()> {
    match target {
        Some(Target::Fermyon) => fermyon(),
        Some(Target::Local) => local(),
        Some(Target::Cloudflare) => worker(&Node::set_up()?),
        Some(Target::Contract) => {
            component("contract-local")?;
            component("contract-fermyon")?;
            contract_worker(&Node::set_up()?)
        }
        None => {
            local()?;
            worker(&Node::set_up()?)
        }
    }
}

fn local() -> Result<()> {
    component("local")?;
    native()?;
    Ok(())
}

fn fermyon() -> Result<()> {
    component("fermyon")?;
    native()?;
    Ok(())
}

/// What is written once, whoever comes first: compositions and workers. The others wait for it.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Builds the components of a composition and wires them. Returns the composed component.
pub fn component(composition: &str) -> Result<PathBuf> {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let composition = Composition::read(composition)?;
    let wasm = Wasm::set_up()?;
    let directory = wasm.component_directory();
    step(&format!("Building the components{}", if directory.is_dir() { "" } else { FIRST_TIME }), || {
        let mut cargo = wasm.cargo("build");
        cargo.args(verbosity()).args(["--profile", "component"]);
        // All of them, whichever are asked for: a smaller selection could leave out features of what they share, and
        // compile that again.
        for package in component_packages()? {
            cargo.args(["--package", &package]);
        }
        if composition.components()?.contains(CONTRACT) {
            cargo.args(["--package", "kalends-contract"]);
        }
        shown(&mut cargo)
    })?;
    composition.compose(&directory)
}

/// Whoever waits at a terminal sees how far Cargo is; a log takes warnings and errors only.
fn verbosity() -> &'static [&'static str] {
    if stderr().is_terminal() { &[] } else { &["--quiet"] }
}

/// Where the native host's binary is, once built.
pub fn native_binary() -> PathBuf {
    tree::target().join("release/kalends")
}

/// Builds the native host. Returns its binary.
pub fn native() -> Result<PathBuf> {
    let binary = native_binary();
    step(&format!("Building the native host{}", if binary.is_file() { "" } else { FIRST_TIME }), || {
        shown(cargo("build").args(verbosity()).args(["--release", "--package", "kalends-native"]))
    })?;
    put_component_beside(&binary)?;
    Ok(binary)
}

/// Has the binary find the component `local` beside it, as where both are installed, once that is built.
fn put_component_beside(binary: &Path) -> Result<()> {
    let link = binary.with_extension("wasm");
    match symlink("../kalends/local.wasm", &link) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(error).with_context(|| format!("making {}", link.display()))
        }
        _ => Ok(()),
    }
}

/// Builds the worker around the composed component.
pub fn worker(node: &Node) -> Result<()> {
    worker_of(node, &component("cloudflare")?, "worker", &tree::root().join("hosts/cloudflare"))
}

/// Builds a worker around the contract of storage.
pub fn contract_worker(node: &Node) -> Result<()> {
    worker_of(node, &component("contract-cloudflare")?, "contract-worker", &contract_worker_directory())
}

/// Where the worker of the contract is, once built: `dist` in this directory.
pub fn contract_worker_directory() -> PathBuf {
    tree::products().join("contract-worker")
}

/// Builds a worker around a component, into `dist` below a directory.
fn worker_of(node: &Node, component: &Path, name: &str, output: &Path) -> Result<()> {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if worker_stamp(name, component)?.is_current() {
        return Ok(());
    }
    step(&format!("Building the {}", name.replace('-', " ")), || {
        let mut build = node.command("npm");
        build.args(["run", "--silent", "build"]).env("KALENDS_COMPONENT", component).env("KALENDS_WORKER", output);
        quiet(&mut build)
    })?;
    // Looked at again: the build may write among its sources.
    worker_stamp(name, component)?.write()
}

/// What a worker is built from.
fn worker_stamp(name: &str, component: &Path) -> Result<Stamp> {
    // What builds write among the sources is passed over: one worker's output is no input of the other.
    let skip = ["node_modules", ".wrangler", "dist", "generated"];
    let mut files = tree::files_under(&tree::root().join("hosts/cloudflare"), &skip)?;
    files.push(component.to_path_buf());
    Stamp::of_files(name, &files)
}

/// The packages of all components, whatever composition they are in.
pub fn component_packages() -> Result<BTreeSet<String>> {
    let directories = tree::packages_under("components")?;
    Ok(directories
        .iter()
        .filter_map(|directory| directory.file_name())
        .map(|name| format!("kalends-{}", name.to_string_lossy()))
        .collect())
}
