//! MKCOL (RFC 4918 §9.3), extended MKCOL (RFC 5689) and MKCALENDAR (RFC 4791 §5.3.1).

use crate::context::Context;
use crate::href;
use crate::patch::Patch;
use crate::privileges;
use crate::properties::COMPONENTS;
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::resolve::{Found, find};
use crate::store::{Access, Collection, Detail, Guard, Operation, Rejection, View};
use crate::types::{Home, NewCollection, Place};
use crate::write::Grounds;
use crate::xml::{CALDAV, CARDDAV, DAV, Element, Name, XmlWriter};

/// Makes a collection: in a home of calendars a calendar, in one of address books an address book, else a folder.
///
/// # Errors
/// 405 where something is there, 409 where nothing can hold it, 415 for a body that is no D:mkcol, 403.
pub fn mkcol(context: &Context) -> Result<Reply> {
    let media_type = context.request.media_type();
    let is_xml = matches!(media_type.as_str(), "" | "application/xml" | "text/xml") || media_type.ends_with("+xml");
    if !context.request.body().is_empty() && !is_xml {
        return Err(Refusal::new(415, "The body of a MKCOL has to be a DAV: mkcol element."));
    }
    let body = match context.request.xml()? {
        Some(root) if root.is(DAV, "mkcol") => Some(root),
        Some(_) => return Err(Refusal::new(415, "The body of a MKCOL has to be a DAV: mkcol element.")),
        None => None,
    };
    make(context, body, "D:mkcol-response", || {
        Refusal::method_not_allowed("OPTIONS, GET, HEAD, PROPFIND, PROPPATCH, REPORT, DELETE")
    })
}

/// Makes a calendar.
///
/// # Errors
/// 403 with the preconditions of RFC 4791 §5.3.1.1; 409 where there is no such home.
pub fn mkcalendar(context: &Context) -> Result<Reply> {
    let body = match context.request.xml()? {
        Some(root) if root.is(CALDAV, "mkcalendar") => Some(root),
        Some(_) => return Err(Refusal::bad("The body of a MKCALENDAR has to be a CalDAV mkcalendar element.")),
        None => None,
    };
    if context.place()?.home != Home::Calendars {
        return Err(Refusal::caldav(403, "calendar-collection-location-ok", "Calendars are in a home of calendars."));
    }
    make(context, body, "C:mkcalendar-response", || {
        Refusal::dav(403, "resource-must-be-null", "Something is there already.")
    })
}

fn make(context: &Context, body: Option<Element>, response: &'static str, occupied: fn() -> Refusal) -> Result<Reply> {
    let place = context.place()?;
    let grounds = Grounds::read(context, &[place], Detail::empty())?;
    let (_, view) = grounds.at(0);
    let parent = match find(place, view, context.asker()) {
        Found::Nothing(parent) => parent,
        _ => return Err(occupied()),
    };
    let mut guards = location(context, place, view, parent)?;
    guards.extend(grounds.unlocked(context, 0, false, true)?);
    guards.extend(grounds.conditions(context)?);
    let (mut patch, components) = properties(body.as_ref(), place.home);
    let components = components.unwrap_or_else(|refusal| {
        patch.refuse(&Name::new(CALDAV, "supported-calendar-component-set"), refusal);
        Vec::new()
    });
    if patch.is_refused() {
        return Ok(refused(&patch, response));
    }
    let (properties, _) = patch.outcome();
    let collection = NewCollection { place: place.clone(), components, properties };
    context.apply(&guards, &[Operation::CreateCollection((collection, context.now()))]).map_err(|rejection| {
        match rejection {
            Rejection::Occupied => occupied(),
            Rejection::Changed => Refusal::precondition_failed(),
            Rejection::Failure(failure) => failure.into(),
            Rejection::NoRoom => Refusal::no_room(),
            Rejection::Locked => Refusal::locked(&href::of_collection(&context.base, place)),
            _ => Refusal::new(409, "What would hold it has changed at the same moment."),
        }
    })?;
    // RFC 4791 §5.3.1: the answer to a MKCALENDAR is not to be cached; `router` says that of all answers.
    Ok(Reply::new(201))
}

