//! DATE, DATE-TIME, DURATION and PERIOD (RFC 5545 §3.3).

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::zone::LONGEST;
use crate::syntax::Property;

/// A DATE or a DATE-TIME in one of its three forms.
#[derive(Clone, Debug, PartialEq)]
pub enum Moment {
    /// A day, in whatever zone it is looked at.
    Date(NaiveDate),
    /// A local time, in whatever zone it is looked at.
    Floating(NaiveDateTime),
    /// A time in UTC.
    Utc(NaiveDateTime),
    /// A local time in the zone of that TZID.
    Zoned(NaiveDateTime, String),
}

impl Moment {
    /// Reads a value; whether it is a date is seen from its form, as clients forget `VALUE=DATE`. None where there is
    /// no such time.
    pub fn parse(value: &str, tzid: Option<&str>) -> Option<Self> {
        let value = value.trim();
        let (local, utc) = match value.strip_suffix(['Z', 'z']) {
            Some(local) => (local, true),
            None => (value, false),
        };
        // Google's birthdays have days with a `Z`.
        if local.len() == 8 {
            return date(local).map(Self::Date);
        }
        let (day, time) = local.split_once(['T', 't'])?;
        let time = date(day)?.and_time(time_of_day(time)?);
        Some(match tzid {
            _ if utc => Self::Utc(time),
            // Each value of a list has its own copy.
            Some(tzid) if tzid.len() <= LONGEST => Self::Zoned(time, tzid.to_string()),
            _ => Self::Floating(time),
        })
    }

    /// The value of a property; the first where it is a list.
    pub fn of(property: &Property) -> Option<Self> {
        Self::all_of(property).next().flatten()
    }

    /// The values of a property that is a list; of a PERIOD its start. None for one that is no time.
    pub fn all_of(property: &Property) -> impl Iterator<Item = Option<Self>> {
        let tzid = property.param("TZID");
        property.value.split(',').map(move |value| Self::parse(value.split('/').next().unwrap_or_default(), tzid))
    }

    /// All times that the values of a property name: of a PERIOD its end, too, where that is a time.
    pub fn ends_of(property: &Property) -> impl Iterator<Item = Self> {
        let tzid = property.param("TZID");
        property.value.split([',', '/']).filter_map(move |value| Self::parse(value, tzid))
    }

    /// Its local time; midnight for a day.
    pub fn local(&self) -> NaiveDateTime {
        match self {
            Self::Date(day) => day.and_time(NaiveTime::MIN),
            Self::Floating(time) | Self::Utc(time) | Self::Zoned(time, _) => *time,
        }
    }

    /// Whether it is a day.
    pub fn is_date(&self) -> bool {
        matches!(self, Self::Date(_))
    }

    /// Whether it depends on who looks at it.
    pub fn is_floating(&self) -> bool {
        matches!(self, Self::Date(_) | Self::Floating(_))
    }

    /// The same form and zone at another local time.
    pub fn at(&self, local: NaiveDateTime) -> Self {
        match self {
            Self::Date(_) => Self::Date(local.date()),
            Self::Floating(_) => Self::Floating(local),
            Self::Utc(_) => Self::Utc(local),
            Self::Zoned(_, tzid) => Self::Zoned(local, tzid.clone()),
        }
    }
}

fn digits(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn date(text: &str) -> Option<NaiveDate> {
    let (year, month, day) = (text.get(..4)?, text.get(4..6)?, text.get(6..)?);
    NaiveDate::from_ymd_opt(i32::try_from(digits(year)?).ok()?, digits(month)?, digits(day)?)
        .filter(|date| *date >= NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or_default() && day.len() == 2)
}

fn time_of_day(text: &str) -> Option<NaiveTime> {
    let (hour, minute, second) = (text.get(..2)?, text.get(2..4)?, text.get(4..)?);
    let second = digits(second).filter(|_| second.len() == 2)?;
    // A leap second is taken for the one before (RFC 5545 §3.3.12).
    NaiveTime::from_hms_opt(digits(hour)?, digits(minute)?, if second == 60 { 59 } else { second })
}

/// A DURATION: days are nominal, the rest is exact (RFC 5545 §3.3.6). Both have the same sign.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Duration {
    /// Nominal days; 25 hours where clocks go back.
    pub days: i64,
    /// Exact seconds beside them.
    pub seconds: i64,
}

