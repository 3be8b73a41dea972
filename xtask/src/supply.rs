//! What comes in from elsewhere: which licences and registries `deny.toml` allows, and whether every package is pinned to a digest.

use crate::command::answer;
use crate::tree;
use crate::wasm::cargo;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use spdx::{Expression, Licensee, ParseMode};
use std::collections::BTreeMap;
use std::fs;
use toml::Table;

/// `cargo metadata` of the whole workspace, as locked.
pub fn metadata() -> Result<Value> {
    let text = answer(cargo("metadata").args(["--format-version", "1", "--locked"]))?;
    Ok(serde_json::from_str(&text)?)
}

/// The lock file of the npm packages.
pub fn npm_lock() -> Result<Value> {
    let path = tree::root().join("hosts/cloudflare/package-lock.json");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

/// The list at a key of an object; empty where there is none.
pub fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// The text at a key of an object; empty where there is none.
pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// Checks crates and npm packages, and says how many crates are there in several versions.
pub fn check() -> Result<()> {
    let rules = Rules::read()?;
    let metadata = metadata()?;
    let packages = list(&metadata, "packages");
    let mut faults: Vec<String> = packages.iter().filter_map(|package| rules.fault(package)).collect();
    faults.extend(unpinned(&npm_lock()?));
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    let twice = in_several_versions(packages);
    eprintln!("    {} crates, {} of them in several versions", packages.len(), twice.len());
    Ok(())
}

/// What `deny.toml` says.
struct Rules {
    licences: Vec<Licensee>,
    /// Licences of single crates, by name.
    exceptions: BTreeMap<String, Vec<Licensee>>,
    registries: Vec<String>,
}

impl Rules {
    fn read() -> Result<Rules> {
        let path = tree::root().join("deny.toml");
        let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        Rules::parse(&text).context("deny.toml")
    }

    fn parse(text: &str) -> Result<Rules> {
        let table: Table = text.parse()?;
        let licences = section(&table, "licenses")?;
        let mut exceptions = BTreeMap::new();
        for exception in licences.get("exceptions").and_then(toml::Value::as_array).into_iter().flatten() {
            let exception = exception.as_table().context("an exception is a table")?;
            let name = exception.get("crate").and_then(toml::Value::as_str).context("an exception names a crate")?;
            exceptions.insert(name.to_owned(), licensees(exception)?);
        }
        let registries = strings(section(&table, "sources")?, "allow-registry")?;
        Ok(Rules { licences: licensees(licences)?, exceptions, registries })
    }

    /// What is wrong with a package of `cargo metadata`.
    fn fault(&self, package: &Value) -> Option<String> {
        let name = format!("{} {}", text(package, "name"), text(package, "version"));
        // Those of the workspace have no source.
        if let Some(source) = package["source"].as_str() {
            let known =
                source.strip_prefix("registry+").is_some_and(|url| self.registries.iter().any(|one| one == url));
            if !known {
                return Some(format!("{name}: comes from {source}"));
            }
        }
        let licence = text(package, "license");
        let Ok(expression) = Expression::parse_mode(licence, ParseMode::LAX) else {
            return Some(format!("{name}: {licence:?} is no SPDX expression"));
        };
        let own = self.exceptions.get(text(package, "name"));
        let allowed = || self.licences.iter().chain(own.into_iter().flatten());
        let fine = expression.evaluate(|requirement| allowed().any(|licensee| licensee.satisfies(requirement)));
        (!fine).then(|| format!("{name}: {licence} is not among the licences that deny.toml allows"))
    }
}

fn section<'a>(table: &'a Table, name: &str) -> Result<&'a Table> {
    table.get(name).and_then(toml::Value::as_table).with_context(|| format!("there is no [{name}]"))
}

fn strings(table: &Table, key: &str) -> Result<Vec<String>> {
    let list = table.get(key).and_then(toml::Value::as_array).with_context(|| format!("there is no list {key}"))?;
    list.iter().map(|one| Ok(one.as_str().with_context(|| format!("{key} holds texts"))?.to_owned())).collect()
}

fn licensees(table: &Table) -> Result<Vec<Licensee>> {
    let names = strings(table, "allow")?;
    names.iter().map(|name| Licensee::parse(name).with_context(|| format!("{name} is no licence"))).collect()
}

/// npm packages that a later `npm install` could get in another shape.
fn unpinned(lock: &Value) -> Vec<String> {
    let packages = lock["packages"].as_object().into_iter().flatten();
    let foreign = packages.filter(|(path, package)| !path.is_empty() && package["integrity"].as_str().is_none());
    foreign.map(|(path, _)| format!("{path}: package-lock.json has no digest of it")).collect()
}

fn in_several_versions(packages: &[Value]) -> Vec<&str> {
    let mut versions: BTreeMap<&str, usize> = BTreeMap::new();
    for package in packages {
        *versions.entry(text(package, "name")).or_default() += 1;
    }
    versions.into_iter().filter(|(_, count)| *count > 1).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::{Rules, check, in_several_versions, unpinned};
    use serde_json::json;

    const RULES: &str = r#"
        [licenses]
        allow = ["MIT", "Apache-2.0 WITH LLVM-exception"]
        exceptions = [{ crate = "own", allow = ["MPL-2.0"] }]
        [sources]
        allow-registry = ["https://one/"]
    "#;

    fn fault(name: &str, licence: &str, source: &str) -> Option<String> {
        let package = json!({"name": name, "version": "1.0.0", "license": licence, "source": source});
        Rules::parse(RULES).unwrap().fault(&package)
    }

    #[test]
    fn what_is_locked_is_allowed() {
        check().unwrap();
    }

    #[test]
    fn one_of_the_licences_has_to_be_allowed() {
        let here = "registry+https://one/";
        assert_eq!(fault("a", "MIT", here), None);
        assert_eq!(fault("a", "GPL-3.0-only OR MIT", here), None);
        assert_eq!(fault("a", "Apache-2.0/MIT", here), None);
        assert_eq!(fault("a", "Apache-2.0 WITH LLVM-exception", here), None);
        assert!(fault("a", "GPL-3.0-only AND MIT", here).is_some());
        assert!(fault("a", "Apache-2.0", here).is_some());
        assert!(fault("a", "", here).is_some());
    }

    #[test]
    fn an_exception_is_one_crates() {
        let here = "registry+https://one/";
        assert_eq!(fault("own", "MPL-2.0", here), None);
        assert!(fault("other", "MPL-2.0", here).is_some());
    }

    #[test]
    fn a_source_has_to_be_known() {
        assert!(fault("a", "MIT", "git+https://one/").is_some());
        assert!(fault("a", "MIT", "registry+https://two/").is_some());
    }

    #[test]
    fn npm_packages_need_a_digest() {
        let lock = json!({"packages": {"": {}, "node_modules/a": {"integrity": "sha512-x"}, "node_modules/b": {}}});
        assert_eq!(unpinned(&lock).len(), 1);
    }

    #[test]
    fn counts_crates_that_are_there_twice() {
        let packages = [json!({"name": "a"}), json!({"name": "b"}), json!({"name": "a"})];
        assert_eq!(in_several_versions(&packages), ["a"]);
    }
}
