//! Servers to test, started as `cargo xtask serve` starts them.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, thread};

use serde_json::{Value, json};

use crate::client::Client;
use crate::command::target;

/// The administrator's bearer token on the servers that tests start.
const ADMIN_TOKEN: &str = "an-administrator-of-tests-and-of-nothing-else";

/// The password of accounts made on the command line and by [`Server::account`].
pub const PASSWORD: &str = "correct horse, battery: st\u{e4}ple";

/// The accounts that every server is started with.
pub const NAMED: [&str; 2] = ["alice", "bob"];

/// What a server runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// The binary `kalends`.
    Native,
    /// workerd.
    Cloudflare,
    /// The binary `kalends` with PostgreSQL.
    Fermyon,
    /// Three of these on one PostgreSQL, each connection to another.
    Cluster,
}

impl Host {
    /// The host that is being tested: `KALENDS_HOST`.
    #[track_caller]
    pub fn tested() -> Host {
        match env::var("KALENDS_HOST").as_deref() {
            Ok("native") => Host::Native,
            Ok("cloudflare") => Host::Cloudflare,
            Ok("fermyon") => Host::Fermyon,
            Ok("cluster") => Host::Cluster,
            other => panic!("KALENDS_HOST names no host ({other:?}): these tests are run by `cargo xtask test`"),
        }
    }

    /// As `cargo xtask serve` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Host::Native => "native",
            Host::Cloudflare => "cloudflare",
            Host::Fermyon => "fermyon",
            Host::Cluster => "cluster",
        }
    }
}

/// A running server. It ends when this is dropped, and when the test program ends.
pub struct Server {
    host: Host,
    url: String,
    child: Child,
    /// The server ends when this is closed.
    tether: Option<ChildStdin>,
    data: PathBuf,
    accounts: AtomicU32,
}

/// The server that the tests of one program share. It starts with empty data.
#[track_caller]
pub fn shared() -> &'static Server {
    static SHARED: OnceLock<Server> = OnceLock::new();
    SHARED.get_or_init(|| Server::start(&empty_directory("shared")))
}

/// An empty directory of that name for this test program and host. It stays after the test, for those who want to look.
#[track_caller]
pub fn empty_directory(name: &str) -> PathBuf {
    let program = env::current_exe().unwrap_or_else(|error| panic!("the test program's path: {error}"));
    let stem = program.file_stem().unwrap_or_default().to_string_lossy();
    // Without the hash that cargo adds.
    let stem = stem.rsplit_once('-').map_or(stem.as_ref(), |(stem, _)| stem);
    let directory = target().join("tmp").join(format!("{stem}-{}-{name}", Host::tested().name()));
    if directory.exists() {
        fs::remove_dir_all(&directory).unwrap_or_else(|error| panic!("clearing {}: {error}", directory.display()));
    }
    fs::create_dir_all(&directory).unwrap_or_else(|error| panic!("making {}: {error}", directory.display()));
    directory
}

