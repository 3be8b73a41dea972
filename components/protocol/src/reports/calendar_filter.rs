//! C:filter (RFC 4791 §9.7), read into what the iCalendar engine evaluates and what the index can answer beforehand.

use chrono::NaiveDateTime;

use crate::icalendar::{CompFilter, ParamFilter, ParamTest, PropFilter, TimeRange};
use crate::refusal::{Refusal, Result};
use crate::reports::text_match::{self, MAX_FILTERS};
use crate::store::IndexQuery;
use crate::text::Collation;
use crate::xml::{CALDAV, Element};

/// Comp-filters in one comp-filter, at most: each of these is asked of every instance.
const MAX_PARTS: usize = 20;

/// A filter: the VCALENDAR's comp-filter first, then those inside, each after the one that it is in.
///
/// # Errors
/// 403 `valid-filter` and `supported-filter`.
pub fn read(report: &Element) -> Result<Vec<CompFilter>> {
    let outer = report.child(CALDAV, "filter").and_then(|filter| filter.child(CALDAV, "comp-filter"));
    let Some(outer) =
        outer.filter(|outer| outer.attribute("name").is_some_and(|name| name.eq_ignore_ascii_case("VCALENDAR")))
    else {
        return Err(invalid("A filter begins with a comp-filter of VCALENDAR."));
    };
    if outer.size() > MAX_FILTERS {
        return Err(Refusal::caldav(403, "supported-filter", "The filter is too large."));
    }
    let mut filters = Vec::new();
    read_component(outer, &mut filters)?;
    Ok(filters)
}

fn invalid(message: &str) -> Refusal {
    Refusal::caldav(403, "valid-filter", message)
}

/// Adds a comp-filter and those in it. Returns where it is.
fn read_component(element: &Element, filters: &mut Vec<CompFilter>) -> Result<u32> {
    let position = filters.len();
    let mut filter = CompFilter {
        name: name_of(element)?,
        not_defined: element.child(CALDAV, "is-not-defined").is_some(),
        time_range: time_range(element)?,
        props: Vec::new(),
        comps: Vec::new(),
    };
    filters.push(filter.clone());
    for child in element.children() {
        if child.is(CALDAV, "comp-filter") {
            filter.comps.push(read_component(child, filters)?);
        } else if child.is(CALDAV, "prop-filter") {
            filter.props.push(read_property(child)?);
        }
    }
    if filter.comps.len() > MAX_PARTS {
        return Err(Refusal::caldav(403, "supported-filter", "The filter asks for too many components in one."));
    }
    if filter.not_defined && (filter.time_range.is_some() || !filter.props.is_empty() || !filter.comps.is_empty()) {
        return Err(invalid("is-not-defined stands alone."));
    }
    filters[position] = filter;
    Ok(position as u32)
}

fn read_property(element: &Element) -> Result<PropFilter> {
    let params = element
        .children()
        .filter(|child| child.is(CALDAV, "param-filter"))
        .map(read_parameter)
        .collect::<Result<_>>()?;
    Ok(PropFilter {
        name: name_of(element)?,
        not_defined: element.child(CALDAV, "is-not-defined").is_some(),
        time_range: time_range(element)?,
        text: element
            .child(CALDAV, "text-match")
            .map(|test| text_match::read(test, Collation::AsciiCasemap))
            .transpose()?,
        params,
    })
}

fn read_parameter(element: &Element) -> Result<ParamFilter> {
    let test = match (element.child(CALDAV, "is-not-defined"), element.child(CALDAV, "text-match")) {
        (Some(_), _) => ParamTest::NotDefined,
        (None, Some(test)) => ParamTest::Text(text_match::read(test, Collation::AsciiCasemap)?),
        (None, None) => ParamTest::Defined,
    };
    Ok(ParamFilter { name: name_of(element)?, test })
}

fn name_of(element: &Element) -> Result<String> {
    let name = element.attribute("name").map(str::to_ascii_uppercase).filter(|name| !name.is_empty());
    name.ok_or_else(|| invalid("A filter has to have a name."))
}

fn time_range(element: &Element) -> Result<Option<TimeRange>> {
    element.child(CALDAV, "time-range").map(read_range).transpose()
}

