//! A storage world of a database and a map of bodies, and short names for what requests are made of.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

pub use kalends_contract::{create, member, transfer, user};
use kalends_storage::bindings::exports::kalends::dav::accounts::{Change, Refusal, UseOfCredential};
pub use kalends_storage::bindings::exports::kalends::dav::store::*;
pub use kalends_storage::bindings::kalends::dav::types::PrincipalKind;
use kalends_storage::{Blobs, Database, DatabaseError, Kind, Rows, Statement, Storage, Turn};

use crate::postgres::Postgres;
use crate::sqlite::Sqlite;

/// A use at a time, by who knows the secret.
pub fn used(now: i64) -> UseOfCredential {
    UseOfCredential { verifier: "abc".into(), now, since: now - 100 }
}

/// What the statements are run by: SQLite, or, where `KALENDS_TEST_POSTGRES` says where one is, PostgreSQL.
pub enum Backend {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

/// A database that counts the round trips.
pub struct Counted {
    backend: Backend,
    trips: Cell<u32>,
    statements: Cell<usize>,
    /// SQLite takes texts of any length, as it does by itself and D1 does not.
    pub unbounded: Cell<bool>,
}

impl Counted {
    fn new() -> Self {
        Self::upgraded(0, "")
    }

    /// One that was of an earlier version, and had data in it then.
    pub fn upgraded(version: usize, data: &str) -> Self {
        let backend = match std::env::var("KALENDS_TEST_POSTGRES") {
            Ok(address) => Backend::Postgres(Box::new(Postgres::upgraded(&address, version, data))),
            Err(_) => Backend::Sqlite(Sqlite::upgraded(version, data)),
        };
        Self { backend, trips: Cell::new(0), statements: Cell::new(0), unbounded: Cell::new(false) }
    }

    /// How many versions of the tables there have been.
    pub fn versions() -> usize {
        match std::env::var("KALENDS_TEST_POSTGRES") {
            Ok(_) => kalends_storage::postgres::MIGRATIONS.len(),
            Err(_) => kalends_storage::migrations::MIGRATIONS.len(),
        }
    }

    /// Round trips so far.
    pub fn trips(&self) -> u32 {
        self.trips.get()
    }

    /// The statements of the last round trip.
    pub fn statements(&self) -> usize {
        self.statements.get()
    }

    /// Whether it is SQLite, which D1 is as well.
    pub fn is_sqlite(&self) -> bool {
        matches!(self.backend, Backend::Sqlite(_))
    }

    /// Bodies that it was asked for so far; none where the database is not one that counts them.
    pub fn bodies(&self) -> Option<usize> {
        match &self.backend {
            Backend::Sqlite(sqlite) => Some(sqlite.bodies.get()),
            Backend::Postgres(_) => None,
        }
    }

    /// The one integer that a query yields.
    pub fn number(&self, sql: &str) -> i64 {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.number(sql),
            Backend::Postgres(postgres) => postgres.number(sql),
        }
    }

    /// Runs a statement without parameters.
    pub fn execute(&self, sql: &str) {
        match &self.backend {
            Backend::Sqlite(sqlite) => drop(sqlite.connection.execute(sql, []).unwrap()),
            Backend::Postgres(postgres) => postgres.execute(sql),
        }
    }
}

impl Database for &Counted {
    fn bounds_texts(&self) -> bool {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.bounds_texts() && !self.unbounded.get(),
            Backend::Postgres(postgres) => (&**postgres).bounds_texts(),
        }
    }

    fn batch(&self, kind: Kind, statements: Vec<Statement>) -> Result<Vec<Rows>, DatabaseError> {
        self.trips.set(self.trips.get() + 1);
        self.statements.set(statements.len());
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.batch(kind, statements),
            Backend::Postgres(postgres) => (&**postgres).batch(kind, statements),
        }
    }

    fn turn(&self, turn: &Turn) -> Option<Statement> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.turn(turn),
            Backend::Postgres(postgres) => (&**postgres).turn(turn),
        }
    }
}

