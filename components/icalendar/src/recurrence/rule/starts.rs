//! The starts that a rule gives, on local times: the `rrule` crate works out the days, in a zone without clock changes;
//! real zones are applied to what it finds. That is where its faults are worked around, too: it starts at DTSTART
//! however late the range is, takes whole weeks for a BYWEEKNO, refuses values that clients send (BYDAY in
//! [`weekdays`](super::weekdays)), and loses its step where BYHOUR, BYMINUTE or BYSECOND limit a rule by the hour,
//! minute or second.

use chrono::{DateTime, Datelike, Months, NaiveDateTime, TimeDelta, Timelike};
use rrule::{Frequency, NWeekday, RRule, RRuleSetIter, Tz, Unvalidated};

use super::Rule;
use crate::time::Moment;

/// Starts that are passed over or given, before a rule is refused.
const STARTS: usize = 100_000;

/// Days that are looked at between one start and the next, all together, before a rule is refused.
const DAYS: u64 = 1_000_000;

/// The calendar repeats after these years, weekdays and week numbers included.
const CYCLE: i32 = 400;

/// The days of a [`CYCLE`].
const CYCLE_DAYS: i64 = 146_097;

/// The last year that the crate follows a rule to.
const LAST_YEAR: i32 = 10_000;

/// A rule gave more starts than are worked out, or seldom enough to look at too many days for them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TooMany;

impl Rule {
    /// The starts from `low` to `high` (both included), in local time. `start` is DTSTART's local time; `to_local`
    /// brings an UNTIL into the same zone. A rule with a COUNT is followed from its start, unless it is even; any other
    /// from just before `low`.
    pub fn starts(
        &self,
        start: NaiveDateTime,
        to_local: &dyn Fn(&Moment) -> NaiveDateTime,
        low: NaiveDateTime,
        high: NaiveDateTime,
    ) -> impl Iterator<Item = Result<NaiveDateTime, TooMany>> + use<> {
        let last = match &self.until {
            Some(Moment::Date(day)) => day.and_hms_opt(23, 59, 59).unwrap_or(high).min(high),
            Some(until) => to_local(until).min(high),
            None => high,
        };
        let jumps = self.count.is_none() || self.is_even(start);
        let from = if jumps { self.jump(start, low) } else { start };
        let passed = self.intervals_between(start, from);
        let from = if self.positions.is_empty() { from } else { self.week_of(from) };
        let shift = TimeDelta::days(i64::from((LAST_YEAR - last.year()) / CYCLE) * CYCLE_DAYS);
        Starts {
            iterator: self.iterate(start, from, last, shift),
            rule: self.clone(),
            shift,
            count: self.count.map(|count| count.saturating_sub(passed)),
            start,
            low,
            is_first: from <= start,
            previous: from,
            starts: STARTS,
            days: DAYS,
        }
    }

    /// Whether it gives one start in each interval, DTSTART the first: so it is known how many come before a later one.
    fn is_even(&self, start: NaiveDateTime) -> bool {
        let on_its_day = match self.frequency {
            Frequency::Daily => self.weekdays.is_empty(),
            Frequency::Weekly => self.weekdays.iter().all(|day| *day == NWeekday::Every(start.weekday())),
            _ => return false,
        };
        on_its_day
            && self.positions.is_empty()
            && self.months.is_empty()
            && self.month_days.is_empty()
            && self.year_days.is_empty()
            && self.weeks.is_empty()
            && [&self.hours, &self.minutes, &self.seconds].iter().all(|times| times.is_empty())
    }

    /// How many intervals of days or weeks there are between two starts of an even rule.
    fn intervals_between(&self, start: NaiveDateTime, later: NaiveDateTime) -> u32 {
        let days = if self.frequency == Frequency::Weekly { 7 } else { 1 };
        u32::try_from((later - start).num_days() / (days * i64::from(self.interval))).unwrap_or(u32::MAX)
    }

