//! Sync tokens (RFC 6578 §4): URIs made of the database's epoch, the collection's number and its change number. The
//! CTag is made of the same.

use crate::birthdays;
use crate::store::{Collection, CollectionId};

const SCHEME: &str = "urn:kalends:sync:";

/// In the place of a collection's number where it is computed.
const COMPUTED: &str = "birthdays";

/// The token of a collection's present state.
pub fn of(epoch: &str, collection: &Collection) -> String {
    if birthdays::is_birthdays(collection) {
        return format!("{SCHEME}{epoch}:{COMPUTED}:{}", birthdays::state(collection));
    }
    at(epoch, collection.id, collection.seq)
}

/// The token of a collection's state after a change.
pub fn at(epoch: &str, collection: CollectionId, seq: u64) -> String {
    format!("{SCHEME}{epoch}:{collection}:{seq}")
}

/// The token of a first synchronisation that a limit has cut: it has got as far as `seq`, and began when the collection
/// was at `horizon`. What was removed until then the client has never seen.
pub fn in_first(epoch: &str, collection: CollectionId, seq: u64, horizon: u64) -> String {
    format!("{}:{horizon}", at(epoch, collection, seq))
}

/// The state in a token of the calendar of birthdays in this life of the database; none where it is no such token.
pub fn read_computed<'a>(epoch: &str, text: &'a str) -> Option<&'a str> {
    let mut parts = text.strip_prefix(SCHEME)?.splitn(3, ':');
    let known = parts.next() == Some(epoch) && parts.next() == Some(COMPUTED);
    parts.next().filter(|_| known)
}

/// What a client's token says.
#[derive(Debug, PartialEq)]
pub struct Token<'a> {
    epoch: &'a str,
    collection: CollectionId,
    /// Changes after this one are asked for.
    pub seq: u64,
    /// Removals up to this one are not to be told.
    pub horizon: u64,
}

impl<'a> Token<'a> {
    /// Reads a token; none where it is not one of ours.
    pub fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix(SCHEME)?.split(':');
        let (epoch, collection, seq) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let horizon = parts.next().map_or(Some(0), |horizon| horizon.parse().ok())?;
        parts.next().is_none().then_some(Token { epoch, collection, seq, horizon })
    }

    /// Whether it is one of this collection in this life of the database, not of the future, and nothing after it has
    /// been forgotten.
    pub fn is_valid(&self, epoch: &str, collection: &Collection) -> bool {
        let known = self.epoch == epoch && self.collection == collection.id;
        let reach = self.seq.max(self.horizon);
        known && reach >= collection.forgotten && reach <= collection.seq
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Access;
    use crate::types::{Home, Place};

    fn collection() -> Collection {
        Collection {
            id: 7,
            place: Place { home: Home::Calendars, owner: "a".to_owned(), path: "b".to_owned() },
            owner: 1,
            owner_name: "a".to_owned(),
            access: Access::Owner,
            components: Vec::new(),
            properties: Vec::new(),
            seq: 20,
            forgotten: 5,
            members: 0,
            bytes: 0,
            created: 0,
            modified: 0,
            shares: Vec::new(),
        }
    }

    fn is_valid(token: &str, epoch: &str) -> bool {
        Token::read(token).is_some_and(|token| token.is_valid(epoch, &collection()))
    }

    #[test]
    fn a_token_is_good_for_its_own_collection_in_its_own_life() {
        let token = of("e1", &collection());
        assert_eq!(Token::read(&token).map(|token| token.seq), Some(20));
        assert!(is_valid(&token, "e1"));
        assert!(!is_valid(&token, "e2"));
        assert!(!is_valid(&at("e1", 8, 20), "e1"));
        assert_eq!(Token::read(&in_first("e1", 7, 5, 20)).map(|token| (token.seq, token.horizon)), Some((5, 20)));
    }

    #[test]
    fn what_is_forgotten_or_has_not_been_is_not_valid() {
        assert!(is_valid(&at("e1", 7, 5), "e1"));
        assert!(!is_valid(&at("e1", 7, 4), "e1"));
        assert!(!is_valid(&at("e1", 7, 21), "e1"));
        assert!(!is_valid(&in_first("e1", 7, 6, 21), "e1"));
        for token in [
            "",
            "urn:kalends:sync:",
            "urn:kalends:sync:e1:7",
            "urn:kalends:sync:e1:7:1:1:1",
            "urn:kalends:sync:e1:7:-1",
            "http://x/1",
        ] {
            assert_eq!(Token::read(token), None, "{token}");
        }
    }
}
