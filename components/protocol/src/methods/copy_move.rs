//! COPY and MOVE (RFC 4918 §9.8, §9.9).

use crate::birthdays;
use crate::context::Context;
use crate::destination;
use crate::href;
use crate::object;
use crate::privileges;
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::request::Depth;
use crate::resolve::{self, Found, find};
use crate::store::{Access, Arrival, Collection, Detail, Guard, Operation, Relocation, Resource, Transfer, View};
use crate::types::{Home, Place};
use crate::write::{Grounds, member, refusal_of};

/// Copies a resource or a collection.
///
/// # Errors
/// As [`transfer`].
pub fn copy(context: &Context) -> Result<Reply> {
    transfer(context, Kind::Copy)
}

/// Moves a resource or a collection.
///
/// # Errors
/// As [`transfer`].
pub fn move_(context: &Context) -> Result<Reply> {
    transfer(context, Kind::Move)
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Copy,
    Move,
}

/// What is to be written, and in which collection a UID could be taken.
struct Plan<'a> {
    guards: Vec<Guard>,
    operations: Vec<Operation>,
    holder: &'a Collection,
}

/// 201 where something new came to be, 204 where something was replaced.
///
/// # Errors
/// 400, 403 and 502 for destinations that cannot be; 404; 409 where nothing can hold it there; 412 where it may not
/// replace what is there; 423.
fn transfer(context: &Context, kind: Kind) -> Result<Reply> {
    let source = context.place()?;
    let to = destination::of(context)?;
    if to == *source {
        return Err(Refusal::new(403, "Source and destination are the same."));
    }
    if to.home != source.home || to.path.is_empty() || source.path.is_empty() {
        return Err(Refusal::new(403, "It cannot be there."));
    }
    if href::is_within(source, &to) {
        return Err(Refusal::new(403, "It cannot take the place of what it is in."));
    }
    let (above, _) = href::split(&to);
    let grounds = Grounds::read(context, &[source, &to, &above], Detail::empty())?;
    let ((_, from_view), (_, to_view), (_, above_view)) = (grounds.at(0), grounds.at(1), grounds.at(2));
    let there = find(&to, to_view, context.asker());
    // What would hold it is told by its own lookup: a name that begins as those of shares do is no name in what is
    // above.
    let holder = match there {
        Found::Nothing(holder) => holder,
        Found::Resource(holder, _) => Some(holder),
        Found::Collection(_) | Found::Home(..) => resolve::collection(&above, above_view, context.asker()).ok(),
    };
    let replaces = matches!(there, Found::Resource(..) | Found::Collection(_));
    if replaces && !context.request.overwrite() {
        return Err(Refusal::new(412, "Something is at the destination, and Overwrite is F."));
    }
    let mut plan = match find(source, from_view, context.asker()) {
        Found::Resource(collection, resource) => {
            of_resource(context, kind, (collection, resource), &to, &there, holder)?
        }
        Found::Collection(collection) => of_collection(context, kind, collection, &to, &there, (to_view, holder))?,
        Found::Home(..) => return Err(Refusal::new(403, "A home stays where it is.")),
        Found::Nothing(_) => return Err(Refusal::not_found()),
    };
    plan.guards.extend(grounds.conditions(context)?);
    if kind == Kind::Move {
        plan.guards.extend(grounds.unlocked(context, 0, true, true)?);
    }
    plan.guards.extend(grounds.unlocked(context, 1, replaces, !replaces)?);
    context.apply(&plan.guards, &plan.operations).map_err(|rejection| refusal_of(context, rejection, plan.holder))?;
    let created = Reply::new(201).header("location", &href::of_resource(&context.base, &to));
    Ok(if replaces { Reply::new(204) } else { created })
}

fn of_resource<'a>(
    context: &Context,
    kind: Kind,
    (collection, resource): (&Collection, &Resource),
    to: &Place,
    there: &Found,
    holder: Option<&'a Collection>,
) -> Result<Plan<'a>> {
    birthdays::stays_here(collection)?;
    let Some(holder) = holder else {
        return Err(Refusal::new(409, "There is no collection at the destination that would hold it."));
    };
    privileges::require(context, holder, Access::Write, "D:bind")?;
    accepts(holder, resource)?;
    same_uid(context, resource, there)?;
    let mut guards = vec![Guard::Access((holder.id, Access::Write)), Guard::Access((collection.id, Access::Read))];
    if kind == Kind::Move {
        privileges::require(context, collection, Access::Write, "D:unbind")?;
        guards.push(Guard::Access((collection.id, Access::Write)));
    }
    if kind == Kind::Copy || holder.owner != collection.owner {
        let name = Some(resource.name.clone());
        guards.push(Guard::RoomFor(Arrival { collection: collection.id, name, to: to.clone() }));
    }
    let mut operations = Vec::new();
    if let Found::Collection(existing) = there {
        privileges::require(context, existing, Access::Owner, "D:unbind")?;
        operations.push(Operation::DeleteCollection((existing.id, context.now())));
    }
    let source = member(collection, &resource.name);
    let transfer = Transfer { source, to: member(holder, &href::split(to).1), now: context.now() };
    operations.push(if kind == Kind::Move { Operation::Move(transfer) } else { Operation::Copy(transfer) });
    Ok(Plan { guards, operations, holder })
}

