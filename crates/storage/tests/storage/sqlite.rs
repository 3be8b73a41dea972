//! SQLite in memory, within the limits that D1 has.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use kalends_storage::{Database, DatabaseError, Kind, Rows, Statement, Value, migrations};
use rusqlite::limits::Limit;
use rusqlite::{Connection, types::ValueRef};

/// What D1 and JavaScript have of integers.
const EXACT: i64 = (1 << 53) - 1;

/// A database that counts the bodies that it was asked for.
pub struct Sqlite {
    pub connection: Connection,
    pub bodies: Cell<usize>,
    checked: RefCell<BTreeSet<String>>,
}

impl Sqlite {
    /// A database with its tables.
    pub fn new() -> Self {
        Self::upgraded(0, "")
    }

    /// A database that was of an earlier version, and had data in it then.
    pub fn upgraded(version: usize, data: &str) -> Self {
        let connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "foreign_keys", true).unwrap();
        let earlier = migrations::MIGRATIONS[..version].iter().flat_map(|file| migrations::statements(file));
        for statement in earlier {
            connection.execute(statement, []).unwrap();
        }
        connection.execute_batch(data).unwrap();
        for statement in migrations::missing(version as i64) {
            connection.execute(statement, []).unwrap();
        }
        Self::limited(connection)
    }

    fn limited(connection: Connection) -> Self {
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
        Self { connection, bodies: Cell::new(0), checked: RefCell::default() }
    }

    /// The one integer that a query yields.
    pub fn number(&self, sql: &str) -> i64 {
        self.connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Fails where a statement goes through a whole table: D1 bills every row.
    fn check_plan(&self, statement: &Statement) {
        // What is scanned for good: CTEs of a few rows, lists in JSON, the five classes of lengths, tables of a few
        // rows, and what `all` asks for.
        const FINE: [&str; 17] = [
            "CONSTANT",
            "epoch",
            "json_each",
            "j",
            "a",
            "e",
            "h",
            "k",
            "l",
            "lock",
            "n",
            "s",
            "spot",
            "u",
            "up",
            "5",
            "w",
        ];
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
        // What takes place in a time is found by when it begins, whatever else is later.
        let by_time = steps.iter().any(|step| step.contains("component=? AND <expr>=? AND starts>? AND starts<?"));
        let has_windows = ["w CROSS JOIN resource r", "r.starts < "].iter().all(|part| statement.sql.contains(part));
        assert!(by_time || !has_windows, "{steps:?}: {}", statement.sql);
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
    fn bounds_texts(&self) -> bool {
        true
    }

    fn batch(&self, kind: Kind, statements: Vec<Statement>) -> Result<Vec<Rows>, DatabaseError> {
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
