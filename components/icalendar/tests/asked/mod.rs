//! Questions as clients write them: filters, objects and projections in few words.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use kalends_icalendar::Calendars;
use kalends_icalendar::icalendar::{CompFilter, Guest, Projection, PropFilter, Query, Recurrence, TimeRange, Verdict};
use kalends_icalendar::text::{Collation, Format, MatchType, TextTest};

/// UTC seconds of a time as iCalendar writes it.
pub fn utc(text: &str) -> i64 {
    chrono::NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").unwrap().and_utc().timestamp()
}

/// A time-range; an empty text is an end that is open.
pub fn range(start: &str, end: &str) -> TimeRange {
    let time = |text: &str| (!text.is_empty()).then(|| utc(text));
    TimeRange { start: time(start), end: time(end) }
}

/// A comp-filter with those in it.
pub fn comp(name: &str, comps: Vec<u32>) -> CompFilter {
    CompFilter { name: name.into(), not_defined: false, time_range: None, props: vec![], comps }
}

/// A prop-filter that asks for nothing more.
pub fn prop(name: &str) -> PropFilter {
    PropFilter { name: name.into(), not_defined: false, time_range: None, text: None, params: vec![] }
}

/// A text-match without case.
pub fn contains(value: &str) -> TextTest {
    TextTest { value: value.into(), collation: Collation::AsciiCasemap, kind: MatchType::Contains, negate: false }
}

/// An object of these components.
pub fn object(body: &str) -> Vec<u8> {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{body}\nEND:VCALENDAR\n").into_bytes()
}

/// An object of one VEVENT.
pub fn event(body: &str) -> Vec<u8> {
    object(&format!("BEGIN:VEVENT\nUID:1\n{body}\nEND:VEVENT"))
}

/// Whether an object matches; a fault is none of the answers.
pub fn ask(object: Vec<u8>, filter: Vec<CompFilter>, timezone: Option<&str>) -> bool {
    let query = Query { filter, timezone: timezone.map(str::to_string), projection: None };
    match Calendars::evaluate(vec![object.into()], query).remove(0) {
        Verdict::Unchanged => true,
        Verdict::No => false,
        other => panic!("{other:?}"),
    }
}

/// Whether a component of an object is in a range.
pub fn in_range(object: Vec<u8>, kind: &str, start: &str, end: &str) -> bool {
    let inner = CompFilter { time_range: Some(range(start, end)), ..comp(kind, vec![]) };
    ask(object, vec![comp("VCALENDAR", vec![1]), inner], None)
}

/// Whether an event is in a range.
pub fn event_in(body: &str, start: &str, end: &str) -> bool {
    in_range(event(body), "VEVENT", start, end)
}

/// A filter for VEVENTs with these properties.
pub fn with(props: Vec<PropFilter>) -> Vec<CompFilter> {
    vec![comp("VCALENDAR", vec![1]), CompFilter { props, ..comp("VEVENT", vec![]) }]
}

/// An object as a projection gives it.
pub fn project(object: Vec<u8>, projection: Projection) -> String {
    let query = Query { filter: vec![], timezone: None, projection: Some(projection) };
    match Calendars::evaluate(vec![object.into()], query).remove(0) {
        Verdict::Projected(bytes) => String::from_utf8(bytes).unwrap().replace("\r\n", "\n"),
        other => panic!("{other:?}"),
    }
}

/// The projection that changes nothing.
pub fn plain() -> Projection {
    Projection {
        select: vec![],
        recurrence: Recurrence::Keep,
        limit_freebusy: None,
        format: Format::Text,
        by_reference: false,
    }
}

/// An object with its instances in a range in its place.
pub fn expanded(object: Vec<u8>, start: &str, end: &str) -> String {
    project(object, Projection { recurrence: Recurrence::Expand(range(start, end)), ..plain() })
}

/// The values of all properties of a name.
pub fn values<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.starts_with(name)).filter_map(|line| line.split_once(':')).map(|(_, v)| v).collect()
}
