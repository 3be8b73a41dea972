//! The SQLite databases of servers built on sabre/dav: Baikal, whose tables are sabre's own
//! (<https://github.com/sabre-io/dav/tree/master/examples/sql>), and Nextcloud, whose tables are much alike.

use super::{Listed, Offer, Unread};
use crate::collection::{Bad, Collection, Found, Kind, Object, segment};
use crate::dav::xml::{APPLE, CALDAV, CARDDAV, DAV};
use anyhow::{Context, Result, bail};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// How a database of SQLite begins.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// The queries for one kind of database. Each gives the columns that `offer` reads, and takes the collection's number.
struct Dialect {
    /// A table that only such a database has.
    known_by: &'static str,
    calendars: &'static str,
    objects: &'static str,
    address_books: &'static str,
    cards: &'static str,
}

const BAIKAL: Dialect = Dialect {
    known_by: "calendarinstances",
    calendars: "SELECT i.calendarid, i.principaluri, i.uri, i.displayname, i.description, c.components, i.calendarcolor, i.calendarorder, i.timezone
        FROM calendarinstances i JOIN calendars c ON c.id = i.calendarid WHERE i.access = 1 ORDER BY i.id",
    objects: "SELECT id, uri, calendardata FROM calendarobjects WHERE calendarid = ?1 ORDER BY id",
    address_books: "SELECT id, principaluri, uri, displayname, description FROM addressbooks ORDER BY id",
    cards: "SELECT id, uri, carddata FROM cards WHERE addressbookid = ?1 ORDER BY id",
};

const NEXTCLOUD: Dialect = Dialect {
    known_by: "oc_calendarobjects",
    calendars:
        "SELECT id, principaluri, uri, displayname, description, components, calendarcolor, calendarorder, timezone
        FROM oc_calendars WHERE deleted_at IS NULL AND principaluri LIKE 'principals/users/%' ORDER BY id",
    objects: "SELECT id, uri, calendardata FROM oc_calendarobjects WHERE calendarid = ?1 AND calendartype = 0 AND deleted_at IS NULL ORDER BY id",
    address_books: "SELECT id, principaluri, uri, displayname, description FROM oc_addressbooks
        WHERE principaluri LIKE 'principals/users/%' ORDER BY id",
    cards: "SELECT id, uri, carddata FROM oc_cards WHERE addressbookid = ?1 ORDER BY id",
};

/// Whether the file is a database of SQLite.
pub fn is_database(path: &Path) -> Result<bool> {
    let mut head = Vec::new();
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    file.take(MAGIC.len() as u64).read_to_end(&mut head)?;
    Ok(head == MAGIC)
}

/// All calendars and address books of the users in the database. What others have shared with them is with its owner.
pub fn offers(path: &Path) -> Result<Vec<Listed>> {
    let database = open(path)?;
    let known = |dialect: &&Dialect| database.table_exists(None, dialect.known_by).unwrap_or(false);
    let Some(dialect) = [&BAIKAL, &NEXTCLOUD].into_iter().find(known) else {
        bail!("{} is neither Baikal's nor Nextcloud's database", path.display());
    };
    let mut offers = Vec::new();
    for (kind, collections, members) in [
        (Kind::Calendar, dialect.calendars, dialect.objects),
        (Kind::AddressBook, dialect.address_books, dialect.cards),
    ] {
        let mut statement = database.prepare(collections)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id = row.get::<_, Value>(0).ok().and_then(text).unwrap_or_default();
            let unread = |error| {
                let what = format!("{}: number {id} of the {}", path.display(), kind.directory());
                Unread { account: owner(row), what, error }
            };
            offers.push(offer(row, kind, path.to_owned(), members).map_err(unread));
        }
    }
    Ok(offers)
}

fn open(path: &Path) -> Result<Connection> {
    let opened = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    opened.with_context(|| format!("cannot open {}", path.display()))
}

