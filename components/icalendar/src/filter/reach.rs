//! Where the instances are that a filter may find: what cannot match is not looked for, and what can is found early,
//! also in an endless series.

use super::{Filter, is_timeless, property, range_of};
use crate::icalendar::CompFilter;
use crate::overlap::{Range, alarm_offsets};
use crate::syntax::Component;
use crate::time::Moment;

impl Filter<'_> {
    /// Where instances of a component are that may pass; none where none may.
    pub(super) fn reach(&self, position: u32, filter: &CompFilter, component: &Component) -> Option<Range> {
        let parent = usize::try_from(position).ok()?;
        let mut reach = filter.time_range.as_ref().map_or(Range::ALL, range_of);
        for filter in &filter.props {
            reach = reach.within(property::reach(filter, component, self.zones, &self.texts)?);
        }
        for position in &filter.comps {
            let nested = self.nested(parent, *position)?;
            reach = reach.within(self.subcomponent_reach(*position, nested, component)?);
        }
        Some(reach)
    }

    /// Where instances are whose subcomponents may pass: anywhere for what does not go by an instance, as an alarm at a
    /// time of its own, else where an alarm that is relative to them would go off in the range.
    fn subcomponent_reach(&self, position: u32, filter: &CompFilter, parent: &Component) -> Option<Range> {
        if self.subcomponent_passes(position, filter, parent, None) {
            return Some(Range::ALL);
        }
        let range = range_of(filter.time_range.as_ref().filter(|_| !filter.not_defined)?);
        let named = parent.components.iter().filter(|component| component.name == filter.name);
        let reaches = named.filter(|alarm| self.parts_pass(position, filter, alarm)).filter_map(|alarm| {
            let (earliest, latest) = alarm_offsets(alarm)?;
            Some(Range { start: range.start.saturating_sub(latest), end: range.end.saturating_sub(earliest) })
        });
        reaches.reduce(Range::hull)
    }

    /// The RECURRENCE-ID from which on no instance is described by a component that is wanted, as one with
    /// RANGE=THISANDFUTURE describes them: an endless series is not followed for these.
    pub(super) fn wanted_until(&self, kind: &str, wanted: &dyn Fn(&Component) -> bool) -> i64 {
        let id_of = |component: &Component| {
            let id = component.property("RECURRENCE-ID")?;
            let is_future = id.param("RANGE").is_some_and(|range| range.eq_ignore_ascii_case("THISANDFUTURE"));
            Moment::of(id).filter(|_| is_future && !is_timeless(component)).map(|id| self.zones.utc(&id))
        };
        let mut futures: Vec<_> =
            self.named(kind).filter_map(|component| Some((id_of(component)?, component))).collect();
        futures.sort_by_key(|(id, _)| *id);
        let unwanted = futures.iter().rev().take_while(|(_, component)| !wanted(component));
        unwanted.last().map_or(i64::MAX, |(id, _)| *id)
    }
}