/// The start and end attributes (RFC 4791 §9.9).
///
/// # Errors
/// 403 `valid-filter` where both are missing, one is no UTC date-time, or the end is not after the start.
pub fn read_range(element: &Element) -> Result<TimeRange> {
    let start = element.attribute("start").map(utc).transpose()?;
    let end = element.attribute("end").map(utc).transpose()?;
    match (start, end) {
        (None, None) => Err(invalid("A time-range has a start, an end, or both.")),
        (Some(start), Some(end)) if end <= start => Err(invalid("A time-range ends after its start.")),
        _ => Ok(TimeRange { start, end }),
    }
}

/// A `date with UTC time`. Some clients leave the `Z` out, or give a date only: both are taken as UTC.
fn utc(text: &str) -> Result<i64> {
    let text = text.trim().trim_end_matches('Z');
    let date_time = if text.contains('T') { text.to_owned() } else { format!("{text}T000000") };
    let parsed = NaiveDateTime::parse_from_str(&date_time, "%Y%m%dT%H%M%S");
    parsed
        .map(|time| time.and_utc().timestamp())
        .map_err(|_| invalid("A time-range takes times like 20260101T000000Z."))
}

/// What the index can select by: the component and the time range where the filter asks for one component, alone.
pub fn index_query(filters: &[CompFilter]) -> IndexQuery {
    let mut query = IndexQuery {
        components: Vec::new(),
        start: None,
        end: None,
        uid: None,
        texts: Vec::new(),
        any_text: false,
        limit: None,
    };
    let Some(component) = only_component(filters) else { return query };
    query.components = vec![component.name.clone()];
    if let Some(range) = &component.time_range {
        query.start = range.start;
        query.end = range.end;
    }
    query
}

/// Whether the index alone decides, for resources whose index is exact.
pub fn is_decided_by_index(filters: &[CompFilter]) -> bool {
    match filters {
        [calendar] => calendar.props.is_empty() && calendar.time_range.is_none() && !calendar.not_defined,
        [calendar, component] => {
            let plain = |filter: &CompFilter| filter.props.is_empty() && !filter.not_defined;
            plain(calendar) && plain(component) && calendar.time_range.is_none() && only_component(filters).is_some()
        }
        _ => false,
    }
}

/// Whether the filter asks for a time.
pub fn has_range(filters: &[CompFilter]) -> bool {
    only_component(filters).is_some_and(|component| component.time_range.is_some())
}

