//! DAV:acl-principal-prop-set (RFC 3744 §9.2).

use std::collections::BTreeMap;

use crate::context::{Context, lookup};
use crate::directory::{own_card, with_all_known};
use crate::href;
use crate::multistatus::Multistatus;
use crate::privileges;
use crate::properties::{PropertyRequest, Scene, Subject, write_propstats};
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::reports::{queried_itself, require_depth_zero};
use crate::store::{Access, Detail, Selection, ShareState};
use crate::types::{Home, Principal};
use crate::xml::Element;

/// Answers the report: properties of the principals that the collection's access control list names.
///
/// # Errors
/// 403 for who may not see the list, and `supported-report` for what has none; 404; 400 for another Depth than 0.
pub fn answer(context: &Context, report: &Element) -> Result<Reply> {
    require_depth_zero(context)?;
    let place = context.place()?;
    let snapshot = context.read(&[lookup(place, Selection::Itself, Detail::SHARES)])?;
    let Some(view) = snapshot.views.first() else { return Err(Refusal::not_found()) };
    let collection = queried_itself(place, view, context.asker())?;
    privileges::require(context, collection, Access::Owner, "D:read-acl")?;
    let in_force = collection.shares.iter().filter(|share| share.state == ShareState::Accepted);
    let mut named: BTreeMap<&str, u64> = in_force.map(|share| (share.name.as_str(), share.principal)).collect();
    named.insert(&collection.owner_name, collection.owner);
    let asked = PropertyRequest::of_report(report)?;
    let minimal = context.request.prefers_minimal();
    with_all_known(context, || {
        let mut multistatus = Multistatus::new();
        for principal in named.iter().filter_map(|(name, id)| told_of(context, name, *id)) {
            let scene = Scene { context, epoch: &snapshot.epoch, owner: None, locks: &[] };
            let href = href::of_principal(&context.base, &principal.name);
            multistatus
                .response(&href, |xml| write_propstats(&scene, &Subject::Principal(&principal), &asked, minimal, xml));
        }
        multistatus.finish().preference_applied(minimal)
    })
}

/// A principal, once it is known. All that its properties can need is asked for with it, since storage is asked once.
fn told_of(context: &Context, name: &str, id: u64) -> Option<Principal> {
    let directory = &context.directory;
    directory.related(id, true);
    if id == context.asker() && context.reaches(Home::Addressbooks) {
        directory.view(&own_card(context), Detail::empty());
    }
    directory.principal(name).flatten()
}
