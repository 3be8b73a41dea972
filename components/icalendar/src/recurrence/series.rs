//! A series: what a component recurs as, its overrides (RECURRENCE-ID, also RANGE=THISANDFUTURE), and the instances
//! that come of them.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};

use super::Rule;
use super::rule::TooMany;
use crate::fault;
use crate::syntax::{Component, Property};
use crate::text::Fault;
use crate::time::{Duration, EARLIEST, LATEST, Moment, Period, Zone, Zones, from_seconds, period_of};

const HOUR: i64 = 3_600;

const DAY: i64 = 24 * HOUR;

/// One instance.
#[derive(Clone, Debug)]
pub struct Instance<'a> {
    /// The component that describes it.
    pub component: &'a Component,
    /// DTSTART, or DUE where there is no DTSTART, in the component's own form.
    pub start: Moment,
    /// RECURRENCE-ID in the series' own form; none where nothing recurs.
    pub id: Option<Moment>,
    /// Start in UTC seconds.
    pub from: i64,
    /// End in UTC seconds, equal to `from` where there is no duration.
    pub to: i64,
    /// How long it is where an RDATE says so by a PERIOD.
    pub period: Option<Duration>,
}

/// A component with a time.
struct Member<'a> {
    component: &'a Component,
    start: Moment,
    zone: Zone,
    span: Duration,
}

/// A component that replaces an instance, or all from one on.
struct Override<'a> {
    member: Member<'a>,
    id: Moment,
    key: i64,
    /// RANGE=THISANDFUTURE: how far its instances are moved in local time.
    future: Option<TimeDelta>,
}

/// Instances by their RECURRENCE-ID: by time, and by day where a client gave a day for a time or a time for a day.
#[derive(Default)]
struct Ids {
    times: HashSet<i64>,
    days: HashSet<NaiveDate>,
}

/// The component of one UID that recurs, with its overrides.
pub struct Series<'a> {
    master: Option<Member<'a>>,
    overrides: Vec<Override<'a>>,
    zones: &'a Zones,
}

impl<'a> Series<'a> {
    /// The series of a calendar's components of a type. Components without a time are not in it.
    pub fn of(calendar: &'a Component, kind: &str, zones: &'a Zones) -> Self {
        let mut series = Self { master: None, overrides: Vec::new(), zones };
        for component in calendar.components.iter().filter(|component| component.name == kind) {
            let Some(member) = Member::of(component, zones) else { continue };
            let id = component.property("RECURRENCE-ID").and_then(|id| Some((id, Moment::of(id)?)));
            match id {
                Some((property, id)) => series.overrides.push(Override::of(member, property, id, zones)),
                None if series.master.is_none() => series.master = Some(member),
                None => {}
            }
        }
        series.overrides.sort_by_key(|replacement| replacement.key);
        series
    }

    /// Whether there may be more than one instance.
    pub fn recurs(&self) -> bool {
        let repeats =
            |member: &Member| member.component.rules("RRULE").chain(member.component.all("RDATE")).next().is_some();
        !self.overrides.is_empty() || self.master.as_ref().is_some_and(repeats)
    }

    /// Whether it has exactly one instance: it does not recur, and nothing takes its start away.
    pub fn is_single(&self) -> bool {
        let excludes =
            |member: &Member| member.component.rules("EXRULE").chain(member.component.all("EXDATE")).next().is_some();
        self.has_time() && !self.recurs() && !self.master.as_ref().is_some_and(excludes)
    }

    /// Whether it is known when all of it is, whoever looks at it: where an end floats, so does how long an instance
    /// is.
    pub fn is_fixed(&self) -> bool {
        let times = ["DTSTART", "DTEND", "DUE", "RDATE"];
        let properties =
            self.members().flat_map(|member| times.into_iter().flat_map(|name| member.component.all(name)));
        properties.flat_map(Moment::ends_of).all(|moment| self.zones.is_fixed(&moment))
    }

    /// Whether it has a component with a time at all.
    fn has_time(&self) -> bool {
        self.members().next().is_some()
    }

