//! Xandikos, from PyPI.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::{NAME, Peer, first_line, told};

/// Xandikos with its own HTTP server and storage in Git. It leaves passwords to a proxy, so that it has less to do than
/// the others.
pub struct Xandikos;

impl Peer for Xandikos {
    fn name(&self) -> &'static str {
        "xandikos"
    }

    fn about(&self) -> Result<String> {
        let version = first_line(Command::new(told("KALENDS_PYTHON")?).args(["-m", "xandikos", "--version"]))?;
        let version = version.rsplit(' ').next().unwrap_or_default();
        Ok(format!("Xandikos {version}, its own HTTP server, Git; no passwords"))
    }

    fn commands(&self, directory: &Path, port: u16) -> Result<Vec<Command>> {
        let mut command = Command::new(told("KALENDS_PYTHON")?);
        command
            .args(["-m", "xandikos", "serve", "--listen-address", "127.0.0.1", "--port", &port.to_string()])
            .args(["--current-user-principal", &format!("/{NAME}/"), "--defaults", "--no-detect-systemd", "-d"])
            .arg(directory.join("data"));
        Ok(vec![command])
    }

    fn whole(&self, _calendar: &str) -> Option<String> {
        None
    }
}