/// Calendars and address books are directly in a home of the asker's own; folders are in folders.
fn location(context: &Context, place: &Place, view: &View, parent: Option<&Collection>) -> Result<Vec<Guard>> {
    let vacant = Guard::Vacant(place.clone());
    let Some(owner) = &view.owner else { return Err(Refusal::not_found()) };
    if place.home == Home::Files {
        let Some(parent) = parent else { return Err(Refusal::new(409, "There is no folder that would hold it.")) };
        let (holder, _) = href::split(place);
        if parent.place.path != holder.path {
            return Err(Refusal::new(409, "There is no folder that would hold it."));
        }
        privileges::require(context, parent, Access::Write, "D:bind")?;
        return Ok(vec![vacant, Guard::Access((parent.id, Access::Write))]);
    }
    if owner.id != context.asker() || !context.may_write() {
        return Err(Refusal::need_privilege(&href::of_home(&context.base, place.home, &place.owner), "D:bind"));
    }
    if !place.path.contains('/') {
        return Ok(vec![vacant]);
    }
    match (parent, place.home) {
        (None, _) => Err(Refusal::new(409, "There is no collection that would hold it.")),
        (Some(_), Home::Calendars) => Err(Refusal::caldav(
            403,
            "calendar-collection-location-ok",
            "A calendar cannot be in a calendar (RFC 4791 §4.2).",
        )),
        (Some(_), _) => Err(Refusal::carddav(
            403,
            "addressbook-collection-location-ok",
            "An address book cannot be in an address book.",
        )),
    }
}

/// What is to be set, and the components that a calendar is to take.
fn properties(body: Option<&Element>, home: Home) -> (Patch, Result<Vec<String>>) {
    let mut patch = Patch::default();
    let sets = || body.into_iter().flat_map(Element::children).filter(|child| child.is(DAV, "set"));
    sets().for_each(|set| patch.add(set));
    let given = |namespace: &str, local: &str| {
        sets().filter_map(|set| set.child(DAV, "prop")).find_map(|prop| prop.child(namespace, local))
    };
    let (kind, set) = (Name::new(DAV, "resourcetype"), Name::new(CALDAV, "supported-calendar-component-set"));
    patch.take(&kind);
    if given(DAV, "resourcetype").is_some_and(|resourcetype| !fits(resourcetype, home)) {
        let message = "Calendars are made in a home of calendars, address books in one of address books.";
        patch.refuse(&kind, Refusal::dav(403, "valid-resourcetype", message));
    }
    if home != Home::Calendars {
        return (patch, Ok(Vec::new()));
    }
    patch.take(&set);
    (patch, given(CALDAV, "supported-calendar-component-set").map_or(Ok(Vec::new()), components))
}

/// Whether a collection of that home is of the type (RFC 5689 §3.3).
fn fits(resourcetype: &Element, home: Home) -> bool {
    let calendar = resourcetype.child(CALDAV, "calendar").is_some();
    let addressbook = resourcetype.child(CARDDAV, "addressbook").is_some();
    let unknown = resourcetype
        .children()
        .any(|kind| !kind.is(DAV, "collection") && !kind.is(CALDAV, "calendar") && !kind.is(CARDDAV, "addressbook"));
    !unknown && calendar <= (home == Home::Calendars) && addressbook <= (home == Home::Addressbooks)
}

/// The components of a C:supported-calendar-component-set that a calendar can take; what else a client hopes for
/// (VAVAILABILITY, VPOLL) is left out.
fn components(set: &Element) -> Result<Vec<String>> {
    let asked: Vec<String> =
        set.children().filter_map(|comp| comp.attribute("name")).map(str::to_ascii_uppercase).collect();
    let known = |name: &&String| COMPONENTS.contains(&name.as_str()) || name.as_str() == "VFREEBUSY";
    let mut taken: Vec<String> = asked.iter().filter(known).cloned().collect();
    taken.dedup();
    if taken.is_empty() {
        return Err(Refusal::caldav(
            403,
            "supported-calendar-component",
            "A calendar takes VEVENT, VTODO or VJOURNAL.",
        ));
    }
    Ok(taken)
}

/// RFC 5689 §3.1: nothing is made, and the answer says for which property.
fn refused(patch: &Patch, response: &'static str) -> Reply {
    let mut xml = XmlWriter::document(response);
    patch.write_propstats(&mut xml);
    Reply::new(403).xml(xml.finish(response))
}
