//! Answers the questions of `tests/recurrence` with the one library that it is built with. A question is a line of
//! JSON: `object`, an iCalendar text with one VEVENT, and `low` and `high` in UTC seconds. Its answer is a line: the
//! starts in the range, in UTC seconds and in order, and the microseconds that took; or the text of a fault. For
//! `zone`, with `times`, the seconds east of UTC at each.
//!
//! Libraries are used as their documentation shows, without working around anything.

use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};
use std::time::Instant;

use serde_json::{Value, json};

/// Starts that are asked for of a library that wants to know how many: more than any of the rules needs.
#[allow(dead_code)]
const MOST: u16 = 10_000;

type Starts = Result<Vec<i64>, Box<dyn Error>>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = stdout().lock();
    for line in stdin().lock().lines() {
        let question: Value = serde_json::from_str(&line?)?;
        writeln!(out, "{}", answer(&question))?;
        out.flush()?;
    }
    Ok(())
}

fn answer(question: &Value) -> Value {
    if let Some(zone) = question["zone"].as_str() {
        let times = question["times"].as_array().into_iter().flatten().filter_map(Value::as_i64);
        return times.map(|time| json!(offset(zone, time))).collect();
    }
    let object = question["object"].as_str().unwrap_or_default();
    let range = (question["low"].as_i64().unwrap_or(i64::MIN), question["high"].as_i64().unwrap_or(i64::MAX));
    let started = Instant::now();
    match starts(object, range) {
        Ok(mut starts) => {
            let took = started.elapsed().as_secs_f64() * 1e6;
            starts.retain(|start| (range.0..range.1).contains(start));
            starts.sort_unstable();
            json!({ "starts": starts, "took": took })
        }
        Err(fault) => json!(fault.to_string()),
    }
}

#[cfg(feature = "kalends")]
fn starts(object: &str, range: (i64, i64)) -> Starts {
    use kalends_icalendar::Calendars;
    use kalends_icalendar::icalendar::{Guest, Projection, Query, Recurrence, TimeRange, Verdict};
    let recurrence = Recurrence::Expand(TimeRange { start: Some(range.0), end: Some(range.1) });
    let format = kalends_icalendar::text::Format::Text;
    let projection = Projection { select: vec![], recurrence, limit_freebusy: None, format, by_reference: false };
    let query = Query { filter: vec![], timezone: None, projection: Some(projection) };
    match Calendars::evaluate(vec![object.as_bytes().to_vec().into()], query).pop() {
        Some(Verdict::Projected(text)) => String::from_utf8(text)?
            .lines()
            .filter_map(|line| line.strip_prefix("DTSTART")?.split_once(':').map(|(_, value)| value.to_owned()))
            .map(|value| written(&value))
            .collect(),
        other => Err(format!("{other:?}").into()),
    }
}

/// The UTC seconds of a value as RFC 5545 writes it; of a day or a floating time as if it were in UTC.
#[cfg(feature = "kalends")]
fn written(value: &str) -> Result<i64, Box<dyn Error>> {
    let text = if value.len() == 8 { format!("{value}T000000") } else { value.trim_end_matches('Z').to_owned() };
    Ok(chrono::NaiveDateTime::parse_from_str(&text, "%Y%m%dT%H%M%S")?.and_utc().timestamp())
}

#[cfg(all(feature = "rrule", not(feature = "icalendar")))]
fn starts(object: &str, range: (i64, i64)) -> Starts {
    let lines: Vec<_> =
        object.lines().filter(|line| line.starts_with("DTSTART") || line.starts_with("RRULE")).collect();
    within(&lines.join("\n").parse::<rrule::RRuleSet>()?, range)
}

#[cfg(feature = "icalendar")]
fn starts(object: &str, range: (i64, i64)) -> Starts {
    use icalendar::EventLike;
    let calendar: icalendar::Calendar = object.parse()?;
    let event = calendar.events().next().ok_or("no event")?;
    within(&event.get_recurrence()?, range)
}

/// The starts of a set in a range.
#[cfg(feature = "rrule")]
fn within(set: &rrule::RRuleSet, range: (i64, i64)) -> Starts {
    let time = |seconds| chrono::DateTime::from_timestamp(seconds, 0).map(|time| time.with_timezone(&rrule::Tz::UTC));
    let (Some(low), Some(high)) = (time(range.0), time(range.1)) else { return Err("a range that cannot be".into()) };
    let found = set.clone().after(low).before(high).all(MOST);
    Ok(found.dates.iter().map(chrono::DateTime::timestamp).collect())
}

#[cfg(feature = "calcard")]
fn starts(object: &str, _: (i64, i64)) -> Starts {
    use calcard::common::timezone::Tz;
    let calendar = calcard::icalendar::ICalendar::parse(object).map_err(|entry| format!("{entry:?}"))?;
    let expanded = calendar.expand_dates(Tz::UTC, MOST.into());
    match expanded.errors.first() {
        Some(error) => Err(format!("{error:?}").into()),
        None => Ok(expanded.events.iter().map(|event| event.start.timestamp()).collect()),
    }
}

#[cfg(not(any(feature = "kalends", feature = "rrule", feature = "calcard")))]
fn starts(_: &str, _: (i64, i64)) -> Starts {
    Err("no library for recurrence".into())
}

#[cfg(feature = "chrono-tz")]
fn offset(zone: &str, time: i64) -> Option<i32> {
    use chrono::{Offset, TimeZone};
    let zone: chrono_tz::Tz = zone.parse().ok()?;
    Some(zone.offset_from_utc_datetime(&chrono::DateTime::from_timestamp(time, 0)?.naive_utc()).fix().local_minus_utc())
}

#[cfg(not(feature = "chrono-tz"))]
fn offset(_: &str, _: i64) -> Option<i32> {
    None
}
