//! CALDAV:time-range (RFC 4791 §9.9) of alarms and of properties, with the instances that they depend on.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use asked::{ask, comp, event, object, prop, range, with};
use kalends_icalendar::icalendar::{CompFilter, ParamFilter, ParamTest, PropFilter, TimeRange};

mod asked;

const WEEKLY: &str = "DTSTART:20260101T100000Z\nDTEND:20260101T110000Z\nRRULE:FREQ=WEEKLY";

const AN_HOUR_BEFORE: &str = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT1H\nEND:VALARM";

const FIRST_OF_MAY: &str = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER;VALUE=DATE-TIME:20260501T100000Z\nEND:VALARM";

/// A filter for components of a kind, in a range where one is given, with an alarm in another.
fn alarm(kind: &str, component: Option<TimeRange>, alarm: TimeRange) -> Vec<CompFilter> {
    let alarm = CompFilter { time_range: Some(alarm), ..comp("VALARM", vec![]) };
    vec![comp("VCALENDAR", vec![1]), CompFilter { time_range: component, ..comp(kind, vec![2]) }, alarm]
}

/// Whether an event has an alarm in a range.
fn sounds(body: &str, start: &str, end: &str) -> bool {
    ask(event(body), alarm("VEVENT", None, range(start, end)), None)
}

/// Whether an object has a component with a property in a range.
fn has_property(body: &str, kind: &str, name: &str, start: &str, end: &str) -> bool {
    let props = vec![PropFilter { time_range: Some(range(start, end)), ..prop(name) }];
    let component = CompFilter { props, ..comp(kind, vec![]) };
    let body = format!("BEGIN:{kind}\nUID:1\n{body}\nEND:{kind}");
    ask(object(&body), vec![comp("VCALENDAR", vec![1]), component], None)
}

#[test]
fn an_endless_event_without_an_alarm_in_the_range_is_no_match_and_no_fault() {
    assert!(!sounds(WEEKLY, "20260501T000000Z", ""));
    // One whose time of its own has passed.
    assert!(!sounds(&format!("{WEEKLY}\n{FIRST_OF_MAY}"), "20260601T000000Z", ""));
    // One that is relative, but not as the filter wants it.
    let mut email = alarm("VEVENT", None, range("20260501T000000Z", ""));
    email[2].props.push(PropFilter { not_defined: true, ..prop("TRIGGER") });
    assert!(!ask(event(&format!("{WEEKLY}\n{AN_HOUR_BEFORE}")), email, None));
    assert!(sounds(&format!("{WEEKLY}\n{AN_HOUR_BEFORE}"), "20260501T000000Z", ""));
}

#[test]
fn an_endless_series_is_not_followed_where_the_last_override_of_all_that_follow_cannot_match() {
    let body = |of_master: &str, of_override: &str| {
        format!(
            "BEGIN:VEVENT\nUID:1\n{WEEKLY}\n{of_master}END:VEVENT\nBEGIN:VEVENT\nUID:1\n\
             RECURRENCE-ID;RANGE=THISANDFUTURE:20260205T100000Z\nDTSTART:20260205T120000Z\n{of_override}END:VEVENT"
        )
    };
    let with_alarm = format!("{AN_HOUR_BEFORE}\n");
    let asked = |body: String, start| ask(object(&body), alarm("VEVENT", None, range(start, "")), None);
    assert!(!asked(body(&with_alarm, ""), "20260501T000000Z"));
    assert!(asked(body(&with_alarm, ""), "20260120T000000Z"));
    assert!(asked(body("", &with_alarm), "20260501T000000Z"));
}

#[test]
fn an_alarm_at_a_time_of_its_own_is_found_wherever_its_component_is() {
    let found = |kind: &str, body: &str, start, end| {
        let body = format!("BEGIN:{kind}\nUID:1\n{body}\n{FIRST_OF_MAY}\nEND:{kind}");
        ask(object(&body), alarm(kind, None, range(start, end)), None)
    };
    let time = "DTSTART:20260601T100000Z\nDTEND:20260601T110000Z";
    for (kind, body) in [
        ("VEVENT", time.to_string()),
        ("VEVENT", format!("{time}\nRRULE:FREQ=WEEKLY")),
        ("VTODO", "DUE:20260601T100000Z".to_string()),
    ] {
        assert!(found(kind, &body, "20260501T000000Z", "20260502T000000Z"), "{kind} {body}");
        assert!(found(kind, &body, "20260501T100000Z", "20260501T100001Z"), "{kind} {body}");
        assert!(!found(kind, &body, "20260501T100001Z", "20260502T000000Z"), "{kind} {body}");
        assert!(!found(kind, &body, "20260501T000000Z", "20260501T100000Z"), "{kind} {body}");
    }
}

