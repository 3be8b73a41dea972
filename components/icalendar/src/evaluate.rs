//! A question about many objects, answered one by one.

use crate::filter::Filter;
use crate::icalendar::{Query, Verdict};
use crate::projection::project;
use crate::syntax::Reader;
use crate::text::{Content, Fault};
use crate::time::{Zone, Zones};

/// One verdict for each object, in their order.
pub fn evaluate(objects: &[Content], query: &Query) -> Vec<Verdict> {
    let floating = Zone::of_argument(query.timezone.as_deref());
    let mut reader = Reader::new();
    objects.iter().map(|object| verdict(object, query, &floating, &mut reader).unwrap_or_else(Verdict::Fault)).collect()
}

fn verdict<'o>(object: &'o [u8], query: &Query, floating: &Zone, reader: &mut Reader<'o>) -> Result<Verdict, Fault> {
    if query.filter.is_empty() && query.projection.is_none() {
        return Ok(Verdict::Unchanged);
    }
    let calendar = reader.read(object)?;
    let zones = Zones::of(&calendar, floating.clone());
    if !Filter::new(&query.filter, &calendar, &zones).passes()? {
        return Ok(Verdict::No);
    }
    match &query.projection {
        Some(projection) => project(&calendar, projection, &zones).map(Verdict::Projected),
        None => Ok(Verdict::Unchanged),
    }
}
