//! GET and HEAD (RFC 9110 §9.3.1): resources, whole calendars and address books, and pages for people.

use crate::browse;
use crate::conditions;
use crate::context::{Context, lookup};
use crate::href::{self, Target};
use crate::methods::propfind::principal_named;
use crate::negotiation;
use crate::privileges;
use crate::properties::http_date;
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::resolve::{Found, find};
use crate::store::{Access, Collection, Detail, Resource, Selection};
use crate::sync_token;
use crate::types::{Home, Place};
use crate::{icalendar, properties};

/// Answers GET and HEAD.
///
/// # Errors
/// 404, 403, 406, 412.
pub fn get(context: &Context) -> Result<Reply> {
    match &context.target {
        Target::Place(place) => at_place(context, place),
        Target::Principal(name) => {
            let principal = principal_named(context, name)?;
            Ok(browse::principal(context, &principal))
        }
        Target::Nothing | Target::Api | Target::WellKnown | Target::Proxy(..) => Err(Refusal::not_found()),
        fixed => Ok(browse::fixed(context, fixed)),
    }
}

fn at_place(context: &Context, place: &Place) -> Result<Reply> {
    let snapshot = context.read(&[lookup(place, Selection::Itself, Detail::BODIES | Detail::CHILDREN)])?;
    let [view] = snapshot.views.as_slice() else { return Err(Refusal::not_found()) };
    match find(place, view, context.asker()) {
        Found::Resource(_, found) => resource(context, place.home, found),
        Found::Home(_, owner, _) => Ok(browse::home(context, place, owner, &view.children)),
        Found::Collection(found) => collection(context, place, found, &view.children),
        Found::Nothing(_) => Err(Refusal::not_found()),
    }
}

fn resource(context: &Context, home: Home, found: &Resource) -> Result<Reply> {
    let Some(body) = &found.body else { return Err(Refusal::new(500, "The body is not there.")) };
    let form = negotiation::form(&context.request, home, &found.content_type)?;
    let reply = Reply::new(200).header("last-modified", &http_date(found.modified)).header("vary", "Accept");
    // What is made of it has no tag of its own: the tag is that of what a PUT with If-Match would replace.
    if form.is_stored() {
        if conditions::is_fresh(&context.request, &found.etag, found.modified)? {
            return Ok(Reply::new(304).header("etag", &found.etag).header("vary", "Accept"));
        }
        return Ok(reply.header("etag", &found.etag).body(&found.content_type, body.clone()));
    }
    Ok(reply.body(form.content_type(), form.convert(body)?))
}

/// A calendar as one stream, an address book as all its cards; to a browser, and for files, a page.
fn collection(context: &Context, place: &Place, found: &Collection, children: &[Collection]) -> Result<Reply> {
    privileges::require(context, found, Access::Read, "D:read")?;
    let page = place.home == Home::Files || negotiation::is_browser(&context.request);
    let detail = if page { Detail::empty() } else { Detail::BODIES };
    let snapshot = context.read(&[lookup(place, Selection::All, detail)])?;
    let Some(view) = snapshot.views.first() else { return Err(Refusal::not_found()) };
    if page {
        return Ok(browse::collection(context, found, children, &view.resources));
    }
    let etag = format!("\"{}\"", sync_token::of(&snapshot.epoch, found));
    if conditions::is_fresh(&context.request, &etag, found.modified)? {
        return Ok(Reply::new(304).header("etag", &etag));
    }
    let bodies = view.resources.iter().filter_map(|resource| resource.body.clone()).collect();
    Ok(Reply::new(200)
        .header("etag", &etag)
        .header("vary", "Accept")
        .header("content-disposition", &attachment(found))
        .body(stream_type(place), stream(found, bodies)))
}

fn stream_type(place: &Place) -> &'static str {
    if place.home == Home::Calendars { "text/calendar; charset=utf-8" } else { "text/vcard; charset=utf-8" }
}

fn stream(collection: &Collection, bodies: Vec<Vec<u8>>) -> Vec<u8> {
    match collection.place.home {
        Home::Calendars => {
            icalendar::merge(&bodies, properties::text_of(collection, crate::xml::DAV, "displayname").as_deref())
        }
        Home::Addressbooks | Home::Files => {
            let ended = bodies.into_iter().map(|mut body| {
                if !body.ends_with(b"\n") {
                    body.extend_from_slice(b"\r\n");
                }
                body
            });
            ended.collect::<Vec<_>>().concat()
        }
    }
}

/// The file name that a browser saves it under; the segment is percent-encoded already (RFC 8187).
fn attachment(collection: &Collection) -> String {
    let extension = if collection.place.home == Home::Calendars { "ics" } else { "vcf" };
    format!("attachment; filename*=UTF-8''{}.{extension}", href::split(&collection.place).1)
}
