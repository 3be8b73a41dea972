//! DAV:principal-match (RFC 3744 §9.3).

use crate::context::Context;
use crate::href;
use crate::href::Target;
use crate::multistatus::Multistatus;
use crate::properties::{PropertyRequest, Scene, Subject, write_propstats};
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::xml::{DAV, Element};

/// Answers the report: of the principals below the target, the one who asks.
///
/// # Errors
/// 400 where neither D:self nor D:principal-property is asked for.
pub fn answer(context: &Context, report: &Element) -> Result<Reply> {
    let own = &context.identity.principal;
    let asks_self = report.child(DAV, "self").is_some();
    if !asks_self && report.child(DAV, "principal-property").is_none() {
        return Err(Refusal::bad("There has to be self or principal-property."));
    }
    let below = match &context.target {
        Target::Root | Target::Dav | Target::Principals => true,
        Target::Principal(name) => *name == own.name,
        _ => false,
    };
    let asked = PropertyRequest::of(report).unwrap_or(PropertyRequest::Prop(Vec::new()));
    let minimal = context.request.prefers_minimal();
    let mut multistatus = Multistatus::new();
    if below && asks_self {
        let scene = Scene { context, epoch: "", owner: Some(own), locks: &[] };
        let href = href::of_principal(&context.base, &own.name);
        multistatus.response(&href, |xml| write_propstats(&scene, &Subject::Principal(own), &asked, minimal, xml));
    }
    Ok(multistatus.finish().preference_applied(minimal))
}
