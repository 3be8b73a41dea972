//! The machine code of components. The native host compiles a component once and keeps that with its data; the servers of tests begin with no data, and each would
//! spend seconds of both cores on it. They are lent what was compiled before.

use crate::command::{quiet, step};
use crate::{build, tree};
use anyhow::{Context, Result};
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the host keeps it in a directory of data.
const CACHE: &str = "cache";

/// A directory of data that is there for a component's machine code.
fn lender(component: &Path) -> PathBuf {
    tree::products().join("machine-code").join(component.file_stem().unwrap_or_default())
}

/// Has the native host compile a component, where it has not done so; `postgres` is the database of one that has its data there.
pub fn make(component: &Path, postgres: Option<&str>) -> Result<()> {
    let name = component.file_name().unwrap_or_default().display();
    step(&format!("Compiling {name} to machine code"), || {
        let mut any_command = Command::new(build::native_binary());
        any_command.args(["user", "list", "--data"]).arg(lender(component)).arg("--component").arg(component);
        quiet(any_command.envs(postgres.map(|database| ("KALENDS_POSTGRES", database))))
    })
}

/// Puts what was compiled of a component into a directory of data. The host looks whether it is of the very same one, and else compiles that.
pub fn lend(component: &Path, data: &Path) -> Result<()> {
    let (from, to) = (lender(component).join(CACHE), data.join(CACHE));
    if to.exists() || !from.exists() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(&to).with_context(|| format!("making {}", to.display()))?;
    for entry in fs::read_dir(&from).with_context(|| format!("reading {}", from.display()))? {
        let file = entry?.path();
        let lent = to.join(file.file_name().unwrap_or_default());
        fs::copy(&file, &lent).with_context(|| format!("copying to {}", lent.display()))?;
    }
    Ok(())
}
