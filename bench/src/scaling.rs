//! Whether a request costs the same in a large calendar as in a small one: the two are asked in turns, so that noise
//! falls on both.

use anyhow::Result;

use crate::connection::{Account, Connection, Exchange};
use crate::load::EVENT;
use crate::measure::{median, timed};
use crate::scenario::{Tokens, month_of, synchronisation};
use crate::seed;

/// A kind of request in a small calendar and in a large one.
pub struct Scaling {
    /// What is asked.
    pub request: String,
    /// Events in the small calendar, and in the large one.
    pub sizes: (usize, usize),
    /// Milliseconds that half of the requests do not exceed, in each.
    pub times: (f64, f64),
}

/// A calendar: its path, and how many events are in it.
pub type Calendar<'a> = (&'a str, usize);

impl Scaling {
    /// How many times as much it costs in the large calendar.
    pub fn ratio(&self) -> f64 {
        self.times.1 / self.times.0
    }

    /// What writes and synchronisation cost in these calendars.
    ///
    /// # Errors
    /// Where the server does not answer.
    pub async fn of_changes(
        account: &Account,
        small: Calendar<'_>,
        large: Calendar<'_>,
        requests: usize,
    ) -> Result<Vec<Self>> {
        let mut connection = account.connect().await?;
        let tokens = [Tokens::of(&mut connection, small.0).await?, Tokens::of(&mut connection, large.0).await?];
        let paths = [small.0, large.0];
        let one = |_, which: usize| synchronisation(paths[which], &tokens[which].before);
        let none = |_, which: usize| synchronisation(paths[which], &tokens[which].after);
        let put = |number, which: usize| {
            let object = seed::named_event(0, "bench-0", &format!("Meeting number 0 for the {number}th time"));
            Exchange::put(format!("{}e0.ics", paths[which]), EVENT, object)
        };
        let told = |request: &str, times| Scaling { request: request.to_owned(), sizes: (small.1, large.1), times };
        Ok(vec![
            told("sync-collection, one change", in_turns(&mut connection, requests, one).await?),
            told("sync-collection, no change", in_turns(&mut connection, requests, none).await?),
            told("PUT of a changed event", in_turns(&mut connection, requests, put).await?),
        ])
    }

    /// What a month's query costs where both calendars have the same events in that month.
    ///
    /// # Errors
    /// Where the server does not answer.
    pub async fn of_month(
        account: &Account,
        small: Calendar<'_>,
        large: Calendar<'_>,
        requests: usize,
    ) -> Result<Self> {
        let mut connection = account.connect().await?;
        let paths = [small.0, large.0];
        let times = in_turns(&mut connection, requests, |_, which| month_of(paths[which])).await?;
        let request = format!("calendar-query of a month with {} matches", seed::in_month(small.1));
        Ok(Scaling { request, sizes: (small.1, large.1), times })
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
            times.push(timed(connection, &exchange(number, which)).await?);
        }
    }
    let [small, large] = times.map(median);
    Ok((small, large))
}
