//! Calendar objects and cards to store.

/// A VCALENDAR with these lines in it; line ends are CRLF.
pub fn calendar(lines: &str) -> String {
    let lines = lines.trim().replace('\n', "\r\n");
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Kalends//Tests//EN\r\n{lines}\r\nEND:VCALENDAR\r\n")
}

/// An event with these further lines (`DTSTART` and so on).
pub fn event(uid: &str, lines: &str) -> String {
    calendar(&format!("BEGIN:VEVENT\nUID:{uid}\nDTSTAMP:20260101T000000Z\n{}\nEND:VEVENT", lines.trim()))
}

/// An event of one hour on a day (`20260314`), at noon UTC.
pub fn at_noon(uid: &str, day: &str) -> String {
    event(uid, &format!("DTSTART:{day}T120000Z\nDTEND:{day}T130000Z\nSUMMARY:Lunch {uid}"))
}

/// A task with these further lines.
pub fn task(uid: &str, lines: &str) -> String {
    calendar(&format!("BEGIN:VTODO\nUID:{uid}\nDTSTAMP:20260101T000000Z\n{}\nEND:VTODO", lines.trim()))
}

/// A card with a name and an e-mail address.
pub fn card(uid: &str, name: &str, email: &str) -> String {
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{name};;;;\r\nEMAIL;TYPE=INTERNET:{email}\r\nEND:VCARD\r\n"
    )
}
