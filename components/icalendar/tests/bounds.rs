//! Large and absurd input is answered or refused, and what that takes is bounded: counted in memory.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use kalends_icalendar::Calendars;
use kalends_icalendar::icalendar::{CompFilter, Guest, Projection, Query, Recurrence, TimeRange, Verdict};
use kalends_icalendar::text::{Format, Rule};

const MEBIBYTE: usize = 1 << 20;

/// The system's allocator, counting for each thread what is held.
struct Counting;

#[derive(Clone, Copy)]
struct Count {
    held: isize,
    most: isize,
}

thread_local! {
    static COUNT: Cell<Count> = const { Cell::new(Count { held: 0, most: 0 }) };
}

fn add(bytes: isize) {
    // The count itself may be gone when a thread ends.
    let _ = COUNT.try_with(|cell| {
        let mut count = cell.get();
        count.held += bytes;
        count.most = count.most.max(count.held);
        cell.set(count);
    });
}

// SAFETY: all is done by the system's allocator; the counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size().cast_signed());
        // SAFETY: the caller keeps the promises of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        add(-layout.size().cast_signed());
        // SAFETY: the pointer is of `alloc` above, so of the system.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What a piece of work gives, and the most bytes that it held at once.
fn measured<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = COUNT.get();
    COUNT.set(Count { held: 0, most: 0 });
    let result = work();
    let count = COUNT.get();
    COUNT.set(Count { held: before.held + count.held, ..before });
    (result, usize::try_from(count.most).unwrap_or(0))
}

/// Everything that can be asked of an object; the rule of each fault.
fn everything(object: &[u8]) -> Vec<Rule> {
    let mut faults = Vec::new();
    let inspected = Calendars::inspect(object.to_vec(), None);
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
    Calendars::merge(vec![object.to_vec()], None, None);
    // Only what was taken is ever asked about.
    if let Ok(inspection) = inspected {
        for recurrence in [Recurrence::Keep, Recurrence::Expand(YEAR), Recurrence::Limit(YEAR)] {
            let query = query(&inspection.component, recurrence);
            if let Verdict::Fault(fault) = Calendars::evaluate(vec![object.to_vec()], query).remove(0) {
                assert_eq!(fault.rule, Rule::Bound, "{}", fault.message);
            }
        }
        if let Err(fault) = Calendars::free_busy(vec![object.to_vec()], YEAR, None, 0) {
            assert_eq!(fault.rule, Rule::Bound, "{}", fault.message);
        }
    }
    faults
}

/// 2040.
const YEAR: TimeRange = TimeRange { start: Some(2_208_988_800), end: Some(2_240_611_200) };

fn query(kind: &str, recurrence: Recurrence) -> Query {
    let filter = |name: &str, time_range, comps| CompFilter {
        name: name.into(),
        not_defined: false,
        time_range,
        props: vec![],
        comps,
    };
    let projection = Projection {
        select: vec![],
        recurrence,
        limit_freebusy: Some(YEAR),
        format: Format::Text,
        by_reference: false,
    };
    Query {
        filter: vec![filter("VCALENDAR", None, vec![1]), filter(kind, Some(YEAR), vec![])],
        timezone: None,
        projection: Some(projection),
    }
}

fn event(body: &str) -> Vec<u8> {
    format!(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20240101T090000Z\r\n{body}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    .into_bytes()
}

/// No question holds more than 80 times the object at once, and 4 MiB. Each line of few characters is a property, or an array of jCal with a map for its
/// parameters: that is more than its characters, and counted by the line.
fn assert_bounded(what: &str, object: &[u8]) -> Vec<Rule> {
    let (faults, most) = measured(|| everything(object));
    let lines = object.iter().filter(|byte| **byte == b'\n').count();
    let bound = 80 * object.len() + 1024 * lines + 4 * MEBIBYTE;
    assert!(most <= bound, "{what}: {} KiB held for {} KiB", most / 1024, object.len() / 1024);
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
    let fault = Calendars::inspect(text.into_bytes(), None).unwrap_err();
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
        let verdict = Calendars::evaluate(vec![object], query("VEVENT", Recurrence::Expand(YEAR))).remove(0);
        let Verdict::Projected(text) = verdict else { panic!("{verdict:?}") };
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.matches("BEGIN:VEVENT").count(), 1);
        assert!(text.contains(&format!("DTSTART:{}\r\n", day(5_900))));
    }
}
