//! Large and absurd input is answered or refused, and what that takes is bounded: counted in memory.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use allocation_counter::measure;
use kalends_icalendar::Calendars;
use kalends_icalendar::icalendar::{
    CompFilter, Guest, ParamFilter, ParamTest, PropFilter, Query, Recurrence, TimeRange, Verdict,
};
use kalends_icalendar::text::{Collation, Format, MatchType, Rule, TextTest};
use question::query;

mod question;

const MEBIBYTE: usize = 1 << 20;

/// What a piece of work gives, and the most bytes that it held at once.
fn measured<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let mut result = None;
    let allocations = measure(|| result = Some(work()));
    (result.unwrap(), usize::try_from(allocations.bytes_max).unwrap())
}

/// Everything that can be asked of an object; the rule of each fault.
fn everything(object: &[u8]) -> Vec<Rule> {
    let mut faults = Vec::new();
    let inspected = Calendars::inspect(object.to_vec());
    faults.extend(inspected.as_ref().err().map(|fault| fault.rule));
    for (source, to) in [
        (Format::Text, Format::Json),
        (Format::Text, Format::Xml),
        (Format::Json, Format::Text),
        (Format::Xml, Format::Text),
    ] {
        faults.extend(Calendars::convert(object.to_vec(), source, to).err().map(|fault| fault.rule));
    }
    faults.extend(Calendars::split(Vec::from(object)).err().map(|fault| fault.rule));
    Calendars::merge(vec![object.to_vec().into()], None, None);
    // Only what was taken is ever asked about.
    if let Ok(inspection) = inspected {
        for recurrence in [Recurrence::Keep, Recurrence::Expand(YEAR), Recurrence::Limit(YEAR)] {
            let query = query(&inspection.component, YEAR, recurrence, Format::Text);
            if let Verdict::Fault(fault) = Calendars::evaluate(vec![object.to_vec().into()], query).remove(0) {
                assert_eq!(fault.rule, Rule::Bound, "{}", fault.message);
            }
        }
        if let Err(fault) = Calendars::free_busy(vec![object.to_vec().into()], YEAR, None, 0) {
            assert_eq!(fault.rule, Rule::Bound, "{}", fault.message);
        }
    }
    faults
}

/// 2040.
const YEAR: TimeRange = TimeRange { start: Some(2_208_988_800), end: Some(2_240_611_200) };

