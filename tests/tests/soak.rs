//! Many clients that keep mirrors of calendars which all of them change: no error, all mirrors equal at the end, and a
//! server that stays as small as it was.
//!
//! A short run is a part of the tests. `KALENDS_SOAK=1800` is one of 1,800 seconds, with clients that pause between
//! what they do, as people's do; it says what it saw of memory at its end.

#![allow(clippy::panic, reason = "that is how a test fails")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, iter};

use kalends_tests::names::*;
use kalends_tests::{Client, Multistatus, Server, bodies, empty_directory, samples};

/// Clients at once.
const CLIENTS: u64 = 50;
/// Accounts that they sign in with.
const ACCOUNTS: usize = 10;
/// What each does in a short run: synchronise, or change something.
const STEPS: u64 = 16;
/// Names that there are in a calendar, so that it does not grow without end.
const NAMES: u64 = 150;
/// Octets of memory that the native host may have resident.
const MOST_MEMORY: u64 = 150 << 20;

/// A generator of numbers that a seed determines (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }
}

/// What a client knows of a calendar: entity tags and objects by name.
struct Mirror<'a> {
    client: &'a Client,
    path: String,
    token: String,
    members: BTreeMap<String, (String, String)>,
}

impl Mirror<'_> {
    fn name_of(href: &str) -> String {
        href.rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// Takes what has changed, and fetches it.
    fn synchronise(&mut self) {
        let report = bodies::sync_collection(&self.token, None, &[GETETAG]);
        let page = self.client.report(&self.path, "0", report).multistatus();
        let mut changed = Vec::new();
        for response in &page.responses {
            match response.status {
                Some(404) => drop(self.members.remove(&Self::name_of(&response.href))),
                _ => changed.push(response.href.clone()),
            }
        }
        self.token = page.token().to_owned();
        for hrefs in changed.chunks(50) {
            self.fetch(hrefs);
        }
    }

    fn fetch(&mut self, hrefs: &[String]) {
        let report = bodies::calendar_multiget(&[GETETAG, CALENDAR_DATA], hrefs);
        let page: Multistatus = self.client.report(&self.path, "1", report).multistatus();
        for response in &page.responses {
            let name = Self::name_of(&response.href);
            match response.status {
                Some(404) => drop(self.members.remove(&name)),
                _ => {
                    let known = (response.text(GETETAG).to_owned(), response.text(CALENDAR_DATA).to_owned());
                    self.members.insert(name, known);
                }
            }
        }
    }

    /// Creates, changes or removes an object, on condition that it is as this client knows it. That another was faster
    /// is told by 412, or by 404 where there is nothing left to remove.
    fn change(&mut self, random: &mut Random, number: u64) {
        let name = format!("{}.ics", random.below(NAMES));
        let path = format!("{}{name}", self.path);
        let known = self.members.get(&name).map(|(etag, _)| etag.clone());
        let removes = random.below(4) == 0;
        let request = match (known, removes) {
            (Some(etag), true) => self.client.request("DELETE", &path).header("if-match", &etag),
            (Some(etag), false) => object(self.client.request("PUT", &path), &name, number).header("if-match", &etag),
            (None, _) => object(self.client.request("PUT", &path), &name, number).header("if-none-match", "*"),
        };
        let answer = request.send().expect_any(&[201, 204, 404, 412]);
        if answer.status >= 400 {
            self.synchronise();
        }
    }
}

fn object<'a>(request: kalends_tests::Request<'a>, uid: &str, number: u64) -> kalends_tests::Request<'a> {
    let lines = format!("DTSTART:20260314T120000Z\nDURATION:PT1H\nSUMMARY:{}", format!("Version {number} ").repeat(20));
    request.header("content-type", "text/calendar; charset=utf-8").body(samples::event(uid, &lines))
}

/// How long it goes on, and what is seen meanwhile.
struct Soak {
    until: Option<Instant>,
    steps: AtomicU64,
}

impl Soak {
    /// Whether a client that has done so much goes on; pauses before it does, where there is time.
    fn goes_on(&self, done: u64, random: &mut Random) -> bool {
        match self.until {
            Some(until) => {
                thread::sleep(Duration::from_millis(random.below(4000)));
                Instant::now() < until
            }
            None => done < STEPS,
        }
    }

