//! Recurrence (RFC 5545 §3.8.5): the rules, and the instances of a series with its overrides.

mod rule;
mod series;

pub use rule::Rule;
pub use series::{Instance, Series};
