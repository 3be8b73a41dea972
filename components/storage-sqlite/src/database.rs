//! The database: one connection, opened when the instance first needs it. On Spin an instance lives as long as a
//! request.

use std::cell::Cell;
use std::cell::OnceCell;

use kalends_storage::{Database, DatabaseError, Kind, Rows, Statement, Value, migrations};
use spin_sdk::sqlite3::{Connection, Error, Value as SpinValue};

/// How often a write asks for its turn; each time it waits as long as the host's `busy_timeout` says, 5 s by default.
const TURNS: u32 = 4;

/// The version of the database's tables; fails in a database without any.
const VERSION: &str = "SELECT max(version) FROM schema_version";

/// The default database of the application.
#[derive(Default)]
pub struct Sqlite;

/// Rows with values as Spin has them, bodies among them.
pub(crate) type SpinRows = Vec<Vec<SpinValue>>;

/// A connection, and what was seen to on it.
struct Session {
    connection: Connection,
    /// The tables are of the version that this component speaks to.
    current: Cell<bool>,
    /// Foreign keys are enforced.
    enforcing: Cell<bool>,
}

thread_local! {
    static SESSION: OnceCell<Session> = const { OnceCell::new() };
}

impl Database for Sqlite {
    fn batch(&self, kind: Kind, statements: Vec<Statement>) -> Result<Vec<Rows>, DatabaseError> {
        with_session(|session| session.batch(kind, statements))
    }
}

/// Runs statements as one transaction, whatever tables there are, and returns the rows of the last.
pub(crate) fn transaction(kind: Kind, statements: &[(&str, &[SpinValue])]) -> Result<SpinRows, DatabaseError> {
    with_session(|session| {
        session.begin(kind)?;
        let mut rows = SpinRows::new();
        let mut run = |(sql, params): &(&str, &[SpinValue])| session.query(sql, params).map(|found| rows = found);
        let done = statements.iter().try_for_each(&mut run).and_then(|()| session.run("COMMIT"));
        if done.is_err() {
            session.roll_back();
        }
        done.map(|()| rows)
    })
}

fn with_session<T>(work: impl FnOnce(&Session) -> Result<T, DatabaseError>) -> Result<T, DatabaseError> {
    SESSION.with(|session| match session.get() {
        Some(session) => work(session),
        None => {
            let opened = Session::open()?;
            work(session.get_or_init(|| opened))
        }
    })
}

impl Session {
    fn open() -> Result<Self, DatabaseError> {
        let connection = Connection::open_default().map_err(meaning)?;
        Ok(Self { connection, current: Cell::new(false), enforcing: Cell::new(false) })
    }

    /// Runs statements as one transaction, in a database that has its tables.
    fn batch(&self, kind: Kind, statements: Vec<Statement>) -> Result<Vec<Rows>, DatabaseError> {
        let executed = |statement: Statement| self.execute(&statement.sql, statement.params);
        if self.current.get() && kind == Kind::Read && statements.len() == 1 {
            // One statement is a transaction by itself.
            return statements.into_iter().map(executed).collect();
        }
        self.begin(kind)?;
        if !self.current.get() && !self.is_current() {
            self.roll_back();
            self.migrate()?;
            self.begin(kind)?;
        }
        self.current.set(true);
        let results = statements.into_iter().map(executed).collect::<Result<_, _>>().and_then(|results| {
            self.run("COMMIT")?;
            Ok(results)
        });
        if results.is_err() {
            self.roll_back();
        }
        results
    }

    /// Begins a transaction. A write is one from the start, so that it never fails for want of a lock once it has
    /// begun.
    fn begin(&self, kind: Kind) -> Result<(), DatabaseError> {
        match kind {
            Kind::Read => self.run("BEGIN"),
            Kind::Write => {
                self.enforce()?;
                let mut turn = 1;
                loop {
                    match self.run("BEGIN IMMEDIATE") {
                        Err(DatabaseError::Unavailable(_)) if turn < TURNS => turn += 1,
                        result => return result,
                    }
                }
            }
        }
    }

    /// Has foreign keys enforced. Hosts do so by default; what is deleted by them is too much to rely on that. Where
    /// they are it is not said again: SQLite would compile all its statements anew.
    fn enforce(&self) -> Result<(), DatabaseError> {
        if !self.enforcing.get() {
            if self.number("PRAGMA foreign_keys") != 1 {
                self.run("PRAGMA foreign_keys = ON")?;
            }
            self.enforcing.set(true);
        }
        Ok(())
    }

