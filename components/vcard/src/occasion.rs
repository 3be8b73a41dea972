//! Days of a card that come back every year: birthday and anniversary.

use std::collections::HashSet;

use crate::conversion::{made_name, to_date_4_0};
use crate::escape;
use crate::property::Property;

/// What is written for an anniversary where ANNIVERSARY is not known: 3.0 and older (Apple's own beside its label, see
/// [`labelled`]).
const ANNIVERSARIES: [&str; 5] =
    ["ANNIVERSARY", "X-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY", "X-KADDRESSBOOK-X-ANNIVERSARY", "X-MS-ANNIVERSARY"];

/// Characters of a name, at most.
const NAME: usize = 200;

/// A day that comes back every year.
pub struct Occasion {
    /// `BDAY` or `ANNIVERSARY`.
    pub name: &'static str,
    /// The date (`19800415`, `--0415`), a space, and what to call the card.
    pub text: String,
}

/// The first birthday and the first anniversary that have a month and a day; others cannot come back.
pub fn of(properties: &[Property]) -> impl Iterator<Item = Occasion> {
    let birthday = properties.iter().filter(|property| property.is("BDAY")).find_map(date);
    let labelled = labelled(properties, "anniversary");
    let anniversary = properties.iter().filter(|property| is_anniversary(property, &labelled)).find_map(date);
    [("BDAY", birthday), ("ANNIVERSARY", anniversary)].into_iter().filter_map(|(name, date)| {
        let text = format!("{} {}", date?, subject(properties));
        Some(Occasion { name, text })
    })
}

/// Whether it is an anniversary, `labelled` being the groups that say so of a date of Apple's.
fn is_anniversary(property: &Property, labelled: &HashSet<String>) -> bool {
    ANNIVERSARIES.iter().any(|name| property.is(name))
        || (property.is("X-ABDATE") && group(property).is_some_and(|group| labelled.contains(&group)))
}

/// The groups with a label, in Apple's way (`item1.X-ABLabel:_$!<Anniversary>!$_`) or plain.
fn labelled(properties: &[Property], label: &str) -> HashSet<String> {
    let is_it = |property: &&Property| {
        let text = property.text();
        let text = text.strip_prefix("_$!<").and_then(|text| text.strip_suffix(">!$_")).unwrap_or(&text);
        text.eq_ignore_ascii_case(label)
    };
    properties.iter().filter(|property| property.is("X-ABLABEL")).filter(is_it).filter_map(group).collect()
}

/// The group of a property, in lower case.
fn group(property: &Property) -> Option<String> {
    property.group.as_deref().map(str::to_ascii_lowercase)
}

/// The day in the basic format of RFC 6350 §4.3.1, with the year or without; none where month or day are missing, or
/// there is no such day.
fn date(property: &Property) -> Option<String> {
    let mut property = property.clone();
    to_date_4_0(&mut property);
    let date = property.value.split(['T', 't']).next().unwrap_or_default();
    let (year, day) = date.split_at_checked(date.len().checked_sub(4)?)?;
    let is_number = |text: &str| text.bytes().all(|octet| octet.is_ascii_digit());
    // Programs whose dates have to have a year write 0000 for none.
    let year = if year == "0000" { "--" } else { year };
    let is_year = year == "--" || (year.len() == 4 && is_number(year));
    let is_day = is_number(day) && exists(year.parse().unwrap_or(LEAP), day.parse().ok()?);
    (is_year && is_day).then(|| format!("{year}{day}"))
}

/// A year that has 29 February.
const LEAP: u32 = 1972;

/// Whether a year has that day, `415` being 15 April.
fn exists(year: u32, day: u32) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match day / 100 {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=last).contains(&(day % 100))
}

/// FN, or what else there is to call the card by.
fn subject(properties: &[Property]) -> String {
    let full = properties.iter().find(|property| property.is("FN")).map(Property::text);
    let name = full.filter(|name| !name.trim().is_empty());
    let name = name.unwrap_or_else(|| escape::unescape(&made_name(properties)));
    name.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(NAME).collect()
}
