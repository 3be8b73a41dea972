//! The engine as a Rust library.

use anyhow::{Result, anyhow};
use kalends_icalendar::Calendars;
use kalends_icalendar::icalendar::{CompFilter, Guest, Projection, Query, Recurrence, TimeRange};
use kalends_icalendar::text::{Content, Format};

use crate::Engine;
use crate::measure::{Question, query};

/// The engine as a Rust library.
pub struct Native;

impl Engine for Native {
    fn ask(&mut self, question: Question, objects: &[Vec<u8>]) -> Result<String> {
        if question == Question::Inspect {
            let object = objects.first().cloned().unwrap_or_default();
            let inspection = Calendars::inspect(object).map_err(|fault| anyhow!("{}", fault.message))?;
            return Ok(format!("{:?} {:?}", inspection.first, inspection.last));
        }
        let objects = objects.iter().cloned().map(Content::from).collect();
        let verdicts = Calendars::evaluate(objects, query!((question == Question::Expand)));
        Ok(format!("{:?}", verdicts.last()).replace("Verdict::", ""))
    }
}
