//! DELETE (RFC 4918 §9.6).

use crate::conditions;
use crate::context::Context;
use crate::href;
use crate::privileges;
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::resolve::{Found, find};
use crate::store::{Access, Collection, Detail, Guard, Operation};
use crate::types::Place;
use crate::write::{Grounds, member, refusal_of, unchanged};

/// Removes a resource, or a collection with everything below it, whatever the Depth (Evolution sends 1; RFC 4918 §9.6.1 knows infinity only). Who has a collection only by a share leaves the share.
///
/// # Errors
/// 403 for homes and without the privilege; 404; 412; 423.
pub fn delete(context: &Context) -> Result<Reply> {
    let place = context.place()?;
    let grounds = Grounds::read(context, &[place], Detail::empty())?;
    let (_, view) = grounds.at(0);
    match find(place, view, context.asker()) {
        Found::Resource(collection, resource) => {
            conditions::check_change(&context.request, Some(resource))?;
            privileges::require(context, collection, Access::Write, "D:unbind")?;
            let mut guards = grounds.unlocked(context, 0, false, true)?;
            guards.push(Guard::Access((collection.id, Access::Write)));
            guards.extend(unchanged(context, collection, &resource.name, Some(resource)));
            let operation = Operation::Delete((member(collection, &resource.name), context.now()));
            write(context, collection, &guards, operation)
        }
        Found::Collection(collection) => {
            let operation = of_collection(context, place, collection)?;
            let guards = grounds.unlocked(context, 0, true, true)?;
            write(context, collection, &guards, operation)
        }
        Found::Home(..) => Err(Refusal::new(403, "A home stays as long as its account.")),
        Found::Nothing(_) => Err(Refusal::not_found()),
    }
}

fn of_collection(context: &Context, place: &Place, collection: &Collection) -> Result<Operation> {
    if place.path.is_empty() {
        return Err(Refusal::new(403, "A home stays as long as its account."));
    }
    if !context.may_write() {
        return Err(Refusal::need_privilege(&href::of_collection(&context.base, place), "D:unbind"));
    }
    if collection.access == Access::Owner {
        return Ok(Operation::DeleteCollection(collection.id));
    }
    Ok(Operation::Unshare((collection.id, context.asker())))
}

fn write(context: &Context, collection: &Collection, guards: &[Guard], operation: Operation) -> Result<Reply> {
    context.apply(guards, &[operation]).map_err(|rejection| refusal_of(context, rejection, collection))?;
    Ok(Reply::new(204))
}
