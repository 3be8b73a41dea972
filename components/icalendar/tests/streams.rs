//! Free-busy time, streams and zones.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use kalends_icalendar::Calendars;
use kalends_icalendar::icalendar::{Guest, TimeRange};
use kalends_icalendar::text::{Content, Fault, Rule};

fn utc(text: &str) -> i64 {
    chrono::NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").unwrap().and_utc().timestamp()
}

fn object(body: &str) -> Vec<u8> {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{body}\nEND:VCALENDAR\n").into_bytes()
}

fn event(body: &str) -> Vec<u8> {
    object(&format!("BEGIN:VEVENT\nUID:1\n{body}\nEND:VEVENT"))
}

fn busy(objects: Vec<Vec<u8>>, start: &str, end: &str) -> Result<String, Fault> {
    let range = TimeRange { start: Some(utc(start)), end: Some(utc(end)) };
    let objects = objects.into_iter().map(Content::from).collect();
    let bytes = Calendars::free_busy(objects, range, Some("Europe/Berlin".into()), utc("20240101T000000Z"))?;
    Ok(String::from_utf8(bytes).unwrap().replace("\r\n ", ""))
}

#[test]
fn busy_time_is_merged_and_clipped() {
    let text = busy(
        vec![
            event("DTSTART:20240102T090000Z\nDURATION:PT2H"),
            event("DTSTART:20240102T100000Z\nDURATION:PT2H"),
            event("DTSTART:20240102T120000Z\nDURATION:PT1H\nTRANSP:TRANSPARENT"),
            event("DTSTART:20240102T120000Z\nDURATION:PT1H\nSTATUS:CANCELLED"),
            event("DTSTART:20240101T230000Z\nDURATION:PT2H"),
            event("DTSTART:20231201T150000Z\nDURATION:PT1H\nSTATUS:TENTATIVE\nRRULE:FREQ=DAILY"),
            event("DTSTART;VALUE=DATE:20240103"),
            object("BEGIN:VFREEBUSY\nUID:2\nFREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20240102T180000Z/PT1H\nFREEBUSY;FBTYPE=FREE:20240102T190000Z/PT1H\nEND:VFREEBUSY"),
            b"not a calendar".to_vec(),
        ],
        "20240102T000000Z",
        "20240103T000000Z",
    )
    .unwrap();
    let lines: Vec<_> = text.lines().filter(|line| line.starts_with("FREEBUSY")).collect();
    assert_eq!(
        lines,
        [
            "FREEBUSY;FBTYPE=BUSY:20240102T000000Z/20240102T010000Z,20240102T090000Z/20240102T120000Z,20240102T230000Z/20240103T000000Z",
            "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20240102T150000Z/20240102T160000Z",
            "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20240102T180000Z/20240102T190000Z",
        ]
    );
    assert!(text.contains("DTSTAMP:20240101T000000Z\r\nDTSTART:20240102T000000Z\r\nDTEND:20240103T000000Z\r\n"));
    let seconds = event("DTSTART:20240101T000000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY;INTERVAL=2");
    assert_eq!(busy(vec![seconds], "20240101T000000Z", "20250101T000000Z").unwrap_err().rule, Rule::Bound);
}

fn zoned(uid: &str, tzid: &str, offset: &str) -> Vec<u8> {
    object(&format!(
        "BEGIN:VTIMEZONE\nTZID:{tzid}\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:{offset}\nTZOFFSETTO:{offset}\n\
         END:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\nUID:{uid}\nDTSTART;TZID={tzid}:20240101T100000\nEND:VEVENT"
    ))
}

#[test]
fn zones_of_one_name_that_differ_are_told_apart() {
    let objects = vec![zoned("1", "Mine", "+0100"), zoned("2", "Mine", "+0200"), zoned("3", "Mine", "+0100")];
    let bounds = |object: Vec<u8>| {
        let inspection = Calendars::inspect(object).unwrap();
        (inspection.first, inspection.last, inspection.exact)
    };
    let before: Vec<_> = objects.iter().cloned().map(bounds).collect();
    let text = Calendars::merge(objects.into_iter().map(Content::from).collect(), None, Some(90));
    assert_eq!(text.matches("BEGIN:VTIMEZONE").count(), 2);
    assert!(text.contains("\r\nREFRESH-INTERVAL;VALUE=DURATION:PT90M\r\n"), "{text}");
    let after: Vec<_> = Calendars::split(text.into_bytes()).unwrap().into_iter().map(bounds).collect();
    assert_eq!(after, before);
}

