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
