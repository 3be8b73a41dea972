//! What every change of the tree does alike: one read that brings all it is judged by, conditions and locks checked on it, and refusals of storage in the protocol's words.

use crate::accounts::Selector;
use crate::conditions::{self, If};
use crate::context::{Context, lookup};
use crate::href;
use crate::locks::require_unlocked;
use crate::refusal::{Refusal, Result};
use crate::store::{
    Collection, Detail, Findings, Guard, Lookup, Member, Rejection, Resource, Selection, Snapshot, View,
};
use crate::types::{Home, Place, Principal};

/// What a change is judged by.
pub struct Grounds {
    /// What was found, at one moment.
    pub snapshot: Snapshot,
    /// Tokens and conditions that the client submitted.
    pub submitted: If,
    places: Vec<Place>,
}

impl Grounds {
    /// Reads what is at places, the target first, with their locks and some more, and checks the If header.
    ///
    /// # Errors
    /// 412 where the If header does not hold.
    pub fn read(context: &Context, places: &[&Place], detail: Detail) -> Result<Self> {
        Ok(Self::read_with(context, places, detail, None)?.0)
    }

    /// The same, and in the same round trip the principals that a selector names.
    ///
    /// # Errors
    /// 412 where the If header does not hold.
    pub fn read_with(
        context: &Context,
        places: &[&Place],
        detail: Detail,
        selector: Option<&Selector>,
    ) -> Result<(Self, Vec<Principal>)> {
        let submitted = If::of(&context.request)?;
        let mut all: Vec<Place> = places.iter().map(|place| (*place).clone()).collect();
        all.extend(submitted.elsewhere(context).into_iter().filter(|place| !places.contains(&place)));
        let lookups: Vec<Lookup> =
            all.iter().map(|place| lookup(place, Selection::Itself, Detail::LOCKS | detail)).collect();
        let Findings { snapshot, principals, .. } = context.survey(&lookups, selector, &[])?;
        if snapshot.views.len() != all.len() {
            return Err(Refusal::new(500, "Storage answered less than it was asked."));
        }
        let found: Vec<(&Place, &View)> = all.iter().zip(&snapshot.views).collect();
        submitted.check(context, &snapshot.epoch, &found)?;
        Ok((Grounds { snapshot, submitted, places: all }, principals))
    }

    /// What was found at the place of that number.
    pub fn at(&self, number: usize) -> (&Place, &View) {
        (&self.places[number], &self.snapshot.views[number])
    }

    /// The guards of locks for a change at a place; `membership`: it adds or removes a member of what holds it (RFC 4918 §7.4).
    ///
    /// # Errors
    /// 423.
    pub fn unlocked(&self, context: &Context, number: usize, deep: bool, membership: bool) -> Result<Vec<Guard>> {
        let (place, view) = self.at(number);
        let mut guards = vec![require_unlocked(context, &view.locks, place, deep, &self.submitted)?];
        if membership && !place.path.is_empty() && (place.home == Home::Files || place.path.contains('/')) {
            let (parent, _) = href::split(place);
            guards.push(require_unlocked(context, &view.locks, &parent, false, &self.submitted)?);
        }
        Ok(guards)
    }
}

/// The guard that the target has not changed since it was read, where the request's header requires anything of it.
pub fn unchanged(context: &Context, collection: &Collection, name: &str, current: Option<&Resource>) -> Option<Guard> {
    let etag = current.map(|resource| resource.etag.clone());
    conditions::is_conditional(&context.request).then(|| Guard::Unchanged((member(collection, name), etag)))
}

/// A resource by where it is.
pub fn member(collection: &Collection, name: &str) -> Member {
    Member { collection: collection.id, name: name.to_owned() }
}

/// What is said where storage refuses a change; `holder` is the collection in which a UID may be taken.
pub fn refusal_of(context: &Context, rejection: Rejection, holder: &Collection) -> Refusal {
    match rejection {
        Rejection::Changed => Refusal::precondition_failed(),
        Rejection::Locked => Refusal::locked(&href::of_collection(&context.base, &holder.place)),
        Rejection::Denied => Refusal::need_privilege(&href::of_collection(&context.base, &holder.place), "D:write"),
        Rejection::Occupied => Refusal::new(409, "Something came to be there at the same moment."),
        Rejection::NoRoom => Refusal::no_room(),
        Rejection::UidConflict(name) => Refusal::uid_conflict(&context.base, holder, &name),
        Rejection::Gone => Refusal::new(409, "It was removed at the same moment."),
        Rejection::Failure(failure) => failure.into(),
    }
}
