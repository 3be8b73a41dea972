//! CALDAV:calendar-data (RFC 4791 §9.6): what is given of an object that matches.

mod expand;
mod limit;
mod select;

pub use expand::utc_text;

use crate::filter::range_of;
use crate::icalendar::{Projection, Recurrence};
use crate::syntax::{Component, write};
use crate::text::{Fault, Format};
use crate::time::{Zones, is_standard};
use crate::typed;

/// What a projection gives of a calendar.
pub fn project(calendar: &Component, projection: &Projection, zones: &Zones) -> Result<Vec<u8>, Fault> {
    let mut calendar = match &projection.recurrence {
        Recurrence::Keep => calendar.clone(),
        Recurrence::Expand(range) => expand::expand(calendar, range_of(range), zones)?,
        Recurrence::Limit(range) => limit::recurrence_set(calendar, range_of(range), zones)?,
    };
    if let Some(range) = &projection.limit_freebusy {
        limit::free_busy_set(&mut calendar, range_of(range), zones);
    }
    if projection.by_reference {
        calendar.components.retain(|component| !is_by_name(component));
    }
    let calendar = select::select(&projection.select, calendar);
    match projection.format {
        Format::Text => Ok(write(&calendar).into_bytes()),
        format => typed::encode(&calendar, format),
    }
}

/// Whether it is a VTIMEZONE that its name says all of, to any client: other producers' names are for those who know
/// them.
fn is_by_name(component: &Component) -> bool {
    component.name == "VTIMEZONE" && component.text("TZID").is_some_and(|tzid| is_standard(&tzid))
}
