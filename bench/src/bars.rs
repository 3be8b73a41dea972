//! What Kalends has promised to reach, and whether it does.

use crate::measure::Measured;
use crate::outcome::Outcome;
use crate::scaling::Scaling;

/// A promise.
pub struct Bar {
    /// What is to be reached.
    pub promise: String,
    /// What was measured.
    pub measured: String,
    /// Whether it was reached.
    pub reached: bool,
}

const OURS: &str = "kalends";
const PEERS_IN_PYTHON: [&str; 2] = ["radicale", "xandikos"];
/// Kalends itself, on whichever host.
const NOT_PEERS: [&str; 3] = ["kalends", "workerd", "workerd-fresh"];
/// A figure that does not grow may do so by this factor.
const EVEN: f64 = 1.2;
/// MiB.
const MEMORY: f64 = 150.0;
/// Milliseconds of CPU time that a request may take on Cloudflare's free plan.
const CPU: f64 = 10.0;
/// Requests that a client makes when it synchronises: what is in `crate::scenario::NAMES`.
const LOOP: [&str; 7] =
    ["discovery", "GET", "PROPFIND", "calendar-multiget", "sync-collection", "PUT", "calendar-query"];

/// Those that this run can tell of.
pub fn bars(outcome: &Outcome) -> Vec<Bar> {
    let mut bars = Vec::new();
    let python: Vec<usize> = PEERS_IN_PYTHON.iter().filter_map(|name| outcome.place(name)).collect();
    let peers: Vec<usize> =
        (0..outcome.servers.len()).filter(|server| !NOT_PEERS.contains(&outcome.servers[*server].name)).collect();
    bars.extend(at_least(
        outcome,
        10.0,
        "the throughput of Radicale and Xandikos in every scenario",
        &python,
        Measured::throughput,
        false,
    ));
    bars.extend(at_least(
        outcome,
        3.0,
        "the throughput of the best peer in every scenario",
        &peers,
        Measured::throughput,
        false,
    ));
    bars.extend(at_least(
        outcome,
        3.0,
        "faster than the best peer over one connection (p50)",
        &peers,
        |cell| cell.quantile(0.5),
        true,
    ));
    bars.extend(outcome.scaling.iter().map(even));
    bars.extend(memory(outcome));
    bars.extend(cpu(outcome));
    bars
}

/// Kalends against each of some peers, in the scenario where it is closest.
fn at_least(
    outcome: &Outcome,
    times: f64,
    what: &str,
    peers: &[usize],
    figure: impl Fn(&Measured) -> f64,
    less_is_better: bool,
) -> Option<Bar> {
    let ours = outcome.place(OURS)?;
    let mut closest: Option<(f64, String)> = None;
    for size in &outcome.sizes {
        for row in &size.rows {
            for peer in peers {
                let (Some(own), Some(theirs)) = (row.figure(ours, &figure), row.figure(*peer, &figure)) else {
                    continue;
                };
                let ratio = if less_is_better { theirs / own } else { own / theirs };
                if ratio.is_finite() && closest.as_ref().is_none_or(|(least, _)| ratio < *least) {
                    let name = outcome.servers[*peer].name;
                    closest = Some((ratio, format!("{} in {} events, against {name}", row.name, size.events)));
                }
            }
        }
    }
    let (ratio, wherever) = closest?;
    let promise = format!("{times} times {what}");
    Some(Bar { promise, measured: format!("{ratio:.1} at the least: {wherever}"), reached: ratio >= times })
}

fn even(scaling: &Scaling) -> Bar {
    let Scaling { request, sizes: (small, large), times: (before, after) } = scaling;
    let promise = format!("{request}: within {EVEN} times as much in {large} events as in {small}");
    let ratio = scaling.ratio();
    Bar { promise, measured: format!("{ratio:.2} ({before:.2} ms, {after:.2} ms)"), reached: ratio <= EVEN }
}

fn memory(outcome: &Outcome) -> Option<Bar> {
    let server = outcome.servers.get(outcome.place(OURS)?)?;
    let events: usize = outcome.sizes.iter().map(|size| size.events).max()?;
    let promise = format!("the native process stays under {MEMORY} MiB with {events} events served");
    let resident = server.memory.resident;
    Some(Bar { promise, measured: format!("{resident:.0} MiB resident"), reached: resident < MEMORY })
}

/// Only of a calendar of 1,000 events or fewer, which is what is promised.
fn cpu(outcome: &Outcome) -> Option<Bar> {
    let ours = outcome.place("workerd")?;
    let size = outcome.sizes.iter().rfind(|size| size.events <= 1000)?;
    let rows = size.rows.iter().filter(|row| LOOP.iter().any(|name| row.name.starts_with(name)));
    let rows = rows.filter(|row| !row.name.contains("whole"));
    let (most, name) = rows
        .filter_map(|row| Some((row.figure(ours, Measured::cpu)?, row.name)))
        .max_by(|one, other| one.0.total_cmp(&other.0))?;
    let promise = format!(
        "on workerd no request of a sync loop takes above {CPU} ms of CPU with {} events (all of the process, D1's SQLite included)",
        size.events
    );
    Some(Bar { promise, measured: format!("{most:.1} ms at the most: {name}"), reached: most <= CPU })
}
