//! The iCalendar engine (RFC 5545, 7986, 9073): validation, what to index, recurrence, filters and projections (RFC
//! 4791 §9), free-busy, time zones, jCal (RFC 7265) and xCal (RFC 6321). Every function is a pure one of its arguments,
//! and bounded in what it takes.

mod anniversary;
mod conceal;
mod evaluate;
mod fault;
mod filter;
mod free_busy;
mod inspect;
mod overlap;
mod projection;
mod recurrence;
mod stream;
mod syntax;
mod text_match;
mod time;
mod typed;
mod validate;

/// What wit-bindgen makes of the world `calendars`.
#[allow(missing_docs, unsafe_code, clippy::all, clippy::unwrap_used, clippy::panic, clippy::todo)]
pub mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "calendars", additional_derives: [PartialEq] });
}

pub use bindings::exports::kalends::dav::icalendar;
pub use bindings::kalends::dav::text;

use icalendar::{Anniversary, Guest, Inspection, Query, TimeRange, Verdict};
use text::{Content, Fault, Format};

kalends_content::as_octets!(text::Content);

/// The component: the functions of `wit/icalendar.wit`.
pub struct Calendars;

impl Guest for Calendars {
    fn inspect(object: Vec<u8>) -> Result<Inspection, Fault> {
        inspect::inspect(&object)
    }

    fn evaluate(objects: Vec<Content>, query: Query) -> Vec<Verdict> {
        evaluate::evaluate(&objects, &query)
    }

    fn free_busy(
        objects: Vec<Content>,
        range: TimeRange,
        timezone: Option<String>,
        now: i64,
    ) -> Result<Vec<u8>, Fault> {
        free_busy::free_busy(&objects, &range, timezone.as_deref(), now)
    }

    fn convert(object: Vec<u8>, source: Format, to: Format) -> Result<Vec<u8>, Fault> {
        typed::convert(&object, source, to)
    }

    fn merge(objects: Vec<Content>, name: Option<String>, refresh: Option<u32>) -> String {
        stream::merge(&objects, name.as_deref(), refresh)
    }

    fn conceal(object: Vec<u8>, uid: String) -> Option<Vec<u8>> {
        conceal::conceal(&object, &uid)
    }

    fn disclose(object: Vec<u8>, uid: String) -> Option<Vec<u8>> {
        conceal::disclose(&object, &uid)
    }

    fn split(content: Vec<u8>) -> Result<Vec<Vec<u8>>, Fault> {
        stream::split(&content)
    }

    fn inspect_timezone(object: Vec<u8>) -> Result<String, Fault> {
        validate::timezone(&object)
    }

    fn timezone(tzid: String) -> Option<String> {
        time::describe(&tzid)
    }

    fn anniversaries(days: Vec<Anniversary>) -> Vec<Vec<u8>> {
        days.iter().map(anniversary::write).collect()
    }
}

/// What wit-bindgen exports; natively nothing needs it.
#[cfg(target_arch = "wasm32")]
#[allow(missing_docs, unsafe_code, clippy::all)]
mod exports {
    use super::{Calendars, bindings};
    bindings::export!(Calendars with_types_in bindings);
}
