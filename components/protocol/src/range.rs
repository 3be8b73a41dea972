//! Parts of what is stored (RFC 9110 §14). One range of octets is given; who asks for several is given the whole, as
//! §14.2 allows.

use std::ops::RangeInclusive;

use http_range_header::{RangeUnsatisfiableError, parse_range_header};

use crate::refusal::{Refusal, Result};
use crate::request::Request;

/// The octets that a GET asks for of a body that has so many of them; none where that is all of it. What cannot be
/// understood is passed over, and so is what was meant of another state than the one with this entity tag (If-Range,
/// §13.1.5).
///
/// # Errors
/// 416 where the body does not reach so far.
pub fn asked(request: &Request, etag: &str, length: usize) -> Result<Option<RangeInclusive<usize>>> {
    let is_of_this = request.header("if-range").is_none_or(|validator| validator == etag);
    let Some(range) = request.header("range").filter(|_| is_of_this && request.method() == "GET") else {
        return Ok(None);
    };
    match parse_range_header(range).and_then(|ranges| ranges.validate(length as u64)) {
        Ok(ranges) => Ok(single(&ranges)),
        Err(RangeUnsatisfiableError::Unsatisfiable) => {
            let refusal = Refusal::new(416, format!("There are {length} octets."));
            Err(refusal.with_header("content-range", &format!("bytes */{length}")))
        }
        Err(_) => Ok(None),
    }
}

fn single(ranges: &[RangeInclusive<u64>]) -> Option<RangeInclusive<usize>> {
    let [range] = ranges else { return None };
    Some(usize::try_from(*range.start()).ok()?..=usize::try_from(*range.end()).ok()?)
}
