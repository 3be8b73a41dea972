//! CALDAV:filter (RFC 4791 §9.7): the tree of conditions, asked of one object.

mod property;
mod reach;

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::ptr;

use crate::icalendar::{CompFilter, TimeRange};
use crate::overlap::{Alarm, Range, overlaps, overlaps_timeless};
use crate::recurrence::{Instance, Series};
use crate::syntax::Component;
use crate::text::Fault;
use crate::text_match::Texts;
use crate::time::Zones;

/// A filter and the object it is asked of.
pub struct Filter<'a> {
    filters: &'a [CompFilter],
    calendar: &'a Component,
    zones: &'a Zones,
    texts: Texts,
    /// The alarms that instances were asked for: each is read once.
    alarms: RefCell<HashMap<*const Component, Option<Alarm>>>,
}

/// The half-open range of a time-range; open ends are the ends of i64.
pub fn range_of(range: &TimeRange) -> Range {
    Range { start: range.start.unwrap_or(i64::MIN), end: range.end.unwrap_or(i64::MAX) }
}

impl<'a> Filter<'a> {
    /// A filter, the VCALENDAR's first, for an object.
    pub fn new(filters: &'a [CompFilter], calendar: &'a Component, zones: &'a Zones) -> Self {
        Self { filters, calendar, zones, texts: Texts::default(), alarms: RefCell::default() }
    }

    /// Whether the object passes.
    pub fn passes(&self) -> Result<bool, Fault> {
        let Some(root) = self.filters.first() else { return Ok(true) };
        if root.name != self.calendar.name {
            return Ok(root.not_defined);
        }
        if root.not_defined || !self.properties_pass(root, self.calendar) {
            return Ok(false);
        }
        for position in &root.comps {
            let passes = match self.nested(0, *position) {
                Some(filter) => self.component_passes(*position, filter)?,
                None => false,
            };
            if !passes {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The filter at a position, which must be after the one it is in: so there are no circles.
    fn nested(&self, parent: usize, position: u32) -> Option<&'a CompFilter> {
        let position = usize::try_from(position).ok()?;
        self.filters.get(position).filter(|_| position > parent)
    }

    /// Whether one of the object's components passes; where time matters, with one of its instances.
    fn component_passes(&self, position: u32, filter: &CompFilter) -> Result<bool, Fault> {
        let mut named = self.named(&filter.name);
        if filter.not_defined {
            return Ok(named.next().is_none());
        }
        if named.any(|component| self.passes_without_instance(position, filter, component)) {
            return Ok(true);
        }
        self.instance_passes(position, filter)
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &'a Component> {
        self.calendar.components.iter().filter(move |component| component.name == name)
    }

    /// Whether a component passes whatever its instances are.
    fn passes_without_instance(&self, position: u32, filter: &CompFilter, component: &Component) -> bool {
        let in_range = |range| is_timeless(component) && overlaps_timeless(component, range, self.zones);
        filter.time_range.as_ref().map(range_of).is_none_or(in_range) && self.parts_pass(position, filter, component)
    }

    fn instance_passes(&self, position: u32, filter: &CompFilter) -> Result<bool, Fault> {
        if filter.name == "VFREEBUSY" {
            return Ok(false);
        }
        let reaches: HashMap<_, _> = self
            .named(&filter.name)
            .filter_map(|component| Some((ptr::from_ref(component), self.reach(position, filter, component)?)))
            .collect();
        let Some(window) = reaches.values().copied().reduce(Range::hull) else { return Ok(false) };
        let wanted = |component: &Component| reaches.contains_key(&ptr::from_ref(component));
        let end = window.end.min(self.wanted_until(&filter.name, &wanted));
        let mut found = false;
        Series::of(self.calendar, &filter.name, self.zones).visit(window.start, end, &wanted, &mut |instance| {
            found = wanted(instance.component) && self.passes_with(position, filter, &instance);
            if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(found)
    }

    /// Whether a component that has a [`reach`](Self::reach) passes with one of its instances.
    fn passes_with(&self, position: u32, filter: &CompFilter, instance: &Instance) -> bool {
        filter.time_range.as_ref().is_none_or(|range| overlaps(instance, range_of(range)))
            && filter.props.iter().all(|filter| property::instance_passes(filter, instance))
            && self.subcomponents_pass(position, filter, instance.component, Some(instance))
    }

    /// Whether a component's properties and subcomponents pass without an instance.
    fn parts_pass(&self, position: u32, filter: &CompFilter, component: &Component) -> bool {
        self.properties_pass(filter, component) && self.subcomponents_pass(position, filter, component, None)
    }

    fn subcomponents_pass(
        &self,
        position: u32,
        filter: &CompFilter,
        component: &Component,
        instance: Option<&Instance>,
    ) -> bool {
        let parent = usize::try_from(position).unwrap_or(usize::MAX);
        filter.comps.iter().all(|position| {
            self.nested(parent, *position)
                .is_some_and(|filter| self.subcomponent_passes(*position, filter, component, instance))
        })
    }

    fn subcomponent_passes(
        &self,
        position: u32,
        filter: &CompFilter,
        parent: &Component,
        instance: Option<&Instance>,
    ) -> bool {
        let mut named = parent.components.iter().filter(|component| component.name == filter.name);
        if filter.not_defined {
            return named.next().is_none();
        }
        named.any(|component| {
            let in_range =
                filter.time_range.as_ref().is_none_or(|range| self.alarm_sounds(component, instance, range_of(range)));
            in_range && self.parts_pass(position, filter, component)
        })
    }

    fn alarm_sounds(&self, alarm: &Component, instance: Option<&Instance>, range: Range) -> bool {
        let mut alarms = self.alarms.borrow_mut();
        let known = alarms.entry(ptr::from_ref(alarm)).or_insert_with(|| Alarm::of(alarm, self.zones));
        known.as_ref().is_some_and(|alarm| alarm.sounds(instance, range))
    }

    fn properties_pass(&self, filter: &CompFilter, component: &Component) -> bool {
        filter.props.iter().all(|filter| {
            property::range_of_instances(filter, component).is_none()
                && property::passes(filter, component, self.zones, &self.texts)
        })
    }
}

/// Whether a component has no instances: its time, if it has any, is not in DTSTART or DUE.
fn is_timeless(component: &Component) -> bool {
    let has_time = ["DTSTART", "DUE"].iter().any(|name| component.property(name).is_some());
    component.name == "VFREEBUSY" || !has_time
}
