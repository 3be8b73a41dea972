//! The exported interfaces, for whatever [`World`] a storage component is.

use crate::bindings::exports::kalends::dav::accounts::{
    self, Change, Credential, Guess, Guesses, Login, Refusal, Selector, UseOfCredential,
};
use crate::bindings::exports::kalends::dav::cache;
use crate::bindings::exports::kalends::dav::store::{
    self, Arrangement, Dossier, Findings, Guard, Inquiry, Lookup, Operation, Rejection, Snapshot,
};
use crate::bindings::kalends::dav::types::{Failure, Principal};
use crate::{Blobs, Database, Memory, Storage, TOMBSTONE_DAYS};

/// What makes a storage component: where its database, its blobs, its cache and its settings are.
pub trait World {
    /// Runs SQL.
    type Database: Database;
    /// Keeps large bodies.
    type Blobs: Blobs;
    /// Is the cache.
    type Memory: Memory;

    /// The value of a setting, as the `settings` interface has it.
    fn setting(name: &str) -> Option<String>;

    /// The storage. It is asked for at every call, so making it costs nothing.
    fn storage() -> Storage<Self::Database, Self::Blobs>;

    /// The cache.
    fn memory() -> Self::Memory;
}

impl<W: World> store::Guest for W {
    fn read(asker: u64, now: i64, lookups: Vec<Lookup>) -> Result<Snapshot, Failure> {
        W::storage().read(asker, now, lookups)
    }

    fn survey(
        asker: u64,
        now: i64,
        lookups: Vec<Lookup>,
        selector: Option<Selector>,
        related: Vec<u64>,
    ) -> Result<Findings, Failure> {
        W::storage().survey(asker, now, lookups, selector.as_ref(), &related)
    }

    fn shares(of: u64) -> Result<(Vec<Arrangement>, u64), Failure> {
        W::storage().shares(of)
    }

    fn inquire(about: Inquiry) -> Result<Option<Dossier>, Failure> {
        W::storage().inquire(&about)
    }

    fn apply(asker: u64, guards: Vec<Guard>, operations: Vec<Operation>) -> Result<Vec<u64>, Rejection> {
        let days = W::setting("tombstone_days").and_then(|days| days.trim().parse().ok());
        let storage = Storage { tombstone_days: days.unwrap_or(TOMBSTONE_DAYS), ..W::storage() };
        storage.apply(asker, guards, operations)
    }
}

impl<W: World> accounts::Guest for W {
    fn find_login(name: String, address: Option<String>, guess: Guess) -> Result<(Login, Option<Guesses>), Failure> {
        W::storage().find_login(&name, address.as_deref(), &guess)
    }

    fn count_guess(guess: Guess) -> Result<Guesses, Failure> {
        W::storage().count_guess(&guess)
    }

    fn find_credential(id: String, noted: UseOfCredential) -> Result<Option<(Credential, Principal, u64)>, Failure> {
        W::storage().find_credential(&id, &noted)
    }

    fn principals(selector: Selector) -> Result<Vec<Principal>, Failure> {
        W::storage().principals(&selector)
    }

    fn apply(changes: Vec<Change>) -> Result<(), Refusal> {
        W::storage().change(changes)
    }
}

impl<W: World> cache::Guest for W {
    fn get(key: String) -> Option<String> {
        W::memory().get(&key)
    }

    fn put(key: String, value: String, seconds: u32) {
        W::memory().put(&key, &value, seconds);
    }

    fn remove(key: String) {
        W::memory().remove(&key);
    }
}
