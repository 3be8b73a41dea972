//! A run: all servers are up and loaded at once, and take turns in every scenario.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::future::join_all;

use crate::connection::Account;
use crate::discovery::Discovery;
use crate::least::Least;
use crate::load;
use crate::measure::{Effort, Measured};
use crate::outcome::{Outcome, Row, Server, Size};
use crate::peers::Peer;
use crate::process::Memory;
use crate::profile::Profile;
use crate::running::Running;
use crate::scaling::Scaling;
use crate::scenario::{self, Loaded, Scenario};
use crate::seed;

/// What a run is to be.
pub struct Plan {
    /// Events in a calendar, for each calendar that is measured.
    pub events: Vec<usize>,
    /// Cards in the address book.
    pub cards: usize,
    /// How much is measured in a round.
    pub effort: Effort,
    /// How often the servers take turns in a scenario.
    pub rounds: usize,
    /// How long the loading of a collection may take.
    pub loading: Duration,
}

/// Events in the calendar that the largest one is compared with.
const SMALL: usize = 100;
/// Events in the calendar in which the Worker's isolate is profiled.
const PROFILED: usize = 1000;
/// Names of Kalends's servers: a wrong answer of theirs is the end of the run.
const OURS: [&str; 3] = ["kalends", "workerd", "workerd-fresh"];

/// A server in the run.
struct Contender {
    running: Running,
    discovery: Discovery,
    address_book: String,
    memory: Memory,
}

/// Measures these servers.
///
/// # Errors
/// Where Kalends fails, or no server is left.
pub async fn run(plan: &Plan, peers: Vec<Box<dyn Peer>>) -> Result<Outcome> {
    let machine = machine();
    let mut least = Least::start().await?;
    let profile = profile(plan, &peers)?;
    let mut notes = Vec::new();
    let mut contenders = Vec::new();
    for peer in peers {
        let name = peer.name();
        eprintln!("==> {name}: starting, and loading {} cards", plan.cards);
        match enter(plan, peer).await {
            Ok(contender) => contenders.push(contender),
            Err(error) => fault(&mut notes, name, "set-up", error)?,
        }
    }
    if contenders.is_empty() {
        bail!("no server came up");
    }
    let mut sizes = Vec::new();
    for events in &plan.events {
        sizes.push(measure(plan, &mut contenders, *events, &mut least, &mut notes).await?);
    }
    let scaling = scaling(plan, &contenders).await?;
    let mut servers = Vec::new();
    for mut contender in contenders {
        let start = contender.running.restart().await?;
        let peer = contender.running.peer();
        servers.push(Server { name: peer.name(), about: peer.about()?, memory: contender.memory, start });
    }
    let Effort { requests, connections, limit } = plan.effort;
    let slow = plan.effort.slow().as_secs_f64();
    let effort = format!(
        "Each scenario: {} rounds of {requests} requests over one connection and {requests} over each of {connections} at once, \
         the servers taking turns; no request begins {:.1} s after the beginning of its round. Who takes longer than {slow:.1} s for a request is asked in one round, over one connection. \
         Every answer was checked.",
        plan.rounds,
        limit.as_secs_f64()
    );
    Ok(Outcome { machine, least: least.median(), effort, servers, sizes, scaling, profile, notes })
}

/// The Worker's isolate, profiled before any of the servers runs: what is promised of it is promised of a calendar of
/// so many events.
fn profile(plan: &Plan, peers: &[Box<dyn Peer>]) -> Result<Option<Profile>> {
    let wanted = peers.iter().any(|peer| peer.name() == OURS[1]) && plan.events.contains(&PROFILED);
    if !wanted {
        return Ok(None);
    }
    eprintln!("==> {}: profiling its isolate with {PROFILED} events", OURS[1]);
    Profile::measure(PROFILED).map(Some)
}

async fn enter(plan: &Plan, peer: Box<dyn Peer>) -> Result<Contender> {
    peer.about()?;
    let running = Running::start(peer).await?;
    let account = running.account();
    let discovery = discover(&account).await.context("discovery")?;
    let address_book = load::address_book(&account, &discovery, plan.cards, plan.loading).await?;
    Ok(Contender { running, discovery, address_book, memory: Memory::default() })
}

/// A server may answer before it has made the account: workerd's accounts are made when it listens.
async fn discover(account: &Account) -> Result<Discovery> {
    let mut found = Discovery::of(&mut account.connect().await?).await;
    for _ in 0..60 {
        if found.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
        found = Discovery::of(&mut account.connect().await?).await;
    }
    found
}

