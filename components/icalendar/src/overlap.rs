//! What overlaps a time range means for each component (RFC 4791 §9.9).

use crate::recurrence::Instance;
use crate::syntax::{Component, Property};
use crate::time::{Duration, Moment, Period, Zones, period_of};

/// A half-open range in UTC seconds; open ends are the ends of i64.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Included.
    pub start: i64,
    /// Not included.
    pub end: i64,
}

impl Range {
    /// All of time.
    pub const ALL: Self = Self { start: i64::MIN, end: i64::MAX };

    /// What is in this and in another. It may end before it starts: what lasts from before the one until after the
    /// other is in both nevertheless.
    pub fn within(self, other: Self) -> Self {
        Self { start: self.start.max(other.start), end: self.end.min(other.end) }
    }

    /// The smallest that holds this and another.
    pub fn hull(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether something that lasts from one time to another is in it; if it does not last, whether that time is.
    pub fn has_span(self, from: i64, to: i64) -> bool {
        if to > from { self.start < to && self.end > from } else { self.has(from) }
    }

    /// Whether one of several times is in it: `from`, and `more` others, each a `step` after the one before it.
    fn has_one_of(self, from: i64, step: i64, more: i64) -> bool {
        let first = if step < 0 { from + more * step } else { from };
        let step = step.abs();
        // The first that is not before the range, if it is one of them.
        let missing = self.start.saturating_sub(first).max(0);
        let steps = if step == 0 { 0 } else { (missing / step + i64::from(missing % step > 0)).min(more) };
        self.has(first + steps * step)
    }

    /// Whether a time is in it.
    pub fn has(self, time: i64) -> bool {
        self.start <= time && time < self.end
    }
}

/// Whether an instance overlaps a range.
pub fn overlaps(instance: &Instance, range: Range) -> bool {
    let (from, to) = (instance.from, instance.to);
    let component = instance.component;
    if component.name != "VTODO" {
        return range.has_span(from, to);
    }
    let has = |name| component.property(name).is_some();
    match (has("DTSTART"), has("DUE"), has("DURATION")) {
        (true, true, _) => (range.start < to || range.start <= from) && (range.end > from || range.end >= to),
        (true, false, true) => range.start <= to && (range.end > from || range.end >= to),
        (true, false, false) => range.has(from),
        (false, ..) => range.start < from && range.end >= from,
    }
}

/// Whether a component that has no instances overlaps a range: a VTODO with neither DTSTART nor DUE, a VFREEBUSY.
pub fn overlaps_timeless(component: &Component, range: Range, zones: &Zones) -> bool {
    let time = |name| component.property(name).and_then(Moment::of).map(|moment| zones.utc(&moment));
    match component.name.as_str() {
        "VTODO" => match (time("COMPLETED"), time("CREATED")) {
            (Some(completed), Some(created)) => {
                (range.start <= created || range.start <= completed) && (range.end >= created || range.end >= completed)
            }
            (Some(completed), None) => range.start <= completed && range.end >= completed,
            (None, Some(created)) => range.end > created,
            (None, None) => true,
        },
        "VFREEBUSY" => match (time("DTSTART"), time("DTEND")) {
            (Some(from), Some(to)) => range.start <= to && range.end > from,
            _ => busy_periods(component, zones).any(|(from, to)| range.start < to && range.end > from),
        },
        _ => false,
    }
}

/// The periods of a VFREEBUSY's FREEBUSY properties, in UTC seconds.
pub fn busy_periods<'a>(component: &'a Component, zones: &'a Zones) -> impl Iterator<Item = (i64, i64)> {
    component.all("FREEBUSY").flat_map(move |property| periods_of(property, zones))
}

/// The periods of a property, in UTC seconds.
pub fn periods_of<'a>(property: &'a Property, zones: &'a Zones) -> impl Iterator<Item = (i64, i64)> {
    property.value.split(',').filter_map(|value| span_of(value, property.param("TZID"), zones))
}

/// Start and end of a PERIOD, in UTC seconds.
pub fn span_of(value: &str, tzid: Option<&str>, zones: &Zones) -> Option<(i64, i64)> {
    let (start, end) = period_of(value, tzid)?;
    let from = zones.utc(&start);
    let to = match end {
        Period::Until(end) => zones.utc(&end),
        Period::For(duration) => from + duration.total(),
    };
    Some((from, to))
}

/// Repetitions of an alarm that are looked at.
const REPETITIONS: i64 = 100;

/// When an alarm goes off (RFC 5545 §3.8.6).
pub struct Alarm {
    first: First,
    /// How often it is repeated, and how many seconds there are between.
    repetition: (i64, i64),
}

/// When an alarm goes off for the first time.
enum First {
    /// In UTC seconds.
    At(i64),
    /// So many seconds after its instance starts.
    AfterStart(i64),
    /// So many seconds after its instance ends.
    AfterEnd(i64),
}

impl Alarm {
    /// What a VALARM says; none where it says nothing.
    pub fn of(alarm: &Component, zones: &Zones) -> Option<Self> {
        let trigger = alarm.property("TRIGGER")?;
        let is_related_to_end = trigger.param("RELATED").is_some_and(|related| related.eq_ignore_ascii_case("END"));
        let first = match Duration::parse(&trigger.value) {
            Some(offset) if is_related_to_end => First::AfterEnd(offset.total()),
            Some(offset) => First::AfterStart(offset.total()),
            None => First::At(zones.utc(&Moment::of(trigger)?)),
        };
        Some(Self { first, repetition: repetition(alarm) })
    }

    /// Whether it goes off in a range; with an instance where it is relative to one.
    pub fn sounds(&self, instance: Option<&Instance>, range: Range) -> bool {
        let first = match self.first {
            First::At(time) => Some(time),
            First::AfterStart(offset) => instance.map(|instance| instance.from + offset),
            First::AfterEnd(offset) => instance.map(|instance| instance.to + offset),
        };
        let (count, step) = self.repetition;
        first.is_some_and(|first| range.has_one_of(first, step, count))
    }
}

/// How many seconds after its instance starts or ends an alarm goes off, at the earliest and at the latest; none where
/// that is at a time of its own.
pub fn alarm_offsets(alarm: &Component) -> Option<(i64, i64)> {
    let offset = alarm.value("TRIGGER").and_then(Duration::parse)?.total();
    let (count, step) = repetition(alarm);
    let repeated = offset + count * step;
    Some((offset.min(repeated), offset.max(repeated)))
}

fn repetition(alarm: &Component) -> (i64, i64) {
    let count = alarm.value("REPEAT").and_then(|count| count.parse::<i64>().ok()).unwrap_or(0).clamp(0, REPETITIONS);
    let step = alarm.value("DURATION").and_then(Duration::parse).map(Duration::total);
    step.map_or((0, 0), |step| (count, step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_several_times_is_found_as_by_looking_at_each() {
        for (start, end) in [(10, 20), (10, 11), (i64::MIN, 5), (15, i64::MAX), (i64::MIN, i64::MAX)] {
            let range = Range { start, end };
            for (from, step, more) in (-30..30)
                .flat_map(|from| (-7..7).map(move |step| (from, step)))
                .flat_map(|(from, step)| [0, 1, 3, 9].map(|more| (from, step, more)))
            {
                let each = (0..=more).any(|n| range.has(from + n * step));
                assert_eq!(range.has_one_of(from, step, more), each, "{range:?} {from} {step} {more}");
            }
        }
    }
}
