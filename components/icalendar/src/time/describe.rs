//! The VTIMEZONE of a zone of the tz database (RFC 5545 §3.6.5): yearly rules where its clock changes follow one, dates
//! where they do not.

use chrono::{DateTime, Datelike, NaiveDateTime, TimeZone, Weekday};
use chrono_tz::{OffsetComponents, OffsetName, Tz};

use super::{named, seconds};
use crate::syntax::{Component, Property, write};

/// Where the description begins: 1970-01-01T00:00:00Z.
const FROM: i64 = 0;

/// Where it ends: what is the rule then, stays so. 2037-12-31T00:00:00Z, before which each year has all of its changes.
const TO: i64 = 2_145_830_400;

/// The year of [`TO`].
const LAST_YEAR: i32 = 2037;

/// Seconds between two looks at the offset. No zone has changed it twice within that time and been back where it was.
const STEP: i64 = 5 * 86_400;

/// What clocks show: seconds east of UTC, whether that is daylight saving time, and its name.
#[derive(Clone, Debug, PartialEq)]
struct Offset {
    seconds: i64,
    daylight: bool,
    name: String,
}

/// A change of clocks, at a local time before it.
#[derive(Clone, Debug)]
struct Change {
    local: NaiveDateTime,
    from: i64,
    to: Offset,
}

/// Changes year after year on the same weekday of a month.
struct Run {
    changes: Vec<Change>,
    /// Which of those weekdays of the month: from the first, 1 to 5, or -1 for the last.
    ordinals: Vec<i8>,
}

/// A VCALENDAR with the VTIMEZONE of a zone, by its IANA or another producer's name; none where that is not known.
pub fn describe(tzid: &str) -> Option<String> {
    let mut calendar = Component::new("VCALENDAR");
    calendar.properties.push(Property::new("VERSION", "2.0"));
    calendar.properties.push(Property::new("PRODID", crate::stream::PRODID));
    calendar.components.push(definition(tzid)?);
    Some(write(&calendar))
}

/// The VTIMEZONE of a zone, by its IANA or another producer's name; none where that is not known.
pub fn definition(tzid: &str) -> Option<Component> {
    named(tzid).map(definition_of)
}

fn definition_of(zone: Tz) -> Component {
    let mut definition = Component::new("VTIMEZONE");
    definition.properties.push(Property::new("TZID", zone.name()));
    let initial = offset_at(zone, FROM);
    let local = super::from_seconds(FROM);
    let first = Change { local, from: initial.seconds, to: initial };
    definition.components.push(observance(&first));
    for run in runs(changes(zone)) {
        definition.components.extend(run.written());
    }
    definition
}

fn offset_at(zone: Tz, utc: i64) -> Offset {
    let offset = zone.offset_from_utc_datetime(&super::from_seconds(utc));
    Offset {
        seconds: (offset.base_utc_offset() + offset.dst_offset()).num_seconds(),
        daylight: !offset.dst_offset().is_zero(),
        name: offset.abbreviation().unwrap_or_default().to_string(),
    }
}

/// All changes in their order.
fn changes(zone: Tz) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut at = FROM;
    let mut offset = offset_at(zone, at);
    while at < TO {
        let next = offset_at(zone, at + STEP);
        if next != offset {
            let onset = first_after(zone, at, at + STEP, &offset);
            let local = super::from_seconds(onset + offset.seconds);
            let to = offset_at(zone, onset);
            changes.push(Change { local, from: offset.seconds, to: to.clone() });
            offset = to;
            at = onset;
        } else {
            at += STEP;
        }
    }
    changes
}

