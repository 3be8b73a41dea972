//! `cargo xtask serve`: a server on this machine.

use crate::node::Node;
use crate::{Host, build, tree};
use anyhow::{Context, Result, bail};
use std::env;
use std::fs::{self, DirBuilder};
use std::io::{BufRead, BufReader, Lines, Write, stdout};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::thread;

mod accounts;
mod fermyon;
mod group;
pub mod machine_code;
mod round_robin;

use accounts::Accounts;
use group::Group;

/// How and where to serve.
#[derive(clap::Args)]
pub struct Options {
    /// The host to run on.
    #[arg(long, value_enum, default_value_t = Host::Native)]
    host: Host,
    /// The port on 127.0.0.1.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Where calendars and accounts are kept; made where it is missing.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// An account to make where it does not exist. May be repeated.
    #[arg(long = "user", value_name = "NAME:PASSWORD", value_parser = with_password)]
    users: Vec<String>,
    /// Runs what was built before, and builds nothing.
    #[arg(long, hide = true)]
    prebuilt: bool,
    /// Serves the contract of storage in the place of the protocol: what it answers to are cases of tests/contract.
    #[arg(long, hide = true, requires = "prebuilt")]
    contract: bool,
    /// Ends when standard input does, so that the server cannot outlive the test that started it.
    #[arg(long, hide = true)]
    tethered: bool,
    /// More for the native host: its limits have no variables.
    #[arg(last = true, hide = true)]
    more: Vec<String>,
}

impl Options {
    /// The file of the composition that was built for a host.
    fn prebuilt_component(&self, host: &str) -> String {
        format!("{}{host}.wasm", if self.contract { "contract-" } else { "" })
    }
}

fn with_password(user: &str) -> Result<String, String> {
    match user.split_once(':') {
        Some((name, password)) if !name.is_empty() && !password.is_empty() => Ok(user.to_owned()),
        _ => Err("it takes a name, a colon and a password".to_owned()),
    }
}

/// Serves until a signal comes. The environment's `KALENDS_ADMIN_TOKEN` is the administrator's bearer token, where it
/// is set.
pub fn run(options: &Options) -> Result<()> {
    let data = std::path::absolute(&options.data)?;
    match options.host {
        Host::Native | Host::Cloudflare => private_directory(&data)?,
        // PostgreSQL, whose directory is in this one, may be another user's.
        Host::Fermyon | Host::Cluster => {
            fs::create_dir_all(&data).with_context(|| format!("making {}", data.display()))?;
        }
    }
    match options.host {
        Host::Native => native(options, &data),
        Host::Cloudflare => cloudflare(options, &data),
        Host::Fermyon => fermyon::one(options, &data),
        Host::Cluster => fermyon::three(options, &data),
    }
}

/// Keeps the server, which takes the shell's place, from outliving standard input.
const TETHER: &str = r#"
exec 3<&0 </dev/null
(
    trap '' TERM INT HUP
    cat <&3
    kill -TERM $$
    patience=50
    while kill -0 $$ && sleep 0.1; do
        patience=$((patience - 1))
        [ $patience -gt 0 ] || kill -KILL $$
    done
) >/dev/null 2>&1 &
exec 3<&- "$@"
"#;

/// Becomes the native host, which handles signals by itself.
fn native(options: &Options, data: &Path) -> Result<()> {
    let (component, binary) = if options.prebuilt {
        (tree::products().join(options.prebuilt_component("local")), build::native_binary())
    } else {
        (build::component("local")?, build::native()?)
    };
    Err(native_host(options, data, &binary, &component)?.exec()).context("starting the native host")
}

/// The native host as a command that takes the place of this program.
fn native_host(options: &Options, data: &Path, binary: &Path, component: &Path) -> Result<Command> {
    let mut server = if options.tethered {
        let mut shell = Command::new("sh");
        shell.args(["-c", TETHER, "sh"]).arg(binary);
        shell
    } else {
        Command::new(binary)
    };
    settings_for_native(&mut server, options, data, &format!("127.0.0.1:{}", options.port), component)?;
    Ok(server)
}

