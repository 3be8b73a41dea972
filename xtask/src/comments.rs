//! Comments are no wider than rustfmt lets code be, which leaves them as they are.

use crate::tree;
use anyhow::{Result, bail};
use std::fs;
use std::path::Path;

/// Columns of a line of code, and so of a comment (`rustfmt.toml`).
const WIDTH: usize = 120;

/// What is not ours, or not source.
const SKIPPED: [&str; 6] = [".git", "corpus", "deps", "dist", "node_modules", "target"];

/// Checks the lines of Rust and of WIT that are nothing but a comment.
pub fn check() -> Result<()> {
    let mut wide = Vec::new();
    for file in tree::files_under(tree::root(), &SKIPPED)? {
        if !is_source(&file) {
            continue;
        }
        let text = fs::read_to_string(&file)?;
        let lines = text.lines().zip(1..).filter(|(line, _)| is_wide_comment(line));
        wide.extend(lines.map(|(_, number)| format!("  {}:{number}", file.display())));
    }
    if !wide.is_empty() {
        bail!("these comments are wider than {WIDTH} columns:\n{}", wide.join("\n"));
    }
    Ok(())
}

fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs" || extension == "wit")
}

/// A long word alone, as a URL is, cannot be narrower.
fn is_wide_comment(line: &str) -> bool {
    line.trim_start().starts_with("//") && line.chars().count() > WIDTH && line.split_whitespace().count() > 2
}
