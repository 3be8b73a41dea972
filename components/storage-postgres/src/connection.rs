//! The connection: one, opened when the instance first needs it. On Spin an instance lives as long as a request, and
//! the host keeps connections for the next.

use std::cell::RefCell;
use std::thread::sleep;
use std::time::Duration;

use kalends_spin::setting;
use spin_sdk::pg3::{Connection, DbValue, ParameterValue, PgError};

/// The setting that says where the database is: a URL (`postgres://...`), or the words of libpq
/// (`host=... dbname=...`).
const ADDRESS: &str = "postgres_url";

/// Milliseconds to wait before each further attempt to connect: together about as long as a server takes that restarts.
const WAITS: [u64; 6] = [50, 100, 200, 400, 800, 1600];

thread_local! {
    static CONNECTION: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    /// Nothing happened, and nothing stands in the way of another attempt.
    Nothing(String),
    /// The connection was lost; what was sent on it may have happened or not.
    Lost(String),
    /// The database lacks a function or a table: it is empty.
    Empty(String),
    /// The server has no room left for it; nothing happened.
    Full(String),
    /// Anything else; nothing happened.
    Refused(String),
}

/// Runs a statement that may be repeated though it has happened already, and returns its rows.
pub(crate) fn query_again(sql: &str, params: &[ParameterValue]) -> Result<Vec<Vec<DbValue>>, Failure> {
    match query(sql, params) {
        Err(Failure::Lost(_) | Failure::Nothing(_)) => query(sql, params),
        result => result,
    }
}

/// Runs a statement and returns its rows. It is sent once, or, where it certainly did not happen, twice.
pub(crate) fn query_once(sql: &str, params: &[ParameterValue]) -> Result<Vec<Vec<DbValue>>, Failure> {
    match query(sql, params) {
        Err(Failure::Nothing(_)) => query(sql, params),
        result => result,
    }
}

/// Runs a statement on the connection, which is let go where it is lost.
fn query(sql: &str, params: &[ParameterValue]) -> Result<Vec<Vec<DbValue>>, Failure> {
    CONNECTION.with_borrow_mut(|open| {
        let connection = match open.take() {
            Some(connection) => connection,
            None => connect()?,
        };
        let result = connection.query(sql, params).map(|set| set.rows).map_err(meaning);
        if !matches!(result, Err(Failure::Lost(_) | Failure::Nothing(_))) {
            *open = Some(connection);
        }
        result
    })
}

/// Connects. A server that restarts is waited for.
fn connect() -> Result<Connection, Failure> {
    let address = setting(ADDRESS).ok_or_else(|| Failure::Refused(format!("the variable {ADDRESS} is not set")))?;
    for wait in WAITS {
        if let Ok(connection) = Connection::open(&address) {
            return Ok(connection);
        }
        sleep(Duration::from_millis(wait));
    }
    Connection::open(&address).map_err(|error| Failure::Lost(text(error)))
}

/// What an error means. Hosts have the text of the driver's error for it, with PostgreSQL's code in it where it is one
/// of PostgreSQL's.
fn meaning(error: PgError) -> Failure {
    let failed = matches!(error, PgError::QueryFailed(_) | PgError::Other(_));
    let text = text(error);
    let code = |codes: &[&str]| codes.iter().any(|code| text.contains(&format!("SqlState(E{code})")));
    if !failed {
        Failure::Refused(text)
    } else if text.contains("severity: \"PANIC\"") {
        // The server ends where its log cannot be written, a commit being the last thing in it perhaps.
        Failure::Lost(text)
    } else if text.contains("SqlState(E53") {
        Failure::Full(text)
    } else if code(&["42883", "42P01"]) {
        Failure::Empty(text)
    } else if code(&["57P01", "57P02", "57P03", "40001", "40P01"]) {
        // The server ended the session, or let another write pass, and told so: the transaction was taken back.
        Failure::Nothing(text)
    } else if text.contains("SqlState(") {
        Failure::Refused(text)
    } else {
        Failure::Lost(text)
    }
}

fn text(error: PgError) -> String {
    match error {
        PgError::ConnectionFailed(text)
        | PgError::BadParameter(text)
        | PgError::QueryFailed(text)
        | PgError::ValueConversionFailed(text)
        | PgError::Other(text) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_driver_s_texts_are_understood() {
        let failed = |code: &str| {
            let text = format!("Error {{ kind: Db, cause: Some(DbError {{ code: SqlState({code}) }}) }}");
            meaning(PgError::QueryFailed(text))
        };
        assert!(matches!(failed("E42883"), Failure::Empty(_)));
        assert!(matches!(failed("E57P01"), Failure::Nothing(_)));
        assert!(matches!(failed("E22P05"), Failure::Refused(_)));
        assert!(matches!(failed("E53100"), Failure::Full(_)));
        let panic = "Error { cause: Some(DbError { severity: \"PANIC\", code: SqlState(E53100) }) }".to_owned();
        assert!(matches!(meaning(PgError::QueryFailed(panic)), Failure::Lost(_)));
        let lost = PgError::QueryFailed("Error { kind: Closed, cause: None }".to_owned());
        assert!(matches!(meaning(lost), Failure::Lost(_)));
        assert!(matches!(meaning(PgError::BadParameter(String::new())), Failure::Refused(_)));
    }
}
