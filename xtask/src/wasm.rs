//! The target `wasm32-wasip2`: from rustup where it can be had, else from Debian's packages.
//!
//! Debian packages a Rust compiler together with the sources of the standard library, which Cargo then builds for the
//! target itself. That compiler needs `RUSTC_BOOTSTRAP` for `-Zbuild-std`, and the active toolchain's
//! `wasm-component-ld` and `rust-lld` for linking, as Debian has neither for this target.

use crate::command::{answer, step, succeeds_within};
use crate::stamp::Stamp;
use crate::{apt, tree};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

/// The target that components are built for.
pub const TARGET: &str = "wasm32-wasip2";

/// All hosts have vectors of 16 octets (V8 since 2021, wasmtime since 2022): texts are searched by so many octets at
/// once.
const SIMD: &str = "-Ctarget-feature=+simd128";

const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "wasi-libc"];
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_WASI_LIBC: &str = "/usr/lib/wasm32-wasi";

/// How this machine builds components.
pub enum Wasm {
    /// The active toolchain has the target.
    Installed,
    /// Debian's compiler, with the flags that link its output.
    Debian {
        /// The active toolchain's `wasm-component-ld`.
        linker: PathBuf,
        /// Flags for rustc.
        flags: Vec<String>,
    },
}

impl Wasm {
    /// Finds out how components are built here, and installs what that takes.
    /// `KALENDS_WASM` (`installed`, `rustup`, `debian`) names one way and rules the others out.
    pub fn set_up() -> Result<Wasm> {
        match env::var("KALENDS_WASM").as_deref() {
            Ok("installed") if is_installed() => Ok(Wasm::Installed),
            Ok("installed") => bail!("the active toolchain lacks the target {TARGET}"),
            Ok("rustup") if is_installed() || rustup_adds_it() => Ok(Wasm::Installed),
            Ok("rustup") => bail!("rustup cannot add the target {TARGET}"),
            Ok("debian") => debian(),
            Ok(other) => {
                bail!("KALENDS_WASM is `{other}`, and not `installed`, `rustup` or `debian`")
            }
            Err(_) => whichever_works(),
        }
    }

    /// `cargo SUBCOMMAND` for the target.
    pub fn cargo(&self, subcommand: &str) -> Command {
        match self {
            Wasm::Installed => {
                let mut cargo = cargo(subcommand);
                cargo.args(["--target", TARGET]).env("CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS", SIMD);
                cargo
            }
            Wasm::Debian { linker, flags } => {
                let mut cargo = Command::new(DEBIAN_CARGO);
                cargo
                    .current_dir(tree::root())
                    .args([subcommand, "-Zbuild-std=std,panic_abort", "--target", TARGET])
                    .env("CARGO_TARGET_DIR", self.target_directory())
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("RUSTC", DEBIAN_RUSTC)
                    .env("CARGO_TARGET_WASM32_WASIP2_LINKER", linker)
                    .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
                // What rustup and the Cargo that runs us have set speaks of another toolchain.
                for name in ["CARGO", "RUSTUP_TOOLCHAIN", "RUSTDOC", "LD_LIBRARY_PATH"] {
                    cargo.env_remove(name);
                }
                cargo
            }
        }
    }

    /// Where the components are after a build with the profile `component`.
    pub fn component_directory(&self) -> PathBuf {
        self.target_directory().join(TARGET).join("component")
    }

    // The two compilers would throw each other's work away in one directory.
    fn target_directory(&self) -> PathBuf {
        match self {
            Wasm::Installed => tree::target(),
            Wasm::Debian { .. } => tree::target().join("debian"),
        }
    }
}

/// `cargo SUBCOMMAND` of the active toolchain, for the machine itself.
pub fn cargo(subcommand: &str) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(tree::root()).arg(subcommand).env("CARGO_TARGET_DIR", tree::target());
    // What `cargo xtask` was told of the package xtask. Build scripts that look at it (ring's) would run again, and
    // with them half of the native host, whenever somebody builds without xtask in between.
    for (name, _) in env::vars_os() {
        let of_package =
            name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"));
        if of_package {
            cargo.env_remove(name);
        }
    }
    cargo
}

fn whichever_works() -> Result<Wasm> {
    if is_installed() {
        return Ok(Wasm::Installed);
    }
    // Asking rustup in vain takes a while on a machine without a way to its server, so that is not done twice.
    let rustup_failed = Stamp::new("wasm-without-rustup", answer(rustc().arg("-vV"))?);
    if !rustup_failed.is_current() {
        if rustup_adds_it() {
            return Ok(Wasm::Installed);
        }
        eprintln!("    rustup cannot; Debian's compiler can");
        rustup_failed.write()?;
    }
    debian()
}

fn rustc() -> Command {
    Command::new("rustc")
}

fn is_installed() -> bool {
    let question = ["--print", "target-libdir", "--target", TARGET];
    let Ok(directory) = answer(rustc().args(question)) else {
        return false;
    };
    let Ok(mut entries) = fs::read_dir(directory) else {
        return false;
    };
    entries.any(|entry| entry.is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("libstd-")))
}

fn rustup_adds_it() -> bool {
    let added = step(&format!("Adding the target {TARGET} with rustup"), || {
        Ok(succeeds_within(Duration::from_secs(120), Command::new("rustup").args(["target", "add", TARGET])))
    });
    added.unwrap_or(false) && is_installed()
}

fn debian() -> Result<Wasm> {
    apt::install(&DEBIAN_PACKAGES)?;
    let tools = toolchain_linkers()?;
    let lld = lld_named_wasm_ld(&tools)?;
    Ok(Wasm::Debian {
        linker: tools.join("wasm-component-ld"),
        flags: vec![
            SIMD.to_owned(),
            "-Clink-self-contained=no".to_owned(),
            format!("-L{DEBIAN_WASI_LIBC}"),
            format!("-Clink-arg=--wasm-ld-path={}", lld.display()),
            format!("-Clink-arg={DEBIAN_WASI_LIBC}/crt1-reactor.o"),
        ],
    })
}

/// The directory of the active toolchain that holds `wasm-component-ld` and `rust-lld`.
fn toolchain_linkers() -> Result<PathBuf> {
    let about = answer(rustc().arg("-vV"))?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc -vV names no host")?;
    let sysroot = PathBuf::from(answer(rustc().args(["--print", "sysroot"]))?);
    let directory = sysroot.join("lib/rustlib").join(host).join("bin");
    for tool in ["wasm-component-ld", "rust-lld"] {
        if !directory.join(tool).is_file() {
            bail!("the active Rust toolchain has no {tool} (rustup's toolchains have it)");
        }
    }
    Ok(directory)
}

/// `rust-lld` by the name that makes it link WebAssembly.
fn lld_named_wasm_ld(tools: &Path) -> Result<PathBuf> {
    let directory = tree::products().join("bin");
    let link = directory.join("wasm-ld");
    let lld = tools.join("rust-lld");
    if fs::read_link(&link).is_ok_and(|found| found == lld) {
        return Ok(link);
    }
    fs::create_dir_all(&directory)?;
    if link.is_symlink() {
        fs::remove_file(&link)?;
    }
    std::os::unix::fs::symlink(&lld, &link).with_context(|| format!("linking {}", link.display()))?;
    Ok(link)
}
