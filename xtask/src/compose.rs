//! Wiring components into one, as a file under `compositions/` says.

use crate::command::step;
use crate::stamp::Stamp;
use crate::{tree, wit};
use anyhow::{Context, Result, anyhow, bail};
use indexmap::IndexMap;
use miette::Diagnostic;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use wac_graph::types::{BorrowedPackageKey, ItemKind, Package, Types};
use wac_graph::{CompositionGraph, EncodeOptions};
use wac_parser::{Document, Expr, InstantiationArgument, PrimaryExpr, Statement};

/// The interfaces of ours that a host gives. Any other one that a composition leaves open was forgotten in it.
const FROM_THE_HOST: [&str; 4] = ["d1", "r2", "kv", "settings"];

/// A composition: its name and the text of its `.wac` file.
pub struct Composition {
    name: String,
    path: PathBuf,
    source: String,
}

impl Composition {
    /// Reads `compositions/NAME.wac`.
    pub fn read(name: &str) -> Result<Composition> {
        let path = tree::root().join(format!("compositions/{name}.wac"));
        let source = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        Ok(Composition { name: name.to_owned(), path, source })
    }

    /// The components it instantiates, by the names it has for them (`kalends:protocol`).
    pub fn components(&self) -> Result<BTreeSet<String>> {
        let document = self.parse()?;
        let mut names = BTreeSet::new();
        for statement in &document.statements {
            match statement {
                Statement::Let(binding) => collect(&binding.expr, &mut names),
                Statement::Export(export) => collect(&export.expr, &mut names),
                Statement::Import(_) | Statement::Type(_) => {}
            }
        }
        Ok(names)
    }

    /// Wires the components that lie in `directory` into `target/kalends/NAME.wasm`, where that is not done yet.
    /// Returns the path of the result.
    pub fn compose(&self, directory: &Path) -> Result<PathBuf> {
        let output = tree::products().join(format!("{}.wasm", self.name));
        let mut inputs = vec![self.path.clone()];
        for name in self.components()? {
            inputs.push(directory.join(file_name(&name)));
        }
        let stamp_name = format!("composition-{}", self.name);
        let stamp = Stamp::of_files(&stamp_name, &inputs)?;
        if stamp.is_current() && output.is_file() {
            return Ok(output);
        }
        step(&format!("Composing {}", self.name), || {
            let bytes = self.encode(directory)?;
            fs::create_dir_all(tree::products())?;
            fs::write(&output, bytes).with_context(|| format!("writing {}", output.display()))
        })?;
        stamp.write()?;
        Ok(output)
    }

    fn encode(&self, directory: &Path) -> Result<Vec<u8>> {
        let names = self.components()?;
        let mut packages = IndexMap::new();
        for name in &names {
            let file = directory.join(file_name(name));
            let bytes = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
            packages.insert(BorrowedPackageKey::from_name_and_version(name, None), bytes);
        }
        let mut document = self.parse()?;
        leave_out_unused(&mut document, &packages, &wit::interfaces()?)?;
        let resolution = document.resolve(packages).map_err(|error| self.explain(error))?;
        refuse_forgotten(resolution.graph())?;
        resolution.encode(EncodeOptions::default()).map_err(|error| self.explain(error))
    }

    fn parse(&self) -> Result<Document<'_>> {
        Document::parse(&self.source).map_err(|error| self.explain(error))
    }

    /// An error with the place in the file that it is about.
    fn explain(&self, error: impl Diagnostic + Send + Sync + 'static) -> anyhow::Error {
        let file = self.path.display();
        let label = error.labels().and_then(|mut labels| labels.next());
        let place = match label {
            Some(label) => {
                let before = self.source.get(..label.offset()).unwrap_or_default();
                format!("{file}:{}", before.matches('\n').count() + 1)
            }
            None => file.to_string(),
        };
        anyhow!(error).context(place)
    }
}

/// What Cargo calls a component: `kalends:http-wasi` is the library of the package `kalends-http-wasi`.
fn file_name(component: &str) -> String {
    format!("{}.wasm", component.replace([':', '-'], "_"))
}

