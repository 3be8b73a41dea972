//! PUT (RFC 9110 §9.3.4, RFC 4791 §5.3.2, RFC 6352 §6.3.2).

use crate::context::Context;
use crate::href;
use crate::methods::get;
use crate::object::Object;
use crate::privileges;
use crate::properties::http_date;
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::resolve::{Found, find};
use crate::store::{Access, Collection, Detail, Guard, Operation, Put, Resource};
use crate::types::{Home, Place};
use crate::write::{Grounds, member, refusal_of};

/// Stores the body.
///
/// # Errors
/// 405 on a collection, 409 where nothing can hold it, 403 without the privilege, 412, and all that [`Object::of`] and
/// [`store`] refuse.
pub fn put(context: &Context) -> Result<Reply> {
    match replace(context) {
        Err(refusal) if refusal.status == 412 && context.request.prefers_representation() => {
            get::instead(context)?.ok_or(refusal)
        }
        outcome => outcome,
    }
}

fn replace(context: &Context) -> Result<Reply> {
    let place = context.place()?;
    let grounds = Grounds::read(context, &[place], Detail::empty())?;
    let (_, view) = grounds.at(0);
    let (collection, current) = match find(place, view, context.asker()) {
        Found::Resource(collection, resource) => (collection, Some(resource)),
        Found::Nothing(Some(collection)) => (collection, None),
        Found::Nothing(None) => {
            return Err(no_parent(place, view.owner.as_ref().is_some_and(|owner| owner.id == context.asker())));
        }
        Found::Home(..) | Found::Collection(_) => {
            return Err(Refusal::method_not_allowed("OPTIONS, GET, HEAD, PROPFIND, PROPPATCH, REPORT, DELETE"));
        }
    };
    let privilege = if current.is_some() { "D:write-content" } else { "D:bind" };
    privileges::require(context, collection, Access::Write, privilege)?;
    let mut guards = Vec::from_iter(grounds.conditions(context)?);
    guards.extend(grounds.unlocked(context, 0, false, current.is_none())?);
    store(context, collection, place, current, guards)
}

/// 409 says to the owner that the collection is missing (RFC 4918 §9.7.1); others are told nothing.
fn no_parent(place: &Place, own: bool) -> Refusal {
    match (own, place.home) {
        (false, _) => Refusal::not_found(),
        (true, Home::Calendars) => Refusal::new(409, "There is no such calendar."),
        (true, Home::Addressbooks) => Refusal::new(409, "There is no such address book."),
        (true, Home::Files) => Refusal::new(409, "There is no such folder."),
    }
}

/// Stores the request's body as a member of a collection that the asker may write to, in the place of `current`.
///
/// # Errors
/// The preconditions of the kind of collection; 507 over the quota.
pub fn store(
    context: &Context,
    collection: &Collection,
    place: &Place,
    current: Option<&Resource>,
    mut guards: Vec<Guard>,
) -> Result<Reply> {
    let object = Object::of(&context.request, collection)?;
    let (_, name) = href::split(place);
    if let Some(resource) = current {
        same_uid(context, collection, resource, &object)?;
    }
    guards.push(Guard::Access((collection.id, Access::Write)));
    let growth = (object.body.len() as u64).saturating_sub(current.map_or(0, |resource| resource.size));
    // RFC 4331 §3: where all is full, what does not grow can still be replaced.
    if growth > 0 {
        guards.push(Guard::Room((collection.id, growth)));
    }
    let as_sent = object.as_sent;
    let put = object.put(member(collection, &name), context.now());
    let answer = answer(context, place, &put, as_sent, current.is_some());
    context.apply(&guards, &[Operation::Put(put)]).map_err(|rejection| refusal_of(context, rejection, collection))?;
    Ok(answer)
}

/// RFC 4791 §5.3.2.1: a resource keeps its UID.
fn same_uid(context: &Context, collection: &Collection, current: &Resource, object: &Object) -> Result<()> {
    if current.uid.is_none() || current.uid == object.index.uid {
        return Ok(());
    }
    Err(Refusal::uid_conflict(&context.base, collection, &current.name))
}

/// With the resource in it where the client prefers that (RFC 8144 §3.1, RFC 7240 §4.2).
fn answer(context: &Context, place: &Place, put: &Put, as_sent: bool, replaced: bool) -> Reply {
    let whole = context.request.prefers_representation();
    let status = match (replaced, whole) {
        (false, _) => 201,
        (true, true) => 200,
        (true, false) => 204,
    };
    let mut reply = Reply::new(status);
    if as_sent || whole {
        reply = reply.header("etag", &put.etag).header("last-modified", &http_date(put.now));
    }
    if whole {
        reply = reply.representing(&href::of_resource(&context.base, place)).body(&put.content_type, put.body.clone());
    }
    reply
}
