//! Radicale's storage: `collection-root/USER/COLLECTION/`, with the properties in `.Radicale.props` as JSON and each
//! member in a file of its own. <https://radicale.org/v3.html#storage>

use super::{Listed, Offer, Unread};
use crate::collection::{Collection, Found, Kind, Object, segment};
use crate::dav::xml::{APPLE, CALDAV, CARDDAV, DAV};
use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
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
pub fn offers(root: &Path) -> Result<Vec<Listed>> {
    let mut offers = Vec::new();
    for user in directories(root)? {
        let unread =
            |path: &Path, error| Unread { account: Some(name(&user)), what: path.display().to_string(), error };
        let collections = match directories(&user) {
            Ok(collections) => collections,
            Err(error) => {
                offers.push(Err(unread(&user, error)));
                continue;
            }
        };
        for directory in collections {
            match collection(&directory) {
                Ok(Some(collection)) => offers.push(Ok(offer(name(&user), directory, collection))),
                Ok(None) => {}
                Err(error) => offers.push(Err(unread(&directory, error))),
            }
        }
    }
    Ok(offers)
}

fn offer(user: String, directory: PathBuf, collection: Collection) -> Offer {
    let segment = segment(&name(&directory));
    Offer {
        account: Some(user),
        segment,
        collection,
        objects: Box::new(move || objects(&directory)),
        said: BTreeMap::new(),
    }
}

fn objects(directory: &Path) -> Result<Vec<Found>> {
    let mut objects = Vec::new();
    for path in entries(directory)?.into_iter().filter(|path| path.is_file()) {
        let body = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        objects.push(Ok(Object { name: segment(&name(&path)), body, origin: path.display().to_string() }));
    }
    Ok(objects)
}

/// What the properties of a directory say; none where it is no calendar or address book, and nothing that could be in
/// one is in it.
fn collection(directory: &Path) -> Result<Option<Collection>> {
    let file = directory.join(PROPERTIES);
    let said: Map<String, Value> = match fs::read(&file) {
        Ok(json) => serde_json::from_slice(&json).with_context(|| format!("{PROPERTIES} cannot be understood"))?,
        Err(error) if error.kind() == ErrorKind::NotFound => Map::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {PROPERTIES}")),
    };
    let text = |name: &str| said.get(name).and_then(Value::as_str);
    let kind = match text("tag") {
        Some("VCALENDAR") => Kind::Calendar,
        Some("VADDRESSBOOK") => Kind::AddressBook,
        _ => {
            let members = entries(directory)?.into_iter().filter(|path| path.is_file()).count();
            ensure!(members == 0, "{PROPERTIES} says of no kind what it is, and there are {members} files in it");
            return Ok(None);
        }
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn collections_of_all_users_with_their_properties() {
        let directory = tempfile::tempdir().unwrap();
        let user = directory.path().join("collection-root/ada@example.org");
        for (collection, props) in [
            (
                "Work & Play",
                r##"{"tag": "VCALENDAR", "D:displayname": "Work", "ICAL:calendar-color": "#ff0000ff", "C:supported-calendar-component-set": "VEVENT,VTODO"}"##,
            ),
            ("people", r#"{"tag": "VADDRESSBOOK", "CR:addressbook-description": "Everybody"}"#),
            ("other", "{}"),
        ] {
            fs::create_dir_all(user.join(collection).join(".Radicale.cache/item")).unwrap();
            fs::write(user.join(collection).join(PROPERTIES), props).unwrap();
        }
        fs::write(user.join("Work & Play/a b.ics"), "BEGIN:VCALENDAR").unwrap();
        let found = root(directory.path()).unwrap();
        assert_eq!(root(&found), Some(found.clone()));
        let mut offers = offers(&found).unwrap();
        assert_eq!(offers.len(), 2);
        let people = offers.pop().unwrap().ok().unwrap();
        assert_eq!((people.segment.as_str(), people.collection.kind), ("people", Kind::AddressBook));
        assert_eq!(people.collection.properties[0].name, "addressbook-description");
        let work = offers.pop().unwrap().ok().unwrap();
        assert_eq!((work.account.as_deref(), work.segment.as_str()), (Some("ada@example.org"), "Work%20%26%20Play"));
        assert_eq!(work.collection.components, ["VEVENT", "VTODO"]);
        let names: Vec<&str> = work.collection.properties.iter().map(|property| property.name.as_str()).collect();
        assert_eq!(names, ["displayname", "calendar-color"]);
        let objects = (work.objects)().unwrap();
        assert_eq!(objects.len(), 1);
        assert_eq!(objects[0].as_ref().unwrap().name, "a%20b.ics");
    }

    #[test]
    fn a_collection_that_cannot_be_read_is_named_and_the_others_are_there() {
        let directory = tempfile::tempdir().unwrap();
        for (collection, properties) in
            [("ada/good", r#"{"tag": "VCALENDAR"}"#), ("bob/empty", ""), ("bob/plain", "{}")]
        {
            let collection = directory.path().join(collection);
            fs::create_dir_all(&collection).unwrap();
            fs::write(collection.join(PROPERTIES), properties).unwrap();
            fs::write(collection.join("a.ics"), "BEGIN:VCALENDAR").unwrap();
        }
        fs::create_dir_all(directory.path().join("bob/nothing")).unwrap();
        let offers = offers(directory.path()).unwrap();
        let told: Vec<_> = offers
            .iter()
            .map(|listed| match listed {
                Ok(offer) => (offer.account.as_deref(), true),
                Err(unread) => (unread.account.as_deref(), unread.what.contains("good")),
            })
            .collect();
        assert_eq!(told, [(Some("ada"), true), (Some("bob"), false), (Some("bob"), false)]);
    }
}
