//! The suite of the iCalendar engine that needs more than Cargo: its recurrence against other implementations
//! (`tests/recurrence`), and its fuzz targets (`fuzz`) over a fixed number of inputs.

use super::Setting;
use super::tally::{Tally, count};
use crate::command::{answer, quiet, step};
use crate::wasm::cargo;
use crate::{apt, node, python, tree};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The fuzz targets, how many inputs each is given, and the folders that it begins with beside its regressions.
const TARGETS: [(&str, u32, &[&str]); 4] = [
    ("inspect", 4_000, &["tests/corpus/ical", "tests/corpus/ical/icalendar"]),
    ("filter", 4_000, &["tests/corpus/ical", "tests/corpus/ical/recurring-ical-events"]),
    ("from-jcal", 40_000, &["fuzz/seeds/from-jcal"]),
    ("from-xcal", 40_000, &["fuzz/seeds/from-xcal"]),
];

/// What makes rustc count which edges of the code an input takes, as `cargo fuzz` says it.
const INSTRUMENTS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg=fuzzing";

/// Runs both.
pub fn run(setting: &Setting) -> Result<Tally> {
    let mut tally = recurrence(setting)?;
    tally += fuzz()?;
    Ok(tally)
}

/// Asks the engine, python-dateutil and ical.js the same, and compares.
fn recurrence(setting: &Setting) -> Result<Tally> {
    node::set_up_recurrence()?;
    let python = python::set_up()?;
    let example = ["--quiet", "--package", "kalends-icalendar", "--example", "instances"];
    step("Building what answers for the engine", || quiet(cargo("build").args(example)))?;
    step("Comparing recurrence with python-dateutil and ical.js", || {
        count(
            Command::new(python)
                .args(["-m", "pytest", "--quiet", "--color=no", "-p", "no:cacheprovider", "-p", "no:asyncio"])
                .args(&setting.arguments)
                .current_dir(tree::root().join("tests/recurrence"))
                .env("PYTHONDONTWRITEBYTECODE", "1")
                .env("KALENDS_INSTANCES", tree::target().join("debug/examples/instances")),
        )
    })
}

/// Runs each target.
fn fuzz() -> Result<Tally> {
    let binaries = build()?;
    let mut tally = Tally::default();
    for (target, inputs, seeds) in TARGETS {
        let worked =
            step(&format!("Giving {inputs} inputs to {target}"), || fuzz_one(&binaries, target, inputs, seeds));
        if let Err(error) = &worked {
            println!("{error:#}");
        }
        tally += Tally::of_one(worked.is_ok());
    }
    Ok(tally)
}

/// Builds the targets. Returns the folder of the binaries.
pub fn build() -> Result<PathBuf> {
    // libFuzzer comes as source.
    apt::install(&["g++"])?;
    step("Building the fuzz targets", build_targets)
}

/// What is built with instruments is told apart by Cargo; macros and what they need, without
/// instruments, are those that `instances` was built with.
fn build_targets() -> Result<PathBuf> {
    let about = answer(Command::new("rustc").arg("-vV"))?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc -vV names no host")?;
    quiet(
        cargo("build")
            // Naming the target keeps the instruments out of build scripts and macros.
            .args(["--quiet", "--target", host, "--manifest-path"])
            .arg(tree::root().join("fuzz/Cargo.toml"))
            .env("RUSTFLAGS", INSTRUMENTS),
    )?;
    Ok(tree::target().join(host).join("debug"))
}

/// A fixed number of inputs from a fixed seed: what passes once, passes always.
fn fuzz_one(binaries: &Path, target: &str, inputs: u32, seeds: &[&str]) -> Result<()> {
    let root = tree::root();
    let found = tree::products().join("fuzz").join(target);
    fs::create_dir_all(&found)?;
    let corpus = empty_corpus(&found)?;
    quiet(
        Command::new(binaries.join(target))
            .args([format!("-runs={inputs}"), "-seed=1".to_owned(), "-max_len=4096".to_owned()])
            .args(["-timeout=60", "-rss_limit_mb=2048", "-verbosity=0", "-print_final_stats=0"])
            .arg(format!("-artifact_prefix={}/", found.display()))
            .arg(format!("-dict={}", root.join("fuzz/icalendar.dict").display()))
            .arg(&corpus)
            .arg(root.join("fuzz/regressions").join(target))
            .args(seeds.iter().map(|seeds| root.join(seeds))),
    )
}

/// An empty folder, for the inputs that are worth keeping during a run: libFuzzer would write them into the first that
/// it is given.
fn empty_corpus(found: &Path) -> Result<PathBuf> {
    let corpus = found.join("corpus");
    if corpus.exists() {
        fs::remove_dir_all(&corpus)?;
    }
    fs::create_dir(&corpus)?;
    Ok(corpus)
}
