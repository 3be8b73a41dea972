//! What is indexed, and whether a time-range (RFC 4791 §9.9) finds no more than the index lets through.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use asked::{ask, comp, event, object, utc};
use kalends_icalendar::Calendars;
use kalends_icalendar::icalendar::{CompFilter, Guest, Inspection, TimeRange};

mod asked;

fn inspect(object: Vec<u8>) -> Inspection {
    Calendars::inspect(object).unwrap()
}

fn bounds(object: Vec<u8>) -> (Option<i64>, Option<i64>, bool) {
    let inspection = inspect(object);
    (inspection.first, inspection.last, inspection.exact)
}

#[test]
fn what_is_indexed() {
    let found = inspect(event(
        "DTSTART:20240101T100000Z\nDTEND:20240101T110000Z\nATTENDEE:mailto:A@x\n\
         ATTENDEE:mailto:b@x\nBEGIN:VALARM\nTRIGGER:PT0S\nEND:VALARM",
    ));
    assert_eq!((found.uid.as_str(), found.component.as_str(), found.alarms, found.attendees), ("1", "VEVENT", true, 2));
    assert!(!found.transparent);
    for transparent in ["TRANSP:TRANSPARENT", "STATUS:CANCELLED"] {
        assert!(inspect(event(&format!("DTSTART:20240101T100000Z\n{transparent}"))).transparent, "{transparent}");
    }
}

#[test]
fn bounds_are_exact_for_one_instance_in_a_known_zone() {
    let known = bounds(event("DTSTART;TZID=Europe/Berlin:20240101T100000\nDURATION:PT1H"));
    assert_eq!(known, (Some(utc("20240101T090000Z")), Some(utc("20240101T100000Z")), true));
    let point = bounds(event("DTSTART:20240101T100000Z"));
    assert_eq!(point, (Some(utc("20240101T100000Z")), Some(utc("20240101T100000Z")), true));
}

#[test]
fn bounds_hold_for_every_zone_where_times_float() {
    let day = bounds(event("DTSTART;VALUE=DATE:20240102"));
    assert_eq!(day, (Some(utc("20240101T100000Z")), Some(utc("20240103T120001Z")), false));
}

#[test]
fn bounds_of_series() {
    let endless = bounds(event("DTSTART:20240101T100000Z\nRRULE:FREQ=DAILY"));
    assert_eq!(endless, (Some(utc("20240101T100000Z")), None, false));
    let counted = bounds(event("DTSTART:20240101T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3"));
    assert_eq!(counted, (Some(utc("20240101T100000Z")), Some(utc("20240103T110001Z")), false));
    let (_, until, _) = bounds(event("DTSTART:20240101T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20240110"));
    assert!(until.is_some_and(|until| (utc("20240110T110000Z")..utc("20240112T000000Z")).contains(&until)));
    let moved = object(
        "BEGIN:VEVENT\nUID:1\nDTSTART:20240101T100000Z\nRRULE:FREQ=DAILY;COUNT=3\nRDATE:20240201T100000Z\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:1\nRECURRENCE-ID:20240102T100000Z\nDTSTART:20231201T100000Z\nDTEND:20231201T110000Z\nEND:VEVENT",
    );
    assert_eq!(bounds(moved), (Some(utc("20231201T100000Z")), Some(utc("20240201T100001Z")), false));
    let timeless = bounds(object("BEGIN:VTODO\nUID:1\nSUMMARY:x\nEND:VTODO"));
    assert_eq!(timeless, (None, None, false));
    let due = bounds(object("BEGIN:VTODO\nUID:1\nDUE:20240101T100000Z\nEND:VTODO"));
    assert_eq!(due, (Some(utc("20240101T095959Z")), Some(utc("20240101T100001Z")), false));
}

/// Asks for half an hour around each half hour from ten to eight days around a time, in a zone: what is found must be
/// within the bounds, and exactly that where these decide. How many were found.
fn found_within_bounds(object: &[u8], around: &str, zone: &str) -> usize {
    let (first, last, exact) = bounds(object.to_vec());
    let kind = inspect(object.to_vec()).component;
    let is_found = |start: i64| {
        let range = TimeRange { start: Some(start), end: Some(start + 1_800) };
        let inner = CompFilter { time_range: Some(range), ..comp(&kind, vec![]) };
        let found = ask(object.to_vec(), vec![comp("VCALENDAR", vec![1]), inner], Some(zone));
        // As storage asks its index.
        let is_point = first.is_some() && first == last;
        let may = first.is_none_or(|first| first < start + 1_800)
            && last.is_none_or(|last| last > start || is_point && last == start);
        assert!(may || !found, "found at {start} in {zone}, outside of {first:?} to {last:?}");
        assert!(!exact || may == found, "not decided at {start} in {zone} by {first:?} to {last:?}");
        found
    };
    (-240..192).filter(|half_hours| is_found(utc(around) + half_hours * 1_800)).count()
}

