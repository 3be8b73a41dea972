//! Figures of servers that are not beside us: sabre/dav 4.7 (PHP-FPM with four processes, SQLite) and Cyrus, measured
//! earlier on another machine of two cores.

use crate::measure::Measured;
use crate::outcome::Outcome;

/// The request, the events in the calendar, and the better p50 of both over one connection, in milliseconds.
const FIGURES: [(&str, usize, f64); 12] = [
    ("PUT of a changed event", 1000, 4.7),
    ("PUT of a new event", 1000, 4.7),
    ("GET", 1000, 0.6),
    ("PROPFIND Depth 1, ETags", 1000, 14.8),
    ("PROPFIND Depth 1, ETags", 10_000, 76.0),
    ("calendar-query of a month, with data", 1000, 13.0),
    ("calendar-query of a month, with data", 10_000, 78.0),
    ("calendar-multiget of 100, with data", 1000, 2.9),
    ("sync-collection, initial", 1000, 14.5),
    ("sync-collection, initial", 10_000, 80.0),
    ("sync-collection, one change", 1000, 1.0),
    ("sync-collection, no change", 1000, 0.6),
];

/// How a server compares.
pub struct Comparison {
    /// The request and the events in the calendar.
    pub request: String,
    /// Milliseconds, p50: the server's, and the reference's.
    pub times: (f64, f64),
}

impl Comparison {
    /// How many times faster the server is.
    pub fn ratio(&self) -> f64 {
        self.times.1 / self.times.0
    }
}

/// The server at this place against every figure whose request was measured.
pub fn comparisons(outcome: &Outcome, server: usize) -> Vec<Comparison> {
    let own = |name: &str, events: usize| {
        let size = outcome.sizes.iter().find(|size| size.events == events)?;
        let row = size.rows.iter().find(|row| row.name == name)?;
        row.figure(server, |cell: &Measured| cell.quantile(0.5)).filter(|time| time.is_finite())
    };
    FIGURES
        .into_iter()
        .filter_map(|(name, events, theirs)| {
            let times = (own(name, events)?, theirs);
            Some(Comparison { request: format!("{name} in {events} events"), times })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::FIGURES;
    use crate::scenario::NAMES;

    #[test]
    fn every_figure_is_of_a_request_that_is_measured() {
        assert!(FIGURES.iter().all(|(name, ..)| NAMES.contains(name)));
    }
}
