//! What there is to know of an object that may be stored.

use crate::free_busy::takes_time;
use crate::icalendar::Inspection;
use crate::recurrence::Series;
use crate::syntax::{Component, read};
use crate::text::Fault;
use crate::time::{Zone, Zones};
use crate::validate;

/// Clocks are at most this many seconds ahead of UTC, so that a floating time is at most this long before the same time
/// in UTC.
const AHEAD: i64 = 14 * 3600;

/// Clocks are at most this many seconds behind UTC.
const BEHIND: i64 = 12 * 3600;

/// Validates an object and says what to index.
pub fn inspect(object: &[u8]) -> Result<Inspection, Fault> {
    let calendar = read(object)?;
    let components = validate::object(&calendar)?;
    // Who will ask is not known: what floats is taken for UTC, with room for every other zone.
    let zones = Zones::of(&calendar, Zone::UTC);
    let kind = components.first().map(|component| component.name.clone()).unwrap_or_default();
    let (first, last, exact) = times(&calendar, &components, &kind, &zones);
    let alarm = |component: &&Component| component.components.iter().any(|part| part.name == "VALARM");
    let attendees = components.iter().map(|component| component.all("ATTENDEE").count()).max().unwrap_or(0);
    Ok(Inspection {
        uid: components.first().and_then(|component| component.text("UID")).unwrap_or_default().trim().to_string(),
        component: kind,
        first,
        last,
        exact,
        alarms: components.iter().any(alarm),
        attendees: u32::try_from(attendees).unwrap_or(u32::MAX),
        transparent: !components.iter().any(|component| component.name == "VEVENT" && takes_time(component)),
    })
}

/// First start, last end, and whether they decide a time range.
fn times(
    calendar: &Component,
    components: &[&Component],
    kind: &str,
    zones: &Zones,
) -> (Option<i64>, Option<i64>, bool) {
    let has = |name| move |component: &&Component| component.property(name).is_some();
    let timed = match kind {
        // Without these, COMPLETED and CREATED decide (RFC 4791 §9.9).
        "VTODO" => components.iter().all(|component| has("DTSTART")(component) || has("DUE")(component)),
        // Without both of these, the periods in it decide.
        "VFREEBUSY" => components.iter().all(|component| has("DTSTART")(component) && has("DTEND")(component)),
        _ => kind != "VAVAILABILITY",
    };
    if !timed {
        return (None, None, false);
    }
    let series = Series::of(calendar, kind, zones);
    let (first, last) = series.bounds();
    let (ahead, behind) = if series.is_fixed() { (0, 0) } else { (AHEAD, BEHIND) };
    // The ranges of these begin or end with their ends included (RFC 4791 §9.9).
    let includes_ends = matches!(kind, "VTODO" | "VFREEBUSY");
    if series.is_fixed() && series.is_single() && !includes_ends {
        return (first, last, true);
    }
    // So does that of an instance that takes no time, which may be the last.
    (first.map(|first| first - ahead - i64::from(includes_ends)), last.map(|last| last + behind + 1), false)
}
