//! CALDAV:calendar-query (RFC 4791 §7.8).

use std::collections::HashMap;

use crate::context::{Context, lookup};
use crate::icalendar::{self, CompFilter, Projection, Query};
use crate::multistatus::Multistatus;
use crate::privileges;
use crate::properties::{PropertyRequest, Scene, Subject, timezone_of};
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::reports::given::{self, Given};
use crate::reports::{calendar_data, calendar_filter, queried};
use crate::resolve::{Found, find};
use crate::store::{Access, Collection, Detail, Resource, Selection};
use crate::text::Content;
use crate::types::{Home, Place};
use crate::xml::{CALDAV, Element};

/// What is asked.
struct Question {
    filter: Vec<CompFilter>,
    projection: Option<Projection>,
    asked: PropertyRequest,
    wants_data: bool,
    /// Whether storage has selected by the index. It has not where the target is a resource itself.
    selected: bool,
}

impl Question {
    fn read(context: &Context, report: &Element) -> Result<Self> {
        Ok(Question {
            filter: calendar_filter::read(report)?,
            projection: calendar_data::projection(context, report)?,
            asked: PropertyRequest::of_report(report)?,
            wants_data: calendar_data::is_wanted(report),
            selected: true,
        })
    }

    /// Whether a resource that the index has selected matches for certain.
    fn is_decided(&self, resource: &Resource) -> bool {
        self.selected
            && calendar_filter::is_decided_by_index(&self.filter)
            && (resource.exact || !calendar_filter::has_range(&self.filter))
    }

    /// What to read of the resources at once: all bodies where they are asked for, or where the index decides about
    /// none.
    fn detail(&self) -> Detail {
        self.asked.detail(self.wants_data || !calendar_filter::is_decided_by_index(&self.filter))
    }
}

/// Answers the report. The index brings what can match; the engine looks at what the index does not decide.
///
/// # Errors
/// 403 for a filter, a time zone or a form that cannot be; 404.
pub fn answer(context: &Context, report: &Element) -> Result<Reply> {
    let place = context.place()?;
    if place.home != Home::Calendars {
        return Err(Refusal::dav(403, "supported-report", "Only calendars can be asked this."));
    }
    let mut question = Question::read(context, report)?;
    let selection = Selection::Matching(calendar_filter::index_query(&question.filter));
    let mut snapshot = context.read(&[lookup(place, selection, question.detail())])?;
    let Some(view) = snapshot.views.first_mut() else { return Err(Refusal::not_found()) };
    question.selected = !matches!(find(place, view, context.asker()), Found::Resource(..));
    fetch_undecided(context, place, &question, &mut view.resources)?;
    let collection = queried(place, view, context.asker())?;
    privileges::require(context, collection, Access::Read, "D:read")?;
    let timezone = timezone(report, collection)?;
    let scene = Scene { context, epoch: &snapshot.epoch, owner: view.owner.as_ref(), locks: &view.locks };
    Ok(write(&scene, collection, &view.resources, question, timezone))
}

/// Brings the bodies that turn out to be needed to decide, where they were not read at once.
fn fetch_undecided(context: &Context, place: &Place, question: &Question, resources: &mut [Resource]) -> Result<()> {
    let missing = |resource: &&mut Resource| resource.body.is_none() && !question.is_decided(resource);
    let names: Vec<String> = resources.iter_mut().filter(missing).map(|resource| resource.name.clone()).collect();
    if names.is_empty() {
        return Ok(());
    }
    let selection = if question.selected { Selection::Names(names) } else { Selection::Itself };
    let snapshot = context.read(&[lookup(place, selection, Detail::BODIES)])?;
    let found = snapshot.views.into_iter().flat_map(|view| view.resources);
    let mut bodies: HashMap<String, Option<Content>> = found.map(|resource| (resource.name, resource.body)).collect();
    for resource in resources.iter_mut().filter(|resource| resource.body.is_none()) {
        resource.body = bodies.remove(&resource.name).flatten();
    }
    Ok(())
}

/// C:timezone (RFC 4791 §9.8), C:timezone-id (RFC 7809 §5.3), or else the calendar's own zone.
///
/// # Errors
/// 403 `valid-calendar-data`, `valid-timezone`.
pub fn timezone(report: &Element, collection: &Collection) -> Result<Option<String>> {
    if let Some(element) = report.child(CALDAV, "timezone") {
        let text = element.text();
        icalendar::inspect_timezone(text.as_bytes())
            .map_err(|fault| Refusal::caldav(403, "valid-calendar-data", fault.message))?;
        return Ok(Some(text));
    }
    if let Some(element) = report.child(CALDAV, "timezone-id") {
        let id = element.text().trim().to_owned();
        if icalendar::timezone(&id).is_none() {
            return Err(Refusal::caldav(403, "valid-timezone", "This time zone is not known."));
        }
        return Ok(Some(id));
    }
    Ok(timezone_of(collection))
}

fn write(
    scene: &Scene,
    collection: &Collection,
    resources: &[Resource],
    question: Question,
    timezone: Option<String>,
) -> Reply {
    let to_evaluate = |resource: &Resource| question.projection.is_some() || !question.is_decided(resource);
    let bodies: Vec<Content> = resources
        .iter()
        .filter(|resource| to_evaluate(resource))
        .filter_map(|resource| resource.body.clone())
        .collect();
    let query = Query { filter: question.filter.clone(), timezone, projection: question.projection.clone() };
    let mut verdicts = icalendar::evaluate(&bodies, &query).into_iter().map(Given::from);
    let minimal = scene.context.request.prefers_minimal();
    let mut multistatus = Multistatus::new();
    for resource in resources {
        let given = match (to_evaluate(resource), &resource.body) {
            (true, Some(_)) => verdicts.next().unwrap_or(Given::Nothing),
            // It was removed between two reads.
            (true, None) => Given::Nothing,
            (false, _) => Given::AsStored,
        };
        let href = Subject::Resource(collection, resource, None).href(&scene.context.base);
        given::write(scene, (collection, resource), &href, &given, &question.asked, &mut multistatus);
    }
    multistatus.finish().preference_applied(minimal)
}