/// The arguments of the native host, and the machine code that it begins with.
fn settings_for_native(
    server: &mut Command,
    options: &Options,
    data: &Path,
    listen: &str,
    component: &Path,
) -> Result<()> {
    machine_code::lend(component, data)?;
    server.args(["serve", "--listen", listen]).arg("--data").arg(data).arg("--component").arg(component);
    // To xtask it is a server for the hosts that need one, which set it to a database on it; to the native host it
    // would be a database.
    server.env_remove("KALENDS_POSTGRES");
    for user in &options.users {
        server.args(["--user", user]);
    }
    server.args(&options.more);
    Ok(())
}

/// Runs the worker in workerd, and makes accounts over HTTP once it answers.
fn cloudflare(options: &Options, data: &Path) -> Result<()> {
    let node = Node::set_up()?;
    if !options.prebuilt {
        build::worker(&node)?;
    }
    let admin_token = env::var("KALENDS_ADMIN_TOKEN").or_else(|_| kept_secret(data, "admin-token"))?;
    let server_secret = kept_secret(data, "server-secret")?;
    let mut command = node.command("node");
    command
        .args(["start.mjs", "--tethered"])
        .args(["--port", &options.port.to_string()])
        .arg("--data")
        .arg(data)
        .args(["--var", &format!("ADMIN_TOKEN={admin_token}")])
        .args(["--var", &format!("SERVER_SECRET={server_secret}")])
        .args(settings())
        .args(env::var_os("KALENDS_FAULTY_SERVICES").map(|_| "--faults"))
        .args(
            options.contract.then(|| format!("--worker={}", build::contract_worker_directory().join("dist").display())),
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut group = Group::start(&mut command, options.tethered)?;
    let served = announce(group.output()?, &admin_token, &options.users);
    if served.is_err() {
        group.end();
    }
    let ended_well = group.wait()?;
    served?;
    if !ended_well {
        bail!("the Cloudflare host failed");
    }
    Ok(())
}

/// The settings that the environment gives, by the names that the native host knows them by.
fn settings() -> Vec<String> {
    const SETTINGS: [&str; 6] =
        ["BASE_PATH", "TRUST_FORWARDED", "MAX_RESOURCE_SIZE", "ARGON2", "TOMBSTONE_DAYS", "INSTANCE_PER_REQUEST"];
    let given = SETTINGS.iter().filter_map(|name| Some((name, env::var(format!("KALENDS_{name}")).ok()?)));
    given.flat_map(|(name, value)| ["--var".to_owned(), format!("{name}={value}")]).collect()
}

/// Makes the accounts when the host is ready, says where it is, and passes on all that it writes.
fn announce(output: ChildStdout, admin_token: &str, users: &[String]) -> Result<()> {
    let mut lines = BufReader::new(output).lines();
    for line in lines.by_ref() {
        let line = line?;
        if let Some((_, url)) = line.split_once("listening on ") {
            Accounts::new(url.trim(), admin_token).ensure(users)?;
            println!("{line}");
            break;
        }
        println!("{line}");
    }
    pass_on(lines);
    Ok(())
}

/// Writes the lines of a server by and by, while others go on: nobody may be reading them.
fn pass_on(lines: Lines<BufReader<ChildStdout>>) {
    thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| writeln!(stdout(), "{line}")));
}

/// Makes a directory that only its owner can enter; one that is there stays as it is.
fn private_directory(path: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).with_context(|| format!("making {}", path.display()))
}

/// A random secret of the worker: made once, kept beside the data, readable by its owner alone.
fn kept_secret(data: &Path, name: &str) -> Result<String> {
    use std::fs::OpenOptions;
    use std::io::{ErrorKind, Write};
    use std::os::unix::fs::OpenOptionsExt;

    let path = data.join(name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    match options.open(&path) {
        Ok(mut file) => {
            let secret = accounts::random_hex()?;
            file.write_all(secret.as_bytes())?;
            file.sync_all()?;
            Ok(secret)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => match fs::read_to_string(&path)?.trim() {
            "" => bail!("{} is empty: what made it was interrupted. Remove it.", path.display()),
            secret => Ok(secret.to_owned()),
        },
        Err(error) => Err(error).with_context(|| format!("making {}", path.display())),
    }
}
