//! `cargo xtask serve` as a script has it, which starts it, waits for the address, and ends it one way or another.
#![allow(clippy::panic, reason = "that is how a test fails")]

use std::env;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use kalends_tests::{Client, Host, empty_directory};

/// Longer than everything here takes on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was started.
struct Served {
    command: Child,
    authority: String,
    /// Nobody reads it any more, and it is not closed.
    _output: BufReader<ChildStdout>,
}

impl Served {
    /// None on hosts that have a server of PostgreSQL besides.
    fn start(name: &str) -> Option<Self> {
        let host = Host::tested();
        if !matches!(host, Host::Native | Host::Cloudflare) {
            return None;
        }
        let mut command = Command::new(env::var_os("KALENDS_XTASK").expect("`cargo xtask test` sets it"));
        command.args(["serve", "--prebuilt", "--host", host.name(), "--port", "0", "--user", "ada:secret", "--data"]);
        command.arg(empty_directory(name).join("data")).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("xtask runs");
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        while !line.contains("listening on http://") {
            line.clear();
            assert_ne!(output.read_line(&mut line).expect("a line"), 0, "it has ended");
        }
        let authority = line.split_once("http://").map(|(_, rest)| rest.trim().trim_end_matches('/').to_owned());
        Some(Served { command: child, authority: authority.expect("an address"), _output: output })
    }

    fn is_there(&self) -> bool {
        TcpStream::connect(&self.authority).is_ok()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.command.kill();
        let _ = self.command.wait();
    }
}

#[track_caller]
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        sleep(Duration::from_millis(20));
    }
}

/// SIGKILL is no farewell: nothing that was started is left behind all the same, and the port is free.
#[test]
fn nothing_is_left_of_a_server_that_was_killed() {
    let Some(mut served) = Served::start("killed") else { return };
    assert!(served.is_there());
    served.command.kill().expect("it is there");
    served.command.wait().expect("it ends");
    until("something still listens", || !served.is_there());
}

/// Many a script reads the address and no more, whereupon pipes fill.
#[test]
fn a_server_whose_output_nobody_reads_answers_and_ends() {
    let Some(mut served) = Served::start("unread") else { return };
    let client = Client::anonymous(&format!("http://{}", served.authority));
    for _ in 0..3_000 {
        client.request("OPTIONS", "/dav/").send().expect(200);
    }
    let told = Command::new("kill").arg(served.command.id().to_string()).status();
    assert!(told.is_ok_and(|status| status.success()));
    until("it does not end", || matches!(served.command.try_wait(), Ok(Some(_))));
    assert!(!served.is_there());
}
