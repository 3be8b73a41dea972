//! PostgreSQL servers on this machine, for tests and for trying things: Debian's, as a user that is not root.

use crate::apt;
use crate::command::{answer, quiet, step};
use anyhow::{Context, Result, bail};
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What Debian calls the version that is tested with.
const PACKAGE: &str = "postgresql-15";

/// Where Debian has the programs of that version.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";

/// Who runs the server where we are root: PostgreSQL refuses to.
const USER: &str = "postgres";

/// A running server, which is stopped when this is dropped.
pub struct Postgres {
    directory: PathBuf,
    url: String,
    /// Its files are removed when it has stopped.
    temporary: bool,
}

/// Installs the programs where they are not there.
pub fn install() -> Result<()> {
    apt::install(&[PACKAGE])
}

impl Postgres {
    /// Starts the server whose files are in a directory, on a free port. The files are made where there are none.
    pub fn start(directory: &Path) -> Result<Postgres> {
        Postgres::start_with(directory, &[])
    }

    /// The same with settings of the server, besides those that all have.
    fn start_with(directory: &Path, settings: &[&str]) -> Result<Postgres> {
        install()?;
        if !directory.join("PG_VERSION").is_file() {
            step("Making a PostgreSQL database", || initialize(directory))?;
        }
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut options = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=400 -c shared_buffers=64MB"
        );
        for setting in settings {
            options.push_str(" -c ");
            options.push_str(setting);
        }
        let mut start = program("pg_ctl")?;
        start.arg("-D").arg(directory).args(["-w", "-o", &options, "-l"]).arg(directory.join("log")).arg("start");
        quiet(&mut start).context("starting PostgreSQL")?;
        Ok(Postgres {
            directory: directory.to_owned(),
            url: format!("postgres://{USER}@127.0.0.1:{port}"),
            temporary: false,
        })
    }

    /// A server in a temporary directory, for the suite of that name. Its data need not outlive the machine, and so it
    /// does not wait for the disk; what is tested of a server that is killed needs no more than what the system has
    /// been given.
    pub fn temporary(name: &str) -> Result<Postgres> {
        let directory = std::env::temp_dir().join(format!("kalends-postgres-{name}-{}", std::process::id()));
        let mut postgres = Postgres::start_with(&directory, &["fsync=off", "full_page_writes=off"])?;
        postgres.temporary = true;
        Ok(postgres)
    }

    /// Scheme, user and authority.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Ok(mut stop) = program("pg_ctl") {
            // Where it does not stop, there is nobody to tell.
            let _ = quiet(stop.arg("-D").arg(&self.directory).args(["-m", "fast", "stop"]));
        }
        if self.temporary {
            let _ = fs::remove_dir_all(&self.directory);
        }
    }
}

/// The URL of a database on a server, which is made where it is not there.
pub fn database(server: &str, name: &str) -> Result<String> {
    install()?;
    let url = format!("{server}/{name}");
    let exists = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
    let admin = format!("{server}/postgres");
    let psql = || Command::new(Path::new(PROGRAMS).join("psql"));
    if answer(psql().args(["-At", "-d", &admin, "-c", &exists])).context("reaching PostgreSQL")? == "0" {
        let create =
            format!("CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
        quiet(psql().args(["-q", "-d", &admin, "-c", &create]))?;
    }
    Ok(url)
}

fn initialize(directory: &Path) -> Result<()> {
    fs::create_dir_all(directory).with_context(|| format!("making {}", directory.display()))?;
    if is_root()? {
        quiet(Command::new("chown").arg(USER).arg(directory))?;
    }
    let mut initdb = program("initdb")?;
    initdb.arg("-D").arg(directory).args(["-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C"]);
    quiet(&mut initdb)
}

/// A program of PostgreSQL's, as a user that it does not refuse, in a directory that this user may be in.
fn program(name: &str) -> Result<Command> {
    let path = Path::new(PROGRAMS).join(name);
    if !path.is_file() {
        bail!("there is no {}: is {PACKAGE} installed?", path.display());
    }
    let mut command = if is_root()? {
        let mut runuser = Command::new("runuser");
        runuser.args(["-u", USER, "--"]).arg(path);
        runuser
    } else {
        Command::new(path)
    };
    command.current_dir("/");
    Ok(command)
}

fn is_root() -> Result<bool> {
    Ok(answer(Command::new("id").arg("-u"))? == "0")
}
