//! The requests that are measured, as clients make them.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;

use crate::connection::{Account, Exchange};
use crate::seed;

/// A kind of request.
#[derive(Clone)]
pub struct Scenario {
    /// What it is.
    pub name: &'static str,
    request: Request,
    /// How many times this text has to be in the answer.
    expected: Option<(&'static str, usize)>,
}

#[derive(Clone)]
enum Request {
    /// The same each time.
    Same(Exchange),
    /// Another object each time, in the calendar of this path.
    Fresh(String),
    /// One object, changed each time.
    Changed(String),
}

impl Scenario {
    /// The request of that number.
    pub fn exchange(&self, number: usize) -> Exchange {
        match &self.request {
            Request::Same(exchange) => exchange.clone(),
            Request::Fresh(calendar) => {
                let object = seed::event(number % 5000).replace("UID:bench-", &format!("UID:fresh-{number}-"));
                Exchange::put(format!("{calendar}{number}.ics"), object)
            }
            Request::Changed(path) => {
                let object = seed::event(1).replace("SUMMARY:", &format!("SUMMARY:{number} "));
                Exchange::put(path.clone(), object.replace("UID:bench-1", "UID:changed"))
            }
        }
    }

    /// Checks an answer.
    ///
    /// # Errors
    /// Where it is not what this kind of request has to bring.
    pub fn check(&self, body: &Bytes) -> Result<()> {
        let Some((text, count)) = self.expected else { return Ok(()) };
        let found = std::str::from_utf8(body)?.matches(text).count();
        ensure!(found == count, "{}: {found} times {text} in the answer, not {count}", self.name);
        Ok(())
    }
}

const NAMESPACES: &str = r#"xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav""#;

/// All of them. `events` are in the calendar that is read.
///
/// # Errors
/// Where the server does not answer what they are made of.
pub async fn all(account: &Account, calendar: &str, events: usize) -> Result<Vec<Scenario>> {
    let mut connection = account.connect().await?;
    let written = seed::make(&mut connection, account, "bench-write").await?;
    let initial = Exchange::xml("REPORT", calendar, "0", sync(""));
    let token = token_in(&connection.send(&initial).await?)?;
    let last = seed::event(0).replace("SUMMARY:", "SUMMARY:Changed ");
    connection.send(&Exchange::put(format!("{calendar}0.ics"), last)).await?;
    let newest = token_in(&connection.send(&initial).await?)?;
    let etags = format!("<D:propfind {NAMESPACES}><D:prop><D:getetag/></D:prop></D:propfind>");
    let home = format!(
        "<D:propfind {NAMESPACES}><D:prop><D:resourcetype/><D:displayname/><D:sync-token/>\
         <C:supported-calendar-component-set/><D:current-user-privilege-set/></D:prop></D:propfind>"
    );
    let same = |name, exchange, expected| Scenario { name, request: Request::Same(exchange), expected };
    let get = Exchange {
        method: "GET",
        content_type: "",
        ..Exchange::xml("GET", &format!("{calendar}1.ics"), "", String::new())
    };
    Ok(vec![
        same("PROPFIND of the home, Depth 1", Exchange::xml("PROPFIND", &account.home, "1", home), None),
        Scenario { name: "PUT of a new event", request: Request::Fresh(written.clone()), expected: None },
        Scenario {
            name: "PUT of a changed event",
            request: Request::Changed(format!("{written}changed.ics")),
            expected: None,
        },
        same("GET", get, Some(("BEGIN:VEVENT", 1))),
        same("PROPFIND of all ETags", Exchange::xml("PROPFIND", calendar, "1", etags), Some(("getetag>", 2 * events))),
        same("calendar-query of a month", Exchange::xml("REPORT", calendar, "1", month()), None),
        same(
            "calendar-multiget of 100",
            Exchange::xml("REPORT", calendar, "1", multiget(calendar, events)),
            Some(("BEGIN:VEVENT", events.min(100))),
        ),
        same("sync-collection, from the beginning", initial, Some(("getetag>", 2 * events))),
        same(
            "sync-collection, one change",
            Exchange::xml("REPORT", calendar, "0", sync(&token)),
            Some(("getetag>", 2)),
        ),
        same(
            "sync-collection, no change",
            Exchange::xml("REPORT", calendar, "0", sync(&newest)),
            Some(("getetag>", 0)),
        ),
    ])
}

fn sync(token: &str) -> String {
    format!(
        "<D:sync-collection {NAMESPACES}><D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level>\
         <D:prop><D:getetag/></D:prop></D:sync-collection>"
    )
}

fn month() -> String {
    format!(
        "<C:calendar-query {NAMESPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop><C:filter><C:comp-filter name=\"VCALENDAR\">\
         <C:comp-filter name=\"VEVENT\"><C:time-range start=\"20210301T000000Z\" end=\"20210401T000000Z\"/></C:comp-filter>\
         </C:comp-filter></C:filter></C:calendar-query>"
    )
}

fn multiget(calendar: &str, events: usize) -> String {
    let hrefs: String = (0..events.min(100)).map(|number| format!("<D:href>{calendar}{number}.ics</D:href>")).collect();
    format!(
        "<C:calendar-multiget {NAMESPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop>{hrefs}</C:calendar-multiget>"
    )
}

/// The sync token that an answer ends with, whatever the server's prefix.
fn token_in(body: &Bytes) -> Result<String> {
    let text = std::str::from_utf8(body)?;
    let after =
        text.rsplit_once("sync-token>").map(|(before, _)| before).context("there is no sync token in the answer")?;
    let start = after.rfind('>').map_or(0, |position| position + 1);
    let end = after[start..].find('<').map_or(after.len(), |position| start + position);
    Ok(after[start..end].to_owned())
}
