//! The properties of calendars (RFC 4791 §5.2, §7.5.1, RFC 7809 §5).

use super::{Answer, Live, Scene, Subject, text_of, with_text};
use crate::context::max_resource_size;
use crate::icalendar;
use crate::store::Collection;
use crate::types::{Home, Property};
use crate::xml::{CALDAV, XmlWriter};

/// Components that a calendar without a choice of its own takes.
pub const COMPONENTS: [&str; 3] = ["VEVENT", "VTODO", "VJOURNAL"];
/// The earliest moment that an object may hold (RFC 4791 §5.2.6).
const MIN_DATE_TIME: &str = "00010101T000000Z";
/// The latest.
const MAX_DATE_TIME: &str = "99991231T235959Z";
/// Instances of one object that a report looks at, at most (RFC 4791 §5.2.8).
const MAX_INSTANCES: u32 = 10_000;

pub(super) const PROPERTIES: &[Live] = &[
    Live::new("C:supported-calendar-component-set", supported_calendar_component_set),
    Live::new("C:supported-calendar-data", supported_calendar_data),
    Live::new("C:supported-collation-set", supported_collation_set),
    Live::new("C:max-resource-size", max_size),
    Live::new("C:min-date-time", min_date_time),
    Live::new("C:max-date-time", max_date_time),
    Live::new("C:max-instances", max_instances),
    Live::new("C:calendar-timezone", calendar_timezone).settable(),
    Live::new("C:calendar-timezone-id", calendar_timezone_id).settable(),
    Live::new("C:calendar-data", calendar_data).brief(),
];

fn calendar<'a>(subject: &Subject<'a>) -> Option<&'a Collection> {
    match subject {
        Subject::Collection(collection) if collection.place.home == Home::Calendars => Some(collection),
        _ => None,
    }
}

/// Writes text where the subject is a calendar.
fn of_calendar(subject: &Subject, xml: &mut XmlWriter, text: &str) -> Answer {
    if calendar(subject).is_none() {
        return Answer::Missing;
    }
    xml.text(text);
    Answer::Given
}

fn supported_calendar_component_set(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let Some(calendar) = calendar(subject) else { return Answer::Missing };
    let all = COMPONENTS.map(str::to_owned);
    let components = if calendar.components.is_empty() { all.as_slice() } else { &calendar.components };
    components.iter().for_each(|component| xml.empty_with("C:comp", &[("name", component)]));
    Answer::Given
}

fn supported_calendar_data(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    if calendar(subject).is_none() {
        return Answer::Missing;
    }
    for media_type in ["text/calendar", "application/calendar+json", "application/calendar+xml"] {
        xml.empty_with("C:calendar-data", &[("content-type", media_type), ("version", "2.0")]);
    }
    Answer::Given
}

fn supported_collation_set(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    if calendar(subject).is_none() {
        return Answer::Missing;
    }
    for collation in ["i;ascii-casemap", "i;octet", "i;unicode-casemap"] {
        xml.element("C:supported-collation", collation);
    }
    Answer::Given
}

fn max_size(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    of_calendar(subject, xml, &max_resource_size().to_string())
}

fn min_date_time(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    of_calendar(subject, xml, MIN_DATE_TIME)
}

fn max_date_time(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    of_calendar(subject, xml, MAX_DATE_TIME)
}

fn max_instances(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    of_calendar(subject, xml, &MAX_INSTANCES.to_string())
}

/// The definition of the zone that a client has named by C:calendar-timezone-id (RFC 7809 §3.1.5); or else what a
/// client has set.
fn calendar_timezone(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let named = calendar(subject).and_then(|calendar| text_of(calendar, CALDAV, "calendar-timezone-id"));
    match named.and_then(|tzid| icalendar::timezone(tzid.trim())) {
        Some(definition) => {
            xml.text(&definition);
            Answer::Given
        }
        None => Answer::Missing,
    }
}

/// What a client has set; or else the TZID of the C:calendar-timezone that one has set (RFC 7809 §5.2).
fn calendar_timezone_id(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let Some(calendar) = calendar(subject) else { return Answer::Missing };
    if text_of(calendar, CALDAV, "calendar-timezone-id").is_some() {
        return Answer::Missing;
    }
    let Some(timezone) = text_of(calendar, CALDAV, "calendar-timezone") else { return Answer::Missing };
    match icalendar::inspect_timezone(timezone.as_bytes()) {
        Ok(tzid) => {
            xml.text(&tzid);
            Answer::Given
        }
        Err(_) => Answer::Missing,
    }
}

/// The zone in which floating times of a calendar are meant, as `icalendar` takes it.
pub fn timezone_of(calendar: &Collection) -> Option<String> {
    let named = text_of(calendar, CALDAV, "calendar-timezone-id");
    let defined = text_of(calendar, CALDAV, "calendar-timezone");
    // Both are there where a sharee has set the latter; its name may be one that only its definition explains.
    let is_explained = |tzid: &String| defined.is_none() || icalendar::timezone(tzid.trim()).is_some();
    named.filter(is_explained).or(defined)
}

/// The C:calendar-timezone-id that is set with a C:calendar-timezone by who has a calendar from somebody else, lest the
/// owner's stay in force; none where no zone is set.
pub fn own_timezone_id(set: &[Property]) -> Option<Property> {
    let zone =
        set.iter().find(|property| property.name.namespace == CALDAV && property.name.name == "calendar-timezone");
    let definition = crate::xml::read(zone?.xml.as_bytes()).ok()?.text();
    let tzid = icalendar::inspect_timezone(definition.as_bytes()).ok()?;
    Some(with_text(CALDAV, "calendar-timezone-id", &tzid))
}

/// Only in reports (RFC 4791 §9.6).
fn calendar_data(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    match subject {
        Subject::Resource(collection, _, Some(data)) if collection.place.home == Home::Calendars => {
            xml.content_lines(data);
            Answer::Given
        }
        _ => Answer::Missing,
    }
}
