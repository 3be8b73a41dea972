//! Filtering and projecting many cards.

use std::ops::Deref;

use crate::card::Card;
use crate::filter::Filter;
use crate::projection;
use crate::text::Fault;
use crate::vcard::{Query, Verdict};

/// One answer for each card, in their order.
pub fn evaluate(cards: &[impl Deref<Target = [u8]>], query: &Query) -> Vec<Verdict> {
    let filter = Filter::of(&query.filters, query.all);
    cards.iter().map(|card| verdict(card, &filter, query).unwrap_or_else(Verdict::Fault)).collect()
}

fn verdict(content: &[u8], filter: &Filter, query: &Query) -> Result<Verdict, Fault> {
    let card = Card::read(content)?;
    if !filter.matches(&card)? {
        return Ok(Verdict::No);
    }
    let Some(projection) = &query.projection else { return Ok(Verdict::Unchanged) };
    Ok(projection::project(&card, projection)?.map_or(Verdict::Unchanged, Verdict::Projected))
}
