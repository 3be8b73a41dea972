//! What strangers may know of a calendar object: when its owner is busy and nothing else, or what its owner has not
//! classed as private.

use crate::free_busy::takes_time;
use crate::stream::PRODID;
use crate::syntax::{Component, Property, read, write};
use std::mem;

/// What is left of a VEVENT.
const TIMES: [&str; 8] = ["DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXRULE", "EXDATE", "RECURRENCE-ID"];
/// What is left of a time zone's definition.
const ZONE: [&str; 7] = ["TZID", "DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "TZNAME", "RRULE", "RDATE"];
/// What is left of the parameters of both.
const PARAMETERS: [&str; 3] = ["VALUE", "TZID", "RANGE"];
/// When a concealed event was made is nobody's business, but RFC 5545 §3.6.1 requires a time.
const DTSTAMP: &str = "19700101T000000Z";

/// Who may know of a component (RFC 5545 §3.8.1.3), as programs with a choice of three show it: everybody; everybody
/// when it is; its owner alone. The last is what a value means that is not known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Public,
    Confidential,
    Private,
}

/// The object with nothing but times, under `uid`; none where none of it takes time, or it cannot be read.
pub fn conceal(object: &[u8], uid: &str) -> Option<Vec<u8>> {
    times(&read(object).ok()?, uid, takes_time)
}

/// The object as its owner has classed it: of what is confidential only times, of what is private nothing. None where
/// nothing is left, or it cannot be read. Instances are no more public than their series; one that is confidential
/// throughout is under `uid`.
pub fn disclose(object: &[u8], uid: &str) -> Option<Vec<u8>> {
    let calendar = read(object).ok()?;
    if calendar.components.iter().all(|component| class(component) == Class::Public) {
        return Some(object.to_vec());
    }
    let series = calendar.components.iter().find(|component| is_series(component));
    match series.map_or(Class::Public, class) {
        Class::Public => public(calendar),
        Class::Confidential => times(&calendar, uid, |event| takes_time(event) && class(event) != Class::Private),
        Class::Private => None,
    }
}

/// The strictest that is said.
fn class(component: &Component) -> Class {
    let said = component.properties.iter().filter(|property| property.name == "CLASS");
    let classes = said.map(|property| match property.value.trim() {
        value if value.eq_ignore_ascii_case("PUBLIC") => Class::Public,
        value if value.eq_ignore_ascii_case("CONFIDENTIAL") => Class::Confidential,
        _ => Class::Private,
    });
    classes.max().unwrap_or(Class::Public)
}

/// Whether it is no instance of a series: the series, or what happens once.
fn is_series(component: &Component) -> bool {
    component.name != "VTIMEZONE" && component.property("RECURRENCE-ID").is_none()
}

/// A public series, or instances of one that is not here: those that are private are exceptions.
fn public(mut calendar: Component) -> Option<Vec<u8>> {
    let (mut left, mut exceptions) = (Vec::new(), Vec::new());
    for component in mem::take(&mut calendar.components) {
        match class(&component) {
            Class::Public => left.push(component),
            Class::Confidential if component.name == "VEVENT" && takes_time(&component) => {
                let uid = component.property("UID").map(|uid| uid.value.clone()).unwrap_or_default();
                left.push(event(&component, &uid));
            }
            _ => exceptions.extend(exception(&component)),
        }
    }
    if let Some(series) = left.iter_mut().find(|component| is_series(component)) {
        series.properties.extend(exceptions);
    }
    let is_anything_left = left.iter().any(|component| component.name != "VTIMEZONE");
    calendar.components = left;
    is_anything_left.then(|| write(&calendar).into_bytes())
}

/// The object with nothing but the times of the events that are `shown`; none where there are no such.
fn times(calendar: &Component, uid: &str, shown: impl Fn(&Component) -> bool) -> Option<Vec<u8>> {
    let mut concealed = Component::new("VCALENDAR");
    concealed.properties = vec![Property::new("VERSION", "2.0"), Property::new("PRODID", PRODID)];
    let of_name = |name: &'static str| calendar.components.iter().filter(move |component| component.name == name);
    let events = busy(&of_name("VEVENT").collect::<Vec<_>>(), uid, shown);
    if events.is_empty() {
        return None;
    }
    concealed.components.extend(of_name("VTIMEZONE").map(|zone| reduced(zone, &ZONE)));
    concealed.components.extend(events);
    Some(write(&concealed).into_bytes())
}

