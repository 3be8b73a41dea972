//! The calendar that is read: the same events at every run, one in ten of them recurring.

use anyhow::Result;

use crate::connection::{Account, Connection, Exchange};

/// Events a month.
const PER_MONTH: usize = 40;

/// An event by its number. They follow each other through the months from 2020 on; every tenth is weekly for a year, every seventh lasts all day.
pub fn event(number: usize) -> String {
    let month = number / PER_MONTH;
    let (year, month, day) = (2020 + month / 12, 1 + month % 12, 1 + number % 28);
    let date = format!("{year}{month:02}{day:02}");
    let times = match number % 7 {
        0 => format!("DTSTART;VALUE=DATE:{date}\r\nDURATION:P1D"),
        hour => format!("DTSTART:{date}T{:02}0000Z\r\nDTEND:{date}T{:02}0000Z", 8 + hour, 9 + hour),
    };
    let rule = if number.is_multiple_of(10) { "RRULE:FREQ=WEEKLY;COUNT=52\r\n" } else { "" };
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Kalends//Bench//EN\r\nBEGIN:VEVENT\r\nUID:bench-{number}\r\n\
         DTSTAMP:20200101T000000Z\r\n{times}\r\n{rule}SUMMARY:Meeting number {number}\r\nLOCATION:Room {}\r\n\
         DESCRIPTION:What is talked about in a meeting like this one\\, in a few words.\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n",
        number % 17
    )
}

/// Makes a calendar of so many events. Returns its path.
///
/// # Errors
/// Where the server refuses one.
pub async fn fill(account: &Account, events: usize) -> Result<String> {
    let mut connection = account.connect().await?;
    let calendar = make(&mut connection, account, "bench-read").await?;
    for number in 0..events {
        connection.send(&Exchange::put(format!("{calendar}{number}.ics"), event(number))).await?;
    }
    Ok(calendar)
}

/// Makes an empty calendar, in the place of one of that name. Returns its path.
///
/// # Errors
/// Where the server refuses it.
pub async fn make(connection: &mut Connection, account: &Account, name: &str) -> Result<String> {
    let path = format!("{}{name}/", account.home);
    // It may be there from an earlier run.
    let _ = connection.send(&Exchange::xml("DELETE", &path, "", String::new())).await;
    connection.send(&Exchange::xml("MKCALENDAR", &path, "", String::new())).await?;
    Ok(path)
}
