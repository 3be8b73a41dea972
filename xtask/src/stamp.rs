//! Marks of work that need not be done again: a file under `target/` that holds what the work was done from.

use crate::tree;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// A mark and what it should hold.
pub struct Stamp {
    path: PathBuf,
    content: String,
}

impl Stamp {
    /// The mark `name` of work done from `content`.
    pub fn new(name: &str, content: impl Into<String>) -> Stamp {
        Stamp { path: tree::products().join("stamps").join(name), content: content.into() }
    }

    /// The mark `name` of work done from files as they are now (path, length and time of change).
    pub fn of_files(name: &str, files: &[PathBuf]) -> Result<Stamp> {
        let lines: Result<Vec<String>> = files.iter().map(|file| identity(file)).collect();
        Ok(Stamp::new(name, lines?.join("\n")))
    }

    /// Whether the work was done from the very same content.
    pub fn is_current(&self) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|found| found == self.content)
    }

    /// Notes that the work is done.
    pub fn write(&self) -> Result<()> {
        if let Some(directory) = self.path.parent() {
            fs::create_dir_all(directory)?;
        }
        fs::write(&self.path, &self.content).with_context(|| format!("writing {}", self.path.display()))
    }
}

fn identity(file: &Path) -> Result<String> {
    let metadata = fs::metadata(file).with_context(|| format!("looking at {}", file.display()))?;
    let changed = metadata.modified()?.duration_since(UNIX_EPOCH)?;
    Ok(format!("{} {} {}", file.display(), metadata.len(), changed.as_nanos()))
}
