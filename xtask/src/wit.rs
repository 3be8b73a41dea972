//! The WIT of the tree: it has to be valid, and every item has to say what it is.

use crate::tree;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use wit_parser::{Docs, Interface, InterfaceId, PackageId, Resolve, Type, TypeDef, TypeDefKind, TypeOwner};

/// Checks `wit/`.
pub fn check() -> Result<()> {
    let (resolve, package) = read()?;
    let silent = undocumented(&resolve, package);
    if !silent.is_empty() {
        bail!("these WIT items have no doc comment:\n  {}", silent.join("\n  "));
    }
    Ok(())
}

/// The names of our interfaces.
pub fn interfaces() -> Result<BTreeSet<String>> {
    let (resolve, package) = read()?;
    let interfaces = resolve.packages[package].interfaces.keys();
    Ok(interfaces.cloned().collect())
}

fn read() -> Result<(Resolve, PackageId)> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(tree::root().join("wit")).context("the WIT is not valid")?;
    Ok((resolve, package))
}

/// The items of a package that have no doc comment, by their full names.
fn undocumented(resolve: &Resolve, package: PackageId) -> Vec<String> {
    let mut silent = Silent::default();
    for (name, &id) in &resolve.packages[package].worlds {
        silent.look(&resolve.worlds[id].docs, name.clone());
    }
    for (name, &id) in &resolve.packages[package].interfaces {
        let interface = &resolve.interfaces[id];
        silent.look(&interface.docs, name.clone());
        silent.look_inside(resolve, name, id, interface);
    }
    silent.names
}

#[derive(Default)]
struct Silent {
    names: Vec<String>,
}

impl Silent {
    fn look(&mut self, docs: &Docs, name: String) {
        let said = docs.contents.as_deref().unwrap_or_default();
        if said.trim().is_empty() {
            self.names.push(name);
        }
    }

    fn look_inside(&mut self, resolve: &Resolve, path: &str, id: InterfaceId, interface: &Interface) {
        for (name, function) in &interface.functions {
            self.look(&function.docs, format!("{path}.{name}"));
        }
        for (name, &type_id) in &interface.types {
            let definition = &resolve.types[type_id];
            if !is_used_from_elsewhere(resolve, id, definition) {
                self.look(&definition.docs, format!("{path}.{name}"));
                self.look_at_parts(&definition.kind, &format!("{path}.{name}"));
            }
        }
    }

    fn look_at_parts(&mut self, kind: &TypeDefKind, path: &str) {
        let parts: Vec<(&Docs, &String)> = match kind {
            TypeDefKind::Record(record) => record.fields.iter().map(|part| (&part.docs, &part.name)).collect(),
            TypeDefKind::Variant(variant) => variant.cases.iter().map(|part| (&part.docs, &part.name)).collect(),
            TypeDefKind::Enum(cases) => cases.cases.iter().map(|part| (&part.docs, &part.name)).collect(),
            TypeDefKind::Flags(flags) => flags.flags.iter().map(|part| (&part.docs, &part.name)).collect(),
            _ => Vec::new(),
        };
        for (docs, name) in parts {
            self.look(docs, format!("{path}.{name}"));
        }
    }
}

/// Whether a type is there by `use`, and so has its comment where it is defined.
fn is_used_from_elsewhere(resolve: &Resolve, interface: InterfaceId, definition: &TypeDef) -> bool {
    match definition.kind {
        TypeDefKind::Type(Type::Id(target)) => resolve.types[target].owner != TypeOwner::Interface(interface),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::undocumented;
    use wit_parser::Resolve;

    #[test]
    fn names_what_has_no_comment() {
        let text = "package a:b;
            /// Said.
            interface c {
                /// Said.
                record d {
                    e: u8,
                    /// Said.
                    f: u8,
                }
                g: func();
            }
            interface h {
                use c.{d};
                /// Said.
                i: func() -> d;
            }";
        let mut resolve = Resolve::default();
        let package = resolve.push_str("test.wit", text).map_err(|error| error.to_string());
        let silent = package.map(|package| undocumented(&resolve, package));
        let expected = ["c.g", "c.d.e", "h"].map(str::to_owned).to_vec();
        assert_eq!(silent, Ok(expected));
    }
}
