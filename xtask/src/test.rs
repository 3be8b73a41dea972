//! `cargo xtask test`: the suites, one after the other, and a line on each at the end.

use crate::command::{exists, step};
use crate::node::Node;
use crate::postgres::Postgres;
use crate::serve::machine_code;
use crate::wasm::cargo;
use crate::{Host, apt, build, node, python, tree};
use ahead::Ahead;
use anyhow::{Result, bail};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

mod ahead;
mod icalendar;
mod programs;
mod tally;

use tally::{Tally, count};

/// Which tests to run.
#[derive(clap::Args)]
pub struct Options {
    /// The suite to run; without it, all of them.
    name: Option<String>,
    /// Lists the suites and runs none.
    #[arg(long)]
    list: bool,
    /// Handed to the test programs (to cargo's test binaries, or to pytest).
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// A suite: what it is called, what it tests, and how it is run.
struct Suite {
    name: &'static str,
    about: &'static str,
    /// It starts servers, whose answers it waits for, and so has the machine to itself.
    serves: bool,
    run: fn(&Setting) -> Result<Tally>,
}

/// What suites are run with.
struct Setting {
    xtask: PathBuf,
    arguments: Vec<String>,
}

impl Setting {
    /// The same with another argument for the test programs.
    fn with_argument(&self, argument: &str) -> Setting {
        let arguments = self.arguments.iter().cloned().chain([argument.to_owned()]).collect();
        Setting { xtask: self.xtask.clone(), arguments }
    }
}

/// The packages that Cargo compiles tests of, as one selection: each selection has the features that its packages want
/// of what they share, and in another one that is compiled again. The native host is another, which wants wasmtime, and
/// only in its own profile; so is the benchmark of the engine, which has no tests (`cargo xtask check` compiles it).
const EVERYTHING: [&str; 5] = ["--workspace", "--exclude", "kalends-native", "--exclude", "kalends-bench-engine"];

/// The tests of the native host, in the profile that the binary is built in anyway, so that wasmtime is not compiled
/// twice; its own code, which tests compile once more, unoptimized.
const NATIVE: [&str; 5] =
    ["--release", "--package", "kalends-native", "--config", "profile.release.package.kalends-native.opt-level=0"];

/// Of the tests over HTTP, those of what one host has to learn of another.
const ACROSS_HOSTS: [&str; 2] = ["mirror", "lapsed_sign_ins"];

const SUITES: [Suite; 10] = [
    Suite { name: "unit", about: "crates, components, hosts and tools by themselves", serves: false, run: unit },
    Suite {
        name: "icalendar",
        about: "recurrence against other implementations, and a short run of the fuzz targets",
        serves: false,
        run: icalendar::run,
    },
    Suite {
        name: "http-native",
        about: "the protocol over HTTP, on the native host",
        serves: true,
        run: |setting| http(Host::Native, setting),
    },
    Suite {
        name: "http-cloudflare",
        about: "the same in workerd, with D1, R2 and KV",
        serves: true,
        run: |setting| http(Host::Cloudflare, setting),
    },
    Suite {
        name: "storage-postgres",
        about: "the statements of crates/storage, on PostgreSQL",
        serves: true,
        run: storage_postgres,
    },
    Suite {
        name: "http-postgres",
        about: "the protocol over HTTP, on the native host with PostgreSQL",
        serves: true,
        run: |setting| on_postgres(Host::Fermyon, |_| true, setting),
    },
    Suite {
        name: "http-cluster",
        about: "synchronisation and sign-ins through three hosts on one PostgreSQL",
        serves: true,
        run: |setting| on_postgres(Host::Cluster, |program| ACROSS_HOSTS.contains(&program), setting),
    },
    Suite {
        name: "caldav-native",
        about: "real client libraries, on the native host",
        serves: true,
        run: |setting| clients(Host::Native, setting),
    },
    Suite {
        name: "caldav-cloudflare",
        about: "the same in workerd",
        serves: true,
        run: |setting| clients(Host::Cloudflare, setting),
    },
    Suite {
        name: "documents",
        about: "the commands in README.md and docs/ that build, serve and deploy",
        serves: true,
        run: documents,
    },
];

/// Clients that come as Debian packages: programs; and Evolution's data server, with what drives it from Python without
/// a screen.
const CLIENT_PACKAGES: [&str; 12] = [
    "cadaver",
    "curl",
    "litmus",
    "rclone",
    "dbus",
    "evolution-data-server",
    "gir1.2-ebook-1.2",
    "gir1.2-ebookcontacts-1.2",
    "gir1.2-ecal-2.0",
    "gir1.2-edataserver-1.2",
    "python3-gi",
    "thunderbird",
];

/// `cargo xtask test`. A suite that cannot run, or that has no test in it, has failed.
pub fn run(options: &Options) -> Result<()> {
    if options.list {
        for suite in &SUITES {
            println!("{:<18} {}", suite.name, suite.about);
        }
        return Ok(());
    }
    let chosen: Vec<&Suite> =
        SUITES.iter().filter(|suite| options.name.as_deref().is_none_or(|name| name == suite.name)).collect();
    if chosen.is_empty() {
        bail!("there is no such suite; `cargo xtask test --list` names them");
    }
    let setting = Setting { xtask: env::current_exe()?, arguments: options.arguments.clone() };
    let mut ahead = options.name.is_none().then(Ahead::begin);
    let mut lines = Vec::new();
    let mut failures = 0;
    for suite in &chosen {
        eprintln!("\n### {}: {}", suite.name, suite.about);
        let started = Instant::now();
        if let Some(ahead) = ahead.take_if(|_| suite.serves) {
            ahead.finish();
        }
        let outcome = (suite.run)(&setting).and_then(Tally::verdict);
        failures += usize::from(outcome.is_err());
        lines.push(summary(suite.name, started.elapsed(), &outcome));
    }
    println!("\nSuites:\n{}", lines.join("\n"));
    if failures > 0 {
        bail!("{failures} of {} suites failed", chosen.len());
    }
    Ok(())
}

fn summary(name: &str, took: Duration, outcome: &Result<Tally>) -> String {
    let seconds = took.as_secs_f64();
    match outcome {
        Ok(tally) => format!("  ok      {name:<18} {seconds:>7.1} s  {tally}"),
        Err(error) => format!("  FAILED  {name:<18} {seconds:>7.1} s  {error:#}"),
    }
}

fn unit(setting: &Setting) -> Result<Tally> {
    let mut tally = count(&mut cargo_test(&[&EVERYTHING[..], &["--exclude", "kalends-tests"]].concat(), setting))?;
    tally += count(&mut cargo_test(&NATIVE, setting))?;
    tally += programs::run(programs::library()?, &[], setting)?;
    tally += count(Node::set_up()?.command("npm").args(["test", "--silent"]))?;
    Ok(tally)
}

fn http(host: Host, setting: &Setting) -> Result<Tally> {
    // The program `kalends` exports from, imports into and copies between servers of any host.
    build_host(Host::Native)?;
    if host != Host::Native {
        build_host(host)?;
    }
    build_contract(host)?;
    programs::run(programs::build()?, &[("KALENDS_HOST", &host.to_string())], setting)
}

fn storage_postgres(setting: &Setting) -> Result<Tally> {
    let postgres = Postgres::temporary("storage")?;
    let address = format!("{}/postgres", postgres.url());
    let setting = setting.with_argument("--include-ignored");
    programs::run(programs::storage()?, &[("KALENDS_TEST_POSTGRES", &address)], &setting)
}

/// Those test programs over HTTP that are chosen by name, each server with a database of its own on one PostgreSQL.
fn on_postgres(host: Host, chosen: fn(&str) -> bool, setting: &Setting) -> Result<Tally> {
    build_host(host)?;
    build_contract(host)?;
    let postgres = Postgres::temporary(&host.to_string())?;
    machine_code::make(&tree::products().join("fermyon.wasm"))?;
    let (own, mut programs): (Vec<_>, Vec<_>) =
        programs::build()?.into_iter().partition(|program| program.name.starts_with("database_"));
    programs.retain(|program| chosen(&program.name));
    let name = host.to_string();
    let mut tally = programs::run(programs, &[("KALENDS_HOST", &name), ("KALENDS_POSTGRES", postgres.url())], setting)?;
    if host == Host::Fermyon {
        // These have servers of PostgreSQL of their own.
        tally += programs::run(own, &[("KALENDS_HOST", &name)], &setting.with_argument("--ignored"))?;
    }
    Ok(tally)
}

fn clients(host: Host, setting: &Setting) -> Result<Tally> {
    build_host(host)?;
    let python = python::set_up()?;
    node::set_up_clients()?;
    apt::install(&CLIENT_PACKAGES)?;
    step(&format!("Running the client libraries on the {host} host"), || {
        count(pytest(&python, "tests/clients", setting).env("KALENDS_HOST", host.to_string()))
    })
}

/// What the commands in the documents run besides what is ours.
const DOCUMENT_PACKAGES: [&str; 4] = ["curl", "openssl", "rclone", "sqlite3"];

/// The commands in the documents that no server of the client tests is needed for, on every host that they name.
fn documents(setting: &Setting) -> Result<Tally> {
    for host in [Host::Native, Host::Cloudflare, Host::Fermyon] {
        build_host(host)?;
    }
    let python = python::set_up()?;
    apt::install(&DOCUMENT_PACKAGES)?;
    if !exists("kubectl") {
        apt::install(&["kubernetes-client"])?;
    }
    let postgres = Postgres::temporary("documents")?;
    machine_code::make(&tree::products().join("fermyon.wasm"))?;
    step("Running the commands of the documents", || {
        // The longest are the first: each core is given one of them, and not one core both.
        let mut tests = pytest(&python, "tests/documents", setting);
        count(tests.arg("--maxschedchunk=1").env("KALENDS_POSTGRES", postgres.url()))
    })
}

/// The tests below a directory in Python, as many at once as there are cores.
fn pytest(python: &Path, directory: &str, setting: &Setting) -> Command {
    let mut command = Command::new(python);
    command
        .args(["-m", "pytest", "--quiet", "--color=no", "-p", "no:cacheprovider", "-p", "no:asyncio"])
        .args(["--numprocesses", "auto", directory])
        .args(&setting.arguments)
        .current_dir(tree::root())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("KALENDS_XTASK", &setting.xtask);
    command
}

/// Builds what the tests have `xtask serve --prebuilt` run.
fn build_host(host: Host) -> Result<()> {
    match host {
        Host::Native => {
            let component = build::component("local")?;
            build::native()?;
            machine_code::make(&component)
        }
        // The command line of the native host administers this one too.
        Host::Cloudflare => build::worker(&Node::set_up()?).and_then(|()| build::native().map(drop)),
        Host::Fermyon | Host::Cluster => {
            build::component("fermyon")?;
            build::native().map(drop)
        }
    }
}

/// Builds what `tests/tests/contract.rs` has `xtask serve --contract` run.
fn build_contract(host: Host) -> Result<()> {
    match host {
        Host::Native => build::component("contract-local").map(drop),
        Host::Cloudflare => build::contract_worker(&Node::set_up()?),
        Host::Fermyon => build::component("contract-fermyon").map(drop),
        // Three hosts of which each is what one is.
        Host::Cluster => Ok(()),
    }
}

/// `cargo test` of these packages. What follows `--` on our command line goes to the test binaries.
fn cargo_test(packages: &[&str], setting: &Setting) -> Command {
    let mut command = cargo("test");
    command.args(["--quiet", "--no-fail-fast"]).args(packages).arg("--").args(&setting.arguments);
    command.env("KALENDS_XTASK", &setting.xtask);
    command
}
