//! One RRULE (RFC 5545 §3.3.10): its parts. What they give is in [`starts`].

mod starts;
mod weekdays;

pub use starts::TooMany;

use std::str::FromStr;

use chrono::{NaiveDateTime, Weekday};
use rrule::{Frequency, NWeekday};

use self::starts::as_utc;
use self::weekdays::{nth_weekday, weekday};
use crate::fault;
use crate::syntax::Property;
use crate::text::Fault;
use crate::time::Moment;

/// Starts that one interval of a rule may give: the crate works out those of an interval at once.
const STARTS_AT_ONCE: usize = 50_000;

/// Values of one part. The most that can differ are 749 weekdays: all, and 53 from either end of a year, of seven
/// names.
const VALUES: usize = 1_000;

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    frequency: Frequency,
    interval: u32,
    count: Option<u32>,
    until: Option<Moment>,
    week_start: Weekday,
    positions: Vec<i32>,
    months: Vec<chrono::Month>,
    month_days: Vec<i8>,
    year_days: Vec<i16>,
    weeks: Vec<i8>,
    weekdays: Vec<NWeekday>,
    hours: Vec<u8>,
    minutes: Vec<u8>,
    seconds: Vec<u8>,
}

impl Rule {
    /// Reads a value. Lenient as clients need it: `INTERVAL=0` is 1, an ordinal before a weekday counts only by month
    /// and by year, a second 60 is 59, parts that are not known are passed over.
    pub fn of(property: &Property) -> Result<Self, Fault> {
        let rule = Self::parse(&property.value).map_err(|message| fault::syntax(property.line, &message))?;
        if rule.starts_at_once() > STARTS_AT_ONCE {
            return Err(fault::bound(property.line, "a rule with too many instances"));
        }
        Ok(rule)
    }

    fn parse(value: &str) -> Result<Self, String> {
        let mut rule = Self {
            frequency: frequency(value)?,
            interval: 1,
            count: None,
            until: None,
            week_start: Weekday::Mon,
            positions: Vec::new(),
            months: Vec::new(),
            month_days: Vec::new(),
            year_days: Vec::new(),
            weeks: Vec::new(),
            weekdays: Vec::new(),
            hours: Vec::new(),
            minutes: Vec::new(),
            seconds: Vec::new(),
        };
        for (name, value) in parts(value) {
            rule.read_part(&name, value).ok_or_else(|| format!("RRULE has {name}={value}"))?;
        }
        rule.settle_weekdays()?;
        rule.settle_interval().ok_or("RRULE has too large an INTERVAL")?;
        rule.settle_frequency();
        rule.built(NaiveDateTime::default()).validate(as_utc(NaiveDateTime::default())).map_err(|e| e.to_string())?;
        Ok(rule)
    }

    fn read_part(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "INTERVAL" => self.interval = value.parse::<u32>().ok()?.max(1),
            "COUNT" => self.count = Some(value.parse().ok()?),
            "UNTIL" => self.until = Some(Moment::parse(value, None)?),
            "WKST" => self.week_start = weekday(value)?,
            "BYSETPOS" => self.positions = numbers(value)?,
            "BYMONTH" => {
                let months = numbers::<u8>(value)?.into_iter().map(|month| chrono::Month::try_from(month).ok());
                self.months = months.collect::<Option<_>>()?;
            }
            "BYMONTHDAY" => self.month_days = numbers(value)?,
            "BYYEARDAY" => self.year_days = numbers(value)?,
            "BYWEEKNO" => self.weeks = numbers(value)?,
            "BYDAY" => self.weekdays = list(value, nth_weekday)?,
            "BYHOUR" => self.hours = numbers_to(23, value)?,
            "BYMINUTE" => self.minutes = numbers_to(59, value)?,
            "BYSECOND" => self.seconds = numbers_to(60, value)?.into_iter().map(|second| second.min(59)).collect(),
            "RSCALE" if !value.eq_ignore_ascii_case("GREGORIAN") => return None,
            "SKIP" if !value.eq_ignore_ascii_case("OMIT") => return None,
            _ => {}
        }
        Some(())
    }

    /// An interval that is too large for the crate is one of minutes, hours or days where it is a whole number of
    /// these.
    fn settle_interval(&mut self) -> Option<()> {
        while u16::try_from(self.interval).is_err() {
            let (units, coarser) = match self.frequency {
                Frequency::Secondly if self.seconds.is_empty() => (60, Frequency::Minutely),
                Frequency::Minutely if self.minutes.is_empty() => (60, Frequency::Hourly),
                Frequency::Hourly if self.hours.is_empty() && self.year_days.is_empty() => (24, Frequency::Daily),
                _ => return None,
            };
            self.interval = self.interval.is_multiple_of(units).then_some(self.interval / units)?;
            self.frequency = coarser;
        }
        Some(())
    }

    /// Every second of certain seconds is every minute at those seconds: the coarser rule is found without trying each
    /// second.
    fn settle_frequency(&mut self) {
        while self.interval == 1 && self.positions.is_empty() {
            self.frequency = match self.frequency {
                Frequency::Secondly if !self.seconds.is_empty() => Frequency::Minutely,
                Frequency::Minutely if !self.minutes.is_empty() => Frequency::Hourly,
                Frequency::Hourly if !self.hours.is_empty() && self.year_days.is_empty() => Frequency::Daily,
                _ => return,
            };
        }
    }

    /// How many starts an interval can give.
    fn starts_at_once(&self) -> usize {
        let days = match self.frequency {
            Frequency::Yearly => 366,
            Frequency::Monthly => 31,
            Frequency::Weekly => 7,
            _ => 1,
        };
        days * self.hours.len().max(1) * self.minutes.len().max(1) * self.seconds.len().max(1)
    }

    /// Whether it repeats by the hour, minute or second.
    pub fn is_sub_daily(&self) -> bool {
        self.frequency >= Frequency::Hourly
    }

    /// Whether it never ends.
    pub fn is_endless(&self) -> bool {
        self.count.is_none() && self.until.is_none()
    }

    /// When it ends, where it says so by a date.
    pub fn until(&self) -> Option<&Moment> {
        self.until.as_ref().filter(|_| self.count.is_none())
    }
}