/// The first second with another offset than at `low`.
fn first_after(zone: Tz, mut low: i64, mut high: i64, offset: &Offset) -> i64 {
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if offset_at(zone, middle) == *offset {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

fn runs(changes: Vec<Change>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for change in changes {
        match runs.iter_mut().find_map(|run| run.common(&change).map(|ordinals| (run, ordinals))) {
            Some((run, ordinals)) => {
                run.ordinals = ordinals;
                run.changes.push(change);
            }
            None => runs.push(Run { ordinals: ordinals(&change), changes: vec![change] }),
        }
    }
    runs
}

fn ordinals(change: &Change) -> Vec<i8> {
    let day = change.local.day();
    let days = change.local.date().num_days_in_month();
    let nth = i8::try_from((day - 1) / 7 + 1).unwrap_or(5);
    if day + 7 > u32::from(days) { vec![nth, -1] } else { vec![nth] }
}

impl Run {
    /// The ordinals that would stay if the change were the next of the run; none where it is not.
    fn common(&self, change: &Change) -> Option<Vec<i8>> {
        let last = self.changes.last()?;
        let key = |change: &Change| (change.local.month(), change.local.weekday(), change.local.time(), change.from);
        let follows = change.local.year() == last.local.year() + 1 && key(change) == key(last) && change.to == last.to;
        let fitting = ordinals(change);
        let common: Vec<_> = self.ordinals.iter().copied().filter(|ordinal| fitting.contains(ordinal)).collect();
        (follows && !common.is_empty()).then_some(common)
    }

    /// One observance with a rule, or one for each change of a run that is too short to be a rule.
    fn written(&self) -> Vec<Component> {
        let (Some(first), Some(last)) = (self.changes.first(), self.changes.last()) else { return Vec::new() };
        if self.changes.len() < 3 {
            return self.changes.iter().map(observance).collect();
        }
        let mut component = observance(first);
        let ordinal = if self.ordinals.contains(&-1) { -1 } else { self.ordinals.first().copied().unwrap_or(1) };
        let mut rule =
            format!("FREQ=YEARLY;BYMONTH={};BYDAY={ordinal}{}", first.local.month(), short(first.local.weekday()));
        if last.local.year() < LAST_YEAR {
            let until = DateTime::from_timestamp(seconds(last.local) - last.from, 0).unwrap_or_default();
            rule.push_str(&until.format(";UNTIL=%Y%m%dT%H%M%SZ").to_string());
        }
        component.properties.push(Property::new("RRULE", rule));
        vec![component]
    }
}

fn observance(change: &Change) -> Component {
    let mut component = Component::new(if change.to.daylight { "DAYLIGHT" } else { "STANDARD" });
    component.properties = vec![
        Property::new("DTSTART", change.local.format("%Y%m%dT%H%M%S").to_string()),
        Property::new("TZNAME", change.to.name.clone()),
        Property::new("TZOFFSETFROM", offset_text(change.from)),
        Property::new("TZOFFSETTO", offset_text(change.to.seconds)),
    ];
    component
}

fn offset_text(offset: i64) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes, seconds) = (offset.abs() / 3600, offset.abs() / 60 % 60, offset.abs() % 60);
    let seconds = if seconds == 0 { String::new() } else { format!("{seconds:02}") };
    format!("{sign}{hours:02}{minutes:02}{seconds}")
}

fn short(weekday: Weekday) -> &'static str {
    ["MO", "TU", "WE", "TH", "FR", "SA", "SU"][weekday.num_days_from_monday() as usize]
}

#[cfg(test)]
mod tests {
    use super::super::observances::{Observances, RULES};
    use super::*;
    use crate::time::Zone;

    /// What is written of every zone reads back as that zone.
    #[test]
    fn every_zone_is_described_rightly() {
        for zone in chrono_tz::TZ_VARIANTS {
            let read = Zone::Defined(Observances::of(&definition_of(zone), &mut RULES.clone()).into());
            let known = Zone::Iana(zone);
            for utc in (FROM..TO).step_by(86_400 * 41 + 3_600) {
                assert_eq!(read.offset(utc), known.offset(utc), "{zone} at {utc}");
            }
        }
    }

    #[test]
    fn today_is_a_rule() {
        let text = describe("W. Europe Standard Time").unwrap();
        assert!(text.contains("TZID:Europe/Berlin"), "{text}");
        assert!(text.contains("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n"), "{text}");
        assert!(text.contains("RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n"), "{text}");
        assert_eq!(describe("Nowhere/Land"), None);
    }
}
