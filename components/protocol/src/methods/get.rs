//! GET and HEAD (RFC 9110 §9.3.1): resources, whole calendars and address books, and pages for people.

use crate::browse;
use crate::conditions;
use crate::context::{Context, lookup};
use crate::href::{self, Target};
use crate::methods::propfind::principal_named;
use crate::negotiation;
use crate::notices::{self, Notice};
use crate::privileges;
use crate::properties::http_date;
use crate::range;
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::resolve::{Found, find};
use crate::store::{Access, Collection, Detail, Resource, Selection};
use crate::text::Content;
use crate::types::{Home, Place};
use crate::{icalendar, properties};

/// Answers GET and HEAD.
///
/// # Errors
/// 404, 403, 406, 412, 416.
pub fn get(context: &Context) -> Result<Reply> {
    match &context.target {
        Target::Place(place) => at_place(context, place),
        Target::Principal(name) => {
            let principal = principal_named(context, name)?;
            Ok(browse::principal(context, &principal))
        }
        Target::Notification(owner, name) => notification(context, &notices::named(context, owner, name)?),
        Target::Nothing
        | Target::Api
        | Target::WellKnown
        | Target::Proxy(..)
        | Target::Notifications(_)
        | Target::Public(_) => Err(Refusal::not_found()),
        fixed => Ok(browse::fixed(context, fixed)),
    }
}

fn notification(context: &Context, notice: &Notice) -> Result<Reply> {
    if conditions::is_fresh(&context.request, &notice.etag, notice.changed)? {
        return Ok(Reply::new(304).header("etag", &notice.etag));
    }
    let reply = Reply::new(200).header("etag", &notice.etag).header("last-modified", &http_date(notice.changed));
    Ok(reply.xml(notice.body.clone()))
}

fn at_place(context: &Context, place: &Place) -> Result<Reply> {
    let snapshot = context.read(&[lookup(place, Selection::Itself, Detail::BODIES | Detail::CHILDREN)])?;
    let [view] = snapshot.views.as_slice() else { return Err(Refusal::not_found()) };
    match find(place, view, context.asker()) {
        Found::Resource(_, found) => resource(context, place.home, found),
        Found::Home(_, owner, _) => Ok(browse::home(context, place, owner, &view.children)),
        Found::Collection(found) => collection(context, place, found, &view.children, &snapshot.epoch),
        Found::Nothing(_) => Err(Refusal::not_found()),
    }
}

fn resource(context: &Context, home: Home, found: &Resource) -> Result<Reply> {
    let Some(body) = &found.body else { return Err(Refusal::new(500, "The body is not there.")) };
    let form = negotiation::form(&context.request, home, &found.content_type)?;
    let reply = Reply::new(200).header("last-modified", &http_date(found.modified)).header("vary", vary(home));
    // What is made of it has no tag of its own: the tag is that of what a PUT with If-Match would replace.
    if let Some(made) = form.make(&context.request, body)? {
        return Ok(reply.body(form.content_type(), made));
    }
    if conditions::is_fresh(&context.request, &found.etag, found.modified)? {
        return Ok(Reply::new(304).header("etag", &found.etag).header("vary", vary(home)));
    }
    let reply = inert(reply.header("etag", &found.etag)).header("accept-ranges", "bytes");
    Ok(match range::asked(&context.request, &found.etag, body.len())? {
        None => reply.body(&found.content_type, body.clone()),
        Some(range) => {
            let place = format!("bytes {}-{}/{}", range.start(), range.end(), body.len());
            reply.partial(&place).body(&found.content_type, body[range].to_vec())
        }
    })
}

/// What somebody has stored is not run as a page of this server, with the session of whoever opens it.
fn inert(reply: Reply) -> Reply {
    reply.header("content-security-policy", "sandbox").header("x-content-type-options", "nosniff")
}

