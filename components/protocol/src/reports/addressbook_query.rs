//! CARDDAV:addressbook-query (RFC 6352 §8.6).

use crate::context::{Context, lookup};
use crate::multistatus::Multistatus;
use crate::privileges;
use crate::properties::{PropertyRequest, Scene, Subject};
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::reports::given::{self, Given};
use crate::reports::{address_data, card_filter, limit, queried};
use crate::store::{Access, Selection};
use crate::text::Content;
use crate::types::Home;
use crate::vcard::{self, Query};
use crate::xml::{CARDDAV, Element};

/// Answers the report.
///
/// # Errors
/// 403 for a filter or a form that cannot be; 404.
pub fn answer(context: &Context, report: &Element) -> Result<Reply> {
    let place = context.place()?;
    if place.home != Home::Addressbooks {
        return Err(Refusal::dav(403, "supported-report", "Only address books can be asked this."));
    }
    let (filters, all) = card_filter::read(report)?;
    let projection = address_data::projection(report)?;
    let limit = limit(report, CARDDAV)?;
    let asked = PropertyRequest::of_report(report)?;
    // Where the target is a card itself, storage has selected nothing by the index, and the engine still decides.
    let decided = filters.is_empty() && projection.is_none();
    let detail = asked.detail(!decided || address_data::is_wanted(report));
    let selection = card_filter::index_query(&filters, all, vcard::fold).map_or(Selection::All, Selection::Matching);
    let snapshot = context.read(&[lookup(place, selection, detail)])?;
    let Some(view) = snapshot.views.first() else { return Err(Refusal::not_found()) };
    let collection = queried(place, view, context.asker())?;
    privileges::require(context, collection, Access::Read, "D:read")?;
    let cards: Vec<Content> =
        if decided { Vec::new() } else { view.resources.iter().filter_map(|card| card.body.clone()).collect() };
    let mut verdicts = vcard::evaluate(&cards, &Query { filters, all, projection }).into_iter().map(Given::from);
    let scene = Scene { context, epoch: &snapshot.epoch, owner: view.owner.as_ref(), locks: &view.locks };
    let mut multistatus = Multistatus::new();
    let mut matches = 0;
    for resource in &view.resources {
        let given = match (decided, &resource.body) {
            (true, _) => Given::AsStored,
            (false, Some(_)) => verdicts.next().unwrap_or(Given::Nothing),
            (false, None) => Given::Nothing,
        };
        if matches!(given, Given::Nothing) {
            continue;
        }
        if limit == Some(matches) {
            multistatus.truncated(context.request.path());
            break;
        }
        matches += 1;
        let href = Subject::Resource(collection, resource, None).href(&context.base);
        given::write(&scene, (collection, resource), &href, &given, &asked, &mut multistatus);
    }
    Ok(multistatus.finish().preference_applied(context.request.prefers_minimal()))
}
