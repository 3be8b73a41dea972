//! Any octets as an object: what is taken has a UID, bounds in their order, and stays what it is in every form.
#![no_main]

use kalends_icalendar::Calendars;
use kalends_icalendar::icalendar::Guest;
use kalends_icalendar::text::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|object: &[u8]| {
    let Ok(inspection) = Calendars::inspect(object.to_vec()) else { return };
    assert!(!inspection.uid.is_empty());
    if let (Some(first), Some(last)) = (inspection.first, inspection.last) {
        assert!(first <= last, "{inspection:?}");
    }
    let read_back = |form| {
        let there = Calendars::convert(object.to_vec(), Format::Text, form).expect("what can be read can be written");
        Calendars::convert(there, form, Format::Text).expect("what is written can be read")
    };
    // XML cannot hold what RFC 5545 does not allow either, and clients send nevertheless.
    let other = if object.iter().any(|octet| octet.is_ascii_control() && !b"\t\r\n".contains(octet)) {
        Format::Text
    } else {
        Format::Xml
    };
    for form in [Format::Text, Format::Json, other] {
        let text = read_back(form);
        let again = Calendars::inspect(text).expect("a form keeps what is valid");
        assert_eq!((&again.uid, &again.component), (&inspection.uid, &inspection.component));
        assert_eq!((again.first, again.last, again.exact), (inspection.first, inspection.last, inspection.exact));
    }
    let stream = Calendars::merge(vec![object.to_vec().into()], None, None);
    Calendars::split(stream.into_bytes()).expect("a stream of valid objects comes apart");
});
