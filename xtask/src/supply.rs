//! What comes in from elsewhere: which licences and registries `deny.toml` allows, and whether every package is pinned
//! to a digest.

use crate::command::{answer, exists, shown};
use crate::tree;
use crate::wasm::cargo;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use spdx::{Expression, Licensee, ParseMode};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};
use toml::Table;

/// The folders of the corpus whose files we wrote.
const OUR_CORPORA: [&str; 2] = ["ical", "vcard"];

/// The workspaces: of Kalends, of its fuzz targets, and of the libraries that its engine is compared with.
const WORKSPACES: [&str; 3] = ["Cargo.toml", "fuzz/Cargo.toml", "bench/libraries/Cargo.toml"];

/// `cargo metadata` of the whole workspace, as locked.
pub fn metadata() -> Result<Value> {
    metadata_of(WORKSPACES[0])
}

fn metadata_of(manifest: &str) -> Result<Value> {
    let text = answer(cargo("metadata").args(["--format-version", "1", "--locked", "--manifest-path", manifest]))?;
    Ok(serde_json::from_str(&text)?)
}

/// The directories with npm packages: the Cloudflare host, and what tests run.
const NPM: [&str; 3] = ["hosts/cloudflare", "tests/clients", "tests/recurrence"];

/// The lock file of the npm packages of the Cloudflare host.
pub fn npm_lock() -> Result<Value> {
    npm_lock_of(NPM[0])
}