/// Bodies in a map, which its clones share.
#[derive(Default, Clone)]
pub struct Map(pub Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl Blobs for &Map {
    fn get(&self, digests: &[String]) -> Result<Vec<Option<Vec<u8>>>, Failure> {
        Ok(digests.iter().map(|digest| self.0.lock().unwrap().get(digest).cloned()).collect())
    }

    fn put(&self, digest: &str, body: &[u8]) -> Result<(), Failure> {
        self.0.lock().unwrap().insert(digest.to_owned(), body.to_vec());
        Ok(())
    }

    fn delete(&self, digests: &[String]) -> Result<(), Failure> {
        digests.iter().for_each(|digest| drop(self.0.lock().unwrap().remove(digest)));
        Ok(())
    }
}

/// A server with two users, `ann` (1) and `bob` (2), and the calendar `work` (of `ann`).
pub struct World {
    pub database: Counted,
    pub blobs: Map,
}

pub const ANN: u64 = 1;
pub const BOB: u64 = 2;

impl World {
    pub fn new() -> Self {
        let world = Self { database: Counted::new(), blobs: Map::default() };
        world.change(Change::Create(user("ann"))).unwrap();
        world.change(Change::Create(user("bob"))).unwrap();
        world.apply(vec![create(&calendars("ann", "work"))]).unwrap();
        world
    }

    pub fn storage(&self) -> Storage<&Counted, &Map> {
        Storage::new(&self.database, &self.blobs)
    }

    pub fn change(&self, change: Change) -> Result<(), Refusal> {
        self.storage().change(vec![change])
    }

    /// Answers one lookup at the time 1000, in one round trip.
    pub fn look(&self, asker: u64, lookup: Lookup) -> View {
        let before = self.database.trips();
        let mut snapshot = self.storage().read(asker, 1000, vec![lookup]).unwrap();
        assert_eq!(self.database.trips(), before + 1);
        assert_eq!(snapshot.epoch.len(), 16);
        assert_eq!(snapshot.views.len(), 1);
        snapshot.views.remove(0)
    }

    /// What is at a place, with all its members and every detail.
    pub fn view(&self, asker: u64, place: &Place) -> View {
        self.look(
            asker,
            Lookup {
                place: place.clone(),
                selection: Selection::All,
                detail: Detail::all() - Detail::BRIEF - Detail::TAGS,
            },
        )
    }

    /// The members that a selection of a place yields.
    pub fn names(&self, asker: u64, place: &Place, selection: Selection) -> Vec<String> {
        let view = self.look(asker, Lookup { place: place.clone(), selection, detail: Detail::empty() });
        view.resources.into_iter().map(|resource| resource.name).collect()
    }

    pub fn collection(&self, asker: u64, place: &Place) -> Collection {
        let view = self.view(asker, place);
        view.collection.filter(|collection| collection.place.path == place.path).unwrap()
    }

    pub fn id(&self, place: &Place) -> u64 {
        let owner = self.database.number(&format!("SELECT id FROM principal WHERE name = '{}'", place.owner));
        self.collection(owner.unsigned_abs(), place).id
    }

    /// Carries out operations of `ann`, in one round trip where nothing fails.
    pub fn apply(&self, operations: Vec<Operation>) -> Result<(), Rejection> {
        self.guarded(ANN, vec![], operations)
    }

    pub fn guarded(&self, asker: u64, guards: Vec<Guard>, operations: Vec<Operation>) -> Result<(), Rejection> {
        self.making(asker, guards, operations).map(drop)
    }

    /// The same; gives the numbers of new collections.
    pub fn making(&self, asker: u64, guards: Vec<Guard>, operations: Vec<Operation>) -> Result<Vec<u64>, Rejection> {
        let before = self.database.trips();
        let result = self.storage().apply(asker, guards, operations);
        assert!(result.is_err() || self.database.trips() == before + 1);
        self.check();
        result
    }

    /// Checks a guard by itself.
    pub fn guard(&self, asker: u64, guard: Guard) -> Result<(), Rejection> {
        self.guarded(asker, vec![guard], vec![])
    }

    pub fn create(&self, place: &Place) -> u64 {
        self.apply(vec![create(place)]).unwrap();
        self.id(place)
    }

    /// Stores a body under a name in a collection.
    pub fn store(&self, collection: u64, name: &str, body: &str) {
        self.apply(vec![Operation::Put(put(collection, name, body))]).unwrap();
    }

    /// The counters agree with the rows, whatever happened.
    fn check(&self) {
        let wrong = [
            "SELECT count(*) FROM collection c WHERE members <> (SELECT count(*) FROM resource WHERE collection = c.id)",
            "SELECT count(*) FROM collection c \
                WHERE bytes <> (SELECT coalesce(sum(size), 0) FROM resource WHERE collection = c.id)",
            "SELECT count(*) FROM principal p \
                WHERE p.used <> (SELECT coalesce(sum(bytes), 0) FROM collection WHERE owner = p.id)",
            "SELECT count(*) FROM collection c WHERE seq < (SELECT coalesce(max(seq), 0) FROM \
                (SELECT seq FROM resource WHERE collection = c.id UNION ALL SELECT seq FROM tombstone \
                WHERE collection = c.id) stamped)",
            "SELECT count(*) FROM resource r JOIN tombstone t ON t.collection = r.collection \
                AND (t.seq = r.seq OR t.name = r.name)",
            "SELECT count(*) FROM resource_text t JOIN resource r ON r.id = t.resource \
                WHERE r.collection <> t.collection",
            "SELECT count(*) FROM guard",
        ];
        for sql in wrong {
            assert_eq!(self.database.number(sql), 0, "{sql}");
        }
    }
}

pub fn calendars(owner: &str, path: &str) -> Place {
    Place { home: Home::Calendars, owner: owner.into(), path: path.into() }
}

pub fn files(owner: &str, path: &str) -> Place {
    Place { home: Home::Files, owner: owner.into(), path: path.into() }
}

/// A body with nothing to index. Its tag and digest are made of the body.
pub fn put(collection: u64, name: &str, body: &str) -> Put {
    Put {
        member: member(collection, name),
        content_type: "text/calendar".into(),
        etag: format!("\"{}\"", digest(body)),
        digest: digest(body),
        index: Index { uid: None, component: None, first: None, last: None, exact: false, texts: vec![] },
        body: body.into(),
        now: 1000,
    }
}

/// A body with a UID.
pub fn event(collection: u64, name: &str, uid: &str) -> Put {
    let mut put = put(collection, name, uid);
    put.index.uid = Some(uid.into());
    put.index.component = Some("VEVENT".into());
    put
}

/// As good as a digest for short tests: the length, and a checksum.
pub fn digest(body: &str) -> String {
    let sum = body.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    format!("{:08x}{sum:016x}", body.len())
}

pub fn relocation(source: u64, to: &Place, deep: bool) -> Relocation {
    Relocation { source, to: to.clone(), deep, now: 1000 }
}

pub fn property(name: &str, xml: &str) -> Property {
    Property { name: property_name(name), xml: xml.into() }
}

pub fn property_name(name: &str) -> PropertyName {
    PropertyName { namespace: "DAV:".into(), name: name.into() }
}
