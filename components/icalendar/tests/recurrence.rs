//! Recurrence against python-dateutil: `recurrence/generate.py` says how `recurrence/dateutil.txt` was made.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use kalends_icalendar::Calendars;
use kalends_icalendar::icalendar::{Guest, Projection, Query, Recurrence, TimeRange, Verdict};
use kalends_icalendar::text::Format;

/// UTC seconds of the instances in a range.
fn instances(zone: &str, start: &str, rule: &str, low: i64, high: i64) -> Vec<i64> {
    let object = format!(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART;TZID={zone}:{start}\nRRULE:{rule}\nEND:VEVENT\nEND:VCALENDAR\n"
    );
    let recurrence = Recurrence::Expand(TimeRange { start: Some(low), end: Some(high) });
    let projection =
        Projection { select: vec![], recurrence, limit_freebusy: None, format: Format::Text, by_reference: false };
    let query = Query { filter: vec![], timezone: None, projection: Some(projection) };
    match Calendars::evaluate(vec![object.into_bytes()], query).remove(0) {
        Verdict::Projected(text) => String::from_utf8(text)
            .unwrap()
            .lines()
            .filter_map(|line| line.strip_prefix("DTSTART:"))
            .map(|time| chrono::NaiveDateTime::parse_from_str(time, "%Y%m%dT%H%M%SZ").unwrap().and_utc().timestamp())
            .collect(),
        other => panic!("{rule}: {other:?}"),
    }
}

#[test]
fn five_thousand_rules_give_what_dateutil_gives() {
    let mut differences = Vec::new();
    let cases = include_str!("recurrence/dateutil.txt").lines();
    for case in cases.clone() {
        let parts: Vec<_> = case.split('|').collect();
        let [zone, start, rule, low, high, expected] = parts.as_slice() else { panic!("{case}") };
        let found = instances(zone, start, rule, low.parse().unwrap(), high.parse().unwrap());
        let (first, last) = (found.first().unwrap_or(&0), found.last().unwrap_or(&0));
        let summary = format!("{} {first} {last} {}", found.len(), found.iter().sum::<i64>());
        if summary != *expected {
            differences.push(format!("{case} but {summary}"));
        }
    }
    assert!(cases.count() >= 5_000);
    assert!(
        differences.is_empty(),
        "{} differ:\n{}",
        differences.len(),
        differences[..differences.len().min(40)].join("\n")
    );
}
