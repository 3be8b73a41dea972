//! BYDAY (RFC 5545 §3.3.10): weekdays, and which of them in a month or a year.
//!
//! The crate refuses the fifth last in a month and the 53rd last in a year: there it counts up to four and 52 only. It
//! is asked for the first instead, which is the same day in a month or a year that has as many, and of what it gives
//! that day is left out in the others.

use chrono::{Datelike, NaiveDate, Weekday};
use rrule::{Frequency, NWeekday};

use super::Rule;

/// Weekdays that a year may have of one name.
const IN_A_YEAR: i16 = 53;

/// Weekdays that a month may have of one name.
const IN_A_MONTH: i16 = 5;

impl Rule {
    /// An ordinal before a weekday has no meaning but in a month or a year (RFC 5545 §3.3.10). Where it has one, a
    /// weekday without is every one of them: beside others with an ordinal the crate, as dateutil, gives only what is
    /// both.
    pub(super) fn settle_weekdays(&mut self) -> Result<(), String> {
        let ordinals = match self.frequency {
            Frequency::Monthly => true,
            Frequency::Yearly => self.weeks.is_empty(),
            _ => false,
        };
        if !ordinals {
            for day in &mut self.weekdays {
                if let NWeekday::Nth(_, weekday) = *day {
                    *day = NWeekday::Every(weekday);
                }
            }
        } else if self.weekdays.iter().any(|day| matches!(day, NWeekday::Nth(..))) {
            let most = if self.counts_in_months() { IN_A_MONTH } else { IN_A_YEAR };
            let every = |day: NWeekday| match day {
                NWeekday::Every(weekday) => (1..=most).map(|n| NWeekday::Nth(n, weekday)).collect(),
                NWeekday::Nth(..) => vec![day],
            };
            self.weekdays = std::mem::take(&mut self.weekdays).into_iter().flat_map(every).collect();
        }
        // The crate would count the positions with days that are left out afterwards.
        match self.weekdays.iter().find(|day| !self.is_askable(day)) {
            Some(day) if !self.positions.is_empty() => Err(format!("RRULE has BYSETPOS beside BYDAY={day}")),
            _ => Ok(()),
        }
    }

    /// The weekdays that the crate is asked for.
    pub(super) fn asked_weekdays(&self) -> Vec<NWeekday> {
        let asked = |day: &NWeekday| match *day {
            NWeekday::Nth(_, weekday) if !self.is_askable(day) => NWeekday::Nth(1, weekday),
            day => day,
        };
        self.weekdays.iter().map(asked).collect()
    }

    /// Whether a day that the crate gives is one that is meant.
    pub(super) fn is_meant(&self, date: NaiveDate) -> bool {
        let is_it = |day: &NWeekday| match *day {
            NWeekday::Every(weekday) => weekday == date.weekday(),
            NWeekday::Nth(n, weekday) => weekday == date.weekday() && self.ordinals(date).contains(&n),
        };
        self.weekdays.iter().all(|day| self.is_askable(day)) || self.weekdays.iter().any(is_it)
    }

    fn is_askable(&self, day: &NWeekday) -> bool {
        let most = if self.frequency == Frequency::Monthly { IN_A_MONTH } else { IN_A_YEAR };
        !matches!(*day, NWeekday::Nth(n, _) if n <= -most || n > most)
    }

    /// Which a day is of those of its name in its month or year, from the first and from the last.
    fn ordinals(&self, date: NaiveDate) -> [i16; 2] {
        let (nth, days) = if self.counts_in_months() {
            (date.day(), date.num_days_in_month().into())
        } else {
            (date.ordinal(), if date.leap_year() { 366 } else { 365 })
        };
        let weeks = |days: u32| i16::try_from(days / 7 + 1).unwrap_or(i16::MAX);
        [weeks(nth - 1), -weeks(days - nth)]
    }

    fn counts_in_months(&self) -> bool {
        self.frequency == Frequency::Monthly || !self.months.is_empty()
    }
}

pub(super) fn weekday(value: &str) -> Option<Weekday> {
    Some(match value.to_ascii_uppercase().as_str() {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    })
}

pub(super) fn nth_weekday(value: &str) -> Option<NWeekday> {
    let at = value.len().checked_sub(2)?;
    let day = weekday(value.get(at..)?)?;
    match value.get(..at)?.trim_start_matches('+') {
        "" => Some(NWeekday::Every(day)),
        ordinal => ordinal.parse().ok().filter(|n| *n != 0 && (-53..=53).contains(n)).map(|n| NWeekday::Nth(n, day)),
    }
}