/// An empty directory that PostgreSQL's user can reach, too, for a server that is to have a PostgreSQL of its own.
#[track_caller]
pub fn public_directory(name: &str) -> PathBuf {
    let directory = env::temp_dir().join(format!("kalends-{name}-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap_or_else(|error| panic!("making {}: {error}", directory.display()));
    directory
}

impl Server {
    /// Starts a server on a directory, and waits until it says that it listens. What it writes goes to `server.log`
    /// beside its data.
    #[track_caller]
    pub fn start(directory: &Path) -> Server {
        Server::start_with(directory, &[])
    }

    /// The same with variables in its environment (`KALENDS_BASE_PATH`), which the native host takes as settings.
    #[track_caller]
    pub fn start_with(directory: &Path, variables: &[(&str, &str)]) -> Server {
        Server::start_for(Host::tested(), directory, variables, &NAMED, &[])
    }

    /// The same with options that only the native host has (`--head-time`).
    #[track_caller]
    pub fn start_native(directory: &Path, options: &[&str]) -> Server {
        Server::start_for(Host::Native, directory, &[], &NAMED, &[&["--"], options].concat())
    }

    /// The same on a host that need not be the one that is being tested.
    #[track_caller]
    pub fn start_on(host: Host, directory: &Path) -> Server {
        Server::start_for(host, directory, &[], &NAMED, &[])
    }

    /// Starts one again that was killed: its accounts are there, and none has to be looked for.
    #[track_caller]
    pub fn restart(directory: &Path, variables: &[(&str, &str)]) -> Server {
        Server::start_for(Host::tested(), directory, variables, &[], &[])
    }

    /// Starts one that answers to the cases of `tests/contract` in the place of requests.
    #[track_caller]
    pub fn contract(directory: &Path, variables: &[(&str, &str)]) -> Server {
        Server::start_for(Host::tested(), directory, variables, &[], &["--contract"])
    }

    #[track_caller]
    fn start_for(
        host: Host,
        directory: &Path,
        variables: &[(&str, &str)],
        accounts: &[&str],
        options: &[&str],
    ) -> Server {
        let xtask = env::var_os("KALENDS_XTASK")
            .unwrap_or_else(|| panic!("KALENDS_XTASK is not set: these tests are run by `cargo xtask test`"));
        let log = File::options().create(true).append(true).open(directory.join("server.log"));
        let log = log.unwrap_or_else(|error| panic!("making the server's log: {error}"));
        let also_log = log.try_clone().unwrap_or_else(|error| panic!("the server's log: {error}"));
        let data = directory.join("data");
        let mut command = Command::new(xtask);
        command.envs(variables.iter().copied());
        command
            .args(["serve", "--prebuilt", "--tethered", "--host", host.name(), "--port", "0"])
            .arg("--data")
            .arg(&data);
        for name in accounts {
            command.arg("--user").arg(format!("{name}:{PASSWORD}"));
        }
        command.args(options);
        command.env("KALENDS_ADMIN_TOKEN", ADMIN_TOKEN).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(also_log);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("starting the server: {error}"));
        let tether = child.stdin.take();
        let output = child.stdout.take().unwrap_or_else(|| panic!("the server has no output"));
        let url = ready(output, log)
            .unwrap_or_else(|| panic!("the server did not start: see {}/server.log", directory.display()));
        Server { host, url, child, tether, data: directory.to_owned(), accounts: AtomicU32::new(0) }
    }

    /// Its data, where it runs natively.
    pub fn data(&self) -> PathBuf {
        self.data.join("data")
    }

    /// Scheme and authority.
    pub fn url(&self) -> &str {
        self.url.trim_end_matches('/')
    }

    /// Somebody without credentials.
    pub fn anonymous(&self) -> Client {
        Client::anonymous(&self.url)
    }

    /// One of the accounts that the command line made (see [`NAMED`]).
    pub fn named(&self, name: &str) -> Client {
        self.anonymous().basic(name, PASSWORD)
    }

    /// The administrator, for the JSON API.
    pub fn administrator(&self) -> Client {
        self.anonymous().bearer(ADMIN_TOKEN)
    }

    /// A new account that nobody else uses, signed in once.
    #[track_caller]
    pub fn account(&self) -> Client {
        let name = format!("user{}", self.accounts.fetch_add(1, Ordering::Relaxed));
        let account = json!({ "name": name, "password": PASSWORD }).to_string();
        let made = self
            .administrator()
            .request("POST", "/api/accounts")
            .header("content-type", "application/json")
            .body(account)
            .send();
        assert!(
            (200..300).contains(&made.status),
            "making the account {name}: {} {}",
            made.status,
            String::from_utf8_lossy(made.body())
        );
        let client = self.named(&name);
        client.propfind("/", "0", &[crate::names::CURRENT_USER_PRINCIPAL]);
        client
    }

    /// A new app password of a client's account, by the administrator: the client that uses it, and the path that
    /// revokes it.
    #[track_caller]
    pub fn app_password(&self, of: &Client, scope: &[&str]) -> (Client, String) {
        let path = format!("/api/accounts/{}/app-passwords", of.name());
        let new = json!({ "label": "test", "scope": scope }).to_string();
        let administrator = self.administrator();
        let request = administrator.request("POST", &path).header("content-type", "application/json");
        let made = request.body(new).send().expect(201);
        let made: Value = serde_json::from_str(made.text()).unwrap_or_default();
        let text = |member: &str| made[member].as_str().unwrap_or_default().to_owned();
        (self.anonymous().basic(of.name(), &text("secret")), format!("{path}/{}", text("id")))
    }

    /// Octets of memory that the native host has resident; none of the other, which is many processes.
    pub fn resident_memory(&self) -> Option<u64> {
        const PAGE: u64 = 4096;
        if self.host != Host::Native {
            return None;
        }
        // `xtask serve` has become the host.
        let statm = fs::read_to_string(format!("/proc/{}/statm", self.child.id())).ok()?;
        Some(statm.split(' ').nth(1)?.parse::<u64>().ok()? * PAGE)
    }

    /// Ends the server at once, as a power cut would end it, and returns the directory that it ran on.
    #[track_caller]
    pub fn kill(mut self) -> PathBuf {
        if matches!(self.host, Host::Cloudflare | Host::Cluster) {
            // The host's processes are groups of their own, below the one that was started.
            kill_groups_below(self.child.id());
        }
        self.child.kill().unwrap_or_else(|error| panic!("killing the server: {error}"));
        self.child.wait().unwrap_or_else(|error| panic!("waiting for the server's end: {error}"));
        self.data.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.tether.take());
        // Nothing is left to be told: the test has its result already.
        let _ = self.child.wait();
    }
}

/// Reads what the server writes until it says where it listens; the rest goes on to its log. None where it ended
/// without saying so.
fn ready(output: ChildStdout, mut log: File) -> Option<String> {
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let url = lines.by_ref().find_map(|line| {
        let _ = writeln!(log, "{line}");
        line.split_once("is listening on ").map(|(_, url)| url.trim().to_owned())
    });
    thread::spawn(move || {
        for line in lines {
            let _ = writeln!(log, "{line}");
        }
    });
    url
}

/// Kills the process groups that the children of a process lead.
#[track_caller]
fn kill_groups_below(parent: u32) {
    let path = format!("/proc/{parent}/task/{parent}/children");
    let children = fs::read_to_string(&path).unwrap_or_else(|error| panic!("reading {path}: {error}"));
    let groups: Vec<&str> = children.split_whitespace().collect();
    assert!(!groups.is_empty(), "the server has no process to kill");
    for group in groups {
        let status = Command::new("sh").args(["-c", &format!("kill -s KILL -- -{group}")]).status();
        assert!(status.is_ok_and(|status| status.success()), "killing the process group {group}");
    }
}
