//! `cargo xtask bench libraries`: the libraries for recurrence and zones, each in a program of its own
//! (`bench/libraries`), asked what the engine is asked.

use crate::command::{quiet, shown, step};
use crate::wasm::{TARGET, Wasm, cargo};
use crate::{python, tree};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The features of `bench/libraries`, each a library; `none` has none of them, and its size is what the others are
/// compared with.
const LIBRARIES: [&str; 6] = ["none", "kalends", "rrule", "icalendar", "calcard", "chrono-tz"];

const HELP: &str = "\
Asks libraries for recurrence and zones what the iCalendar engine is asked, and prints a table. Building a program and a component with each takes some
fifteen minutes on two cores the first time.

Environment:
  KALENDS_RULES  How many rules each is asked (5000)";

/// Builds a program and a component with each library, and prints what `bench/libraries/compare.py` says of them.
pub fn run(arguments: &[String]) -> Result<()> {
    match arguments {
        [] => {}
        [help] if help == "--help" => {
            println!("{HELP}");
            return Ok(());
        }
        [unknown, ..] => bail!("bench libraries takes no {unknown}"),
    }
    let wasm = Wasm::set_up()?;
    let python = python::set_up()?;
    let programs = tree::products().join("libraries");
    fs::create_dir_all(&programs)?;
    for library in LIBRARIES {
        step(&format!("Building a program with {library}"), || {
            build(cargo("build"), library, "", &programs.join(library))?;
            build(wasm.cargo("build"), library, &format!("{TARGET}/"), &programs.join(format!("{library}.wasm")))
        })?;
    }
    shown(
        Command::new(python)
            .arg(tree::root().join("bench/libraries/compare.py"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("KALENDS_LIBRARIES", programs),
    )
}

/// Builds into a directory of its own, so that what is compared is not mixed with what is shipped; `folder` is where in
/// it the target's files are.
fn build(mut cargo: Command, library: &str, folder: &str, to: &Path) -> Result<()> {
    let directory = tree::target().join("libraries");
    let manifest = tree::root().join("bench/libraries/Cargo.toml");
    cargo
        .args(["--quiet", "--locked", "--release", "--manifest-path"])
        .arg(manifest)
        .env("CARGO_TARGET_DIR", &directory);
    if library != "none" {
        cargo.args(["--features", library]);
    }
    quiet(&mut cargo)?;
    let suffix = if folder.is_empty() { "" } else { ".wasm" };
    let built = directory.join(format!("{folder}release/kalends-bench-libraries{suffix}"));
    fs::copy(&built, to).with_context(|| format!("copying {}", built.display()))?;
    Ok(())
}