    fn members(&self) -> impl Iterator<Item = &Member<'a>> {
        self.master.iter().chain(self.overrides.iter().map(|replacement| &replacement.member))
    }

    /// Gives the instances that may overlap a range in UTC seconds, and perhaps some beside it: what overlaps means
    /// differs by component. Overrides come first, then what the rules give, in order; these are not worked out where
    /// no component that describes them is `wanted`. Stops when the visitor does; a fault where a rule gives too many.
    pub fn visit(
        &self,
        low: i64,
        high: i64,
        wanted: &dyn Fn(&Component) -> bool,
        visitor: &mut dyn FnMut(Instance<'a>) -> ControlFlow<()>,
    ) -> Result<(), Fault> {
        for replacement in self.overrides.iter().filter(|replacement| wanted(replacement.member.component)) {
            let instance = replacement.member.instance(&replacement.member.start, Some(replacement.id.clone()), None);
            if visitor(instance).is_break() {
                return Ok(());
            }
        }
        let Some(master) = &self.master else { return Ok(()) };
        let mut futures = self.overrides.iter().filter(|replacement| replacement.future.is_some());
        if wanted(master.component) || futures.any(|replacement| wanted(replacement.member.component)) {
            self.visit_master(master, low, high, visitor)?;
        }
        Ok(())
    }

    fn visit_master(
        &self,
        master: &Member<'a>,
        low: i64,
        high: i64,
        visitor: &mut dyn FnMut(Instance<'a>) -> ControlFlow<()>,
    ) -> Result<(), Fault> {
        let skipped = master.zone.skipped(low);
        let low = master.zone.local(low.saturating_sub(self.reach() + skipped).max(EARLIEST));
        let high = master.zone.local(high.saturating_add(self.farthest_move() + skipped).min(LATEST));
        let periods = self.periods(master);
        let excluded = self.excluded(master);
        let mut excluding = self.excluding(master, low, high)?;
        let replaced = self.replaced(master);
        let recurs = self.recurs();
        let mut seen = HashSet::new();
        let futures: Vec<_> = self.overrides.iter().filter(|replacement| replacement.future.is_some()).collect();
        for local in self.starts(master, low, high, &periods)? {
            let too_many = |_| fault::bound(master.component.line, "a rule with too many instances");
            let local = local.map_err(too_many)?;
            let key = master.zone.utc(local);
            // Where clocks skip an hour, local times that are not the same can be one time.
            if !seen.insert(key) || excluded.has(key, local) || replaced.has(key, local) {
                continue;
            }
            if excluding.give(local).map_err(too_many)? {
                continue;
            }
            let id = recurs.then(|| master.start.at(local));
            let instance = match futures
                .partition_point(|replacement| replacement.key <= key)
                .checked_sub(1)
                .map(|last| futures[last])
            {
                Some(future) => future.moved(key, id),
                None => master.instance_from(key, master.start.at(local), id, periods.get(&local).copied()),
            };
            if visitor(instance).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Starts of the master in local time from `low` to `high`: DTSTART, RDATEs and rules in one order, each once.
    fn starts(
        &self,
        master: &'a Member<'a>,
        low: NaiveDateTime,
        high: NaiveDateTime,
        periods: &HashMap<NaiveDateTime, Duration>,
    ) -> Result<impl Iterator<Item = Result<NaiveDateTime, TooMany>> + use<'_, 'a>, Fault> {
        let start = master.start.local();
        let mut given: Vec<_> = self.dates(master, "RDATE").map(|date| self.local_in(master, &date)).collect();
        given.extend(periods.keys());
        given.push(start);
        given.retain(|local| (low..=high).contains(local));
        given.sort_unstable();
        let mut sources = self.followed(master, "RRULE", low, high)?;
        sources.push(Source::new(Box::new(given.into_iter().map(Ok))));
        Ok(merged(sources))
    }

    /// What the rules of a name give in local time from `low` to `high`.
    fn followed(
        &self,
        master: &Member,
        name: &'static str,
        low: NaiveDateTime,
        high: NaiveDateTime,
    ) -> Result<Vec<Source<'static>>, Fault> {
        let to_local = |until: &Moment| self.local_in(master, until);
        let follow = |property| {
            let starts = Rule::of(property)?.starts(master.start.local(), &to_local, low, high);
            Ok(Source::new(Box::new(starts)))
        };
        master.component.rules(name).map(follow).collect()
    }

    /// What EXRULEs take away (RFC 2445 §4.8.5.2).
    fn excluding(&self, master: &Member, low: NaiveDateTime, high: NaiveDateTime) -> Result<Excluding, Fault> {
        self.followed(master, "EXRULE", low, high).map(Excluding)
    }

    /// The dates of RDATE or EXDATE that can be read.
    fn dates<'b>(&self, master: &Member<'b>, name: &'static str) -> impl Iterator<Item = Moment> + use<'b> {
        let properties = master.component.properties.iter().filter(move |property| property.name == name);
        properties.filter(|property| !property.value.contains('/')).flat_map(Moment::all_of).flatten()
    }

    /// RDATEs that are a PERIOD: their start in the master's local time, and how long they last.
    fn periods(&self, master: &Member) -> HashMap<NaiveDateTime, Duration> {
        let mut periods = HashMap::new();
        for property in master.component.all("RDATE").filter(|property| property.value.contains('/')) {
            let tzid = property.param("TZID");
            for (start, end) in property.value.split(',').filter_map(|value| period_of(value, tzid)) {
                let span = match end {
                    Period::For(duration) => duration,
                    Period::Until(end) => Duration::exact(self.zones.utc(&end) - self.zones.utc(&start)),
                };
                periods.insert(self.local_in(master, &start), span);
            }
        }
        periods
    }

    /// A moment in the master's zone. A day, a floating time, and all of an all-day series stay as they are.
    fn local_in(&self, master: &Member, moment: &Moment) -> NaiveDateTime {
        if master.start.is_date() || moment.is_floating() {
            return moment.local();
        }
        master.zone.local(self.zones.utc(moment))
    }

    fn excluded(&self, master: &Member) -> Ids {
        let mut ids = Ids::default();
        self.dates(master, "EXDATE").for_each(|date| ids.add(&date, master, self.zones));
        ids
    }

    fn replaced(&self, master: &Member) -> Ids {
        let mut ids = Ids::default();
        self.overrides.iter().for_each(|replacement| ids.add(&replacement.id, master, self.zones));
        ids
    }

    /// How many seconds before its end an instance may have its RECURRENCE-ID.
    fn reach(&self) -> i64 {
        let spans = self.members().map(|member| member.span.total().abs()).max().unwrap_or(0);
        let periods = self.master.iter().flat_map(|master| self.periods(master).into_values());
        spans.max(periods.map(|span| span.total().abs()).max().unwrap_or(0)) + self.farthest_move()
    }

    /// How many seconds after its start an instance may have its RECURRENCE-ID.
    fn farthest_move(&self) -> i64 {
        let moves = self.overrides.iter().filter_map(|o| o.future).map(|shift| shift.num_seconds().abs()).max();
        moves.map_or(0, |moved| moved + DAY) + HOUR
    }

    /// Bounds of all instances in UTC seconds: start of the first and end of the last, none where that is endless or
    /// too far to be worked out.
    pub fn bounds(&self) -> (Option<i64>, Option<i64>) {
        let ends = self.overrides.iter().map(|o| o.member.instance(&o.member.start, None, None));
        let mut first: Option<i64> = None;
        let mut last: Option<i64> = None;
        for instance in ends {
            first = Some(first.map_or(instance.from, |first| first.min(instance.from)));
            last = Some(last.map_or(instance.to, |last| last.max(instance.to)));
        }
        let Some(master) = &self.master else { return (first, last) };
        let (from, to) = self.master_bounds(master);
        let first = first.map_or(from, |first| first.min(from));
        (Some(first), to.map(|to| last.map_or(to, |last| last.max(to))))
    }

    fn master_bounds(&self, master: &Member) -> (i64, Option<i64>) {
        let periods = self.periods(master);
        let start = master.start.local();
        let mut starts: Vec<_> = self.dates(master, "RDATE").map(|date| self.local_in(master, &date)).collect();
        starts.extend(periods.keys());
        starts.push(start);
        let first = starts.iter().min().copied().unwrap_or(start);
        let mut last = starts.into_iter().max();
        for property in master.component.rules("RRULE") {
            last = last.zip(self.last_of(master, property)).map(|(one, other)| one.max(other));
        }
        // Without overrides of all that follows and without periods the last instance is like the first; otherwise the
        // reach is a bound.
        let moved = self.overrides.iter().any(|replacement| replacement.future.is_some());
        // What is first and last in local time need not be so in UTC.
        let recurs = self.recurs();
        let skipped = |utc| if recurs { master.zone.skipped(utc) } else { 0 };
        let to = last.map(|last| {
            let Instance { from, to, .. } = master.instance(&master.start.at(last), None, None);
            let to = if moved || !periods.is_empty() { from + self.reach() } else { to };
            to + skipped(from) + skipped(to)
        });
        let from = master.zone.utc(first);
        (from - skipped(from) - if moved { self.reach() } else { 0 }, to)
    }

    /// The last start that a rule can give.
    fn last_of(&self, master: &Member, property: &Property) -> Option<NaiveDateTime> {
        let rule = Rule::of(property).ok()?;
        if rule.is_endless() {
            return None;
        }
        let to_local = |until: &Moment| self.local_in(master, until);
        if let Some(until) = rule.until() {
            return until.is_date().then(|| until.local() + TimeDelta::days(1)).or_else(|| Some(to_local(until)));
        }
        let start = master.start.local();
        rule.starts(start, &to_local, start, from_seconds(LATEST)).last().map_or(Some(start), Result::ok)
    }
}

impl<'a> Member<'a> {
    fn of(component: &'a Component, zones: &Zones) -> Option<Self> {
        let moment = |name| component.property(name).and_then(Moment::of);
        let due = if component.name == "VTODO" { moment("DUE") } else { None };
        let start = moment("DTSTART").or_else(|| due.clone())?;
        let end = if component.name == "VTODO" { due } else { moment("DTEND") };
        let span = match end {
            Some(end) if start.is_date() && end.is_date() => {
                Duration { days: (end.local() - start.local()).num_days(), seconds: 0 }
            }
            Some(end) => Duration::exact(zones.utc(&end) - zones.utc(&start)),
            None => match component.value("DURATION").and_then(Duration::parse) {
                Some(duration) => duration,
                None if start.is_date() && component.name != "VTODO" => Duration::DAY,
                None => Duration::default(),
            },
        };
        // An end before the start is a slip; a day that ends on itself is meant to be that day.
        let span = match span.total() {
            0 if start.is_date() && component.name == "VEVENT" => Duration::DAY,
            total if total < 0 => Duration::default(),
            _ => span,
        };
        Some(Self { component, zone: zones.zone(&start), start, span })
    }

    fn instance(&self, start: &Moment, id: Option<Moment>, period: Option<Duration>) -> Instance<'a> {
        self.instance_from(self.zone.utc(start.local()), start.clone(), id, period)
    }

    /// The instance that starts at `start`, which is `from` in UTC seconds.
    fn instance_from(&self, from: i64, start: Moment, id: Option<Moment>, period: Option<Duration>) -> Instance<'a> {
        let span = period.unwrap_or(self.span);
        let end = if span.days == 0 { Some(from) } else { span.nominal(start.local()).map(|end| self.zone.utc(end)) };
        let to = end.unwrap_or(from).saturating_add(span.seconds);
        Instance { component: self.component, start, id, from, to: to.max(from), period }
    }
}

