//! A Python environment of the tests' own, with what `tests/requirements.txt` pins.

use crate::command::{answer, quiet, step};
use crate::stamp::Stamp;
use crate::{apt, tree};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The environment's Python, set up where that was not done yet.
pub fn set_up() -> Result<PathBuf> {
    let requirements = tree::root().join("tests/requirements.txt");
    let pinned = fs::read_to_string(&requirements).with_context(|| format!("reading {}", requirements.display()))?;
    let environment = tree::target().join("python");
    let python = environment.join("bin/python");
    let stamp = Stamp::new("python", pinned);
    if stamp.is_current() && python.is_file() {
        return Ok(python);
    }
    step("Installing Python packages for the tests", || {
        make_environment(&environment)?;
        quiet(
            Command::new(&python)
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                .arg("--requirement")
                .arg(&requirements),
        )
    })?;
    stamp.write()?;
    Ok(python)
}

fn make_environment(environment: &Path) -> Result<()> {
    let has_venv = answer(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_ok();
    if !has_venv {
        apt::install(&["python3", "python3-venv"])?;
    }
    quiet(Command::new("python3").args(["-m", "venv", "--clear"]).arg(environment))
}
