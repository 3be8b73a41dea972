//! How long the requests of calendar clients take, on Kalends and on other servers, side by side.

mod bars;
mod connection;
mod discovery;
mod least;
mod load;
mod measure;
mod outcome;
mod peers;
mod plot;
mod process;
mod profile;
mod reference;
mod report;
mod run;
mod running;
mod scaling;
mod scenario;
mod seed;
mod xml;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Parser;
use measure::Effort;
use peers::Peer;
use run::Plan;

/// Measures Kalends and other CalDAV servers on this machine.
#[derive(Parser)]
#[command(bin_name = "cargo xtask bench --")]
struct Arguments {
    /// The servers, of kalends, workerd, workerd-fresh, cyrus, sabre, radicale, xandikos; the first is what the others
    /// are compared with.
    #[arg(long, value_delimiter = ',', default_value = "kalends,workerd,cyrus,sabre,radicale,xandikos")]
    peers: Vec<String>,
    /// Events in the calendars that are measured, one after the other [default: 1000,10000].
    #[arg(long, value_delimiter = ',')]
    events: Option<Vec<usize>>,
    /// Cards in the address book [default: 1000].
    #[arg(long)]
    cards: Option<usize>,
    /// How often each request is made over a connection in a round [default: 50].
    #[arg(long)]
    requests: Option<usize>,
    /// How often the servers take turns in a scenario: the more often, the less does it matter whose turn a slow moment
    /// of the machine falls on [default: 4].
    #[arg(long)]
    rounds: Option<usize>,
    /// Connections at once in the second measurement.
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// Minutes that the run takes at the most, more or less. Slow servers are asked less often, and who does not load a
    /// calendar in a quarter of it is left out.
    #[arg(long, default_value_t = 15.0)]
    minutes: f64,
    /// A look at whether all works, by a load generator that is not optimised: 200 events, 50 cards, one round of 20
    /// requests, where nothing else is said. No figures to show around.
    #[arg(long)]
    quick: bool,
    /// A document to write the outcome into, between its marks; a picture for each size of calendar goes beside it.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// A document at the top of the project to show the first of these pictures in, between its marks.
    #[arg(long, value_name = "FILE", requires = "write")]
    show: Option<PathBuf>,
    /// Serves nothing on this port, and measures nothing.
    #[arg(long, value_name = "PORT", hide = true)]
    nothing: Option<u16>,
}

impl Arguments {
    fn plan(&self) -> Plan {
        let (events, cards, requests, rounds) =
            if self.quick { (vec![200], 50, 20, 1) } else { (vec![1000, 10_000], 1000, 50, 4) };
        let events = self.events.clone().unwrap_or(events);
        let (cards, requests) = (self.cards.unwrap_or(cards), self.requests.unwrap_or(requests));
        let rounds = self.rounds.unwrap_or(rounds);
        let time = Duration::from_secs_f64(self.minutes * 60.0);
        // Two fifths of the time for measurements that take as long as they may; few servers are as slow as that.
        let measurements = self.peers.len() * events.len() * scenario::NAMES.len() * rounds * 2;
        let limit = time.mul_f64(0.4) / u32::try_from(measurements.max(1)).unwrap_or(u32::MAX);
        let effort = Effort { requests, connections: self.connections, limit };
        Plan { events, cards, effort, rounds, loading: time / 4 }
    }

    fn chosen(&self) -> Result<Vec<Box<dyn Peer>>> {
        let mut all = peers::all();
        let mut chosen = Vec::new();
        for name in &self.peers {
            let place = all.iter().position(|peer| peer.name() == name);
            let Some(place) = place else { bail!("no server is called {name}, or it is named twice") };
            chosen.push(all.remove(place));
        }
        Ok(chosen)
    }
}

/// On one thread: what a client spends on waking others would be taken from the servers, and counted as theirs.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(port) = arguments.nothing {
        return least::serve_nothing(port).await;
    }
    let outcome = run::run(&arguments.plan(), arguments.chosen()?).await?;
    let mut text = report::markdown(&outcome)?;
    println!("\n{text}");
    if let Some(document) = &arguments.write {
        for size in &outcome.sizes {
            let name = format!("performance-{}.svg", size.events);
            plot::draw(&outcome, size, &document.with_file_name(&name))?;
            text = format!("{text}\n![{} events]({name})\n", size.events);
        }
        report::put_into(document, &text).context("writing the outcome")?;
    }
    if let (Some(page), Some(document), Some(size)) = (&arguments.show, &arguments.write, outcome.sizes.first()) {
        let picture = document.with_file_name(format!("performance-{}.svg", size.events));
        let events = size.events;
        let text = format!("![Milliseconds for a request with {events} events in the calendar]({})", picture.display());
        report::put_into(page, &text).context("showing the picture")?;
    }
    Ok(())
}