fn event(body: &str) -> Vec<u8> {
    format!(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20240101T090000Z\r\n{body}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    .into_bytes()
}

const WORD: usize = size_of::<usize>();

/// A list that has no room for one more is copied into one of twice the size: three times its items at once, at most.
const GROWTH: usize = 3;

/// What the engine holds for a line or a parameter in its own tree, at most: a line's number and text (4 words), a
/// property's name, parameters, value and number (10), a parameter's name and values (6), of which a list begins with
/// room for 4, and a value (3), of which as well.
const IN_TREE: usize = WORD * (GROWTH * (4 + 10) + 4 * 6 + 4 * 3);

/// What a line or a parameter is in jCal, at most: an item of the list of properties; name, parameters, type and value
/// in a list of their own; of the parameters a map that begins with room for 4 names, values and digests, and as much
/// for finding them.
const IN_JSON: usize = GROWTH * VALUE + 4 * VALUE + 4 * (3 * WORD + VALUE + WORD) + 8 * WORD;

const VALUE: usize = size_of::<serde_json::Value>();

/// An octet of the object as it came, in a line, in a value of the tree, and in its copy that is projected; in the
/// other form's own values; and in what is written, where it may be six (`&quot;`, `\u0007`), in a text that grew.
const COPIES: usize = 4 + 1 + GROWTH * 6;

/// What does not depend on the object: of the starts of a rule, of which 100,000 are at most looked at in one question,
/// each is a time in a set that grew.
const FIXED: usize = GROWTH * 100_000 * 2 * WORD;

/// Lines and parameters of one object before it is refused; of jCal and xCal twice as many values and tags.
const PIECES: usize = 500_000;

/// Whatever is asked, no answer holds more at once than follows from what is read of an object before it is refused.
fn assert_bounded(what: &str, object: &[u8]) -> Vec<Rule> {
    let (faults, most) = measured(|| everything(object));
    let pieces = object.iter().filter(|byte| b"\n;,<[{".contains(byte)).count().min(2 * PIECES);
    let bound = COPIES * object.len() + (IN_TREE + IN_JSON) * pieces + FIXED;
    assert!(most <= bound, "{what}: {} KiB held, {} allowed for {} octets", most / 1024, bound / 1024, object.len());
    faults
}

#[test]
fn ten_megabytes() {
    let size = 10 * MEBIBYTE;
    for (what, object) in [
        ("one line", event(&format!("SUMMARY:{}\r\n", "x".repeat(size)))),
        (
            "one folded line",
            event(&format!(
                "SUMMARY:x{}\r\n",
                "\r\n yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy".repeat(size / 69)
            )),
        ),
        ("long lines", event(&format!("X-A:{}\r\n", "y".repeat(1_000)).repeat(size / 1_006))),
        ("line breaks", b"\r\n".repeat(size / 2)),
        ("tags", b"<a>".repeat(size / 3)),
        ("quotes", b"A;B=\"".repeat(size / 5)),
    ] {
        assert_bounded(what, &object);
    }
}

/// What takes the most memory for its length: of some of it there is more than is read.
#[test]
fn a_million_pieces() {
    let many = |piece: &str| piece.repeat(MEBIBYTE);
    for (what, object) in [
        ("lines", event(&many("A:\n"))),
        ("parameters", event(&format!("A{}:1\r\n", many(";B=")))),
        ("values of a parameter", event(&format!("A;B={}:1\r\n", many("1,")))),
        ("what is written with more characters", event(&format!("X-A:{}\r\n", many("\x07\"<")))),
        ("values of jCal", format!("[{}1]", many("1,")).into_bytes()),
        ("elements of xCal", format!("<icalendar>{}</icalendar>", many("<a/>")).into_bytes()),
    ] {
        assert_bounded(what, &object);
    }
}

/// Instances of a large object are bounded by what they are together.
#[test]
fn large_objects_are_not_expanded_into_more() {
    let large = event(&format!("RRULE:FREQ=DAILY\r\nDESCRIPTION:{}\r\n", "x".repeat(MEBIBYTE)));
    assert_bounded("a large object every day", &large);
    let query = query("VEVENT", YEAR, Recurrence::Expand(YEAR), Format::Text);
    let verdict = Calendars::evaluate(vec![large.into()], query).remove(0);
    assert!(matches!(verdict, Verdict::Fault(fault) if fault.rule == Rule::Bound));
}

#[test]
fn a_hundred_thousand_lines() {
    for (what, line) in [("the shortest properties", "A:\r\n"), ("properties with a parameter", "X-A;B=C:1\r\n")] {
        let faults = assert_bounded(what, &event(&line.repeat(100_000)));
        // The text is no jCal and no xCal, and nothing else is wrong with it.
        assert_eq!(faults, [Rule::Syntax, Rule::Syntax], "{what}");
    }
}

#[test]
fn a_thousand_nested_components() {
    let nested = |begin: &str, end: &str| format!("{}{}", begin.repeat(1_000), end.repeat(1_000));
    let text = format!("BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n", nested("BEGIN:X-A\r\n", "END:X-A\r\n"));
    let fault = Calendars::inspect(text.into_bytes()).unwrap_err();
    assert_eq!((fault.rule, fault.line), (Rule::Bound, 33));
    let json = format!("[\"vcalendar\",[],[{}]]", nested("[\"x-a\",[],[", "]]"));
    assert_eq!(Calendars::convert(json.into_bytes(), Format::Json, Format::Text).unwrap_err().rule, Rule::Syntax);
    let xml =
        format!("<icalendar><vcalendar>{}</vcalendar></icalendar>", nested("<components><x-a>", "</x-a></components>"));
    assert_eq!(Calendars::convert(xml.into_bytes(), Format::Xml, Format::Text).unwrap_err().rule, Rule::Syntax);
    // As deep as text may be, other forms may be, too.
    let deepest = format!("[\"vcalendar\",[],[{}[\"x-a\",[],[]]{}]]", "[\"x-a\",[],[".repeat(30), "]]".repeat(30));
    assert!(Calendars::convert(deepest.into_bytes(), Format::Json, Format::Xml).is_ok());
}

#[test]
fn ten_thousand_exdates() {
    let day = |n: i64| {
        chrono::DateTime::from_timestamp(1_704_099_600 + n * 86_400, 0).unwrap().format("%Y%m%dT%H%M%SZ").to_string()
    };
    // Every day of 2040 but one is taken out, and so are all of the 16 years before.
    let mut days: Vec<_> = (0..10_000).filter(|n| *n != 5_900).map(day).collect();
    let one_line = event(&format!("RRULE:FREQ=DAILY\r\nEXDATE:{}\r\n", days.join(",")));
    days.reverse();
    let lines: String = days.iter().map(|day| format!("EXDATE:{day}\r\n")).collect();
    for object in [one_line, event(&format!("RRULE:FREQ=DAILY\r\n{lines}"))] {
        assert_bounded("exdates", &object);
        let verdict =
            Calendars::evaluate(vec![object.into()], query("VEVENT", YEAR, Recurrence::Expand(YEAR), Format::Text))
                .remove(0);
        let Verdict::Projected(text) = verdict else { panic!("{verdict:?}") };
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.matches("BEGIN:VEVENT").count(), 1);
        assert!(text.contains(&format!("DTSTART:{}\r\n", day(5_900))));
    }
}

