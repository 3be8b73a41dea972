//! Python environments of our own: one of the tests, with what `tests/requirements.txt` pins and the sources in
//! `tests/suites.txt` under `suites/`; one with the servers that `bench/requirements.txt` pins.

use crate::command::{answer, quiet, step};
use crate::stamp::Stamp;
use crate::{apt, tree};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// An environment is set up once, whoever comes first; the others wait for it.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The environment's Python, set up where that was not done yet.
pub fn set_up() -> Result<PathBuf> {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let requirements = tree::root().join("tests/requirements.txt");
    let suites = tree::root().join("tests/suites.txt");
    let environment = tree::target().join("python");
    let python = environment.join("bin/python");
    let stamp = Stamp::new("python", format!("{}\n{}", content(&requirements)?, content(&suites)?));
    if stamp.is_current() && python.is_file() {
        return Ok(python);
    }
    step("Installing Python packages for the tests", || {
        make_environment(&environment)?;
        quiet(pip(&python, "install").arg("--requirement").arg(&requirements))
    })?;
    step("Fetching the tests that libraries ship", || {
        let sources = environment.join("sources");
        fetch_sources(&python, &requirements, &suites, &sources)?;
        unpack_all(&sources, &environment.join("suites"))
    })?;
    stamp.write()?;
    Ok(python)
}

/// The Python that has the servers which Kalends is measured beside, set up where that was not done yet.
pub fn peers() -> Result<PathBuf> {
    let requirements = tree::root().join("bench/requirements.txt");
    let environment = tree::target().join("peers");
    let python = environment.join("bin/python");
    let stamp = Stamp::new("peers", content(&requirements)?);
    if !stamp.is_current() || !python.is_file() {
        step("Installing Python packages of other servers", || {
            make_environment(&environment)?;
            quiet(pip(&python, "install").arg("--requirement").arg(&requirements))
        })?;
        stamp.write()?;
    }
    Ok(python)
}

fn content(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))
}

fn make_environment(environment: &Path) -> Result<()> {
    let has_venv = answer(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_ok();
    if !has_venv {
        apt::install(&["python3", "python3-venv"])?;
    }
    quiet(Command::new("python3").args(["-m", "venv", "--clear"]).arg(environment))
}

fn pip(python: &Path, command: &str) -> Command {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", command, "--quiet", "--disable-pip-version-check"]);
    pip
}

/// Has pip fetch what `suites` lists, if it has the checksums that are given there, and the versions that are
/// installed.
fn fetch_sources(python: &Path, requirements: &Path, suites: &Path, into: &Path) -> Result<()> {
    quiet(
        pip(python, "download")
            .arg("--no-deps")
            .arg("--constraint")
            .arg(requirements)
            .arg("--requirement")
            .arg(suites)
            .arg("--dest")
            .arg(into),
    )
}

/// Unpacks every `NAME-VERSION.tar.gz` of a directory into `NAME` under another: its tests, and what they need.
fn unpack_all(sources: &Path, into: &Path) -> Result<()> {
    for entry in fs::read_dir(sources).with_context(|| format!("reading {}", sources.display()))? {
        let archive = entry?.path();
        let name = archive.file_name().and_then(|name| name.to_str()).and_then(|name| name.split('-').next());
        let directory = into.join(name.context("a source without a name")?);
        fs::create_dir_all(&directory).with_context(|| format!("making {}", directory.display()))?;
        // Not the library itself, which would be taken in place of the one that is installed.
        let parts = ["*/tests", "*/examples", "*/pyproject.toml"];
        quiet(
            Command::new("tar")
                .args(["--extract", "--gzip", "--strip-components=1", "--wildcards"])
                .arg("--file")
                .arg(&archive)
                .arg("--directory")
                .arg(&directory)
                .args(parts),
        )?;
    }
    Ok(())
}
