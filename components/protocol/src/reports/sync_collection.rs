//! DAV:sync-collection (RFC 6578 §3.2).

use crate::birthdays;
use crate::context::{Context, lookup};
use crate::href;
use crate::multistatus::Multistatus;
use crate::privileges;
use crate::properties::{PropertyRequest, Scene, Subject, write_propstats};
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::reports::{address_data, calendar_data, limit, queried_itself};
use crate::request::Depth;
use crate::store::{Access, Collection, Detail, Resource, Selection, Since, Tag, View};
use crate::sync_token::{self, Token};
use crate::types::Home;
use crate::xml::{DAV, Element};

/// Answers the report: all members for an empty token, else what has changed since. Depth 1, which Thunderbird sends,
/// is as good as 0.
///
/// # Errors
/// 403 `valid-sync-token`, or 400 ([`contacts_token_is_not_valid`]); 400 for a sync-level or a limit that cannot be;
/// 404.
pub fn answer(context: &Context, report: &Element) -> Result<Reply> {
    let place = context.place()?;
    if place.home == Home::Files {
        return Err(Refusal::dav(
            403,
            "supported-report",
            "Only calendars and address books can be synchronised by token.",
        ));
    }
    check(context, report)?;
    let text = report.child(DAV, "sync-token").map(|token| token.text().trim().to_owned()).unwrap_or_default();
    let token = Token::read(&text);
    let asked = PropertyRequest::of_report(report)?;
    let limit = limit(report, DAV)?;
    let since = Since { seq: token.as_ref().map_or(0, |token| token.seq), limit };
    let snapshot = context.read(&[lookup(place, Selection::Since(since), detail(report, &asked))])?;
    let Some(view) = snapshot.views.first() else { return Err(Refusal::not_found()) };
    let collection = queried_itself(place, view, context.asker())?;
    privileges::require(context, collection, Access::Read, "D:read")?;
    let told = if birthdays::is_birthdays(collection) {
        birthdays::changes(context, &snapshot.epoch, (collection, &view.resources), &text, limit)?
    } else {
        if !text.is_empty() && !token.as_ref().is_some_and(|token| token.is_valid(&snapshot.epoch, collection)) {
            return Err(match place.home {
                Home::Addressbooks => contacts_token_is_not_valid(context),
                Home::Calendars | Home::Files => token_is_not_valid(),
            });
        }
        changes(&snapshot.epoch, collection, view, token.as_ref())
    };
    let scene = Scene { context, epoch: &snapshot.epoch, owner: view.owner.as_ref(), locks: &view.locks };
    Ok(write(&scene, collection, &told, &asked))
}

/// 403 `valid-sync-token`.
pub fn token_is_not_valid() -> Refusal {
    Refusal::dav(403, "valid-sync-token", "This sync token is not valid any more: synchronise from the beginning.")
}

/// The same of an address book, where Thunderbird is told 400: that alone has it read an address book from the
/// beginning, and after any other status it asks with the same token for ever. Of calendars it knows better.
fn contacts_token_is_not_valid(context: &Context) -> Refusal {
    let mut refusal = token_is_not_valid();
    if context.request.is_of_thunderbird() {
        refusal.status = 400;
    }
    refusal
}

/// What a client is told of a collection.
pub struct Told<'a> {
    /// Members that are new or changed.
    pub resources: Vec<&'a Resource>,
    /// The same, where nothing else is to be told of them.
    pub tags: &'a [Tag],
    /// Names of members that are not there any more.
    pub removed: Vec<String>,
    /// A limit has left something out.
    pub truncated: bool,
    /// The token of the state that the client has then.
    pub token: String,
}

/// What is in the members can only be one level deep: a sync-level of infinity is the same as 1.
fn check(context: &Context, report: &Element) -> Result<()> {
    if context.request.depth(Depth::Zero)? == Depth::Infinity {
        return Err(Refusal::bad("The Depth of this report is 0; sync-level says how deep it looks."));
    }
    match report.child(DAV, "sync-level").map(|level| level.text()) {
        None => Ok(()),
        Some(level) if matches!(level.trim(), "1" | "infinite" | "infinity") => Ok(()),
        Some(_) => Err(Refusal::bad("The sync-level is 1 or infinite.")),
    }
}

fn detail(report: &Element, asked: &PropertyRequest) -> Detail {
    let bodies = calendar_data::is_wanted(report) || address_data::is_wanted(report);
    let mut detail = asked.detail(bodies);
    detail.set(Detail::TAGS, asked.is_brief() && !bodies);
    detail
}

/// What has changed in a collection. Where a limit left something out, the token is that of the last change told, so
/// that the next request goes on from there without gap or repetition.
fn changes<'a>(epoch: &str, collection: &Collection, view: &'a View, token: Option<&Token>) -> Told<'a> {
    let horizon = token.map_or(collection.seq, |token| token.horizon);
    let told = view
        .resources
        .iter()
        .map(|resource| resource.seq)
        .chain(view.tags.iter().map(|tag| tag.seq))
        .chain(view.removed.iter().map(|tombstone| tombstone.seq))
        .max();
    let token = match told.filter(|_| view.truncated) {
        Some(seq) if seq < horizon => sync_token::in_first(epoch, collection.id, seq, horizon),
        Some(seq) => sync_token::at(epoch, collection.id, seq),
        None => sync_token::of(epoch, collection),
    };
    let removed = view.removed.iter().filter(|tombstone| tombstone.seq > horizon);
    Told {
        resources: view.resources.iter().collect(),
        tags: &view.tags,
        removed: removed.map(|tombstone| tombstone.name.clone()).collect(),
        truncated: view.truncated,
        token,
    }
}

fn write(scene: &Scene, collection: &Collection, told: &Told, asked: &PropertyRequest) -> Reply {
    let base = &scene.context.base;
    let minimal = scene.context.request.prefers_minimal();
    let here = href::of_collection(base, &collection.place);
    let mut multistatus = Multistatus::of(told.resources.len() + told.tags.len());
    for resource in &told.resources {
        let subject = Subject::Resource(collection, resource, resource.body.as_deref());
        multistatus.member(&here, &resource.name, |xml| write_propstats(scene, &subject, asked, minimal, xml));
    }
    for tag in told.tags {
        let subject = Subject::Tag(collection, tag);
        multistatus.member(&here, &tag.name, |xml| write_propstats(scene, &subject, asked, minimal, xml));
    }
    for name in &told.removed {
        multistatus.status(&format!("{here}{name}"), "404 Not Found");
    }
    if told.truncated {
        multistatus.truncated(scene.context.request.path());
    }
    multistatus.sync_token(&told.token);
    multistatus.finish().preference_applied(minimal)
}
