//! Links: a calendar for anybody who has its secret address, read-only. Nobody is asked who they are, and no cookie
//! counts.

use sha2::{Digest, Sha256};

use crate::auth::{self, Opened};
use crate::conditions;
use crate::context::lookup;
use crate::properties::{http_date, text_of};
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::request::Request;
use crate::resolve;
use crate::store::{self, Collection, Detail, Resource, Selection, Snapshot};
use crate::sync_token;
use crate::text::Content;
use crate::types::Home;
use crate::{icalendar, xml};

/// What can be done with a link.
pub const METHODS: &str = "OPTIONS, GET, HEAD";
/// Minutes after which subscribers are to ask again (RFC 7986 §5.7).
const REFRESH: u32 = 60;

/// Answers a request to the link with that secret.
///
/// # Errors
/// 404 where there is no such link; 405 for what would change something.
pub fn answer(request: &Request, secret: &str) -> Result<Reply> {
    if !matches!(request.method(), "GET" | "HEAD") {
        return Err(Refusal::method_not_allowed(METHODS));
    }
    let opened = auth::open(secret, request.received())?.ok_or_else(Refusal::not_found)?;
    let snapshot = read(request, &opened, Selection::Itself, Detail::empty())?;
    let view = snapshot.views.first().ok_or_else(Refusal::not_found)?;
    let collection = resolve::collection(&opened.link.place, view, opened.owner.id)?;
    if collection.id != opened.link.collection || collection.place.home != Home::Calendars {
        return Err(Refusal::not_found());
    }
    let etag = etag(&opened, &snapshot.epoch, collection);
    if conditions::is_fresh(request, &etag, collection.modified)? {
        return Ok(Reply::new(304).header("etag", &etag));
    }
    let whole = read(request, &opened, Selection::All, Detail::BODIES)?;
    let members = whole.views.into_iter().flat_map(|view| view.resources).collect();
    Ok(Reply::new(200)
        .header("etag", &etag)
        .header("last-modified", &http_date(collection.modified))
        .header("x-content-type-options", "nosniff")
        .body("text/calendar; charset=utf-8", stream(&opened, collection, members)))
}

/// What the owner sees there.
fn read(request: &Request, opened: &Opened, selection: Selection, detail: Detail) -> Result<Snapshot> {
    Ok(store::read(opened.owner.id, request.received(), &[lookup(&opened.link.place, selection, detail)])?)
}

/// A tag that tells when something has changed, and nothing else.
fn etag(opened: &Opened, epoch: &str, collection: &Collection) -> String {
    let state = format!("{} {} {}", sync_token::of(epoch, collection), collection.modified, opened.link.free_busy);
    format!("\"{}\"", pseudonym(opened, &state))
}

/// A name that is made of another, and does not tell that.
fn pseudonym(opened: &Opened, name: &str) -> String {
    let digest = Sha256::digest(format!("{} {name}", opened.salt));
    digest.iter().take(16).map(|octet| format!("{octet:02x}")).collect()
}

/// All that is not private, or when its owner is busy.
fn stream(opened: &Opened, collection: &Collection, members: Vec<Resource>) -> Content {
    let busy = opened.link.free_busy;
    let told = if busy { icalendar::conceal } else { icalendar::disclose };
    let objects = members.into_iter().filter_map(|resource| told(&resource.body?, &pseudonym(opened, &resource.name)));
    let objects: Vec<Content> = objects.map(Content::from).collect();
    let own = text_of(collection, xml::DAV, "displayname").filter(|_| !busy);
    let name = if busy { Some("Busy") } else { own.as_deref() };
    Content::Text(icalendar::merge(&objects, name, Some(REFRESH)))
}
