//! A question about many objects, answered one by one.

use crate::filter::Filter;
use crate::icalendar::{Query, Verdict};
use crate::projection::project;
use crate::syntax::read;
use crate::text::Fault;
use crate::time::{Zone, Zones};

/// One verdict for each object, in their order.
pub fn evaluate(objects: &[Vec<u8>], query: &Query) -> Vec<Verdict> {
    let floating = Zone::of_argument(query.timezone.as_deref());
    objects.iter().map(|object| verdict(object, query, &floating).unwrap_or_else(Verdict::Fault)).collect()
}

fn verdict(object: &[u8], query: &Query, floating: &Zone) -> Result<Verdict, Fault> {
    if query.filter.is_empty() && query.projection.is_none() {
        return Ok(Verdict::Unchanged);
    }
    let calendar = read(object)?;
    let zones = Zones::of(&calendar, floating.clone());
    if !Filter::new(&query.filter, &calendar, &zones).passes()? {
        return Ok(Verdict::No);
    }
    match &query.projection {
        Some(projection) => project(&calendar, projection, &zones).map(Verdict::Projected),
        None => Ok(Verdict::Unchanged),
    }
}
