//! CALDAV:prop-filter (RFC 4791 §9.7.2): asked of what is written in a component, or of what each of its instances has.

use super::range_of;
use crate::icalendar::{ParamFilter, ParamTest, PropFilter};
use crate::overlap::{Range, periods_of};
use crate::recurrence::Instance;
use crate::syntax::{Component, Property, unescape_text};
use crate::text_match::Texts;
use crate::time::{Moment, Zones};

const DAY: i64 = 86_400;

/// Whether what is written in a component passes.
pub fn passes(filter: &PropFilter, component: &Component, zones: &Zones, texts: &Texts) -> bool {
    let mut named = component.all(&filter.name);
    if filter.not_defined {
        return named.next().is_none();
    }
    named.any(|property| {
        filter.time_range.as_ref().is_none_or(|range| value_overlaps(range_of(range), property, zones))
            && text_passes(filter, property, texts)
    })
}

/// The time range that the instances of a component are asked for, of which each has an effective DTSTART, DTEND or DUE
/// (RFC 4791 §9.9); none where what is written decides.
pub fn range_of_instances(filter: &PropFilter, component: &Component) -> Option<Range> {
    let range = filter.time_range.as_ref().filter(|_| !filter.not_defined)?;
    is_effective(&filter.name, component).then(|| range_of(range))
}

/// Where instances are that may pass; none where none may.
pub fn reach(filter: &PropFilter, component: &Component, zones: &Zones, texts: &Texts) -> Option<Range> {
    let Some(range) = range_of_instances(filter, component) else {
        return passes(filter, component, zones, texts).then_some(Range::ALL);
    };
    // An effective DTEND or DUE is not written, and has nothing else that could be asked for.
    let asks_for_time_only = filter.text.is_none() && filter.params.is_empty();
    let may_pass =
        asks_for_time_only || component.all(&filter.name).any(|property| text_passes(filter, property, texts));
    may_pass.then_some(Range { start: range.start.saturating_sub(DAY), ..range })
}

/// Whether an instance has its effective value in the range; a day is in it where any part of it is.
pub fn instance_passes(filter: &PropFilter, instance: &Instance) -> bool {
    let Some(range) = range_of_instances(filter, instance.component) else { return true };
    let from = if filter.name == "DTSTART" { instance.from } else { instance.to };
    range.has_span(from, if instance.start.is_date() { from + DAY } else { from })
}

/// Whether each instance of a component has an effective value of a property.
fn is_effective(name: &str, component: &Component) -> bool {
    let has = |name| component.property(name).is_some();
    match (component.name.as_str(), name) {
        ("VEVENT" | "VTODO" | "VJOURNAL", "DTSTART") => has("DTSTART"),
        ("VEVENT", "DTEND") => has("DTEND") || has("DURATION"),
        ("VTODO", "DUE") => has("DUE") || (has("DTSTART") && has("DURATION")),
        _ => false,
    }
}

/// Whether one of a property's values is in a range; a day is in it where any part of it is.
fn value_overlaps(range: Range, property: &Property, zones: &Zones) -> bool {
    if property.value.contains('/') {
        return periods_of(property, zones).any(|(from, to)| range.has_span(from, to));
    }
    Moment::all_of(property).flatten().any(|moment| {
        let from = zones.utc(&moment);
        range.has_span(from, if moment.is_date() { from + DAY } else { from })
    })
}

/// Whether the text and the parameters pass.
fn text_passes(filter: &PropFilter, property: &Property, texts: &Texts) -> bool {
    filter.text.as_ref().is_none_or(|text| texts.pass(text, &property.value, unescape_text))
        && filter.params.iter().all(|filter| parameter_passes(filter, property, texts))
}

fn parameter_passes(filter: &ParamFilter, property: &Property, texts: &Texts) -> bool {
    let parameter = property.parameter(&filter.name);
    match (&filter.test, parameter) {
        (ParamTest::Defined, parameter) => parameter.is_some(),
        (ParamTest::NotDefined, parameter) => parameter.is_none(),
        (ParamTest::Text(test), Some(parameter)) => {
            parameter.values.iter().any(|value| texts.pass(test, value, str::to_owned))
        }
        (ParamTest::Text(_), None) => false,
    }
}
