//! A directory that `kalends export` made, or one in it: that of an account, of a home, or of a single collection.

use super::{Household, Listed, Offer, Unread};
use crate::belongings;
use crate::collection::{Found, KINDS, Object, text_of};
use crate::export::{DESCRIPTION, Description};
use crate::folders;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// What is in the directory.
pub fn offers(path: &Path) -> Result<Vec<Listed>> {
    let mut directories = Vec::new();
    // Account, home, collection.
    find(path, 3, &mut directories)?;
    directories.sort();
    let unread = |directory: &PathBuf, error| Unread {
        account: account(directory),
        what: directory.display().to_string(),
        error,
    };
    Ok(directories.iter().map(|directory| offer(directory).map_err(|error| unread(directory, error))).collect())
}

fn find(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    if directory.join(folders::DESCRIPTION).is_file() {
        return Ok(());
    }
    if directory.join(DESCRIPTION).is_file() {
        found.push(directory.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))? {
        let path = entry?.path();
        if depth > 0 && path.is_dir() {
            find(&path, depth - 1, found)?;
        }
    }
    Ok(())
}

fn offer(directory: &Path) -> Result<Offer> {
    let file = directory.join(DESCRIPTION);
    let json = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let description: Description =
        serde_json::from_slice(&json).with_context(|| format!("{} cannot be understood", file.display()))?;
    let Description { segment, collection, names, members: said } = description;
    let (members, ending) = (directory.to_owned(), collection.kind.ending());
    let objects = move || {
        let mut objects: Vec<Found> = Vec::new();
        let mut paths = fs::read_dir(&members)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
        paths.sort();
        for path in paths {
            let Some(file) = path.file_name().and_then(|name| name.to_str()).filter(|name| name.ends_with(ending))
            else {
                continue;
            };
            let name = names.get(file).map_or(file, String::as_str).to_owned();
            let body = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            objects.push(Ok(Object { name, body, origin: path.display().to_string() }));
        }
        Ok(objects)
    };
    Ok(Offer { account: account(directory), segment, collection, objects: Box::new(objects), said })
}

/// The accounts in the directory that say something of themselves or have plain files, or the one that the directory
/// is.
pub fn households(path: &Path) -> Result<Vec<Household>> {
    let mut directories = vec![path.to_owned()];
    for entry in fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))? {
        directories.push(entry?.path());
    }
    directories.sort();
    directories.retain(|directory| {
        directory.join(belongings::DESCRIPTION).is_file()
            || directory.join(folders::DIRECTORY).join(folders::DESCRIPTION).is_file()
    });
    let household = |directory: PathBuf| {
        let name = fs::canonicalize(&directory)?.file_name().and_then(|name| name.to_str()).map(text_of);
        let account = name.with_context(|| format!("{} is no account's directory", directory.display()))?;
        Ok(Household { account, directory })
    };
    directories.into_iter().map(household).collect()
}

/// The account's directory is two above that of a collection.
fn account(directory: &Path) -> Option<String> {
    let directory = fs::canonicalize(directory).ok()?;
    let home = directory.parent()?.file_name()?.to_str()?;
    let named = KINDS.iter().any(|kind| kind.directory() == home);
    let account = directory.parent()?.parent()?.file_name()?.to_str()?;
    named.then(|| text_of(account))
}
