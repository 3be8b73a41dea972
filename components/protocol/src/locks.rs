//! Locks in the way of a change (RFC 4918 §7).

use crate::conditions::{If, covers};
use crate::context::Context;
use crate::href;
use crate::refusal::{Refusal, Result};
use crate::store::{Guard, Lock, Unlocked};
use crate::types::Place;

/// Requires that no lock is in the way of a change at a place but those whose tokens the client that holds them has
/// submitted, and gives the guard that checks it again when the change is made. `deep`: locks below the place count
/// too.
///
/// # Errors
/// 423 with the root of a lock that is in the way.
pub fn require_unlocked(context: &Context, locks: &[Lock], place: &Place, deep: bool, submitted: &If) -> Result<Guard> {
    let in_the_way = |lock: &&Lock| covers(lock, place) || (deep && href::is_within(&lock.root, place));
    let locks: Vec<&Lock> = locks.iter().filter(in_the_way).collect();
    let tokens = submitted.tokens();
    let held = |lock: &Lock| lock.principal == context.asker() && tokens.contains(&lock.token.as_str());
    // Who holds one of several shared locks may write (RFC 4918 §6.2).
    let shares = |lock: &Lock| {
        !lock.exclusive && locks.iter().any(|other| !other.exclusive && other.root == lock.root && held(other))
    };
    if let Some(lock) = locks.iter().find(|lock| !held(lock) && !shares(lock)) {
        return Err(Refusal::locked(&root_of(context, lock)));
    }
    let tokens = locks.iter().map(|lock| lock.token.clone()).collect();
    Ok(Guard::Unlocked(Unlocked { place: place.clone(), deep, tokens, now: context.now() }))
}

/// The path of a lock's root.
pub fn root_of(context: &Context, lock: &Lock) -> String {
    href::of_resource(&context.base, &lock.root)
}