/// The filter's only component below VCALENDAR: a resource holds one kind only (RFC 4791 §4.1), which is in the index;
/// VTIMEZONEs and components of an `X-` name may be beside it.
fn only_component(filters: &[CompFilter]) -> Option<&CompFilter> {
    let [position] = filters.first()?.comps.as_slice() else { return None };
    let component = filters.get(usize::try_from(*position).ok()?)?;
    let is_beside = component.name == "VTIMEZONE" || component.name.starts_with("X-");
    (!component.not_defined && !is_beside).then_some(component)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(filter: &str) -> Result<Vec<CompFilter>> {
        let xml = format!("<a:calendar-query xmlns:a=\"{CALDAV}\"><a:filter>{filter}</a:filter></a:calendar-query>");
        read(&crate::xml::read(xml.as_bytes()).unwrap())
    }

    const EVENTS: &str = "<a:comp-filter name='VCALENDAR'><a:comp-filter name='VEVENT'>\
        <a:time-range start='20260101T000000Z' end='20260201T000000Z'/></a:comp-filter></a:comp-filter>";

    #[test]
    fn a_component_and_a_time_are_what_the_index_can_select_by() {
        let filter = parse(EVENTS).unwrap();
        let query = index_query(&filter);
        assert_eq!(query.components, ["VEVENT"]);
        assert_eq!((query.start, query.end), (Some(1_767_225_600), Some(1_769_904_000)));
        assert!(is_decided_by_index(&filter) && has_range(&filter));
    }

    #[test]
    fn a_property_is_for_the_engine() {
        let filter = parse(
            "<a:comp-filter name='vcalendar'><a:comp-filter name='vevent'><a:prop-filter name='summary'>\
             <a:text-match negate-condition='yes' collation='i;octet'>x</a:text-match></a:prop-filter></a:comp-filter></a:comp-filter>",
        )
        .unwrap();
        assert!(!is_decided_by_index(&filter));
        assert_eq!(index_query(&filter).components, ["VEVENT"]);
        let text = filter[1].props[0].text.as_ref().unwrap();
        assert!(text.negate && text.collation == Collation::Octet);
    }

    #[test]
    fn what_must_not_be_there_is_no_selection() {
        let filter = parse(
            "<a:comp-filter name='VCALENDAR'><a:comp-filter name='VTODO'><a:is-not-defined/></a:comp-filter></a:comp-filter>",
        )
        .unwrap();
        assert!(index_query(&filter).components.is_empty());
        assert!(!is_decided_by_index(&filter));
    }

    #[test]
    fn what_may_be_beside_an_event_is_not_what_the_index_knows_a_resource_by() {
        for name in ["VTIMEZONE", "x-room"] {
            let filter =
                parse(&format!("<a:comp-filter name='VCALENDAR'><a:comp-filter name='{name}'/></a:comp-filter>"))
                    .unwrap();
            assert!(index_query(&filter).components.is_empty(), "{name}");
            assert!(!is_decided_by_index(&filter), "{name}");
        }
    }

    #[test]
    fn elements_count_wherever_in_a_filter_they_are() {
        let is_read =
            |content: &str| parse(&format!("<a:comp-filter name='VCALENDAR'>{content}</a:comp-filter>")).is_ok();
        let prop = |content: &str| format!("<a:prop-filter name='COMMENT'>{content}</a:prop-filter>");
        let param = "<a:param-filter name='X'><a:text-match>x</a:text-match></a:param-filter>";
        assert!(is_read(&prop("").repeat(MAX_FILTERS)));
        assert!(!is_read(&prop("").repeat(MAX_FILTERS + 1)));
        assert!(is_read(&prop(&param.repeat(MAX_FILTERS / 2 - 1))));
        assert!(!is_read(&prop(&param.repeat(MAX_FILTERS / 2))));
    }

    #[test]
    fn a_component_is_asked_for_a_few_others() {
        let is_read = |parts: usize| {
            let alarms = "<a:comp-filter name='VALARM'/>".repeat(parts);
            parse(&format!(
                "<a:comp-filter name='VCALENDAR'><a:comp-filter name='VEVENT'>{alarms}</a:comp-filter></a:comp-filter>"
            ))
            .is_ok()
        };
        assert!(is_read(MAX_PARTS));
        assert!(!is_read(MAX_PARTS + 1));
    }

    #[test]
    fn texts_that_are_looked_for_have_a_length() {
        let is_read = |length: usize| {
            let text = "x".repeat(length);
            let filter = format!("<a:prop-filter name='COMMENT'><a:text-match>{text}</a:text-match></a:prop-filter>");
            parse(&format!("<a:comp-filter name='VCALENDAR'>{filter}</a:comp-filter>")).is_ok()
        };
        assert!(is_read(4096));
        assert!(!is_read(4097));
    }

    #[test]
    fn filters_that_cannot_be() {
        for filter in [
            "",
            "<a:comp-filter name='VEVENT'/>",
            "<a:comp-filter name='VCALENDAR'><a:comp-filter/></a:comp-filter>",
            "<a:comp-filter name='VCALENDAR'><a:comp-filter name='VEVENT'><a:time-range/></a:comp-filter></a:comp-filter>",
            "<a:comp-filter name='VCALENDAR'><a:comp-filter name='VEVENT'><a:time-range start='20260101T000000Z' end='20250101T000000Z'/></a:comp-filter></a:comp-filter>",
            "<a:comp-filter name='VCALENDAR'><a:comp-filter name='VEVENT'><a:time-range start='tomorrow'/></a:comp-filter></a:comp-filter>",
            "<a:comp-filter name='VCALENDAR'><a:comp-filter name='VEVENT'><a:prop-filter name='UID'><a:text-match collation='i;klingon'>x</a:text-match></a:prop-filter></a:comp-filter></a:comp-filter>",
        ] {
            assert_eq!(parse(filter).unwrap_err().status, 403, "{filter}");
        }
    }
}