/// All scenarios with a calendar of this size.
async fn measure(
    plan: &Plan,
    contenders: &mut [Contender],
    events: usize,
    least: &mut Least,
    notes: &mut Vec<String>,
) -> Result<Size> {
    eprintln!("==> Loading {events} events into each server");
    // All at once: that takes the longest, and is not measured.
    let prepared = join_all(contenders.iter().map(|contender| prepare(plan, contender, events))).await;
    let mut scenarios = Vec::new();
    for (contender, prepared) in contenders.iter().zip(prepared) {
        scenarios.push(match prepared {
            Ok(scenarios) => scenarios,
            Err(error) => {
                fault(notes, contender.running.peer().name(), &format!("{events} events"), error)?;
                scenario::NAMES.map(|_| None).into()
            }
        });
    }
    let mut rows = Vec::new();
    for (number, name) in scenario::NAMES.into_iter().enumerate() {
        eprintln!("==> {events} events: {name}");
        least.ask(plan.effort.requests).await?;
        let chosen: Vec<Option<Scenario>> = scenarios.iter().map(|all| all[number].clone()).collect();
        let cells = take_turns(plan, contenders, &chosen, events, notes).await?;
        rows.push(Row { name, cells });
    }
    Ok(Size { events, rows })
}

async fn prepare(plan: &Plan, contender: &Contender, events: usize) -> Result<Vec<Option<Scenario>>> {
    let account = contender.running.account();
    let calendar = load::calendar(&account, &contender.discovery, events, plan.loading).await?;
    let loaded = Loaded {
        walk: &contender.discovery.walk,
        calendar: &calendar,
        events,
        address_book: &contender.address_book,
        cards: plan.cards,
        whole: contender.running.peer().whole(&calendar),
    };
    scenario::all(&mut account.connect().await?, &loaded).await
}

/// A scenario on all servers, in rounds. Who answers wrongly is out of it.
async fn take_turns(
    plan: &Plan,
    contenders: &mut [Contender],
    scenarios: &[Option<Scenario>],
    events: usize,
    notes: &mut Vec<String>,
) -> Result<Vec<Option<Measured>>> {
    let mut cells: Vec<Option<Measured>> =
        scenarios.iter().map(|scenario| scenario.as_ref().map(|_| Measured::default())).collect();
    for round in 0..plan.rounds {
        for (place, contender) in contenders.iter_mut().enumerate() {
            let (Some(scenario), Some(cell)) = (&scenarios[place], &mut cells[place]) else { continue };
            if round > 0 && cell.is_slow(plan.effort) {
                continue;
            }
            let (account, tree) = (contender.running.account(), contender.running.tree());
            if let Err(error) = cell.add_round(&account, &tree, scenario, plan.effort, round).await {
                let what = format!("{}, {events} events", scenario.name);
                fault(notes, contender.running.peer().name(), &what, error)?;
                if !cells[place].as_ref().is_some_and(Measured::fails_in_a_crowd) {
                    cells[place] = None;
                }
            }
            contender.memory = contender.memory.max(tree.memory()?);
        }
    }
    Ok(cells)
}

/// A fault of a peer is noted; one of ours is the end.
fn fault(notes: &mut Vec<String>, name: &str, what: &str, error: anyhow::Error) -> Result<()> {
    // The Worker on this machine may be too slow to be loaded with as many events as a run is meant for, as others may.
    if OURS.contains(&name) && !error.is::<load::TooSlow>() {
        return Err(error.context(format!("{name}: {what}")));
    }
    let told = format!("{error:#}");
    let note = format!("{name}, {what}: {}", told.lines().next().unwrap_or_default());
    eprintln!("    {note}");
    notes.push(note);
    Ok(())
}

/// What the size of a calendar does to Kalends on the native host.
async fn scaling(plan: &Plan, contenders: &[Contender]) -> Result<Vec<Scaling>> {
    let ours = contenders.iter().find(|contender| contender.running.peer().name() == OURS[0]);
    let (least, most) = (plan.events.iter().copied().min(), plan.events.iter().copied().max());
    let (Some(contender), Some(least), Some(most)) = (ours, least, most.filter(|events| *events > SMALL)) else {
        return Ok(Vec::new());
    };
    eprintln!("==> A calendar of {SMALL} events against one of {most}");
    let account = contender.running.account();
    let small = load::calendar(&account, &contender.discovery, SMALL, plan.loading).await?;
    let of_size = |events| format!("{}bench-{events}/", contender.discovery.calendars);
    let (middle, large) = (of_size(least), of_size(most));
    let requests = plan.effort.requests * plan.rounds;
    let mut scaling = Scaling::of_changes(&account, (&small, SMALL), (&large, most), requests).await?;
    if least < most && seed::in_month(least) == seed::in_month(most) {
        scaling.push(Scaling::of_month(&account, (&middle, least), (&large, most), requests).await?);
    }
    Ok(scaling)
}

/// The processor, its cores, and what else they have to do before the run: whether the figures are those of a quiet
/// machine.
fn machine() -> String {
    let information = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = information.lines().find(|line| line.starts_with("model name"));
    let model = line.and_then(|line| line.split_once(": ")).map_or("unknown processor", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let averages = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = averages.split(' ').next().unwrap_or("?");
    format!("{model}, {cores} cores, client and servers on the same machine; load average before the run {load}.")
}