fn offer(row: &rusqlite::Row<'_>, kind: Kind, path: PathBuf, members: &'static str) -> Result<Offer> {
    let id: i64 = row.get(0)?;
    let text = |column: usize| row.get::<_, Value>(column).ok().and_then(text);
    let account = owner(row).context("it has no principal")?;
    let mut collection = Collection::new(kind);
    collection.set(DAV, "displayname", text(3).as_deref());
    match kind {
        Kind::Calendar => {
            collection.set(CALDAV, "calendar-description", text(4).as_deref());
            let components = text(5).unwrap_or_default();
            collection.components = components.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
            collection.set(APPLE, "calendar-color", text(6).as_deref());
            collection.set(APPLE, "calendar-order", text(7).as_deref());
            collection.set(CALDAV, "calendar-timezone", text(8).as_deref());
        }
        Kind::AddressBook => collection.set(CARDDAV, "addressbook-description", text(4).as_deref()),
    }
    let segment = segment(&text(2).context("it has no uri")?);
    let objects = move || objects(&path, members, id);
    Ok(Offer { account: Some(account), segment, collection, objects: Box::new(objects), said: BTreeMap::new() })
}

/// The account that a collection is of: the last segment of its principal.
fn owner(row: &rusqlite::Row<'_>) -> Option<String> {
    let principal = row.get::<_, Value>(1).ok().and_then(text)?;
    principal.rsplit('/').next().filter(|account| !account.is_empty()).map(str::to_owned)
}

fn objects(path: &Path, members: &str, collection: i64) -> Result<Vec<Found>> {
    let database = open(path)?;
    let mut statement = database.prepare(members)?;
    let mut rows = statement.query([collection])?;
    let mut objects = Vec::new();
    while let Some(row) = rows.next()? {
        let origin = format!("{}: number {} of collection {collection}", path.display(), row.get::<_, i64>(0)?);
        let name = row.get::<_, Value>(1).ok().and_then(text);
        objects.push(match (name, bytes(row.get(2)?)) {
            (Some(name), Some(body)) => Ok(Object { name: segment(&name), body, origin }),
            _ => Err(Bad { origin, reason: "it has no name or no content".to_owned() }),
        });
    }
    Ok(objects)
}

/// Text, also where it is stored as octets or as a number.
fn text(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text),
        Value::Blob(bytes) => String::from_utf8(bytes).ok(),
        Value::Integer(number) => Some(number.to_string()),
        Value::Real(_) | Value::Null => None,
    }
}

fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::Text(text) => Some(text.into_bytes()),
        Value::Blob(bytes) => Some(bytes),
        Value::Integer(_) | Value::Real(_) | Value::Null => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The tables of sabre/dav, as far as they are read.
    const SABRE: &str = "
        CREATE TABLE calendars (id INTEGER PRIMARY KEY, synctoken INTEGER, components TEXT);
        CREATE TABLE calendarinstances (id INTEGER PRIMARY KEY, calendarid INTEGER, principaluri TEXT, access INTEGER, displayname TEXT, uri TEXT,
            description TEXT, calendarorder INTEGER, calendarcolor TEXT, timezone TEXT, transparent BOOL);
        CREATE TABLE calendarobjects (id INTEGER PRIMARY KEY, calendardata BLOB, uri TEXT, calendarid INTEGER, etag TEXT, size INTEGER);
        CREATE TABLE addressbooks (id INTEGER PRIMARY KEY, principaluri TEXT, displayname TEXT, uri TEXT, description TEXT, synctoken INTEGER);
        CREATE TABLE cards (id INTEGER PRIMARY KEY, addressbookid INTEGER, carddata BLOB, uri TEXT, lastmodified INTEGER);
        INSERT INTO calendars VALUES (7, 3, 'VEVENT,VTODO');
        INSERT INTO calendarinstances VALUES (1, 7, 'principals/ada', 1, 'Ada''s', 'default', NULL, 2, '#00ff00', NULL, 0);
        INSERT INTO calendarinstances VALUES (2, 7, 'principals/bob', 3, 'Ada''s', 'shared', NULL, 2, '#00ff00', NULL, 0);
        INSERT INTO calendarobjects VALUES (1, CAST('BEGIN:VCALENDAR' AS BLOB), 'a.ics', 7, 'x', 1), (2, NULL, 'b.ics', 7, 'x', 1);
        INSERT INTO addressbooks VALUES (1, 'principals/ada', 'People', 'people', 'All', 1);
        INSERT INTO cards VALUES (1, 1, 'BEGIN:VCARD', 'a.vcf', 0);";

    /// The same of Nextcloud.
    const NEXTCLOUD: &str = "
        CREATE TABLE oc_calendars (id INTEGER PRIMARY KEY, principaluri TEXT, displayname TEXT, uri TEXT, synctoken INTEGER, description TEXT,
            calendarorder INTEGER, calendarcolor TEXT, timezone TEXT, components TEXT, transparent INTEGER, deleted_at INTEGER);
        CREATE TABLE oc_calendarobjects (id INTEGER PRIMARY KEY, calendardata BLOB, uri TEXT, calendarid INTEGER, calendartype INTEGER, deleted_at INTEGER);
        CREATE TABLE oc_addressbooks (id INTEGER PRIMARY KEY, principaluri TEXT, displayname TEXT, uri TEXT, description TEXT, synctoken INTEGER);
        CREATE TABLE oc_cards (id INTEGER PRIMARY KEY, addressbookid INTEGER, carddata BLOB, uri TEXT);
        INSERT INTO oc_calendars VALUES (1, 'principals/users/ada', 'Personal', 'personal', 1, NULL, 0, '#0082c9', NULL, 'VEVENT', 0, NULL),
            (2, 'principals/users/ada', 'Gone', 'gone', 1, NULL, 0, NULL, NULL, 'VEVENT', 0, 1700000000);
        INSERT INTO oc_calendarobjects VALUES (1, 'BEGIN:VCALENDAR', 'a.ics', 1, 0, NULL), (2, 'x', 'subscribed.ics', 1, 1, NULL), (3, 'x', 'bin.ics', 1, 0, 1700000000);
        INSERT INTO oc_addressbooks VALUES (1, 'principals/users/ada', 'Contacts', 'contacts', NULL, 1),
            (2, 'principals/system/system', 'Accounts', 'z-server-generated--system', NULL, 1);
        INSERT INTO oc_cards VALUES (1, 1, 'BEGIN:VCARD', 'a.vcf');";

    fn database(sql: &str) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("db.sqlite");
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        (directory, path)
    }

    fn names(offer: Offer) -> Vec<Option<String>> {
        (offer.objects)().unwrap().into_iter().map(|found| found.ok().map(|object| object.name)).collect()
    }

    #[test]
    fn what_baikal_keeps() {
        let (_directory, path) = database(SABRE);
        assert!(is_database(&path).unwrap());
        let mut offers = offers(&path).unwrap();
        assert_eq!(offers.len(), 2, "what is shared is with its owner");
        let people = offers.pop().unwrap().ok().unwrap();
        assert_eq!((people.segment.as_str(), people.collection.kind), ("people", Kind::AddressBook));
        assert_eq!(names(people), [Some("a.vcf".to_owned())]);
        let calendar = offers.pop().unwrap().ok().unwrap();
        assert_eq!((calendar.account.as_deref(), calendar.segment.as_str()), (Some("ada"), "default"));
        assert_eq!(calendar.collection.components, ["VEVENT", "VTODO"]);
        let properties: Vec<&str> =
            calendar.collection.properties.iter().map(|property| property.xml.as_str()).collect();
        assert!(
            properties[0].contains(">Ada&apos;s<")
                && properties[1].contains(">#00ff00<")
                && properties[2].contains(">2<")
        );
        assert_eq!(names(calendar), [Some("a.ics".to_owned()), None]);
    }

    #[test]
    fn what_nextcloud_keeps() {
        let (_directory, path) = database(NEXTCLOUD);
        let mut offers = offers(&path).unwrap();
        assert_eq!(offers.len(), 2, "neither what is in the bin nor the server's own");
        assert_eq!(names(offers.pop().unwrap().ok().unwrap()), [Some("a.vcf".to_owned())]);
        let calendar = offers.pop().unwrap().ok().unwrap();
        assert_eq!((calendar.account.as_deref(), calendar.segment.as_str()), (Some("ada"), "personal"));
        assert_eq!(names(calendar), [Some("a.ics".to_owned())]);
    }

    #[test]
    fn another_database_is_refused() {
        let (_directory, path) = database("CREATE TABLE t (n)");
        assert!(offers(&path).is_err());
    }
}
