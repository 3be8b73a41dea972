//! The database: batches as calls of `kalends_run`.

use std::thread::sleep;
use std::time::Duration;

use kalends_storage::postgres::{self, Answer};
use kalends_storage::{Database, DatabaseError, Kind, Rows, Statement, Turn};
use spin_sdk::pg3::{DbValue, ParameterValue};

use crate::connection::{Failure, query_again, query_once};

/// How often a write is tried that others are in the way of, and how long it waits in between: longer each time.
const TURNS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(5);

/// The database that the setting names.
#[derive(Default)]
pub struct Postgres;

impl Database for Postgres {
    fn batch(&self, kind: Kind, statements: Vec<Statement>) -> Result<Vec<Rows>, DatabaseError> {
        let request = postgres::request(kind, &statements);
        let mut turn = 1;
        let mut migrated = false;
        loop {
            match call(kind, &request, statements.len()) {
                Ok(Answer::Rows(rows)) => return Ok(rows),
                Ok(Answer::Failed(error)) => return Err(error),
                Ok(Answer::Again) if turn < TURNS => {
                    sleep(PAUSE * turn);
                    turn += 1;
                }
                Ok(Answer::Again) => return Err(postgres::contended()),
                Ok(Answer::Outdated) | Err(Failure::Empty(_)) if !migrated => {
                    query_once(&postgres::migration(), &[]).map_err(meaning)?;
                    migrated = true;
                }
                Ok(Answer::Outdated) => {
                    return Err(DatabaseError::Other("the tables stay of an earlier version".into()));
                }
                Err(failure) => return Err(meaning(failure)),
            }
        }
    }

    fn turn(&self, turn: &Turn) -> Option<Statement> {
        postgres::turn(turn)
    }
}

/// Calls the function that runs a batch.
fn call(kind: Kind, request: &str, statements: usize) -> Result<Answer, Failure> {
    let params = [ParameterValue::Str(request.to_owned()), ParameterValue::Int64(postgres::VERSION)];
    let rows = match kind {
        Kind::Read => query_again(postgres::CALL, &params)?,
        Kind::Write => query_once(postgres::CALL, &params)?,
    };
    let rows: Option<Vec<(i64, String)>> = rows.into_iter().map(numbered).collect();
    let rows = rows.ok_or_else(|| Failure::Refused("the database answered with other columns".into()))?;
    Ok(postgres::answer(statements, rows))
}

/// A statement's number, and a row of it as JSON.
fn numbered(row: Vec<DbValue>) -> Option<(i64, String)> {
    let mut columns = row.into_iter();
    match (columns.next(), columns.next()) {
        (Some(DbValue::Int64(statement)), Some(DbValue::Str(columns))) => Some((statement, columns)),
        _ => None,
    }
}

fn meaning(failure: Failure) -> DatabaseError {
    match failure {
        Failure::Nothing(text) | Failure::Lost(text) => DatabaseError::Unavailable(text),
        Failure::Full(text) => DatabaseError::Full(text),
        Failure::Empty(text) | Failure::Refused(text) => DatabaseError::Other(text),
    }
}