/// What is asked of each piece beside all others: with as many as an object can have, none of this would end today.
#[test]
fn nothing_takes_the_square_of_its_length() {
    let parameters: String = (0..100_000).map(|n| format!(";P{n}=1")).collect();
    assert_eq!(assert_bounded("parameters of one property", &event(&format!("X-A{parameters}:1\r\n")))[0], Rule::Bound);
    let in_json: Vec<String> = (0..100_000).map(|n| format!("\"p{n}\":\"1\"")).collect();
    let json = format!("[\"vcalendar\",[[\"x-a\",{{{}}},\"text\",\"1\"]],[]]", in_json.join(","));
    assert!(Calendars::convert(json.into_bytes(), Format::Json, Format::Text).is_err());

    let dates = vec!["20240101T090000"; 30_000].join(",");
    for tzid in ["Z".repeat(MEBIBYTE), "/a".repeat(MEBIBYTE / 2)] {
        let defined = format!("BEGIN:VTIMEZONE\r\nTZID:{tzid}\r\nX-LIC-LOCATION:{tzid}\r\nEND:VTIMEZONE\r\n");
        let object = event(&format!("RDATE;TZID={tzid}:{dates}\r\n"));
        let object = String::from_utf8(object).unwrap().replacen("BEGIN:VEVENT", &format!("{defined}BEGIN:VEVENT"), 1);
        let faults = assert_bounded("dates of a zone with a long name", object.as_bytes());
        assert_eq!(faults, [Rule::Syntax, Rule::Syntax]);
    }

    let zones = "BEGIN:VTIMEZONE\r\nend:vtimezone\r\n".repeat(20_000);
    let object = String::from_utf8(event("")).unwrap().replacen("BEGIN:VEVENT", &format!("{zones}BEGIN:VEVENT"), 1);
    assert_eq!(assert_bounded("zones", object.as_bytes()), [Rule::Syntax, Rule::Syntax]);

    for part in ["BYDAY=1MO,MO", "BYMONTHDAY=1", "BYSETPOS=1"] {
        let (name, value) = part.split_once('=').unwrap();
        let values = vec![value; 100_000].join(",");
        let faults = assert_bounded(part, &event(&format!("RRULE:FREQ=YEARLY;COUNT=9;{name}={values}\r\n")));
        assert_eq!(faults[0], Rule::Syntax, "{part}");
    }
}

/// A text is folded once, however many tests of it there are. What is allocated, which is the same on every machine, is
/// compared with that of one test.
#[test]
fn many_tests_of_a_property_cost_little_more_than_one() {
    let long = "\u{e9}".repeat(20_000);
    let object = event(&format!("DESCRIPTION;X-P={long}:{long}\r\n"));
    let other =
        || TextTest { value: "x".into(), collation: Collation::UnicodeCasemap, kind: MatchType::Equals, negate: true };
    let cost = |props: Vec<PropFilter>| {
        let comp = |name: &str, props, comps| CompFilter {
            name: name.into(),
            not_defined: false,
            time_range: None,
            props,
            comps,
        };
        let filter = vec![comp("VCALENDAR", vec![], vec![1]), comp("VEVENT", props, vec![])];
        let query = Query { filter, timezone: None, projection: None };
        let work = || assert_eq!(Calendars::evaluate(vec![object.clone().into()], query), [Verdict::Unchanged]);
        measure(work).bytes_total
    };
    let text = || PropFilter {
        name: "DESCRIPTION".into(),
        not_defined: false,
        time_range: None,
        text: Some(other()),
        params: vec![],
    };
    let param = || PropFilter {
        text: None,
        params: vec![ParamFilter { name: "X-P".into(), test: ParamTest::Text(other()) }],
        ..text()
    };
    let one = cost(vec![text(), param()]);
    for (what, many) in [("texts", cost(vec![text(); 1_000])), ("parameters", cost(vec![param(); 1_000]))] {
        assert!(many < one * 50, "{what}: {many} for a thousand, {one} for one of each");
    }
}
