#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]
use kalends_icalendar::Calendars;
use kalends_icalendar::icalendar::*;
use std::time::Instant;
fn ask(name: &str, body: &str, start: i64, end: i64, expand: bool) {
    let object = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n{body}\nEND:VEVENT\nEND:VCALENDAR\n").into_bytes();
    let range = TimeRange { start: Some(start), end: Some(end) };
    let c = |n: &str, comps, time_range| CompFilter { name: n.into(), not_defined: false, time_range, props: vec![], comps };
    let filter = vec![c("VCALENDAR", vec![1], None), c("VEVENT", vec![], Some(range))];
    let projection = expand.then(|| Projection { select: vec![], recurrence: Recurrence::Expand(range), limit_freebusy: None, format: kalends_icalendar::text::Format::Text, by_reference: false });
    let n = 20;
    let objects = vec![object.clone(); n];
    let t = Instant::now();
    let r = Calendars::evaluate(objects, Query { filter, timezone: None, projection });
    let e = t.elapsed() / n as u32;
    let what = match &r[0] { Verdict::No => "no".into(), Verdict::Unchanged => "yes".into(), Verdict::Projected(b) => format!("{} bytes", b.len()), Verdict::Fault(f) => f.message.clone() };
    let t = Instant::now();
    let i = Calendars::inspect(object, None);
    println!("{name}: {e:?} {what}; inspect {:?} {}", t.elapsed(), i.map_or_else(|f| f.message, |i| format!("{:?}..{:?}", i.first, i.last)));
}
fn main() {
    let y2040 = 2_208_988_800;
    let d = 86400;
    ask("single", "DTSTART:20240101T100000Z\nDTEND:20240101T110000Z\nSUMMARY:x", y2040, y2040 + d, false);
    ask("daily 1990", "DTSTART;TZID=Europe/Berlin:19900101T100000\nRRULE:FREQ=DAILY", y2040, y2040 + d, false);
    ask("daily 1990 expand year", "DTSTART;TZID=Europe/Berlin:19900101T100000\nRRULE:FREQ=DAILY", y2040, y2040 + 365 * d, true);
    ask("daily count 30000", "DTSTART;TZID=Europe/Berlin:19900101T100000\nRRULE:FREQ=DAILY;COUNT=30000", y2040, y2040 + d, false);
    ask("secondly", "DTSTART:19700101T100000\nRRULE:FREQ=SECONDLY", y2040, y2040 + d, false);
    ask("secondly expand month", "DTSTART:19700101T100000\nRRULE:FREQ=SECONDLY", y2040, y2040 + 30 * d, true);
    ask("secondly count", "DTSTART:19700101T100000\nRRULE:FREQ=SECONDLY;COUNT=4000000000", y2040, y2040 + d, false);
    ask("secondly byhour interval", "DTSTART:19700101T100000\nRRULE:FREQ=SECONDLY;INTERVAL=7;BYHOUR=3", y2040, y2040 + d, false);
    ask("secondly never", "DTSTART:19700101T100000\nRRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", y2040, y2040 + d, false);
    ask("minutely setpos never", "DTSTART:19700101T100000\nRRULE:FREQ=MINUTELY;BYSETPOS=2;BYMONTH=2", y2040, y2040 + d, false);
    ask("yearly never", "DTSTART:19700101T100000\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", y2040, y2040 + d, false);
    ask("yearly all", &format!("DTSTART:19700101T100000\nRRULE:FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR={};BYMINUTE={};BYSECOND={}", list(24), list(60), list(60)), y2040, y2040 + d, false);
    ask("yearly all setpos", &format!("DTSTART:19700101T100000\nRRULE:FREQ=YEARLY;BYSETPOS=-1;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR={};BYMINUTE={};BYSECOND={}", list(24), list(60), list(60)), y2040, y2040 + d, false);
    ask("200 rules", &format!("DTSTART:19700101T100000\n{}", "RRULE:FREQ=SECONDLY;COUNT=4000000000\n".repeat(200).trim()), y2040, y2040 + d, false);
    let path = std::env::args().nth(1).unwrap();
    let files: Vec<_> = std::fs::read_dir(path).unwrap().map(|f| f.unwrap().path()).filter(|p| p.to_string_lossy().contains("accepted.") ).map(|p| std::fs::read(p).unwrap()).filter(|o| o.len() < 20_000).collect();
    let t = Instant::now();
    for _ in 0..100 { for f in &files { Calendars::inspect(f.clone(), None).unwrap(); } }
    println!("corpus inspect {:?} each", t.elapsed() / (100 * files.len() as u32));
    let big: Vec<u8> = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20240101T100000Z\n{}END:VEVENT\nEND:VCALENDAR\n", "X-A;B=c:ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd\n".repeat(100_000)).into_bytes();
    let t = Instant::now();
    println!("{} bytes {:?}", big.len(), Calendars::inspect(big, None).is_ok());
    println!("big inspect {:?}", t.elapsed());
}
fn list(n: u32) -> String { (0..n).map(|n| n.to_string()).collect::<Vec<_>>().join(",") }
