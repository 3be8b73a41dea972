//! The calendar of birthdays and anniversaries. Nothing of it is stored: whoever reads a calendar home, or what is at
//! `birthdays/` in it, is shown what the index knows of the cards in the owner's own address books. To methods and
//! reports it is a calendar like any other, which nobody may change.

mod day;
mod sync;

use crate::accounts::Selector;
use crate::context::{Context, lookup};
use crate::href;
use crate::object::etag_of;
use crate::properties::with_text;
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::store::{
    self, Access, Collection, Detail, Findings, IndexQuery, Lookup, Operation, Proppatch, Resource, Selection, Subject,
    TextTest, View,
};
use crate::text::MatchType;
use crate::types::{Home, Place, Principal, Property};
use crate::xml::{DAV, KALENDS};

use day::Day;
pub use sync::{changes, state};

/// Its segment in the home of calendars.
const SEGMENT: &str = "birthdays";

/// Its number, which no collection in the database has.
const ID: u64 = 0;

/// Whether a collection is the calendar of birthdays.
pub fn is_birthdays(collection: &Collection) -> bool {
    collection.id == ID
}

/// Answers as `store.survey` does, in one round trip, with the calendar of birthdays in its place.
///
/// # Errors
/// Those of storage.
pub fn survey(context: &Context, lookups: &[Lookup], selector: Option<&Selector>, related: &[u64]) -> Result<Findings> {
    let owner = &context.identity.principal;
    let concerned = context.reaches(Home::Addressbooks) && lookups.iter().any(|lookup| concerns(lookup, owner));
    if !concerned {
        return Ok(store::survey(context.asker(), context.now(), lookups, selector, related)?);
    }
    // Whether the calendar is wanted, the home says, which may be looked up anyway.
    let home = context.own_home(Home::Calendars);
    let mut all = lookups.to_vec();
    let switch = all.iter().position(|lookup| lookup.place == home).unwrap_or_else(|| {
        all.push(lookup(&home, Selection::Itself, Detail::empty()));
        lookups.len()
    });
    all.push(days_of(context));
    let mut findings = store::survey(context.asker(), context.now(), &all, selector, related)?;
    let snapshot = &mut findings.snapshot;
    let books = snapshot.views.pop();
    let wanted = snapshot.views.get(switch).is_some_and(|home| !is_switched_off(&home.properties));
    snapshot.views.truncate(lookups.len());
    if let Some(books) = books.filter(|_| wanted) {
        let calendar = Calendar::of(owner, &books);
        let views = lookups.iter().zip(&mut snapshot.views).filter(|(lookup, _)| concerns(lookup, owner));
        views.for_each(|(lookup, view)| calendar.show(lookup, view));
    }
    Ok(findings)
}

/// Whether the calendar can be part of the answer: the owner lists the home of calendars, or names the calendar or a
/// member of it.
fn concerns(lookup: &Lookup, owner: &Principal) -> bool {
    let place = &lookup.place;
    let (first, rest) = place.path.split_once('/').unwrap_or((&place.path, ""));
    let listed = first.is_empty() && lookup.detail.contains(Detail::CHILDREN);
    place.home == Home::Calendars && place.owner == owner.name && (listed || (first == SEGMENT && !rest.contains('/')))
}

/// The days in all address books of whoever asks.
fn days_of(context: &Context) -> Lookup {
    let has = |name: &str| TextTest { name: name.to_owned(), value: String::new(), kind: MatchType::Contains };
    let query = IndexQuery {
        components: Vec::new(),
        start: None,
        end: None,
        uid: None,
        texts: day::KINDS.iter().map(|kind| has(kind.property)).collect(),
        any_text: true,
        limit: None,
    };
    lookup(&context.own_home(Home::Addressbooks), Selection::Matching(query), Detail::CHILDREN | Detail::TEXTS)
}

/// What the owner has set on the home of calendars: `on`, or `off`.
const SWITCH: &str = "birthdays";

fn is_switched_off(properties: &[Property]) -> bool {
    let switch = properties.iter().find(|property| property.name.namespace == KALENDS && property.name.name == SWITCH);
    let value = switch.and_then(|switch| crate::xml::read(switch.xml.as_bytes()).ok());
    value.is_some_and(|value| value.text().trim().eq_ignore_ascii_case("off"))
}

/// Does what the owner means by removing it: it is not shown any more.
///
/// # Errors
/// 403 where the credential is for reading only; those of storage.
pub fn switch_off(context: &Context, collection: &Collection) -> Result<Reply> {
    if !context.may_write() {
        return Err(Refusal::need_privilege(&href::of_collection(&context.base, &collection.place), "D:unbind"));
    }
    let set = vec![with_text(KALENDS, SWITCH, "off")];
    let subject = Subject::Home(Home::Calendars);
    let operation = Operation::Proppatch(Proppatch { subject, set, remove: Vec::new(), now: context.now() });
    context.apply(&[], &[operation]).map_err(|rejection| crate::write::refusal_of(context, rejection, collection))?;
    Ok(Reply::new(204))
}

