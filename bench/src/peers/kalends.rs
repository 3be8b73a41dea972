//! Kalends on two of its hosts.

use std::fs;
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
pub struct Cloudflare {
    /// Whether its instances are reused, as they are; else each request has one of its own, so that it can be seen what
    /// that costs.
    pub reuses: bool,
}

impl Peer for Cloudflare {
    fn name(&self) -> &'static str {
        if self.reuses { "workerd" } else { "workerd-fresh" }
    }

    fn about(&self) -> Result<String> {
        let version = env!("CARGO_PKG_VERSION");
        let how = if self.reuses { "instances reused" } else { "an instance for each request" };
        let size = script_size()?;
        Ok(format!(
            "Kalends {version} in workerd, {how}, with D1, R2 and KV as miniflare has them, in the same process; {size}"
        ))
    }

    fn commands(&self, directory: &Path, port: u16) -> Result<Vec<Command>> {
        let mut command = Command::new(told("KALENDS_XTASK")?);
        command
            .args(["serve", "--prebuilt", "--host", "cloudflare", "--port", &port.to_string()])
            .args(["--user", &format!("{NAME}:{PASSWORD}"), "--data"])
            .arg(directory);
        if !self.reuses {
            command.env("KALENDS_INSTANCE_PER_REQUEST", "true");
        }
        Ok(vec![command])
    }
}

/// The size of what is uploaded to Cloudflare. What it is when compressed, the profile knows.
fn script_size() -> Result<String> {
    let mut whole = 0;
    for entry in fs::read_dir(told("KALENDS_WORKER")?)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "js" || extension == "wasm") {
            whole += fs::metadata(&path)?.len();
        }
    }
    Ok(format!("{:.2} MB of script", whole as f64 / 1e6))
}
