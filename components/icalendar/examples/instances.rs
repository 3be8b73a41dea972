//! Answers questions about recurrence, so that other implementations can be asked the same by other programs. A
//! question is a line of JSON: `object`, an iCalendar text with one VEVENT, and `low` and `high`, the ends of a range
//! in UTC seconds; its answer a line: the starts of the instances in the range, in UTC seconds and in order, or the
//! text of a fault. A `timezone` instead asks for the VTIMEZONE of that name.

use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};

use kalends_icalendar::Calendars;
use kalends_icalendar::icalendar::{Guest, Projection, Query, Recurrence, TimeRange, Verdict};
use kalends_icalendar::text::Format;
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = stdout().lock();
    for line in stdin().lock().lines() {
        let question: Value = serde_json::from_str(&line?)?;
        writeln!(out, "{}", answer(&question)?)?;
    }
    Ok(())
}

fn answer(question: &Value) -> Result<Value, Box<dyn Error>> {
    if let Some(tzid) = question["timezone"].as_str() {
        return Ok(json!(Calendars::timezone(tzid.to_string())));
    }
    let object = question["object"].as_str().ok_or("a question without an object")?;
    let range = TimeRange { start: question["low"].as_i64(), end: question["high"].as_i64() };
    match Calendars::evaluate(vec![object.as_bytes().to_vec().into()], expanded(range)).remove(0) {
        Verdict::Projected(jcal) => starts(&serde_json::from_slice(&jcal)?, range),
        Verdict::Fault(fault) => Ok(json!(fault.message)),
        other => Err(format!("not an expansion: {other:?}").into()),
    }
}

/// A query for the instances in a range, as jCal.
fn expanded(range: TimeRange) -> Query {
    let projection = Projection {
        select: vec![],
        recurrence: Recurrence::Expand(range),
        limit_freebusy: None,
        format: Format::Json,
        by_reference: false,
    };
    Query { filter: vec![], timezone: None, projection: Some(projection) }
}

/// The UTC seconds of each DTSTART of a calendar in jCal that is in a range; of a day or a floating time as if it were
/// one in UTC.
fn starts(calendar: &Value, range: TimeRange) -> Result<Value, Box<dyn Error>> {
    let mut starts = Vec::new();
    for component in calendar[2].as_array().into_iter().flatten() {
        for property in component[1].as_array().into_iter().flatten().filter(|property| property[0] == "dtstart") {
            let text = property[3].as_str().ok_or("a DTSTART without a value")?;
            let text =
                if text.len() == 10 { format!("{text}T00:00:00") } else { text.trim_end_matches('Z').to_string() };
            starts.push(text.parse::<chrono::NaiveDateTime>()?.and_utc().timestamp());
        }
    }
    starts.retain(|start| range.start.is_none_or(|low| low <= *start) && range.end.is_none_or(|high| *start < high));
    starts.sort_unstable();
    Ok(json!(starts))
}
