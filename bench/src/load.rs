//! Loading a server with what is measured: over HTTP, as clients do it.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::connection::{Account, Connection, Exchange};
use crate::discovery::Discovery;
use crate::seed;

/// Connections that load at once.
const CONNECTIONS: usize = 4;
/// The media type of events.
pub const EVENT: &str = "text/calendar; charset=utf-8";
/// The media type of cards.
pub const CARD: &str = "text/vcard; charset=utf-8";

const AS_CALENDAR: &str = r#"<D:mkcol xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop><D:resourcetype><D:collection/><C:calendar/></D:resourcetype></D:prop></D:set></D:mkcol>"#;
const AS_ADDRESS_BOOK: &str = r#"<D:mkcol xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><D:set><D:prop><D:resourcetype><D:collection/><C:addressbook/></D:resourcetype></D:prop></D:set></D:mkcol>"#;

/// The time was not enough; how far it went.
#[derive(Debug)]
pub struct TooSlow(String);

impl std::fmt::Display for TooSlow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "too slow: {}", self.0)
    }
}

impl std::error::Error for TooSlow {}

/// Makes a calendar of the first so many events. Returns its path.
///
/// # Errors
/// Where the server refuses one, or takes longer than `limit`.
pub async fn calendar(account: &Account, home: &Discovery, events: usize, limit: Duration) -> Result<String> {
    let path = format!("{}bench-{events}/", home.calendars);
    let mut connection = account.connect().await?;
    // No Worker ever sees MKCALENDAR, and the connection is gone with it.
    let made = connection.send(&Exchange::xml("MKCALENDAR", &path, "", String::new())).await;
    if made.is_err() {
        make(&mut account.connect().await?, &path, AS_CALENDAR).await?;
    }
    let objects = (0..events).map(|number| (format!("{path}e{number}.ics"), seed::event(number))).collect();
    put_all(account, EVENT, objects, limit).await?;
    Ok(path)
}

/// Makes an address book of the first so many cards. Returns its path.
///
/// # Errors
/// As [`calendar`].
pub async fn address_book(account: &Account, home: &Discovery, cards: usize, limit: Duration) -> Result<String> {
    let path = format!("{}bench-cards/", home.address_books);
    make(&mut account.connect().await?, &path, AS_ADDRESS_BOOK).await?;
    let objects = (0..cards).map(|number| (format!("{path}c{number}.vcf"), seed::card(number))).collect();
    put_all(account, CARD, objects, limit).await?;
    Ok(path)
}

async fn make(connection: &mut Connection, path: &str, body: &str) -> Result<()> {
    connection.send(&Exchange::xml("MKCOL", path, "", body.to_owned())).await.map(drop)
}

async fn put_all(
    account: &Account,
    content_type: &'static str,
    objects: Vec<(String, String)>,
    limit: Duration,
) -> Result<()> {
    let started = Instant::now();
    let total = objects.len();
    let mut parts: Vec<Vec<_>> = vec![Vec::new(); CONNECTIONS];
    for (number, object) in objects.into_iter().enumerate() {
        parts[number % CONNECTIONS].push(object);
    }
    let tasks: Vec<_> = parts
        .into_iter()
        .map(|part| {
            let account = account.clone();
            tokio::spawn(async move {
                let mut connection = account.connect().await?;
                for (done, (path, object)) in part.into_iter().enumerate() {
                    let took = started.elapsed();
                    ensure!(
                        took < limit,
                        "{} of {total} objects loaded in {:.0} s",
                        done * CONNECTIONS,
                        took.as_secs_f64()
                    );
                    connection.send(&Exchange::put(path, content_type, object)).await?;
                }
                Ok::<(), anyhow::Error>(())
            })
        })
        .collect();
    let mut outcome = Ok(());
    for task in tasks {
        outcome = outcome.and(task.await?);
    }
    match outcome {
        Err(error) if started.elapsed() >= limit => Err(TooSlow(format!("{error:#}")).into()),
        other => other,
    }
}
