//! PostgreSQL, with a schema of its own for each test.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};

use kalends_storage::postgres::{self, Answer};
use kalends_storage::{Database, DatabaseError, Kind, Rows, Statement, Turn};

/// A schema with the tables in it.
pub struct Postgres(RefCell<::postgres::Client>);

impl Postgres {
    /// A new schema in the database at an address.
    pub fn new(address: &str) -> Self {
        static SCHEMAS: AtomicU32 = AtomicU32::new(0);
        let schema = format!("test_{}_{}", std::process::id(), SCHEMAS.fetch_add(1, Ordering::Relaxed));
        let mut client = ::postgres::Client::connect(address, ::postgres::NoTls).unwrap();
        client.batch_execute(&format!("CREATE SCHEMA {schema}; SET search_path = {schema}")).unwrap();
        client.batch_execute(&postgres::migration()).unwrap();
        client.batch_execute(&postgres::migration()).unwrap();
        Self(RefCell::new(client))
    }

    /// The one integer that a query yields.
    pub fn number(&self, sql: &str) -> i64 {
        self.0.borrow_mut().query_one(sql, &[]).unwrap().get(0)
    }

    /// Runs a statement without parameters.
    pub fn execute(&self, sql: &str) {
        self.0.borrow_mut().execute(sql, &[]).unwrap();
    }
}

impl Database for &Postgres {
    fn batch(&self, kind: Kind, statements: Vec<Statement>) -> Result<Vec<Rows>, DatabaseError> {
        let request = postgres::request(&statements);
        let rows = self.0.borrow_mut().query(postgres::call(kind), &[&request, &postgres::VERSION]);
        let rows = rows.unwrap_or_else(|error| panic!("{error:?}\n{request}"));
        match postgres::answer(statements.len(), rows.iter().map(|row| (row.get(0), row.get(1)))) {
            Answer::Rows(rows) => Ok(rows),
            Answer::Failed(error) => Err(error),
            other => panic!("{other:?}"),
        }
    }

    fn turn(&self, turn: &Turn) -> Option<Statement> {
        postgres::turn(turn)
    }
}
