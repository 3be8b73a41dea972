//! The composition for Fermyon on this machine: the native host, one or three of it, on one PostgreSQL.

use super::group::Group;
use super::{Options, kept_secret, native_host, pass_on, private_directory, round_robin, settings_for_native};
use crate::postgres::{self, Postgres};
use crate::{build, tree};
use anyhow::{Context, Result, bail};
use std::env;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};

/// Becomes one server where a PostgreSQL is given; else starts one, and ends it after the server.
pub fn one(options: &Options, data: &Path) -> Result<()> {
    let parts = parts(options)?;
    if let Some(server) = given_postgres() {
        let database = database(&server, data)?;
        let mut command = native_host(options, data, &parts.binary, &parts.component)?;
        return Err(command.env("KALENDS_POSTGRES", database).exec()).context("starting the native host");
    }
    let postgres = Postgres::start(&data.join("postgres"))?;
    let database = database(postgres.url(), data)?;
    let mut command = Command::new(&parts.binary);
    let listen = format!("127.0.0.1:{}", options.port);
    settings_for_native(&mut command, options, data, &listen, &parts.component)?;
    let group = Group::start(command.env("KALENDS_POSTGRES", database).stdin(Stdio::null()), options.tethered)?;
    if !group.wait()? {
        bail!("the native host failed");
    }
    Ok(())
}

/// Runs three servers, each with files of its own, and hands each connection to the next of them.
pub fn three(options: &Options, data: &Path) -> Result<()> {
    let parts = parts(options)?;
    let ours = match given_postgres() {
        Some(_) => None,
        None => Some(Postgres::start(&data.join("postgres"))?),
    };
    let server = ours.as_ref().map(|postgres| postgres.url().to_owned()).or_else(given_postgres).unwrap_or_default();
    let database = database(&server, data)?;
    let admin_token = env::var("KALENDS_ADMIN_TOKEN").or_else(|_| kept_secret(data, "admin-token"))?;
    let server_secret = kept_secret(data, "server-secret")?;
    let mut groups = Vec::new();
    let mut addresses = Vec::new();
    for number in ["1", "2", "3"] {
        let own = data.join(number);
        private_directory(&own)?;
        let mut command = Command::new(&parts.binary);
        settings_for_native(&mut command, options, &own, "127.0.0.1:0", &parts.component)?;
        command
            .env("KALENDS_POSTGRES", &database)
            .env("KALENDS_ADMIN_TOKEN", &admin_token)
            .env("KALENDS_SERVER_SECRET", &server_secret)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut group = Group::start(&mut command, options.tethered)?;
        let listening = listening(group.output()?);
        groups.push(group);
        match listening {
            Ok(address) => addresses.push(address),
            Err(error) => {
                groups.iter().for_each(Group::end);
                return Err(error);
            }
        }
    }
    let address = round_robin::start(options.port, addresses)?;
    println!("Kalends is listening on http://{address}/");
    let mut ended_well = true;
    for group in groups {
        ended_well &= group.wait()?;
    }
    if !ended_well {
        bail!("a native host failed");
    }
    Ok(())
}

/// What runs.
struct Parts {
    component: PathBuf,
    binary: PathBuf,
}

fn parts(options: &Options) -> Result<Parts> {
    if options.prebuilt {
        return Ok(Parts {
            component: tree::products().join(options.prebuilt_component("fermyon")),
            binary: build::native_binary(),
        });
    }
    Ok(Parts { component: build::component("fermyon")?, binary: build::native()? })
}

fn given_postgres() -> Option<String> {
    env::var("KALENDS_POSTGRES").ok().filter(|url| !url.is_empty())
}

/// The database of a data directory: its name is kept there, so that a directory that was cleared begins with an empty
/// one.
fn database(server: &str, data: &Path) -> Result<String> {
    let name = kept_secret(data, "postgres-database")?;
    postgres::database(server, &format!("kalends_{}", name.get(..16).unwrap_or(&name)))
}

/// The address that a server says it listens on. The rest of what it writes is passed on.
fn listening(output: ChildStdout) -> Result<SocketAddr> {
    let mut lines = BufReader::new(output).lines();
    for line in lines.by_ref() {
        let line = line?;
        let address = line.split_once("listening on http://").map(|(_, address)| address.trim_end_matches('/'));
        if let Some(address) = address {
            let address = address.parse().context("the server listens nowhere")?;
            pass_on(lines);
            return Ok(address);
        }
        println!("{line}");
    }
    bail!("a server did not start");
}
