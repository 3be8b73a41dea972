//! What Kalends has promised to reach, and whether it does.

use crate::measure::Measured;
use crate::outcome::Outcome;
use crate::profile::Profile;
use crate::reference::{Comparison, comparisons};
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
/// How many times faster than the best of the others.
const TIMES: f64 = 3.0;
/// A figure that does not grow may do so by this factor.
const EVEN: f64 = 1.2;
/// MiB.
const MEMORY: f64 = 150.0;
/// Milliseconds of CPU time that a request may take on Cloudflare's free plan.
const CPU: f64 = 10.0;
/// Milliseconds that a Worker's script may take to start, and megabytes that it may have on the free plan, compressed.
const START: f64 = 1000.0;
const SCRIPT: f64 = 3.0;

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
        TIMES,
        "the throughput of the best peer in every scenario",
        &peers,
        Measured::throughput,
        false,
    ));
    bars.extend(at_least(
        outcome,
        TIMES,
        "faster than the best peer over one connection (p50)",
        &peers,
        |cell| cell.quantile(0.5),
        true,
    ));
    bars.extend(elsewhere(outcome));
    bars.extend(outcome.scaling.iter().map(even));
    bars.extend(memory(outcome));
    bars.extend(outcome.profile.iter().flat_map(worker));
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

/// Kalends against the figures of another machine.
fn elsewhere(outcome: &Outcome) -> Option<Bar> {
    let all = comparisons(outcome, outcome.place(OURS)?);
    let (reached, missed): (Vec<_>, Vec<_>) = all.iter().partition(|one| one.ratio() >= TIMES);
    let told = |one: &&Comparison| {
        format!("; {:.1} times in {} ({:.2} ms, {} there)", one.ratio(), one.request, one.times.0, one.times.1)
    };
    let promise = format!("{TIMES} times faster than sabre/dav 4.7 and Cyrus on another machine (p50)");
    let measured = format!("in {} of {}{}", reached.len(), all.len(), missed.iter().map(told).collect::<String>());
    (!all.is_empty()).then_some(Bar { promise, measured, reached: missed.is_empty() })
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

/// What is promised of the Worker.
fn worker(profile: &Profile) -> [Bar; 3] {
    let Profile { events, most: (request, time), start, compressed } = profile;
    [
        Bar {
            promise: format!(
                "on workerd no request of a sync loop takes above {CPU} ms of CPU with {events} events (in the isolate, by V8's profiler: what D1, R2 and KV do is not in it)"
            ),
            measured: format!("{time:.1} ms at the most: {request}"),
            reached: *time <= CPU,
        },
        Bar {
            promise: format!(
                "the Worker's script starts within {START} ms (by the clock, from the isolate's creation until the script is evaluated)"
            ),
            measured: format!("{start:.0} ms"),
            reached: *start < START,
        },
        Bar {
            promise: format!("the Worker's script has less than {SCRIPT} MB, compressed by gzip"),
            measured: format!("{compressed:.2} MB"),
            reached: *compressed < SCRIPT,
        },
    ]
}
