//! What is asked, and how long an answer takes.

use std::time::Duration;

use anyhow::Result;
use rustix::time::{ClockId, clock_gettime};

/// Rounds that a measurement's time is divided into; the median of them is told.
const ROUNDS: u32 = 9;

/// Objects that a server filters at once.
const BATCH: usize = 100;

/// June 2026 in UTC seconds.
pub const MONTH: (i64, i64) = (1_780_272_000, 1_782_864_000);

/// The query for events in [`MONTH`], perhaps expanded: of the types that the caller has in scope, which are others on
/// both sides of a component.
macro_rules! query {
    ($is_expanded:expr) => {{
        let range = TimeRange { start: Some($crate::measure::MONTH.0), end: Some($crate::measure::MONTH.1) };
        let filter = |name: &str, time_range, comps| CompFilter {
            name: name.to_owned(),
            not_defined: false,
            time_range,
            props: Vec::new(),
            comps,
        };
        let projection = Projection {
            select: Vec::new(),
            recurrence: Recurrence::Expand(range),
            limit_freebusy: None,
            format: Format::Text,
            by_reference: false,
        };
        Query {
            filter: vec![filter("VCALENDAR", None, vec![1]), filter("VEVENT", Some(range), Vec::new())],
            timezone: None,
            projection: $is_expanded.then_some(projection),
        }
    }};
}
pub(crate) use query;

/// A question about an object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Question {
    /// `inspect`, of one object, as for a PUT.
    Inspect,
    /// `evaluate` with a time range, of many objects.
    Filter,
    /// The same, and the instances in the range.
    Expand,
}

impl Question {
    /// All of them, in the order of the table.
    pub const ALL: [Question; 3] = [Question::Inspect, Question::Filter, Question::Expand];

    /// How many objects it is asked of at once.
    pub fn at_once(self) -> usize {
        if self == Question::Inspect { 1 } else { BATCH }
    }
}

/// What this thread has taken of a processor.
fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

/// Microseconds of CPU time for one of so many objects: the median of some rounds that take a time together. What else
/// the machine does is not in it.
pub fn microseconds(time: Duration, objects: usize, mut work: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let (started, mut done) = (cpu_time(), 0_u32);
        while done == 0 || cpu_time() - started < time / ROUNDS {
            work()?;
            done += 1;
        }
        rounds.push((cpu_time() - started).as_secs_f64() * 1e6 / f64::from(done) / objects as f64);
    }
    rounds.sort_by(f64::total_cmp);
    Ok(rounds[rounds.len() / 2])
}
