//! The corpus of `tests/corpus/ical`: each file is taken or refused as its name says, or, in a folder of files of
//! others, as the manifest there.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::path::PathBuf;

use kalends_icalendar::Calendars;
use kalends_icalendar::icalendar::Guest;
use kalends_icalendar::text::{Content, Format};

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
        let inspection = Calendars::inspect(object).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
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
        match Calendars::inspect(object) {
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

/// Folders of what other libraries ship, with a `manifest.txt` and a licence of their own.
const FOLDERS: [&str; 4] = ["ical", "ical.js", "icalendar", "recurring-ical-events"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/ical")
}

/// The files of others with a suffix, as `folder/name`, in order.
fn others(suffix: &str) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.ends_with(suffix) {
                files.push((format!("{folder}/{name}"), std::fs::read(path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// `object` for what may be stored, `stream of N` for what can be taken apart into N objects that may, and else why
/// not.
fn verdict(content: &[u8]) -> String {
    let Err(fault) = Calendars::inspect(content.to_vec()) else { return "object".to_string() };
    match Calendars::split(Vec::from(content)) {
        Ok(objects) if objects.iter().all(|object| Calendars::inspect(object.clone()).is_ok()) => {
            format!("stream of {}", objects.len())
        }
        Ok(objects) => {
            let fault = objects.into_iter().find_map(|object| Calendars::inspect(object).err()).unwrap_or(fault);
            format!("refused in a part: {}", fault.message)
        }
        Err(_) => format!("refused on line {}: {}", fault.line, fault.message),
    }
}

#[test]
fn files_of_others_are_taken_or_refused_as_their_manifest_says() {
    let mut found: Vec<_> =
        others(".ics").into_iter().map(|(name, file)| format!("{name}\t{}", verdict(&file))).collect();
    let mut expected = Vec::new();
    for folder in FOLDERS {
        let manifest = std::fs::read_to_string(root().join(folder).join("manifest.txt")).unwrap_or_default();
        expected.extend(manifest.lines().map(|line| format!("{folder}/{line}")));
    }
    found.sort();
    expected.sort();
    let differs: Vec<_> = found.iter().filter(|line| !expected.contains(line)).cloned().collect();
    assert!(differs.is_empty(), "not in the manifest:\n{}", differs.join("\n"));
    assert_eq!(found.len(), expected.len(), "the manifests name files that are not there");
}

/// The other forms there and back give the same text as the text read and written.
#[test]
fn the_other_forms_lose_nothing() {
    let mut whole = 0;
    for (name, object) in corpus("accepted.").into_iter().chain(others(".ics")) {
        let convert = |object: Vec<u8>, source, to| {
            Calendars::convert(object, source, to).unwrap_or_else(|fault| panic!("{name}: {fault:?}"))
        };
        // What is no iCalendar, and a file with several calendars, has no other form.
        let Ok(text) = Calendars::convert(object, Format::Text, Format::Text) else { continue };
        let json = convert(text.clone(), Format::Text, Format::Json);
        let settled = convert(json.clone(), Format::Json, Format::Text);
        assert_eq!(convert(settled.clone(), Format::Text, Format::Json), json, "{name}");
        let xml = convert(settled.clone(), Format::Text, Format::Xml);
        let back = convert(xml, Format::Xml, Format::Text);
        assert_eq!(String::from_utf8(back).unwrap(), String::from_utf8(settled).unwrap(), "{name}");
        whole += 1;
    }
    assert!(whole > 280, "{whole} files have other forms");
}

/// Where a value is not of the type that it claims: ical.js makes it 0 or `false`, here it stays as it is. And the
/// PERIOD of RFC 7265's appendix B.2, which is a text there and an array in its §3.6.9; it is read in both forms.
const NOT_VALUES: [&str; 5] = [
    "ical.js/boolean.json",
    "ical.js/dates.json",
    "ical.js/float.json",
    "ical.js/integer.json",
    "icalendar/rfc_7265_appendix_example_2_jcal.jcal",
];

/// The jCal that others ship beside their iCalendar, value for value: RFC 7265's examples, and those of ical.js.
#[test]
fn jcal_is_that_of_others() {
    let texts: std::collections::HashMap<_, _> = others(".ics").into_iter().collect();
    let mut differences = Vec::new();
    let mut compared = 0;
    for (name, expected) in others(".json").into_iter().chain(others(".jcal")) {
        let text = name.replace("_jcal.jcal", "_ical.ics").replace(".json", ".ics");
        let Some(text) = texts.get(&text) else { continue };
        let Ok(jcal) = Calendars::convert(text.clone(), Format::Text, Format::Json) else { continue };
        let value = |json: &[u8]| serde_json::from_slice::<serde_json::Value>(json).unwrap();
        let (found, expected) = (value(&jcal), value(&expected));
        compared += 1;
        if found != expected && !NOT_VALUES.contains(&name.as_str()) {
            differences.push(format!("{name}\n{found}\n{expected}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(compared >= 10, "{compared} pairs");
}

/// RFC 7265's appendix B.2, as it stands there: TZID, a PERIOD in RDATE, an override. It gives the text beside it.
#[test]
fn the_example_of_rfc_7265_is_read_value_for_value() {
    let file = |name: &str| std::fs::read(root().join("icalendar").join(name)).unwrap();
    let jcal = file("rfc_7265_appendix_example_2_jcal.jcal");
    let text = file("rfc_7265_appendix_example_2_ical.ics");
    let from_jcal = Calendars::convert(jcal.clone(), Format::Json, Format::Json).unwrap();
    let value = |json: &[u8]| serde_json::from_slice::<serde_json::Value>(json).unwrap();
    let found = value(&Calendars::convert(text, Format::Text, Format::Json).unwrap());
    assert_eq!(value(&from_jcal), found);
    let components = |calendar: &serde_json::Value| {
        calendar[2]
            .as_array()
            .unwrap()
            .iter()
            .map(|component| component[0].as_str().unwrap().to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(components(&found), ["vtimezone", "vevent", "vevent"]);
    let value_of = |component: usize, name: &str| {
        let properties = found[2][component][1].as_array().unwrap();
        properties.iter().find(|property| property[0] == name).unwrap_or_else(|| panic!("{name}")).clone()
    };
    let zone = serde_json::json!({ "tzid": "US/Eastern" });
    let date_time = |name: &str, time: &str| serde_json::json!([name, zone, "date-time", time]);
    assert_eq!(value_of(1, "dtstart"), date_time("dtstart", "2006-01-02T12:00:00"));
    assert_eq!(value_of(1, "rdate"), serde_json::json!(["rdate", zone, "period", ["2006-01-02T15:00:00", "PT2H"]]));
    assert_eq!(value_of(1, "rrule"), serde_json::json!(["rrule", {}, "recur", { "freq": "DAILY", "count": 5 }]));
    assert_eq!(value_of(2, "recurrence-id"), date_time("recurrence-id", "2006-01-04T12:00:00"));
    assert_eq!(value_of(2, "dtstart"), date_time("dtstart", "2006-01-04T14:00:00"));
    // But for the form of the period, it is what stands there.
    let mut expected = value(&jcal);
    let properties = expected[2][1][1].as_array_mut().unwrap();
    let rdate = properties.iter_mut().find(|property| property[0] == "rdate").unwrap();
    rdate[3] = serde_json::json!(["2006-01-02T15:00:00", "PT2H"]);
    assert_eq!(found, expected);
}

/// One stream of all, taken apart again, has each object with the same UID, type and times.
#[test]
fn a_stream_of_all_comes_apart_again() {
    let objects: Vec<_> = corpus("accepted.").into_iter().map(|(_, object)| object).collect();
    let inspect = |object: &Vec<u8>| Calendars::inspect(object.clone()).unwrap();
    let mut before: Vec<_> = objects.iter().map(inspect).collect();
    let objects = objects.into_iter().map(Content::from).collect();
    let text = Calendars::merge(objects, Some("All, of them".to_string()), None);
    assert!(text.contains("NAME:All\\, of them\r\n"));
    assert_eq!(text.matches("TZID:Europe/Berlin\r\n").count(), 1);
    let mut after: Vec<_> = Calendars::split(text.into_bytes()).unwrap().iter().map(inspect).collect();
    before.sort_by(|one, other| one.uid.cmp(&other.uid));
    after.sort_by(|one, other| one.uid.cmp(&other.uid));
    assert_eq!(before, after);
}
