//! Times of requests. They are the real ones of a client: from sending to the last octet of the answer.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::sync::Barrier;

use crate::connection::{Account, Connection, Exchange};
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

    /// The numbers of the requests of a connection in a round: of those that only warm it up, and of those that are
    /// measured.
    fn numbers(self, connection: usize, round: usize) -> (Range<usize>, Range<usize>) {
        let warm_up = self.requests.div_ceil(10);
        let first = connection * CONNECTION + round * (self.requests + warm_up);
        (first..first + warm_up, first + warm_up..first + warm_up + self.requests)
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
    /// Where an answer is not what the scenario expects. Where that was so over several connections only, what was
    /// measured over one remains.
    pub async fn add_round(
        &mut self,
        account: &Account,
        tree: &Tree,
        scenario: &Scenario,
        effort: Effort,
        round: usize,
    ) -> Result<()> {
        let before = tree.cpu_seconds()?;
        let (warm_up, whole) = effort.numbers(0, round);
        let mut connection = account.connect().await?;
        let mut sent = send(&mut connection, scenario, effort, warm_up.start..whole.end).await?;
        let mut requests = sent.times.len();
        self.bytes = sent.bytes;
        self.times.extend(sent.times.drain(warm_up.len().min(requests / 2)..));
        self.alone |= self.is_slow(effort);
        if !self.alone {
            match crowd(account, scenario, effort, round).await {
                Ok(crowd) => {
                    requests += crowd.warm_up + crowd.answered;
                    self.crowd.0 += crowd.answered;
                    self.crowd.1 += crowd.seconds;
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

/// What came of several connections at once.
#[derive(Default)]
struct Crowd {
    /// Requests before the clock ran.
    warm_up: usize,
    /// Requests while it did.
    answered: usize,
    /// How long that was.
    seconds: f64,
}

/// Makes the requests over several connections, all of which are warm before the clock runs.
async fn crowd(account: &Account, scenario: &Scenario, effort: Effort, round: usize) -> Result<Crowd> {
    let start = Arc::new(Barrier::new(effort.connections + 1));
    let tasks: Vec<_> = (1..=effort.connections)
        .map(|connection| {
            let (account, scenario, start) = (account.clone(), scenario.clone(), Arc::clone(&start));
            tokio::spawn(async move {
                let (warm_up, whole) = effort.numbers(connection, round);
                let warmed = async || {
                    let mut connection = account.connect().await?;
                    let sent = send(&mut connection, &scenario, effort, warm_up.clone()).await?;
                    Ok::<_, anyhow::Error>((connection, sent.times.len()))
                };
                // Who fails waits too, so that the others begin.
                let warmed = warmed().await;
                start.wait().await;
                let (mut connection, warm_up) = warmed?;
                Ok::<_, anyhow::Error>((warm_up, send(&mut connection, &scenario, effort, whole).await?.times.len()))
            })
        })
        .collect();
    start.wait().await;
    let started = Instant::now();
    let mut crowd = Ok(Crowd::default());
    for task in tasks {
        let sent: Result<(usize, usize)> = task.await?;
        crowd = crowd.and_then(|crowd: Crowd| {
            let (warm_up, answered) = sent?;
            Ok(Crowd { warm_up: crowd.warm_up + warm_up, answered: crowd.answered + answered, ..crowd })
        });
    }
    crowd.map(|crowd| Crowd { seconds: started.elapsed().as_secs_f64(), ..crowd })
}

/// Makes one request, which has to succeed. Returns its milliseconds.
///
/// # Errors
/// Where it does not.
pub async fn timed(connection: &mut Connection, exchange: &Exchange) -> Result<f64> {
    let started = Instant::now();
    connection.send(exchange).await?;
    Ok(started.elapsed().as_secs_f64() * 1000.0)
}

/// The one in the middle.
pub fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

struct Sent {
    times: Vec<f64>,
    bytes: usize,
}

/// Makes the requests of these numbers, one after the other, as far as the time goes.
async fn send(connection: &mut Connection, scenario: &Scenario, effort: Effort, numbers: Range<usize>) -> Result<Sent> {
    let mut sent = Sent { times: Vec::new(), bytes: 0 };
    let began = Instant::now();
    for number in numbers {
        let exchanges = scenario.exchanges(number);
        let started = Instant::now();
        let body = scenario.run(connection, &exchanges).await?;
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
