//! Free-busy time (RFC 4791 §7.10): the busy periods of many objects, merged and clipped.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::fault;
use crate::filter::range_of;
use crate::icalendar::TimeRange;
use crate::overlap::{Range, periods_of};
use crate::projection::utc_text;
use crate::recurrence::Series;
use crate::stream::PRODID;
use crate::syntax::{Component, Property, Reader, write};
use crate::text::{Content, Fault, Rule};
use crate::time::{Zone, Zones};

/// Busy periods of all objects together.
const PERIODS: usize = 100_000;

/// Periods in UTC seconds by FBTYPE.
type Busy = BTreeMap<String, Vec<(i64, i64)>>;

/// The VFREEBUSY of the objects' busy time in a range. Objects that cannot be read are passed over.
pub fn free_busy(objects: &[Content], range: &TimeRange, timezone: Option<&str>, now: i64) -> Result<Vec<u8>, Fault> {
    let (Some(_), Some(_)) = (range.start, range.end) else {
        return Err(fault::bound(0, "free-busy time needs a start and an end"));
    };
    let range = range_of(range);
    let floating = Zone::of_argument(timezone);
    let mut busy = Busy::new();
    let mut reader = Reader::new();
    for object in objects {
        match collect(object, range, &floating, &mut reader, &mut busy) {
            Err(fault) if fault.rule == Rule::Bound => return Err(fault),
            _ if busy.values().map(Vec::len).sum::<usize>() > PERIODS => {
                return Err(fault::bound(0, "too many busy periods in the range"));
            }
            _ => {}
        }
    }
    Ok(write(&calendar(busy, range, now)).into_bytes())
}

fn collect<'o>(
    object: &'o [u8],
    range: Range,
    floating: &Zone,
    reader: &mut Reader<'o>,
    busy: &mut Busy,
) -> Result<(), Fault> {
    let calendar = reader.read(object)?;
    let zones = Zones::of(&calendar, floating.clone());
    let is_alone = calendar.components.iter().filter(|component| component.name == "VEVENT").count() == 1;
    let mut count = 0;
    Series::of(&calendar, "VEVENT", &zones).visit(
        range.start,
        range.end,
        &|event| kind(event).is_some(),
        &mut |instance| {
            if let Some(kind) = kind(instance.component)
                && instance.to > instance.from
                && range.has_span(instance.from, instance.to)
            {
                busy.entry(kind.to_string()).or_default().push((instance.from, instance.to));
                count += 1;
            }
            // One that lasts for centuries and recurs every week adds nothing after the first that takes all of the
            // range.
            let is_covered = is_alone && instance.from <= range.start && range.end <= instance.to;
            if count > PERIODS || is_covered { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        },
    )?;
    let components = calendar.components.iter().filter(|component| component.name == "VFREEBUSY");
    for property in components.flat_map(|component| component.all("FREEBUSY")) {
        let kind = property.param("FBTYPE").unwrap_or("BUSY").to_ascii_uppercase();
        if kind != "FREE" {
            let periods = periods_of(property, &zones).filter(|(from, to)| range.has_span(*from, *to));
            busy.entry(kind).or_default().extend(periods);
        }
    }
    Ok(())
}

/// Whether an event takes its owner's time.
pub fn takes_time(event: &Component) -> bool {
    kind(event).is_some()
}

/// The FBTYPE of an event; none where it takes no time.
fn kind(event: &Component) -> Option<&'static str> {
    let is = |name, wanted: &str| event.value(name).is_some_and(|value| value.eq_ignore_ascii_case(wanted));
    if is("TRANSP", "TRANSPARENT") || is("STATUS", "CANCELLED") {
        None
    } else if is("STATUS", "TENTATIVE") {
        Some("BUSY-TENTATIVE")
    } else {
        Some("BUSY")
    }
}

fn calendar(busy: Busy, range: Range, now: i64) -> Component {
    let mut component = Component::new("VFREEBUSY");
    component.properties = vec![
        Property::new("UID", format!("{}-{}-{now}", range.start, range.end)),
        Property::new("DTSTAMP", utc_text(now)),
        Property::new("DTSTART", utc_text(range.start)),
        Property::new("DTEND", utc_text(range.end)),
    ];
    for (kind, periods) in busy {
        let text = |(from, to): &(i64, i64)| format!("{}/{}", utc_text(*from), utc_text(*to));
        let values: Vec<_> = merged(periods, range).iter().map(text).collect();
        component.properties.push(Property::new("FREEBUSY", values.join(",")).with("FBTYPE", &kind));
    }
    let mut calendar = Component::new("VCALENDAR");
    calendar.properties = vec![Property::new("VERSION", "2.0"), Property::new("PRODID", PRODID)];
    calendar.components.push(component);
    calendar
}

/// Periods in order, clipped to the range; those that touch are one.
fn merged(mut periods: Vec<(i64, i64)>, range: Range) -> Vec<(i64, i64)> {
    periods.sort_unstable();
    let mut merged: Vec<(i64, i64)> = Vec::new();
    for (from, to) in periods {
        let (from, to) = (from.max(range.start), to.min(range.end));
        match merged.last_mut() {
            Some((_, last)) if from <= *last => *last = to.max(*last),
            _ => merged.push((from, to)),
        }
    }
    merged
}
