//! CALDAV:limit-recurrence-set and CALDAV:limit-freebusy-set (RFC 4791 §9.6.6, §9.6.7).

use std::ops::ControlFlow;

use crate::overlap::{Range, periods_of};
use crate::recurrence::Series;
use crate::syntax::Component;
use crate::text::Fault;
use crate::time::{Moment, Zones};

/// The calendar without the overrides that do not matter for a range: those that neither are in it nor replace an instance that would be. One that
/// changes all that follow matters for every range after it.
pub fn recurrence_set(calendar: &Component, range: Range, zones: &Zones) -> Result<Component, Fault> {
    let mut limited = calendar.clone();
    let mut kept = Vec::with_capacity(limited.components.len());
    for component in limited.components {
        if component.property("RECURRENCE-ID").is_none() || matters(&component, range, zones)? {
            kept.push(component);
        }
    }
    limited.components = kept;
    Ok(limited)
}

fn matters(component: &Component, range: Range, zones: &Zones) -> Result<bool, Fault> {
    let Some(property) = component.property("RECURRENCE-ID") else { return Ok(true) };
    let Some(id) = Moment::of(property) else { return Ok(true) };
    let replaced = zones.utc(&id);
    if property.param("RANGE").is_some() {
        return Ok(range.end > replaced);
    }
    let alone = Component { components: vec![component.clone()], ..Component::new("VCALENDAR") };
    let mut matters = false;
    Series::of(&alone, &component.name, zones).visit(range.start, range.end, &|_| true, &mut |instance| {
        let length = instance.to - instance.from;
        matters = range.has_span(instance.from, instance.to) || range.has_span(replaced, replaced + length);
        ControlFlow::Break(())
    })?;
    Ok(matters)
}

/// Leaves out the FREEBUSY periods that do not overlap a range, and properties that have no other.
pub fn free_busy_set(calendar: &mut Component, range: Range, zones: &Zones) {
    for component in calendar.components.iter_mut().filter(|component| component.name == "VFREEBUSY") {
        for property in component.properties.iter_mut().filter(|property| property.name == "FREEBUSY") {
            let overlaps = |value: &&str| periods_of(value, zones).any(|(from, to)| range.has_span(from, to));
            property.value = property.value.split(',').filter(overlaps).collect::<Vec<_>>().join(",");
        }
        component.properties.retain(|property| property.name != "FREEBUSY" || !property.value.is_empty());
    }
}