    fn run(&self, mirror: &mut Mirror, seed: u64) {
        let mut random = Random(seed);
        let mut done = 0;
        while self.goes_on(done, &mut random) {
            match random.below(3) {
                0 => mirror.change(&mut random, done * CLIENTS + seed),
                _ => mirror.synchronise(),
            }
            done += 1;
            self.steps.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Accounts, the first of which shares a calendar with all others: where it is for each.
fn accounts(server: &Server) -> Vec<(Client, String)> {
    let clients: Vec<Client> = (0..ACCOUNTS).map(|_| server.account().with_app_password()).collect();
    let owner = &clients[0];
    let calendar = owner.make_calendar("team");
    let ace = |client: &Client| {
        format!(
            "<D:ace><D:principal><D:href>/dav/principals/{}/</D:href></D:principal><D:grant><D:privilege><D:write/></D:privilege></D:grant></D:ace>",
            client.name()
        )
    };
    let aces: String = clients[1..].iter().map(ace).collect();
    owner.request("ACL", &calendar).xml(format!(r#"<D:acl xmlns:D="DAV:">{aces}</D:acl>"#)).send().expect(200);
    let path_of = |client: &Client| {
        let home = client.propfind(&client.calendars(""), "1", &[RESOURCETYPE]);
        let share = home.hrefs().into_iter().find(|href| href.contains("/shared~")).map(str::to_owned);
        share.unwrap_or_else(|| calendar.clone())
    };
    clients.iter().map(|client| (client.clone(), path_of(client))).collect()
}

/// The most and the least memory that is resident, until told to stop.
fn watch(server: &Server, stop: &AtomicBool) -> Vec<u64> {
    let mut samples = Vec::new();
    while !stop.load(Ordering::Acquire) {
        samples.extend(server.resident_memory());
        thread::sleep(Duration::from_millis(500));
    }
    samples
}

#[test]
fn mirrors_of_many_clients_end_equal() {
    let seconds: Option<u64> = env::var("KALENDS_SOAK").ok().and_then(|seconds| seconds.parse().ok());
    let server = Server::start(&empty_directory("soak"));
    let accounts = accounts(&server);
    let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let soak = Soak { until, steps: AtomicU64::new(0) };
    let stop = AtomicBool::new(false);
    let (mirrors, memory) = thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(&server, &stop));
        let mirrors: Vec<_> = (0..CLIENTS)
            .zip(iter::repeat(&accounts).flatten())
            .map(|(number, (client, path))| {
                let mut mirror = Mirror { client, path: path.clone(), token: String::new(), members: BTreeMap::new() };
                let soak = &soak;
                scope.spawn(move || {
                    soak.run(&mut mirror, number + 1);
                    mirror
                })
            })
            .collect();
        let mirrors: Vec<_> = mirrors.into_iter().map(thread::ScopedJoinHandle::join).collect();
        stop.store(true, Ordering::Release);
        (mirrors, watcher.join().unwrap_or_default())
    });
    let mut truth =
        Mirror { client: &accounts[0].0, path: accounts[0].1.clone(), token: String::new(), members: BTreeMap::new() };
    truth.synchronise();
    assert!(truth.members.len() > 10, "the calendar has {} objects", truth.members.len());
    for mirror in mirrors {
        let Ok(mut mirror) = mirror else { panic!("a client failed") };
        mirror.synchronise();
        assert_eq!(mirror.members, truth.members, "the mirror of {}", mirror.path);
    }
    let steps = soak.steps.load(Ordering::Relaxed);
    let (least, most) = (memory.iter().min().copied(), memory.iter().max().copied());
    if let (Some(least), Some(most)) = (least, most) {
        assert!(most < MOST_MEMORY, "{} MiB were resident", most >> 20);
        eprintln!("soak: {steps} steps of {CLIENTS} clients, {} to {} MiB resident", least >> 20, most >> 20);
        eprintln!("soak: {:?} MiB in the course of it", in_ten(&memory));
    }
}

/// Ten of many samples, in MiB.
fn in_ten(samples: &[u64]) -> Vec<u64> {
    samples.iter().step_by(samples.len().div_ceil(10).max(1)).map(|octets| octets >> 20).collect()
}
