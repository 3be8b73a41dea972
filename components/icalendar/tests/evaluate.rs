//! CALDAV:filter and CALDAV:calendar-data, asked of objects as clients write them.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use asked::{
    ask, comp, contains, event, event_in, expanded, in_range, object, plain, project, prop, range, values, with,
};
use kalends_icalendar::Calendars;
use kalends_icalendar::icalendar::{
    CompFilter, CompSelection, Guest, ParamFilter, ParamTest, Projection, PropFilter, Query, Recurrence, Verdict,
};
use kalends_icalendar::text::{Collation, TextTest};

mod asked;

#[test]
fn an_event_is_in_a_range_up_to_but_not_including_its_end() {
    let body = "DTSTART:20240101T100000Z\nDTEND:20240101T110000Z";
    assert!(event_in(body, "20240101T105959Z", "20240101T120000Z"));
    assert!(!event_in(body, "20240101T110000Z", "20240101T120000Z"));
    assert!(event_in(body, "20240101T090000Z", "20240101T100001Z"));
    assert!(!event_in(body, "20240101T090000Z", "20240101T100000Z"));
    assert!(event_in(body, "", "20240101T100001Z"));
    assert!(!event_in(body, "20240101T110000Z", ""));
    let point = "DTSTART:20240101T100000Z";
    assert!(event_in(point, "20240101T100000Z", "20240101T100001Z"));
    assert!(!event_in(point, "20240101T090000Z", "20240101T100000Z"));
}

#[test]
fn days_are_in_the_zone_of_who_asks() {
    let ask_in = |zone| {
        let inner =
            CompFilter { time_range: Some(range("20240101T230000Z", "20240101T233000Z")), ..comp("VEVENT", vec![]) };
        ask(event("DTSTART;VALUE=DATE:20240102"), vec![comp("VCALENDAR", vec![1]), inner], zone)
    };
    assert!(!ask_in(None));
    assert!(ask_in(Some("Europe/Berlin")));
    assert!(!ask_in(Some("America/New_York")));
}

#[test]
fn floating_times_are_in_the_zone_of_who_asks() {
    let ask_in = |zone| {
        let inner =
            CompFilter { time_range: Some(range("20240702T070000Z", "20240702T073000Z")), ..comp("VEVENT", vec![]) };
        ask(
            event("DTSTART:20240701T090000\nDURATION:PT15M\nRRULE:FREQ=DAILY"),
            vec![comp("VCALENDAR", vec![1]), inner],
            zone,
        )
    };
    assert!(!ask_in(None));
    assert!(ask_in(Some("Europe/Berlin")));
    // A zone that only a VTIMEZONE names: that of the collection.
    let two_hours = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0200\n\
                     TZOFFSETTO:+0200\nEND:STANDARD\nEND:VTIMEZONE\nEND:VCALENDAR\n";
    assert!(ask_in(Some(two_hours)));
    assert!(!ask_in(Some(&two_hours.replace("+0200", "+0300"))));
}

/// A day that a year or a month does not have is left out (RFC 5545 §3.3.10).
#[test]
fn leap_days_and_the_last_of_the_month_are_left_out_where_there_are_none() {
    let days = |body: &str, end: &str| {
        let text = expanded(event(body), "20240101T000000Z", end);
        values(&text, "DTSTART").iter().map(|day| day[..8].to_owned()).collect::<Vec<_>>()
    };
    let leap = "DTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY";
    assert_eq!(days(leap, "20330101T000000Z"), ["20240229", "20280229", "20320229"]);
    assert_eq!(
        days("DTSTART:20240229T100000Z\nRRULE:FREQ=YEARLY;COUNT=2", "20330101T000000Z"),
        ["20240229", "20280229"]
    );
    // 2100 has none.
    assert!(!event_in(leap, "21000201T000000Z", "21000401T000000Z"));
    assert!(event_in(leap, "21040201T000000Z", "21040401T000000Z"));
    let last = "DTSTART:20240131T100000Z\nRRULE:FREQ=MONTHLY";
    assert_eq!(days(last, "20240601T000000Z"), ["20240131", "20240331", "20240531"]);
    let ends = "DTSTART:20240131T100000Z\nRRULE:FREQ=MONTHLY;BYMONTHDAY=-1";
    assert_eq!(days(ends, "20240501T000000Z"), ["20240131", "20240229", "20240331", "20240430"]);
}

