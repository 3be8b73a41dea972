//! The servers that are measured: how each is set up and started, as its documentation advises, for one account and
//! with Basic authentication where it has that.

mod cyrus;
mod kalends;
mod radicale;
mod sabre;
mod xandikos;

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result};

/// The name of the account that every server has.
pub const NAME: &str = "bench";
/// Its password.
pub const PASSWORD: &str = "measuring";

/// A server that can be started.
pub trait Peer {
    /// What it is called on the command line and in tables.
    fn name(&self) -> &'static str;

    /// Which version, and how it is run.
    ///
    /// # Errors
    /// Where it is not there.
    fn about(&self) -> Result<String>;

    /// The programs that are the server on this port of 127.0.0.1, with its data under `directory`, which is empty at
    /// the first start and as the server left it later.
    ///
    /// # Errors
    /// Where its files cannot be written.
    fn commands(&self, directory: &Path, port: u16) -> Result<Vec<Command>>;

    /// What remains to be done when the server runs for the first time.
    ///
    /// # Errors
    /// Where it cannot be done.
    fn prepare(&self, _directory: &Path) -> Result<()> {
        Ok(())
    }

    /// What a GET brings a whole calendar from, as one iCalendar object; `None` where it has no such thing.
    fn whole(&self, calendar: &str) -> Option<String> {
        Some(calendar.to_owned())
    }
}

/// All that `--peers` may name, in the order of the tables.
pub fn all() -> Vec<Box<dyn Peer>> {
    vec![
        Box::new(kalends::Native),
        Box::new(kalends::Cloudflare { reuses: true }),
        Box::new(kalends::Cloudflare { reuses: false }),
        Box::new(cyrus::Cyrus),
        Box::new(sabre::Sabre),
        Box::new(radicale::Radicale),
        Box::new(xandikos::Xandikos),
    ]
}

/// What `cargo xtask bench` says in the environment.
fn told(name: &str) -> Result<String> {
    env::var(name).with_context(|| format!("{name} is not set: run `cargo xtask bench`"))
}

/// Writes a file of a configuration.
fn write(path: &Path, content: &str) -> Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, content).with_context(|| format!("writing {}", path.display()))
}

/// What a program prints, its first line.
fn first_line(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("starting {}", command.get_program().to_string_lossy()))?;
    let printed = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    Ok(String::from_utf8_lossy(&printed).lines().next().unwrap_or_default().trim().to_owned())
}

/// The version of a Debian package.
fn package_version(package: &str) -> Result<String> {
    first_line(Command::new("dpkg-query").args(["--show", "--showformat=${Version}", package]))
}
