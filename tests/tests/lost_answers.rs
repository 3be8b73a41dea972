//! D1, R2 and KV that fail, take too long, or do what they are asked and never say so: no acknowledged write is lost,
//! none is there by half, entity tags and bodies agree, clients that synchronise come to know what is there, and
//! whoever asks again gets what they asked for.
//!
//! The faults are put between the Worker and its services (`hosts/cloudflare/test/faulty.mjs`); those of the native
//! host's machine are in `faults.rs`.

#![allow(clippy::panic, reason = "that is how a test fails")]

use std::collections::BTreeMap;

use kalends_tests::mirror::{Mirror, listed};
use kalends_tests::names::*;
use kalends_tests::{Answer, Client, Host, Server, bodies, empty_directory, samples};

/// What becomes of a call.
const FAULTS: [&str; 3] = ["fail", "lost", "hang"];

/// How often a read is made that fails for a moment.
const TRIES: u32 = 3;

/// Calls to D1 that a request makes at most, and one that there never is.
const CALLS: usize = 4;

fn in_workerd() -> bool {
    Host::tested() == Host::Cloudflare
}

#[track_caller]
fn server(name: &str) -> Server {
    Server::start_with(&empty_directory(name), &[("KALENDS_FAULTY_SERVICES", "yes")])
}

/// Larger than what is kept in a row.
fn large(uid: &str, version: usize) -> String {
    samples::event(uid, &format!("DTSTART:20260314T120000Z\nSUMMARY:{}", "v".repeat(40_000 + version)))
}

/// A calendar, and a client that synchronises it.
struct Scene {
    client: Client,
    path: String,
    mirror: Mirror,
}

impl Scene {
    #[track_caller]
    fn new(client: Client, name: &str) -> Scene {
        let path = client.make_calendar(name);
        Scene { client, path, mirror: Mirror::default() }
    }

    /// The bodies by path. Entity tags agree in listing, answer and sync.
    #[track_caller]
    fn contents(&mut self) -> BTreeMap<String, String> {
        let listed = listed(&self.client, &self.path);
        self.mirror.synchronise(&self.client, &self.path);
        assert_eq!(self.mirror.members, listed);
        let body = |(href, etag): (String, String)| {
            let answer = self.client.get(&href).expect(200);
            assert_eq!(answer.etag(), etag, "{href}");
            (href, answer.text().to_owned())
        };
        listed.into_iter().map(body).collect()
    }

    /// Sends a request with a fault. What is there afterwards is what was there, or what the request asks for; where it
    /// was acknowledged, that. Returns the answer and what the request asks for.
    #[track_caller]
    fn attempt(&mut self, what: &Write, fault: &str) -> (Answer, BTreeMap<String, String>) {
        let before = self.contents();
        let after = what.applied(&before);
        let answer = what.request(&self.client).header("x-fault", fault).send();
        let found = self.contents();
        match answer.status {
            200..300 => assert!(found == after, "{} with {fault} was acknowledged and did not happen", answer.question),
            500.. => assert!(found == before || found == after, "{} with {fault} happened by half", answer.question),
            status => panic!("{} with {fault} was answered {status}", answer.question),
        }
        (answer, after)
    }
}

/// A write of one member.
enum Write {
    Put(String, String),
    Delete(String),
    Move(String, String),
}

impl Write {
    fn applied(&self, before: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut after = before.clone();
        match self {
            Write::Put(path, body) => drop(after.insert(path.clone(), body.clone())),
            Write::Delete(path) => drop(after.remove(path)),
            Write::Move(path, to) => {
                let body = after.remove(path).unwrap_or_default();
                after.insert(to.clone(), body);
            }
        }
        after
    }

    fn request<'a>(&self, client: &'a Client) -> kalends_tests::Request<'a> {
        match self {
            Write::Put(path, body) => {
                client.request("PUT", path).header("content-type", "text/calendar").body(body.as_str())
            }
            Write::Delete(path) => client.request("DELETE", path),
            Write::Move(path, to) => client.request("MOVE", path).header("destination", to),
        }
    }
}

#[test]
fn every_write_with_every_call_to_the_database_failing() {
    if !in_workerd() {
        return;
    }
    let server = server("d1");
    let mut scene = Scene::new(server.account(), "faulty");
    let mut number = 0;
    let mut failed = 0;
    for fault in FAULTS {
        for call in 1..=CALLS {
            number += 1;
            let (path, other) = (format!("{}{number}.ics", scene.path), format!("{}{number}-moved.ics", scene.path));
            let uid = format!("uid-{number}");
            let writes = [
                Write::Put(path.clone(), samples::event(&uid, "DTSTART:20260314T120000Z")),
                Write::Put(path.clone(), large(&uid, 1)),
                Write::Put(path.clone(), large(&uid, 2)),
                Write::Move(path.clone(), other.clone()),
                Write::Delete(other.clone()),
            ];
            for write in writes {
                let (answer, expected) = scene.attempt(&write, &format!("d1 {fault} {call}"));
                if answer.status >= 500 {
                    failed += 1;
                    assert_eq!(answer.status, 503, "it may go better the next time: {}", answer.question);
                    // Whoever asks again has it done, whether it was before or not.
                    let again = write.request(&scene.client).send();
                    again.expect_any(&[200, 201, 204, 404]);
                    assert!(scene.contents() == expected, "{} with d1 {fault} {call}, again", answer.question);
                }
            }
        }
    }
    assert!(failed >= FAULTS.len() * 5, "only {failed} writes met their fault");
}

