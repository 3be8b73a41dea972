//! What a storage world has to bring: something that runs a batch of SQL statements at once.

use std::borrow::Cow;

use crate::turn::Turn;

/// A value of a row or a parameter. There are no BLOBs here: D1 has none worth using.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL
    Null,
    /// INTEGER, within ±2^53.
    Integer(i64),
    /// REAL. Kalends stores none; D1 may yield one where a number has no fraction.
    Real(f64),
    /// TEXT
    Text(String),
}

/// A statement with the values of `?1`, `?2`, ...; at most 100 of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// One SQL statement.
    pub sql: Cow<'static, str>,
    /// Its parameters, `?1` first.
    pub params: Vec<Value>,
}

/// What a statement returned: its rows, each with its columns in order.
pub type Rows = Vec<Vec<Value>>;

/// What a batch does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only reads; all its statements see one snapshot.
    Read,
    /// It writes: all of it, durably, or nothing.
    Write,
}

/// Why a batch did not happen.
#[derive(Debug, Clone, PartialEq)]
pub enum DatabaseError {
    /// A constraint was violated and nothing was written; SQLite's message, which names the columns.
    Constraint(String),
    /// Busy or out of reach for the moment.
    Unavailable(String),
    /// The disk or the plan is full; nothing was written.
    Full(String),
    /// Anything else.
    Other(String),
}

/// Runs SQL.
pub trait Database {
    /// Runs the statements in order, in one transaction and one round trip, and returns the rows of each.
    fn batch(&self, kind: Kind, statements: Vec<Statement>) -> Result<Vec<Rows>, DatabaseError>;

    /// Whether a batch that reads may have a statement in it which writes, and need not: one that does no harm when it
    /// is made again. In D1 such a batch costs no more than another; elsewhere it would wait for its turn among the
    /// writers.
    fn notes_while_reading(&self) -> bool {
        false
    }

    /// Whether a text in a row must not be of any length: D1 refuses one of more than two million octets.
    fn bounds_texts(&self) -> bool {
        false
    }

    /// The statement that a write begins with in a database that lets several writers in at once, so that nobody is in
    /// its way; none where writers are let in one by one.
    fn turn(&self, _: &Turn) -> Option<Statement> {
        None
    }
}

impl Statement {
    /// A statement of fixed text.
    pub fn new<const N: usize>(sql: &'static str, params: [Value; N]) -> Self {
        Self { sql: Cow::Borrowed(sql), params: params.into() }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Integer(number)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Value::Integer(number.into())
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Value::Integer(truth.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}
