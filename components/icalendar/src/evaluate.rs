//! A question about many objects, answered one by one.

use crate::fault;
use crate::filter::Filter;
use crate::icalendar::{Query, Verdict};
use crate::projection::project;
use crate::syntax::Reader;
use crate::text::{Content, Fault};
use crate::time::{Zone, Zones};

/// Octets that projections make of all objects together: an instance of an event for each day of a month is thirty
/// times the event.
const PROJECTED: usize = 32 << 20;

/// One verdict for each object, in their order.
pub fn evaluate(objects: &[Content], query: &Query) -> Vec<Verdict> {
    let floating = Zone::of_argument(query.timezone.as_deref());
    let mut reader = Reader::new();
    let mut room = PROJECTED;
    let fitting = |verdict: Verdict| match verdict {
        Verdict::Projected(made) if made.len() > room => {
            Verdict::Fault(fault::bound(0, "there are too many instances in the range for one answer"))
        }
        Verdict::Projected(made) => {
            room -= made.len();
            Verdict::Projected(made)
        }
        other => other,
    };
    let verdicts =
        objects.iter().map(|object| verdict(object, query, &floating, &mut reader).unwrap_or_else(Verdict::Fault));
    verdicts.map(fitting).collect()
}

fn verdict<'o>(object: &'o [u8], query: &Query, floating: &Zone, reader: &mut Reader<'o>) -> Result<Verdict, Fault> {
    if query.filter.is_empty() && query.projection.is_none() {
        return Ok(Verdict::Unchanged);
    }
    let calendar = reader.read(object)?;
    let zones = Zones::of(&calendar, floating.clone());
    if !Filter::new(&query.filter, &calendar, &zones).passes()? {
        return Ok(Verdict::No);
    }
    match &query.projection {
        Some(projection) => project(&calendar, projection, &zones).map(Verdict::Projected),
        None => Ok(Verdict::Unchanged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icalendar::{Projection, Recurrence, TimeRange};
    use crate::text::{Format, Rule};

    #[test]
    fn all_answers_together_have_a_bound() {
        let description = "x".repeat(1 << 20);
        let daily = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:x\r\nDTSTAMP:20260101T000000Z\r\n\
             DTSTART:20260101T100000Z\r\nRRULE:FREQ=DAILY\r\nDESCRIPTION:{description}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let days = TimeRange { start: Some(1_767_225_600), end: Some(1_767_225_600 + 12 * 86_400) };
        let projection = Projection {
            select: Vec::new(),
            recurrence: Recurrence::Expand(days),
            limit_freebusy: None,
            format: Format::Text,
            by_reference: false,
        };
        let query = Query { filter: Vec::new(), timezone: None, projection: Some(projection) };
        let objects: Vec<Content> = (0..4).map(|_| Content::Text(daily.clone())).collect();
        let verdicts = evaluate(&objects, &query);
        let [Verdict::Projected(one), Verdict::Projected(_), Verdict::Fault(three), Verdict::Fault(_)] =
            verdicts.as_slice()
        else {
            panic!("not as many as there is room for")
        };
        assert!(one.len() > 12 << 20 && 2 * one.len() < PROJECTED);
        assert_eq!(three.rule, Rule::Bound);
    }
}