/// A client that knows nothing of its write's fate finds out by the entity tag.
#[test]
fn a_write_whose_answer_was_lost_is_not_done_twice() {
    if !in_workerd() {
        return;
    }
    let server = server("lost");
    let mut scene = Scene::new(server.account(), "lost");
    let path = format!("{}a.ics", scene.path);
    let body = samples::at_noon("a", "20260314");
    let send = |scene: &Scene, fault: &str| {
        let request = scene.client.request("PUT", &path).header("content-type", "text/calendar");
        request.header("if-none-match", "*").header("x-fault", fault).body(body.as_str()).send()
    };
    // The second call is the write.
    send(&scene, "d1 lost 2").expect(503);
    send(&scene, "").expect(412);
    assert_eq!(scene.contents(), BTreeMap::from([(path.clone(), body.clone())]));
    let token = scene.mirror.token.clone();
    scene.contents();
    assert_eq!(scene.mirror.token, token, "nothing has changed since");
}

#[test]
fn reads_are_made_again_and_writes_are_not() {
    if !in_workerd() {
        return;
    }
    let server = server("again");
    let scene = Scene::new(server.account(), "again");
    let path = format!("{}large.ics", scene.path);
    scene.client.put(&path, &large("large", 0)).expect(201);
    let get = |fault: &str| scene.client.request("GET", &path).header("x-fault", fault).send();
    let usual = get("").expect(200).storage_round_trips();
    for fault in ["d1 fail 1", "d1 lost 1", "d1 hang 1"] {
        assert_eq!(get(fault).expect(200).storage_round_trips(), usual + 1, "{fault}");
    }
    for fault in ["r2 fail 1", "r2 lost 1", "r2 hang 1", "kv fail", "kv lost", "kv hang"] {
        assert_eq!(get(fault).expect(200).storage_round_trips(), usual, "{fault}");
    }
    // Not for ever.
    get("d1 fail").expect(503).required_header("retry-after");
    get("r2 fail").expect(503).required_header("retry-after");
    let put = |body: &str, fault: &str| {
        scene
            .client
            .request("PUT", &path)
            .header("content-type", "text/calendar")
            .header("x-fault", fault)
            .body(body)
            .send()
    };
    let small = |version: usize| samples::event("large", &format!("DTSTART:20260314T120000Z\nSUMMARY:{version}"));
    let usual = put(&small(1), "").expect(204).storage_round_trips();
    let failed = put(&small(2), &format!("d1 fail {usual}")).expect(503);
    assert_eq!(failed.storage_round_trips(), usual, "the write is not made again");
    put(&large("large", 3), "r2 fail 1").expect(204);
    put(&large("large", 4), "r2 lost 1").expect(204);
    put(&large("large", 7), "r2 hang 1").expect(204);
    // Without the bucket what does not need it goes on.
    put(&large("large", 5), "r2 fail").expect(503);
    put(&small(6), "r2 fail").expect(204);
    assert!(scene.client.get(&path).expect(200).text().len() < 1000);
}

/// What the plan has for the day is not there before the next: it is said that it is not, and D1 is not asked again and
/// again.
#[test]
fn a_limit_of_the_day_is_no_defect_and_is_not_tried_again() {
    if !in_workerd() {
        return;
    }
    let server = server("spent");
    let client = server.account();
    let path = client.calendars("personal/");
    let ask = |fault: &str| client.request("PROPFIND", &path).header("depth", "0").header("x-fault", fault).send();
    ask("").expect(207);
    let answer = ask("d1 spent").expect(503);
    assert_eq!(TRIES * answer.storage_round_trips(), ask("d1 fail").expect(503).storage_round_trips());
    answer.required_header("retry-after");
}

/// A component that traps takes its request with it, and no other.
#[test]
fn whoever_comes_after_a_trap_is_served() {
    if !in_workerd() {
        return;
    }
    let server = server("trap");
    let client = server.account();
    let path = client.calendars("personal/");
    let ask = |fault: &str| client.request("PROPFIND", &path).header("depth", "0").header("x-fault", fault).send();
    let usual = ask("").expect(207).storage_round_trips();
    for _ in 0..20 {
        let trapped = ask(&format!("d1 odd {usual}")).expect(500);
        assert_eq!(trapped.text(), "The server failed.\n");
        ask("").expect(207);
    }
}

/// Sync and reports with a fault are whole or they are failures.
#[test]
fn no_report_is_there_by_half() {
    if !in_workerd() {
        return;
    }
    let server = server("reports");
    let mut scene = Scene::new(server.account(), "reports");
    for number in 0..5 {
        scene.client.put(&format!("{}{number}.ics", scene.path), &large(&format!("r{number}"), number)).expect(201);
    }
    scene.contents();
    let hrefs: Vec<String> = (0..5).map(|number| format!("{}{number}.ics", scene.path)).collect();
    let questions =
        [bodies::calendar_multiget(&[GETETAG, CALENDAR_DATA], &hrefs), bodies::sync_collection("", None, &[GETETAG])];
    for question in questions {
        let ask = |fault: &str| {
            let request = scene.client.request("REPORT", &scene.path).header("depth", "0").header("x-fault", fault);
            request.xml(question.clone()).send()
        };
        let usual = ask("").expect(207).body().to_vec();
        for fault in [
            "d1 fail",
            "d1 fail 1",
            "d1 lost 1",
            "d1 hang 2",
            "r2 fail",
            "r2 fail 1",
            "r2 fail 3",
            "r2 lost 5",
            "r2 hang 2",
            "r2 hang",
        ] {
            let answer = ask(fault);
            match answer.status {
                207 => assert!(answer.body() == usual, "{fault}"),
                _ => drop(answer.expect_any(&[500, 503])),
            }
        }
    }
}