fn npm_lock_of(directory: &str) -> Result<Value> {
    let path = tree::root().join(directory).join("package-lock.json");
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

/// Licences of npm packages that build, run or test and are given to nobody, besides those that `deny.toml` allows.
const OF_TOOLS: [&str; 4] = ["BlueOak-1.0.0", "CC0-1.0", "LGPL-3.0-or-later", "MPL-2.0"];

/// Where Python's packages are listed.
const PYTHON: [&str; 3] = ["tests/requirements.txt", "tests/suites.txt", "bench/requirements.txt"];

/// How many crates may be there in several versions. Each costs time, and where it is linked size: one more is to be
/// known of.
const SEVERAL_VERSIONS: usize = 41;

/// Checks crates, npm packages, Python's packages and the corpora: licences, sources, versions.
pub fn check() -> Result<()> {
    let rules = Rules::read()?;
    let mut packages = Vec::new();
    for manifest in WORKSPACES {
        packages.extend_from_slice(list(&metadata_of(manifest)?, "packages"));
    }
    packages.sort_by(|one, other| text(one, "id").cmp(text(other, "id")));
    packages.dedup_by(|one, other| text(one, "id") == text(other, "id"));
    let mut faults: Vec<String> = packages.iter().filter_map(|package| rules.fault(package)).collect();
    for directory in NPM {
        let lock = npm_lock_of(directory)?;
        faults.extend(unpinned(&lock));
        faults.extend(rules.faults_of_npm(&lock));
    }
    for list in PYTHON {
        let path = tree::root().join(list);
        let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        faults.extend(unpinned_python(&text).map(|line| format!("{list}: {line} is no single version")));
    }
    faults.extend(unlicensed(&tree::root().join("tests/corpus"))?);
    let twice = in_several_versions(&packages);
    eprintln!("    {} crates, {} of them in several versions", packages.len(), twice.len());
    if twice.len() > SEVERAL_VERSIONS {
        faults.push(format!("in several versions, and that is more than {SEVERAL_VERSIONS}: {}", twice.join(", ")));
    }
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    deny()
}

/// Has cargo-deny check the same and more, where it is installed: compiling it takes minutes. Advisories, where their
/// database was fetched (`cargo deny fetch db`).
fn deny() -> Result<()> {
    if !exists("cargo-deny") {
        eprintln!("    no advisories: cargo-deny is not installed");
        return Ok(());
    }
    let advisories = advisories_are_here();
    if !advisories {
        eprintln!("    no advisories: their database is not here (cargo deny fetch db)");
    }
    for manifest in WORKSPACES {
        let mut deny = cargo("deny");
        deny.args(["--offline", "--log-level", "error", "--manifest-path", manifest, "--config", "deny.toml"]);
        // Crates in several versions are warnings, and were counted above.
        shown(deny.args(["check", "licenses", "bans", "sources"]).args(advisories.then_some("advisories")))?;
    }
    Ok(())
}

/// Whether cargo-deny has a copy of RustSec's database.
fn advisories_are_here() -> bool {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let copies = home.and_then(|home| fs::read_dir(home.join("advisory-dbs")).ok());
    copies.is_some_and(|mut copies| copies.next().is_some())
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
        let own = self.exceptions.get(text(package, "name"));
        self.fault_of_licence(&name, text(package, "license"), own.map_or(&[], Vec::as_slice))
    }

    /// What is wrong with npm packages of a lock file. They are tools: nothing of them is in the Worker but what they
    /// write.
    fn faults_of_npm(&self, lock: &Value) -> Vec<String> {
        let tools: Vec<Licensee> = OF_TOOLS.iter().filter_map(|name| Licensee::parse(name).ok()).collect();
        let packages = lock["packages"].as_object().into_iter().flatten().filter(|(path, _)| !path.is_empty());
        packages.filter_map(|(path, package)| self.fault_of_licence(path, text(package, "license"), &tools)).collect()
    }

    /// What is wrong with a licence of what has this name, which may have some more than all have.
    fn fault_of_licence(&self, name: &str, licence: &str, more: &[Licensee]) -> Option<String> {
        let Ok(expression) = Expression::parse_mode(licence, ParseMode::LAX) else {
            return Some(format!("{name}: {licence:?} is no SPDX expression"));
        };
        let allowed = || self.licences.iter().chain(more);
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

/// Lines of a list of Python's packages that name no single version.
fn unpinned_python(list: &str) -> impl Iterator<Item = &str> {
    let packages = list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', '-']));
    packages.filter(|line| !line.contains("==") || line.contains('*'))
}

/// Folders of the corpus with files that others wrote, and without their licence.
fn unlicensed(corpus: &Path) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for file in tree::files_under(corpus, &[])? {
        let folder = file.parent().unwrap_or(corpus);
        let ours = OUR_CORPORA.iter().any(|name| folder == corpus.join(name));
        let licensed = ["LICENSE", "LICENSE.rst"].iter().any(|name| folder.join(name).is_file());
        let fault = format!("{}: there is no LICENSE of what is in it", folder.display());
        if !ours && !licensed && faults.last() != Some(&fault) {
            faults.push(fault);
        }
    }
    Ok(faults)
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
    use super::{Rules, check, in_several_versions, unlicensed, unpinned, unpinned_python};
    use serde_json::json;
    use std::fs;

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
    fn npm_packages_are_tools_with_a_licence() {
        let faults = |licence| {
            let lock = json!({"packages": {"": {}, "node_modules/a": {"license": licence}}});
            Rules::parse(RULES).unwrap().faults_of_npm(&lock).len()
        };
        assert_eq!([faults("MIT"), faults("MIT AND LGPL-3.0-or-later"), faults("(MIT)")], [0, 0, 0]);
        assert_eq!([faults("GPL-3.0-only"), faults("SEE LICENSE IN a"), faults("")], [1, 1, 1]);
    }

    #[test]
    fn a_package_of_python_has_one_version() {
        let list = "# a list\n--require-hashes\na==1.0\nb>=2\nc\nd==1.*\n";
        assert_eq!(unpinned_python(list).collect::<Vec<_>>(), ["b>=2", "c", "d==1.*"]);
    }

    #[test]
    fn a_corpus_has_its_licence() {
        let corpus = crate::tree::target().join("tmp/corpus-of-supply");
        for folder in ["ical", "ical/theirs", "kept"] {
            fs::create_dir_all(corpus.join(folder)).unwrap();
            fs::write(corpus.join(folder).join("a.ics"), "").unwrap();
        }
        fs::write(corpus.join("kept/LICENSE"), "").unwrap();
        let faults = unlicensed(&corpus).unwrap();
        assert_eq!(faults.len(), 1);
        assert!(faults[0].contains("ical/theirs"));
    }

    #[test]
    fn counts_crates_that_are_there_twice() {
        let packages = [json!({"name": "a"}), json!({"name": "b"}), json!({"name": "a"})];
        assert_eq!(in_several_versions(&packages), ["a"]);
    }
}
