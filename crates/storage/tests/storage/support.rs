//! A storage world of SQLite in memory and a map of bodies, and short names for what requests are made of.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use kalends_storage::bindings::exports::kalends::dav::accounts::{Change, NewPrincipal, Refusal};
pub use kalends_storage::bindings::exports::kalends::dav::store::*;
pub use kalends_storage::bindings::kalends::dav::types::PrincipalKind;
use kalends_storage::{Blobs, Database, DatabaseError, Kind, Rows, Statement, Storage, Value, migrations};
use rusqlite::limits::Limit;
use rusqlite::{Connection, types::ValueRef};

/// What D1 and JavaScript have of integers.
const EXACT: i64 = (1 << 53) - 1;

/// SQLite in memory with D1's limits, which counts the round trips, and the bodies that it was asked for.
pub struct Sqlite {
    pub connection: Connection,
    pub trips: Cell<u32>,
    pub bodies: Cell<usize>,
    checked: RefCell<BTreeSet<String>>,
}

impl Sqlite {
    /// A database with its tables.
    pub fn new() -> Self {
        let connection = Connection::open_in_memory().unwrap();
        for statement in migrations::missing(0) {
            connection.execute(statement, []).unwrap();
        }
        let limits = [
            (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
            (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
            (Limit::SQLITE_LIMIT_LENGTH, 2_000_000),
            (Limit::SQLITE_LIMIT_COLUMN, 100),
            (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 5),
            (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50),
            (Limit::SQLITE_LIMIT_ATTACHED, 0),
        ];
        for (limit, value) in limits {
            connection.set_limit(limit, value).unwrap();
        }
        Self { connection, trips: Cell::new(0), bodies: Cell::new(0), checked: RefCell::default() }
    }

    /// The one integer that a query yields.
    pub fn number(&self, sql: &str) -> i64 {
        self.connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Fails where a statement goes through a whole table: D1 bills every row.
    fn check_plan(&self, statement: &Statement) {
        // What is scanned for good: CTEs of a few rows, lists in JSON, tables of a few rows, and what `all` asks for.
        const FINE: [&str; 13] =
            ["CONSTANT", "epoch", "json_each", "j", "a", "e", "h", "k", "n", "s", "spot", "u", "up"];
        if !self.checked.borrow_mut().insert(statement.sql.to_string()) {
            return;
        }
        let mut explain = self.connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql)).unwrap();
        let params = rusqlite::params_from_iter(statement.params.iter().map(to_sqlite));
        let steps = explain.query_map(params, |row| row.get::<_, String>(3)).unwrap();
        let steps: Vec<String> = steps.map(Result::unwrap).collect();
        // What texts select is looked up row by row, whatever else is in the collection.
        let looked_up = steps.iter().any(|step| step.starts_with("SEARCH r USING INTEGER PRIMARY KEY"));
        assert!(looked_up || !statement.sql.contains("CROSS JOIN resource_text t"), "{steps:?}: {}", statement.sql);
        for step in steps {
            let table = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
            let fine = table.is_none_or(|table| FINE.contains(&table));
            assert!(fine || statement.sql.contains("FROM principal p WHERE"), "{step}: {}", statement.sql);
        }
    }

    fn run(&self, statement: &Statement) -> Result<Rows, DatabaseError> {
        self.check_plan(statement);
        let mut prepared = self.connection.prepare_cached(&statement.sql).map_err(error)?;
        // D1 has objects for rows: names must be distinct, and none may be a number.
        let mut names: Vec<String> = prepared.column_names().map(str::to_owned).collect();
        assert!(names.iter().all(|name| name.parse::<u32>().is_err() && !name.is_empty()), "{names:?}");
        let columns = names.len();
        let body = names.iter().position(|name| name == "body");
        names.sort();
        names.dedup();
        assert_eq!(names.len(), columns, "{}", statement.sql);
        assert_eq!(prepared.parameter_count(), statement.params.len(), "{}", statement.sql);
        let params = rusqlite::params_from_iter(statement.params.iter().map(to_sqlite));
        let mut rows = prepared.query(params).map_err(error)?;
        let mut result = Rows::new();
        while let Some(row) = rows.next().map_err(error)? {
            let row: Vec<Value> = (0..columns).map(|column| from_sqlite(row.get_ref(column).unwrap())).collect();
            let has_body = body.is_some_and(|body| !matches!(row[body], Value::Null));
            self.bodies.set(self.bodies.get() + usize::from(has_body));
            result.push(row);
        }
        Ok(result)
    }
}

impl Database for &Sqlite {
    fn batch(&self, kind: Kind, statements: Vec<Statement>) -> Result<Vec<Rows>, DatabaseError> {
        self.trips.set(self.trips.get() + 1);
        let changes = self.connection.total_changes();
        self.connection.execute_batch("BEGIN").unwrap();
        let results: Result<Vec<Rows>, _> = statements.iter().map(|statement| self.run(statement)).collect();
        self.connection.execute_batch(if results.is_ok() { "COMMIT" } else { "ROLLBACK" }).unwrap();
        assert!(kind == Kind::Write || self.connection.total_changes() == changes, "a read has written");
        results
    }
}

fn to_sqlite(value: &Value) -> rusqlite::types::Value {
    match value {
        Value::Null => rusqlite::types::Value::Null,
        Value::Integer(number) => {
            assert!((-EXACT..=EXACT).contains(number), "{number} is not exact in D1");
            (*number).into()
        }
        Value::Real(number) => (*number).into(),
        Value::Text(text) => text.clone().into(),
    }
}

fn from_sqlite(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => {
            assert!((-EXACT..=EXACT).contains(&number), "{number} is not exact in D1");
            Value::Integer(number)
        }
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8(text.to_vec()).unwrap()),
        ValueRef::Blob(_) => panic!("D1 has no BLOBs worth using"),
    }
}

