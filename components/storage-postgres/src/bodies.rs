//! Large bodies: a table of their own, since the hosts of this world have no files.

use kalends_storage::Blobs;
use kalends_storage::bindings::kalends::dav::types::Failure as StoreFailure;
use kalends_storage::postgres::{self, digests};
use spin_sdk::pg3::{DbValue, ParameterValue};

use crate::connection::{Failure, query_again};

/// Bodies that are read at once: of ten MiB each, they are within what a host holds for a component.
const AT_ONCE: usize = 8;

/// The table of bodies.
#[derive(Default)]
pub struct Bodies;

impl Blobs for Bodies {
    fn get(&self, wanted: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreFailure> {
        let mut bodies = vec![None; wanted.len()];
        for (chunk, places) in wanted.chunks(AT_ONCE).zip(bodies.chunks_mut(AT_ONCE)) {
            let rows = run("SELECT digest, body FROM blob WHERE digest IN (SELECT value FROM json_each($1))", chunk)?;
            for row in rows {
                if let [DbValue::Str(digest), DbValue::Binary(body)] = row.as_slice() {
                    let found = chunk.iter().zip(places.iter_mut()).filter(|(wanted, _)| *wanted == digest);
                    found.for_each(|(_, place)| *place = Some(body.clone()));
                }
            }
        }
        Ok(bodies)
    }

    fn put(&self, digest: &str, body: &[u8]) -> Result<(), StoreFailure> {
        const PUT: &str = "INSERT INTO blob (digest, body) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        let params = [ParameterValue::Str(digest.to_owned()), ParameterValue::Binary(body.to_vec())];
        ready(|| query_again(PUT, &params)).map(drop)
    }

    fn delete(&self, unwanted: &[String]) -> Result<(), StoreFailure> {
        run("DELETE FROM blob WHERE digest IN (SELECT value FROM json_each($1))", unwanted).map(drop)
    }
}

fn run(sql: &str, list: &[String]) -> Result<Vec<Vec<DbValue>>, StoreFailure> {
    let params = [ParameterValue::Str(digests(list))];
    ready(|| query_again(sql, &params))
}

/// Runs a statement; where the database is empty, makes its tables first.
fn ready(run: impl Fn() -> Result<Vec<Vec<DbValue>>, Failure>) -> Result<Vec<Vec<DbValue>>, StoreFailure> {
    let result = match run() {
        Err(Failure::Empty(_)) => query_again(&postgres::migration(), &[]).and_then(|_| run()),
        result => result,
    };
    result.map_err(|failure| match failure {
        Failure::Nothing(text) | Failure::Lost(text) => StoreFailure::Unavailable(text),
        Failure::Full(text) => StoreFailure::Full(text),
        Failure::Empty(text) | Failure::Refused(text) => StoreFailure::Broken(text),
    })
}