    /// The days that the crate has looked at between two starts.
    fn days_between(&self, one: NaiveDateTime, other: NaiveDateTime) -> u64 {
        let days = (other - one).num_days().unsigned_abs();
        if self.is_sub_daily() { days } else { days / u64::from(self.interval) }
    }

    /// The beginning of a weekly rule's week: the crate counts BYSETPOS from where it begins, RFC 5545 from the first
    /// day of the week.
    fn week_of(&self, from: NaiveDateTime) -> NaiveDateTime {
        if self.frequency != Frequency::Weekly {
            return from;
        }
        let days = from.weekday().days_since(self.week_start);
        from.checked_sub_signed(TimeDelta::days(days.into())).unwrap_or(from)
    }

    /// The crate's iterator for the rule of a series that begins at `start`, beginning at `from`, up to `last`; both
    /// moved by whole cycles of the calendar to the last years that the crate knows. It ends at a start after `last` or
    /// at these years: a rule without another start would be followed for thousands of them.
    fn iterate(
        &self,
        start: NaiveDateTime,
        from: NaiveDateTime,
        last: NaiveDateTime,
        shift: TimeDelta,
    ) -> Option<RRuleSetIter> {
        if last < from {
            return None;
        }
        let set = self.built(start).until(as_utc(last + shift)).build(as_utc(from + shift)).ok()?.limit();
        Some((&set).into_iter())
    }

    /// The crate's rule with all that it would take from DTSTART said, so that it may begin elsewhere.
    pub(super) fn built(&self, start: NaiveDateTime) -> RRule<Unvalidated> {
        let mut rule = self.clone();
        rule.weekdays = self.asked_weekdays();
        let by_day = !(self.weeks.is_empty()
            && self.year_days.is_empty()
            && self.month_days.is_empty()
            && self.weekdays.is_empty());
        let by_week_only = self.year_days.is_empty() && self.month_days.is_empty() && self.weekdays.is_empty();
        match self.frequency {
            Frequency::Yearly if !by_day => {
                if self.months.is_empty() {
                    rule.months = chrono::Month::try_from(small(start.month())).into_iter().collect();
                }
                rule.month_days = vec![small(start.day()) as i8];
            }
            Frequency::Monthly if !by_day => rule.month_days = vec![small(start.day()) as i8],
            Frequency::Weekly if !by_day => rule.weekdays = vec![NWeekday::Every(start.weekday())],
            Frequency::Yearly if by_week_only => rule.weekdays = vec![NWeekday::Every(start.weekday())],
            _ => {}
        }
        let fixed = |given: &[u8], value: u32, below: Frequency| match (self.frequency < below, given) {
            (true, []) => vec![small(value)],
            (true, given) => given.to_vec(),
            (false, _) => Vec::new(),
        };
        RRule::new(self.frequency)
            .interval(u16::try_from(self.interval).unwrap_or(u16::MAX))
            .week_start(self.week_start)
            .by_set_pos(rule.positions)
            .by_month(&rule.months)
            .by_month_day(rule.month_days)
            .by_year_day(rule.year_days)
            .by_week_no(rule.weeks)
            .by_weekday(rule.weekdays)
            .by_hour(fixed(&self.hours, start.hour(), Frequency::Hourly))
            .by_minute(fixed(&self.minutes, start.minute(), Frequency::Minutely))
            .by_second(fixed(&self.seconds, start.second(), Frequency::Secondly))
    }

