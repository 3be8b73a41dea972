//! PostgreSQL, with a schema of its own for each test.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};

use kalends_storage::postgres::{self, Answer};
use kalends_storage::{Database, DatabaseError, Kind, Rows, Statement, Turn};

/// How often a write is tried that others are in the way of.
const TURNS: u32 = 5;

/// A connection to a schema with the tables in it.
pub struct Postgres {
    client: RefCell<::postgres::Client>,
    schema: String,
}

impl Postgres {
    /// A new schema in the database at an address.
    pub fn new(address: &str) -> Self {
        Self::upgraded(address, 0, "")
    }

    /// A new schema that was of an earlier version, and had data in it then.
    pub fn upgraded(address: &str, version: usize, data: &str) -> Self {
        static SCHEMAS: AtomicU32 = AtomicU32::new(0);
        let schema = format!("test_{}_{}", std::process::id(), SCHEMAS.fetch_add(1, Ordering::Relaxed));
        let postgres = Self::of(address, &schema);
        let mut client = postgres.client.borrow_mut();
        client.batch_execute(&format!("CREATE SCHEMA {schema}")).unwrap();
        postgres::MIGRATIONS[..version].iter().for_each(|file| client.batch_execute(file).unwrap());
        client.batch_execute(data).unwrap();
        // What is applied is not applied again.
        client.batch_execute(&postgres::migration()).unwrap();
        client.batch_execute(&postgres::migration()).unwrap();
        drop(client);
        postgres
    }

    /// Another connection to a schema.
    pub fn of(address: &str, schema: &str) -> Self {
        let mut client = ::postgres::Client::connect(address, ::postgres::NoTls).unwrap();
        client.batch_execute(&format!("SET search_path = {schema}")).unwrap();
        Self { client: RefCell::new(client), schema: schema.to_owned() }
    }

    /// The name of the schema.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// The one integer that a query yields.
    pub fn number(&self, sql: &str) -> i64 {
        self.client.borrow_mut().query_one(sql, &[]).unwrap().get(0)
    }

    /// Runs a statement without parameters.
    pub fn execute(&self, sql: &str) {
        self.client.borrow_mut().execute(sql, &[]).unwrap();
    }

    fn call(&self, kind: Kind, statements: &[Statement]) -> Answer {
        let request = postgres::request(kind, statements);
        let rows = self.client.borrow_mut().query(postgres::CALL, &[&request, &postgres::VERSION]);
        let rows = rows.unwrap_or_else(|error| panic!("{error}: {error:?}"));
        postgres::answer(statements.len(), rows.iter().map(|row| (row.get(0), row.get(1))))
    }
}

impl Database for &Postgres {
    fn batch(&self, kind: Kind, statements: Vec<Statement>) -> Result<Vec<Rows>, DatabaseError> {
        for _ in 0..TURNS {
            match self.call(kind, &statements) {
                Answer::Rows(rows) => return Ok(rows),
                Answer::Failed(error) => return Err(error),
                Answer::Again => {}
                Answer::Outdated => panic!("the tables are outdated"),
            }
        }
        Err(postgres::contended())
    }

    fn turn(&self, turn: &Turn) -> Option<Statement> {
        postgres::turn(turn)
    }
}
