//! A mirror that only ever synchronises by token, while several writers change two calendars at random, ends equal to
//! the server (RFC 6578). `KALENDS_SEED` repeats a run: the seed is in the message of every failure.

#![allow(clippy::panic, reason = "that is how a test fails")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use kalends_tests::mirror::{Mirror, listed};
use kalends_tests::names::*;
use kalends_tests::random::{Random, seed};
use kalends_tests::{Client, bodies, samples, shared};

const WRITERS: u64 = 3;
const CHANGES: usize = 60;
const CALENDARS: [&str; 2] = ["left", "right"];

/// One random change. What other writers have made impossible is answered so, and is no failure; a status of the
/// server's own trouble is.
fn change(client: &Client, random: &mut Random, writer: u64, number: usize) {
    let calendar = |random: &mut Random| CALENDARS[usize::from(random.below(2) == 1)];
    let (here, there) = (calendar(random), calendar(random));
    let name = format!("{}-{}.ics", random.below(WRITERS), random.below(12));
    let path = client.calendars(&format!("{here}/{name}"));
    let to = client.calendars(&format!("{there}/{writer}-{number}.ics"));
    let answer = match random.below(20) {
        0..10 => {
            let day = format!("2026{:02}{:02}", 1 + random.below(12), 1 + random.below(28));
            client.put(&path, &samples::at_noon(&name, &day))
        }
        10..14 => client.delete(&path),
        14..17 => client.request("MOVE", &path).header("destination", &to).header("overwrite", "T").send(),
        17..19 => client.request("COPY", &path).header("destination", &to).header("overwrite", "F").send(),
        _ if number.is_multiple_of(4) => client.delete(&client.calendars("right/")),
        _ => client
            .request("MKCOL", &client.calendars("right/"))
            .xml(bodies::mkcol_calendar(&[DISPLAYNAME.with("right")]))
            .send(),
    };
    answer.expect_any(&[201, 204, 403, 404, 405, 409, 412]);
}

#[test]
fn a_mirror_by_token_ends_equal_to_the_server() {
    let seed = seed();
    let client = shared().account();
    for calendar in CALENDARS {
        client.make_calendar(calendar);
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let client = client.clone();
                scope.spawn(move || {
                    let mut random = Random::new(seed + writer + 1);
                    (0..CHANGES).for_each(|number| change(&client, &mut random, writer, number));
                })
            })
            .collect();
        let mirrors: Vec<_> = CALENDARS
            .map(|calendar| {
                let (client, done) = (client.clone(), &done);
                scope.spawn(move || {
                    let mut random = Random::new(seed + 100);
                    let path = client.calendars(&format!("{calendar}/"));
                    let mut mirror = Mirror::default();
                    while !done.load(Ordering::Acquire) {
                        let limit = u32::try_from(random.below(6)).ok().filter(|limit| *limit > 0);
                        mirror.step(&client, &path, limit);
                    }
                    while mirror.step(&client, &path, Some(3)) {}
                    (path, mirror)
                })
            })
            .into_iter()
            .collect();
        let failed = writers.into_iter().any(|writer| writer.join().is_err());
        done.store(true, Ordering::Release);
        assert!(!failed, "a writer failed (seed {seed})");
        for mirror in mirrors {
            let Ok((path, mirror)) = mirror.join() else { panic!("a mirror failed (seed {seed})") };
            assert_eq!(mirror.members, listed(&client, &path), "{path} (seed {seed})");
        }
    });
}
