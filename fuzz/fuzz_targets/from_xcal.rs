//! Any octets as xCal: what is read gives a text that is read the same, and comes back as it was.
#![no_main]

use kalends_icalendar::Calendars;
use kalends_icalendar::icalendar::Guest;
use kalends_icalendar::text::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|object: &[u8]| {
    let Ok(text) = Calendars::convert(object.to_vec(), Format::Xml, Format::Text) else { return };
    let convert = |object: &[u8], source, to| {
        Calendars::convert(object.to_vec(), source, to).expect("what was written can be read")
    };
    assert_eq!(convert(&text, Format::Text, Format::Text), text, "a text does not change by being read");
    let there = convert(&text, Format::Text, Format::Xml);
    let back = convert(&there, Format::Xml, Format::Text);
    assert_eq!(convert(&back, Format::Text, Format::Xml), there);
});
