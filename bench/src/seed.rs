//! What every server is loaded with: the same events and cards at every run.

use chrono::{Datelike, Days, NaiveDate};

/// Events a month.
const PER_MONTH: usize = 40;
/// Instances of a recurring event, one a week.
const INSTANCES: usize = 52;
/// The month that is queried.
pub const MONTH: (i32, u32) = (2021, 3);
/// The family name that every twentieth card has, and no other.
pub const FAMILY: &str = "Quellenreuther";

const BERLIN: &str = "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19961027T030000\r\n\
    RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nTZNAME:CET\r\nEND:STANDARD\r\n\
    BEGIN:DAYLIGHT\r\nDTSTART:19810329T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nTZOFFSETFROM:+0100\r\n\
    TZOFFSETTO:+0200\r\nTZNAME:CEST\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n";
const NEW_YORK: &str = "BEGIN:VTIMEZONE\r\nTZID:America/New_York\r\nBEGIN:STANDARD\r\nDTSTART:20071104T020000\r\n\
    RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\r\nTZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nTZNAME:EST\r\nEND:STANDARD\r\n\
    BEGIN:DAYLIGHT\r\nDTSTART:20070311T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\r\nTZOFFSETFROM:-0500\r\n\
    TZOFFSETTO:-0400\r\nTZNAME:EDT\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n";

/// When an event is: all day, or at an hour in UTC, in Berlin, in New York.
enum When {
    Day,
    Hour(&'static str, u32),
}

fn when(number: usize) -> When {
    let hour = 9 + (number % 7) as u32;
    match (number % 7, number % 3) {
        (0, _) => When::Day,
        (_, 0) => When::Hour("Europe/Berlin", hour),
        (_, 1) => When::Hour("", hour),
        _ => When::Hour("America/New_York", hour),
    }
}

impl When {
    /// A property of dates or times, `later` hours after the event's.
    fn property(&self, name: &str, date: NaiveDate, later: u32) -> String {
        let day = date.format("%Y%m%d");
        match self {
            When::Day => format!("{name};VALUE=DATE:{day}\r\n"),
            When::Hour("", hour) => format!("{name}:{day}T{:02}0000Z\r\n", hour + later),
            When::Hour(zone, hour) => format!("{name};TZID={zone}:{day}T{:02}0000\r\n", hour + later),
        }
    }
}

/// Where an event begins: they follow each other through the months from 2020 on.
fn first_day(number: usize) -> NaiveDate {
    let month = number / PER_MONTH;
    let first = NaiveDate::from_ymd_opt(2020 + (month / 12) as i32, 1 + (month % 12) as u32, 1).unwrap_or_default();
    later(first, number % 28)
}

fn later(date: NaiveDate, days: usize) -> NaiveDate {
    date.checked_add_days(Days::new(days as u64)).unwrap_or(date)
}

fn recurs(number: usize) -> bool {
    number.is_multiple_of(10)
}

/// Every second recurring event has an instance that is an hour later, and one that is left out.
fn has_exceptions(number: usize) -> bool {
    number.is_multiple_of(20)
}

/// An event by its number: one in ten is weekly for a year, one in twenty has exceptions, one in seven lasts all day,
/// the others are in one of three zones.
pub fn event(number: usize) -> String {
    named_event(number, &format!("bench-{number}"), &format!("Meeting number {number}"))
}

/// The event of that number with another UID and summary.
pub fn named_event(number: usize, uid: &str, summary: &str) -> String {
    let (when, date) = (when(number), first_day(number));
    let zone = match when {
        When::Hour("Europe/Berlin", _) => BERLIN,
        When::Hour("America/New_York", _) => NEW_YORK,
        _ => "",
    };
    let duration = if matches!(when, When::Day) { "P1D" } else { "PT1H" };
    let mut rule = String::new();
    let mut exception = String::new();
    if recurs(number) {
        rule = format!("RRULE:FREQ=WEEKLY;COUNT={INSTANCES}\r\n");
    }
    if has_exceptions(number) {
        rule += &when.property("EXDATE", later(date, 14), 0);
        let moved = [
            when.property("RECURRENCE-ID", later(date, 7), 0),
            when.property("DTSTART", later(date, 7), 1),
            format!("DURATION:{duration}\r\n"),
        ];
        exception = vevent(number, uid, &format!("{summary} moved"), &moved.concat());
    }
    let times = when.property("DTSTART", date, 0) + &format!("DURATION:{duration}\r\n") + &rule;
    let master = vevent(number, uid, summary, &times);
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Kalends//Bench//EN\r\n{zone}{master}{exception}END:VCALENDAR\r\n"
    )
}

fn vevent(number: usize, uid: &str, summary: &str, times: &str) -> String {
    format!(
        "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20200101T000000Z\r\n{times}SUMMARY:{summary}\r\nLOCATION:Room {}\r\n\
         DESCRIPTION:What is talked about in a meeting like this one\\, in a few words.\r\nEND:VEVENT\r\n",
        number % 17
    )
}

/// How many `VEVENT`s the first so many events are.
pub fn components(events: usize) -> usize {
    events + (0..events).filter(|number| has_exceptions(*number)).count()
}

/// How many of the first so many events have an instance in [`MONTH`].
pub fn in_month(events: usize) -> usize {
    let within = |date: NaiveDate| (date.year(), date.month()) == MONTH;
    let has = |number: &usize| {
        let date = first_day(*number);
        let instances = if recurs(*number) { INSTANCES } else { 1 };
        let left_out = |week: usize| week == 2 && has_exceptions(*number);
        (0..instances).any(|week| !left_out(week) && within(later(date, 7 * week)))
    };
    (0..events).filter(has).count()
}

/// A card by its number.
pub fn card(number: usize) -> String {
    let family = if number.is_multiple_of(20) { FAMILY.to_owned() } else { format!("Family{}", number % 100) };
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:bench-card-{number}\r\nFN:Given{number} {family}\r\nN:{family};Given{number};;;\r\n\
         EMAIL;TYPE=INTERNET:given{number}@example.org\r\nTEL;TYPE=CELL:+49 170 {number:07}\r\n\
         ADR;TYPE=HOME:;;Street {number};Town;;12345;Country\r\nNOTE:Somebody who is met in meetings.\r\nEND:VCARD\r\n"
    )
}

/// How many of the first so many cards have [`FAMILY`] as family name.
pub fn in_family(cards: usize) -> usize {
    cards.div_ceil(20)
}

#[cfg(test)]
mod tests {
    use super::{components, event, in_month};

    #[test]
    fn a_month_has_its_own_events_and_the_weekly_ones_of_the_year_before() {
        assert_eq!(in_month(100), 1, "the weekly one of the end of March 2020");
        let (thousand, ten) = (in_month(1000), in_month(10_000));
        assert_eq!(thousand, ten, "what comes later does not matter");
        assert!(thousand > 40);
    }

    #[test]
    fn exceptions_are_components_of_their_own() {
        let text: String = (0..60).map(event).collect();
        assert_eq!(text.matches("BEGIN:VEVENT").count(), components(60));
        assert_eq!(components(60), 63);
    }
}
