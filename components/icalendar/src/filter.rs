//! CALDAV:filter (RFC 4791 §9.7): the tree of conditions, asked of one object.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::ptr;

use crate::icalendar::{CompFilter, ParamFilter, ParamTest, PropFilter, TimeRange};
use crate::overlap::{Range, alarm_reach, alarm_sounds, overlaps, overlaps_timeless, periods_of};
use crate::recurrence::{Instance, Series};
use crate::syntax::{Component, Property};
use crate::text::Fault;
use crate::text_match::TextMatch;
use crate::time::{Moment, Zones};

/// A filter and the object it is asked of.
pub struct Filter<'a> {
    filters: &'a [CompFilter],
    calendar: &'a Component,
    zones: &'a Zones,
}

/// The half-open range of a time-range; open ends are the ends of i64.
pub fn range_of(range: &TimeRange) -> Range {
    Range { start: range.start.unwrap_or(i64::MIN), end: range.end.unwrap_or(i64::MAX) }
}

impl<'a> Filter<'a> {
    /// A filter, the VCALENDAR's first, for an object.
    pub fn new(filters: &'a [CompFilter], calendar: &'a Component, zones: &'a Zones) -> Self {
        Self { filters, calendar, zones }
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
        let mut named = self.calendar.components.iter().filter(|component| component.name == filter.name);
        if filter.not_defined {
            return Ok(named.next().is_none());
        }
        let alarm_ranges = self.alarm_ranges(position, filter);
        if filter.time_range.is_none() && alarm_ranges.is_empty() {
            return Ok(named.any(|component| self.parts_pass(position, filter, component, None)));
        }
        let range = filter.time_range.as_ref().map(range_of);
        let timeless = |component: &Component| {
            let has_time = ["DTSTART", "DUE"].iter().any(|name| component.property(name).is_some());
            component.name == "VFREEBUSY" || !has_time
        };
        let passes_timeless = |component: &Component| {
            range.is_none_or(|range| overlaps_timeless(component, range, self.zones))
                && self.parts_pass(position, filter, component, None)
        };
        if named.any(|component| timeless(component) && passes_timeless(component)) {
            return Ok(true);
        }
        self.instance_passes(position, filter, range, &alarm_ranges)
    }

    fn instance_passes(
        &self,
        position: u32,
        filter: &CompFilter,
        range: Option<Range>,
        alarm_ranges: &[Range],
    ) -> Result<bool, Fault> {
        if filter.name == "VFREEBUSY" {
            return Ok(false);
        }
        let series = Series::of(self.calendar, &filter.name, self.zones);
        let window = range.unwrap_or_else(|| self.alarm_window(alarm_ranges));
        let wanted = |component: &Component| {
            if alarm_ranges.is_empty() {
                self.parts_pass(position, filter, component, None)
            } else {
                self.properties_pass(filter, component)
            }
        };
        let mut found = false;
        // Asked once of each component, however many instances it has.
        let mut passing = HashMap::new();
        series.visit(window.start, window.end, &wanted, &mut |instance| {
            let component = instance.component;
            found = range.is_none_or(|range| overlaps(&instance, range))
                && *passing.entry(ptr::from_ref(component)).or_insert_with(|| wanted(component))
                && (alarm_ranges.is_empty() || self.subcomponents_pass(position, filter, component, Some(&instance)));
            if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(found)
    }

    /// The time ranges that alarms in the component must be in.
    fn alarm_ranges(&self, position: u32, filter: &CompFilter) -> Vec<Range> {
        let parent = usize::try_from(position).unwrap_or(usize::MAX);
        let nested = filter.comps.iter().filter_map(|position| self.nested(parent, *position));
        nested.filter_map(|filter| filter.time_range.as_ref()).map(range_of).collect()
    }

    /// Where instances are whose alarms may be in all of the ranges.
    fn alarm_window(&self, ranges: &[Range]) -> Range {
        let alarms = self.calendar.components.iter().flat_map(|component| &component.components);
        let reach = alarms.map(alarm_reach).max().unwrap_or(0);
        Range {
            start: ranges.iter().map(|range| range.start).max().unwrap_or(i64::MIN).saturating_sub(reach),
            end: ranges.iter().map(|range| range.end).min().unwrap_or(i64::MAX).saturating_add(reach),
        }
    }

    /// Whether a component's properties and subcomponents pass.
    fn parts_pass(
        &self,
        position: u32,
        filter: &CompFilter,
        component: &Component,
        instance: Option<&Instance>,
    ) -> bool {
        self.properties_pass(filter, component) && self.subcomponents_pass(position, filter, component, instance)
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
            let in_range = filter
                .time_range
                .as_ref()
                .is_none_or(|range| alarm_sounds(component, instance, self.zones, range_of(range)));
            in_range && self.parts_pass(position, filter, component, instance)
        })
    }

    fn properties_pass(&self, filter: &CompFilter, component: &Component) -> bool {
        filter.props.iter().all(|filter| {
            let mut named = component.all(&filter.name);
            if filter.not_defined {
                named.next().is_none()
            } else {
                named.any(|property| self.property_passes(filter, property))
            }
        })
    }

    fn property_passes(&self, filter: &PropFilter, property: &Property) -> bool {
        filter.time_range.as_ref().is_none_or(|range| self.value_overlaps(range_of(range), property))
            && filter.text.as_ref().is_none_or(|text| TextMatch::new(text).passes(&property.text()))
            && filter.params.iter().all(|filter| parameter_passes(filter, property))
    }

    /// Whether one of a property's values is in a range; a day is in it where any part of it is.
    fn value_overlaps(&self, range: Range, property: &Property) -> bool {
        if property.value.contains('/') {
            return periods_of(&property.value, self.zones).any(|(from, to)| range.has_span(from, to));
        }
        Moment::all_of(property).flatten().any(|moment| {
            let from = self.zones.utc(&moment);
            range.has_span(from, if moment.is_date() { from + 86_400 } else { from })
        })
    }
}

fn parameter_passes(filter: &ParamFilter, property: &Property) -> bool {
    let parameter = property.parameter(&filter.name);
    match (&filter.test, parameter) {
        (ParamTest::Defined, parameter) => parameter.is_some(),
        (ParamTest::NotDefined, parameter) => parameter.is_none(),
        (ParamTest::Text(test), Some(parameter)) => {
            let text = TextMatch::new(test);
            parameter.values.iter().any(|value| text.passes(value))
        }
        (ParamTest::Text(_), None) => false,
    }
}
