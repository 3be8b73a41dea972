//! CALDAV:expand and CALDAV:limit-recurrence-set (RFC 4791 §9.6.5, §9.6.6), where instances are not as long or not
//! where they seem to be.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use asked::{event, expanded, object, plain, project, range, values};
use kalends_icalendar::icalendar::{Projection, Recurrence};

mod asked;

/// The RECURRENCE-IDs of the overrides that are left in an object of these events.
fn limited(events: &[&str], start: &str, end: &str) -> Vec<String> {
    let events = events.iter().map(|body| format!("BEGIN:VEVENT\nUID:1\n{body}\nEND:VEVENT"));
    let recurrence = Recurrence::Limit(range(start, end));
    let text = project(object(&events.collect::<Vec<_>>().join("\n")), Projection { recurrence, ..plain() });
    values(&text, "RECURRENCE-ID").into_iter().map(str::to_string).collect()
}

#[test]
fn an_end_in_the_second_showing_of_an_hour_stays_there_when_expanded() {
    let body = |kind: &str, end| {
        object(&format!(
            "BEGIN:{kind}\nUID:1\nDTSTART;TZID=Europe/Berlin:20261003T230000\n{end};TZID=Europe/Berlin:20261004T033000\n\
             RRULE:FREQ=WEEKLY;COUNT=5\nEND:{kind}"
        ))
    };
    for (kind, end) in [("VEVENT", "DTEND"), ("VTODO", "DUE")] {
        let text = expanded(body(kind, end), "20261024T120000Z", "20261025T120000Z");
        assert_eq!(values(&text, "DTSTART"), ["20261024T210000Z"], "{kind}");
        assert_eq!(values(&text, end), ["20261025T013000Z"], "{kind}");
    }
}

/// In UTC a day has 24 hours: where it had 25 the instance is an hour longer than that.
#[test]
fn a_day_in_which_clocks_go_back_is_as_long_as_it_was_when_expanded() {
    let daily = |rest: &str| event(&format!("DTSTART;TZID=Europe/Berlin:20261024T120000\n{rest}"));
    let spans = |rest| {
        let text = expanded(daily(rest), "20261024T000000Z", "20261026T000000Z");
        values(&text, "DURATION").into_iter().map(str::to_string).collect::<Vec<_>>()
    };
    assert_eq!(spans("DURATION:P1D\nRRULE:FREQ=DAILY;COUNT=2"), ["PT25H", "P1D"]);
    assert_eq!(spans("DURATION:PT24H\nRRULE:FREQ=DAILY;COUNT=2"), ["PT24H", "PT24H"]);
    let period = "DURATION:PT1H\nRDATE;VALUE=PERIOD;TZID=Europe/Berlin:20261024T180000/P1D";
    assert_eq!(spans(period), ["PT1H", "PT25H"]);
}

#[test]
fn floating_times_stay_floating_when_expanded() {
    let text = expanded(
        event("DTSTART:20261003T230000\nDTEND:20261004T010000\nRRULE:FREQ=WEEKLY"),
        "20261010T230000Z",
        "20261011T000000Z",
    );
    assert_eq!(values(&text, "DTSTART"), ["20261010T230000"]);
    assert_eq!(values(&text, "DTEND"), ["20261011T010000"]);
}

/// What an override replaces is as long as the series says, not as the override is: a client without it would show it
/// there.
#[test]
fn an_override_matters_as_long_as_the_instance_that_it_replaces_would_last() {
    let master = "DTSTART:20260601T100000Z\nDTEND:20260601T150000Z\nRRULE:FREQ=DAILY;COUNT=5";
    let moved = "RECURRENCE-ID:20260603T100000Z\nDTSTART:20260620T100000Z\nDTEND:20260620T103000Z";
    let id = ["20260603T100000Z"];
    assert_eq!(limited(&[master, moved], "20260603T130000Z", "20260603T140000Z"), id);
    assert_eq!(limited(&[master, moved], "20260620T100000Z", "20260620T101500Z"), id);
    assert!(limited(&[master, moved], "20260603T150000Z", "20260604T000000Z").is_empty());
    // A RECURRENCE-ID without a zone is in that of DTSTART.
    let master = "DTSTART;TZID=America/New_York:20260601T100000\nDURATION:PT5H\nRRULE:FREQ=DAILY;COUNT=5";
    let floating = "RECURRENCE-ID:20260603T100000\nDTSTART:20260620T100000Z";
    assert_eq!(limited(&[master, floating], "20260603T183000Z", "20260603T184000Z"), ["20260603T100000"]);
    // Without the series there is nothing but the override to go by.
    let longer = "RECURRENCE-ID:20260603T100000Z\nDTSTART:20260620T100000Z\nDTEND:20260620T140000Z";
    assert_eq!(limited(&[longer], "20260603T130000Z", "20260603T140000Z"), id);
}

#[test]
fn an_override_of_a_period_matters_as_long_as_that() {
    let master = "DTSTART:20260601T100000Z\nDURATION:PT1H\nRDATE;VALUE=PERIOD:20260605T100000Z/PT8H";
    let moved = "RECURRENCE-ID:20260605T100000Z\nDTSTART:20260620T100000Z\nDURATION:PT1H";
    assert_eq!(limited(&[master, moved], "20260605T170000Z", "20260605T171500Z"), ["20260605T100000Z"]);
    assert!(limited(&[master, moved], "20260605T180000Z", "20260605T190000Z").is_empty());
}

#[test]
fn an_override_of_all_that_follow_matters_from_where_it_moves_them_to() {
    let master = "DTSTART:20260601T100000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY";
    let earlier = "RECURRENCE-ID;RANGE=THISANDFUTURE:20260615T100000Z\nDTSTART:20260613T100000Z\nDURATION:PT1H";
    let id = ["20260615T100000Z"];
    assert_eq!(limited(&[master, earlier], "20260613T000000Z", "20260614T000000Z"), id);
    assert_eq!(limited(&[master, earlier], "20270101T000000Z", "20270102T000000Z"), id);
    assert!(limited(&[master, earlier], "20260612T000000Z", "20260613T000000Z").is_empty());
    let later = "RECURRENCE-ID;RANGE=THISANDFUTURE:20260615T100000Z\nDTSTART:20260617T100000Z\nDURATION:PT1H";
    assert_eq!(limited(&[master, later], "20260615T000000Z", "20260616T000000Z"), id);
    // What another override replaces is where that one has moved it to.
    let moved = "RECURRENCE-ID:20260622T100000Z\nDTSTART:20260801T100000Z\nDURATION:PT1H";
    assert_eq!(
        limited(&[master, earlier, moved], "20260620T000000Z", "20260621T000000Z"),
        ["20260615T100000Z", "20260622T100000Z"]
    );
}
