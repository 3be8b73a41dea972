//! A native host that is started for the measurement.

use std::env;
use std::process::Stdio;

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use url::Url;

use crate::connection::Account;

const NAME: &str = "bench";
const PASSWORD: &str = "a password for measuring";

/// A running server on a directory of its own. Both end with this.
pub struct Server {
    url: Url,
    _child: Child,
    _data: TempDir,
}

impl Server {
    /// Starts the server that `cargo xtask bench` has built.
    ///
    /// # Errors
    /// Where it does not come up.
    pub async fn start() -> Result<Self> {
        let variable = |name| env::var(name).with_context(|| format!("{name} is not set: run `cargo xtask bench`"));
        let data = tempfile::tempdir()?;
        let mut child = Command::new(variable("KALENDS_BINARY")?)
            .args(["serve", "--listen", "127.0.0.1:0", "--user", &format!("{NAME}:{PASSWORD}"), "--component"])
            .arg(variable("KALENDS_COMPONENT")?)
            .arg("--data")
            .arg(data.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("starting the server")?;
        let output = child.stdout.take().context("the server has no output")?;
        let mut lines = BufReader::new(output).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some((_, url)) = line.split_once("is listening on ") {
                return Ok(Server { url: url.trim().parse()?, _child: child, _data: data });
            }
        }
        anyhow::bail!("the server ended before it was ready")
    }

    /// The account to measure with.
    ///
    /// # Errors
    /// Where the server's URL is none.
    pub fn account(&self) -> Result<Account> {
        Account::new(&self.url.join(&format!("dav/calendars/{NAME}/"))?, NAME, PASSWORD)
    }
}