/// RFC 4791 §9.9: a journal of a day is that day, one of a time that time; one without either is in no range.
#[test]
fn journals_follow_their_table() {
    let journal = |body: &str| object(&format!("BEGIN:VJOURNAL\nUID:1\n{body}SUMMARY:x\nEND:VJOURNAL"));
    let found = |body, start, end| in_range(journal(body), "VJOURNAL", start, end);
    assert!(found("DTSTART;VALUE=DATE:20240105\n", "20240105T230000Z", "20240106T000000Z"));
    assert!(!found("DTSTART;VALUE=DATE:20240105\n", "20240106T000000Z", "20240107T000000Z"));
    assert!(found("DTSTART:20240105T100000Z\n", "20240105T100000Z", "20240105T110000Z"));
    assert!(!found("DTSTART:20240105T100000Z\n", "20240105T100001Z", "20240105T110000Z"));
    assert!(!found("", "20240101T000000Z", "20250101T000000Z"));
}

#[test]
fn a_rule_is_followed_through_clock_changes() {
    let body = "DTSTART;TZID=Europe/Berlin:20240101T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY";
    assert!(event_in(body, "20240701T070000Z", "20240701T070001Z"));
    assert!(!event_in(body, "20240701T080000Z", "20240701T090000Z"));
    assert!(event_in(body, "20241201T080000Z", "20241201T080001Z"));
    assert!(event_in(body, "20400101T080000Z", "20400101T090000Z"));
}

#[test]
fn exceptions_and_overrides_move_instances_out_and_in() {
    let body = "BEGIN:VEVENT\nUID:1\nDTSTART:20240101T100000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=5\n\
                EXDATE:20240108T100000Z\nSUMMARY:series\nEND:VEVENT\nBEGIN:VEVENT\nUID:1\nRECURRENCE-ID:20240115T100000Z\n\
                DTSTART:20240220T100000Z\nDURATION:PT1H\nSUMMARY:moved\nEND:VEVENT";
    let asked = |start, end| in_range(object(body), "VEVENT", start, end);
    assert!(asked("20240101T000000Z", "20240102T000000Z"));
    assert!(!asked("20240108T000000Z", "20240109T000000Z"));
    assert!(!asked("20240115T000000Z", "20240116T000000Z"));
    assert!(asked("20240220T000000Z", "20240221T000000Z"));
    assert!(asked("20240129T000000Z", "20240130T000000Z"));
    assert!(!asked("20240205T000000Z", "20240206T000000Z"));
}

/// EXRULE (RFC 2445 §4.8.5.2) takes away what it gives, DTSTART too; what it gives beside the series does not matter.
#[test]
fn exception_rules_take_instances_away() {
    let body = "DTSTART;TZID=Europe/Berlin:20240101T090000\nRRULE:FREQ=DAILY;COUNT=10\nRDATE;TZID=Europe/Berlin:20240120T090000\n\
                EXRULE:FREQ=WEEKLY;BYDAY=MO,SA,SU";
    let text = expanded(event(body), "20240101T000000Z", "20240201T000000Z");
    let days = ["02", "03", "04", "05", "09", "10"].map(|day| format!("202401{day}T080000Z"));
    assert_eq!(values(&text, "DTSTART"), days);
    assert!(!text.contains("EXRULE"));
    // It takes the first away only; what nothing is left of is found nowhere.
    let text = expanded(
        event("DTSTART:20240101T090000Z\nRRULE:FREQ=DAILY;COUNT=3\nEXRULE:FREQ=DAILY;COUNT=1"),
        "20230101T000000Z",
        "20250101T000000Z",
    );
    assert_eq!(values(&text, "DTSTART"), ["20240102T090000Z", "20240103T090000Z"]);
    assert!(!event_in("DTSTART:20240101T090000Z\nEXRULE:FREQ=DAILY", "20240101T000000Z", "20240102T000000Z"));
    // Both without an end, and asked far in the future.
    let endless = "DTSTART:19900101T090000Z\nRRULE:FREQ=DAILY\nEXRULE:FREQ=DAILY;INTERVAL=2";
    assert!(
        event_in(endless, "20400102T000000Z", "20400103T000000Z")
            != event_in(endless, "20400103T000000Z", "20400104T000000Z")
    );
}