fn collect(expression: &Expr<'_>, names: &mut BTreeSet<String>) {
    match &expression.primary {
        PrimaryExpr::New(new) => {
            names.insert(new.package.name.to_owned());
            for argument in &new.arguments {
                if let InstantiationArgument::Named(named) = argument {
                    collect(&named.expr, names);
                }
            }
        }
        PrimaryExpr::Nested(nested) => collect(&nested.inner, names),
        PrimaryExpr::Ident(_) => {}
    }
}

/// Takes out of a composition what a component could use, by its world, but does not: the linker has left such an
/// import out of the component. A name that none of our interfaces has stays, to be refused.
fn leave_out_unused(
    document: &mut Document<'_>,
    packages: &IndexMap<BorrowedPackageKey<'_>, Vec<u8>>,
    interfaces: &BTreeSet<String>,
) -> Result<()> {
    for statement in &mut document.statements {
        let Statement::Let(binding) = statement else {
            continue;
        };
        let PrimaryExpr::New(new) = &mut binding.expr.primary else {
            continue;
        };
        let component = new.package.name;
        let key = BorrowedPackageKey::from_name_and_version(component, None);
        let Some(bytes) = packages.get(&key) else {
            continue;
        };
        let imports = imported_interfaces(component, bytes)?;
        new.arguments.retain(|argument| {
            let InstantiationArgument::Named(named) = argument else {
                return true;
            };
            let name = named.name.as_str();
            let unused = interfaces.contains(name) && !imports.contains(name);
            if unused {
                eprintln!("    {component} does not use {name}");
            }
            !unused
        });
    }
    Ok(())
}

/// The interfaces that a component imports, by their names without package and version.
fn imported_interfaces(component: &str, bytes: &[u8]) -> Result<BTreeSet<String>> {
    let mut types = Types::default();
    let package = Package::from_bytes(component, None, bytes.to_vec(), &mut types)
        .with_context(|| format!("{component} is no component"))?;
    let imports = types[package.ty()].imports.keys();
    Ok(imports.map(|path| interface_name(path).to_owned()).collect())
}

/// `store` of `kalends:dav/store@0.1.0`.
fn interface_name(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split('@').next().unwrap_or(name)
}

/// Sees to it that `...` let nothing of ours through by mistake. Interfaces that are there for their types alone may
/// stay open: they ask nothing of a host.
fn refuse_forgotten(graph: &CompositionGraph) -> Result<()> {
    let forgotten: BTreeSet<&str> = graph
        .imports()
        .filter(|(path, kind, _)| path.starts_with("kalends:dav/") && has_functions(graph, *kind))
        .map(|(path, ..)| interface_name(path))
        .filter(|name| !FROM_THE_HOST.contains(name))
        .collect();
    if !forgotten.is_empty() {
        bail!("left without a component that gives it: {forgotten:?}");
    }
    Ok(())
}

fn has_functions(graph: &CompositionGraph, kind: ItemKind) -> bool {
    let ItemKind::Instance(interface) = kind else {
        return true;
    };
    graph.types()[interface].exports.values().any(|export| matches!(export, ItemKind::Func(_)))
}

#[cfg(test)]
mod tests {
    use super::{BorrowedPackageKey, Document, IndexMap, leave_out_unused};
    use std::collections::BTreeSet;

    /// The header of a component, and no more: it imports and exports nothing.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    fn compose(argument: &str) -> Result<(), String> {
        let source = format!(
            "package a:b;\nlet one = new c:one {{}};\nlet two = new c:two {{ {argument}: one.{argument}, ... }};"
        );
        let mut document = Document::parse(&source).map_err(|error| error.to_string())?;
        let packages = ["c:one", "c:two"]
            .map(|name| (BorrowedPackageKey::from_name_and_version(name, None), EMPTY.to_vec()))
            .into_iter()
            .collect::<IndexMap<_, _>>();
        let interfaces = BTreeSet::from(["cache".to_owned()]);
        leave_out_unused(&mut document, &packages, &interfaces).map_err(|error| error.to_string())?;
        document.resolve(packages).map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn an_import_that_the_linker_left_out_may_be_given() {
        assert_eq!(compose("cache"), Ok(()));
    }

    #[test]
    fn an_import_that_no_interface_is_may_not() {
        assert!(compose("cahce").is_err());
    }
}
