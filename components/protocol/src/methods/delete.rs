//! DELETE (RFC 4918 §9.6).

use crate::birthdays;
use crate::conditions;
use crate::context::Context;
use crate::href::{self, Target};
use crate::notices::{self, Notice};
use crate::privileges;
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::resolve::{self, Found, find};
use crate::store::{Access, Collection, Detail, Guard, Operation, Rejection};
use crate::types::Place;
use crate::write::{Grounds, member, refusal_of, unchanged};

/// Removes a resource, or a collection with everything below it, whatever the Depth (Evolution sends 1; RFC 4918 §9.6.1 knows infinity only). Who has a collection only by a share leaves the share.
///
/// # Errors
/// 403 for homes and without the privilege; 404; 412; 423.
pub fn delete(context: &Context) -> Result<Reply> {
    if let Target::Notification(owner, name) = &context.target {
        return dismiss(context, &notices::named(context, owner, name)?);
    }
    let place = context.place()?;
    let (above, _) = href::split(place);
    let grounds = Grounds::read(context, &[place, &above], Detail::empty())?;
    let ((_, view), (_, above_view)) = (grounds.at(0), grounds.at(1));
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
        Found::Collection(collection) if birthdays::is_birthdays(collection) => {
            birthdays::switch_off(context, collection)
        }
        Found::Collection(collection) => {
            let holder = resolve::collection(&above, above_view, context.asker()).ok();
            let (guard, operation) = of_collection(context, place, collection, holder)?;
            let mut guards = grounds.unlocked(context, 0, true, true)?;
            guards.extend(guard);
            write(context, collection, &guards, operation)
        }
        Found::Home(..) => Err(Refusal::new(403, "A home stays as long as its account.")),
        Found::Nothing(_) => Err(Refusal::not_found()),
    }
}

/// Removes a notification; what it tells of stays.
fn dismiss(context: &Context, notice: &Notice) -> Result<Reply> {
    privileges::require_writing(context)?;
    let operation = Operation::Dismiss((notice.collection, notice.sharee));
    context.apply(&[], &[operation]).map_err(|rejection| match rejection {
        Rejection::Failure(failure) => failure.into(),
        _ => Refusal::not_found(),
    })?;
    Ok(Reply::new(204))
}

/// Goes with all below it where the asker is its owner, or may write in what holds it; else the asker leaves the share.
fn of_collection(
    context: &Context,
    place: &Place,
    collection: &Collection,
    holder: Option<&Collection>,
) -> Result<(Option<Guard>, Operation)> {
    if place.path.is_empty() {
        return Err(Refusal::new(403, "A home stays as long as its account."));
    }
    if !context.may_write() {
        return Err(Refusal::need_privilege(&href::of_collection(&context.base, place), "D:unbind"));
    }
    if collection.access == Access::Owner {
        let guard = Guard::Access((collection.id, Access::Owner));
        return Ok((Some(guard), Operation::DeleteCollection((collection.id, context.now()))));
    }
    // RFC 3744 §3.10: DAV:unbind on the collection that holds it is what removing it takes.
    let shared_with_it = holder.filter(|holder| holder.owner == collection.owner);
    if let Some(holder) = shared_with_it {
        privileges::require(context, holder, Access::Write, "D:unbind")?;
        let guard = Guard::Access((holder.id, Access::Write));
        return Ok((Some(guard), Operation::DeleteCollection((collection.id, context.now()))));
    }
    // The owner is told of it. Who has it by way of a group has it still, and is refused.
    Ok((None, Operation::Leave((collection.id, context.now()))))
}

fn write(context: &Context, collection: &Collection, guards: &[Guard], operation: Operation) -> Result<Reply> {
    context.apply(guards, &[operation]).map_err(|rejection| refusal_of(context, rejection, collection))?;
    Ok(Reply::new(204))
}