/// `first` and `last` decide nothing where an exception may have taken the only instance away.
#[test]
fn what_an_exception_may_take_away_is_not_exact() {
    let inspect = |body: &str| Calendars::inspect(event(body)).unwrap();
    let start = "DTSTART:20240101T090000Z";
    assert!(inspect(start).exact);
    for exception in ["EXDATE:20240101T090000Z", "EXRULE:FREQ=DAILY"] {
        assert!(!inspect(&format!("{start}\n{exception}")).exact, "{exception}");
        assert!(!event_in(&format!("{start}\n{exception}"), "20240101T000000Z", "20240102T000000Z"), "{exception}");
    }
}

#[test]
fn this_and_future_moves_all_that_follow() {
    let body = "BEGIN:VEVENT\nUID:1\nDTSTART:20240101T100000Z\nDTEND:20240101T110000Z\nRRULE:FREQ=DAILY;COUNT=5\n\
                END:VEVENT\nBEGIN:VEVENT\nUID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE:20240103T100000Z\n\
                DTSTART:20240103T140000Z\nDTEND:20240103T160000Z\nSUMMARY:later\nEND:VEVENT";
    let text = expanded(object(body), "20240101T000000Z", "20240201T000000Z");
    assert_eq!(
        values(&text, "DTSTART"),
        ["20240101T100000Z", "20240102T100000Z", "20240103T140000Z", "20240104T140000Z", "20240105T140000Z"]
    );
    assert_eq!(values(&text, "DTEND").last(), Some(&"20240105T160000Z"));
    assert_eq!(values(&text, "RECURRENCE-ID").last(), Some(&"20240105T100000Z"));
    assert_eq!(values(&text, "SUMMARY").len(), 3);
}

#[test]
fn expansion_is_in_utc_and_without_recurrence() {
    let body = "BEGIN:VTIMEZONE\nTZID:US/Eastern\nBEGIN:STANDARD\nDTSTART:19671029T020000\nTZOFFSETFROM:-0400\n\
                TZOFFSETTO:-0500\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\nUID:1\nDTSTART;TZID=US/Eastern:20060102T120000\n\
                DURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=5\nRDATE;TZID=US/Eastern;VALUE=PERIOD:20060102T150000/PT2H\nEND:VEVENT\n\
                BEGIN:VEVENT\nUID:1\nDTSTART;TZID=US/Eastern:20060104T140000\nDURATION:PT1H\n\
                RECURRENCE-ID;TZID=US/Eastern:20060104T120000\nSUMMARY:bis\nEND:VEVENT";
    let text = expanded(object(body), "20060102T000000Z", "20060105T000000Z");
    assert_eq!(
        values(&text, "DTSTART"),
        ["20060102T170000Z", "20060102T200000Z", "20060103T170000Z", "20060104T190000Z"]
    );
    assert_eq!(values(&text, "DURATION"), ["PT1H", "PT2H", "PT1H", "PT1H"]);
    assert_eq!(values(&text, "RECURRENCE-ID").last(), Some(&"20060104T170000Z"));
    for absent in ["RRULE", "RDATE", "VTIMEZONE", "TZID"] {
        assert!(!text.contains(absent), "{absent} in {text}");
    }
}