/// RFC 4791 §5.3.2.1 holds for COPY and MOVE too.
fn accepts(holder: &Collection, resource: &Resource) -> Result<()> {
    match &resource.component {
        Some(component) if holder.place.home == Home::Calendars && !object::takes(holder, component) => Err(
            Refusal::caldav(403, "supported-calendar-component", format!("That calendar does not take {component}.")),
        ),
        _ => Ok(()),
    }
}

/// Nor does a resource that is replaced by COPY or MOVE come to have another UID.
fn same_uid(context: &Context, resource: &Resource, there: &Found) -> Result<()> {
    match there {
        Found::Resource(holder, existing) if existing.uid.is_some() && existing.uid != resource.uid => {
            Err(Refusal::uid_conflict(&context.base, holder, &existing.name))
        }
        _ => Ok(()),
    }
}

fn of_collection<'a>(
    context: &Context,
    kind: Kind,
    collection: &'a Collection,
    to: &Place,
    there: &Found,
    (to_view, holder): (&View, Option<&Collection>),
) -> Result<Plan<'a>> {
    birthdays::stays_here(collection)?;
    let depth = context.request.depth(Depth::Infinity)?;
    if depth == Depth::One || (kind == Kind::Move && depth != Depth::Infinity) {
        return Err(Refusal::bad("Depth has to be infinity; for COPY it may be 0."));
    }
    if href::is_within(to, &collection.place) {
        return Err(Refusal::new(403, "A collection cannot come to be inside itself."));
    }
    let least = if kind == Kind::Move { Access::Owner } else { Access::Read };
    privileges::require(context, collection, least, if kind == Kind::Move { "D:unbind" } else { "D:read" })?;
    let mut guards = vec![Guard::Access((collection.id, least))];
    guards.extend(room_for_collection(context, to, to_view, holder)?);
    // What is moved is at somebody else's expense only in a folder of theirs: homes take what is their owners' own.
    let is_more = match kind {
        Kind::Copy => depth == Depth::Infinity,
        Kind::Move => holder.is_some_and(|holder| holder.owner != collection.owner),
    };
    if is_more {
        guards.push(Guard::RoomFor(Arrival { collection: collection.id, name: None, to: to.clone() }));
    }
    let mut operations = Vec::new();
    match there {
        Found::Collection(existing) => {
            privileges::require(context, existing, Access::Owner, "D:unbind")?;
            operations.push(Operation::DeleteCollection((existing.id, context.now())));
        }
        Found::Resource(holder, existing) => {
            operations.push(Operation::Delete((member(holder, &existing.name), context.now())));
        }
        _ => guards.push(Guard::Vacant(to.clone())),
    }
    let relocation =
        Relocation { source: collection.id, to: to.clone(), deep: depth == Depth::Infinity, now: context.now() };
    operations.push(if kind == Kind::Move {
        Operation::MoveCollection(relocation)
    } else {
        Operation::CopyCollection(relocation)
    });
    Ok(Plan { guards, operations, holder: collection })
}

/// A collection can come to be directly in a home of the asker's own, or in a folder.
fn room_for_collection(
    context: &Context,
    to: &Place,
    to_view: &View,
    holder: Option<&Collection>,
) -> Result<Vec<Guard>> {
    if to.home == Home::Files {
        let Some(parent) = holder else {
            return Err(Refusal::new(409, "There is no folder at the destination that would hold it."));
        };
        privileges::require(context, parent, Access::Write, "D:bind")?;
        return Ok(vec![Guard::Access((parent.id, Access::Write))]);
    }
    let own = to_view.owner.as_ref().is_some_and(|owner| owner.id == context.asker());
    if !own || !context.may_write() {
        return Err(Refusal::need_privilege(&href::of_home(&context.base, to.home, &to.owner), "D:bind"));
    }
    match (to.path.contains('/'), to.home) {
        (false, _) => Ok(Vec::new()),
        (true, Home::Calendars) => {
            Err(Refusal::caldav(403, "calendar-collection-location-ok", "A calendar cannot be in a calendar."))
        }
        (true, _) => Err(Refusal::carddav(
            403,
            "addressbook-collection-location-ok",
            "An address book cannot be in an address book.",
        )),
    }
}
