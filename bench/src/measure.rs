//! Times of requests. They are the real ones of a client: from sending to the last octet of the answer.

use std::time::Instant;

use anyhow::Result;

use crate::connection::Account;
use crate::scenario::Scenario;

/// Times over one connection.
pub struct Times {
    /// Milliseconds that half of the requests do not exceed.
    pub p50: f64,
    /// Milliseconds that 95 of 100 do not exceed.
    pub p95: f64,
    /// Octets of the last answer's body.
    pub bytes: usize,
}

/// Makes requests one after the other.
///
/// # Errors
/// Where an answer is not what the scenario expects.
pub async fn one_connection(account: &Account, scenario: &Scenario, requests: usize) -> Result<Times> {
    let mut connection = account.connect().await?;
    let mut times = Vec::with_capacity(requests);
    let mut bytes = 0;
    for number in 0..requests + requests.div_ceil(10) {
        let exchange = scenario.exchange(number);
        let started = Instant::now();
        let body = connection.send(&exchange).await?;
        let took = started.elapsed().as_secs_f64() * 1000.0;
        scenario.check(&body)?;
        bytes = body.len();
        // The first tenth warms up.
        if number >= requests.div_ceil(10) {
            times.push(took);
        }
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    Ok(Times { p50: at(0.5), p95: at(0.95), bytes })
}

/// Makes requests over several connections at once. Returns how many a second were answered.
///
/// # Errors
/// As [`one_connection`].
pub async fn many_connections(
    account: &Account,
    scenario: &Scenario,
    requests: usize,
    connections: usize,
) -> Result<f64> {
    let started = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|connection| {
            let (account, scenario) = (account.clone(), scenario.clone());
            tokio::spawn(async move {
                let mut sender = account.connect().await?;
                for number in 0..requests {
                    let exchange = scenario.exchange((connection + 2) * 1_000_000 + number);
                    scenario.check(&sender.send(&exchange).await?)?;
                }
                Ok::<(), anyhow::Error>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok((requests * connections) as f64 / started.elapsed().as_secs_f64())
}
