//! `cargo xtask`: everything that is done to Kalends from its source tree, set-up included.

mod apt;
mod bench;
mod build;
mod check;
mod command;
mod comments;
mod compose;
mod links;
mod node;
mod postgres;
mod python;
mod sbom;
mod serve;
mod stamp;
mod supply;
mod test;
mod tree;
mod wasm;
mod wit;

use clap::{Parser, Subcommand, ValueEnum};
use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

/// What else has a say.
const ENVIRONMENT: &str = "\
Environment:
  KALENDS_WASM         How components are compiled: `installed` (the active toolchain has wasm32-wasip2), `rustup` (which may
                       add it), `debian` (Debian's compiler); without it, the first of these that works
  KALENDS_ADMIN_TOKEN  The administrator's bearer token of a server that is started; without it, one made at random: by the
                       hosts `native` and `fermyon` at each start, and told to nobody (`kalends token add NAME LABEL --admin`
                       makes one that stays); by `cloudflare` and `cluster` once, and kept in admin-token in the data directory
  KALENDS_POSTGRES     A PostgreSQL server for the host `fermyon`, as a URL without a database (postgres://user@host:port):
                       each data directory gets a database there; without it, a server is started in the data directory
  CARGO_TARGET_DIR     Where everything is built; without it, target/";

/// Set-up, build, serve, test and check of Kalends.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", after_help = ENVIRONMENT)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds what is missing and runs the server on 127.0.0.1 until Ctrl-C.
    Serve(serve::Options),
    /// Runs every suite of tests, or one.
    Test(test::Options),
    /// Builds what a host runs, without running it.
    Build {
        /// What to build; without it, local and cloudflare.
        #[arg(value_enum)]
        target: Option<build::Target>,
    },
    /// Formatting, lints, the documentation of WIT and Rust, links between the documents, licences and sources of what
    /// is not ours.
    Check,
    /// Writes the bill of materials, in CycloneDX as JSON.
    Sbom {
        /// Where to; without it, to standard output.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Measures Kalends and other servers side by side: `cargo xtask bench -- --help`; with `engine` or `libraries`,
    /// the iCalendar engine by itself.
    Bench {
        /// Handed to the benchmarks.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

/// The hosts that run on this machine.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Host {
    /// The binary `kalends`, with SQLite and files.
    Native,
    /// workerd, with D1, R2 and KV.
    Cloudflare,
    /// The binary `kalends`, with PostgreSQL: what runs on Fermyon Wasm Functions and SpinKube.
    Fermyon,
    /// Three of these on one PostgreSQL; each connection is handed to the next.
    Cluster,
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Host::Native => "native",
            Host::Cloudflare => "cloudflare",
            Host::Fermyon => "fermyon",
            Host::Cluster => "cluster",
        })
    }
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Serve(options) => serve::run(&options),
        Task::Test(options) => test::run(&options),
        Task::Build { target } => build::run(target),
        Task::Check => check::run(),
        Task::Sbom { output } => sbom::run(output.as_deref()),
        Task::Bench { arguments } => bench::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