    /// The last point before `low` that is a whole number of intervals after `start`: the rule may begin there as well.
    fn jump(&self, start: NaiveDateTime, low: NaiveDateTime) -> NaiveDateTime {
        let interval = i64::from(self.interval);
        let elapsed = (low - start).num_seconds();
        let months = i64::from(low.year() - start.year()) * 12 + i64::from(low.month()) - i64::from(start.month());
        let steps = |elapsed: i64, unit: i64| (elapsed / (unit * interval) - 1) * interval;
        let jumped = match self.frequency {
            Frequency::Yearly => {
                first_of_month(start.with_day(1).and_then(|t| t.with_month(1)), steps(months, 12) * 12)
            }
            Frequency::Monthly => first_of_month(start.with_day(1), steps(months, 1)),
            Frequency::Weekly => later(start, steps(elapsed, 604_800) * 604_800),
            Frequency::Daily => later(start, steps(elapsed, 86_400) * 86_400),
            Frequency::Hourly => later(start, steps(elapsed, 3_600) * 3_600),
            Frequency::Minutely => later(start, steps(elapsed, 60) * 60),
            Frequency::Secondly => later(start, steps(elapsed, 1)),
        };
        jumped.filter(|jumped| *jumped > start).unwrap_or(start)
    }

    /// Whether the parts that the crate is not given let a start pass: those that limit a rule by the hour, minute or
    /// second, and some weekdays.
    fn allows(&self, start: NaiveDateTime) -> bool {
        let limit = |given: &[u8], value: u32, from: Frequency| {
            given.is_empty() || self.frequency < from || given.contains(&small(value))
        };
        self.is_meant(start.date())
            && limit(&self.hours, start.hour(), Frequency::Hourly)
            && limit(&self.minutes, start.minute(), Frequency::Minutely)
            && limit(&self.seconds, start.second(), Frequency::Secondly)
    }
}

/// Starts of a rule, counted.
struct Starts {
    rule: Rule,
    iterator: Option<RRuleSetIter>,
    /// How much later than meant the iterator is.
    shift: TimeDelta,
    count: Option<u32>,
    start: NaiveDateTime,
    low: NaiveDateTime,
    is_first: bool,
    previous: NaiveDateTime,
    /// Starts that it may still give or pass over.
    starts: usize,
    /// Days that may still be looked at.
    days: u64,
}

impl Starts {
    /// The next start that the crate gives; a fault once where the budget is spent.
    fn advance(&mut self) -> Option<Result<NaiveDateTime, TooMany>> {
        let next = self.iterator.as_mut()?.next()?.naive_utc() - self.shift;
        let days = self.days.checked_sub(self.rule.days_between(self.previous, next));
        let (Some(starts), Some(days)) = (self.starts.checked_sub(1), days) else {
            self.iterator = None;
            return Some(Err(TooMany));
        };
        (self.starts, self.days, self.previous) = (starts, days, next);
        Some(Ok(next))
    }
}

impl Iterator for Starts {
    type Item = Result<NaiveDateTime, TooMany>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let next = match self.advance()? {
                Ok(next) => next,
                too_many => return Some(too_many),
            };
            if next < self.start || !self.rule.allows(next) {
                continue;
            }
            // DTSTART always counts as the first instance, also where the rule does not give it.
            let uncounted_start = self.is_first && next != self.start;
            if let Some(count) = &mut self.count {
                *count = count.checked_sub(if uncounted_start { 2 } else { 1 })?;
            }
            self.is_first = false;
            if next >= self.low {
                return Some(Ok(next));
            }
        }
    }
}

pub(super) fn as_utc(time: NaiveDateTime) -> DateTime<Tz> {
    DateTime::from_naive_utc_and_offset(time, rrule_utc())
}

fn rrule_utc() -> <Tz as chrono::TimeZone>::Offset {
    chrono::TimeZone::offset_from_utc_datetime(&Tz::UTC, &NaiveDateTime::default())
}

fn later(start: NaiveDateTime, seconds: i64) -> Option<NaiveDateTime> {
    start.checked_add_signed(TimeDelta::try_seconds(seconds)?)
}

fn first_of_month(first: Option<NaiveDateTime>, months: i64) -> Option<NaiveDateTime> {
    let months = Months::new(u32::try_from(months).ok()?);
    Some(first?.date().checked_add_months(months)?.and_time(chrono::NaiveTime::MIN))
}

