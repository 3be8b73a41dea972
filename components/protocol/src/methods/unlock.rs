//! UNLOCK (RFC 4918 §9.11).

use crate::conditions::covers;
use crate::context::Context;
use crate::href;
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::resolve::{Found, find};
use crate::store::{Access, Detail, Operation, Rejection};
use crate::write::Grounds;

/// Removes a lock. Besides who holds it, the owner of the collection may (DAV:unlock).
///
/// # Errors
/// 400 without a Lock-Token; 409 `lock-token-matches-request-uri`; 403; 412.
pub fn unlock(context: &Context) -> Result<Reply> {
    let place = context.place()?;
    let Some(header) = context.request.header("lock-token") else {
        return Err(Refusal::bad("The Lock-Token header has to hold the token."));
    };
    // Clients are there that forget the angle brackets (npm's `webdav`), and no token has any.
    let token = header.trim_matches(['<', '>']);
    let grounds = Grounds::read(context, &[place], Detail::empty())?;
    let (_, view) = grounds.at(0);
    // Who does not see what is locked is not told that it is.
    let seen = !matches!(find(place, view, context.asker()), Found::Nothing(_));
    let Some(lock) = view.locks.iter().find(|lock| seen && lock.token == token && covers(lock, place)) else {
        return Err(Refusal::dav(409, "lock-token-matches-request-uri", "There is no such lock here."));
    };
    let owns = view.collection.as_ref().is_some_and(|collection| collection.access == Access::Owner);
    if !context.may_write() || (lock.principal != context.asker() && !owns) {
        return Err(Refusal::need_privilege(&href::of_collection(&context.base, place), "D:unlock"));
    }
    grounds.conditions(context)?;
    context.apply(&[], &[Operation::Unlock(token.to_owned())]).map_err(|rejection| match rejection {
        Rejection::Failure(failure) => failure.into(),
        _ => Refusal::dav(409, "lock-token-matches-request-uri", "The lock ended at the same moment."),
    })?;
    Ok(Reply::new(204))
}
