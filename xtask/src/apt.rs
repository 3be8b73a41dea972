//! Programs and libraries that come as Debian packages.

use crate::command::{answer, exists, quiet, step};
use anyhow::{Result, bail};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// apt refuses to work twice at once.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Installs those of the packages that are missing.
pub fn install(packages: &[&str]) -> Result<()> {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let missing: Vec<&str> = packages.iter().copied().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !exists("apt-get") {
        bail!("this machine has no apt-get; please install what Debian calls {names}");
    }
    step(&format!("Installing Debian packages: {names}"), || {
        if missing.iter().all(|package| is_known(package)) && fetch(&missing).is_ok() {
            return Ok(());
        }
        // The lists of packages are missing, or speak of versions that are not there any more.
        quiet(apt_get()?.arg("update"))?;
        fetch(&missing)
    })
}

fn fetch(packages: &[&str]) -> Result<()> {
    quiet(apt_get()?.args(["install", "--yes", "--no-install-recommends"]).args(packages))
}

fn is_installed(package: &str) -> bool {
    let query = ["--show", "--showformat=${db:Status-Status}", package];
    answer(Command::new("dpkg-query").args(query)).is_ok_and(|status| status == "installed")
}

fn is_known(package: &str) -> bool {
    answer(Command::new("apt-cache").args(["show", package])).is_ok()
}

/// `apt-get`, through sudo where we are not root.
fn apt_get() -> Result<Command> {
    let mut command = if answer(Command::new("id").arg("-u"))? == "0" {
        Command::new("env")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg("env");
        sudo
    };
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet=2"]);
    Ok(command)
}