impl<'a> Override<'a> {
    fn of(member: Member<'a>, property: &Property, id: Moment, zones: &Zones) -> Self {
        let key = zones.utc(&id);
        let future = property.param("RANGE").is_some_and(|range| range.eq_ignore_ascii_case("THISANDFUTURE"));
        let shift = member.start.local() - member.zone.local(key);
        Self { future: future.then_some(shift), member, id, key }
    }

    /// The instance with that RECURRENCE-ID, which this override's changes apply to.
    fn moved(&self, key: i64, id: Option<Moment>) -> Instance<'a> {
        let shift = self.future.unwrap_or_default();
        let unmoved = self.member.zone.local(key);
        let local = unmoved.checked_add_signed(shift).unwrap_or(unmoved);
        self.member.instance(&self.member.start.at(local), id, None)
    }
}

impl Ids {
    fn add(&mut self, id: &Moment, master: &Member, zones: &Zones) {
        if id.is_date() || master.start.is_date() {
            self.days.insert(id.local().date());
        } else {
            let zone = if id.is_floating() { master.zone.clone() } else { zones.zone(id) };
            self.times.insert(zone.utc(id.local()));
        }
    }

    fn has(&self, key: i64, local: NaiveDateTime) -> bool {
        self.times.contains(&key) || self.days.contains(&local.date())
    }
}

