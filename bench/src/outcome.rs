//! What a run has found.

use crate::measure::Measured;
use crate::process::Memory;
use crate::profile::Profile;
use crate::scaling::Scaling;

/// The measured servers and all that was measured. Every list of cells is in the order of the servers; the first is
/// what the others are compared with.
pub struct Outcome {
    /// The machine, and how busy it was before.
    pub machine: String,
    /// Milliseconds of a request over one connection to a server that answers nothing, asked all through the run.
    pub least: f64,
    /// How much was measured.
    pub effort: String,
    /// The servers.
    pub servers: Vec<Server>,
    /// One for each size of calendar.
    pub sizes: Vec<Size>,
    /// Kalends in a small calendar and a large one.
    pub scaling: Vec<Scaling>,
    /// The Worker's isolate, where workerd is among the servers and 1,000 among the sizes.
    pub profile: Option<Profile>,
    /// What went wrong, and what is missing.
    pub notes: Vec<String>,
}

/// A server.
pub struct Server {
    /// Its name in tables.
    pub name: &'static str,
    /// Its version, and how it was run.
    pub about: String,
    /// The most memory that it had after a scenario.
    pub memory: Memory,
    /// Milliseconds from its start to its first answer, with everything loaded.
    pub start: f64,
}

/// All scenarios with a calendar of one size.
pub struct Size {
    /// Events in the calendar.
    pub events: usize,
    /// The scenarios.
    pub rows: Vec<Row>,
}

/// A scenario.
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// What was measured of each server; `None` where it lacks this, or answered wrongly.
    pub cells: Vec<Option<Measured>>,
}

impl Outcome {
    /// The place of a server among the cells.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.servers.iter().position(|server| server.name == name)
    }
}

impl Row {
    /// A figure of a server, as it was measured.
    pub fn figure(&self, server: usize, figure: impl Fn(&Measured) -> f64) -> Option<f64> {
        self.cells.get(server)?.as_ref().map(figure)
    }
}