#[test]
fn days_stay_days_when_expanded() {
    let text = expanded(
        event("DTSTART;VALUE=DATE:20240330\nDTEND;VALUE=DATE:20240401\nRRULE:FREQ=WEEKLY"),
        "20240401T000000Z",
        "20240410T000000Z",
    );
    assert_eq!(values(&text, "DTSTART"), ["20240406"]);
    assert_eq!(values(&text, "DTEND"), ["20240408"]);
    assert!(text.contains("DTSTART;VALUE=DATE:"));
}

#[test]
fn what_would_take_too_long_is_refused() {
    let endless = event("DTSTART:19700101T000000Z\nRRULE:FREQ=SECONDLY");
    assert!(event_in("DTSTART:19700101T000000Z\nRRULE:FREQ=SECONDLY", "20400101T000000Z", "20400201T000000Z"));
    let projection = Projection { recurrence: Recurrence::Expand(range("", "20400101T000000Z")), ..plain() };
    let query = Query { filter: vec![], timezone: None, projection: Some(projection) };
    assert!(matches!(Calendars::evaluate(vec![endless.into()], query).remove(0), Verdict::Fault(_)));
}

#[test]
fn tasks_follow_their_table() {
    let todo = |body: &str| object(&format!("BEGIN:VTODO\nUID:1\n{body}\nEND:VTODO"));
    let asked = |body: &str, start, end| in_range(todo(body), "VTODO", start, end);
    assert!(asked("SUMMARY:whenever", "20240101T000000Z", "20240102T000000Z"));
    assert!(asked("DUE:20240102T000000Z", "20240101T000000Z", "20240102T000000Z"));
    assert!(!asked("DUE:20240101T000000Z", "20240101T000000Z", "20240102T000000Z"));
    assert!(asked("CREATED:20230101T000000Z", "20240101T000000Z", "20240102T000000Z"));
    assert!(!asked("CREATED:20250101T000000Z", "20240101T000000Z", "20240102T000000Z"));
    assert!(!asked("COMPLETED:20230101T000000Z", "20240101T000000Z", "20240102T000000Z"));
    assert!(asked("DTSTART:20240101T000000Z\nDUE:20240101T000000Z", "20240101T000000Z", "20240102T000000Z"));
    assert!(asked("DTSTART:20240101T000000Z\nDURATION:PT1H", "20240101T010000Z", "20240102T000000Z"));
}

#[test]
fn alarms_are_found_by_when_they_go_off() {
    let body = "DTSTART:20240105T100000Z\nRRULE:FREQ=DAILY;COUNT=3\nBEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-P1D\nREPEAT:1\n\
                DURATION:PT30M\nEND:VALARM";
    let asked = |start, end| {
        let alarm = CompFilter { time_range: Some(range(start, end)), ..comp("VALARM", vec![]) };
        ask(event(body), vec![comp("VCALENDAR", vec![1]), comp("VEVENT", vec![2]), alarm], None)
    };
    assert!(asked("20240104T100000Z", "20240104T100001Z"));
    assert!(asked("20240104T103000Z", "20240104T103001Z"));
    assert!(asked("20240106T090000Z", "20240106T110000Z"));
    assert!(!asked("20240107T090000Z", "20240107T110000Z"));
    let none = CompFilter { not_defined: true, ..comp("VALARM", vec![]) };
    let filter = vec![comp("VCALENDAR", vec![1]), comp("VEVENT", vec![2]), none];
    assert!(!ask(event(body), filter.clone(), None));
    assert!(ask(event("DTSTART:20240105T100000Z"), filter, None));
}

