//! CALDAV:calendar-multiget (RFC 4791 §7.9).

use crate::context::Context;
use crate::icalendar::{self, Query};
use crate::properties::{PropertyRequest, timezone_of};
use crate::refusal::Result;
use crate::reply::Reply;
use crate::reports::calendar_data;
use crate::reports::given::Given;
use crate::reports::multiget::Multiget;
use crate::store::Collection;
use crate::text::Content;
use crate::types::Home;
use crate::xml::Element;

/// Answers the report: a response for every href, under the href as the client wrote it.
///
/// # Errors
/// As [`Multiget::read`] and [`calendar_data::projection`].
pub fn answer(context: &Context, report: &Element) -> Result<Reply> {
    let projection = calendar_data::projection(context, report)?;
    let asked = PropertyRequest::of_report(report)?;
    let detail = asked.detail(calendar_data::is_wanted(report));
    let multiget = Multiget::read(context, report, Home::Calendars, detail)?;
    // Days and floating times are expanded in the zone of the calendar that they are in (RFC 4791 §5.2.2).
    let make = projection.map(|projection| {
        move |calendar: &Collection, bodies: &[Content]| {
            let timezone = timezone_of(calendar);
            let query = Query { filter: Vec::new(), timezone, projection: Some(projection.clone()) };
            icalendar::evaluate(bodies, &query).into_iter().map(Given::from).collect()
        }
    });
    Ok(multiget.answer(context, &asked, make))
}