fn error(error: rusqlite::Error) -> DatabaseError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::ConstraintViolation) => DatabaseError::Constraint(error.to_string()),
        _ => panic!("{error}"),
    }
}

/// Bodies in a map.
#[derive(Default)]
pub struct Map(pub RefCell<BTreeMap<String, Vec<u8>>>);

impl Blobs for &Map {
    fn get(&self, digests: &[String]) -> Result<Vec<Option<Vec<u8>>>, Failure> {
        Ok(digests.iter().map(|digest| self.0.borrow().get(digest).cloned()).collect())
    }

    fn put(&self, digest: &str, body: &[u8]) -> Result<(), Failure> {
        self.0.borrow_mut().insert(digest.to_owned(), body.to_vec());
        Ok(())
    }

    fn delete(&self, digests: &[String]) -> Result<(), Failure> {
        digests.iter().for_each(|digest| drop(self.0.borrow_mut().remove(digest)));
        Ok(())
    }
}

/// A server with two users, `ann` (1) and `bob` (2), and the calendar `work` (of `ann`).
pub struct World {
    pub sqlite: Sqlite,
    pub blobs: Map,
}

pub const ANN: u64 = 1;
pub const BOB: u64 = 2;

impl World {
    pub fn new() -> Self {
        let world = Self { sqlite: Sqlite::new(), blobs: Map::default() };
        world.change(Change::Create(user("ann"))).unwrap();
        world.change(Change::Create(user("bob"))).unwrap();
        world.apply(vec![create(&calendars("ann", "work"))]).unwrap();
        world
    }

    pub fn storage(&self) -> Storage<&Sqlite, &Map> {
        Storage::new(&self.sqlite, &self.blobs)
    }

    pub fn change(&self, change: Change) -> Result<(), Refusal> {
        self.storage().change(vec![change])
    }

    /// Answers one lookup at the time 1000, in one round trip.
    pub fn look(&self, asker: u64, lookup: Lookup) -> View {
        let before = self.sqlite.trips.get();
        let mut snapshot = self.storage().read(asker, 1000, vec![lookup]).unwrap();
        assert_eq!(self.sqlite.trips.get(), before + 1);
        assert_eq!(snapshot.epoch.len(), 16);
        assert_eq!(snapshot.views.len(), 1);
        snapshot.views.remove(0)
    }

    /// What is at a place, with all its members and every detail.
    pub fn view(&self, asker: u64, place: &Place) -> View {
        self.look(asker, Lookup { place: place.clone(), selection: Selection::All, detail: Detail::all() })
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
        let owner = self.sqlite.number(&format!("SELECT id FROM principal WHERE name = '{}'", place.owner));
        self.collection(owner.unsigned_abs(), place).id
    }

    /// Carries out operations of `ann`, in one round trip where nothing fails.
    pub fn apply(&self, operations: Vec<Operation>) -> Result<(), Rejection> {
        self.guarded(ANN, vec![], operations)
    }

    pub fn guarded(&self, asker: u64, guards: Vec<Guard>, operations: Vec<Operation>) -> Result<(), Rejection> {
        let before = self.sqlite.trips.get();
        let result = self.storage().apply(asker, guards, operations);
        assert!(result.is_err() || self.sqlite.trips.get() == before + 1);
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
                WHERE used <> (SELECT coalesce(sum(bytes), 0) FROM collection WHERE owner = p.id)",
            "SELECT count(*) FROM collection c WHERE seq < (SELECT coalesce(max(seq), 0) FROM \
                (SELECT seq FROM resource WHERE collection = c.id UNION ALL SELECT seq FROM tombstone \
                WHERE collection = c.id))",
            "SELECT count(*) FROM resource r JOIN tombstone t ON t.collection = r.collection \
                AND (t.seq = r.seq OR t.name = r.name)",
            "SELECT count(*) FROM resource_text t JOIN resource r ON r.id = t.resource \
                WHERE r.collection <> t.collection",
            "SELECT count(*) FROM guard",
        ];
        for sql in wrong {
            assert_eq!(self.sqlite.number(sql), 0, "{sql}");
        }
    }
}

pub fn user(name: &str) -> NewPrincipal {
    NewPrincipal {
        kind: PrincipalKind::User,
        name: name.into(),
        display_name: name.to_uppercase(),
        emails: vec![format!("{name}@example.org")],
        timezone: None,
        locale: None,
        quota: None,
        admin: false,
        password_hash: None,
        collections: vec![],
    }
}

pub fn calendars(owner: &str, path: &str) -> Place {
    Place { home: Home::Calendars, owner: owner.into(), path: path.into() }
}

pub fn files(owner: &str, path: &str) -> Place {
    Place { home: Home::Files, owner: owner.into(), path: path.into() }
}

pub fn create(place: &Place) -> Operation {
    let new = NewCollection { place: place.clone(), components: vec!["VEVENT".into()], properties: vec![] };
    Operation::CreateCollection((new, 1000))
}

pub fn member(collection: u64, name: &str) -> Member {
    Member { collection, name: name.into() }
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

pub fn transfer(from: (u64, &str), to: (u64, &str)) -> Transfer {
    Transfer { source: member(from.0, from.1), to: member(to.0, to.1), now: 1000 }
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