/// The events that are shown. An instance of a series that is not becomes an exception; instances of a series that
/// is not stand by themselves.
fn busy(events: &[&Component], uid: &str, shown: impl Fn(&Component) -> bool) -> Vec<Component> {
    let (masters, instances): (Vec<&Component>, Vec<&Component>) =
        events.iter().partition(|event| event.property("RECURRENCE-ID").is_none());
    let master = masters.into_iter().find(|master| shown(master));
    let (taking, free): (Vec<&Component>, Vec<&Component>) = instances.into_iter().partition(|event| shown(event));
    match master {
        Some(master) => {
            let mut series = event(master, uid);
            series.properties.extend(free.iter().filter_map(|instance| exception(instance)));
            std::iter::once(series).chain(taking.iter().map(|instance| event(instance, uid))).collect()
        }
        None => taking.iter().enumerate().map(|(at, instance)| single(instance, &format!("{uid}-{at}"))).collect(),
    }
}

fn event(source: &Component, uid: &str) -> Component {
    let mut event = reduced(source, &TIMES);
    event.components.clear();
    event.properties.push(Property::new("UID", uid));
    event.properties.push(Property::new("DTSTAMP", DTSTAMP));
    event.properties.push(Property::new("SUMMARY", "Busy"));
    event
}

fn single(instance: &Component, uid: &str) -> Component {
    let mut single = event(instance, uid);
    single.properties.retain(|property| property.name != "RECURRENCE-ID");
    single
}

/// The EXDATE that leaves an instance out.
fn exception(instance: &Component) -> Option<Property> {
    let mut exception = kept(instance.property("RECURRENCE-ID")?);
    exception.params.retain(|parameter| parameter.name != "RANGE");
    exception.name = "EXDATE".to_owned();
    Some(exception)
}

/// A component with these properties only, in it and in its subcomponents.
fn reduced(source: &Component, names: &[&str]) -> Component {
    let of_these = source.properties.iter().filter(|property| names.contains(&property.name.as_str()));
    Component {
        properties: of_these.map(kept).collect(),
        components: source.components.iter().map(|inner| reduced(inner, names)).collect(),
        ..Component::new(&source.name)
    }
}

