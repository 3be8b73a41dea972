//! The objects that are asked about, all of which have an instance in the month of the question.

/// An object and what it is.
pub struct Object {
    /// What it is.
    pub name: &'static str,
    /// Its text.
    pub text: Vec<u8>,
}

/// Berlin's VTIMEZONE, as clients write it.
const BERLIN: &str = "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:DAYLIGHT\nDTSTART:19810329T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\n\
    TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nTZNAME:CEST\nEND:DAYLIGHT\nBEGIN:STANDARD\nDTSTART:19961027T030000\n\
    RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nTZNAME:CET\nEND:STANDARD\nEND:VTIMEZONE\n";

/// All of them.
pub fn all() -> Vec<Object> {
    let zoned = "DTSTART;TZID=Europe/Berlin:20260605T090000\nDTEND;TZID=Europe/Berlin:20260605T100000\n";
    let weekly = "DTSTART;TZID=Europe/Berlin:20250106T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;BYDAY=MO,TH\n";
    let own_zone = |text: &str| text.replace("Europe/Berlin", "Customized Time Zone");
    let object = |name, components: String| Object {
        name,
        text: format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Kalends//bench//EN\n{components}END:VCALENDAR\n")
            .replace('\n', "\r\n")
            .into_bytes(),
    };
    vec![
        object("one event in UTC", event("DTSTART:20260605T090000Z\nDTEND:20260605T100000Z\n")),
        object("a day, every year", event("DTSTART;VALUE=DATE:19800605\nRRULE:FREQ=YEARLY\n")),
        object("one event in a named zone, with its VTIMEZONE", BERLIN.to_owned() + &event(zoned)),
        object("one event in a zone that only its VTIMEZONE defines", own_zone(&(BERLIN.to_owned() + &event(zoned)))),
        object("weekly, without an end", BERLIN.to_owned() + &event(weekly)),
        object("weekly, with 20 overrides and 20 EXDATEs", BERLIN.to_owned() + &overridden(weekly)),
        object("daily since 1990, without an end", event("DTSTART:19900101T090000Z\nRRULE:FREQ=DAILY\n")),
        object("100 attendees, 10 alarms, 20 KB of description", event(&crowded())),
        object("daily with 10,000 EXDATEs", event(&riddled(10_000))),
    ]
}

fn event(times: &str) -> String {
    format!(
        "BEGIN:VEVENT\nUID:4b1c8f0e-5c5a-4b0e-9a51-1d6a3c0e7f52\nDTSTAMP:20250101T080000Z\n{times}SUMMARY:A meeting\nLOCATION:Room 5\nEND:VEVENT\n"
    )
}

/// A series with overrides of Mondays in 2026, and Thursdays taken out.
fn overridden(series: &str) -> String {
    let days = |first: i64| (0..20).map(move |week| day(first + 7 * week));
    let exceptions: String = days(20_458).map(|day| format!("EXDATE;TZID=Europe/Berlin:{day}T090000\n")).collect();
    let moved = |day: String| {
        event(&format!(
            "RECURRENCE-ID;TZID=Europe/Berlin:{day}T090000\nDTSTART;TZID=Europe/Berlin:{day}T110000\nDURATION:PT1H\n"
        ))
    };
    event(&(series.to_owned() + &exceptions)) + &days(20_455).map(moved).collect::<String>()
}

fn crowded() -> String {
    let attendees: String = (0..100)
        .map(|n| format!("ATTENDEE;CN=Person {n};PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT:mailto:p{n}@example.com\n"))
        .collect();
    let alarms = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nDESCRIPTION:soon\nEND:VALARM\n".repeat(10);
    let description = "All work and no play. ".repeat(20_000 / 22);
    format!("DTSTART:20260605T090000Z\nDTEND:20260605T100000Z\n{attendees}DESCRIPTION:{description}\n{alarms}")
}

/// A daily series with this many days taken out, all before the month that is asked for.
fn riddled(days: i64) -> String {
    let exceptions: Vec<_> = (1..=days).map(|n| day(20_604 - n) + "T090000Z").collect();
    format!("DTSTART:19980101T090000Z\nRRULE:FREQ=DAILY\nEXDATE:{}\n", exceptions.join(","))
}

/// A day as RFC 5545 writes it, by its number from 1970-01-01 on.
fn day(number: i64) -> String {
    chrono::DateTime::from_timestamp(number * 86_400, 0).unwrap_or_default().format("%Y%m%d").to_string()
}