fn parts(value: &str) -> impl Iterator<Item = (String, &str)> {
    value.trim().split(';').filter_map(|part| {
        let (name, value) = part.split_once('=')?;
        Some((name.trim().to_ascii_uppercase(), value.trim()))
    })
}

fn frequency(value: &str) -> Result<Frequency, String> {
    let (_, frequency) = parts(value).find(|(name, _)| name == "FREQ").ok_or("RRULE without FREQ")?;
    Frequency::from_str(frequency).map_err(|_| format!("RRULE has FREQ={frequency}"))
}

fn numbers<T: FromStr + PartialEq>(value: &str) -> Option<Vec<T>> {
    list(value, |number| number.trim_start_matches('+').parse().ok())
}

/// The values of a part, each once; none where they are more than any part has.
fn list<T: PartialEq>(value: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let mut values = Vec::new();
    for (place, text) in value.split(',').enumerate() {
        let value = read(text.trim()).filter(|_| place < VALUES)?;
        if !values.contains(&value) {
            values.push(value);
        }
    }
    Some(values)
}

fn numbers_to(most: u8, value: &str) -> Option<Vec<u8>> {
    numbers(value).filter(|numbers| numbers.iter().all(|number| *number <= most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_at_once_are_refused() {
        let all = |high: u32| (0..high).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        let rule = format!("FREQ=YEARLY;BYDAY=MO;BYHOUR={};BYMINUTE={};BYSECOND={}", all(24), all(60), all(60));
        assert_eq!(Rule::of(&Property::new("RRULE", rule)).unwrap_err().rule, crate::text::Rule::Bound);
    }

    /// Each would be looked at for each day, and every Monday beside a first one is 53 of them.
    #[test]
    fn a_value_that_is_said_again_and_again_is_one() {
        let rule = Rule::parse(&format!("FREQ=YEARLY;BYDAY=1MO{};BYMONTHDAY=1{}", ",MO".repeat(900), ",1".repeat(900)));
        let rule = rule.unwrap();
        assert_eq!((rule.weekdays.len(), rule.month_days.len()), (1 + 53, 1));
        for part in [format!("BYDAY=1MO{}", ",MO".repeat(1_000)), format!("BYSETPOS=1{}", ",1".repeat(1_000))] {
            assert!(Rule::parse(&format!("FREQ=YEARLY;{part}")).is_err());
        }
    }

    #[test]
    fn what_clients_send_is_read() {
        for rule in ["FREQ=weekly;INTERVAL=0", "FREQ=WEEKLY;BYDAY=1MO", "FREQ=DAILY;BYSECOND=60", "FREQ=DAILY;X-A=1;"] {
            assert!(Rule::parse(rule).is_ok(), "{rule}");
        }
        for rule in
            ["INTERVAL=1", "FREQ=NEVER", "FREQ=DAILY;UNTIL=x", "FREQ=YEARLY;BYMONTH=13", "FREQ=MONTHLY;BYDAY=0MO"]
        {
            assert!(Rule::parse(rule).is_err(), "{rule}");
        }
    }

    /// RFC 5545 §3.3.10: none has more than its clock, whatever the frequency is.
    #[test]
    fn hours_minutes_and_seconds_are_those_of_a_clock() {
        for frequency in ["SECONDLY", "MINUTELY", "HOURLY", "DAILY", "YEARLY"] {
            let rule = |part| Rule::parse(&format!("FREQ={frequency};{part}"));
            for part in ["BYHOUR=0,23", "BYMINUTE=0,59", "BYSECOND=0,60"] {
                assert!(rule(part).is_ok(), "{frequency} {part}");
            }
            for part in ["BYHOUR=24", "BYHOUR=1,25", "BYMINUTE=60", "BYMINUTE=77", "BYSECOND=61", "BYSECOND=-1"] {
                assert!(rule(part).is_err(), "{frequency} {part}");
            }
        }
    }

    #[test]
    fn an_interval_that_is_too_large_for_its_frequency_is_one_of_a_coarser() {
        let read = |rule: &str| Rule::parse(rule).map(|rule| (rule.frequency, rule.interval)).ok();
        assert_eq!(read("FREQ=SECONDLY;INTERVAL=65535"), Some((Frequency::Secondly, 65_535)));
        assert_eq!(read("FREQ=SECONDLY;INTERVAL=86400"), Some((Frequency::Minutely, 1_440)));
        assert_eq!(read("FREQ=SECONDLY;INTERVAL=31536000"), Some((Frequency::Hourly, 8_760)));
        assert_eq!(read("FREQ=MINUTELY;INTERVAL=14400000"), Some((Frequency::Daily, 10_000)));
        for rule in ["SECONDLY;INTERVAL=65537", "SECONDLY;INTERVAL=86400;BYSECOND=0", "DAILY;INTERVAL=70000"] {
            assert_eq!(read(&format!("FREQ={rule}")), None, "{rule}");
        }
    }
}