/// Zones at both ends of the clock, and one that changes its clocks on 29 March 2026.
const ASKERS: [&str; 5] = ["UTC", "Pacific/Kiritimati", "Etc/GMT+12", "Europe/Berlin", "America/New_York"];

#[test]
fn days_and_floating_times_are_within_their_bounds_whoever_asks() {
    for (body, half_hours) in [
        ("DTSTART;VALUE=DATE:20260601", 48),
        ("DTSTART;VALUE=DATE:20260601\nRRULE:FREQ=DAILY;COUNT=2", 96),
        ("DTSTART:20260601T000000", 1),
        ("DTSTART:20260601T000000\nRRULE:FREQ=DAILY;COUNT=2", 2),
        ("DTSTART;TZID=Nowhere:20260601T100000\nDURATION:PT1H", 2),
    ] {
        for zone in ASKERS {
            assert_eq!(found_within_bounds(&event(body), "20260601T000000Z", zone), half_hours, "{body} in {zone}");
        }
    }
}

/// RFC 4791 §9.9: `start <= DTSTART` of what takes no time.
#[test]
fn a_last_instance_that_takes_no_time_is_in_a_range_that_starts_with_it() {
    let moved = "BEGIN:VEVENT\nUID:1\nDTSTART:20260701T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2\nEND:VEVENT\n\
                 BEGIN:VEVENT\nUID:1\nRECURRENCE-ID:20260702T000000Z\nDTSTART:20260703T000000Z\nEND:VEVENT";
    let journal = "BEGIN:VJOURNAL\nUID:1\nDTSTART:20260701T000000Z\nRDATE:20260703T000000Z\nEND:VJOURNAL";
    let counted = event("DTSTART:20260701T000000Z\nRRULE:FREQ=DAILY;COUNT=3");
    for (object, half_hours) in [(counted, 3), (object(moved), 3), (object(journal), 2)] {
        assert_eq!(found_within_bounds(&object, "20260702T000000Z", "UTC"), half_hours);
    }
}

/// Where the end floats, or a date that is added, the asker decides when it is, though DTSTART does not.
#[test]
fn an_end_that_floats_is_within_the_bounds_whoever_asks() {
    for body in [
        "DTSTART:20260601T000000Z\nDTEND:20260602T000000",
        "DTSTART;TZID=Asia/Tokyo:20260601T090000\nDTEND;TZID=Nowhere:20260601T120000",
        "DTSTART:20260601T000000Z\nDTEND;VALUE=DATE:20260602",
        "DTSTART:20260601T000000Z\nRDATE;TZID=Nowhere:20260602T000000",
        "DTSTART:20260601T000000Z\nRDATE;VALUE=PERIOD:20260602T000000Z/20260602T060000",
    ] {
        for zone in ASKERS {
            assert!(found_within_bounds(&event(body), "20260601T000000Z", zone) > 0, "{body} in {zone}");
        }
    }
}

/// 02:30 of 29 March 2026 is not there in Berlin, and taken for 03:30, which is after 03:00 (RFC 5545 §3.3.5).
#[test]
fn what_is_last_in_local_time_need_not_be_so_in_utc() {
    for (body, half_hours) in [
        ("DTSTART;TZID=Europe/Berlin:20260329T030000\nRDATE;TZID=Europe/Berlin:20260329T023000", 2),
        ("DTSTART;TZID=Europe/Berlin:20260329T023000\nRDATE;TZID=Europe/Berlin:20260329T030000", 2),
        ("DTSTART;TZID=Europe/Berlin:20260329T013000\nRRULE:FREQ=MINUTELY;INTERVAL=30;UNTIL=20260329T010000Z", 3),
        ("DTSTART;TZID=Europe/Berlin:20260326T030000\nDURATION:P3D\nRDATE;TZID=Europe/Berlin:20260326T023000", 144),
    ] {
        assert_eq!(found_within_bounds(&event(body), "20260328T000000Z", "UTC"), half_hours, "{body}");
    }
}
