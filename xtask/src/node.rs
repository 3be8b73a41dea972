//! Node for the Cloudflare host: the machine's own where it is new enough for wrangler, else one from npm.

use crate::command::{answer, exists, quiet, step};
use crate::stamp::Stamp;
use crate::{apt, tree};
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The oldest major version that wrangler and miniflare run on.
const OLDEST: u32 = 22;

/// What npm installs where the machine's Node is older.
const NODE_PACKAGE: &str = "node@22.23.3";

/// A Node that is new enough.
pub struct Node {
    path: OsString,
}

impl Node {
    /// Finds Node, or installs it under `target/node`.
    pub fn set_up() -> Result<Node> {
        if !exists("npm") {
            apt::install(&["npm"])?;
        }
        let inherited = env::var_os("PATH").unwrap_or_default();
        if major_version(&mut Command::new("node")).is_some_and(|major| major >= OLDEST) {
            return Ok(Node { path: inherited });
        }
        let directories = std::iter::once(installed()?).chain(env::split_paths(&inherited).collect::<Vec<_>>());
        Ok(Node { path: env::join_paths(directories)? })
    }

    /// A program run with this Node first on its PATH.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("env");
        // `env` looks the program up on the PATH that it is given here, and not on ours.
        command.arg(program).env("PATH", &self.path);
        command
    }

    /// Installs what a package's lock file names, where that was not done yet.
    pub fn install_locked(&self, package: &Path) -> Result<()> {
        let lock = package.join("package-lock.json");
        let locked = fs::read_to_string(&lock).with_context(|| format!("reading {}", lock.display()))?;
        let name = package.file_name().unwrap_or_default().to_string_lossy();
        let stamp = Stamp::new(&format!("npm-{name}"), locked);
        if stamp.is_current() && package.join("node_modules").is_dir() {
            return Ok(());
        }
        step(&format!("Installing npm packages for {name}"), || {
            let arguments = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
            quiet(self.command("npm").args(arguments).current_dir(package))
        })?;
        stamp.write()
    }
}

fn major_version(node: &mut Command) -> Option<u32> {
    let version = answer(node.arg("--version")).ok()?;
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// The directory of the Node that npm installs.
fn installed() -> Result<PathBuf> {
    let prefix = tree::target().join("node");
    let directory = prefix.join("node_modules/node/bin");
    let stamp = Stamp::new("node", NODE_PACKAGE);
    if stamp.is_current() && directory.join("node").is_file() {
        return Ok(directory);
    }
    step(&format!("Installing {NODE_PACKAGE} with npm"), || {
        fs::create_dir_all(&prefix)?;
        quiet(
            Command::new("npm")
                .args(["install", "--no-audit", "--no-fund", "--no-save", "--prefix"])
                .arg(&prefix)
                .arg(NODE_PACKAGE),
        )
    })?;
    match major_version(&mut Command::new(directory.join("node"))) {
        Some(major) if major >= OLDEST => stamp.write().map(|()| directory),
        _ => bail!("npm installed {NODE_PACKAGE}, and yet there is no Node {OLDEST}"),
    }
}