#[test]
fn properties_and_parameters_are_matched() {
    let body = "DTSTART:20240105T100000Z\nSUMMARY:Caf\u{e9}\\, Stra\u{df}e\nATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:lisa@example.com\n\
                ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com";
    let asked = |filter: PropFilter| ask(event(body), with(vec![filter]), None);
    assert!(asked(PropFilter { text: Some(contains(", str")), ..prop("SUMMARY") }));
    assert!(!asked(PropFilter { text: Some(contains("CAF\u{c9}")), ..prop("SUMMARY") }));
    // Titlecase and decomposition (RFC 5051), not the folding of Unicode: a sharp s is no two letters.
    for (text, found) in
        [("CAF\u{c9}, STRA\u{df}E", true), ("cafe\u{301}, str", true), ("cafe, str", false), ("STRASSE", false)]
    {
        let unicode = TextTest { collation: Collation::UnicodeCasemap, ..contains(text) };
        assert_eq!(asked(PropFilter { text: Some(unicode), ..prop("SUMMARY") }), found, "{text}");
    }
    assert!(!asked(PropFilter { text: Some(TextTest { negate: true, ..contains("caf") }), ..prop("SUMMARY") }));
    assert!(!asked(PropFilter { text: Some(TextTest { negate: true, ..contains("caf") }), ..prop("LOCATION") }));
    assert!(asked(PropFilter { not_defined: true, ..prop("LOCATION") }));
    let status = |value| ParamFilter { name: "PARTSTAT".into(), test: ParamTest::Text(contains(value)) };
    let attendee = |who, status| PropFilter { text: Some(contains(who)), params: vec![status], ..prop("ATTENDEE") };
    assert!(asked(attendee("lisa", status("needs-action"))));
    assert!(!asked(attendee("bob", status("needs-action"))));
    assert!(asked(attendee("bob", ParamFilter { name: "ROLE".into(), test: ParamTest::NotDefined })));
    let when = |start, end| PropFilter { time_range: Some(range(start, end)), ..prop("DTSTART") };
    assert!(asked(when("20240105T100000Z", "")));
    assert!(!asked(when("20240105T100001Z", "")));
}

#[test]
fn an_override_is_found_also_where_the_series_is_endless() {
    let body = "BEGIN:VEVENT\nUID:1\nDTSTART:20000101T100000Z\nRRULE:FREQ=DAILY\nSUMMARY:series\nEND:VEVENT\n\
                BEGIN:VEVENT\nUID:1\nRECURRENCE-ID:20240115T100000Z\nDTSTART:20240115T120000Z\nSUMMARY:special\nEND:VEVENT";
    let asked = |text| {
        let props = vec![PropFilter { text: Some(contains(text)), ..prop("SUMMARY") }];
        let inner = CompFilter { time_range: Some(range("20010101T000000Z", "")), props, ..comp("VEVENT", vec![]) };
        ask(object(body), vec![comp("VCALENDAR", vec![1]), inner], None)
    };
    assert!(asked("special"));
    assert!(asked("series"));
    assert!(!asked("nothing"));
}

#[test]
fn filters_in_a_circle_match_nothing() {
    assert!(!ask(event("DTSTART:20240105T100000Z"), vec![comp("VCALENDAR", vec![1]), comp("VEVENT", vec![1])], None));
    assert!(!ask(event("DTSTART:20240105T100000Z"), vec![comp("VCALENDAR", vec![0])], None));
}

#[test]
fn parts_are_selected() {
    let all = |name: &str, comps| CompSelection { name: name.into(), props: None, comps };
    let select = vec![
        CompSelection { props: Some(vec![("VERSION".into(), false)]), ..all("VCALENDAR", Some(vec![1])) },
        CompSelection {
            props: Some(vec![("UID".into(), false), ("SUMMARY".into(), true)]),
            ..all("VEVENT", Some(vec![]))
        },
    ];
    let text = project(
        event("DTSTART:20240105T100000Z\nSUMMARY:a\nBEGIN:VALARM\nEND:VALARM"),
        Projection { select, ..plain() },
    );
    assert_eq!(text, "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:1\nSUMMARY:\nEND:VEVENT\nEND:VCALENDAR\n");
}

