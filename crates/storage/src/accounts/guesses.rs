//! Guesses at account passwords, which are counted before they are made. They are among the failed sign-ins, under what
//! no name and no address is.

use crate::bindings::exports::kalends::dav::accounts::{Guess, Guesses};
use crate::bindings::kalends::dav::types::Failure;
use crate::database::{Rows, Statement};
use crate::rows::Columns;

use super::changes::failed;
use super::{by_address, by_name};

/// Counts a guess, whatever has failed; [`read`] takes the rows of the last statement.
pub(super) fn count(guess: &Guess) -> [Statement; 2] {
    failed(&guess.name, guess.address.as_deref(), guess.now, |_| ())
}

/// The same, where there are no more failures of the sign-in than the guess says.
pub(super) fn count_where_calm(guess: &Guess, name: &str, address: Option<&str>) -> [Statement; 2] {
    failed(&guess.name, guess.address.as_deref(), guess.now, |sql| {
        sql.push(" AND NOT EXISTS (SELECT 1 FROM attempt f WHERE f.subject = ").bind(by_name(name));
        sql.push(" AND f.failures > ").bind(guess.most_by_name);
        sql.push(") AND NOT EXISTS (SELECT 1 FROM attempt f WHERE f.subject = ").bind(address.map(by_address));
        sql.push(" AND f.failures > ").bind(guess.most_by_address).push(")");
    })
}

/// How many guesses there are; none where this one has not been counted.
pub(super) fn read(rows: Rows, guess: &Guess) -> Result<Option<Guesses>, Failure> {
    let mut guesses = Guesses { by_name: 0, by_address: 0 };
    let is_counted = !rows.is_empty();
    let name = by_name(&guess.name);
    for row in rows {
        let mut columns = Columns::of(row);
        let (subject, count) = (columns.text()?, columns.natural()?);
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        *(if subject == name { &mut guesses.by_name } else { &mut guesses.by_address }) = count;
    }
    Ok(is_counted.then_some(guesses))
}
