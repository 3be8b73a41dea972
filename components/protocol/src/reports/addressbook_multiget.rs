//! CARDDAV:addressbook-multiget (RFC 6352 §8.7).

use crate::context::Context;
use crate::properties::PropertyRequest;
use crate::refusal::Result;
use crate::reply::Reply;
use crate::reports::address_data;
use crate::reports::given::Given;
use crate::reports::multiget::Multiget;
use crate::store::Collection;
use crate::text::Content;
use crate::types::Home;
use crate::vcard::{self, Query};
use crate::xml::Element;

/// Answers the report: a response for every href, under the href as the client wrote it.
///
/// # Errors
/// As [`Multiget::read`] and [`address_data::projection`].
pub fn answer(context: &Context, report: &Element) -> Result<Reply> {
    let projection = address_data::projection(report)?;
    let asked = PropertyRequest::of_report(report)?;
    let detail = asked.detail(address_data::is_wanted(report));
    let multiget = Multiget::read(context, report, Home::Addressbooks, detail)?;
    let make = projection.map(|projection| {
        move |_: &Collection, cards: &[Content]| {
            let query = Query { filters: Vec::new(), all: false, projection: Some(projection.clone()) };
            vcard::evaluate(cards, &query).into_iter().map(Given::from).collect()
        }
    });
    Ok(multiget.answer(context, &asked, make))
}
