//! CALDAV:expand (RFC 4791 §9.6.5): each instance in a range as a component of its own, in UTC.

use std::ops::ControlFlow;

use chrono::NaiveDateTime;

use crate::fault;
use crate::overlap::{Range, overlaps, overlaps_timeless};
use crate::recurrence::{Instance, Series};
use crate::syntax::{Component, Property};
use crate::text::Fault;
use crate::time::{Duration, Moment, Zones, from_seconds};

/// Instances that one object is expanded to.
const INSTANCES: usize = 10_000;

/// Characters of all instances that one object is expanded to, with [`LINE`] more for each property.
const SIZE: usize = 16 << 20;

/// What a property is more than its characters.
const LINE: usize = 64;

/// The calendar with the instances in a range in place of its components, and without VTIMEZONEs.
pub fn expand(calendar: &Component, range: Range, zones: &Zones) -> Result<Component, Fault> {
    let mut expanded = Component { components: Vec::new(), ..calendar.clone() };
    let mut size = 0;
    let is_too_much = |instances: &[Instance], size| instances.len() > INSTANCES || size > SIZE;
    for kind in ["VEVENT", "VTODO", "VJOURNAL"] {
        let series = Series::of(calendar, kind, zones);
        let mut instances = Vec::new();
        series.visit(range.start, range.end, &|_| true, &mut |instance| {
            if overlaps(&instance, range) {
                // One is given however large it is.
                size += if instances.is_empty() { 0 } else { size_of(instance.component) };
                instances.push(instance);
            }
            if is_too_much(&instances, size) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if is_too_much(&instances, size) {
            return Err(fault::bound(0, "too many instances in the range"));
        }
        instances.sort_by_key(|instance| instance.from);
        expanded.components.extend(instances.iter().map(|instance| written(instance, zones)));
    }
    let timeless = calendar.components.iter().filter(|component| match component.name.as_str() {
        "VEVENT" | "VTIMEZONE" => false,
        "VTODO" | "VJOURNAL" if component.property("DTSTART").or(component.property("DUE")).is_some() => false,
        "VTODO" | "VJOURNAL" | "VFREEBUSY" => overlaps_timeless(component, range, zones),
        _ => true,
    });
    expanded.components.extend(timeless.map(|component| in_utc(component, zones)));
    Ok(expanded)
}

/// What an instance of a component takes of [`SIZE`].
fn size_of(component: &Component) -> usize {
    let properties = component.properties.iter().map(|property| LINE + property.value.len());
    properties.sum::<usize>() + component.components.iter().map(size_of).sum::<usize>()
}

/// An instance as a component without recurrence.
fn written(instance: &Instance, zones: &Zones) -> Component {
    let mut component = in_utc(instance.component, zones);
    component.properties.retain(|property| {
        !matches!(property.name.as_str(), "RRULE" | "RDATE" | "EXDATE" | "EXRULE" | "RECURRENCE-ID")
    });
    let moved = instance.component.property("DTSTART").or(instance.component.property("DUE"));
    let unmoved = moved.and_then(Moment::of).is_some_and(|start| start == instance.start);
    if !unmoved {
        move_to(&mut component, instance, zones);
    }
    if let Some(span) = other_span(instance) {
        component.properties.retain(|property| !matches!(property.name.as_str(), "DTEND" | "DUE" | "DURATION"));
        component.properties.push(Property::new("DURATION", span.text()));
    }
    if let Some(id) = &instance.id {
        let at = component.properties.iter().position(|property| property.name == "UID").map_or(0, |at| at + 1);
        component.properties.insert(at, property_at("RECURRENCE-ID", id, zones));
    }
    component
}

/// How long an instance is where its component does not say so: where an RDATE does by a PERIOD, and where days are
/// counted in a zone in which clocks change meanwhile, since in UTC each has 24 hours (RFC 5545 §3.3.6).
fn other_span(instance: &Instance) -> Option<Duration> {
    let own = || Duration::parse(&instance.component.property("DURATION")?.value);
    let span = instance.period.or_else(own)?;
    let exact = Duration::exact(instance.to - instance.from);
    let becomes_utc = matches!(instance.start, Moment::Zoned(..));
    if becomes_utc && span.total() > 0 && span.total() != exact.total() { Some(exact) } else { instance.period }
}

/// Gives the component the start and end of the instance.
fn move_to(component: &mut Component, instance: &Instance, zones: &Zones) {
    for property in &mut component.properties {
        let is_start = property.name == "DTSTART" || (property.name == "DUE" && !has_start(instance));
        if is_start {
            *property = property_at(&property.name, &instance.start, zones);
        } else if matches!(property.name.as_str(), "DTEND" | "DUE") {
            *property = property_at(&property.name, &end_of(instance, zones), zones);
        }
    }
}

/// The end of an instance in the form of its start, or in UTC: local times are shown twice where clocks go back.
fn end_of(instance: &Instance, zones: &Zones) -> Moment {
    if instance.start.is_floating() {
        instance.start.at(zones.zone(&instance.start).local(instance.to))
    } else {
        Moment::Utc(from_seconds(instance.to))
    }
}

fn has_start(instance: &Instance) -> bool {
    instance.component.property("DTSTART").is_some()
}

/// A copy whose times with a TZID are in UTC. Days and floating times stay.
fn in_utc(component: &Component, zones: &Zones) -> Component {
    let mut copy = component.clone();
    for property in copy.properties.iter_mut().filter(|property| property.param("TZID").is_some()) {
        let Some(moments) = Moment::all_of(property).collect::<Option<Vec<_>>>() else { continue };
        if property.value.contains('/') || Duration::parse(&property.value).is_some() {
            continue;
        }
        let values: Vec<_> = moments.iter().map(|moment| text_of(moment, zones)).collect();
        property.value = values.join(",");
        property.params.retain(|parameter| parameter.name != "TZID");
    }
    copy
}

fn property_at(name: &str, moment: &Moment, zones: &Zones) -> Property {
    let property = Property::new(name, text_of(moment, zones));
    if moment.is_date() { property.with("VALUE", "DATE") } else { property }
}

/// A day as it is, a floating time as it is, all else in UTC.
fn text_of(moment: &Moment, zones: &Zones) -> String {
    match moment {
        Moment::Date(day) => day.format("%Y%m%d").to_string(),
        Moment::Floating(time) => local_text(*time),
        Moment::Utc(time) => local_text(*time) + "Z",
        Moment::Zoned(..) => utc_text(zones.utc(moment)),
    }
}

fn local_text(time: NaiveDateTime) -> String {
    time.format("%Y%m%dT%H%M%S").to_string()
}

/// UTC seconds as a DATE-TIME in UTC.
pub fn utc_text(seconds: i64) -> String {
    local_text(from_seconds(seconds)) + "Z"
}
