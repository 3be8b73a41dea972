//! The requests that are measured, as clients make them.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;

use crate::connection::{Connection, Exchange};
use crate::load::EVENT;
use crate::seed;
use crate::xml;

/// A kind of request, or of several that belong together.
#[derive(Clone)]
pub struct Scenario {
    /// What it is.
    pub name: &'static str,
    requests: Requests,
    expected: Expected,
}

/// Texts, and how many times each has to be in the last answer.
type Expected = Vec<(String, usize)>;

#[derive(Clone)]
enum Requests {
    /// The same each time.
    Same(Vec<Exchange>),
    /// Another object each time, in the calendar of this path.
    Fresh(String),
    /// An object of the calendar of this path, changed each time.
    Changed(String),
}

/// Numbers of one connection's requests begin at a multiple of this.
pub const CONNECTION: usize = 1_000_000;

impl Scenario {
    /// The requests of that number.
    pub fn exchanges(&self, number: usize) -> Vec<Exchange> {
        match &self.requests {
            Requests::Same(exchanges) => exchanges.clone(),
            Requests::Fresh(calendar) => {
                let object = seed::named_event(number % 5000, &format!("fresh-{number}"), "Something new");
                vec![Exchange::put(format!("{calendar}fresh-{number}.ics"), EVENT, object)]
            }
            Requests::Changed(calendar) => {
                // Each connection has an object of its own.
                let which = number / CONNECTION;
                let object = seed::named_event(which, &format!("bench-{which}"), &format!("Meeting changed {number}"));
                vec![Exchange::put(format!("{calendar}e{which}.ics"), EVENT, object)]
            }
        }
    }

    /// Makes the requests. Returns the last answer's body.
    ///
    /// # Errors
    /// Where an answer is neither a success nor a redirection.
    pub async fn run(&self, connection: &mut Connection, exchanges: &[Exchange]) -> Result<Bytes> {
        let mut body = Bytes::new();
        for exchange in exchanges {
            let (answer, content) = connection.exchange(exchange).await?;
            let status = answer.status();
            ensure!(status.is_success() || status.is_redirection(), "{} {}: {status}", exchange.method, exchange.path);
            body = content;
        }
        Ok(body)
    }

    /// Checks the last answer.
    ///
    /// # Errors
    /// Where it is not what this kind of request has to bring.
    pub fn check(&self, body: &Bytes) -> Result<()> {
        for (text, count) in &self.expected {
            let answer = std::str::from_utf8(body)?;
            let found = answer.matches(text.as_str()).count();
            let beginning = || answer.chars().take(300).collect::<String>();
            ensure!(found == *count, "{found} times {text:?} in the answer, not {count}: {:?}", beginning());
        }
        Ok(())
    }
}

/// A loaded server, as scenarios see it.
pub struct Loaded<'a> {
    /// The requests of discovery.
    pub walk: &'a [Exchange],
    /// Path of the calendar.
    pub calendar: &'a str,
    /// How many events are in it.
    pub events: usize,
    /// Path of the address book.
    pub address_book: &'a str,
    /// How many cards are in it.
    pub cards: usize,
    /// What the whole calendar is got from.
    pub whole: Option<String>,
}

const NAMESPACES: &str =
    r#"xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:A="urn:ietf:params:xml:ns:carddav""#;

/// The names of all scenarios, in the order of [`all`].
pub const NAMES: [&str; 12] = [
    "discovery, from the address to the calendars",
    "GET",
    "PROPFIND Depth 1, ETags",
    "calendar-query of a month, with data",
    "calendar-multiget of 100, with data",
    "sync-collection, initial",
    "sync-collection, one change",
    "sync-collection, no change",
    "addressbook-query, 5 % match, with data",
    "GET of the whole calendar",
    "PUT of a changed event",
    "PUT of a new event",
];

