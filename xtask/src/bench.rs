//! `cargo xtask bench`: the benchmarks under `bench/`.

use crate::build;
use crate::command::shown;
use crate::tree;
use crate::wasm::cargo;
use anyhow::{Result, bail};

/// Builds the native host and runs the package under `bench/` against it.
pub fn run(arguments: &[String]) -> Result<()> {
    let manifest = tree::root().join("bench/Cargo.toml");
    if !manifest.is_file() {
        bail!("there are no benchmarks yet: bench/Cargo.toml is missing");
    }
    let component = build::component("local")?;
    let binary = build::native()?;
    shown(
        cargo("run")
            .args(["--quiet", "--release", "--manifest-path"])
            .arg(manifest)
            .arg("--")
            .args(arguments)
            .env("KALENDS_BINARY", binary)
            .env("KALENDS_COMPONENT", component),
    )
}
