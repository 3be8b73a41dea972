//! What the component imports, as a trait: the component has its imports behind it, the tests a few maps in memory.

use crate::accounts::{Change, Credential, Guess, Guesses, Login, Refusal, Selector, UseOfCredential};
use crate::bindings::kalends::dav::{accounts, cache, settings};
use crate::store::{self, Dossier, Guard, Inquiry, Operation, Rejection};
use crate::types::{Failure, Principal};

/// A credential, whose it is, and the standing at that moment.
pub type Found = (Credential, Principal, u64);

/// Accounts, collections, the cache and the settings. The functions of the first two are one storage round trip each,
/// and so is the cache.
pub trait Surroundings {
    /// What a sign-in as `name` from `address` has to be judged by. The guess may be counted on the way.
    fn find_login(&self, name: &str, address: Option<&str>, guess: &Guess)
    -> Result<(Login, Option<Guesses>), Failure>;
    /// Counts a guess.
    fn count_guess(&self, guess: &Guess) -> Result<Guesses, Failure>;
    /// The credential with this identifier, whose it is, and the standing. Its use may be noted on the way.
    fn find_credential(&self, id: &str, noted: &UseOfCredential) -> Result<Option<Found>, Failure>;
    /// The principals that a selector names, by name.
    fn principals(&self, selector: &Selector) -> Result<Vec<Principal>, Failure>;
    /// Makes all of the changes, or none.
    fn apply(&self, changes: &[Change]) -> Result<(), Refusal>;
    /// What there is to tell of an account or a group, by its name; none where nobody has it.
    fn inquire(&self, about: &Inquiry) -> Result<Option<Dossier>, Failure>;
    /// Writes to collections on behalf of an asker; the numbers of those that are new.
    fn write(&self, asker: u64, guards: &[Guard], operations: &[Operation]) -> Result<Vec<u64>, Rejection>;
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
    fn find_login(
        &self,
        name: &str,
        address: Option<&str>,
        guess: &Guess,
    ) -> Result<(Login, Option<Guesses>), Failure> {
        accounts::find_login(name, address, guess)
    }

    fn count_guess(&self, guess: &Guess) -> Result<Guesses, Failure> {
        accounts::count_guess(guess)
    }

    fn find_credential(&self, id: &str, noted: &UseOfCredential) -> Result<Option<Found>, Failure> {
        accounts::find_credential(id, noted)
    }

    fn principals(&self, selector: &Selector) -> Result<Vec<Principal>, Failure> {
        accounts::principals(selector)
    }

    fn apply(&self, changes: &[Change]) -> Result<(), Refusal> {
        accounts::apply(changes)
    }

    fn inquire(&self, about: &Inquiry) -> Result<Option<Dossier>, Failure> {
        store::inquire(about)
    }

    fn write(&self, asker: u64, guards: &[Guard], operations: &[Operation]) -> Result<Vec<u64>, Rejection> {
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
