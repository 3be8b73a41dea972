//! Sync tokens (RFC 6578 §4): URIs made of the database's epoch, the collection's number and its change number. The CTag is made of the same.

use crate::store::{Collection, CollectionId};

const SCHEME: &str = "urn:kalends:sync:";

/// The token of a collection's present state.
pub fn of(epoch: &str, collection: &Collection) -> String {
    at(epoch, collection.id, collection.seq)
}

/// The token of a collection's state after a change.
pub fn at(epoch: &str, collection: CollectionId, seq: u64) -> String {
    format!("{SCHEME}{epoch}:{collection}:{seq}")
}

/// The change number that a token stands for; none where it is not one of this collection in this life of the database, is of the future, or where changes
/// after it have been forgotten.
pub fn seq(token: &str, epoch: &str, collection: &Collection) -> Option<u64> {
    let mut parts = token.strip_prefix(SCHEME)?.split(':');
    let (token_epoch, id, seq) = (parts.next()?, parts.next()?, parts.next()?);
    let seq = seq.parse().ok()?;
    let known = token_epoch == epoch && id.parse() == Ok(collection.id) && parts.next().is_none();
    (known && seq >= collection.forgotten && seq <= collection.seq).then_some(seq)
}

/// The change number that a token claims, before it is known whether it is valid.
pub fn claimed_seq(token: &str) -> Option<u64> {
    token.strip_prefix(SCHEME)?.rsplit(':').next()?.parse().ok()
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

    #[test]
    fn a_token_is_good_for_its_own_collection_in_its_own_life() {
        let token = of("e1", &collection());
        assert_eq!(seq(&token, "e1", &collection()), Some(20));
        assert_eq!(claimed_seq(&token), Some(20));
        assert_eq!(seq(&token, "e2", &collection()), None);
        assert_eq!(seq(&at("e1", 8, 20), "e1", &collection()), None);
    }

    #[test]
    fn what_is_forgotten_or_has_not_been_is_not_valid() {
        assert_eq!(seq(&at("e1", 7, 5), "e1", &collection()), Some(5));
        assert_eq!(seq(&at("e1", 7, 4), "e1", &collection()), None);
        assert_eq!(seq(&at("e1", 7, 21), "e1", &collection()), None);
        for token in [
            "",
            "urn:kalends:sync:",
            "urn:kalends:sync:e1:7",
            "urn:kalends:sync:e1:7:1:1",
            "urn:kalends:sync:e1:7:-1",
            "http://x/1",
        ] {
            assert_eq!(seq(token, "e1", &collection()), None, "{token}");
        }
    }
}
