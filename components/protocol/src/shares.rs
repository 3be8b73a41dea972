//! What ACL and the invitations have in common: they change the shares of one collection, and only its owner may.

use crate::context::Context;
use crate::privileges;
use crate::refusal::{Refusal, Result};
use crate::resolve;
use crate::store::{Access, Collection, Guard, Operation};
use crate::types::Home;
use crate::write::{Grounds, refusal_of};

/// The collection of the request, read with its shares as the first of these grounds.
///
/// # Errors
/// 403 for anybody but the owner, and for a home; 404 on what is no collection.
pub fn collection<'a>(context: &Context, grounds: &'a Grounds) -> Result<&'a Collection> {
    let (place, view) = grounds.at(0);
    let collection = resolve::collection(place, view, context.asker())?;
    privileges::require(context, collection, Access::Owner, "D:write-acl")?;
    if place.home == Home::Files && place.path.is_empty() {
        return Err(Refusal::new(403, "A home cannot be shared as a whole."));
    }
    Ok(collection)
}

/// Changes the shares of that collection, if it is still the asker's own and not locked by others.
///
/// # Errors
/// 412 and 423, and what the storage refuses.
pub fn change(context: &Context, grounds: &Grounds, collection: &Collection, operations: &[Operation]) -> Result<()> {
    let mut guards = grounds.unlocked(context, 0, false, false)?;
    guards.push(Guard::Access((collection.id, Access::Owner)));
    guards.extend(grounds.conditions(context)?);
    context.apply(&guards, operations).map_err(|rejection| refusal_of(context, rejection, collection))?;
    Ok(())
}
