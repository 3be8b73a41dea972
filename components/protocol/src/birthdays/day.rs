//! A birthday or an anniversary: of the index's text about a card, an event.

use crate::icalendar::Anniversary;
use crate::store::{Collection, Resource};

/// A kind of day.
pub struct Kind {
    /// Its name in the index (`vcard.inspect`).
    pub property: &'static str,
    /// In the names of resources.
    segment: &'static str,
    /// In front of whose day it is, in no language.
    sign: &'static str,
}

/// The days that there are.
pub const KINDS: [Kind; 2] = [
    Kind { property: "BDAY", segment: "birthday", sign: "\u{1f382}" },
    Kind { property: "ANNIVERSARY", segment: "anniversary", sign: "\u{1f48d}" },
];

/// What the names of the resources end with.
const EXTENSION: &str = ".ics";

/// A day of a card's subject.
pub struct Day {
    /// The name of its resource: the address book's number, which stays when the book is renamed, the kind and the
    /// card's name.
    pub name: String,
    /// The number of the card's last change in its address book.
    pub seq: u64,
    /// UTC seconds: when the card was made.
    pub created: i64,
    /// UTC seconds: when the card was changed.
    pub modified: i64,
    kind: &'static Kind,
    date: Date,
    subject: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Date {
    year: Option<u16>,
    month: u8,
    day: u8,
}

impl Day {
    /// The days of a card that was found in a home of address books (`contacts/ann.vcf`).
    pub fn of(books: &[&Collection], card: &Resource) -> Vec<Self> {
        let Some((path, name)) = card.name.rsplit_once('/') else { return Vec::new() };
        let Some(book) = books.iter().find(|book| book.place.path == path) else { return Vec::new() };
        let of_kind = |kind: &'static Kind| {
            let (_, text) = card.texts.iter().find(|(property, _)| property == kind.property)?;
            let (date, subject) = read(text)?;
            let name = name_of(book.id, kind, name);
            let (seq, created, modified) = (card.seq, card.created, card.modified);
            Some(Day { name, seq, created, modified, kind, date, subject: subject.to_owned() })
        };
        KINDS.iter().filter_map(of_kind).collect()
    }

    /// The UID of its event: two address books may have cards of one UID, so it is made of the name.
    pub fn uid(&self) -> String {
        self.name.strip_suffix(EXTENSION).unwrap_or(&self.name).to_owned()
    }

    /// What its event says.
    pub fn anniversary(&self) -> Anniversary {
        let Date { year, month, day } = self.date;
        let since = year.map(|year| format!(" ({year})")).unwrap_or_default();
        Anniversary {
            uid: self.uid(),
            summary: format!("{} {}{since}", self.kind.sign, self.subject),
            category: self.kind.segment.to_ascii_uppercase(),
            year,
            month,
            day,
            stamp: self.created,
        }
    }
}

/// The names that the days of a card have, whether it has them or not.
pub fn names_of(book: u64, card: &str) -> impl Iterator<Item = String> {
    KINDS.iter().map(move |kind| name_of(book, kind, card))
}

fn name_of(book: u64, kind: &Kind, card: &str) -> String {
    format!("{book}-{}-{card}{EXTENSION}", kind.segment)
}

/// The number of the address book in the name of a resource.
pub fn book_of(name: &str) -> Option<u64> {
    name.split_once('-').and_then(|(book, _)| book.parse().ok())
}

/// The date (`19800415`, `--0415`) and whose it is, of a text in the index.
fn read(text: &str) -> Option<(Date, &str)> {
    let (date, subject) = text.split_once(' ')?;
    let (year, day) = date.split_at_checked(date.len().checked_sub(4)?)?;
    let (month, day) = (day.get(..2)?.parse().ok()?, day.get(2..)?.parse().ok()?);
    let year = if year == "--" { None } else { Some(year.parse().ok()?) };
    Some((Date { year, month, day }, subject))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_the_index() {
        let date = |year, month, day| Date { year, month, day };
        assert_eq!(read("19800415 Ann Other"), Some((date(Some(1980), 4, 15), "Ann Other")));
        assert_eq!(read("--0229 Ann"), Some((date(None, 2, 29), "Ann")));
        assert_eq!(read("--0229 "), Some((date(None, 2, 29), "")));
        for text in ["", " ", "19800415", "415 Ann", "x9800415 Ann", "1980\u{e9}\u{e9} Ann"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn names() {
        let names: Vec<String> = names_of(3, "a-b.vcf").collect();
        assert_eq!(names, ["3-birthday-a-b.vcf.ics", "3-anniversary-a-b.vcf.ics"]);
        assert_eq!((book_of(&names[0]), book_of("x-birthday"), book_of("")), (Some(3), None, None));
    }
}