#[test]
fn a_component_and_its_alarm_are_each_in_their_own_range() {
    let may = || range("20260501T000000Z", "20260502T000000Z");
    let june = || range("20260601T000000Z", "20260602T000000Z");
    let july = || range("20260702T000000Z", "20260703T000000Z");
    let absolute = format!("DTSTART:20260601T100000Z\nDTEND:20260601T110000Z\n{FIRST_OF_MAY}");
    assert!(ask(event(&absolute), alarm("VEVENT", Some(june()), may()), None));
    assert!(!ask(event(&absolute), alarm("VEVENT", Some(july()), may()), None));
    // A relative one is of the instance that is in the range: an event of three days, and an alarm at its end.
    let at_end = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER;RELATED=END:PT0S\nEND:VALARM";
    let relative = format!("DTSTART:20260601T100000Z\nDURATION:P3D\nRRULE:FREQ=MONTHLY\n{at_end}");
    assert!(ask(event(&relative), alarm("VEVENT", Some(june()), range("20260604T000000Z", "20260605T000000Z")), None));
    assert!(!ask(event(&relative), alarm("VEVENT", Some(june()), range("20260704T000000Z", "20260705T000000Z")), None));
}

/// RFC 4791 §9.9: where there is a DURATION, the test is of the effective DTEND or DUE.
#[test]
fn an_end_that_a_duration_gives_is_in_a_range() {
    let found = |body: &str, kind, name| has_property(body, kind, name, "20260801T113000Z", "20260801T123000Z");
    let body = "DTSTART:20260801T100000Z\nDURATION:PT2H";
    assert!(found(body, "VEVENT", "DTEND"));
    assert!(found(body, "VTODO", "DUE"));
    // Neither of them has a DTSTART then, nor the property of the other.
    for (kind, name) in [("VEVENT", "DTSTART"), ("VEVENT", "DUE"), ("VTODO", "DTSTART"), ("VTODO", "DTEND")] {
        assert!(!found(body, kind, name), "{kind} {name}");
    }
    assert!(!found("DTSTART:20260801T120000Z", "VEVENT", "DTEND"));
    assert!(!found("DUE:20260801T130000Z", "VTODO", "DUE"));
}

/// RFC 4791 §9.9: every recurrence instance is considered.
#[test]
fn a_property_is_in_a_range_with_that_of_each_instance() {
    let daily = "DTSTART:20260901T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=10";
    let found = |body: &str, name, start, end| has_property(body, "VEVENT", name, start, end);
    assert!(found(daily, "DTSTART", "20260905T000000Z", "20260906T000000Z"));
    assert!(found(daily, "DTEND", "20260905T110000Z", "20260905T110001Z"));
    assert!(!found(daily, "DTSTART", "20260911T000000Z", "20260912T000000Z"));
    assert!(!found(&format!("{daily}\nEXDATE:20260905T100000Z"), "DTSTART", "20260905T000000Z", "20260906T000000Z"));
    let days = "DTSTART;VALUE=DATE:20260901\nDTEND;VALUE=DATE:20260902\nRRULE:FREQ=WEEKLY";
    assert!(found(days, "DTSTART", "20260908T230000Z", "20260909T000000Z"));
    assert!(!found(days, "DTSTART", "20260909T000000Z", "20260910T000000Z"));
    assert!(found(days, "DTEND", "20260909T000000Z", "20260910T000000Z"));
    // What is no time of an instance is what is written.
    assert!(found(&format!("{daily}\nCREATED:20250101T000000Z"), "CREATED", "20250101T000000Z", "20250102T000000Z"));
    assert!(!found(&format!("{daily}\nCREATED:20250101T000000Z"), "CREATED", "20260905T000000Z", ""));
}

#[test]
fn one_instance_has_all_that_is_asked_of_it() {
    let when = |name, start, end| PropFilter { time_range: Some(range(start, end)), ..prop(name) };
    let asked = |props| ask(event("DTSTART:20260901T220000Z\nDURATION:PT4H\nRRULE:FREQ=DAILY"), with(props), None);
    let start = || when("DTSTART", "20260905T000000Z", "20260906T000000Z");
    assert!(asked(vec![start(), when("DTEND", "20260906T000000Z", "20260907T000000Z")]));
    assert!(!asked(vec![start(), when("DTEND", "20260905T000000Z", "20260906T000000Z")]));
    assert!(!asked(vec![PropFilter {
        params: vec![ParamFilter { name: "TZID".into(), test: ParamTest::Defined }],
        ..when("DTSTART", "20260905T000000Z", "")
    }]));
}

#[test]
fn periods_are_in_the_zone_that_their_property_names() {
    let body = "DTSTART;TZID=America/New_York:20260901T100000\n\
                RDATE;VALUE=PERIOD;TZID=America/New_York:20260902T100000/PT1H";
    assert!(has_property(body, "VEVENT", "RDATE", "20260902T143000Z", "20260902T144000Z"));
    assert!(!has_property(body, "VEVENT", "RDATE", "20260902T103000Z", "20260902T104000Z"));
}
