//! What may be stored in a calendar collection (RFC 4791 §4.1). Lenient where clients are known to be sloppy: DTSTAMP,
//! PRODID and VERSION may be missing, ends may be before starts. Strict where it would corrupt.

use std::collections::HashSet;

use crate::fault;
use crate::recurrence::Rule;
use crate::syntax::{Component, Property, read};
use crate::text::Fault;
use crate::time::{Duration, Moment, period_of};

/// Checks a VCALENDAR; its components that are one object, all of one type and with one UID.
pub fn object(calendar: &Component) -> Result<Vec<&Component>, Fault> {
    calendar_properties(calendar)?;
    let components: Vec<_> = calendar.components.iter().filter(|component| is_part(component)).collect();
    let Some(first) = components.first() else {
        return Err(fault::resource(calendar.line, "no VEVENT, VTODO, VJOURNAL or other component to store"));
    };
    let uid = uid(first)?;
    let mut ids = HashSet::new();
    for component in &components {
        if component.name != first.name {
            let message = format!("a {} beside a {}: one object is of one type", component.name, first.name);
            return Err(fault::resource(component.line, &message));
        }
        if self::uid(component)? != uid {
            return Err(fault::resource(component.line, "a second UID: one object has one UID"));
        }
        let id = component.property("RECURRENCE-ID").map(|id| (id.value.trim(), id.param("TZID")));
        if !ids.insert(id) {
            return Err(fault::resource(component.line, "the same UID and RECURRENCE-ID twice"));
        }
        properties(component)?;
    }
    Ok(components)
}

/// Whether it is a part of the object, neither a zone nor something beside it.
fn is_part(component: &Component) -> bool {
    component.name != "VTIMEZONE" && !component.name.starts_with("X-")
}

fn calendar_properties(calendar: &Component) -> Result<(), Fault> {
    if let Some(method) = calendar.property("METHOD") {
        return Err(fault::resource(method.line, "METHOD is for messages, not for stored objects"));
    }
    let not = |name, accepted: &str| {
        calendar.property(name).filter(|property| !property.value.trim().eq_ignore_ascii_case(accepted))
    };
    if let Some(version) = not("VERSION", "2.0") {
        return Err(fault::unsupported(&format!("iCalendar of VERSION {}", version.value)));
    }
    if let Some(scale) = not("CALSCALE", "GREGORIAN") {
        return Err(fault::unsupported(&format!("CALSCALE {}", scale.value)));
    }
    Ok(())
}

fn uid(component: &Component) -> Result<&str, Fault> {
    match component.value("UID") {
        Some(uid) if uid.contains(char::is_control) => {
            Err(fault::resource(component.line, "a UID with a control character"))
        }
        Some(uid) if !uid.is_empty() => Ok(uid),
        _ => Err(fault::resource(component.line, &format!("a {} without UID", component.name))),
    }
}

/// RRULEs and EXRULEs of one component. RFC 5545 wants one, older producers send a few.
const RULES: usize = 8;

/// VALARMs of one component: each is asked for each instance.
const ALARMS: usize = 100;

/// Properties that may be there once.
const ONCE: [&str; 7] = ["UID", "DTSTART", "DTEND", "DUE", "DURATION", "RECURRENCE-ID", "COMPLETED"];

fn properties(component: &Component) -> Result<(), Fault> {
    for name in ONCE {
        if let Some(second) = component.all(name).nth(1) {
            return Err(fault::resource(second.line, &format!("{name} twice in one {}", component.name)));
        }
    }
    if let Some(rule) = component.rules("RRULE").chain(component.rules("EXRULE")).nth(RULES) {
        return Err(fault::bound(rule.line, "too many rules"));
    }
    if let Some(alarm) = component.components.iter().filter(|part| part.name == "VALARM").nth(ALARMS) {
        return Err(fault::bound(alarm.line, "too many alarms"));
    }
    if component.name == "VEVENT" && component.property("DTSTART").is_none() {
        return Err(fault::resource(component.line, "a VEVENT without DTSTART"));
    }
    for end in ["DTEND", "DUE"] {
        if let (Some(end), Some(_)) = (component.property(end), component.property("DURATION")) {
            return Err(fault::resource(end.line, &format!("{} and DURATION exclude each other", end.name)));
        }
    }
    component.properties.iter().try_for_each(value)
}

/// Checks the values that times are worked out from.
fn value(property: &Property) -> Result<(), Fault> {
    let value = property.value.trim();
    let tzid = property.param("TZID");
    let is_moment = |value: &str| Moment::parse(value, tzid).is_some();
    let valid = match property.name.as_str() {
        "DTSTART" | "DTEND" | "DUE" | "RECURRENCE-ID" => is_moment(value),
        "EXDATE" => value.is_empty() || value.split(',').all(is_moment),
        "RDATE" => {
            value.is_empty() || value.split(',').all(|value| is_moment(value) || period_of(value, tzid).is_some())
        }
        "DURATION" => Duration::parse(value).is_some(),
        "RRULE" | "EXRULE" => return if value.is_empty() { Ok(()) } else { Rule::of(property).map(drop) },
        _ => true,
    };
    if valid { Ok(()) } else { Err(fault::syntax(property.line, &format!("{} cannot be {value}", property.name))) }
}

/// Checks that a text is one VTIMEZONE in a VCALENDAR; its TZID.
pub fn timezone(object: &[u8]) -> Result<String, Fault> {
    let calendar = read(object)?;
    calendar_properties(&calendar)?;
    let [definition] = calendar.components.as_slice() else {
        return Err(fault::resource(calendar.line, "not exactly one VTIMEZONE"));
    };
    if definition.name != "VTIMEZONE" {
        return Err(fault::resource(definition.line, &format!("a {} and no VTIMEZONE", definition.name)));
    }
    let tzid = definition.text("TZID").filter(|tzid| !tzid.is_empty());
    let tzid = tzid.ok_or_else(|| fault::resource(definition.line, "a VTIMEZONE without TZID"))?;
    let mut observances =
        definition.components.iter().filter(|part| matches!(part.name.as_str(), "STANDARD" | "DAYLIGHT"));
    if !observances.clone().any(|_| true) {
        return Err(fault::resource(definition.line, "a VTIMEZONE without STANDARD and DAYLIGHT"));
    }
    observances.try_for_each(observance)?;
    Ok(tzid)
}

fn observance(observance: &Component) -> Result<(), Fault> {
    for name in ["DTSTART", "TZOFFSETFROM", "TZOFFSETTO"] {
        if observance.property(name).is_none() {
            return Err(fault::resource(observance.line, &format!("{} without {name}", observance.name)));
        }
    }
    observance.properties.iter().try_for_each(value)
}
