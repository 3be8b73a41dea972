//! The corpus of `tests/corpus/ical`: each file is taken or refused as its name says.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::path::PathBuf;

use kalends_icalendar::Calendars;
use kalends_icalendar::icalendar::Guest;
use kalends_icalendar::text::Format;

fn corpus(verdict: &str) -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/ical");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    let files: Vec<_> = files
        .into_iter()
        .filter(|path| name(path).starts_with(verdict) && name(path).ends_with(".ics"))
        .map(|path| (name(&path), std::fs::read(&path).unwrap()))
        .collect();
    assert!(!files.is_empty());
    files
}

#[test]
fn what_is_to_be_accepted_is() {
    for (name, object) in corpus("accepted.") {
        let inspection = Calendars::inspect(object, None).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
        assert!(!inspection.uid.is_empty(), "{name}");
        if let (Some(first), Some(last)) = (inspection.first, inspection.last) {
            assert!(first <= last, "{name}: {first} {last}");
        }
    }
}

#[test]
fn what_is_to_be_refused_is_with_that_rule_and_line() {
    for (name, object) in corpus("refused.") {
        let mut parts = name.split('.').skip(1);
        let (rule, line) = (parts.next().unwrap(), parts.next().unwrap().parse::<u32>().unwrap());
        match Calendars::inspect(object, None) {
            Ok(inspection) => panic!("{name} was taken: {inspection:?}"),
            Err(fault) => {
                assert_eq!(
                    (format!("{:?}", fault.rule).to_lowercase().as_str(), fault.line),
                    (format!("rule::{rule}").as_str(), line),
                    "{name}: {fault:?}"
                );
            }
        }
    }
}

/// The other forms there and back give the same text as the text read and written.
#[test]
fn the_other_forms_lose_nothing() {
    for (name, object) in corpus("accepted.") {
        let convert = |object: Vec<u8>, source, to| {
            Calendars::convert(object, source, to).unwrap_or_else(|fault| panic!("{name}: {fault:?}"))
        };
        let json = convert(object, Format::Text, Format::Json);
        let text = convert(json.clone(), Format::Json, Format::Text);
        assert_eq!(convert(text.clone(), Format::Text, Format::Json), json, "{name}");
        let xml = convert(text.clone(), Format::Text, Format::Xml);
        let back = convert(xml, Format::Xml, Format::Text);
        assert_eq!(String::from_utf8(back).unwrap(), String::from_utf8(text).unwrap(), "{name}");
    }
}

/// One stream of all, taken apart again, has each object with the same UID, type and times.
#[test]
fn a_stream_of_all_comes_apart_again() {
    let objects: Vec<_> = corpus("accepted.").into_iter().map(|(_, object)| object).collect();
    let inspect = |object: &Vec<u8>| Calendars::inspect(object.clone(), None).unwrap();
    let mut before: Vec<_> = objects.iter().map(inspect).collect();
    let stream = Calendars::merge(objects, Some("All, of them".to_string()));
    let text = String::from_utf8(stream.clone()).unwrap();
    assert!(text.contains("NAME:All\\, of them\r\n"));
    assert_eq!(text.matches("TZID:Europe/Berlin\r\n").count(), 1);
    let mut after: Vec<_> = Calendars::split(stream).unwrap().iter().map(inspect).collect();
    before.sort_by(|one, other| one.uid.cmp(&other.uid));
    after.sort_by(|one, other| one.uid.cmp(&other.uid));
    assert_eq!(before, after);
}