/// All of them, those that write at the end. `None` is one that this server does not have.
///
/// # Errors
/// Where the server cannot be asked.
pub async fn all(connection: &mut Connection, loaded: &Loaded<'_>) -> Result<Vec<Option<Scenario>>> {
    let Loaded { calendar, events, .. } = *loaded;
    let tokens = Tokens::of(connection, calendar).await.ok();
    let members = |count| vec![(".ics</".to_owned(), count)];
    let with_data = |count| vec![(".ics</".to_owned(), count), ("BEGIN:VCALENDAR".to_owned(), count)];
    let etags = format!("<D:propfind {NAMESPACES}><D:prop><D:getetag/></D:prop></D:propfind>");
    let report = |depth, body| vec![Exchange::xml("REPORT", calendar, depth, body)];
    let synchronise = |token: &str| vec![synchronisation(calendar, token)];
    let count = events.min(100);
    let found = seed::in_family(loaded.cards);
    let search = vec![Exchange::xml("REPORT", loaded.address_book, "1", search())];
    let plain = |path: &str| Requests::Same(vec![Exchange::plain("GET", path)]);
    let same = Requests::Same;
    let parts: [Option<(Requests, Expected)>; NAMES.len()] = [
        Some((same(loaded.walk.to_vec()), vec![(format!("{calendar}</"), 1)])),
        Some((plain(&format!("{calendar}e1.ics")), vec![("BEGIN:VEVENT".to_owned(), 1)])),
        Some((same(vec![Exchange::xml("PROPFIND", calendar, "1", etags)]), members(events))),
        Some((same(report("1", month())), with_data(seed::in_month(events)))),
        Some((same(report("1", multiget(calendar, count))), with_data(count))),
        tokens.as_ref().map(|_| (same(synchronise("")), members(events))),
        tokens.as_ref().map(|tokens| (same(synchronise(&tokens.before)), members(1))),
        tokens.as_ref().map(|tokens| (same(synchronise(&tokens.after)), members(0))),
        Some((same(search), vec![(".vcf</".to_owned(), found), ("BEGIN:VCARD".to_owned(), found)])),
        loaded.whole.as_ref().map(|path| (plain(path), vec![("\nUID:bench-".to_owned(), seed::components(events))])),
        Some((Requests::Changed(calendar.to_owned()), Vec::new())),
        Some((Requests::Fresh(calendar.to_owned()), Vec::new())),
    ];
    let named = parts.into_iter().zip(NAMES);
    Ok(named.map(|(part, name)| part.map(|(requests, expected)| Scenario { name, requests, expected })).collect())
}

/// Sync tokens before and after one event was changed.
pub struct Tokens {
    /// Before it.
    pub before: String,
    /// After it.
    pub after: String,
}

impl Tokens {
    /// Changes the first event of a calendar between the two.
    ///
    /// # Errors
    /// Where the server does not synchronise.
    pub async fn of(connection: &mut Connection, calendar: &str) -> Result<Self> {
        let before = token(connection, calendar).await?;
        let object = seed::named_event(0, "bench-0", "Meeting number 0 in another room");
        connection.send(&Exchange::put(format!("{calendar}e0.ics"), EVENT, object)).await?;
        Ok(Tokens { before, after: token(connection, calendar).await? })
    }
}

async fn token(connection: &mut Connection, calendar: &str) -> Result<String> {
    let body = connection.send(&synchronisation(calendar, "")).await?;
    let text = std::str::from_utf8(&body)?;
    Ok(xml::content(text, "sync-token").context("there is no sync token in the answer")?.to_owned())
}

/// A sync-collection from that token on.
pub fn synchronisation(calendar: &str, token: &str) -> Exchange {
    let body = format!(
        "<D:sync-collection {NAMESPACES}><D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level>\
         <D:prop><D:getetag/></D:prop></D:sync-collection>"
    );
    Exchange::xml("REPORT", calendar, "0", body)
}

/// A query of the month with the calendar data.
pub fn month_of(calendar: &str) -> Exchange {
    Exchange::xml("REPORT", calendar, "1", month())
}

fn month() -> String {
    let (year, month) = seed::MONTH;
    format!(
        "<C:calendar-query {NAMESPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop><C:filter><C:comp-filter name=\"VCALENDAR\">\
         <C:comp-filter name=\"VEVENT\"><C:time-range start=\"{year}{month:02}01T000000Z\" end=\"{year}{:02}01T000000Z\"/></C:comp-filter>\
         </C:comp-filter></C:filter></C:calendar-query>",
        month + 1
    )
}

fn multiget(calendar: &str, count: usize) -> String {
    let hrefs: String = (0..count).map(|number| format!("<D:href>{calendar}e{number}.ics</D:href>")).collect();
    format!(
        "<C:calendar-multiget {NAMESPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop>{hrefs}</C:calendar-multiget>"
    )
}

fn search() -> String {
    format!(
        "<A:addressbook-query {NAMESPACES}><D:prop><D:getetag/><A:address-data/></D:prop><A:filter><A:prop-filter name=\"FN\">\
         <A:text-match collation=\"i;unicode-casemap\" match-type=\"contains\">{}</A:text-match></A:prop-filter></A:filter>\
         </A:addressbook-query>",
        seed::FAMILY
    )
}
