//! The answer to an invitation: `CS:invite-reply`, which the sharee sends by POST to its own home
//! (calendarserver-sharing §5.4).

use crate::context::Context;
use crate::href::{self, Target};
use crate::notices;
use crate::privileges::require_writing;
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::store::{Answer, Arrangement, Operation, Rejection, ShareState};
use crate::types::Place;
use crate::xml::{CALENDARSERVER, DAV, Element, XmlWriter};

/// Accepts or declines; an acceptance is answered with where the collection is now.
///
/// # Errors
/// 400 where it is neither; 403 anywhere but in one's own home; 404 where nothing was offered.
pub fn invite_reply(context: &Context, root: &Element) -> Result<Reply> {
    let place = context.place()?;
    let own = &context.identity.principal;
    if place.owner != own.name || !place.path.is_empty() {
        return Err(Refusal::new(403, "An invitation is answered in one's own home."));
    }
    require_writing(context)?;
    let accept = match ["invite-accepted", "invite-declined"].map(|answer| root.child(CALENDARSERVER, answer).is_some())
    {
        [true, false] => true,
        [false, true] => false,
        _ => return Err(Refusal::bad("An invitation is either accepted or declined.")),
    };
    let offers = context.shares()?;
    let mut stand =
        offers.iter().filter(|offer| offer.share.principal == own.id && offer.share.state != ShareState::Withdrawn);
    let offer = stand.find(|offer| is_meant(context, root, offer));
    let offer = offer.ok_or_else(Refusal::not_found)?;
    context.in_scope(offer.place.home)?;
    let answer = Answer { collection: offer.collection, accept, now: context.now() };
    context.apply(&[], &[Operation::Answer(answer)]).map_err(|rejection| match rejection {
        Rejection::Failure(failure) => failure.into(),
        _ => Refusal::not_found(),
    })?;
    let verb = if accept { "accepted" } else { "declined" };
    eprintln!("security: {:?} {verb} the share of {:?}", own.name, offer.place);
    Ok(if accept { shared_as(context, offer) } else { Reply::new(200) })
}

/// Whether the answer is to this offer: by its UID, or by where the collection is.
fn is_meant(context: &Context, root: &Element, offer: &Arrangement) -> bool {
    let uid = root.child(CALENDARSERVER, "in-reply-to").map(Element::text);
    if uid.is_some_and(|uid| uid.trim() == notices::uid(offer)) {
        return true;
    }
    let host = root.child(CALENDARSERVER, "hosturl").and_then(|url| url.child(DAV, "href")).map(Element::text);
    let host = host.and_then(|host| href::parse_reference(&context.base, host.trim()));
    host == Some(Target::Place(offer.place.clone()))
}

fn shared_as(context: &Context, offer: &Arrangement) -> Reply {
    let owner = context.identity.principal.name.clone();
    let place = Place { owner, path: href::shared_segment(offer.collection), ..offer.place.clone() };
    let mut xml = XmlWriter::document("CS:shared-as");
    xml.href(&href::of_collection(&context.base, &place));
    Reply::new(200).xml(xml.finish("CS:shared-as"))
}
