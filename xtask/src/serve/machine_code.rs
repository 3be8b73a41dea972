//! The machine code of components. The native host compiles a component once and keeps that with its data; the servers
//! of tests begin with no data, and each would spend seconds of both cores on it. They are lent what was compiled
//! before.

use super::private_directory;
use crate::command::{quiet, step};
use crate::{build, tree};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the host keeps it in a directory of data.
const CACHE: &str = "cache";

/// The directory of a component's machine code.
fn lender(component: &Path) -> PathBuf {
    tree::products().join("machine-code").join(component.file_stem().unwrap_or_default()).join(CACHE)
}

/// Has the native host compile a component, where it has not done so.
pub fn make(component: &Path) -> Result<()> {
    let name = component.file_name().unwrap_or_default().display();
    let lender = lender(component);
    private_directory(&lender)?;
    step(&format!("Compiling {name} to machine code"), || {
        quiet(Command::new(build::native_binary()).args(["compile", "--from"]).arg(component).arg(&lender))
    })
}

/// Puts what was compiled of a component into a directory of data. The host looks whether it is of the very same one,
/// and else compiles that.
pub fn lend(component: &Path, data: &Path) -> Result<()> {
    let (from, to) = (lender(component), data.join(CACHE));
    if to.exists() || !from.exists() {
        return Ok(());
    }
    private_directory(&to)?;
    for entry in fs::read_dir(&from).with_context(|| format!("reading {}", from.display()))? {
        let file = entry?.path();
        let lent = to.join(file.file_name().unwrap_or_default());
        fs::copy(&file, &lent).with_context(|| format!("copying to {}", lent.display()))?;
    }
    Ok(())
}
