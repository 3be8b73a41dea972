//! `kalends`: the native host. It runs one component, with the imports that Spin offers, behind HTTP/1.1 and h2c.
//!
//! The way of a request: [`server`] (connections, each with what is under way on it: [`conversation`]) -> [`exchange`]
//! (one request: limits, log) -> [`application`] (one instance of the component) -> [`edge`] (into it and out again) ->
//! [`imports`] (SQLite, PostgreSQL, key-value, variables; WASI comes from wasmtime).

#[macro_use]
mod stdout;

mod accounts;
mod application;
mod backup;
mod belongings;
mod cli;
mod collect;
mod collection;
mod component;
mod conversation;
mod copy;
mod data;
mod dav;
mod delivery;
mod edge;
mod engine;
mod exchange;
mod export;
mod folders;
mod guest_log;
mod host;
mod import;
mod imports;
mod instance;
mod key_value;
mod limits;
mod log;
mod pace;
mod postgres;
mod private;
mod reach;
mod restore;
mod server;
mod sqlite;
mod stall;
mod usage;
mod variables;

use clap::Parser;
use mimalloc::MiMalloc;
use std::io::Write;
use std::process::ExitCode;

/// A request allocates thousands of small values, on whichever thread it runs.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let command_line = cli::CommandLine::parse();
    log::start(command_line.log_format, command_line.log_level);
    let result = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(cli::run(command_line)));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The exit status says it where standard error cannot; `eprintln!` would panic.
            let _ = writeln!(std::io::stderr(), "kalends: {error:#}");
            ExitCode::FAILURE
        }
    }
}