fn kept(property: &Property) -> Property {
    let mut kept = property.clone();
    kept.params.retain(|parameter| PARAMETERS.contains(&parameter.name.as_str()));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONE: &str = "BEGIN:VTIMEZONE\nTZID:Here\nX-LIC-LOCATION:Secret/Place\nCOMMENT:secret\nBEGIN:STANDARD\n\
        DTSTART:19700101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0100\nCOMMENT:secret\nEND:STANDARD\nEND:VTIMEZONE\n";

    fn concealed(events: &str) -> Option<String> {
        let object =
            format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:secret\nX-WR-CALNAME:secret\n{ZONE}{events}END:VCALENDAR\n");
        conceal(object.replace('\n', "\r\n").as_bytes(), "u").map(|it| String::from_utf8(it).unwrap())
    }

    fn event(more: &str) -> String {
        format!(
            "BEGIN:VEVENT\nUID:secret@example.org\nDTSTAMP:20300101T000000Z\nDTSTART;TZID=Here;X-SECRET=1:20300102T100000\n{more}END:VEVENT\n"
        )
    }

    #[test]
    fn only_times_are_left() {
        let more = "DTEND;TZID=Here:20300102T110000\nRRULE:FREQ=DAILY\nSUMMARY:secret\nDESCRIPTION:secret\n\
            LOCATION:secret\nATTENDEE;CN=secret:mailto:secret@example.org\nORGANIZER:mailto:secret@example.org\n\
            CATEGORIES:secret\nX-ANY:secret\nBEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:secret\nTRIGGER:-PT5M\nEND:VALARM\n";
        let left = concealed(&event(more)).unwrap();
        assert!(!left.to_lowercase().contains("secret"), "{left}");
        assert!(!left.contains("VALARM") && !left.contains("20300101T000000Z"), "{left}");
        for line in ["DTSTART;TZID=Here:20300102T100000", "RRULE:FREQ=DAILY", "UID:u", "SUMMARY:Busy", "TZID:Here"] {
            assert!(left.contains(&format!("\r\n{line}\r\n")), "{line}: {left}");
        }
        assert!(read(left.as_bytes()).is_ok());
    }

    #[test]
    fn what_takes_no_time_is_left_out() {
        for more in ["TRANSP:TRANSPARENT\n", "STATUS:CANCELLED\n"] {
            assert_eq!(concealed(&event(more)), None, "{more}");
        }
        assert_eq!(concealed("BEGIN:VTODO\nUID:t\nDTSTAMP:20300101T000000Z\nDUE:20300101T000000Z\nEND:VTODO\n"), None);
        assert_eq!(conceal(b"secret", "u"), None);
    }

    #[test]
    fn an_instance_that_takes_no_time_is_an_exception() {
        let series = event("RRULE:FREQ=DAILY\n");
        let instance = event("RECURRENCE-ID;TZID=Here:20300103T100000\nTRANSP:TRANSPARENT\n");
        let left = concealed(&(series + &instance)).unwrap();
        assert!(left.contains("\r\nEXDATE;TZID=Here:20300103T100000\r\n"), "{left}");
        assert_eq!(left.matches("BEGIN:VEVENT").count(), 1, "{left}");
    }

    #[test]
    fn instances_of_a_free_series_stand_by_themselves() {
        let series = event("RRULE:FREQ=DAILY\nTRANSP:TRANSPARENT\n");
        let instances = ["03", "04"].map(|day| event(&format!("RECURRENCE-ID;TZID=Here:203001{day}T100000\n")));
        let left = concealed(&(series + &instances.concat())).unwrap();
        assert!(!left.contains("RRULE") && !left.contains("RECURRENCE-ID"), "{left}");
        assert!(left.contains("UID:u-0") && left.contains("UID:u-1"), "{left}");
    }

    fn disclosed(events: &str) -> Option<String> {
        let object = format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:p\n{events}END:VCALENDAR\n").replace('\n', "\r\n");
        disclose(object.as_bytes(), "u").map(|it| String::from_utf8(it).unwrap())
    }

    #[test]
    fn what_is_public_is_given_as_it_is() {
        for class in ["", "CLASS:PUBLIC\n", "CLASS:public\n"] {
            let public = disclosed(&event(&format!("{class}SUMMARY:Concert\nX-ANY:thing\n"))).unwrap();
            assert!(public.contains("SUMMARY:Concert\r\nX-ANY:thing"), "{public}");
        }
    }

    #[test]
    fn of_what_is_confidential_only_the_time_is_told_and_of_what_is_private_nothing() {
        let told = disclosed(&event("CLASS:Confidential\nSUMMARY:secret\n")).unwrap();
        assert!(told.contains("SUMMARY:Busy") && told.contains("UID:u\r\n") && !told.contains("secret"), "{told}");
        for more in [
            "CLASS:PRIVATE\n",
            "CLASS:X-FRIENDS\n",
            "CLASS:PUBLIC\nCLASS:PRIVATE\n",
            "CLASS:CONFIDENTIAL\nTRANSP:TRANSPARENT\n",
        ] {
            assert_eq!(disclosed(&event(more)), None, "{more}");
        }
        let task = "BEGIN:VTODO\nUID:t\nDTSTAMP:20300101T000000Z\nCLASS:CONFIDENTIAL\nSUMMARY:secret\nEND:VTODO\n";
        assert_eq!(disclosed(task), None);
        assert_eq!(disclose(b"secret", "u"), None);
    }

    #[test]
    fn an_instance_is_no_more_public_than_its_series() {
        let instance = |day: &str, more: &str| {
            event(&format!("RECURRENCE-ID;TZID=Here:203001{day}T100000\nSUMMARY:changed\n{more}"))
        };
        let instances =
            [instance("03", ""), instance("04", "CLASS:CONFIDENTIAL\n"), instance("05", "CLASS:PRIVATE\n")].concat();
        let series = |class: &str| {
            disclosed(&(event(&format!("RRULE:FREQ=DAILY\nSUMMARY:weekly\nCLASS:{class}\n")) + &instances))
        };
        let public = series("PUBLIC").unwrap();
        assert_eq!(["weekly", "changed", "Busy"].map(|text| public.matches(text).count()), [1, 1, 1], "{public}");
        let confidential = series("CONFIDENTIAL").unwrap();
        assert_eq!(
            ["weekly", "changed", "Busy"].map(|text| confidential.matches(text).count()),
            [0, 0, 3],
            "{confidential}"
        );
        for left in [public, confidential] {
            assert!(left.contains("\r\nEXDATE;TZID=Here:20300105T100000\r\n"), "{left}");
            assert!(read(left.as_bytes()).is_ok());
        }
        assert_eq!(series("PRIVATE"), None);
    }
}
