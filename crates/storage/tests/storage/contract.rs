//! The contract of storage (`tests/contract`), natively.

use kalends_contract::{CASES, Case, Storage, World as Asked};
use kalends_storage::bindings::exports::kalends::dav::accounts::{Change, Guess, Guesses, Login, Refusal, Selector};

use crate::support::*;

impl Storage for World {
    fn read(&self, asker: u64, now: i64, lookups: Vec<Lookup>) -> Result<Snapshot, Failure> {
        self.storage().read(asker, now, lookups)
    }

    fn survey(
        &self,
        asker: u64,
        lookups: Vec<Lookup>,
        selector: Option<Selector>,
        related: Vec<u64>,
    ) -> Result<Findings, Failure> {
        self.storage().survey(asker, 1000, lookups, selector.as_ref(), &related)
    }

    fn apply(&self, asker: u64, guards: Vec<Guard>, operations: Vec<Operation>) -> Result<Vec<u64>, Rejection> {
        self.making(asker, guards, operations)
    }

    fn find_login(
        &self,
        name: &str,
        address: Option<&str>,
        guess: &Guess,
    ) -> Result<(Login, Option<Guesses>), Failure> {
        self.storage().find_login(name, address, guess)
    }

    fn count_guess(&self, guess: &Guess) -> Result<Guesses, Failure> {
        self.storage().count_guess(guess)
    }

    fn inquire(&self, about: Inquiry) -> Result<Option<Dossier>, Failure> {
        self.storage().inquire(&about)
    }

    fn change(&self, changes: Vec<Change>) -> Result<(), Refusal> {
        self.storage().change(changes)
    }
}

/// Every case in one world; several writers come one after the other.
#[test]
fn every_case_holds() {
    let world = World::new();
    for (number, Case { name, begin, writers }) in CASES.iter().enumerate() {
        println!("{name}");
        let asked = Asked::new(&world, &number.to_string());
        begin(&asked);
        if let Some(writers) = writers {
            (0..writers.count).for_each(|writer| (writers.write)(&asked, writer));
            (writers.end)(&asked);
        }
    }
}
