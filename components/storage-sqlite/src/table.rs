//! Large bodies in a table of their own, which is made when the first one comes: most databases have none.

use kalends_storage::bindings::kalends::dav::types::Failure;
use kalends_storage::{DatabaseError, Kind};
use spin_sdk::sqlite3::Value;

use crate::database::{SpinRows, transaction};

const MAKE: &str = "CREATE TABLE IF NOT EXISTS body (digest TEXT PRIMARY KEY, body BLOB NOT NULL)";

/// The body of a digest; none where there is none, or no table.
pub(crate) fn read(digest: &str) -> Result<Option<Vec<u8>>, Failure> {
    let rows = run(Kind::Read, &[("SELECT body FROM body WHERE digest = ?1", &[text(digest)])])?;
    let value = rows.into_iter().next().and_then(|row| row.into_iter().next());
    Ok(value.and_then(|value| match value {
        Value::Blob(body) => Some(body),
        _ => None,
    }))
}

/// Stores a body durably.
pub(crate) fn write(digest: &str, body: &[u8]) -> Result<(), Failure> {
    const PUT: &str = "INSERT INTO body (digest, body) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    run(Kind::Write, &[(MAKE, &[]), (PUT, &[text(digest), Value::Blob(body.to_vec())])]).map(drop)
}

/// Removes bodies; those that are not there are no error.
pub(crate) fn remove(digests: &[String]) -> Result<(), Failure> {
    let one = |digest: &String| run(Kind::Write, &[("DELETE FROM body WHERE digest = ?1", &[text(digest)])]);
    digests.iter().try_for_each(|digest| one(digest).map(drop))
}

/// Runs statements as one transaction, and returns the rows of the last. A table that is not there has none.
fn run(kind: Kind, statements: &[(&str, &[Value])]) -> Result<SpinRows, Failure> {
    match transaction(kind, statements) {
        Err(DatabaseError::Other(text)) if text.contains("no such table: body") => Ok(SpinRows::new()),
        result => Ok(result?),
    }
}

fn text(digest: &str) -> Value {
    Value::Text(digest.to_owned())
}