#[test]
fn overrides_that_do_not_matter_are_left_out() {
    let one = |id: &str, start: &str| {
        format!("BEGIN:VEVENT\nUID:1\nRECURRENCE-ID:{id}\nDTSTART:{start}\nDURATION:PT1H\nEND:VEVENT\n")
    };
    let body = format!(
        "BEGIN:VEVENT\nUID:1\nDTSTART:20240101T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY\nEND:VEVENT\n{}{}{}",
        one("20240102T100000Z", "20240102T120000Z"),
        one("20240201T100000Z", "20240102T130000Z"),
        one("20240301T100000Z", "20240301T120000Z"),
    );
    let limit = Recurrence::Limit(range("20240102T000000Z", "20240103T000000Z"));
    let text = project(object(body.trim()), Projection { recurrence: limit, ..plain() });
    assert_eq!(values(&text, "RECURRENCE-ID"), ["20240102T100000Z", "20240201T100000Z"]);
    assert!(text.contains("RRULE"));
}

#[test]
fn busy_periods_outside_of_the_range_are_left_out() {
    let body =
        "BEGIN:VFREEBUSY\nUID:1\nFREEBUSY:20240101T100000Z/PT1H,20240102T100000Z/20240102T110000Z\nEND:VFREEBUSY";
    let limit_freebusy = Some(range("20240102T000000Z", "20240103T000000Z"));
    let text = project(object(body), Projection { limit_freebusy, ..plain() });
    assert_eq!(values(&text, "FREEBUSY"), ["20240102T100000Z/20240102T110000Z"]);
    assert!(in_range(object(body), "VFREEBUSY", "20240101T103000Z", "20240101T104500Z"));
    assert!(!in_range(object(body), "VFREEBUSY", "20240101T120000Z", "20240101T130000Z"));
}

#[test]
fn zones_with_a_name_are_left_out_where_clients_know_them() {
    let body = "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nEND:VTIMEZONE\nBEGIN:VTIMEZONE\nTZID:Mine\nEND:VTIMEZONE";
    let text = project(object(body), Projection { by_reference: true, ..plain() });
    assert_eq!(values(&text, "TZID"), ["Mine"]);
}

#[test]
fn zones_that_only_a_vtimezone_defines() {
    let body = "BEGIN:VTIMEZONE\nTZID:Customized Time Zone\nBEGIN:STANDARD\nDTSTART:16011028T030000\n\
                RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nTZOFFSETFROM:+0300\nTZOFFSETTO:+0200\nEND:STANDARD\nBEGIN:DAYLIGHT\n\
                DTSTART:16010325T020000\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0300\n\
                END:DAYLIGHT\nEND:VTIMEZONE\nBEGIN:VEVENT\nUID:1\nDTSTART;TZID=Customized Time Zone:20240101T090000\n\
                RRULE:FREQ=MONTHLY;COUNT=8\nEND:VEVENT";
    let text = expanded(object(body), "20240101T000000Z", "20250101T000000Z");
    let starts = values(&text, "DTSTART");
    assert_eq!(starts.first(), Some(&"20240101T070000Z"));
    assert_eq!(starts.last(), Some(&"20240801T060000Z"));
}

#[test]
fn clock_changes_move_instances_as_the_rfc_says() {
    let text = expanded(
        event("DTSTART;TZID=America/New_York:20240309T023000\nRRULE:FREQ=DAILY;COUNT=3"),
        "20240301T000000Z",
        "20240401T000000Z",
    );
    assert_eq!(values(&text, "DTSTART"), ["20240309T073000Z", "20240310T073000Z", "20240311T063000Z"]);
}

/// A time without a zone is in that of DTSTART where it says something of the series.
#[test]
fn floating_ends_and_exceptions_are_in_the_zone_of_the_series() {
    let body =
        "DTSTART;TZID=America/New_York:20240101T200000\nRRULE:FREQ=DAILY;UNTIL=20240104T200000\nEXDATE:20240102T200000";
    let text = expanded(event(body), "20240101T000000Z", "20240201T000000Z");
    assert_eq!(values(&text, "DTSTART"), ["20240102T010000Z", "20240104T010000Z", "20240105T010000Z"]);
}
