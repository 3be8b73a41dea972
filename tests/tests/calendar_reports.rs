//! calendar-multiget and calendar-query (RFC 4791 §7.8, §7.9).

use kalends_tests::names::*;
use kalends_tests::{Client, Multistatus, bodies, samples, shared};

/// A calendar with these objects: names and bodies.
fn filled(client: &Client, objects: &[(&str, String)]) -> String {
    let path = client.make_calendar("filled");
    for (name, object) in objects {
        client.put(&format!("{path}{name}.ics"), object).expect(201);
    }
    path
}

#[track_caller]
fn query(client: &Client, path: &str, filter: &str) -> Multistatus {
    client.report(path, "1", bodies::calendar_query(&[GETETAG], filter)).multistatus()
}

/// The names of the objects that a filter finds, sorted.
#[track_caller]
fn found(client: &Client, path: &str, filter: &str) -> Vec<String> {
    let answer = query(client, path, filter);
    let name = |href: &str| href.rsplit('/').next().unwrap_or_default().trim_end_matches(".ics").to_owned();
    answer.sorted_hrefs().into_iter().map(name).collect()
}

#[test]
fn multiget_gives_the_objects_and_tells_which_are_not_there() {
    let client = shared().account();
    let (one, two) = (samples::at_noon("one", "20260314"), samples::at_noon("two & <more>", "20260315"));
    let path = filled(&client, &[("one", one.clone()), ("two", two.clone())]);
    let hrefs = ["one.ics", "gone.ics", "two.ics"].map(|name| format!("{path}{name}"));
    let answer =
        client.report(&path, "1", bodies::calendar_multiget(&[GETETAG, CALENDAR_DATA, UNKNOWN], &hrefs)).multistatus();
    assert_eq!(answer.responses.len(), 3);
    assert_eq!(answer.of(&hrefs[1]).status, Some(404));
    for (href, object) in [(&hrefs[0], &one), (&hrefs[2], &two)] {
        let response = answer.of(href);
        assert_eq!(response.text(GETETAG), client.get(href).etag());
        // An XML parser turns CR LF into LF, where CR is not written as a reference.
        assert_eq!(response.prop(CALENDAR_DATA).exact_text().replace("\r\n", "\n"), object.replace("\r\n", "\n"));
        assert_eq!(response.status_of(UNKNOWN), Some(404));
    }
}

/// RFC 4791 §9.9: a range has what takes no time where it starts with it, also where that is the last of a series.
#[test]
fn a_last_instance_without_an_end_is_found_from_its_start_on() {
    let client = shared().account();
    let path = filled(
        &client,
        &[
            ("counted", samples::event("counted", "DTSTART:20260701T000000Z\nRRULE:FREQ=DAILY;COUNT=3")),
            (
                "moved",
                samples::calendar(
                    "BEGIN:VEVENT\nUID:moved\nDTSTART:20260701T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2\nEND:VEVENT\n\
                     BEGIN:VEVENT\nUID:moved\nRECURRENCE-ID:20260702T000000Z\nDTSTART:20260703T000000Z\nEND:VEVENT",
                ),
            ),
        ],
    );
    let from = |start| found(&client, &path, &bodies::in_range("VEVENT", start, "20260704T000000Z"));
    assert_eq!(from("20260703T000000Z"), ["counted", "moved"]);
    assert!(from("20260703T000001Z").is_empty());
}

#[test]
fn multiget_finds_a_hundred_and_whole_urls_too() {
    let client = shared().account();
    let path = client.make_calendar("hundred");
    let paths: Vec<String> = (0..100).map(|number| format!("{path}event%20{number}@x.ics")).collect();
    for (number, path) in paths.iter().enumerate() {
        client.put(path, &samples::at_noon(&format!("{number}"), "20260314")).expect(201);
    }
    let hrefs: Vec<String> = client
        .propfind(&path, "1", &[GETETAG])
        .responses
        .into_iter()
        .map(|response| response.href)
        .filter(|href| *href != path)
        .collect();
    assert_eq!(hrefs.len(), 100);
    let answer = client.report(&path, "0", bodies::calendar_multiget(&[GETETAG, CALENDAR_DATA], &hrefs)).multistatus();
    assert_eq!(answer.responses.len(), 100);
    for href in &hrefs {
        assert!(answer.of(href).text(CALENDAR_DATA).contains("BEGIN:VEVENT"));
    }
    let whole = format!("https://dav.example.org{}", hrefs[0]);
    let answer = client.report(&path, "0", bodies::calendar_multiget(&[CALENDAR_DATA], &[whole])).multistatus();
    assert_eq!(answer.responses.len(), 1, "an href may be a whole URL (RFC 4918 §8.3)");
}