/// A part of a date, none of which is above 60.
fn small(value: u32) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        Moment::parse(text, None).unwrap().local()
    }

    fn starts(rule: &str, start: &str, low: &str, high: &str) -> Vec<String> {
        let rule = Rule::parse(rule).unwrap();
        let found = rule.starts(at(start), &Moment::local, at(low), at(high));
        found.map(|start| start.unwrap().format("%Y%m%dT%H%M").to_string()).collect()
    }

    /// The same range asked from the beginning and asked late gives the same starts.
    #[test]
    fn jumping_ahead_gives_what_following_gives() {
        for rule in [
            "FREQ=DAILY;INTERVAL=3",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU",
            "FREQ=MONTHLY;INTERVAL=5",
            "FREQ=MONTHLY;BYDAY=-1FR,2TU",
            "FREQ=MONTHLY;BYSETPOS=-1;BYDAY=MO,TU,WE,TH,FR",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
            "FREQ=YEARLY;BYWEEKNO=1,53;BYDAY=MO",
            "FREQ=YEARLY;BYYEARDAY=-1,100",
            "FREQ=HOURLY;INTERVAL=37",
            "FREQ=MINUTELY;INTERVAL=1441;BYHOUR=9,17",
            "FREQ=SECONDLY;BYHOUR=7;BYMINUTE=5,6;BYSECOND=0;BYDAY=MO",
            "FREQ=WEEKLY;COUNT=1600",
            "FREQ=WEEKLY;INTERVAL=3;BYDAY=FR;COUNT=500",
            "FREQ=WEEKLY;BYDAY=MO;COUNT=1500",
            "FREQ=DAILY;INTERVAL=2;COUNT=5200",
            "FREQ=DAILY;BYDAY=MO,TU;COUNT=3000",
        ] {
            let followed = starts(rule, "19970131T093000", "19970131T093000", "20300101T000000");
            let late: Vec<_> = followed.into_iter().filter(|start| start.as_str() >= "20250101T0000").collect();
            assert_eq!(starts(rule, "19970131T093000", "20250101T000000", "20300101T000000"), late, "{rule}");
            assert!(!late.is_empty(), "{rule}");
        }
    }

    #[test]
    fn a_count_counts_the_start_even_where_the_rule_does_not_give_it() {
        let found = starts("FREQ=DAILY;COUNT=3;BYHOUR=10", "20240101T090000", "20240101T000000", "20250101T000000");
        assert_eq!(found, ["20240101T1000", "20240102T1000"]);
    }

    #[test]
    fn a_position_is_that_in_the_whole_week() {
        let rule = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=3";
        let found = starts(rule, "20240103T090000", "20230101T000000", "20240120T000000");
        assert_eq!(found, ["20240103T0900", "20240110T0900", "20240117T0900"]);
        assert_eq!(starts(rule, "20240104T090000", "20230101T000000", "20240112T000000"), ["20240110T0900"]);
    }

    #[test]
    fn a_week_number_takes_its_day_from_the_start() {
        let found = starts("FREQ=YEARLY;BYWEEKNO=20", "19970512T090000", "19970101T000000", "19991231T000000");
        assert_eq!(found, ["19970512T0900", "19980511T0900", "19990517T0900"]);
    }

    #[test]
    fn weekdays_with_and_without_an_ordinal_are_a_union() {
        let month = starts("FREQ=MONTHLY;BYDAY=WE,1TU", "20240101T000000", "20240201T000000", "20240301T000000");
        assert_eq!(month, ["20240206T0000", "20240207T0000", "20240214T0000", "20240221T0000", "20240228T0000"]);
        let year = starts("FREQ=YEARLY;BYDAY=-1SU,MO", "20240101T000000", "20240101T000000", "20250101T000000");
        assert_eq!(year.len(), 54);
    }

    /// What python-dateutil gives.
    #[test]
    fn weekdays_are_counted_from_the_end_as_far_as_from_the_start() {
        let days = |rule, high| {
            let found = starts(rule, "20240101T090000", "20240101T000000", high);
            found.iter().map(|start| start[..8].to_owned()).collect::<Vec<_>>()
        };
        let fifth_last = ["20240101", "20240401", "20240701", "20240902", "20241202"];
        assert_eq!(days("FREQ=MONTHLY;BYDAY=-5MO", "20250101T000000"), fifth_last);
        assert_eq!(days("FREQ=MONTHLY;BYDAY=-5MO;COUNT=3", "20400101T000000"), fifth_last[..3]);
        assert_eq!(days("FREQ=YEARLY;BYMONTH=1,9;BYDAY=-5MO", "20250101T000000"), ["20240101", "20240902"]);
        assert_eq!(days("FREQ=YEARLY;BYDAY=-53MO", "20350101T000000"), ["20240101", "20290101"]);
        assert_eq!(days("FREQ=YEARLY;BYDAY=-53TU,-1MO", "20250101T000000"), ["20240102", "20241230"]);
        let others = ["20240101", "20240109", "20240213", "20240312", "20240401", "20240409"];
        assert_eq!(days("FREQ=MONTHLY;BYDAY=2TU,-5MO", "20240501T000000"), others);
        assert_eq!(days("FREQ=MONTHLY;BYDAY=6MO", "20300101T000000"), [""; 0]);
        for rule in ["MONTHLY;BYDAY=54MO", "YEARLY;BYDAY=-54MO", "MONTHLY;BYDAY=-5MO,-5TU;BYSETPOS=1"] {
            assert!(Rule::parse(&format!("FREQ={rule}")).is_err(), "{rule}");
        }
    }

    #[test]
    fn a_day_of_seconds_is_a_day() {
        let rule = "FREQ=SECONDLY;INTERVAL=86400;COUNT=2";
        let found = starts(rule, "20240101T090000", "20240101T000000", "20250101T000000");
        assert_eq!(found, ["20240101T0900", "20240102T0900"]);
    }

    #[test]
    fn a_limit_does_not_move_the_step() {
        let found =
            starts("FREQ=MINUTELY;INTERVAL=90;BYHOUR=9,12", "20240101T090000", "20240101T000000", "20240103T000000");
        assert_eq!(found, ["20240101T0900", "20240101T1200", "20240102T0900", "20240102T1200"]);
        let found =
            starts("FREQ=HOURLY;INTERVAL=5;BYHOUR=0,4", "20240101T000000", "20240101T000000", "20240107T000000");
        assert_eq!(found, ["20240101T0000", "20240105T0400", "20240106T0000"]);
    }

    #[test]
    fn endless_seconds_are_bounded() {
        let rule = Rule::parse("FREQ=SECONDLY").unwrap();
        let start = at("19700101T000000");
        let mut near = rule.starts(start, &Moment::local, at("20400101T000000"), at("20400101T000001"));
        assert_eq!(near.by_ref().count(), 2);
        let all = rule.starts(start, &Moment::local, start, at("99991231T000000"));
        assert_eq!(all.last(), Some(Err(TooMany)));
    }

    /// A rule that gives nothing ends, and one that seldom gives something is not followed for ever.
    #[test]
    fn rules_that_give_little_are_bounded() {
        let days_left = |rule: &str, high: &str| {
            let rule = Rule::parse(rule).unwrap();
            let start = at("19700101T000000");
            let found: Vec<_> = rule.starts(start, &Moment::local, start, at(high)).collect();
            (found.len(), found.last().copied().and_then(Result::err))
        };
        for never in [
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=YEARLY;BYYEARDAY=1;BYMONTH=3",
        ] {
            assert_eq!(days_left(never, "20400101T000000"), (0, None), "{never}");
        }
        assert_eq!(days_left("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29", "24000301T000000"), (105, None));
        assert_eq!(days_left("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29", "99991231T000000").1, Some(TooMany));
    }
}
