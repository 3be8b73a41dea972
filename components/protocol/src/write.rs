//! What every change of the tree does alike: one read that brings all it is judged by, conditions and locks checked on
//! it, and refusals of storage in the protocol's words.

use crate::accounts::Selector;
use crate::birthdays;
use crate::conditions::{self, If, Validators};
use crate::context::{Context, lookup};
use crate::href;
use crate::locks::require_unlocked;
use crate::refusal::{Refusal, Result};
use crate::resolve::{Found, find};
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
    /// 412 where the If header does not hold; 414 for a place that nothing can come to.
    pub fn read(context: &Context, places: &[&Place], detail: Detail) -> Result<Self> {
        Ok(Self::read_with(context, places, detail, None)?.0)
    }

    /// The same, and in the same round trip the principals that a selector names.
    ///
    /// # Errors
    /// 400 where the If header is about too much, 412 where it does not hold; 414 for a place that nothing can come to.
    pub fn read_with(
        context: &Context,
        places: &[&Place],
        detail: Detail,
        selector: Option<&Selector>,
    ) -> Result<(Self, Vec<Principal>)> {
        let submitted = If::of(&context.request)?;
        let mut all: Vec<Place> = places.iter().map(|place| (*place).clone()).collect();
        all.extend(submitted.elsewhere(context)?.into_iter().filter(|place| !places.contains(&place)));
        let lookups: Vec<Lookup> =
            all.iter().map(|place| lookup(place, Selection::Itself, Detail::LOCKS | detail)).collect();
        let Findings { snapshot, principals, .. } = context.survey(&lookups, selector, &[])?;
        if snapshot.views.len() != all.len() {
            return Err(Refusal::new(500, "Storage answered less than it was asked."));
        }
        let found: Vec<(&Place, &View)> = all.iter().zip(&snapshot.views).collect();
        found.iter().take(places.len()).try_for_each(|(place, view)| may_come_to_be(context, place, view))?;
        submitted.check(context, &snapshot.epoch, &found)?;
        Ok((Grounds { snapshot, submitted, places: all }, principals))
    }

    /// What was found at the place of that number.
    pub fn at(&self, number: usize) -> (&Place, &View) {
        (&self.places[number], &self.snapshot.views[number])
    }

    /// Checks If-Match and its kin on the target, whatever is there, and gives the guard that it is still as it was
    /// read, where the request's header requires anything of it. It comes after what would be refused anyway (RFC 9110
    /// §13.2.1).
    ///
    /// # Errors
    /// 412 where one does not hold.
    pub fn conditions(&self, context: &Context) -> Result<Option<Guard>> {
        let (place, view) = self.at(0);
        let found = find(place, view, context.asker());
        conditions::check_change(&context.request, Validators::of(&found, &self.snapshot.epoch).as_ref())?;
        Ok(match found {
            Found::Resource(collection, resource) => unchanged(context, collection, &resource.name, Some(resource)),
            Found::Nothing(Some(collection)) => unchanged(context, collection, &href::split(place).1, None),
            Found::Collection(collection) if !birthdays::is_birthdays(collection) => {
                let guard = || Guard::AtChange((collection.id, collection.seq));
                conditions::is_conditional(&context.request).then(guard)
            }
            Found::Collection(_) | Found::Home(..) | Found::Nothing(None) => None,
        })
    }

    /// The guards of locks for a change at a place; `membership`: it adds or removes a member of what holds it (RFC
    /// 4918 §7.4).
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

/// What has no name yet gets none that is longer than the names of what is stored may be: whatever there is can be
/// asked for (RFC 4918 §8.3). What has one can go.
fn may_come_to_be(context: &Context, place: &Place, view: &View) -> Result<()> {
    let is_new = matches!(find(place, view, context.asker()), Found::Nothing(_));
    let is_too_long = place.path.len() > href::LONGEST_NEW || href::split(place).1.len() > href::LONGEST_NAME;
    match is_new && is_too_long {
        true => Err(Refusal::new(414, "The path is too long for something new.")),
        false => Ok(()),
    }
}

/// The guard that the target has not changed since it was read, where the request's header requires anything of it.
fn unchanged(context: &Context, collection: &Collection, name: &str, current: Option<&Resource>) -> Option<Guard> {
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
