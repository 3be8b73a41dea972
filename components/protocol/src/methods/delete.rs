//! DELETE (RFC 4918 §9.6).

use crate::birthdays;
use crate::conditions::{self, Validators};
use crate::context::Context;
use crate::href::{self, Target};
use crate::notices::{self, Notice};
use crate::privileges;
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::resolve::{self, Found, find};
use crate::store::{Access, Collection, Detail, Guard, Operation, Rejection};
use crate::types::Place;
use crate::write::{Grounds, member, refusal_of};

/// Removes a resource, or a collection with everything below it, whatever the Depth (Evolution sends 1; RFC 4918 §9.6.1
/// knows infinity only). Who has a collection only by a share leaves the share.
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
            privileges::require(context, collection, Access::Write, "D:unbind")?;
            let mut guards = vec![Guard::Access((collection.id, Access::Write))];
            guards.extend(grounds.conditions(context)?);
            guards.extend(grounds.unlocked(context, 0, false, true)?);
            let operation = Operation::Delete((member(collection, &resource.name), context.now()));
            write(context, collection, &guards, operation)
        }
        Found::Collection(collection) if birthdays::is_birthdays(collection) => {
            grounds.conditions(context)?;
            birthdays::switch_off(context, collection)
        }
        Found::Collection(collection) => {
            let holder = resolve::collection(&above, above_view, context.asker()).ok();
            let access = removable(context, place, collection, holder)?;
            let mut guards = Vec::from_iter(grounds.conditions(context)?);
            let Some(access) = access else {
                // The owner is told of it. Who has it by way of a group has it still, and is refused. What is locked
                // stays as it is.
                return write(context, collection, &guards, Operation::Leave((collection.id, context.now())));
            };
            guards.push(access);
            guards.extend(grounds.unlocked(context, 0, true, true)?);
            write(context, collection, &guards, Operation::DeleteCollection((collection.id, context.now())))
        }
        Found::Home(..) => Err(Refusal::new(403, "A home stays as long as its account.")),
        Found::Nothing(_) => Err(Refusal::not_found()),
    }
}

/// Removes a notification; what it tells of stays.
fn dismiss(context: &Context, notice: &Notice) -> Result<Reply> {
    privileges::require_writing(context)?;
    let current = Validators { etag: Some(notice.etag.clone()), modified: Some(notice.changed) };
    conditions::check_change(&context.request, Some(&current))?;
    let operation = Operation::Dismiss((notice.collection, notice.sharee));
    context.apply(&[], &[operation]).map_err(|rejection| match rejection {
        Rejection::Failure(failure) => failure.into(),
        _ => Refusal::not_found(),
    })?;
    Ok(Reply::new(204))
}

/// It goes with all below it where the asker is its owner, or may write in what holds it, which the guard says; else
/// there is none, and the asker leaves the share.
fn removable(
    context: &Context,
    place: &Place,
    collection: &Collection,
    holder: Option<&Collection>,
) -> Result<Option<Guard>> {
    if place.path.is_empty() {
        return Err(Refusal::new(403, "A home stays as long as its account."));
    }
    if !context.may_write() {
        return Err(Refusal::need_privilege(&href::of_collection(&context.base, place), "D:unbind"));
    }
    if collection.access == Access::Owner {
        return Ok(Some(Guard::Access((collection.id, Access::Owner))));
    }
    // RFC 3744 §3.10: DAV:unbind on the collection that holds it is what removing it takes.
    let shared_with_it = holder.filter(|holder| holder.owner == collection.owner);
    if let Some(holder) = shared_with_it {
        privileges::require(context, holder, Access::Write, "D:unbind")?;
        return Ok(Some(Guard::Access((holder.id, Access::Write))));
    }
    Ok(None)
}

fn write(context: &Context, collection: &Collection, guards: &[Guard], operation: Operation) -> Result<Reply> {
    context.apply(guards, &[operation]).map_err(|rejection| refusal_of(context, rejection, collection))?;
    Ok(Reply::new(204))
}
