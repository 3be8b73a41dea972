//! The component: where it is, and its machine code, compiled once and kept in the data directory.

use crate::engine;
use crate::limits::Limits;
use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use wasmtime::Engine;
use wasmtime::component::Component;

/// The component that was made part of this binary.
#[cfg(embedded_component)]
const EMBEDDED: Option<&[u8]> = Some(include_bytes!(env!("KALENDS_COMPONENT_PATH")));
#[cfg(not(embedded_component))]
const EMBEDDED: Option<&[u8]> = None;

/// The name of the component's file beside the binary.
const FILE: &str = "kalends.wasm";

/// Ending of the files with machine code.
const COMPILED: &str = "cwasm";

/// What the process that compiles has to know.
#[derive(Debug, clap::Args)]
pub struct Compilation {
    /// Where the machine code goes.
    cache: PathBuf,
    /// The component, where it is not this binary's.
    #[arg(long = "from", value_name = "FILE")]
    file: Option<PathBuf>,
    /// The limit of the server's that the machine code depends on, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = Limits::default().max_memory)]
    max_memory: u32,
}

impl Compilation {
    /// Compiles, and keeps the machine code, where that was not done before.
    pub fn run(&self) -> Result<()> {
        let engine = engine::start(&Limits { max_memory: self.max_memory, ..Limits::default() })?;
        let bytes = bytes(self.file.as_deref())?;
        match read(&engine, &self.cache.join(file_name(&engine, &bytes))) {
            Some(_) => Ok(()),
            None => compile(&engine, &bytes, &self.cache),
        }
    }
}

/// Loads the component: the file that was named; else the one inside this binary; else `kalends.wasm` beside it. Its
/// machine code is kept in `cache`.
pub fn load(engine: &Engine, file: Option<&Path>, cache: &Path, limits: &Limits) -> Result<Component> {
    let bytes = bytes(file)?;
    let elsewhere = || compile_elsewhere(file, cache, limits);
    let named = || file.map_or_else(|| "the component".to_owned(), |file| file.display().to_string());
    compiled(engine, &bytes, cache, elsewhere).with_context(|| format!("cannot use {}", named()))
}

fn bytes(file: Option<&Path>) -> Result<Cow<'static, [u8]>> {
    if let (None, Some(embedded)) = (file, EMBEDDED) {
        return Ok(Cow::Borrowed(embedded));
    }
    let file = file.map_or_else(beside_the_binary, |file| Ok(file.to_owned()))?;
    fs::read(&file).map(Cow::Owned).with_context(|| format!("cannot read the component {}", file.display()))
}

fn beside_the_binary() -> Result<PathBuf> {
    let binary = std::env::current_exe().context("cannot find this binary")?;
    let file = binary.with_file_name(FILE);
    ensure!(file.exists(), "there is no {}: name the component with --component FILE", file.display());
    Ok(file)
}

/// The component from its machine code, which `elsewhere` makes where there is none, or else this process.
fn compiled(engine: &Engine, bytes: &[u8], cache: &Path, elsewhere: impl FnOnce() -> Result<()>) -> Result<Component> {
    let file = cache.join(file_name(engine, bytes));
    if let Some(component) = read(engine, &file) {
        return Ok(component);
    }
    tracing::info!("compiling the component to machine code");
    let made = elsewhere().inspect_err(|error| tracing::debug!("not compiled by another process: {error:#}"));
    if let (Ok(()), Some(component)) = (made, read(engine, &file)) {
        return Ok(component);
    }
    compile(engine, bytes, cache)?;
    read(engine, &file).context("its machine code cannot be loaded")
}

fn compile(engine: &Engine, bytes: &[u8], cache: &Path) -> Result<()> {
    let code = engine
        .precompile_component(bytes)
        .map_err(anyhow::Error::from)
        .context("it is not a component that can be run")?;
    let file = cache.join(file_name(engine, bytes));
    keep(&file, &code, cache).with_context(|| format!("cannot write {}", file.display()))
}

/// Compiles in another process of this program. The compiler takes some hundred MiB, which a process that once had them
/// does not wholly give back.
fn compile_elsewhere(file: Option<&Path>, cache: &Path, limits: &Limits) -> Result<()> {
    ensure!(!cfg!(test), "a test is not this program");
    let mut compiler = Command::new(std::env::current_exe()?);
    compiler.args(["compile", "--log-level", "error", "--max-memory", &limits.max_memory.to_string()]);
    if let Some(file) = file {
        compiler.arg("--from").arg(file);
    }
    let status = compiler.arg(cache).stdin(Stdio::null()).stderr(Stdio::null()).status()?;
    ensure!(status.success(), "{status}");
    Ok(())
}

/// A name that says of which bytes, by which compiler and with which settings the machine code was made.
fn file_name(engine: &Engine, bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{digest}-{:016x}.{COMPILED}", hasher.finish())
}

/// The component from its machine code; none where there is none, or a damaged one.
#[allow(unsafe_code)]
fn read(engine: &Engine, file: &Path) -> Option<Component> {
    if !file.exists() {
        return None;
    }
    // SAFETY: the directory is the owner's alone, files in it are written under other names and then renamed, and never
    // written to after that. Who can write there as the owner can replace this binary as well. Versions and settings of
    // the compiler are checked by wasmtime.
    let loaded = unsafe { Component::deserialize_file(engine, file) };
    loaded.inspect_err(|error| tracing::warn!("{}: {error:#}", file.display())).ok()
}

/// Writes the machine code, and removes that of other components or compilers.
fn keep(file: &Path, code: &[u8], cache: &Path) -> Result<()> {
    let mut new = tempfile::NamedTempFile::new_in(cache)?;
    new.write_all(code)?;
    new.as_file().sync_all()?;
    new.persist(file)?;
    for entry in fs::read_dir(cache)?.flatten() {
        let path = entry.path();
        if path != file && path.extension().is_some_and(|extension| extension == COMPILED) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The smallest component: its magic number, version and layer.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    fn nowhere_else() -> Result<()> {
        anyhow::bail!("there is no other process")
    }

    fn files(directory: &Path) -> usize {
        fs::read_dir(directory).unwrap().count()
    }

    #[test]
    fn machine_code_is_kept_used_and_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let engine = Engine::default();
        fs::write(directory.path().join("old.cwasm"), "of another version").unwrap();
        compiled(&engine, EMPTY, directory.path(), nowhere_else).unwrap();
        assert_eq!(files(directory.path()), 1);
        let file = directory.path().join(file_name(&engine, EMPTY));
        assert!(read(&engine, &file).is_some());
    }

    #[test]
    fn damaged_machine_code_is_made_again() {
        let directory = tempfile::tempdir().unwrap();
        let engine = Engine::default();
        let file = directory.path().join(file_name(&engine, EMPTY));
        fs::write(&file, "not machine code").unwrap();
        compiled(&engine, EMPTY, directory.path(), nowhere_else).unwrap();
        assert!(read(&engine, &file).is_some());
    }

    #[test]
    fn what_is_no_component_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        assert!(compiled(&Engine::default(), b"BEGIN:VCALENDAR", directory.path(), nowhere_else).is_err());
        assert_eq!(files(directory.path()), 0);
    }
}
