//! `cargo xtask sbom`: the bill of materials, in CycloneDX 1.6 as JSON. It says what was locked: crates with their
//! digests and what they depend on, and the npm packages that build the Worker. There is no time and no random number
//! in it: from the same lock files comes the same text.

use crate::supply::{list, metadata, npm_lock, text};
use crate::tree;
use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use spdx::{Expression, ParseMode};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use toml::Table;

/// Writes it to a file, or to standard output.
pub fn run(output: Option<&Path>) -> Result<()> {
    let document = serde_json::to_string_pretty(&document()?)?;
    match output {
        Some(path) => fs::write(path, document + "\n").with_context(|| format!("writing {}", path.display())),
        None => {
            println!("{document}");
            Ok(())
        }
    }
}

fn document() -> Result<Value> {
    let metadata = metadata()?;
    let digests = crate_digests(&fs::read_to_string(tree::root().join("Cargo.lock"))?)?;
    let mut components: Vec<Value> =
        list(&metadata, "packages").iter().map(|package| of_crate(package, &digests)).collect();
    components.extend(npm(&npm_lock()?));
    components.sort_by(|one, other| text(one, "bom-ref").cmp(text(other, "bom-ref")));
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": {
            "type": "application",
            "bom-ref": "kalends",
            "name": "kalends",
            "version": env!("CARGO_PKG_VERSION"),
            "licenses": [{ "expression": env!("CARGO_PKG_LICENSE") }],
        }},
        "components": components,
        "dependencies": dependencies(&metadata),
    }))
}

fn of_crate(package: &Value, digests: &BTreeMap<(String, String), String>) -> Value {
    let (name, version) = (text(package, "name"), text(package, "version"));
    let mut component = component(&crate_reference(name, version), name, version, text(package, "license"));
    if let Some(digest) = digests.get(&(name.to_owned(), version.to_owned())) {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": digest }]);
    }
    component
}

fn component(reference: &str, name: &str, version: &str, licence: &str) -> Value {
    let mut component =
        json!({ "type": "library", "bom-ref": reference, "name": name, "version": version, "purl": reference });
    if !licence.is_empty() {
        component["licenses"] = json!([{ "expression": canonical(licence) }]);
    }
    component
}

/// Older crates write `MIT/Apache-2.0`.
fn canonical(licence: &str) -> String {
    let strict = Expression::parse_mode(licence, ParseMode::STRICT).is_ok();
    let spelt = if strict { None } else { Expression::canonicalize(licence).ok().flatten() };
    spelt.unwrap_or_else(|| licence.to_owned())
}

fn crate_reference(name: &str, version: &str) -> String {
    format!("pkg:cargo/{name}@{version}")
}

/// SHA-256 of crates from the registry, by name and version.
fn crate_digests(lock: &str) -> Result<BTreeMap<(String, String), String>> {
    let lock: Table = lock.parse()?;
    let packages = lock.get("package").and_then(toml::Value::as_array).context("Cargo.lock names no package")?;
    let text = |package: &toml::Value, key: &str| Some(package.get(key)?.as_str()?.to_owned());
    let digest = |package| Some(((text(package, "name")?, text(package, "version")?), text(package, "checksum")?));
    Ok(packages.iter().filter_map(digest).collect())
}

fn dependencies(metadata: &Value) -> Vec<Value> {
    let packages = list(metadata, "packages");
    let named: BTreeMap<&str, String> = packages
        .iter()
        .map(|package| (text(package, "id"), crate_reference(text(package, "name"), text(package, "version"))))
        .collect();
    let nodes = list(&metadata["resolve"], "nodes");
    let mut dependencies: Vec<Value> = nodes
        .iter()
        .filter_map(|node| {
            let on = list(node, "dependencies").iter().filter_map(|id| named.get(id.as_str()?)).collect::<Vec<_>>();
            Some(json!({ "ref": named.get(text(node, "id"))?, "dependsOn": on }))
        })
        .collect();
    dependencies.sort_by(|one, other| text(one, "ref").cmp(text(other, "ref")));
    dependencies
}

/// The npm packages: all of them build or run the Worker on this machine, and none is part of what is deployed unless
/// it is no `dev` one.
fn npm(lock: &Value) -> Vec<Value> {
    let packages = lock["packages"].as_object().into_iter().flatten();
    let mut found = BTreeMap::new();
    for (path, package) in packages {
        let Some((_, name)) = path.rsplit_once("node_modules/") else { continue };
        let version = text(package, "version");
        let reference = format!("pkg:npm/{}@{version}", name.replacen('@', "%40", 1));
        let mut component = component(&reference, name, version, text(package, "license"));
        if let Some(digest) = text(package, "integrity").strip_prefix("sha512-").and_then(hexadecimal) {
            component["hashes"] = json!([{ "alg": "SHA-512", "content": digest }]);
        }
        if package["dev"] == true || package["devOptional"] == true {
            component["scope"] = json!("excluded");
        } else if package["optional"] == true {
            component["scope"] = json!("optional");
        }
        found.insert(reference, component);
    }
    found.into_values().collect()
}

fn hexadecimal(base64: &str) -> Option<String> {
    let octets = BASE64_STANDARD.decode(base64).ok()?;
    let mut text = String::with_capacity(2 * octets.len());
    for octet in octets {
        write!(text, "{octet:02x}").ok()?;
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::{canonical, crate_digests, dependencies, document, npm};
    use crate::supply::{list, text};
    use serde_json::json;

    #[test]
    fn licences_are_expressions() {
        assert_eq!(canonical("MIT/Apache-2.0"), "MIT OR Apache-2.0");
        assert_eq!(canonical("MIT OR Apache-2.0"), "MIT OR Apache-2.0");
    }

    #[test]
    fn digests_come_from_the_lock_file() {
        let lock = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nchecksum = \"ff\"\n[[package]]\nname = \"own\"\nversion = \"0.1.0\"\n";
        let digests = crate_digests(lock).unwrap();
        assert_eq!(digests.into_iter().collect::<Vec<_>>(), [(("a".to_owned(), "1.0.0".to_owned()), "ff".to_owned())]);
    }

    #[test]
    fn npm_packages_are_named_as_package_urls() {
        let lock = json!({"packages": {"": {}, "node_modules/@a/b": {"version": "1.0.0", "integrity": "sha512-AP8=", "dev": true}}});
        let [component] = &npm(&lock)[..] else { unreachable!("there is one package") };
        assert_eq!(text(component, "purl"), "pkg:npm/%40a/b@1.0.0");
        assert_eq!(text(&component["hashes"][0], "content"), "00ff");
        assert_eq!(text(component, "scope"), "excluded");
    }

    #[test]
    fn dependencies_lead_to_components() {
        let metadata = json!({
            "packages": [{"id": "x", "name": "a", "version": "1.0.0"}, {"id": "y", "name": "b", "version": "2.0.0"}],
            "resolve": {"nodes": [{"id": "x", "dependencies": ["y"]}]},
        });
        assert_eq!(dependencies(&metadata), [json!({"ref": "pkg:cargo/a@1.0.0", "dependsOn": ["pkg:cargo/b@2.0.0"]})]);
    }

    #[test]
    fn every_dependency_of_ours_is_a_component() {
        let document = document().unwrap();
        let components: Vec<&str> = list(&document, "components").iter().map(|one| text(one, "bom-ref")).collect();
        assert!(components.len() > 100 && components.is_sorted());
        let dependencies = list(&document, "dependencies").iter();
        let lost = dependencies.filter(|one| components.binary_search(&text(one, "ref")).is_err());
        assert_eq!(lost.count(), 0);
    }
}
