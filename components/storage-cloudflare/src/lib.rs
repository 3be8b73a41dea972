//! Storage in D1, R2 and KV, which the worker hands in. What the statements are is in `crates/storage`; `wrangler d1
//! migrations apply` makes the tables.

use kalends_storage::bindings::kalends::dav::types::Failure;
use kalends_storage::{Blobs, Database, DatabaseError, Kind, Memory, Rows, Statement, Storage, Value, World};

/// The imports as Rust, made by wit-bindgen.
#[allow(missing_docs, unsafe_code, clippy::all, clippy::unwrap_used, clippy::panic, clippy::todo)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "
            package kalends:storage-cloudflare;
            world bound {
                import kalends:dav/d1@0.1.0;
                import kalends:dav/r2@0.1.0;
                import kalends:dav/kv@0.1.0;
                import kalends:dav/settings@0.1.0;
            }
        ",
        world: "kalends:storage-cloudflare/bound",
        generate_all,
    });
}

use bindings::kalends::dav::{d1, kv, r2, settings};

/// How often a call is made that failed, where making it again does no harm. The platform itself asks for that:
/// <https://developers.cloudflare.com/d1/best-practices/retry-queries/>
const TRIES: u32 = 3;

/// Octets of bodies that one read brings at the most, or those of the largest resource: an isolate has 128 MB for all
/// that it does at a time, and a calendar's stream takes some seven times as much as its bodies in the components'
/// memories.
const BODIES_AT_ONCE: u64 = 10 * 1024 * 1024;

/// What D1 says where there is no room for more in the database, or in all of the account's.
const FULL: [&str; 3] = ["SQLITE_FULL", "maximum DB size", "maximum account storage limit"];

/// Objects that one call to R2 removes at most.
const REMOVED_AT_ONCE: usize = 1000;

/// The component.
pub struct Component;

impl World for Component {
    type Database = D1;
    type Blobs = R2;
    type Memory = Kv;

    fn setting(name: &str) -> Option<String> {
        settings::get(name)
    }

    fn storage() -> Storage<D1, R2> {
        let largest = Self::setting("max_resource_size").and_then(|octets| octets.parse().ok());
        Storage { bodies_at_once: BODIES_AT_ONCE.max(largest.unwrap_or_default()), ..Storage::new(D1, R2) }
    }

    fn memory() -> Kv {
        Kv
    }
}

// Only a component has names like these to export: a native linker refuses them.
#[cfg(target_family = "wasm")]
#[allow(unsafe_code)]
mod exports {
    use super::Component;
    kalends_storage::export!(Component);
}

/// The database. Its batches are transactions, whether they read or write.
pub struct D1;

impl Database for D1 {
    fn notes_while_reading(&self) -> bool {
        true
    }

    fn bounds_texts(&self) -> bool {
        true
    }

    fn batch(&self, kind: Kind, statements: Vec<Statement>) -> Result<Vec<Rows>, DatabaseError> {
        let statements: Vec<d1::Statement> = statements
            .into_iter()
            .map(|Statement { sql, params }| d1::Statement {
                sql: sql.into_owned(),
                params: params.into_iter().map(to_d1).collect(),
            })
            .collect();
        let results = match kind {
            Kind::Read => again(passes, || d1::batch(&statements)),
            // Whether it was written is not known: its guards would not hold a second time.
            Kind::Write => d1::batch(&statements),
        };
        let results = results.map_err(meaning)?;
        Ok(results.into_iter().map(|rows| rows.into_iter().map(row).collect()).collect())
    }
}

/// Whether an error may be gone the next time: one for the limit of the day is not before the next day.
fn passes(error: &d1::Error) -> bool {
    matches!(error, d1::Error::Transient(text) if !text.contains("daily"))
}

/// Calls again where an error is one that passes.
fn again<T, E>(passes: impl Fn(&E) -> bool, mut call: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    let mut tries = 1;
    loop {
        match call() {
            Err(error) if passes(&error) && tries < TRIES => tries += 1,
            result => return result,
        }
    }
}

fn row(row: Vec<d1::Value>) -> Vec<Value> {
    row.into_iter().map(from_d1).collect()
}

