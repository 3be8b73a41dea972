//! REPORT (RFC 3253 §3.6), one file for each report.

mod acl_principal_prop_set;
mod address_data;
mod addressbook_multiget;
mod addressbook_query;
mod calendar_data;
mod calendar_filter;
mod calendar_multiget;
mod calendar_query;
mod card_filter;
mod expand_property;
mod free_busy_query;
mod given;
mod multiget;
mod principal_match;
mod principal_property_search;
mod principal_search_property_set;
mod sync_collection;
mod text_match;

pub use sync_collection::{Told, token_is_not_valid};

use crate::context::Context;
use crate::href::Target;
use crate::properties::Subject;
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::request::Depth;
use crate::resolve::{Found, find};
use crate::store::{Collection, View};
use crate::types::{Home, Place};
use crate::xml::{CALDAV, CARDDAV, DAV, Element};

const EVERYWHERE: [&str; 3] = ["D:expand-property", "D:principal-property-search", "D:principal-search-property-set"];
const COLLECTION: [&str; 2] = ["D:sync-collection", "D:acl-principal-prop-set"];
const CALENDAR: [&str; 3] = ["C:calendar-query", "C:calendar-multiget", "C:free-busy-query"];
const ADDRESSBOOK: [&str; 2] = ["CR:addressbook-query", "CR:addressbook-multiget"];

/// Answers a report.
///
/// # Errors
/// 400 without a body; 403 `supported-report` for one that is not known; what the report refuses.
pub fn report(context: &Context) -> Result<Reply> {
    let Some(root) = context.request.xml()? else { return Err(Refusal::bad("The body has to name a report.")) };
    match (root.name.namespace.as_str(), root.name.local.as_str()) {
        (CALDAV, "calendar-query") => calendar_query::answer(context, &root),
        (CALDAV, "calendar-multiget") => calendar_multiget::answer(context, &root),
        (CALDAV, "free-busy-query") => free_busy_query::answer(context, &root),
        (CARDDAV, "addressbook-query") => addressbook_query::answer(context, &root),
        (CARDDAV, "addressbook-multiget") => addressbook_multiget::answer(context, &root),
        (DAV, "sync-collection") => sync_collection::answer(context, &root),
        (DAV, "expand-property") => expand_property::answer(context, &root),
        (DAV, "principal-property-search") => principal_property_search::answer(context, &root),
        (DAV, "principal-search-property-set") => principal_search_property_set::answer(context),
        (DAV, "principal-match") => principal_match::answer(context, &root),
        (DAV, "acl-principal-prop-set") => acl_principal_prop_set::answer(context, &root),
        (_, name) => Err(Refusal::dav(403, "supported-report", format!("The report {name} is not known here."))),
    }
}

/// The reports about principals are defined for Depth 0 alone (RFC 3744 §9.2 to §9.5).
///
/// # Errors
/// 400 for any other.
fn require_depth_zero(context: &Context) -> Result<()> {
    match context.request.depth(Depth::Zero)? {
        Depth::Zero => Ok(()),
        Depth::One | Depth::Infinity => Err(Refusal::bad("The Depth of this report is 0.")),
    }
}

/// The calendar or address book that a report is about: what is at the target, or what holds the object there (RFC 4791
/// §7, RFC 6352 §8).
///
/// # Errors
/// 403 `supported-report` for a home; 404.
fn queried<'a>(place: &Place, view: &'a View, asker: u64) -> Result<&'a Collection> {
    match find(place, view, asker) {
        Found::Collection(collection) | Found::Resource(collection, _) => Ok(collection),
        Found::Home(..) => {
            Err(Refusal::dav(403, "supported-report", "A home cannot be asked this; each collection in it can."))
        }
        Found::Nothing(_) => Err(Refusal::not_found()),
    }
}

/// The collection at the target, of a report that is about nothing less.
///
/// # Errors
/// 403 `supported-report` for a home and for a resource; 404.
fn queried_itself<'a>(place: &Place, view: &'a View, asker: u64) -> Result<&'a Collection> {
    match find(place, view, asker) {
        Found::Resource(..) => Err(Refusal::dav(403, "supported-report", "Only collections can be asked this.")),
        _ => queried(place, view, asker),
    }
}

/// The reports that can be asked of a subject, with the prefixes of `XmlWriter`.
pub fn supported(subject: &Subject) -> Vec<&'static str> {
    let mut reports = EVERYWHERE.to_vec();
    match subject {
        Subject::Collection(collection) => match collection.place.home {
            Home::Calendars => reports.extend(COLLECTION.iter().chain(&CALENDAR)),
            Home::Addressbooks => reports.extend(COLLECTION.iter().chain(&ADDRESSBOOK)),
            Home::Files => reports.push("D:acl-principal-prop-set"),
        },
        Subject::Fixed(Target::Root | Target::Dav | Target::Principals) | Subject::Principal(_) => {
            reports.push("D:principal-match");
        }
        // RFC 4791 §7, RFC 6352 §8: of objects too.
        Subject::Resource(collection, ..) | Subject::Tag(collection, _) => match collection.place.home {
            Home::Calendars => reports.extend(CALENDAR),
            Home::Addressbooks => reports.extend(ADDRESSBOOK),
            Home::Files => {}
        },
        // What it says is in its body.
        Subject::Notification(..) => reports.retain(|report| *report != "D:expand-property"),
        Subject::Fixed(_) | Subject::Home(..) | Subject::Proxy(..) | Subject::Notifications(_) => {}
    }
    reports
}

/// The number in D:limit/D:nresults (RFC 5323 §5.17), or CardDAV's own.
///
/// # Errors
/// 400 for what is no number above 0.
fn limit(root: &Element, namespace: &str) -> Result<Option<u32>> {
    let Some(limit) = root.child(namespace, "limit") else { return Ok(None) };
    let number = limit.child(namespace, "nresults").and_then(|results| results.text().trim().parse().ok());
    number
        .filter(|number| *number > 0)
        .map(Some)
        .ok_or_else(|| Refusal::bad("A limit has to have nresults, a number above 0."))
}
