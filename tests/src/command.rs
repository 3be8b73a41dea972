//! The program `kalends` as people run it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// `target/`, found from the test program, which is in `target/PROFILE/deps/`.
#[track_caller]
pub fn target() -> PathBuf {
    let program = env::current_exe().unwrap_or_else(|error| panic!("the test program's path: {error}"));
    program.ancestors().nth(3).unwrap_or(Path::new(".")).to_owned()
}

/// The program, to be given arguments, with the component that was built last. It logs errors only.
#[track_caller]
pub fn kalends() -> Command {
    let mut command = Command::new(target().join("release/kalends"));
    command.env("KALENDS_COMPONENT", target().join("kalends/local.wasm")).env("KALENDS_LOG_LEVEL", "error");
    // Where PostgreSQL is tested, it is a server for the hosts that need one, and no database for this component.
    command.env_remove("KALENDS_POSTGRES");
    command
}

/// What a command said that ended well.
#[derive(Debug)]
pub struct Said {
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub errors: String,
}

/// Runs a command to its end, which has to be a good one.
#[track_caller]
pub fn succeed(command: &mut Command) -> Said {
    let (ended_well, said) = run(command);
    assert!(ended_well, "{command:?} has failed: {}{}", said.output, said.errors);
    said
}

/// Runs a command that has to fail.
#[track_caller]
pub fn fail(command: &mut Command) -> Said {
    let (ended_well, said) = run(command);
    assert!(!ended_well, "{command:?} should fail: {}{}", said.output, said.errors);
    said
}

#[track_caller]
fn run(command: &mut Command) -> (bool, Said) {
    let Output { status, stdout, stderr } =
        command.output().unwrap_or_else(|error| panic!("running {command:?}: {error}"));
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (status.success(), Said { output: text(stdout), errors: text(stderr) })
}
