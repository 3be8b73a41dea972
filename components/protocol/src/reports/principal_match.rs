//! DAV:principal-match (RFC 3744 §9.3).

use crate::context::Context;
use crate::directory::with_all_known;
use crate::href::Target;
use crate::multistatus::Multistatus;
use crate::properties::{Answer, PropertyRequest, Requested, Scene, Subject, write_property, write_propstats};
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::reports::require_depth_zero;
use crate::xml::{self, DAV, Element, XmlWriter};

/// Answers the report: of the principals below the target, the one who asks, or whose property names the one who asks.
///
/// # Errors
/// 400 where neither D:self nor D:principal-property is asked for, or for another Depth than 0; 403 `supported-report`
/// where there are no principals below.
pub fn answer(context: &Context, report: &Element) -> Result<Reply> {
    require_depth_zero(context)?;
    let own = &context.identity.principal;
    let below = match &context.target {
        Target::Root | Target::Dav | Target::Principals => true,
        Target::Principal(name) => *name == own.name,
        Target::Nothing => return Err(Refusal::not_found()),
        _ => return Err(Refusal::dav(403, "supported-report", "Only collections of principals can be asked this.")),
    };
    let scene = Scene { context, epoch: "", owner: Some(own), locks: &[] };
    let subject = Subject::Principal(own);
    let asked = PropertyRequest::of_report(report)?;
    let minimal = context.request.prefers_minimal();
    let write = || {
        let matches = match report.child(DAV, "principal-property") {
            _ if report.child(DAV, "self").is_some() => true,
            Some(property) => names_asker(&scene, &subject, property)?,
            None => return Err(Refusal::bad("There has to be self or principal-property.")),
        };
        let mut multistatus = Multistatus::new();
        let mut properties = XmlWriter::fragment();
        // Written in any case, so that all that storage is to be asked for is known after the first time.
        write_propstats(&scene, &subject, &asked, minimal, &mut properties);
        if below && matches {
            multistatus.response(&subject.href(&context.base), |xml| xml.raw(&properties.into_fragment()));
        }
        Ok(multistatus.finish().preference_applied(minimal))
    };
    with_all_known(context, write)?
}

/// Whether an href in the property that is named is the asker's.
fn names_asker(scene: &Scene, subject: &Subject, property: &Element) -> Result<bool> {
    let Some(named) = property.children().next() else {
        return Err(Refusal::bad("A principal-property has to name a property."));
    };
    let mut content = XmlWriter::fragment();
    if write_property(scene, subject, &Requested::new(&named.name), &mut content) != Answer::Given {
        return Ok(false);
    }
    let value = xml::read_fragment(&content.into_fragment())?;
    let own = scene.context.own_principal();
    Ok(value.children().any(|child| child.is(DAV, "href") && child.text() == own))
}
