//! An object asked for a range of time: the octets after its end say which. The index has to agree with what the filter
//! says, and nothing but a bound may stop a question about an object that was taken.
#![no_main]

use kalends_icalendar::Calendars;
use kalends_icalendar::icalendar::{Guest, Inspection, Query, Recurrence, TimeRange, Verdict};
use kalends_icalendar::text::{Format, Rule};
use libfuzzer_sys::fuzz_target;
use question::query;

#[path = "../../components/icalendar/tests/question/mod.rs"]
mod question;

fuzz_target!(|input: &[u8]| {
    let (object, rest) = parts(input);
    let Ok(inspection) = Calendars::inspect(object.to_vec()) else { return };
    let range = range_near(inspection.first.unwrap_or_default(), rest);
    let found = ask(object, query(&inspection.component, range, Recurrence::Keep, Format::Text));
    compare(&inspection, &range, found);
    for recurrence in [Recurrence::Expand(range), Recurrence::Limit(range)] {
        ask(object, query(&inspection.component, range, recurrence, Format::Text));
    }
    for open in [TimeRange { start: None, ..range }, TimeRange { end: None, ..range }] {
        ask(object, query(&inspection.component, open, Recurrence::Keep, Format::Text));
    }
    if let Err(fault) = Calendars::free_busy(vec![object.to_vec().into()], range, None, 0) {
        assert_eq!(fault.rule, Rule::Bound);
    }
});

/// The object, and what comes after its end.
fn parts(input: &[u8]) -> (&[u8], &[u8]) {
    const END: &[u8] = b"END:VCALENDAR";
    let end = input.windows(END.len()).rposition(|window| window == END).map_or(input.len(), |at| at + END.len());
    input.split_at(end)
}

/// A range that begins some half hours before or after a time: four octets say how many, and how long it is.
fn range_near(time: i64, octets: &[u8]) -> TimeRange {
    let octet = |at: usize| octets.get(at).copied().unwrap_or_default();
    let halves = i64::from(i16::from_le_bytes([octet(0), octet(1)]));
    let hours = i64::from(u16::from_le_bytes([octet(2), octet(3)]));
    let start = time + halves * 1_800;
    TimeRange { start: Some(start), end: Some(start + 1 + hours * 3_600) }
}

/// Whether it matches; none where that is refused.
fn ask(object: &[u8], query: Query) -> Option<bool> {
    match Calendars::evaluate(vec![object.to_vec().into()], query).remove(0) {
        Verdict::Fault(fault) => {
            assert_eq!(fault.rule, Rule::Bound, "{fault:?}");
            None
        }
        verdict => Some(verdict != Verdict::No),
    }
}

/// What storage decides by `first` and `last` alone must be what the filter decides.
fn compare(inspection: &Inspection, range: &TimeRange, found: Option<bool>) {
    let (Some(found), Some(start), Some(end)) = (found, range.start, range.end) else { return };
    let (first, last) = (inspection.first.unwrap_or(i64::MIN), inspection.last.unwrap_or(i64::MAX));
    let may = first < end && (last > start || (last == first && first == start));
    assert!(may || !found, "found outside of its bounds: {inspection:?} {range:?}");
    assert!(!inspection.exact || may == found, "the index says {may}, the filter {found}: {inspection:?} {range:?}");
}
