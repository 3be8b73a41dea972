//! CALDAV:calendar-multiget (RFC 4791 §7.9).

use crate::context::Context;
use crate::icalendar::{self, Query, Verdict};
use crate::multistatus::Multistatus;
use crate::properties::{PropertyRequest, Scene, Subject, write_propstats};
use crate::refusal::{Result, of_fault};
use crate::reply::Reply;
use crate::reports::calendar_data;
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
    let mut verdicts = projection.map(|projection| {
        let bodies: Vec<Vec<u8>> = multiget.found().filter_map(|(_, found)| found?.1.body.clone()).collect();
        let query = Query { filter: Vec::new(), timezone: None, projection: Some(projection) };
        icalendar::evaluate(&bodies, &query).into_iter()
    });
    let minimal = context.request.prefers_minimal();
    let scene = Scene { context, epoch: &multiget.snapshot.epoch, owner: None, locks: &[] };
    let mut multistatus = Multistatus::new();
    for (href, found) in multiget.found() {
        let Some((collection, resource)) = found else {
            multistatus.status(href, "404 Not Found");
            continue;
        };
        let verdict = match (&mut verdicts, &resource.body) {
            (Some(verdicts), Some(_)) => verdicts.next().unwrap_or(Verdict::Unchanged),
            _ => Verdict::Unchanged,
        };
        let data = match &verdict {
            Verdict::Fault(fault) => {
                multistatus.refused(href, &of_fault(fault, true));
                continue;
            }
            Verdict::Projected(data) => Some(data.as_slice()),
            Verdict::Unchanged | Verdict::No => resource.body.as_deref(),
        };
        let subject = Subject::Resource(collection, resource, data);
        multistatus.response(href, |xml| write_propstats(&scene, &subject, &asked, minimal, xml));
    }
    Ok(multistatus.finish().preference_applied(minimal))
}
