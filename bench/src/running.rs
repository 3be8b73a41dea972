//! A server that was started for the measurement.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;
use tokio::time::sleep;

use crate::connection::{Account, Exchange};
use crate::peers::{NAME, PASSWORD, Peer};
use crate::process::Tree;

/// How long a server may take until it answers, and until it has ended.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server on a directory of its own. Both end with this.
pub struct Running {
    peer: Box<dyn Peer>,
    directory: TempDir,
    port: u16,
    processes: Vec<Child>,
}

impl Running {
    /// Starts a server on an empty directory.
    ///
    /// # Errors
    /// Where it does not come up.
    pub async fn start(peer: Box<dyn Peer>) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut running = Running { peer, directory, port, processes: Vec::new() };
        running.launch().await?;
        running.peer.prepare(running.directory.path())?;
        Ok(running)
    }

    /// The server's description.
    pub fn peer(&self) -> &dyn Peer {
        self.peer.as_ref()
    }

    /// The account that it has.
    pub fn account(&self) -> Account {
        Account::new(self.port, NAME, PASSWORD)
    }

    /// Its processes.
    pub fn tree(&self) -> Tree {
        Tree::new(self.processes.iter().map(Child::id).collect())
    }

    /// Ends the server and starts it again on what it has stored. Returns the milliseconds from its start to its first
    /// answer.
    ///
    /// # Errors
    /// Where it does not come up.
    pub async fn restart(&mut self) -> Result<f64> {
        self.end();
        self.launch().await
    }

    async fn launch(&mut self) -> Result<f64> {
        let log = self.directory.path().join("bench.log");
        let started = Instant::now();
        for mut command in self.peer.commands(self.directory.path(), self.port)? {
            let output = File::options().create(true).append(true).open(&log)?;
            command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output).process_group(0);
            let name = command.get_program().to_string_lossy().into_owned();
            self.processes.push(command.spawn().with_context(|| format!("starting {name}"))?);
        }
        while started.elapsed() < PATIENCE {
            if self.answers().await {
                return Ok(started.elapsed().as_secs_f64() * 1000.0);
            }
            sleep(Duration::from_millis(2)).await;
        }
        bail!("{} did not come up:\n{}", self.peer.name(), std::fs::read_to_string(&log).unwrap_or_default())
    }

    /// Whether it answers a client.
    async fn answers(&self) -> bool {
        let Ok(mut connection) = self.account().connect().await else { return false };
        let question = Exchange { depth: "0", ..Exchange::plain("PROPFIND", "/.well-known/caldav") };
        connection.exchange(&question).await.is_ok_and(|(answer, _)| !answer.status().is_server_error())
    }

    /// Ends the processes: politely, and after a while not so.
    fn end(&mut self) {
        for child in &self.processes {
            if let Some(process) = pid(child) {
                let _ = kill_process(process, Signal::TERM);
            }
        }
        let started = Instant::now();
        for mut child in self.processes.drain(..) {
            while matches!(child.try_wait(), Ok(None)) && started.elapsed() < PATIENCE / 6 {
                std::thread::sleep(Duration::from_millis(5));
            }
            // What it left behind, or all of it.
            if let Some(group) = pid(&child) {
                let _ = kill_process_group(group, Signal::KILL);
            }
            let _ = child.wait();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

fn pid(child: &Child) -> Option<Pid> {
    Pid::from_raw(i32::try_from(child.id()).ok()?)
}