fn to_d1(value: Value) -> d1::Value {
    match value {
        Value::Null => d1::Value::Null,
        Value::Integer(number) => d1::Value::Integer(number),
        Value::Real(number) => d1::Value::Real(number),
        Value::Text(text) => d1::Value::Text(text),
    }
}

fn from_d1(value: d1::Value) -> Value {
    match value {
        d1::Value::Null => Value::Null,
        d1::Value::Integer(number) => Value::Integer(number),
        d1::Value::Real(number) => Value::Real(number),
        d1::Value::Text(text) => Value::Text(text),
    }
}

fn meaning(error: d1::Error) -> DatabaseError {
    match error {
        d1::Error::Constraint(text) => DatabaseError::Constraint(text),
        d1::Error::Transient(text) => DatabaseError::Unavailable(text),
        d1::Error::Other(text) if FULL.iter().any(|full| text.contains(full)) => DatabaseError::Full(text),
        d1::Error::Other(text) => DatabaseError::Other(text),
    }
}

/// The bucket: bodies under `blobs/` and their digest. What has a digest for a name is the same however often it is
/// written or removed, so all calls can be made again.
pub struct R2;

impl Blobs for R2 {
    fn get(&self, digests: &[String]) -> Result<Vec<Option<Vec<u8>>>, Failure> {
        let keys = keys(digests);
        again(|_| true, || r2::get(&keys)).map_err(Failure::Unavailable)
    }

    fn put(&self, digest: &str, body: &[u8]) -> Result<(), Failure> {
        again(|_| true, || r2::put(&key(digest), body, digest)).map_err(Failure::Unavailable)
    }

    fn delete(&self, digests: &[String]) -> Result<(), Failure> {
        keys(digests)
            .chunks(REMOVED_AT_ONCE)
            .try_for_each(|some| again(|_| true, || r2::delete(some)))
            .map_err(Failure::Unavailable)
    }
}

fn keys(digests: &[String]) -> Vec<String> {
    digests.iter().map(|digest| key(digest)).collect()
}

fn key(digest: &str) -> String {
    format!("blobs/{digest}")
}

/// The namespace. What it cannot do is forgotten, as the cache may.
pub struct Kv;

impl Memory for Kv {
    fn get(&self, key: &str) -> Option<String> {
        kv::get(key).ok().flatten()
    }

    fn put(&self, key: &str, value: &str, seconds: u32) {
        let _ = kv::put(key, value, seconds);
    }

    fn remove(&self, key: &str) {
        let _ = kv::delete(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_d1_says_is_told_apart() {
        let other = |text: &str| meaning(d1::Error::Other(text.to_owned()));
        for full in [
            "D1_ERROR: database or disk is full: SQLITE_FULL",
            "D1_ERROR: Exceeded maximum DB size.",
            "D1_ERROR: Your account has exceeded D1's maximum account storage limit, please contact Cloudflare to raise your limit",
        ] {
            assert!(matches!(other(full), DatabaseError::Full(_)), "{full}");
        }
        assert!(matches!(other("D1_ERROR: no such table: x: SQLITE_ERROR"), DatabaseError::Other(_)));
        let transient = |text: &str| d1::Error::Transient(text.to_owned());
        assert!(passes(&transient("D1_ERROR: Network connection lost.")));
        let today = "D1_ERROR: Your account has exceeded D1's free tier daily row read limit.";
        assert!(!passes(&transient(today)));
        assert!(matches!(meaning(transient(today)), DatabaseError::Unavailable(_)));
    }

    fn tried(outcomes: &[Result<u8, bool>]) -> (Result<u8, bool>, usize) {
        let mut calls = 0;
        let result = again(
            |passes| *passes,
            || {
                calls += 1;
                outcomes[calls - 1]
            },
        );
        (result, calls)
    }

    #[test]
    fn what_passes_is_tried_again_and_not_for_ever() {
        assert_eq!(tried(&[Ok(1)]), (Ok(1), 1));
        assert_eq!(tried(&[Err(true), Ok(1)]), (Ok(1), 2));
        assert_eq!(tried(&[Err(false), Ok(1)]), (Err(false), 1));
        assert_eq!(tried(&[Err(true), Err(true), Err(true), Ok(1)]), (Err(true), 3));
    }
}
