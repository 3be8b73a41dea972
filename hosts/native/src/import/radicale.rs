//! Radicale's storage: `collection-root/USER/COLLECTION/`, with the properties in `.Radicale.props` as JSON and each member in a file of its own.
//! <https://radicale.org/v3.html#storage>

use super::Offer;
use crate::collection::{Collection, Found, Kind, Object, segment};
use crate::dav::xml::{APPLE, CALDAV, CARDDAV, DAV};
use anyhow::{Context, Result};
use serde_json::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf};

const PROPERTIES: &str = ".Radicale.props";

/// Radicale's names of properties, and those of DAV.
const NAMES: [(&str, &str, &str); 6] = [
    ("D:displayname", DAV, "displayname"),
    ("C:calendar-description", CALDAV, "calendar-description"),
    ("C:calendar-timezone", CALDAV, "calendar-timezone"),
    ("CR:addressbook-description", CARDDAV, "addressbook-description"),
    ("ICAL:calendar-color", APPLE, "calendar-color"),
    ("ICAL:calendar-order", APPLE, "calendar-order"),
];

/// The directory of users, where the path is Radicale's: that directory itself or the one around it.
pub fn root(path: &Path) -> Option<PathBuf> {
    let inner = path.join("collection-root");
    if inner.is_dir() {
        return Some(inner);
    }
    let is_collection = |collection: &PathBuf| collection.join(PROPERTIES).is_file();
    directories(path)
        .ok()?
        .iter()
        .any(|user| directories(user).is_ok_and(|list| list.iter().any(is_collection)))
        .then(|| path.to_owned())
}

/// All collections of all users.
pub fn offers(root: &Path) -> Result<Vec<Offer>> {
    let mut offers = Vec::new();
    for user in directories(root)? {
        for directory in directories(&user)? {
            if let Some(collection) = collection(&directory.join(PROPERTIES))? {
                offers.push(offer(name(&user), directory, collection));
            }
        }
    }
    Ok(offers)
}

fn offer(user: String, directory: PathBuf, collection: Collection) -> Offer {
    let segment = segment(&name(&directory));
    Offer { account: Some(user), segment, collection, objects: Box::new(move || objects(&directory)) }
}

fn objects(directory: &Path) -> Result<Vec<Found>> {
    let mut objects = Vec::new();
    for path in entries(directory)?.into_iter().filter(|path| path.is_file()) {
        let body = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        objects.push(Ok(Object { name: segment(&name(&path)), body, origin: path.display().to_string() }));
    }
    Ok(objects)
}

/// What the properties say; none where they are those of no calendar or address book.
fn collection(file: &Path) -> Result<Option<Collection>> {
    let Ok(json) = fs::read(file) else { return Ok(None) };
    let said: Map<String, Value> =
        serde_json::from_slice(&json).with_context(|| format!("{} cannot be understood", file.display()))?;
    let text = |name: &str| said.get(name).and_then(Value::as_str);
    let kind = match text("tag") {
        Some("VCALENDAR") => Kind::Calendar,
        Some("VADDRESSBOOK") => Kind::AddressBook,
        _ => return Ok(None),
    };
    let mut collection = Collection::new(kind);
    for (theirs, namespace, name) in NAMES {
        collection.set(namespace, name, text(theirs));
    }
    let components = text("C:supported-calendar-component-set").unwrap_or_default();
    collection.components = components.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    Ok(Some(collection))
}

fn directories(path: &Path) -> Result<Vec<PathBuf>> {
    Ok(entries(path)?.into_iter().filter(|path| path.is_dir()).collect())
}

/// What is in a directory, without what begins with a dot: caches, locks, properties.
fn entries(path: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))? {
        paths.push(entry?.path());
    }
    paths.retain(|path| !name(path).starts_with('.'));
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