/// Rules whose starts are none of the series. They are asked in order, and followed no further than that: one may be
/// endless.
struct Excluding(Vec<Source<'static>>);

impl Excluding {
    /// Whether one of the rules gives a start. Each that is asked for is after the one before.
    fn give(&mut self, start: NaiveDateTime) -> Result<bool, TooMany> {
        let mut found = false;
        for source in &mut self.0 {
            source.skip_to(start)?;
            found |= source.next == Some(Ok(start));
        }
        Ok(found)
    }
}

type Starts<'s> = Box<dyn Iterator<Item = Result<NaiveDateTime, TooMany>> + 's>;

/// Starts in order, with the next one at hand.
struct Source<'s> {
    next: Option<Result<NaiveDateTime, TooMany>>,
    rest: Starts<'s>,
}

impl<'s> Source<'s> {
    fn new(mut rest: Starts<'s>) -> Self {
        Self { next: rest.next(), rest }
    }

    /// Passes over what is before a start.
    fn skip_to(&mut self, start: NaiveDateTime) -> Result<(), TooMany> {
        while let Some(next) = self.next.transpose()?
            && next < start
        {
            self.next = self.rest.next();
        }
        Ok(())
    }
}

/// One order of several, each start once. A fault comes first.
fn merged(mut sources: Vec<Source>) -> impl Iterator<Item = Result<NaiveDateTime, TooMany>> {
    let mut previous = None;
    std::iter::from_fn(move || {
        loop {
            let source = sources
                .iter_mut()
                .filter(|source| source.next.is_some())
                .min_by_key(|source| source.next.and_then(Result::ok))?;
            let next = std::mem::replace(&mut source.next, source.rest.next())?;
            match next {
                Ok(start) if previous == Some(start) => {}
                Ok(start) => {
                    previous = Some(start);
                    return Some(Ok(start));
                }
                Err(error) => return Some(Err(error)),
            }
        }
    })
}
