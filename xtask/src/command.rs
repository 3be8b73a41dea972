//! Running other programs, and saying what is being done and how long it took.

use anyhow::{Context, Result, bail};
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Says what is being done, does it, and says how long it took where that is worth saying.
pub fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("==> {what}");
    let started = Instant::now();
    let done = work().with_context(|| format!("{what} failed"));
    let seconds = started.elapsed().as_secs_f64();
    if seconds >= 1.0 && done.is_ok() {
        eprintln!("    took {seconds:.1} s");
    }
    done
}

/// Runs a program that writes to the terminal itself. An exit status other than 0 is an error.
pub fn shown(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {}", name(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", name(command));
    }
    Ok(())
}

/// Runs a program and shows what it wrote only where it failed.
pub fn quiet(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("starting {}", name(command)))?;
    if !output.status.success() {
        let mut terminal = std::io::stderr().lock();
        terminal.write_all(&output.stdout)?;
        terminal.write_all(&output.stderr)?;
        bail!("{} ended with {}", name(command), output.status);
    }
    Ok(())
}

/// What a program writes to its standard output, without white space at the ends.
pub fn answer(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .with_context(|| format!("starting {}", name(command)))?;
    if !output.status.success() {
        bail!("{} ended with {}", name(command), output.status);
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Whether a program runs to success within a time, unseen. It is killed at the end of the time.
pub fn succeeds_within(limit: Duration, command: &mut Command) -> bool {
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let Ok(mut child) = spawned else {
        return false;
    };
    let started = Instant::now();
    while started.elapsed() < limit {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => sleep(Duration::from_millis(50)),
            Err(_) => break,
        }
    }
    // It may have ended meanwhile: then there is nothing to kill.
    let _ = child.kill();
    let _ = child.wait();
    false
}

/// Whether a program of this name is on the PATH.
pub fn exists(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// The program and its first argument, for messages.
fn name(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let first = command.get_args().next().unwrap_or_default();
    format!("`{program} {}`", first.to_string_lossy())
}
