//! The walk of a client that knows a server's address only: RFC 6764 §6, RFC 4791 §6.2.1, RFC 6352 §7.1.1.

use anyhow::{Context, Result, bail, ensure};

use crate::connection::{Connection, Exchange};
use crate::xml;

/// Where an account's collections are, and the requests that told it.
pub struct Discovery {
    /// Path of the calendar home, with a slash at the end.
    pub calendars: String,
    /// Path of the address book home, with a slash at the end.
    pub address_books: String,
    /// The requests, from the bare address to the list of the calendars.
    pub walk: Vec<Exchange>,
}

const REDIRECTIONS: usize = 5;
const PRINCIPAL: &str = r#"<D:propfind xmlns:D="DAV:"><D:prop><D:current-user-principal/></D:prop></D:propfind>"#;
const HOMES: &str = r#"<D:propfind xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:A="urn:ietf:params:xml:ns:carddav"><D:prop><C:calendar-home-set/><A:addressbook-home-set/></D:prop></D:propfind>"#;
const HOME: &str = r#"<D:propfind xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:resourcetype/><D:displayname/><D:sync-token/><C:supported-calendar-component-set/><D:current-user-privilege-set/></D:prop></D:propfind>"#;

impl Discovery {
    /// Goes the walk.
    ///
    /// # Errors
    /// Where the server does not lead to both homes.
    pub async fn of(connection: &mut Connection) -> Result<Self> {
        let mut walk = Vec::new();
        let found = follow(connection, &mut walk, "/.well-known/caldav", PRINCIPAL).await?;
        let principal = path(xml::href_in(&found, "current-user-principal").context("no current-user-principal")?)?;
        let found = follow(connection, &mut walk, &principal, HOMES).await?;
        let calendars = path(xml::href_in(&found, "calendar-home-set").context("no calendar-home-set")?)?;
        let address_books = path(xml::href_in(&found, "addressbook-home-set").context("no addressbook-home-set")?)?;
        let list = Exchange::xml("PROPFIND", &calendars, "1", HOME.to_owned());
        connection.send(&list).await?;
        walk.push(list);
        Ok(Discovery { calendars, address_books, walk })
    }
}

/// A PROPFIND of Depth 0 that goes where it is sent.
async fn follow(
    connection: &mut Connection,
    walk: &mut Vec<Exchange>,
    start: &str,
    body: &'static str,
) -> Result<String> {
    let mut place = start.to_owned();
    for _ in 0..REDIRECTIONS {
        let exchange = Exchange::xml("PROPFIND", &place, "0", body.to_owned());
        let (answer, content) = connection.exchange(&exchange).await?;
        walk.push(exchange);
        if answer.status().is_redirection() {
            let location = answer.headers().get("location").context("a redirection to nowhere")?;
            place = path(location.to_str()?)?;
            continue;
        }
        ensure!(answer.status().is_success(), "PROPFIND {place}: {}", answer.status());
        return Ok(String::from_utf8(content.to_vec())?);
    }
    bail!("{start} leads in a circle")
}

/// The path of an absolute or relative reference to a collection.
fn path(reference: &str) -> Result<String> {
    let path = match reference.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => reference,
    };
    ensure!(path.starts_with('/'), "not a path: {reference}");
    Ok(format!("{}/", path.trim_end_matches('/')))
}
