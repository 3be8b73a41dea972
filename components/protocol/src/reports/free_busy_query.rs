//! CALDAV:free-busy-query (RFC 4791 §7.10).

use crate::context::{Context, lookup};
use crate::icalendar;
use crate::properties::timezone_of;
use crate::refusal::{Refusal, Result, of_fault};
use crate::reply::Reply;
use crate::reports::calendar_filter::read_range;
use crate::reports::queried;
use crate::store::{Detail, IndexQuery, Selection};
use crate::text::Content;
use crate::types::Home;
use crate::xml::{CALDAV, Element};

/// Answers the report: when the calendar's owner is busy. Who may know only that much gets it too.
///
/// # Errors
/// 400 without a closed time-range; 404.
pub fn answer(context: &Context, report: &Element) -> Result<Reply> {
    let place = context.place()?;
    if place.home != Home::Calendars {
        return Err(Refusal::dav(403, "supported-report", "Only calendars can be asked this."));
    }
    let Some(range) = report.child(CALDAV, "time-range") else {
        return Err(Refusal::bad("There has to be a time-range."));
    };
    let range = read_range(range)?;
    if range.start.is_none() || range.end.is_none() {
        return Err(Refusal::bad("The time-range has to have a start and an end."));
    }
    let query = IndexQuery {
        components: vec!["VEVENT".to_owned(), "VFREEBUSY".to_owned()],
        start: range.start,
        end: range.end,
        uid: None,
        texts: Vec::new(),
        any_text: false,
        limit: None,
    };
    let snapshot = context.read(&[lookup(place, Selection::Matching(query), Detail::BODIES)])?;
    let Some(view) = snapshot.views.first() else { return Err(Refusal::not_found()) };
    let collection = queried(place, view, context.asker())?;
    let objects: Vec<Content> = view.resources.iter().filter_map(|resource| resource.body.clone()).collect();
    let busy = icalendar::free_busy(&objects, range, timezone_of(collection).as_deref(), context.now());
    let body = busy.map_err(|fault| of_fault(&fault, true))?;
    Ok(Reply::new(200).body("text/calendar; charset=utf-8", body))
}