/// The resource as it is now, in place of the words of a 412, for clients that prefer it (RFC 8144 §3.2); none where
/// there is none.
///
/// # Errors
/// Those of storage.
pub fn instead(context: &Context) -> Result<Option<Reply>> {
    let place = context.place()?;
    let snapshot = context.read(&[lookup(place, Selection::Itself, Detail::BODIES)])?;
    let found = snapshot.views.first().map(|view| find(place, view, context.asker()));
    let Some(Found::Resource(_, Resource { body: Some(body), etag, content_type, modified, .. })) = found else {
        return Ok(None);
    };
    let reply = Reply::new(412).header("etag", etag).header("last-modified", &http_date(*modified));
    Ok(Some(reply.representing(&href::of_resource(&context.base, place)).body(content_type, body.clone())))
}

/// A calendar as one stream, an address book as all its cards; to a browser, and for files, a page.
fn collection(
    context: &Context,
    place: &Place,
    found: &Collection,
    children: &[Collection],
    epoch: &str,
) -> Result<Reply> {
    privileges::require(context, found, Access::Read, "D:read")?;
    if place.home == Home::Files || negotiation::is_browser(&context.request) {
        return Ok(browse::collection(context, found, children, &all(context, place, Detail::empty())?));
    }
    // Subscribers ask again and again: whether anything has changed is told before the members are read.
    let etag = conditions::collection_tag(epoch, found);
    if conditions::is_fresh(&context.request, &etag, found.modified)? {
        return Ok(Reply::new(304).header("etag", &etag).header("vary", vary(place.home)));
    }
    let members = all(context, place, Detail::BODIES)?;
    let bodies: Vec<Content> = members.into_iter().filter_map(|resource| resource.body).collect();
    let whole = stream(found, &bodies);
    let reply = Reply::new(200).header("vary", vary(place.home));
    if let Some((content_type, made)) = other_form(context, place.home, &whole)? {
        return Ok(reply.body(content_type, made));
    }
    Ok(reply
        .header("etag", &etag)
        .header("content-disposition", &attachment(found))
        .body(stream_type(place.home), whole))
}

/// The members of a collection, by name.
fn all(context: &Context, place: &Place, detail: Detail) -> Result<Vec<Resource>> {
    let snapshot = context.read(&[lookup(place, Selection::All, detail)])?;
    Ok(snapshot.views.into_iter().flat_map(|view| view.resources).collect())
}

/// A whole calendar in another form, where the client asks for one that there is. Subscribers ask for all sorts of
/// things, and mean the stream.
fn other_form(context: &Context, home: Home, whole: &[u8]) -> Result<Option<(&'static str, Vec<u8>)>> {
    match negotiation::form(&context.request, home, stream_type(home)) {
        Ok(form) if home == Home::Calendars => {
            Ok(form.make(&context.request, whole)?.map(|made| (form.content_type(), made)))
        }
        _ => Ok(None),
    }
}

fn stream_type(home: Home) -> &'static str {
    if home == Home::Calendars { "text/calendar; charset=utf-8" } else { "text/vcard; charset=utf-8" }
}

/// What the form of an answer depends on.
fn vary(home: Home) -> &'static str {
    if home == Home::Calendars { "Accept, CalDAV-Timezones" } else { "Accept" }
}

fn stream(collection: &Collection, bodies: &[Content]) -> Content {
    match collection.place.home {
        Home::Calendars => {
            let name = properties::text_of(collection, crate::xml::DAV, "displayname");
            Content::Text(icalendar::merge(bodies, name.as_deref(), None))
        }
        Home::Addressbooks | Home::Files => {
            let ends = |body: &[u8]| if body.ends_with(b"\n") { "" } else { "\r\n" };
            let ended = bodies.iter().flat_map(|body| [&**body, ends(body).as_bytes()]);
            ended.collect::<Vec<_>>().concat().into()
        }
    }
}

/// The file name that a browser saves it under; the segment is percent-encoded already (RFC 8187).
fn attachment(collection: &Collection) -> String {
    let extension = if collection.place.home == Home::Calendars { "ics" } else { "vcf" };
    format!("attachment; filename*=UTF-8''{}.{extension}", href::split(&collection.place).1)
}
