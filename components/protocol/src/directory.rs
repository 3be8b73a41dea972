//! What storage has told of principals, and of places that properties lead to, while one request is answered.
//!
//! Whoever writes an answer asks here and goes on with what is known. What is not known yet is noted, and asked of
//! storage all at once; then the answer is written again. So it costs one round trip, however many principals and
//! properties are in it.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use crate::accounts::Selector;
use crate::context::{Context, lookup};
use crate::refusal::Result;
use crate::store::{Detail, Relation, Selection, View};
use crate::types::{Home, Place, Principal};

/// What is known, and what is to be asked next.
#[derive(Default)]
pub struct Directory {
    known: RefCell<Known>,
    wanted: RefCell<Wanted>,
    misses: Cell<usize>,
}

#[derive(Default)]
struct Known {
    /// None where there is no such principal.
    principals: BTreeMap<String, Option<Principal>>,
    relations: BTreeMap<u64, Vec<Relation>>,
    /// What is at a place, with the detail that was asked for.
    views: Vec<(Place, Detail, View)>,
    epoch: String,
}

#[derive(Default)]
struct Wanted {
    names: BTreeSet<String>,
    related: BTreeSet<u64>,
    places: Vec<(Place, Detail)>,
}

impl Directory {
    /// How often so far something was not known.
    pub fn misses(&self) -> usize {
        self.misses.get()
    }

    fn miss(&self) {
        self.misses.set(self.misses.get() + 1);
    }

    /// The principal of a name, or that there is none; nothing where that is not known yet.
    pub fn principal(&self, name: &str) -> Option<Option<Principal>> {
        let known = self.known.borrow().principals.get(name).cloned();
        if known.is_none() {
            self.miss();
            self.wanted.borrow_mut().names.insert(name.to_owned());
        }
        known
    }

    /// The groups that a principal is in, through other groups too, or the direct members that it has; nothing where
    /// they are not known yet.
    pub fn related(&self, principal: u64, members: bool) -> Option<Vec<Principal>> {
        let known = self.known.borrow();
        let Some(relations) = known.relations.get(&principal) else {
            self.miss();
            self.wanted.borrow_mut().related.insert(principal);
            return None;
        };
        let these = relations.iter().filter(|relation| relation.is_member == members);
        Some(these.map(|relation| relation.principal.clone()).collect())
    }

    /// What is at a place, with that detail and the database's epoch; nothing where that is not known yet.
    pub fn view(&self, place: &Place, detail: Detail) -> Option<(View, String)> {
        let known = self.known.borrow();
        let mut seen = known.views.iter();
        if let Some((_, _, view)) = seen.find(|(seen, brought, _)| seen == place && brought.contains(detail)) {
            return Some((view.clone(), known.epoch.clone()));
        }
        self.miss();
        let places = &mut self.wanted.borrow_mut().places;
        match places.iter_mut().find(|(wanted, _)| wanted == place) {
            Some((_, wanted)) => *wanted |= detail,
            None => places.push((place.clone(), detail)),
        }
        None
    }

    /// Remembers principals that came another way.
    pub fn learn<'a>(&self, principals: impl IntoIterator<Item = &'a Principal>) {
        let mut known = self.known.borrow_mut();
        for principal in principals {
            known.principals.insert(principal.name.clone(), Some(principal.clone()));
        }
    }

    /// Asks storage for what was wanted, in one round trip; false where nothing was.
    ///
    /// # Errors
    /// Those of storage; 403 for a place that the credential does not reach.
    pub fn fetch(&self, context: &Context) -> Result<bool> {
        let Wanted { names, related, places } = self.wanted.take();
        if names.is_empty() && related.is_empty() && places.is_empty() {
            return Ok(false);
        }
        let itself = |(place, detail): &(Place, Detail)| lookup(place, Selection::Itself, *detail);
        let lookups: Vec<_> = places.iter().map(itself).collect();
        let selector = (!names.is_empty()).then(|| Selector::Names(names.iter().cloned().collect()));
        let related: Vec<u64> = related.into_iter().collect();
        let found = context.survey(&lookups, selector.as_ref(), &related)?;
        self.learn(found.principals.iter().chain(found.relations.iter().map(|relation| &relation.principal)));
        let mut known = self.known.borrow_mut();
        for name in names {
            known.principals.entry(name).or_insert(None);
        }
        known.relations.extend(related.into_iter().map(|of| (of, Vec::new())));
        for relation in found.relations {
            known.relations.entry(relation.of).or_default().push(relation);
        }
        let views = places.into_iter().zip(found.snapshot.views);
        known.views.extend(views.map(|((place, detail), view)| (place, detail, view)));
        known.epoch = found.snapshot.epoch;
        Ok(true)
    }
}

/// What `write` gives once it has asked for nothing that is not known; `write` asks for no more when it knows what it
/// asked for, so it is written twice at most.
///
/// # Errors
/// Those of storage.
pub fn with_all_known<T>(context: &Context, write: impl Fn() -> T) -> Result<T> {
    let first = write();
    if context.directory.fetch(context)? { Ok(write()) } else { Ok(first) }
}

/// The place where users keep what they say of themselves: the home of address books.
pub fn own_card(context: &Context) -> Place {
    context.own_home(Home::Addressbooks)
}
