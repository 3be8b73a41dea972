//! DAV:acl-principal-prop-set (RFC 3744 §9.2).

use crate::accounts::{self, Selector};
use crate::context::{Context, lookup};
use crate::href;
use crate::multistatus::Multistatus;
use crate::privileges;
use crate::properties::{PropertyRequest, Scene, Subject, write_propstats};
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::reports::require_depth_zero;
use crate::resolve;
use crate::store::{Access, Detail, Selection, ShareState};
use crate::xml::Element;

/// Answers the report: properties of the principals that the collection's access control list names.
///
/// # Errors
/// 403 for who may not see the list; 404; 400 for another Depth than 0.
pub fn answer(context: &Context, report: &Element) -> Result<Reply> {
    require_depth_zero(context)?;
    let place = context.place()?;
    let snapshot = context.read(&[lookup(place, Selection::Itself, Detail::SHARES)])?;
    let Some(view) = snapshot.views.first() else { return Err(Refusal::not_found()) };
    let collection = resolve::collection(place, view, context.asker())?;
    privileges::require(context, collection, Access::Owner, "D:read-acl")?;
    let mut names: Vec<String> = collection
        .shares
        .iter()
        .filter(|share| share.state == ShareState::Accepted)
        .map(|share| share.name.clone())
        .collect();
    names.push(collection.owner_name.clone());
    let asked = PropertyRequest::of_report(report);
    let minimal = context.request.prefers_minimal();
    let mut multistatus = Multistatus::new();
    for principal in accounts::principals(&Selector::Names(names))? {
        let scene = Scene { context, epoch: &snapshot.epoch, owner: None, locks: &[] };
        let href = href::of_principal(&context.base, &principal.name);
        multistatus
            .response(&href, |xml| write_propstats(&scene, &Subject::Principal(&principal), &asked, minimal, xml));
    }
    Ok(multistatus.finish().preference_applied(minimal))
}
