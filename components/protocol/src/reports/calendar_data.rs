//! C:calendar-data in a request (RFC 4791 §9.6): which part of the objects is asked for, and in which form.

use crate::context::Context;
use crate::icalendar::{CompSelection, Projection, Recurrence, TimeRange};
use crate::refusal::{Refusal, Result};
use crate::reports::calendar_filter::read_range;
use crate::text::Format;
use crate::xml::{CALDAV, DAV, Element};

/// Elements of a selection, at most: each property of every object is looked for among them.
const MAX_SELECTED: usize = 1000;

/// Whether the D:prop of a report asks for the objects themselves.
pub fn is_wanted(report: &Element) -> bool {
    element(report).is_some()
}

fn element(report: &Element) -> Option<&Element> {
    report.child(DAV, "prop")?.child(CALDAV, "calendar-data")
}

/// What to make of the objects; none where they are asked for as they are stored, or not at all.
///
/// # Errors
/// 403 `supported-calendar-data`; 400 for selections that cannot be.
pub fn projection(context: &Context, report: &Element) -> Result<Option<Projection>> {
    let by_reference = context.request.has_timezones();
    let Some(data) = element(report) else { return Ok(None) };
    if data.size() > MAX_SELECTED {
        return Err(Refusal::bad("The selection is too large."));
    }
    let mut select = Vec::new();
    if let Some(comp) = data.child(CALDAV, "comp") {
        read_component(comp, &mut select)?;
    }
    let projection = Projection {
        select,
        recurrence: recurrence(data)?,
        limit_freebusy: data.child(CALDAV, "limit-freebusy-set").map(closed_range).transpose()?,
        format: format(data)?,
        by_reference,
    };
    let as_stored = projection.select.is_empty()
        && projection.recurrence == Recurrence::Keep
        && projection.limit_freebusy.is_none()
        && projection.format == Format::Text
        && !by_reference;
    Ok((!as_stored).then_some(projection))
}

fn format(data: &Element) -> Result<Format> {
    let version = data.attribute("version").unwrap_or("2.0");
    match (data.attribute("content-type").unwrap_or("text/calendar"), version) {
        ("text/calendar", "2.0") => Ok(Format::Text),
        ("application/calendar+json", "2.0") => Ok(Format::Json),
        ("application/calendar+xml", "2.0") => Ok(Format::Xml),
        (other, _) => {
            Err(Refusal::caldav(403, "supported-calendar-data", format!("There is no {other} {version} here.")))
        }
    }
}

fn recurrence(data: &Element) -> Result<Recurrence> {
    match (data.child(CALDAV, "expand"), data.child(CALDAV, "limit-recurrence-set")) {
        (Some(expand), _) => closed_range(expand).map(Recurrence::Expand),
        (None, Some(limit)) => closed_range(limit).map(Recurrence::Limit),
        (None, None) => Ok(Recurrence::Keep),
    }
}

/// RFC 4791 §9.6.5: both ends are given.
fn closed_range(element: &Element) -> Result<TimeRange> {
    let range = read_range(element)?;
    if range.start.is_none() || range.end.is_none() {
        return Err(Refusal::bad(format!("{} has to have a start and an end.", element.name.local)));
    }
    Ok(range)
}

/// Adds a C:comp and those in it. Returns where it is.
fn read_component(element: &Element, select: &mut Vec<CompSelection>) -> Result<u32> {
    let Some(name) = element.attribute("name") else { return Err(Refusal::bad("A comp has to have a name.")) };
    let position = select.len();
    let props = props(element);
    select.push(CompSelection { name: name.to_ascii_uppercase(), props, comps: None });
    let mut comps = Vec::new();
    for child in element.children().filter(|child| child.is(CALDAV, "comp")) {
        comps.push(read_component(child, select)?);
    }
    select[position].comps = element.child(CALDAV, "allcomp").is_none().then_some(comps);
    Ok(position as u32)
}

/// The properties, and of which only the name; none for all.
fn props(element: &Element) -> Option<Vec<(String, bool)>> {
    if element.child(CALDAV, "allprop").is_some() {
        return None;
    }
    let props = element.children().filter(|child| child.is(CALDAV, "prop"));
    let named = props.filter_map(|prop| {
        Some((prop.attribute("name")?.to_ascii_uppercase(), prop.attribute("novalue") == Some("yes")))
    });
    Some(named.collect())
}
