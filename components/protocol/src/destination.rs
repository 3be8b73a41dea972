//! The Destination header (RFC 4918 §10.3).

use crate::context::Context;
use crate::href::{self, Target};
use crate::refusal::{Refusal, Result};
use crate::types::Place;

/// The place that it names.
///
/// # Errors
/// 400 where there is none or it cannot be; 502 where it is on another server; 403 where nothing can be stored there.
pub fn of(context: &Context) -> Result<Place> {
    let Some(value) = context.request.header("destination") else {
        return Err(Refusal::bad("There is no Destination header."));
    };
    let there = context.absolute(value).ok_or_else(|| Refusal::bad("The Destination cannot be understood."))?;
    if !context.is_here(&there) {
        return Err(Refusal::new(502, "The Destination is on another server."));
    }
    // The path as it was sent: `join` would resolve dot segments, which are refused.
    let path = raw_path(value);
    match href::parse(&context.base, path) {
        Ok(Target::Place(place)) => Ok(place),
        Ok(_) => Err(Refusal::new(403, "Nothing can be stored at the Destination.")),
        Err(bad) => Err(Refusal::bad(format!("The Destination cannot be: {}.", bad.0))),
    }
}

fn raw_path(value: &str) -> &str {
    let after_scheme = value.split_once("://").map(|(_, rest)| rest);
    match after_scheme {
        Some(rest) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => value,
    }
}