    /// Whether the tables are there, in the version of this component or a later one.
    fn is_current(&self) -> bool {
        self.version() >= migrations::VERSION
    }

    /// The version of the tables; 0 where there are none.
    fn version(&self) -> i64 {
        self.number(VERSION)
    }

    /// The number that a statement answers with; 0 where it answers none, or fails.
    fn number(&self, sql: &str) -> i64 {
        let rows = self.execute(sql, Vec::new()).unwrap_or_default();
        match rows.first().and_then(|row| row.first()) {
            Some(Value::Integer(number)) => *number,
            _ => 0,
        }
    }

    /// Makes or changes the tables. Of several instances that come to do it at once, one does.
    fn migrate(&self) -> Result<(), DatabaseError> {
        // Lasts in the file: readers do not wait for a writer, and a commit is one fsync. Where the host will not have
        // it, all works without.
        let _ = self.run("PRAGMA journal_mode = WAL");
        self.begin(Kind::Write)?;
        let mut statements = migrations::missing(self.version());
        let made = statements.try_for_each(|statement| self.run(statement)).and_then(|()| self.run("COMMIT"));
        if made.is_err() {
            self.roll_back();
        }
        made
    }

    /// Takes the transaction back. SQLite has done so already after some errors; then this fails, and means nothing.
    fn roll_back(&self) {
        let _ = self.run("ROLLBACK");
    }

    fn run(&self, sql: &str) -> Result<(), DatabaseError> {
        self.execute(sql, Vec::new()).map(drop)
    }

    fn execute(&self, sql: &str, params: Vec<Value>) -> Result<Rows, DatabaseError> {
        let params: Vec<SpinValue> = params.into_iter().map(to_spin).collect();
        let rows = self.query(sql, &params)?;
        rows.into_iter().map(|row| row.into_iter().map(from_spin).collect()).collect()
    }

    fn query(&self, sql: &str, params: &[SpinValue]) -> Result<SpinRows, DatabaseError> {
        let result = self.connection.execute(sql, params).map_err(meaning)?;
        Ok(result.rows.into_iter().map(|row| row.values).collect())
    }
}

fn to_spin(value: Value) -> SpinValue {
    match value {
        Value::Null => SpinValue::Null,
        Value::Integer(number) => SpinValue::Integer(number),
        Value::Real(number) => SpinValue::Real(number),
        Value::Text(text) => SpinValue::Text(text),
    }
}

fn from_spin(value: SpinValue) -> Result<Value, DatabaseError> {
    match value {
        SpinValue::Null => Ok(Value::Null),
        SpinValue::Integer(number) => Ok(Value::Integer(number)),
        SpinValue::Real(number) => Ok(Value::Real(number)),
        SpinValue::Text(text) => Ok(Value::Text(text)),
        SpinValue::Blob(_) => Err(DatabaseError::Other("a column is a BLOB".into())),
    }
}

/// What an error means. Spin has SQLite's message for most of them, and no code.
fn meaning(error: Error) -> DatabaseError {
    let text = match error {
        Error::Io(text) => text,
        Error::DatabaseFull => return DatabaseError::Full("the database is full".into()),
        other => return DatabaseError::Other(format!("{other:?}")),
    };
    if text.contains("constraint failed") {
        DatabaseError::Constraint(text)
    } else if text.contains("is locked") || text.contains("busy") {
        DatabaseError::Unavailable(text)
    } else if text.contains("disk is full") {
        DatabaseError::Full(text)
    } else {
        DatabaseError::Other(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_sqlite_are_understood() {
        let io = |text: &str| meaning(Error::Io(text.to_owned()));
        let guard = "NOT NULL constraint failed: guard.changed";
        assert_eq!(io(guard), DatabaseError::Constraint(guard.to_owned()));
        assert!(matches!(io("database is locked"), DatabaseError::Unavailable(_)));
        assert!(matches!(io("database or disk is full"), DatabaseError::Full(_)));
        assert!(matches!(io("no such table: schema_version"), DatabaseError::Other(_)));
        assert!(matches!(meaning(Error::DatabaseFull), DatabaseError::Full(_)));
        assert!(matches!(meaning(Error::AccessDenied), DatabaseError::Other(_)));
    }
}