impl Duration {
    /// One day.
    pub const DAY: Self = Self { days: 1, seconds: 0 };

    /// So many exact seconds.
    pub fn exact(seconds: i64) -> Self {
        Self { days: 0, seconds }
    }

    /// Reads a value; none where it is not a duration, or longer than a thousand years.
    pub fn parse(value: &str) -> Option<Self> {
        let value = value.trim().to_ascii_uppercase();
        let (sign, rest) = match value.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, value.strip_prefix('+').unwrap_or(&value)),
        };
        let rest = rest.strip_prefix('P')?;
        let (days, times) = rest.split_once('T').unwrap_or((rest, ""));
        let days = units(days, &[('W', 7), ('D', 1)])?;
        let seconds = units(times, &[('H', 3600), ('M', 60), ('S', 1)])?;
        let bounded = days <= 366_000 && seconds <= 366_000 * 86_400;
        (bounded && !rest.is_empty()).then_some(Self { days: sign * days, seconds: sign * seconds })
    }

    /// As a value.
    pub fn text(self) -> String {
        let seconds = self.seconds.abs();
        let units = [(seconds / 3600, 'H'), (seconds / 60 % 60, 'M'), (seconds % 60, 'S')];
        let times: String = units.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
        let sign = if self.total() < 0 { "-" } else { "" };
        match (self.days.abs(), times.is_empty()) {
            (0, true) => "PT0S".to_string(),
            (0, false) => format!("{sign}PT{times}"),
            (days, true) => format!("{sign}P{days}D"),
            (days, false) => format!("{sign}P{days}DT{times}"),
        }
    }

    /// Roughly how many seconds that are.
    pub fn total(self) -> i64 {
        self.days * 86_400 + self.seconds
    }

    /// A local time with the nominal days added.
    pub fn nominal(self, local: NaiveDateTime) -> Option<NaiveDateTime> {
        local.checked_add_signed(TimeDelta::try_days(self.days)?)
    }
}

/// The sum of numbers with units, each followed by its own; none where something else is in the text.
fn units(text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut sum: i64 = 0;
    let mut number = String::new();
    for character in text.chars() {
        if character.is_ascii_digit() {
            number.push(character);
        } else {
            let (_, size) = units.iter().find(|(unit, _)| *unit == character)?;
            sum = sum.checked_add(number.parse::<i64>().ok()?.checked_mul(*size)?)?;
            number.clear();
        }
    }
    number.is_empty().then_some(sum)
}

/// The end of a PERIOD.
#[derive(Clone, Debug, PartialEq)]
pub enum Period {
    /// It ends then.
    Until(Moment),
    /// It lasts so long.
    For(Duration),
}

/// Start and end of a PERIOD (RFC 5545 §3.3.9); none where the value is not one.
pub fn period_of(value: &str, tzid: Option<&str>) -> Option<(Moment, Period)> {
    let (start, end) = value.split_once('/')?;
    let start = Moment::parse(start, tzid)?;
    let end = match Duration::parse(end) {
        Some(duration) => Period::For(duration),
        None => Period::Until(Moment::parse(end, tzid)?),
    };
    Some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_that_do_not_exist_are_none() {
        for value in ["20230229", "20230230T000000", "2023011", "20230101T250000", "20230101T0000000", "2023-01-01", ""]
        {
            assert_eq!(Moment::parse(value, None), None, "{value}");
        }
        assert!(Moment::parse("20240229", None).is_some_and(|moment| moment.is_date()));
    }

    #[test]
    fn durations() {
        assert_eq!(Duration::parse("P15DT5H0M20S"), Some(Duration { days: 15, seconds: 18_020 }));
        assert_eq!(Duration::parse("-P7W"), Some(Duration { days: -49, seconds: 0 }));
        assert_eq!(Duration::parse("PT0S"), Some(Duration::default()));
        for text in ["PT0S", "-P15DT5H20S", "P1D", "PT1H30M"] {
            assert_eq!(Duration::parse(text).map(Duration::text).as_deref(), Some(text));
        }
        for value in ["", "P", "5D", "P5", "PT5D", "P99999999999999999999D"] {
            assert_eq!(Duration::parse(value), None, "{value}");
        }
    }
}
