//! Test programs: those over HTTP several at once, since each starts servers of its own, and waits for them more than
//! it computes.

use super::tally::Tally;
use super::{EVERYTHING, Setting};
use crate::command::step;
use crate::tree;
use crate::wasm::cargo;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::VecDeque;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Those that take longest. They begin first, so that none is left alone with one at the end.
const LONG: [&str; 7] = ["matrix", "transfer", "faults", "many_members", "soak", "lost_answers", "fuzz"];

/// Those that are run before the others and beside none: how many guesses of a password a server bears is a matter of
/// time.
const ALONE: [&str; 1] = ["api_credentials"];

/// A test program that Cargo has built.
pub struct Program {
    /// The name of its file in `tests/tests`.
    pub name: String,
    /// The directory of its package, where it is run.
    directory: PathBuf,
    executable: PathBuf,
}

/// How a program ended.
struct Ended {
    tally: Tally,
    took: Duration,
    written: String,
}

/// Builds the programs of `kalends-tests`.
pub fn build() -> Result<Vec<Program>> {
    of_package("tests", &["--bins", "--test", "*"])
}

/// Builds the tests of the library of `kalends-tests`.
pub fn library() -> Result<Vec<Program>> {
    let mut programs = of_package("tests", &["--lib", "--bins", "--tests"])?;
    programs.retain(|program| program.name == "kalends_tests");
    Ok(programs)
}

/// Builds the tests of `crates/storage` that take a database.
pub fn storage() -> Result<Vec<Program>> {
    of_package("crates/storage", &["--bins", "--test", "*"])
}

/// The programs of the package in a directory, among what Cargo builds of these targets of everything: of one package
/// alone it would compile again, with fewer features, what that has in common with the others. For the same reason the
/// programs of packages (`--bins`) are always among them.
fn of_package(directory: &str, targets: &[&str]) -> Result<Vec<Program>> {
    let directory = tree::root().join(directory);
    step("Building the tests", || {
        let output = cargo("test")
            .args(["--quiet", "--no-run", "--message-format=json-render-diagnostics"])
            .args(EVERYTHING)
            .args(targets)
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            bail!("the tests do not compile");
        }
        let messages = String::from_utf8(output.stdout)?;
        let programs: Result<Vec<Program>> =
            messages.lines().filter_map(|message| built(message).transpose()).collect();
        Ok(programs?.into_iter().filter(|program| program.directory == directory).collect())
    })
}

/// The program that a message of Cargo's tells of.
fn built(message: &str) -> Result<Option<Program>> {
    let message: Value = serde_json::from_str(message).context("Cargo's messages are JSON")?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let program = || {
        let manifest = PathBuf::from(text(&message["manifest_path"])?);
        let executable = text(&message["executable"])?.into();
        Some(Program { name: text(&message["target"]["name"])?, directory: manifest.parent()?.to_owned(), executable })
    };
    Ok(program())
}

/// Runs programs, as many at once as there are cores, and writes of each how it ended, and of a failed one all that it
/// has written.
pub fn run(programs: Vec<Program>, variables: &[(&str, &str)], setting: &Setting) -> Result<Tally> {
    let (alone, mut others): (Vec<_>, Vec<_>) =
        programs.into_iter().partition(|program| ALONE.contains(&program.name.as_str()));
    others.sort_by_key(|program| LONG.iter().position(|name| *name == program.name).unwrap_or(LONG.len()));
    let mut tally = side_by_side(1, alone, variables, setting)?;
    tally += side_by_side(thread::available_parallelism()?.get(), others, variables, setting)?;
    Ok(tally)
}

/// Runs programs in their order, so many at once.
fn side_by_side(lanes: usize, programs: Vec<Program>, variables: &[(&str, &str)], setting: &Setting) -> Result<Tally> {
    let waiting = Mutex::new(VecDeque::from(programs));
    let total = Mutex::new(Tally::default());
    thread::scope(|scope| {
        let lane = || -> Result<()> {
            while let Some(program) = next(&waiting) {
                let ended = run_one(&program, variables, setting)?;
                let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
                let mut terminal = std::io::stdout().lock();
                writeln!(terminal, "\n{}: {}, {:.1} s", program.name, ended.tally, ended.took.as_secs_f64())?;
                if !ended.tally.is_success() {
                    terminal.write_all(ended.written.as_bytes())?;
                }
                *total += ended.tally;
            }
            Ok(())
        };
        let lanes: Vec<_> = (0..lanes).map(|_| scope.spawn(lane)).collect();
        lanes.into_iter().try_for_each(|lane| lane.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })?;
    Ok(total.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn next(waiting: &Mutex<VecDeque<Program>>) -> Option<Program> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

fn run_one(program: &Program, variables: &[(&str, &str)], setting: &Setting) -> Result<Ended> {
    let started = Instant::now();
    let output = Command::new(&program.executable)
        .args(&setting.arguments)
        .current_dir(&program.directory)
        .env("KALENDS_XTASK", &setting.xtask)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("starting {}", Path::new(&program.executable).display()))?;
    let written = [output.stdout, output.stderr].concat();
    let written = String::from_utf8_lossy(&written).into_owned();
    Ok(Ended { tally: Tally::of_output(&written, output.status.success()), took: started.elapsed(), written })
}

#[cfg(test)]
mod tests {
    use super::super::Setting;
    use super::{Program, built, run};

    #[test]
    fn a_message_of_cargo_tells_of_a_program_or_of_something_else() {
        let artifact = r#"{"reason":"compiler-artifact","manifest_path":"/tests/Cargo.toml","target":{"name":"sync","kind":["test"]},"executable":"/x/sync-1"}"#;
        let program = built(artifact).unwrap().unwrap();
        assert_eq!((program.name.as_str(), program.executable.to_str()), ("sync", Some("/x/sync-1")));
        assert_eq!(program.directory.to_str(), Some("/tests"));
        let library = r#"{"reason":"compiler-artifact","target":{"name":"kalends_tests"},"executable":null}"#;
        assert!(built(library).unwrap().is_none());
        assert!(built(r#"{"reason":"build-finished","success":true}"#).unwrap().is_none());
        assert!(built("warning").is_err());
    }

    fn program(name: &str, executable: &str) -> Program {
        Program { name: name.to_owned(), directory: "/".into(), executable: executable.into() }
    }

    #[test]
    fn every_program_is_run_and_counted_once() {
        let line = "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        let setting = Setting { xtask: "xtask".into(), arguments: vec![line.to_owned()] };
        let echo = || ["api_credentials", "matrix", "sync", "locks"].map(|name| program(name, "/bin/echo"));
        let tally = run(echo().into(), &[("KALENDS_HOST", "native")], &setting).unwrap();
        assert!(tally.is_success());
        assert_eq!(tally.to_string(), "8 passed, 4 skipped");

        let failing = echo().into_iter().chain([program("crash", "/bin/false")]).collect();
        assert!(run(failing, &[], &setting).unwrap().verdict().is_err());
        assert!(run(vec![program("crash", "/nowhere")], &[], &setting).is_err());
    }
}
