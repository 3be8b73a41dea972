//! Kalends on two of its hosts.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::{NAME, PASSWORD, Peer, told};

/// The native host.
pub struct Native;

impl Peer for Native {
    fn name(&self) -> &'static str {
        "kalends"
    }

    fn about(&self) -> Result<String> {
        Ok(format!("Kalends {}, the native host: SQLite, every write synced", env!("CARGO_PKG_VERSION")))
    }

    fn commands(&self, directory: &Path, port: u16) -> Result<Vec<Command>> {
        let mut command = Command::new(told("KALENDS_BINARY")?);
        command
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--user", &format!("{NAME}:{PASSWORD}")])
            .args(["--log-level", "error", "--component", &told("KALENDS_COMPONENT")?])
            .arg("--data")
            .arg(directory);
        Ok(vec![command])
    }
}

/// The Worker, in workerd.
pub struct Cloudflare;

impl Peer for Cloudflare {
    fn name(&self) -> &'static str {
        "workerd"
    }

    fn about(&self) -> Result<String> {
        let version = env!("CARGO_PKG_VERSION");
        Ok(format!("Kalends {version} in workerd, with D1, R2 and KV as miniflare has them, in the same process"))
    }

    fn commands(&self, directory: &Path, port: u16) -> Result<Vec<Command>> {
        let mut command = Command::new(told("KALENDS_XTASK")?);
        command
            .args(["serve", "--prebuilt", "--host", "cloudflare", "--port", &port.to_string()])
            .args(["--user", &format!("{NAME}:{PASSWORD}"), "--data"])
            .arg(directory);
        Ok(vec![command])
    }
}
