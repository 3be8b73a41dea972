//! CALDAV:calendar-multiget (RFC 4791 §7.9).

use crate::context::Context;
use crate::icalendar::{self, Query};
use crate::properties::PropertyRequest;
use crate::refusal::Result;
use crate::reply::Reply;
use crate::reports::calendar_data;
use crate::reports::given::Given;
use crate::reports::multiget::Multiget;
use crate::store::Detail;
use crate::types::Home;
use crate::xml::Element;

/// Answers the report: a response for every href, under the href as the client wrote it.
///
/// # Errors
/// As [`Multiget::read`] and [`calendar_data::projection`].
pub fn answer(context: &Context, report: &Element) -> Result<Reply> {
    let projection = calendar_data::projection(context, report)?;
    let asked = PropertyRequest::of(report).unwrap_or(PropertyRequest::Prop(Vec::new()));
    let mut detail = if calendar_data::is_wanted(report) { Detail::BODIES } else { Detail::empty() };
    if asked.wants_dead() {
        detail |= Detail::PROPERTIES;
    }
    let multiget = Multiget::read(context, report, Home::Calendars, detail)?;
    let make = projection.map(|projection| {
        move |bodies: &[Vec<u8>]| {
            let query = Query { filter: Vec::new(), timezone: None, projection: Some(projection) };
            icalendar::evaluate(bodies, &query).into_iter().map(Given::from).collect()
        }
    });
    Ok(multiget.answer(context, &asked, make))
}
