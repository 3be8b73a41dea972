//! A server that is several processes, ended together.

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, sleep};
use std::time::Duration;

/// How long processes may take to end when they are told to.
const PATIENCE: Duration = Duration::from_secs(5);

/// A child with a process group of its own, so that a Ctrl-C reaches its parts in order and none of them outlives it.
pub struct Group {
    child: Child,
    /// Its standard input, where that is ours to give: it ends with this program, however that ends.
    _input: Option<ChildStdin>,
    id: Pid,
    asked: Arc<AtomicBool>,
    requests: mpsc::Sender<()>,
}

impl Group {
    /// Starts a program as the first of a new group. It is ended when a signal comes that ends programs, or, tethered,
    /// when our standard input ends.
    pub fn start(command: &mut Command, tethered: bool) -> Result<Group> {
        let mut child = command.process_group(0).spawn().context("starting the host")?;
        let input = child.stdin.take();
        let id = Pid::from_child(&child);
        let (requests, requested) = mpsc::channel();
        let asked = Arc::new(AtomicBool::new(false));
        end_on_request(id, requested, Arc::clone(&asked));
        request_on_signal(requests.clone())?;
        if tethered {
            request_at_end_of_input(requests.clone());
        }
        Ok(Group { child, _input: input, id, asked, requests })
    }

    /// What the child writes, once.
    pub fn output(&mut self) -> Result<ChildStdout> {
        self.child.stdout.take().context("the host has no output")
    }

    /// Asks the group to end.
    pub fn end(&self) {
        // Nobody listens any more once the group is being ended.
        let _ = self.requests.send(());
    }

    /// Waits for the child's end, and sees to the end of what it leaves. True where that end was asked for, or was a
    /// success.
    pub fn wait(mut self) -> Result<bool> {
        let status = self.child.wait()?;
        signal(self.id, Signal::KILL);
        Ok(self.asked.load(Ordering::SeqCst) || status.success())
    }
}

fn end_on_request(group: Pid, requested: mpsc::Receiver<()>, asked: Arc<AtomicBool>) {
    thread::spawn(move || {
        if requested.recv().is_ok() {
            asked.store(true, Ordering::SeqCst);
            signal(group, Signal::TERM);
            sleep(PATIENCE);
            signal(group, Signal::KILL);
        }
    });
}

fn request_on_signal(requests: mpsc::Sender<()>) -> Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    thread::spawn(move || {
        for _ in signals.forever() {
            let _ = requests.send(());
        }
    });
    Ok(())
}

fn request_at_end_of_input(requests: mpsc::Sender<()>) {
    thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock().by_ref(), &mut io::sink());
        let _ = requests.send(());
    });
}

/// Sends a signal to a process group. That it has ended already is no failure.
fn signal(group: Pid, signal: Signal) {
    let _ = kill_process_group(group, signal);
}
