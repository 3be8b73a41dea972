//! Whether a request costs the same in a large calendar as in a small one: the two are asked in turns, so that noise falls on both.

use std::time::Instant;

use anyhow::Result;

use crate::connection::{Account, Connection, Exchange};
use crate::load::EVENT;
use crate::scenario::{Tokens, synchronisation};
use crate::seed;

/// Milliseconds that half of the requests do not exceed.
pub struct Scaling {
    /// Events in the small calendar, and in the large one.
    pub sizes: (usize, usize),
    /// PUT of a changed event, in each.
    pub put: (f64, f64),
    /// sync-collection of one change, in each.
    pub synchronisation: (f64, f64),
}

impl Scaling {
    /// Measures calendars of these paths and sizes.
    ///
    /// # Errors
    /// Where the server does not answer.
    pub async fn of(account: &Account, small: (&str, usize), large: (&str, usize), requests: usize) -> Result<Self> {
        let mut connection = account.connect().await?;
        let tokens = [Tokens::of(&mut connection, small.0).await?, Tokens::of(&mut connection, large.0).await?];
        let synchronisation =
            [synchronisation(small.0, &tokens[0].before), synchronisation(large.0, &tokens[1].before)];
        let synchronisation = in_turns(&mut connection, requests, |_, which| synchronisation[which].clone()).await?;
        let paths = [small.0, large.0];
        let put = in_turns(&mut connection, requests, |number, which| {
            let object = seed::named_event(0, "bench-0", &format!("Meeting number 0, for the {number}th time"));
            Exchange::put(format!("{}e0.ics", paths[which]), EVENT, object)
        });
        Ok(Scaling { sizes: (small.1, large.1), put: put.await?, synchronisation })
    }
}

async fn in_turns(
    connection: &mut Connection,
    requests: usize,
    exchange: impl Fn(usize, usize) -> Exchange,
) -> Result<(f64, f64)> {
    let mut times = [Vec::new(), Vec::new()];
    for number in 0..requests {
        for (which, times) in times.iter_mut().enumerate() {
            let exchange = exchange(number, which);
            let started = Instant::now();
            connection.send(&exchange).await?;
            times.push(started.elapsed().as_secs_f64() * 1000.0);
        }
    }
    let [small, large] = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    });
    Ok((small, large))
}
