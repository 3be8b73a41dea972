//! The cache, and the table that is one where there is no key-value store.

use crate::database::{Database, Kind, Statement};
use crate::rows::Columns;

/// A key-value memory that may forget, as the `cache` interface has it.
pub trait Memory {
    /// The value under a key.
    fn get(&self, key: &str) -> Option<String>;

    /// Remembers a value for so many seconds.
    fn put(&self, key: &str, value: &str, seconds: u32);

    /// Forgets a value.
    fn remove(&self, key: &str);
}

/// A memory in the `cache` table of the database. Time is the database's.
pub struct TableMemory<D>(pub D);

impl<D: Database> Memory for TableMemory<D> {
    fn get(&self, key: &str) -> Option<String> {
        const GET: &str = "SELECT value FROM cache WHERE key = ?1 AND expires > unixepoch()";
        let mut results = self.0.batch(Kind::Read, vec![Statement::new(GET, [key.into()])]).ok()?;
        Columns::of(results.pop()?.pop()?).text().ok()
    }

    fn put(&self, key: &str, value: &str, seconds: u32) {
        const PURGE: &str = "DELETE FROM cache WHERE expires <= unixepoch()";
        const PUT: &str = "INSERT INTO cache (key, value, expires) VALUES (?1, ?2, unixepoch() + ?3) \
            ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires";
        let statements =
            vec![Statement::new(PURGE, []), Statement::new(PUT, [key.into(), value.into(), seconds.into()])];
        // What cannot be remembered is worked out again: that is what the interface promises.
        let _ = self.0.batch(Kind::Write, statements);
    }

    fn remove(&self, key: &str) {
        let _ = self.0.batch(Kind::Write, vec![Statement::new("DELETE FROM cache WHERE key = ?1", [key.into()])]);
    }
}
