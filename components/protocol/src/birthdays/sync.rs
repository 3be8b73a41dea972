//! What has changed in the calendar of birthdays. Its state is that of all address books that it is computed from, so
//! that is what a token says.

use std::collections::BTreeMap;

use super::{Calendar, day};
use crate::context::{Context, lookup};
use crate::properties::{text_of, with_text};
use crate::refusal::{Refusal, Result};
use crate::reports::{Told, token_is_not_valid};
use crate::store::{Collection, Detail, Lookup, Resource, Selection, Since};
use crate::sync_token;
use crate::types::{Home, Place, Property};
use crate::xml::KALENDS;

/// The property of the calendar that has its address books: a line each of number, change number, forgotten change
/// number and path.
const BOOKS: &str = "computed-from";

/// An address book that the calendar is computed from.
#[derive(Debug, PartialEq)]
struct Book {
    id: u64,
    seq: u64,
    forgotten: u64,
    path: String,
}

impl Calendar {
    /// The property that has the address books.
    pub(super) fn computed_from(books: &[&Collection]) -> Property {
        let line = |book: &&Collection| format!("{} {} {} {}", book.id, book.seq, book.forgotten, book.place.path);
        with_text(KALENDS, BOOKS, &books.iter().map(line).collect::<Vec<_>>().join("\n"))
    }
}

/// The address books that the calendar of birthdays was computed from, by number.
fn books(calendar: &Collection) -> Vec<Book> {
    let text = text_of(calendar, KALENDS, BOOKS).unwrap_or_default();
    let mut books: Vec<Book> = text.lines().filter_map(book).collect();
    books.sort_unstable_by_key(|book| book.id);
    books
}

fn book(line: &str) -> Option<Book> {
    let mut parts = line.splitn(4, ' ');
    let mut number = || parts.next()?.parse::<u64>().ok();
    let (id, seq, forgotten) = (number()?, number()?, number()?);
    Some(Book { id, seq, forgotten, path: parts.next()?.to_owned() })
}

/// The state of the calendar of birthdays, for tokens: of each address book its number and its change number
/// (`3.17_5.20`).
pub fn state(calendar: &Collection) -> String {
    books(calendar).iter().map(|book| format!("{}.{}", book.id, book.seq)).collect::<Vec<_>>().join("_")
}

/// Change numbers by address book; none where the state is none, or cannot be told from today's: a book is gone, or its
/// removals are forgotten.
fn known(state: &str, books: &[Book]) -> Option<BTreeMap<u64, u64>> {
    let entry = |entry: &str| {
        let (id, seq) = entry.split_once('.')?;
        let (id, seq) = (id.parse().ok()?, seq.parse().ok()?);
        let book = books.iter().find(|book| book.id == id)?;
        (book.forgotten..=book.seq).contains(&seq).then_some((id, seq))
    };
    state.split('_').filter(|entry| !entry.is_empty()).map(entry).collect()
}

/// What is to be told to a client with a token (empty for none): the events of cards that have changed, and the names
/// that those cards and removed ones have not, or not any more. Whether the client had an event of that name cannot be
/// known, and does not matter to it. One storage round trip, where an address book has changed.
///
/// # Errors
/// 403 `valid-sync-token`; 403 `number-of-matches-within-limits` where a limit would leave something out: there is
/// nothing to go on from (RFC 6578 §3.2).
pub fn changes<'a>(
    context: &Context,
    epoch: &str,
    (calendar, events): (&Collection, &'a [Resource]),
    token: &str,
    limit: Option<u32>,
) -> Result<Told<'a>> {
    let books = books(calendar);
    let known = match token {
        "" => BTreeMap::new(),
        token => sync_token::read_computed(epoch, token)
            .and_then(|state| known(state, &books))
            .ok_or_else(token_is_not_valid)?,
    };
    let is_new = |event: &&Resource| {
        let seq = day::book_of(&event.name).and_then(|book| known.get(&book));
        seq.is_none_or(|seq| event.seq > *seq)
    };
    let resources: Vec<&Resource> = events.iter().filter(is_new).collect();
    let mut removed = names_of_changed_cards(context, &books, &known)?;
    removed.retain(|name| events.binary_search_by(|event| event.name.cmp(name)).is_err());
    if limit.is_some_and(|limit| resources.len() + removed.len() > limit as usize) {
        return Err(Refusal::dav(
            403,
            "number-of-matches-within-limits",
            "Birthdays are synchronised without a limit.",
        ));
    }
    Ok(Told { resources, tags: &[], removed, truncated: false, token: sync_token::of(epoch, calendar) })
}

/// The names of the days of all cards that have changed or gone since a state, those that came up to the one that the
/// calendar was computed from.
fn names_of_changed_cards(context: &Context, books: &[Book], known: &BTreeMap<u64, u64>) -> Result<Vec<String>> {
    let since = |book: &&Book| known.get(&book.id).copied().filter(|seq| *seq < book.seq);
    let changed: Vec<&Book> = books.iter().filter(|book| since(book).is_some()).collect();
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let owner = &context.identity.principal.name;
    let question = |book: &&Book| -> Lookup {
        let place = Place { home: Home::Addressbooks, owner: owner.clone(), path: book.path.clone() };
        let since = Since { seq: since(book).unwrap_or_default(), limit: None };
        lookup(&place, Selection::Since(since), Detail::empty())
    };
    let lookups: Vec<Lookup> = changed.iter().map(question).collect();
    let views = context.read(&lookups)?.views;
    let names = changed.iter().zip(&views).flat_map(|(book, view)| {
        let changed = view.resources.iter().map(|card| (&card.name, card.seq));
        let removed = view.removed.iter().map(|tombstone| (&tombstone.name, tombstone.seq));
        let until_then = changed.chain(removed).filter(|(_, seq)| *seq <= book.seq);
        until_then.flat_map(|(name, _)| day::names_of(book.id, name)).collect::<Vec<_>>()
    });
    Ok(names.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<Book> {
        text.lines().filter_map(book).collect()
    }

    #[test]
    fn a_state_is_known_as_long_as_its_address_books_are_there() {
        let books = of("3 17 4 contacts\n5 20 0 a%20b\nnonsense\n1 2 3");
        assert_eq!(books.len(), 2);
        assert_eq!(books[1], Book { id: 5, seq: 20, forgotten: 0, path: "a%20b".to_owned() });
        assert_eq!(known("3.17_5.20", &books), Some(BTreeMap::from([(3, 17), (5, 20)])));
        assert_eq!(known("5.0", &books), Some(BTreeMap::from([(5, 0)])), "a book may be new");
        assert_eq!(known("", &books), Some(BTreeMap::new()));
        for state in ["3.18", "3.3", "4.1", "3", "3.x", "3.17_", "3.17__5.20", "-3.17"] {
            let is_known = known(state, &books).is_some();
            assert_eq!(is_known, state == "3.17_" || state == "3.17__5.20", "{state}");
        }
    }
}
