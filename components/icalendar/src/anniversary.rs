//! Events for days that come back every year.

use crate::icalendar::Anniversary;
use crate::projection::utc_text;
use crate::stream::PRODID;
use crate::syntax::{self, Component, Property, escape_text};

/// Where no year is known: one that had 29 February, and that programs without negative times know.
const BEGINNING: u16 = 1972;

/// The event as an object of its own.
pub fn write(day: &Anniversary) -> Vec<u8> {
    let mut event = Component::new("VEVENT");
    let start = format!("{:04}{:02}{:02}", day.year.unwrap_or(BEGINNING), day.month, day.day);
    event.properties = vec![
        Property::new("UID", escape_text(&day.uid)),
        Property::new("DTSTAMP", utc_text(day.stamp)),
        Property::new("DTSTART", start).with("VALUE", "DATE"),
        Property::new("RRULE", rule(day)),
        Property::new("SUMMARY", escape_text(&day.summary)),
        Property::new("CATEGORIES", escape_text(&day.category)),
        Property::new("TRANSP", "TRANSPARENT"),
    ];
    let mut calendar = Component::new("VCALENDAR");
    calendar.properties = vec![Property::new("VERSION", "2.0"), Property::new("PRODID", PRODID)];
    calendar.components.push(event);
    syntax::write(&calendar).into_bytes()
}

/// RFC 5545 §3.3.10 leaves years without the day out, and nobody's birthday with them.
fn rule(day: &Anniversary) -> &'static str {
    if (day.month, day.day) == (2, 29) { "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1" } else { "FREQ=YEARLY" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icalendar::{Guest, Projection, Query, Recurrence, TimeRange, Verdict};
    use crate::{Calendars, text};

    fn day(year: Option<u16>, month: u8, day: u8) -> Vec<u8> {
        let summary = "Ann, \"A;B\"".to_owned();
        let category = "BIRTHDAY".to_owned();
        write(&Anniversary { uid: "1".to_owned(), summary, category, year, month, day, stamp: 0 })
    }

    #[test]
    fn it_may_be_stored_and_has_no_end() {
        let inspection = Calendars::inspect(day(Some(1980), 4, 15)).unwrap();
        assert_eq!((inspection.uid.as_str(), inspection.component.as_str()), ("1", "VEVENT"));
        assert_eq!((inspection.first.is_some(), inspection.last, inspection.exact), (true, None, false));
        let text = String::from_utf8(day(None, 4, 15)).unwrap();
        assert!(text.contains("SUMMARY:Ann\\, \"A\\;B\"\r\n") && text.contains("DTSTART;VALUE=DATE:19720415\r\n"));
    }

    /// The days on which it is, from 2023 to 2025.
    fn days(object: Vec<u8>) -> Vec<String> {
        let range = TimeRange { start: Some(1_672_531_200), end: Some(1_767_225_600) };
        let projection = Projection {
            select: Vec::new(),
            recurrence: Recurrence::Expand(range),
            limit_freebusy: None,
            format: text::Format::Text,
            by_reference: false,
        };
        let query = Query { filter: Vec::new(), timezone: None, projection: Some(projection) };
        let Some(Verdict::Projected(expanded)) = Calendars::evaluate(vec![object.into()], query).pop() else {
            panic!()
        };
        let expanded = String::from_utf8(expanded).unwrap();
        expanded.lines().filter_map(|line| line.strip_prefix("DTSTART;VALUE=DATE:")).map(str::to_owned).collect()
    }

    #[test]
    fn it_comes_back_every_year() {
        assert_eq!(days(day(Some(1880), 4, 15)), ["20230415", "20240415", "20250415"]);
        assert_eq!(days(day(None, 12, 31)), ["20231231", "20241231", "20251231"]);
        assert_eq!(days(day(Some(2000), 2, 29)), ["20230228", "20240229", "20250228"]);
    }

    #[test]
    fn it_takes_no_time() {
        let range = TimeRange { start: Some(0), end: Some(1_767_225_600) };
        let busy = Calendars::free_busy(vec![day(Some(1980), 4, 15).into()], range, None, 0).unwrap();
        assert!(!String::from_utf8(busy).unwrap().contains("FREEBUSY:"));
    }
}
