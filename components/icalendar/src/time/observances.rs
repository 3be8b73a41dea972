//! What a VTIMEZONE says (RFC 5545 §3.6.5): when which offset begins.

use chrono::{NaiveDate, NaiveDateTime};

use super::{Moment, seconds};
use crate::recurrence::Rule;
use crate::syntax::Component;

/// Until when the onsets of endless rules are worked out.
const HORIZON: i32 = 2200;

/// Onsets of one VTIMEZONE.
const ONSETS: usize = 10_000;

/// STANDARDs and DAYLIGHTs of one VTIMEZONE.
const OBSERVANCES: usize = 300;

/// Rules of all VTIMEZONEs of one object. One has two for today, and a dozen with its history.
pub const RULES: usize = 200;

/// The offsets of a zone.
#[derive(Debug)]
pub struct Observances {
    /// Seconds east of UTC before the first onset.
    initial: i64,
    /// UTC seconds of an onset, and the seconds east of UTC from then on; in order.
    onsets: Vec<(i64, i64)>,
}

impl Observances {
    /// Reads STANDARD and DAYLIGHT; one that cannot be read is left out, and so are those that come after too many.
    /// `rules` is how many rules are left to be followed.
    pub fn of(definition: &Component, rules: &mut usize) -> Self {
        let mut onsets: Vec<(i64, i64, i64)> = Vec::new();
        for observance in definition.components.iter().take(OBSERVANCES) {
            if onsets.len() >= ONSETS {
                break;
            }
            let offset = |name| observance.value(name).and_then(utc_offset);
            if let (Some(from), Some(to)) = (offset("TZOFFSETFROM"), offset("TZOFFSETTO")) {
                let local = local_onsets(observance, from, rules);
                let room = ONSETS.saturating_sub(onsets.len());
                onsets.extend(local.into_iter().take(room).map(|onset| (seconds(onset) - from, from, to)));
            }
        }
        onsets.sort_unstable();
        let initial = onsets.first().map_or(0, |(_, from, _)| *from);
        Self { initial, onsets: onsets.into_iter().map(|(onset, _, to)| (onset, to)).collect() }
    }

    /// One offset for all of time.
    pub fn fixed(offset: i64) -> Self {
        Self { initial: offset, onsets: Vec::new() }
    }

    /// Whether nothing could be read.
    pub fn is_empty(&self) -> bool {
        self.onsets.is_empty()
    }

    /// Seconds east of UTC at a time in UTC.
    pub fn offset(&self, utc: i64) -> i64 {
        let after = self.onsets.partition_point(|(onset, _)| *onset <= utc);
        after.checked_sub(1).map_or(self.initial, |last| self.onsets[last].1)
    }
}

/// The onsets of an observance, in the local time before them. UNTIL is in UTC; `from` are the seconds east of UTC
/// before.
fn local_onsets(observance: &Component, from: i64, rules: &mut usize) -> Vec<NaiveDateTime> {
    let Some(start) = observance.property("DTSTART").and_then(Moment::of) else { return Vec::new() };
    let start = start.local();
    let mut onsets = vec![start];
    onsets.extend(observance.all("RDATE").flat_map(Moment::all_of).flatten().map(|moment| moment.local()));
    let horizon = NaiveDate::from_ymd_opt(HORIZON, 1, 1).unwrap_or_default().and_time(start.time());
    for property in observance.rules("RRULE") {
        let Some(left) = rules.checked_sub(1) else { break };
        *rules = left;
        let Ok(rule) = Rule::of(property) else { continue };
        // Clocks are not changed by the hour.
        if rule.is_sub_daily() {
            continue;
        }
        let in_local = |until: &Moment| match until {
            Moment::Utc(time) => super::from_seconds(seconds(*time) + from),
            other => other.local(),
        };
        onsets.extend(rule.starts(start, &in_local, start, horizon).take(ONSETS).map_while(Result::ok));
    }
    onsets
}

/// A UTC-OFFSET in seconds (RFC 5545 §3.3.14).
fn utc_offset(value: &str) -> Option<i64> {
    let (sign, digits) = match value.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, value.strip_prefix('+').unwrap_or(value)),
    };
    let part = |range| digits.get(range).and_then(|part: &str| part.parse::<i64>().ok());
    Some(sign * (part(0..2)? * 3600 + part(2..4)? * 60 + part(4..6).unwrap_or(0)))
}
