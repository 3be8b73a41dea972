//! The question that tests and fuzz targets ask of any object: its components of a type in a range, in a form.

use kalends_icalendar::icalendar::{CompFilter, Projection, Query, Recurrence, TimeRange};
use kalends_icalendar::text::Format;

/// A query for components of a type in a range, of which busy time outside of the range is left out.
pub fn query(kind: &str, range: TimeRange, recurrence: Recurrence, format: Format) -> Query {
    let filter = vec![comp("VCALENDAR", None, vec![1]), comp(kind, Some(range), vec![])];
    let projection =
        Projection { select: vec![], recurrence, limit_freebusy: Some(range), format, by_reference: false };
    Query { filter, timezone: None, projection: Some(projection) }
}

fn comp(name: &str, time_range: Option<TimeRange>, comps: Vec<u32>) -> CompFilter {
    CompFilter { name: name.to_owned(), not_defined: false, time_range, props: vec![], comps }
}
