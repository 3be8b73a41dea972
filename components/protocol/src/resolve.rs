//! What is at a place, told from what storage answers.

use crate::refusal::{Refusal, Result};
use crate::store::{Access, Collection, Resource, View};
use crate::types::{Home, Place, Principal, Property};

/// What is at a place.
pub enum Found<'a> {
    /// A calendar or address-book home, whose it is, and what its owner has set on it.
    Home(Home, &'a Principal, &'a [Property]),
    /// A collection.
    Collection(&'a Collection),
    /// A resource, and what holds it.
    Resource(&'a Collection, &'a Resource),
    /// Nothing; the collection that would hold it, where there is one.
    Nothing(Option<&'a Collection>),
}

/// What the lookup of a place found there. Homes of others are there only for those who see something in them.
pub fn find<'a>(place: &Place, view: &'a View, asker: u64) -> Found<'a> {
    if let Some(collection) = &view.collection {
        if collection.place.path == place.path {
            return Found::Collection(collection);
        }
        return match view.resources.first() {
            Some(resource) if collection.access >= Access::Read => Found::Resource(collection, resource),
            _ => Found::Nothing(Some(collection)),
        };
    }
    match &view.owner {
        Some(owner) if place.path.is_empty() && owner.id == asker => Found::Home(place.home, owner, &view.properties),
        _ => Found::Nothing(None),
    }
}

/// The collection that is at a place.
///
/// # Errors
/// 404 where something else or nothing is there.
pub fn collection<'a>(place: &Place, view: &'a View, asker: u64) -> Result<&'a Collection> {
    match find(place, view, asker) {
        Found::Collection(collection) => Ok(collection),
        _ => Err(Refusal::not_found()),
    }
}

/// The place of a member of a collection.
pub fn member_place(collection: &Collection, name: &str) -> Place {
    let path = match collection.place.path.as_str() {
        "" => name.to_owned(),
        path => format!("{path}/{name}"),
    };
    Place { path, ..collection.place.clone() }
}
