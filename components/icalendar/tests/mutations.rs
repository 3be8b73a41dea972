//! Objects of the corpus with random damage: nothing panics, and what `inspect` takes, all other functions can read.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use kalends_icalendar::Calendars;
use kalends_icalendar::icalendar::{Guest, Query, Recurrence, TimeRange, Verdict};
use kalends_icalendar::text::{Format, Rule};
use question::query;

mod question;

/// Xorshift: the same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }
}

/// What is put into lines: values at their limits, and what breaks syntax.
const PIECES: [&str; 24] = [
    "DTSTART:00010101T000000",
    "DTSTART;VALUE=DATE:99991231",
    "DTEND:99991231T235959Z",
    "DURATION:P366000D",
    "DURATION:-PT9999999999S",
    "RRULE:FREQ=DAILY",
    "RRULE:FREQ=YEARLY;INTERVAL=65535",
    "RRULE:FREQ=MONTHLY;INTERVAL=65535;BYDAY=-5SU",
    "RRULE:FREQ=WEEKLY;INTERVAL=65535;BYSETPOS=-1;BYDAY=MO,FR;WKST=SU",
    "RRULE:FREQ=HOURLY;INTERVAL=65535;COUNT=4294967295",
    "RRULE:FREQ=YEARLY;BYWEEKNO=53,-53;BYDAY=SU",
    "RRULE:FREQ=YEARLY;BYYEARDAY=366,-366;BYSETPOS=366",
    "RRULE:FREQ=SECONDLY;UNTIL=99991231T235959Z;BYDAY=MO",
    "RDATE;VALUE=PERIOD:00010101T000000Z/P366000D,99991231T000000Z/99991231T235959Z",
    "EXDATE;VALUE=DATE:00010101,99991231",
    "RECURRENCE-ID;RANGE=THISANDFUTURE:99991231T235959Z",
    "RECURRENCE-ID:00010101T000000Z",
    "DUE:00010101T000000Z",
    "TRIGGER;RELATED=END:-P366000D",
    "REPEAT:999999999999",
    "TZOFFSETFROM:+9959",
    "X-A;B=\"c:;,",
    "BEGIN:VALARM",
    "END:VEVENT",
];

fn damaged(object: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = object.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(lines.len());
        match numbers.below(6) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[at].clone()),
            2 | 3 => lines.insert(at, PIECES[numbers.below(PIECES.len())].as_bytes().to_vec()),
            4 => lines[at] = PIECES[numbers.below(PIECES.len())].as_bytes().to_vec(),
            _ => {
                let position = numbers.below(lines[at].len());
                if let Some(byte) = lines[at].get_mut(position) {
                    *byte = b"\"^:;,=0TZ9\x80\xff"[numbers.below(12)];
                }
            }
        }
        if lines.is_empty() {
            lines.push(Vec::new());
        }
    }
    lines.join(&b'\n')
}

fn readable(object: &[u8], kind: &str, start: Option<i64>, end: Option<i64>) {
    let range = TimeRange { start, end };
    let limited = query(kind, range, Recurrence::Limit(range), Format::Json);
    let expanded = Query { filter: vec![], ..query(kind, range, Recurrence::Expand(range), Format::Json) };
    for query in [limited, expanded] {
        let query = Query { timezone: Some("Europe/Berlin".into()), ..query };
        if let Verdict::Fault(fault) = Calendars::evaluate(vec![object.to_vec().into()], query).remove(0) {
            assert_eq!(fault.rule, Rule::Bound, "{fault:?} {}", String::from_utf8_lossy(object));
        }
    }
    let _ = Calendars::free_busy(vec![object.to_vec().into()], range, None, 0);
}

#[test]
fn damage_is_refused_or_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/ical");
    let mut objects: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ics"))
        .map(|path| std::fs::read(path).unwrap())
        .filter(|object| object.len() < 10_000)
        .collect();
    objects.sort();
    let mut numbers = Numbers(0x5545);
    let mut taken = 0;
    for object in objects.iter().flat_map(|object| std::iter::repeat_n(object, 3)) {
        let object = damaged(object, &mut numbers);
        let converted = Calendars::convert(object.clone(), Format::Text, Format::Xml);
        if let Ok(xml) = converted {
            Calendars::convert(xml, Format::Xml, Format::Json).unwrap();
        }
        let Ok(inspection) = Calendars::inspect(object.clone()) else { continue };
        taken += 1;
        readable(&object, &inspection.component, Some(1_700_000_000), Some(1_710_000_000));
        readable(&object, &inspection.component, None, Some(i64::MAX));
        readable(&object, &inspection.component, Some(i64::MIN), None);
    }
    assert!(taken > 20);
}
