//! Where things are in the source tree and in `target/`.

use anyhow::{Context, Result};
use std::path::{self, Path, PathBuf};
use std::{env, fs};

/// The top of the source tree.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Cargo's target directory: `CARGO_TARGET_DIR` where that is set, else the one in the tree.
pub fn target() -> PathBuf {
    let chosen = env::var_os("CARGO_TARGET_DIR").filter(|directory| !directory.is_empty());
    let chosen = chosen.and_then(|directory| path::absolute(directory).ok());
    chosen.unwrap_or_else(|| root().join("target"))
}

/// Where the composed components and the marks of finished set-up go.
pub fn products() -> PathBuf {
    target().join("kalends")
}

/// The directories right under `parent` that hold a Cargo package, by name.
pub fn packages_under(parent: &str) -> Result<Vec<PathBuf>> {
    let parent = root().join(parent);
    let entries = fs::read_dir(&parent).with_context(|| format!("reading {}", parent.display()))?;
    let mut packages = Vec::new();
    for entry in entries {
        let directory = entry?.path();
        if directory.join("Cargo.toml").is_file() {
            packages.push(directory);
        }
    }
    packages.sort();
    Ok(packages)
}

/// Every file under `directory`, without what lies in directories named in `skip`, in a stable order.
pub fn files_under(directory: &Path, skip: &[&str]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut waiting = vec![directory.to_path_buf()];
    while let Some(directory) = waiting.pop() {
        let entries = fs::read_dir(&directory).with_context(|| format!("reading {}", directory.display()))?;
        for entry in entries {
            let entry = entry?;
            let skipped = skip.iter().any(|name| entry.file_name() == *name);
            match entry.file_type()? {
                kind if kind.is_dir() && !skipped => waiting.push(entry.path()),
                kind if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files.sort();
    Ok(files)
}
