//! `cargo xtask check`: what can be told from the sources without running them.

use crate::command::{shown, step};
use crate::wasm::{Wasm, cargo};
use crate::{build, comments, links, supply, wit};
use anyhow::{Result, bail};

type Check = (&'static str, fn() -> Result<()>);

/// Runs every check, the quick ones first, though an earlier one may have failed.
pub fn run() -> Result<()> {
    let checks: [Check; 8] = [
        ("Formatting", formatting),
        ("Width of comments", comments::check),
        ("WIT", wit::check),
        ("Links between the documents", links::check),
        ("Licences and sources of what is not ours", supply::check),
        ("Lints", lints),
        ("Lints of the components, for WebAssembly", component_lints),
        ("Documentation of the crates", documentation),
    ];
    let mut failed = Vec::new();
    for (name, check) in checks {
        if let Err(error) = step(name, check) {
            eprintln!("error: {error:#}");
            failed.push(name);
        }
    }
    if !failed.is_empty() {
        bail!("failed: {}", failed.join("; "));
    }
    Ok(())
}

fn formatting() -> Result<()> {
    shown(cargo("fmt").args(["--all", "--check"]))
}

fn lints() -> Result<()> {
    let what = ["--quiet", "--workspace", "--all-targets", "--", "-Dwarnings"];
    shown(cargo("clippy").args(what))
}

/// Clippy where the active toolchain has the target. Debian's compiler has no Clippy: there, the compiler's own
/// warnings.
fn component_lints() -> Result<()> {
    let mut wasm = Wasm::set_up()?;
    let subcommand = match &mut wasm {
        Wasm::Installed => "clippy",
        Wasm::Debian { flags, .. } => {
            eprintln!("    only the compiler's warnings: Clippy needs the target in the active toolchain");
            flags.push("-Dwarnings".to_owned());
            "check"
        }
    };
    let mut command = wasm.cargo(subcommand);
    command.arg("--quiet");
    for package in build::component_packages()? {
        command.args(["--package", &package]);
    }
    if let Wasm::Installed = wasm {
        command.args(["--", "-Dwarnings"]);
    }
    shown(&mut command)
}

fn documentation() -> Result<()> {
    let what = ["--quiet", "--workspace", "--no-deps", "--document-private-items"];
    shown(cargo("doc").args(what).env("RUSTDOCFLAGS", "-Dwarnings"))
}