/// Bodies of all sizes, kept in rows and in blobs, in one answer of several megabytes.
#[test]
fn large_objects_come_back_in_reports_like_small_ones() {
    let client = shared().account();
    let path = client.make_calendar("sizes");
    let mut sent = Vec::new();
    for (number, size) in
        [100, 31_000, 32_700, 33_000, 70_000, 300_000, 1_000_000].into_iter().cycle().take(21).enumerate()
    {
        let object = samples::event(
            &format!("{number}"),
            &format!("DTSTART:20260314T120000Z\nDESCRIPTION:{}", format!("{number};").repeat(size / 3)),
        );
        let href = format!("{path}{number}.ics");
        client.put(&href, &object).expect(201);
        sent.push((href, object));
    }
    let hrefs: Vec<String> = sent.iter().map(|(href, _)| href.clone()).collect();
    let properties = [GETETAG, CALENDAR_DATA];
    for (depth, body) in [
        ("0", bodies::calendar_multiget(&properties, &hrefs)),
        ("1", bodies::calendar_query(&properties, r#"<C:comp-filter name="VEVENT"/>"#)),
        ("0", bodies::sync_collection("", None, &properties)),
    ] {
        let found = client.report(&path, depth, body).multistatus();
        assert_eq!(found.responses.len(), sent.len());
        for (href, object) in &sent {
            let data = found.of(href).prop(CALENDAR_DATA).exact_text().replace("\r\n", "\n");
            assert!(
                data == object.replace("\r\n", "\n"),
                "{href} of {} octets came back with {}",
                object.len(),
                data.len()
            );
        }
    }
}

/// What is not looked for is not told to be missing: a client would remove it.
#[test]
fn multiget_of_too_many_collections_is_refused() {
    let client = shared().account();
    let event = client.calendars("personal/a.ics");
    client.put(&event, &samples::at_noon("a", "20260314")).expect(201);
    let ask = |others: usize| {
        let others = (0..others).map(|number| client.calendars(&format!("other-{number}/a.ics")));
        let hrefs: Vec<String> = others.chain([event.clone()]).collect();
        client.report(&client.calendars("personal/"), "0", bodies::calendar_multiget(&[GETETAG], &hrefs))
    };
    assert_eq!(ask(63).multistatus().of(&event).status_of(GETETAG), Some(200));
    ask(64).expect(403);
}

#[test]
fn multiget_gives_nothing_of_other_collections() {
    let (client, other) = (shared().account(), shared().account());
    let path = filled(&client, &[("one", samples::at_noon("one", "20260314"))]);
    let secret = other.calendars("personal/secret.ics");
    other.put(&secret, &samples::at_noon("secret", "20260314")).expect(201);
    let answer = client
        .report(&path, "1", bodies::calendar_multiget(&[CALENDAR_DATA], std::slice::from_ref(&secret)))
        .multistatus();
    assert!(matches!(answer.only().status, Some(403 | 404)), "{:?}", answer.only());
    assert_eq!(answer.only().get(CALENDAR_DATA), None);
}

#[test]
fn a_query_by_component_type() {
    let client = shared().account();
    let path = client.calendars("mixed/");
    client
        .request("POST", &path)
        .header("x-http-method-override", "MKCALENDAR")
        .xml(bodies::mkcalendar(&["VEVENT", "VTODO"], &[]))
        .send()
        .expect(201);
    client.put(&format!("{path}event.ics"), &samples::at_noon("event", "20260314")).expect(201);
    client.put(&format!("{path}task.ics"), &samples::task("task", "SUMMARY:Do it\nDUE:20260314T120000Z")).expect(201);
    assert_eq!(found(&client, &path, r#"<C:comp-filter name="VEVENT"/>"#), ["event"]);
    assert_eq!(found(&client, &path, r#"<C:comp-filter name="VTODO"/>"#), ["task"]);
    assert_eq!(found(&client, &path, r#"<C:comp-filter name="VJOURNAL"/>"#), Vec::<String>::new());
    assert_eq!(found(&client, &path, ""), ["event", "task"], "a filter that asks for nothing matches everything");
}

/// RFC 4791 §9.9: the ranges are half open, and an event without duration is at its start.
#[test]
fn a_time_range_on_single_events() {
    let client = shared().account();
    let path = filled(
        &client,
        &[
            ("utc", samples::event("utc", "DTSTART:20260314T120000Z\nDTEND:20260314T130000Z")),
            ("duration", samples::event("duration", "DTSTART:20260315T120000Z\nDURATION:PT2H")),
            ("moment", samples::event("moment", "DTSTART:20260316T120000Z")),
            ("day", samples::event("day", "DTSTART;VALUE=DATE:20260318\nDTEND;VALUE=DATE:20260320")),
            ("one-day", samples::event("one-day", "DTSTART;VALUE=DATE:20260322")),
            (
                "zoned",
                berlin("zoned", "DTSTART;TZID=Europe/Berlin:20260710T090000\nDTEND;TZID=Europe/Berlin:20260710T100000"),
            ),
        ],
    );
    let cases: [(&str, &str, &[&str]); 15] = [
        ("20260314T110000Z", "20260314T120000Z", &[]),
        ("20260314T110000Z", "20260314T120001Z", &["utc"]),
        ("20260314T125959Z", "20260314T140000Z", &["utc"]),
        ("20260314T130000Z", "20260314T140000Z", &[]),
        ("20260315T133000Z", "20260315T150000Z", &["duration"]),
        ("20260315T140000Z", "20260315T150000Z", &[]),
        ("20260316T120000Z", "20260316T130000Z", &["moment"]),
        ("20260316T110000Z", "20260316T120000Z", &[]),
        ("20260319T100000Z", "20260319T110000Z", &["day"]),
        ("20260320T000000Z", "20260320T010000Z", &[]),
        ("20260322T230000Z", "20260323T230000Z", &["one-day"]),
        ("20260323T000000Z", "20260323T230000Z", &[]),
        ("20260710T070000Z", "20260710T073000Z", &["zoned"]),
        ("20260710T080000Z", "20260710T100000Z", &[]),
        ("20260101T000000Z", "20270101T000000Z", &["day", "duration", "moment", "one-day", "utc", "zoned"]),
    ];
    for (start, end, names) in cases {
        assert_eq!(found(&client, &path, &bodies::in_range("VEVENT", start, end)), names, "{start} to {end}");
    }
    let open_end = r#"<C:comp-filter name="VEVENT"><C:time-range start="20260320T000000Z"/></C:comp-filter>"#;
    assert_eq!(found(&client, &path, open_end), ["one-day", "zoned"]);
    let open_start = r#"<C:comp-filter name="VEVENT"><C:time-range end="20260315T000000Z"/></C:comp-filter>"#;
    assert_eq!(found(&client, &path, open_start), ["utc"]);
}

/// An event with the zone that it speaks of.
fn berlin(uid: &str, lines: &str) -> String {
    let zone = "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:STANDARD\nDTSTART:19701025T030000\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\n\
        TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:19700329T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\n\
        TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:DAYLIGHT\nEND:VTIMEZONE";
    samples::calendar(&format!("{zone}\nBEGIN:VEVENT\nUID:{uid}\nDTSTAMP:20260101T000000Z\n{lines}\nEND:VEVENT"))
}

#[test]
fn a_time_range_on_recurring_events() {
    let client = shared().account();
    let moved = "BEGIN:VEVENT\nUID:moved\nDTSTAMP:20260101T000000Z\nDTSTART:20260105T090000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3\nEND:VEVENT\n\
        BEGIN:VEVENT\nUID:moved\nDTSTAMP:20260101T000000Z\nRECURRENCE-ID:20260112T090000Z\nDTSTART:20260601T090000Z\nDURATION:PT1H\nEND:VEVENT";
    let path = filled(
        &client,
        &[
            (
                "endless",
                samples::event("endless", "DTSTART:20260105T080000Z\nDURATION:PT30M\nRRULE:FREQ=WEEKLY;BYDAY=MO"),
            ),
            ("counted", samples::event("counted", "DTSTART:20260201T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=5")),
            (
                "excepted",
                samples::event(
                    "excepted",
                    "DTSTART:20260301T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20260302T100000Z",
                ),
            ),
            ("extra", samples::event("extra", "DTSTART:20260401T100000Z\nDURATION:PT1H\nRDATE:20260501T100000Z")),
            ("birthday", samples::event("birthday", "DTSTART;VALUE=DATE:20000229\nRRULE:FREQ=YEARLY")),
            (
                "zoned",
                berlin("zoned", "DTSTART;TZID=Europe/Berlin:20260328T230000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2"),
            ),
            ("moved", samples::calendar(moved)),
        ],
    );
    let cases: [(&str, &str, &[&str]); 13] = [
        // A Monday in 2031, and the minutes after.
        ("20310106T080000Z", "20310106T083000Z", &["endless"]),
        ("20310106T083000Z", "20310106T090000Z", &[]),
        ("20260205T100000Z", "20260205T110000Z", &["counted"]),
        ("20260206T100000Z", "20260206T110000Z", &[]),
        ("20260302T100000Z", "20260302T110000Z", &[]),
        ("20260303T100000Z", "20260303T110000Z", &["excepted"]),
        ("20260501T100000Z", "20260501T110000Z", &["extra"]),
        ("20280229T000000Z", "20280301T000000Z", &["birthday"]),
        ("20270228T000000Z", "20270302T000000Z", &["endless"]),
        // 23:00 in Berlin is 22:00 UTC before the clocks change, and 21:00 after.
        ("20260328T220000Z", "20260328T230000Z", &["zoned"]),
        ("20260329T210000Z", "20260329T220000Z", &["zoned"]),
        ("20260112T090000Z", "20260112T100000Z", &[]),
        ("20260601T090000Z", "20260601T100000Z", &["moved"]),
    ];
    for (start, end, names) in cases {
        assert_eq!(found(&client, &path, &bodies::in_range("VEVENT", start, end)), names, "{start} to {end}");
    }
}

/// RFC 4791 §9.9 for VTODO.
#[test]
fn a_time_range_on_tasks() {
    let client = shared().account();
    let path = client.calendars("tasks/");
    for (name, lines) in [
        ("due", "DUE:20260314T120000Z"),
        ("start", "DTSTART:20260320T120000Z\nDURATION:PT1H"),
        ("equal", "DTSTART:20260325T120000Z\nDUE:20260325T120000Z"),
        ("timeless", "SUMMARY:Some day"),
    ] {
        client.put(&format!("{path}{name}.ics"), &samples::task(name, lines)).expect(201);
    }
    let cases: [(&str, &str, &[&str]); 4] = [
        ("20260314T110000Z", "20260314T130000Z", &["due", "timeless"]),
        ("20260320T123000Z", "20260320T130000Z", &["start", "timeless"]),
        ("20260325T113000Z", "20260325T123000Z", &["equal", "timeless"]),
        ("20260401T000000Z", "20260402T000000Z", &["timeless"]),
    ];
    for (start, end, names) in cases {
        assert_eq!(found(&client, &path, &bodies::in_range("VTODO", start, end)), names, "{start} to {end}");
    }
}

#[test]
fn filters_on_properties() {
    let client = shared().account();
    let path = filled(
        &client,
        &[
            (
                "fete",
                samples::event(
                    "fete-uid",
                    "DTSTART:20260314T120000Z\nSUMMARY:F\u{ea}te\nCATEGORIES:A,B\nATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:a@example.org",
                ),
            ),
            (
                "work",
                samples::event(
                    "work-uid",
                    "DTSTART:20260315T120000Z\nSUMMARY:Work\nATTENDEE;PARTSTAT=ACCEPTED:mailto:b@example.org",
                ),
            ),
            ("untitled", samples::event("untitled-uid", "DTSTART:20260316T120000Z")),
        ],
    );
    let events =
        |inner: &str| found(&client, &path, &format!(r#"<C:comp-filter name="VEVENT">{inner}</C:comp-filter>"#));
    assert_eq!(events(r#"<C:prop-filter name="SUMMARY"><C:text-match>WOR</C:text-match></C:prop-filter>"#), ["work"]);
    assert_eq!(
        events(
            r#"<C:prop-filter name="UID"><C:text-match collation="i;octet">fete-uid</C:text-match></C:prop-filter>"#
        ),
        ["fete"]
    );
    assert_eq!(events(r#"<C:prop-filter name="SUMMARY"><C:is-not-defined/></C:prop-filter>"#), ["untitled"]);
    assert_eq!(events(r#"<C:prop-filter name="SUMMARY"/>"#), ["fete", "work"]);
    let negated =
        r#"<C:prop-filter name="SUMMARY"><C:text-match negate-condition="yes">work</C:text-match></C:prop-filter>"#;
    assert_eq!(events(negated), ["fete"]);
    let parameter = r#"<C:prop-filter name="ATTENDEE"><C:param-filter name="PARTSTAT"><C:text-match>NEEDS-ACTION</C:text-match></C:param-filter></C:prop-filter>"#;
    assert_eq!(events(parameter), ["fete"]);
    assert_eq!(
        events(r#"<C:comp-filter name="VALARM"><C:is-not-defined/></C:comp-filter>"#),
        ["fete", "untitled", "work"]
    );
}

/// RFC 4791 §7.5.
#[test]
fn a_collation_that_is_not_supported_is_refused() {
    let client = shared().account();
    let filter = r#"<C:comp-filter name="VEVENT"><C:prop-filter name="SUMMARY"><C:text-match collation="i;no-such">x</C:text-match></C:prop-filter></C:comp-filter>"#;
    let answer = client.report(&client.calendars("personal/"), "1", bodies::calendar_query(&[GETETAG], filter));
    answer.refused(403, Name(CALDAV, "supported-collation"));
}

/// RFC 4791 §9.6.5: instances in UTC, each with its RECURRENCE-ID, without rules and zones.
#[test]
fn expand_gives_the_instances_in_the_range() {
    let client = shared().account();
    let path = filled(
        &client,
        &[(
            "daily",
            berlin(
                "daily",
                "DTSTART;TZID=Europe/Berlin:20260328T120000\nDURATION:PT1H\nSUMMARY:Noon\nRRULE:FREQ=DAILY",
            ),
        )],
    );
    let (start, end) = ("20260328T000000Z", "20260331T000000Z");
    let prop = format!(
        r#"<D:prop><D:getetag/><C:calendar-data><C:expand start="{start}" end="{end}"/></C:calendar-data></D:prop>"#
    );
    let answer = client
        .report(&path, "1", bodies::calendar_query_of(&prop, &bodies::in_range("VEVENT", start, end)))
        .multistatus();
    let data = answer.only().text(CALENDAR_DATA);
    let mut starts: Vec<&str> = data.lines().filter_map(|line| line.strip_prefix("DTSTART:")).collect();
    starts.sort_unstable();
    assert_eq!(starts, ["20260328T110000Z", "20260329T100000Z", "20260330T100000Z"], "{data}");
    for line in ["RRULE", "VTIMEZONE", "TZID"] {
        assert!(!data.contains(line), "{data}");
    }
    assert_eq!(data.matches("RECURRENCE-ID").count(), 3, "{data}");
    assert_eq!(data.matches("SUMMARY:Noon").count(), 3, "{data}");
    let stored = client.get(&answer.only().href).expect(200);
    assert!(stored.text().contains("RRULE"), "what is stored stays as it is");
}

/// RFC 4791 §9.6.1.
#[test]
fn a_part_of_the_data_can_be_asked_for() {
    let client = shared().account();
    let path =
        filled(&client, &[("a", samples::event("a", "DTSTART:20260314T120000Z\nSUMMARY:Seen\nDESCRIPTION:Unseen"))]);
    let prop = r#"<D:prop><C:calendar-data><C:comp name="VCALENDAR"><C:prop name="VERSION"/><C:comp name="VEVENT"><C:prop name="UID"/><C:prop name="SUMMARY"/></C:comp></C:comp></C:calendar-data></D:prop>"#;
    let answer =
        client.report(&path, "1", bodies::calendar_query_of(prop, r#"<C:comp-filter name="VEVENT"/>"#)).multistatus();
    let data = answer.only().text(CALENDAR_DATA);
    assert!(data.contains("SUMMARY:Seen") && data.contains("UID:a"), "{data}");
    assert!(!data.contains("DESCRIPTION") && !data.contains("DTSTART"), "{data}");
}

#[test]
fn a_report_that_is_not_known_is_refused() {
    let client = shared().account();
    let answer = client.report(&client.calendars("personal/"), "0", r#"<x:y xmlns:x="urn:example:mine"/>"#.to_owned());
    answer.refused(403, Name(DAV, "supported-report"));
}
