//! POST to a collection adds a member under a name that the server chooses (RFC 5995), or shares it; POST to a home
//! answers an invitation.

use crate::context::Context;
use crate::href;
use crate::methods::{invite_reply, put, share};
use crate::privileges;
use crate::random;
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::resolve::{Found, find, member_place};
use crate::store::{Access, Detail, Guard};
use crate::types::Home;
use crate::write::Grounds;
use crate::xml::{CALENDARSERVER, DAV};

/// What the body asks for.
///
/// # Errors
/// Those of what it asks for.
pub fn post(context: &Context) -> Result<Reply> {
    let is_xml = matches!(
        context.request.media_type().as_str(),
        "application/xml" | "text/xml" | "application/davsharing+xml" | "application/davsharing-invite+xml"
    );
    match context.request.xml() {
        Ok(Some(root)) if is_xml && (root.is(CALENDARSERVER, "share") || root.is(DAV, "share-resource")) => {
            share::share(context, &root)
        }
        Ok(Some(root)) if is_xml && root.is(CALENDARSERVER, "invite-reply") => {
            invite_reply::invite_reply(context, &root)
        }
        _ => add(context),
    }
}

/// Adds the body as a member.
///
/// # Errors
/// 404 where nothing is; 405 on anything but a collection; what PUT refuses.
fn add(context: &Context) -> Result<Reply> {
    let place = context.place()?;
    let grounds = Grounds::read(context, &[place], Detail::empty())?;
    let (_, view) = grounds.at(0);
    let collection = match find(place, view, context.asker()) {
        Found::Collection(collection) => collection,
        Found::Nothing(_) => return Err(Refusal::not_found()),
        Found::Home(..) | Found::Resource(..) => {
            return Err(Refusal::method_not_allowed(
                "OPTIONS, GET, HEAD, PROPFIND, PROPPATCH, PUT, DELETE, COPY, MOVE",
            ));
        }
    };
    privileges::require(context, collection, Access::Write, "D:bind")?;
    let extension = match place.home {
        Home::Calendars => ".ics",
        Home::Addressbooks => ".vcf",
        Home::Files => "",
    };
    let member = member_place(collection, &format!("{}{extension}", random::uuid()?));
    let mut guards: Vec<Guard> = grounds.unlocked(context, 0, false, false)?;
    guards.extend(grounds.conditions(context)?);
    let reply = put::store(context, collection, &member, None, guards)?;
    Ok(reply.header("location", &href::of_resource(&context.base, &member)))
}
