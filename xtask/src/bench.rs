//! `cargo xtask bench`: the benchmarks under `bench/`, and the servers that they compare; `engine` and `libraries`:
//! those of the iCalendar engine.

use crate::command::{quiet, shown};
use crate::node::Node;
use crate::wasm::{Wasm, cargo};
use crate::{apt, build, python, tree};
use anyhow::Result;
use std::env;
use std::process::Command;

/// What Cyrus needs: the services, and `saslpasswd2` with what checks a plain password.
const CYRUS: [&str; 4] = ["cyrus-caldav", "cyrus-imapd", "sasl2-bin", "libsasl2-modules"];
/// What a server of sabre/dav needs, with the modules that the library uses.
const SABRE: [&str; 6] = ["php-sabre-dav", "php-cli", "php-fpm", "php-sqlite3", "php-xml", "nginx-light"];

mod libraries;

/// `cargo xtask bench engine` measures the iCalendar engine, `libraries` what it could be made of, `worker` the
/// Worker's CPU time, anything else servers.
pub fn run(arguments: &[String]) -> Result<()> {
    match arguments.split_first() {
        Some((first, rest)) if first == "engine" => engine(rest),
        Some((first, rest)) if first == "libraries" => libraries::run(rest),
        Some((first, rest)) if first == "worker" => worker(rest),
        _ => servers(arguments),
    }
}

/// Builds the components, and runs the package under `bench/engine/`.
fn engine(arguments: &[String]) -> Result<()> {
    build::component("local")?;
    // With the features of the native host's dependencies, so that wasmtime is the one that is compiled already.
    let packages = ["--package", "kalends-native", "--package", "kalends-bench-engine"];
    quiet(cargo("build").args(["--quiet", "--release", "--bin", "kalends-bench-engine"]).args(packages))?;
    let mut bench = Command::new(tree::target().join("release/kalends-bench-engine"));
    bench.args(arguments).current_dir(tree::root()).env("KALENDS_COMPONENTS", Wasm::set_up()?.component_directory());
    shown(&mut bench)
}

/// Builds Kalends, installs the servers that are asked for, and runs the package under `bench/`.
fn servers(arguments: &[String]) -> Result<()> {
    let component = build::component("local")?;
    let binary = build::native()?;
    let wanted = Wanted::in_arguments(arguments);
    if wanted.has("workerd") || wanted.has("workerd-fresh") {
        build::worker(&Node::set_up()?)?;
    }
    for (name, packages) in [("cyrus", &CYRUS[..]), ("sabre", &SABRE)] {
        if wanted.has(name) {
            apt::install(packages)?;
        }
    }
    let mut bench = cargo("run");
    // A look at whether all works needs no figures, and takes what tests have compiled already.
    let figures = !arguments.iter().any(|argument| argument == "--quick");
    bench
        .args(["--quiet", "--package", "kalends-bench"])
        .args(figures.then_some("--release"))
        .arg("--")
        .args(arguments)
        .current_dir(tree::root())
        .env("KALENDS_BINARY", binary)
        .env("KALENDS_COMPONENT", component)
        .env("KALENDS_WORKER", tree::root().join("hosts/cloudflare/dist"))
        .env("KALENDS_XTASK", env::current_exe()?);
    if wanted.has("radicale") || wanted.has("xandikos") {
        bench.env("KALENDS_PYTHON", python::peers()?);
    }
    shown(&mut bench)
}

/// CPU time of requests in the Worker, by the profiler of its isolate.
fn worker(arguments: &[String]) -> Result<()> {
    let node = Node::set_up()?;
    build::worker(&node)?;
    shown(node.command("node").arg("profile.mjs").args(arguments))
}

/// What `--peers` says, which is the benchmark's own argument.
struct Wanted<'a>(Option<Vec<&'a str>>);

impl<'a> Wanted<'a> {
    fn in_arguments(arguments: &'a [String]) -> Self {
        let following = arguments.iter().skip_while(|argument| *argument != "--peers").nth(1).map(String::as_str);
        let joined = arguments.iter().find_map(|argument| argument.strip_prefix("--peers="));
        Wanted(joined.or(following).map(|names| names.split(',').collect()))
    }

    fn has(&self, name: &str) -> bool {
        self.0.as_ref().is_none_or(|names| names.contains(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::Wanted;

    #[test]
    fn all_servers_are_wanted_unless_some_are_named() {
        let strings = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
        assert!(Wanted::in_arguments(&strings(&["--quick"])).has("cyrus"));
        for arguments in [strings(&["--peers", "a,cyrus", "--quick"]), strings(&["--quick", "--peers=a,cyrus"])] {
            let wanted = Wanted::in_arguments(&arguments);
            assert!(wanted.has("cyrus") && !wanted.has("workerd"));
        }
    }
}