/// Refuses to copy or move it, or a member: storage has nothing to copy.
///
/// # Errors
/// 403 where `collection` is the calendar of birthdays.
pub fn stays_here(collection: &Collection) -> Result<()> {
    match is_birthdays(collection) {
        true => Err(Refusal::new(403, "Birthdays are those in the address books. Store a copy by PUT.")),
        false => Ok(()),
    }
}

/// The calendar as its owner sees it now.
struct Calendar {
    collection: Collection,
    /// By the names of their resources.
    days: Vec<Day>,
}

impl Calendar {
    /// Made of what was found in the home of address books.
    fn of(owner: &Principal, home: &View) -> Self {
        let books: Vec<&Collection> = home.children.iter().filter(|book| book.owner == owner.id).collect();
        let mut days: Vec<Day> = home.resources.iter().flat_map(|card| Day::of(&books, card)).collect();
        days.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        let place = Place { home: Home::Calendars, owner: owner.name.clone(), path: SEGMENT.to_owned() };
        let collection = Collection {
            id: ID,
            place,
            owner: owner.id,
            owner_name: owner.name.clone(),
            access: Access::Read,
            components: vec!["VEVENT".to_owned()],
            properties: vec![with_text(DAV, "displayname", "Birthdays"), Calendar::computed_from(&books)],
            seq: 0,
            forgotten: 0,
            members: days.len() as u64,
            bytes: 0,
            created: books.iter().map(|book| book.created).min().unwrap_or_default(),
            modified: books.iter().map(|book| book.modified).max().unwrap_or_default(),
            shares: Vec::new(),
        };
        Calendar { collection, days }
    }

    /// Puts it where a lookup asks for it. What is stored there is not hidden, and a home lists it only where there is
    /// a day in it.
    fn show(&self, lookup: &Lookup, view: &mut View) {
        if lookup.place.path.is_empty() {
            let taken = view.children.iter().any(|child| child.place == self.collection.place);
            if !taken && !self.days.is_empty() {
                view.children.push(self.collection.clone());
            }
        } else if view.collection.is_none() {
            view.collection = Some(self.collection.clone());
            let (_, name) = lookup.place.path.split_once('/').unwrap_or_default();
            let mut days = match name {
                "" => self.selected(&lookup.selection),
                name => self.days.iter().filter(|day| day.name == name).collect(),
            };
            if let Selection::Matching(IndexQuery { limit: Some(limit), .. }) = &lookup.selection {
                view.truncated = days.len() > *limit as usize;
                days.truncate(*limit as usize);
            }
            view.resources = resources(&days, lookup.detail.contains(Detail::BODIES));
        }
    }

    /// The days that a selection means, or that can match: times are for the engine to decide about.
    fn selected(&self, selection: &Selection) -> Vec<&Day> {
        let pass: Box<dyn Fn(&Day) -> bool> = match selection {
            Selection::Itself => Box::new(|_| false),
            Selection::All | Selection::Since(_) => Box::new(|_| true),
            Selection::Names(names) => {
                let names: std::collections::HashSet<&str> = names.iter().map(String::as_str).collect();
                Box::new(move |day| names.contains(day.name.as_str()))
            }
            Selection::Matching(query) => Box::new(move |day| {
                (query.components.is_empty() || query.components.iter().any(|component| component == "VEVENT"))
                    && query.uid.as_ref().is_none_or(|uid| *uid == day.uid())
            }),
        };
        self.days.iter().filter(|day| pass(day)).collect()
    }
}

/// The events, each under its name.
fn resources(days: &[&Day], with_bodies: bool) -> Vec<Resource> {
    let anniversaries: Vec<_> = days.iter().map(|day| day.anniversary()).collect();
    let bodies = crate::icalendar::anniversaries(&anniversaries);
    let resource = |(day, body): (&&Day, Vec<u8>)| Resource {
        name: day.name.clone(),
        etag: etag_of(&body),
        content_type: "text/calendar; charset=utf-8".to_owned(),
        size: body.len() as u64,
        component: Some("VEVENT".to_owned()),
        uid: Some(day.uid()),
        exact: false,
        seq: day.seq,
        created: day.created,
        modified: day.modified,
        body: with_bodies.then(|| body.into()),
        properties: Vec::new(),
        texts: Vec::new(),
    };
    days.iter().zip(bodies).map(resource).collect()
}
