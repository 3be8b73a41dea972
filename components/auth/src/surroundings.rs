//! What the component imports, as a trait: the component has its imports behind it, the tests a few maps in memory.

use crate::accounts::{Change, Credential, Login, Refusal, Selector, UseOfCredential};
use crate::bindings::kalends::dav::{accounts, cache, settings};
use crate::store::{self, Arrangement, Guard, Lookup, Operation, Rejection, Snapshot};
use crate::types::{Failure, Principal};

/// Accounts, collections, the cache and the settings. The functions of the first two are one storage round trip each, and so is the
/// cache.
pub trait Surroundings {
    /// What a sign-in as `name` from `address` has to be judged by.
    fn find_login(&self, name: &str, address: Option<&str>) -> Result<Login, Failure>;
    /// The credential with this identifier, and whose it is. Its use may be noted on the way.
    fn find_credential(&self, id: &str, noted: &UseOfCredential) -> Result<Option<(Credential, Principal)>, Failure>;
    /// The credentials of a principal, newest first.
    fn credentials(&self, owner: u64) -> Result<Vec<Credential>, Failure>;
    /// The principals that a selector names, by name.
    fn principals(&self, selector: &Selector) -> Result<Vec<Principal>, Failure>;
    /// Makes all of the changes, or none.
    fn apply(&self, changes: &[Change]) -> Result<(), Refusal>;
    /// What is at places, as an asker sees it.
    fn read(&self, asker: u64, now: i64, lookups: &[Lookup]) -> Result<Snapshot, Failure>;
    /// The shares that a principal gives and has.
    fn shares(&self, of: u64) -> Result<Vec<Arrangement>, Failure>;
    /// Writes to collections on behalf of an asker.
    fn write(&self, asker: u64, guards: &[Guard], operations: &[Operation]) -> Result<(), Rejection>;
    /// What the cache holds under a key.
    fn recall(&self, key: &str) -> Option<String>;
    /// Puts a value into the cache for so many seconds.
    fn remember(&self, key: &str, value: &str, seconds: u32);
    /// A setting's value.
    fn setting(&self, name: &str) -> Option<String>;
}

/// The imports of the component.
pub struct Imported;

impl Surroundings for Imported {
    fn find_login(&self, name: &str, address: Option<&str>) -> Result<Login, Failure> {
        accounts::find_login(name, address)
    }

    fn find_credential(&self, id: &str, noted: &UseOfCredential) -> Result<Option<(Credential, Principal)>, Failure> {
        accounts::find_credential(id, noted)
    }

    fn credentials(&self, owner: u64) -> Result<Vec<Credential>, Failure> {
        accounts::credentials(owner)
    }

    fn principals(&self, selector: &Selector) -> Result<Vec<Principal>, Failure> {
        accounts::principals(selector)
    }

    fn apply(&self, changes: &[Change]) -> Result<(), Refusal> {
        accounts::apply(changes)
    }

    fn read(&self, asker: u64, now: i64, lookups: &[Lookup]) -> Result<Snapshot, Failure> {
        store::read(asker, now, lookups)
    }

    fn shares(&self, of: u64) -> Result<Vec<Arrangement>, Failure> {
        store::shares(of)
    }

    fn write(&self, asker: u64, guards: &[Guard], operations: &[Operation]) -> Result<(), Rejection> {
        store::apply(asker, guards, operations)
    }

    fn recall(&self, key: &str) -> Option<String> {
        cache::get(key)
    }

    fn remember(&self, key: &str, value: &str, seconds: u32) {
        cache::put(key, value, seconds);
    }

    fn setting(&self, name: &str) -> Option<String> {
        settings::get(name)
    }
}
