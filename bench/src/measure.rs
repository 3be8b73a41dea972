//! Times of requests. They are the real ones of a client: from sending to the last octet of the answer.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::connection::Account;
use crate::process::Tree;
use crate::scenario::{CONNECTION, Scenario};

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Effort {
    /// Requests over each connection.
    pub requests: usize,
    /// Connections at once in the second measurement.
    pub connections: usize,
    /// No request of a measurement begins later than this; a slow server has fewer of them.
    pub limit: Duration,
}

impl Effort {
    /// Who takes longer than this for a request is not asked over several connections, nor again.
    pub fn slow(self) -> Duration {
        self.limit * 4 / self.connections.max(1) as u32
    }
}

/// What was measured of a server in a scenario.
#[derive(Default)]
pub struct Measured {
    /// Milliseconds of each request over one connection.
    times: Vec<f64>,
    /// Requests and seconds over several connections at once.
    crowd: (usize, f64),
    /// Whether only one connection is measured, because they failed at once, or because each takes too long.
    alone: bool,
    /// Requests and seconds of the server's CPU time, in both.
    cpu: (usize, f64),
    /// Octets of the last answer's body.
    pub bytes: usize,
}

impl Measured {
    /// Milliseconds that this share of the requests does not exceed.
    pub fn quantile(&self, share: f64) -> f64 {
        let mut times = self.times.clone();
        times.sort_by(f64::total_cmp);
        times.get((times.len().saturating_sub(1) as f64 * share) as usize).copied().unwrap_or(f64::NAN)
    }

    /// Requests a second over several connections.
    pub fn throughput(&self) -> f64 {
        self.crowd.0 as f64 / self.crowd.1
    }

    /// Milliseconds of CPU time that the server's processes take for a request.
    pub fn cpu(&self) -> f64 {
        self.cpu.1 * 1000.0 / self.cpu.0 as f64
    }

    /// Whether it fails where several ask at once.
    pub fn fails_in_a_crowd(&self) -> bool {
        self.alone
    }

    /// Whether a request takes too long for more of them to be made.
    pub fn is_slow(&self, effort: Effort) -> bool {
        self.quantile(0.5) > effort.slow().as_secs_f64() * 1000.0
    }

    /// Adds a round of measuring, numbered so that no two make the same object.
    ///
    /// # Errors
    /// Where an answer is not what the scenario expects. Where that was so over several connections only, what was measured over one remains.
    pub async fn add_round(
        &mut self,
        account: &Account,
        tree: &Tree,
        scenario: &Scenario,
        effort: Effort,
        round: usize,
    ) -> Result<()> {
        let before = tree.cpu_seconds()?;
        let warm_up = effort.requests.div_ceil(10);
        let first = round * (effort.requests + warm_up);
        let mut sent = send(account, scenario, effort, first..first + warm_up + effort.requests).await?;
        let mut requests = sent.times.len();
        self.bytes = sent.bytes;
        self.times.extend(sent.times.drain(warm_up.min(requests / 2)..));
        self.alone |= self.is_slow(effort);
        if !self.alone {
            let started = Instant::now();
            match crowd(account, scenario, effort, round).await {
                Ok(answered) => {
                    requests += answered;
                    self.crowd.0 += answered;
                    self.crowd.1 += started.elapsed().as_secs_f64();
                }
                Err(error) => {
                    (self.alone, self.crowd) = (true, (0, 0.0));
                    return Err(error.context(format!("{} at once", effort.connections)));
                }
            }
        }
        self.cpu = (self.cpu.0 + requests, self.cpu.1 + tree.cpu_seconds()? - before);
        Ok(())
    }
}

/// Makes the requests over several connections. Returns how many were answered.
async fn crowd(account: &Account, scenario: &Scenario, effort: Effort, round: usize) -> Result<usize> {
    let tasks: Vec<_> = (1..=effort.connections)
        .map(|connection| {
            let (account, scenario) = (account.clone(), scenario.clone());
            let first = connection * CONNECTION + round * effort.requests;
            tokio::spawn(async move { send(&account, &scenario, effort, first..first + effort.requests).await })
        })
        .collect();
    let mut answered = Ok(0);
    for task in tasks {
        let sent = task.await?;
        answered = answered.and_then(|sum| Ok(sum + sent?.times.len()));
    }
    answered
}

struct Sent {
    times: Vec<f64>,
    bytes: usize,
}

/// Makes the requests of these numbers, one after the other, as far as the time goes.
async fn send(account: &Account, scenario: &Scenario, effort: Effort, numbers: std::ops::Range<usize>) -> Result<Sent> {
    let mut connection = account.connect().await?;
    let mut sent = Sent { times: Vec::new(), bytes: 0 };
    let began = Instant::now();
    for number in numbers {
        let exchanges = scenario.exchanges(number);
        let started = Instant::now();
        let body = scenario.run(&mut connection, &exchanges).await?;
        sent.times.push(started.elapsed().as_secs_f64() * 1000.0);
        scenario.check(&body)?;
        sent.bytes = body.len();
        if began.elapsed() > effort.limit {
            break;
        }
    }
    ensure!(!sent.times.is_empty(), "nothing was measured");
    Ok(sent)
}
