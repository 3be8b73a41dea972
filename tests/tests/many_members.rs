//! A calendar of thousands: what it takes to list it, and that nothing is left out.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use kalends_tests::names::*;
use kalends_tests::{Client, Host, bodies, samples, shared};
use serde_json::{Value, json};

/// Requests that fill the calendar at the same time.
const WRITERS: usize = 8;

/// Ten thousand; fewer on workerd, whose D1 on this machine writes a few dozen in a second only.
fn members() -> usize {
    match Host::tested() {
        Host::Native | Host::Fermyon | Host::Cluster => 10_000,
        Host::Cloudflare => 1_200,
    }
}

/// The account by an app password: checking the account's own is slow on purpose.
fn with_app_password(client: &Client) -> Client {
    let label = json!({ "label": "tests" }).to_string();
    let made = client.request("POST", "/api/me/app-passwords").header("content-type", "application/json").body(label);
    let made: Value = serde_json::from_str(made.send().expect(201).text()).expect("JSON");
    client.basic(client.name(), made["secret"].as_str().expect("the secret"))
}

fn fill(client: &Client, path: &str, count: usize) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                while let Some(number) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < count) {
                    let event = samples::at_noon(&format!("uid-{number}"), "20260314");
                    client.put(&format!("{path}{number}.ics"), &event).expect(201);
                }
            });
        }
    });
}

/// One round trip for the credential and the data each: at most two.
#[test]
fn thousands_of_members_take_two_round_trips() {
    let client = with_app_password(&shared().account());
    let path = client.make_calendar("thousands");
    fill(&client, &path, members());
    let query = bodies::in_range("VEVENT", "20260101T000000Z", "20270101T000000Z");
    let reads = [
        (client.request("PROPFIND", &path).header("depth", "1").xml(bodies::propfind(&[GETETAG])), 1),
        (client.request("REPORT", &path).header("depth", "0").xml(bodies::sync_collection("", None, &[GETETAG])), 0),
        (client.request("REPORT", &path).header("depth", "1").xml(bodies::calendar_query(&[GETETAG], &query)), 0),
    ];
    for (read, besides) in reads {
        let answer = read.send().expect(207);
        let trips = answer.storage_round_trips();
        assert!(trips <= 2, "{}: {trips} round trips", answer.question);
        let mut hrefs: Vec<String> = answer.multistatus().responses.into_iter().map(|response| response.href).collect();
        hrefs.sort_unstable();
        hrefs.dedup();
        assert_eq!(hrefs.len(), members() + besides);
    }
}
