//! CALDAV:limit-recurrence-set and CALDAV:limit-freebusy-set (RFC 4791 §9.6.6, §9.6.7).

use std::collections::HashMap;
use std::ops::ControlFlow;

use crate::overlap::{Range, span_of};
use crate::recurrence::Series;
use crate::syntax::{Component, Property};
use crate::text::Fault;
use crate::time::{Moment, Zones};

/// The calendar without the overrides that do not matter for a range: those that neither are in it nor replace an
/// instance that would be. One that changes all that follow matters for every range after it.
pub fn recurrence_set(calendar: &Component, range: Range, zones: &Zones) -> Result<Component, Fault> {
    let replaced = Replaced::of(calendar, zones)?;
    let mut limited = calendar.clone();
    let mut kept = Vec::with_capacity(limited.components.len());
    for component in limited.components {
        if matters(&component, &replaced, range, zones)? {
            kept.push(component);
        }
    }
    limited.components = kept;
    Ok(limited)
}

fn matters(component: &Component, replaced: &Replaced, range: Range, zones: &Zones) -> Result<bool, Fault> {
    let Some(property) = component.property("RECURRENCE-ID") else { return Ok(true) };
    let Some(id) = Moment::of(property) else { return Ok(true) };
    let own = own_span(component, zones)?;
    if property.param("RANGE").is_some() {
        let replaced = zones.utc(&id);
        return Ok(range.end > own.map_or(replaced, |(from, _)| from.min(replaced)));
    }
    let (from, to) = replaced.span(&id, own, zones);
    Ok(range.has_span(from, to) || own.is_some_and(|(from, to)| range.has_span(from, to)))
}

/// From when to when something is, in UTC seconds.
type Span = (i64, i64);

/// When an override is; none where it does not say.
fn own_span(component: &Component, zones: &Zones) -> Result<Option<Span>, Fault> {
    let alone = Component { components: vec![times_of(component)], ..Component::new("VCALENDAR") };
    let mut span = None;
    Series::of(&alone, &component.name, zones).visit(i64::MIN, i64::MAX, &|_| true, &mut |instance| {
        span = Some((instance.from, instance.to));
        ControlFlow::Break(())
    })?;
    Ok(span)
}

/// The instances that overrides replace, as they would be without these.
#[derive(Default)]
struct Replaced {
    /// DTSTART of the master, whose form RECURRENCE-IDs are brought to.
    start: Option<Moment>,
    /// By RECURRENCE-ID.
    spans: HashMap<i64, Span>,
}

impl Replaced {
    /// Asks the series for these alone: the master with a RECURRENCE-ID as an RDATE in place of its rules, and the
    /// overrides of all that follow.
    fn of(calendar: &Component, zones: &Zones) -> Result<Self, Fault> {
        let is_override = |component: &&Component| component.property("RECURRENCE-ID").is_some();
        let is_master = |component: &&Component| {
            matches!(component.name.as_str(), "VEVENT" | "VTODO" | "VJOURNAL") && !is_override(component)
        };
        let Some(master) = calendar.components.iter().find(is_master) else { return Ok(Self::default()) };
        let overrides =
            calendar.components.iter().filter(|component| component.name == master.name).filter(is_override);
        let ids: Vec<_> = overrides.clone().filter_map(|component| component.property("RECURRENCE-ID")).collect();
        let changes_all =
            |component: &&Component| component.property("RECURRENCE-ID").is_some_and(|id| id.param("RANGE").is_some());
        let mut series = times_of(master);
        series.properties.extend(ids.into_iter().map(|id| Property { name: "RDATE".to_string(), ..id.clone() }));
        let start = series.property("DTSTART").or(series.property("DUE")).and_then(Moment::of);
        let mut components = vec![series];
        components.extend(overrides.filter(changes_all).map(times_of));
        let alone = Component { components, ..Component::new("VCALENDAR") };
        let mut spans = HashMap::new();
        Series::of(&alone, &master.name, zones).visit(i64::MIN, i64::MAX, &|_| true, &mut |instance| {
            let id = instance.id.map_or(instance.from, |id| zones.utc(&id));
            spans.insert(id, (instance.from, instance.to));
            ControlFlow::Continue(())
        })?;
        Ok(Self { start, spans })
    }

    /// When the instance with a RECURRENCE-ID would be; where there is no master, as long as its override.
    fn span(&self, id: &Moment, own: Option<Span>, zones: &Zones) -> Span {
        let key = self.start.as_ref().map_or_else(|| zones.utc(id), |start| zones.utc(&in_form_of(start, id, zones)));
        let length = own.map_or(0, |(from, to)| to - from);
        self.spans.get(&key).copied().unwrap_or((key, key + length))
    }
}

/// A RECURRENCE-ID as a start of the series: a day or a time without a zone is one in the zone of DTSTART.
fn in_form_of(start: &Moment, id: &Moment, zones: &Zones) -> Moment {
    if start.is_date() || id.is_floating() {
        return start.at(id.local());
    }
    start.at(zones.zone(start).local(zones.utc(id)))
}

/// A component with nothing but its times, without rules and exceptions.
fn times_of(component: &Component) -> Component {
    let is_time = |property: &&Property| {
        matches!(property.name.as_str(), "DTSTART" | "DTEND" | "DUE" | "DURATION" | "RDATE" | "RECURRENCE-ID")
    };
    let properties = component.properties.iter().filter(is_time).cloned().collect();
    Component { properties, ..Component::new(&component.name) }
}

/// Leaves out the FREEBUSY periods that do not overlap a range, and properties that have no other.
pub fn free_busy_set(calendar: &mut Component, range: Range, zones: &Zones) {
    for component in calendar.components.iter_mut().filter(|component| component.name == "VFREEBUSY") {
        for property in component.properties.iter_mut().filter(|property| property.name == "FREEBUSY") {
            let tzid = property.param("TZID").map(str::to_string);
            let overlaps = |value: &&str| {
                span_of(value, tzid.as_deref(), zones).is_some_and(|(from, to)| range.has_span(from, to))
            };
            property.value = property.value.split(',').filter(overlaps).collect::<Vec<_>>().join(",");
        }
        component.properties.retain(|property| property.name != "FREEBUSY" || !property.value.is_empty());
    }
}