/// Producers send definitions that hold for their own object only: winter alone, in the first of these.
#[test]
fn a_zone_that_is_known_by_name_is_written_whole_where_its_definitions_differ() {
    let winter = zoned("1", "Europe/Berlin", "+0100");
    let alone = Calendars::merge(vec![winter.clone().into(), winter.clone().into()], None, None);
    assert!(!alone.contains("BEGIN:DAYLIGHT"), "{alone}");
    let summer = zoned("2", "Europe/Berlin", "+0200");
    let summer = String::from_utf8(summer).unwrap().replace("STANDARD", "DAYLIGHT").into_bytes();
    let all = [winter.clone(), summer, winter].map(Content::from).to_vec();
    let text = Calendars::merge(all, None, None);
    let whole = Calendars::timezone("Europe/Berlin".into()).unwrap();
    let definition = &whole[whole.find("BEGIN:VTIMEZONE").unwrap()..whole.find("END:VCALENDAR").unwrap()];
    assert!(text.contains(definition) && text.matches("BEGIN:VTIMEZONE").count() == 1, "{text}");
}

#[test]
fn streams_are_split_by_uid_and_keep_the_zones_they_need() {
    let stream = b"BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:PUBLISH\nX-WR-CALNAME:x\nBEGIN:VTIMEZONE\nTZID:A\nEND:VTIMEZONE\nBEGIN:VTIMEZONE\n\
        TZID:B\nEND:VTIMEZONE\nBEGIN:VEVENT\nUID:1\nDTSTART;TZID=A:20240101T100000\nRRULE:FREQ=DAILY\nEND:VEVENT\nBEGIN:VTODO\nUID:2\n\
        END:VTODO\nBEGIN:VEVENT\nUID:1\nRECURRENCE-ID;TZID=A:20240102T100000\nDTSTART;TZID=A:20240102T110000\nEND:VEVENT\nEND:VCALENDAR\n"
    .to_vec();
    let objects = Calendars::split(stream).unwrap();
    let texts: Vec<_> = objects.iter().map(|object| String::from_utf8(object.clone()).unwrap()).collect();
    assert_eq!(texts.len(), 2);
    assert!(texts[0].contains("TZID:A\r\n") && !texts[0].contains("TZID:B\r\n") && !texts[0].contains("METHOD"));
    assert_eq!(texts[0].matches("BEGIN:VEVENT").count(), 2);
    assert_eq!(texts[1], "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTODO\r\nUID:2\r\nEND:VTODO\r\nEND:VCALENDAR\r\n");
    let fault = Calendars::split(object("BEGIN:VEVENT\nDTSTART:20240101T100000Z\nEND:VEVENT")).unwrap_err();
    assert_eq!((fault.rule, fault.line), (Rule::Resource, 4));
}

#[test]
fn a_collection_has_one_zone() {
    let zone = Calendars::timezone("Europe/Berlin".into()).unwrap();
    assert_eq!(Calendars::inspect_timezone(zone.into_bytes()).unwrap(), "Europe/Berlin");
    assert_eq!(Calendars::inspect_timezone(zoned("1", "Mine", "+0100")).unwrap_err().rule, Rule::Resource);
    assert_eq!(Calendars::inspect_timezone(b"Europe/Berlin".to_vec()).unwrap_err().rule, Rule::Syntax);
    assert_eq!(Calendars::inspect_timezone(object("BEGIN:VTIMEZONE\nTZID:A\nEND:VTIMEZONE")).unwrap_err().line, 4);
}

#[test]
fn zones_are_given_by_iana_and_by_windows_names() {
    let zone = |tzid: &str| Calendars::timezone(tzid.to_string());
    assert_eq!(zone("Eastern Standard Time"), zone("America/New_York"));
    assert!(zone("America/New_York").unwrap().contains("TZID:America/New_York\r\n"));
    assert_eq!(zone("Nowhere"), None);
}

/// Programs publish and export every revision of an event: the latest is the object.
#[test]
fn of_revisions_the_latest_is_taken() {
    let revision = |more: &str, summary: &str| {
        format!("BEGIN:VEVENT\nUID:1\nDTSTART:20240101T100000Z\nSUMMARY:{summary}\n{more}\nEND:VEVENT\n")
    };
    let instance = "RECURRENCE-ID:20240108T100000Z";
    let events = [
        revision("SEQUENCE:10", "latest series"),
        revision("SEQUENCE:9\nLAST-MODIFIED:20250101T000000Z", "old series"),
        revision(&format!("{instance}\nLAST-MODIFIED:20240101T000000Z"), "old instance"),
        revision(&format!("{instance}\nLAST-MODIFIED:20240102T000000Z"), "latest instance"),
    ];
    let objects = Calendars::split(object(&events.concat())).unwrap();
    let text = String::from_utf8(objects.concat()).unwrap();
    assert_eq!(objects.len(), 1);
    assert!(text.contains("latest series") && text.contains("latest instance") && !text.contains("old"), "{text}");
    Calendars::inspect(objects[0].clone()).unwrap();
}
