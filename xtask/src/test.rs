//! `cargo xtask test`: the suites, one after the other, and a line on each at the end.

use crate::command::step;
use crate::node::Node;
use crate::postgres::Postgres;
use crate::wasm::cargo;
use crate::{Host, apt, build, node, python, tree};
use anyhow::{Result, bail};
use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

mod icalendar;
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
    run: fn(&Setting) -> Result<Tally>,
}

/// What suites are run with.
struct Setting {
    xtask: PathBuf,
    arguments: Vec<String>,
}

const SUITES: [Suite; 9] = [
    Suite { name: "unit", about: "crates, components, hosts and tools by themselves", run: unit },
    Suite {
        name: "icalendar",
        about: "recurrence against other implementations, and a short run of the fuzz targets",
        run: icalendar::run,
    },
    Suite {
        name: "http-native",
        about: "the protocol over HTTP, on the native host",
        run: |setting| http(Host::Native, setting),
    },
    Suite {
        name: "http-cloudflare",
        about: "the same in workerd, with D1, R2 and KV",
        run: |setting| http(Host::Cloudflare, setting),
    },
    Suite { name: "storage-postgres", about: "the statements of crates/storage, on PostgreSQL", run: storage_postgres },
    Suite {
        name: "http-postgres",
        about: "the protocol over HTTP, on the native host with PostgreSQL",
        run: |setting| on_postgres(Host::Fermyon, "*", setting),
    },
    Suite {
        name: "http-cluster",
        about: "synchronisation through three hosts on one PostgreSQL",
        run: |setting| on_postgres(Host::Cluster, "mirror", setting),
    },
    Suite {
        name: "caldav-native",
        about: "real client libraries, on the native host",
        run: |setting| clients(Host::Native, setting),
    },
    Suite {
        name: "caldav-cloudflare",
        about: "the same in workerd",
        run: |setting| clients(Host::Cloudflare, setting),
    },
];

/// Clients that come as Debian packages: programs; and Evolution's data server, with what drives it from Python without a screen.
const CLIENT_PACKAGES: [&str; 10] = [
    "cadaver",
    "curl",
    "litmus",
    "dbus",
    "evolution-data-server",
    "gir1.2-ebook-1.2",
    "gir1.2-ebookcontacts-1.2",
    "gir1.2-ecal-2.0",
    "gir1.2-edataserver-1.2",
    "python3-gi",
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
    let mut lines = Vec::new();
    let mut failures = 0;
    for suite in &chosen {
        eprintln!("\n### {}: {}", suite.name, suite.about);
        let started = Instant::now();
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
    let everything = ["--workspace", "--exclude", "kalends-tests", "--exclude", "kalends-native"];
    let mut tally = count(cargo_test(setting).args(everything))?;
    // In the profile that the binary is built in anyway, so that wasmtime is not compiled twice.
    tally += count(cargo_test(setting).args(["--release", "--package", "kalends-native"]))?;
    tally += count(cargo_test(setting).args(["--package", "kalends-tests", "--lib"]))?;
    tally += count(Node::set_up()?.command("npm").args(["test", "--silent"]))?;
    Ok(tally)
}

fn http(host: Host, setting: &Setting) -> Result<Tally> {
    // The program `kalends` exports from, imports into and copies between servers of any host.
    build_host(Host::Native)?;
    if host != Host::Native {
        build_host(host)?;
    }
    let tests = ["--package", "kalends-tests", "--test", "*"];
    let mut command = cargo_test(setting);
    command.args(tests).env("KALENDS_HOST", host.to_string());
    count(&mut command)
}

fn storage_postgres(setting: &Setting) -> Result<Tally> {
    let postgres = Postgres::temporary("storage")?;
    let tests = ["--package", "kalends-storage", "--test", "storage"];
    let address = format!("{}/postgres", postgres.url());
    let tests = tests.into_iter().chain(["--", "--include-ignored"]);
    count(cargo_test(setting).args(tests).env("KALENDS_TEST_POSTGRES", address))
}

/// Tests over HTTP, each server with a database of its own on one PostgreSQL.
fn on_postgres(host: Host, tests: &str, setting: &Setting) -> Result<Tally> {
    build_host(host)?;
    let postgres = Postgres::temporary(&host.to_string())?;
    let tests = ["--package", "kalends-tests", "--test", tests];
    let mut command = cargo_test(setting);
    command.args(tests).env("KALENDS_HOST", host.to_string()).env("KALENDS_POSTGRES", postgres.url());
    let mut tally = count(&mut command)?;
    if host == Host::Fermyon {
        let restart = ["--package", "kalends-tests", "--test", "database_restart", "--", "--ignored"];
        tally += count(cargo_test(setting).args(restart).env("KALENDS_HOST", host.to_string()))?;
    }
    Ok(tally)
}

fn clients(host: Host, setting: &Setting) -> Result<Tally> {
    build_host(host)?;
    let python = python::set_up()?;
    node::set_up_clients()?;
    apt::install(&CLIENT_PACKAGES)?;
    step(&format!("Running the client libraries on the {host} host"), || {
        count(
            Command::new(python)
                .args(["-m", "pytest", "--quiet", "--color=no", "-p", "no:cacheprovider", "-p", "no:asyncio"])
                .arg("tests/clients")
                .args(&setting.arguments)
                .current_dir(tree::root())
                .env("PYTHONDONTWRITEBYTECODE", "1")
                .env("KALENDS_XTASK", &setting.xtask)
                .env("KALENDS_HOST", host.to_string()),
        )
    })
}

/// Builds what the tests have `xtask serve --prebuilt` run.
fn build_host(host: Host) -> Result<()> {
    match host {
        Host::Native => {
            build::component("local")?;
            build::native().map(drop)
        }
        // The command line of the native host administers this one too.
        Host::Cloudflare => build::worker(&Node::set_up()?).and_then(|()| build::native().map(drop)),
        Host::Fermyon | Host::Cluster => {
            build::component("fermyon")?;
            build::native().map(drop)
        }
    }
}

/// `cargo test`, to be given packages. What follows `--` on our command line goes to the test binaries.
fn cargo_test(setting: &Setting) -> Command {
    let mut command = cargo("test");
    command.args(["--quiet", "--no-fail-fast"]).env("KALENDS_XTASK", &setting.xtask);
    command
}
