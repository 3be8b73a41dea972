//! Many requests at once, and what a request costs.

use std::sync::Barrier;
use std::thread;

use kalends_tests::names::*;
use kalends_tests::{Client, bodies, samples, shared};

/// How many requests are sent at once.
const AT_ONCE: usize = 50;

/// Runs a task so many times at the same moment, each with its number.
fn at_once(task: impl Fn(usize) + Sync) {
    let start = Barrier::new(AT_ONCE);
    thread::scope(|scope| {
        for number in 0..AT_ONCE {
            let (start, task) = (&start, &task);
            scope.spawn(move || {
                start.wait();
                task(number);
            });
        }
    });
}

fn object(client: &Client, number: usize) -> (String, String) {
    let lines = format!("DTSTART:20260314T120000Z\nSUMMARY:{}", format!("number {number} ").repeat(number + 1));
    (client.calendars(&format!("personal/{number}.ics")), samples::event(&format!("uid-{number}"), &lines))
}

#[test]
fn fifty_requests_at_once_each_get_their_own_answer() {
    let clients: Vec<Client> = (0..5).map(|_| shared().account()).collect();
    let of = |number: usize| &clients[number % clients.len()];
    at_once(|number| {
        let (path, body) = object(of(number), number);
        of(number).put(&path, &body).expect(201);
    });
    at_once(|number| {
        let (path, body) = object(of(number), number);
        assert_eq!(of(number).get(&path).expect(200).text(), body);
    });
    at_once(|number| {
        let client = of(number);
        let (path, body) = object(client, number);
        match number % 3 {
            0 => assert_eq!(
                client.propfind(&client.calendars("personal/"), "1", &[GETETAG]).responses.len(),
                AT_ONCE / clients.len() + 1
            ),
            1 => {
                let answer = client.report(
                    &client.calendars("personal/"),
                    "1",
                    bodies::calendar_multiget(&[CALENDAR_DATA], std::slice::from_ref(&path)),
                );
                let answer = answer.multistatus();
                assert_eq!(
                    answer.of(&path).text(CALENDAR_DATA).replace("\r\n", "\n"),
                    body.trim().replace("\r\n", "\n")
                );
            }
            _ => drop(shared().anonymous().get(&path).expect(401)),
        }
    });
}

/// Of many who replace the same version, one may win; the others are told.
#[test]
fn of_fifty_changes_of_one_version_one_is_made() {
    let client = shared().account();
    let path = client.calendars("personal/contested.ics");
    let etag = client.put(&path, &samples::at_noon("contested", "20260314")).expect(201).etag();
    let won = std::sync::Mutex::new(Vec::new());
    at_once(|number| {
        let body = samples::event("contested", &format!("DTSTART:20260314T120000Z\nSUMMARY:{number}"));
        let request = client.request("PUT", &path).header("content-type", "text/calendar").header("if-match", &etag);
        let answer = request.body(body).send().expect_any(&[204, 412]);
        if answer.status == 204 {
            won.lock().expect("no other has panicked").push(answer.etag());
        }
    });
    let won = won.into_inner().expect("none has panicked");
    assert_eq!(won, [client.get(&path).etag()]);
}

/// Changes from many sides: each is in the sync, and no two share a moment that a token could fall into.
#[test]
fn a_sync_after_parallel_writes_misses_none() {
    let client = shared().account();
    let path = client.calendars("personal/");
    let before = client.sync_token(&path);
    at_once(|number| {
        let (path, body) = object(&client, number);
        client.put(&path, &body).expect(201);
    });
    let sync =
        |token: &str, limit| client.report(&path, "0", bodies::sync_collection(token, limit, &[GETETAG])).multistatus();
    assert_eq!(sync(&before, None).responses.len(), AT_ONCE);
    let first = sync(&before, Some(20));
    let rest = sync(first.token(), None);
    let mut all = first.hrefs();
    all.extend(rest.hrefs());
    all.retain(|href| *href != path);
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), AT_ONCE);
}

/// One look-up of the credential; what it takes to answer comes in one, and a write is one more.
#[test]
fn a_request_makes_few_storage_round_trips() {
    const CREDENTIAL: u32 = 1;
    let client = shared().account().with_app_password();
    let path = client.calendars("personal/");
    let hrefs: Vec<String> = (0..20).map(|number| object(&client, number).0).collect();
    for (number, href) in hrefs.iter().enumerate() {
        client.put(href, &object(&client, number).1).expect(201);
    }
    let token = client.sync_token(&path);
    let home =
        bodies::propfind(&[RESOURCETYPE, DISPLAYNAME, GETCTAG, SYNC_TOKEN, CURRENT_USER_PRIVILEGE_SET, CALENDAR_COLOR]);
    let query = bodies::calendar_query(
        &[GETETAG, CALENDAR_DATA],
        &bodies::in_range("VEVENT", "20260101T000000Z", "20270101T000000Z"),
    );
    let reads = [
        client.request("PROPFIND", &client.calendars("")).header("depth", "1").xml(home),
        client.request("PROPFIND", &path).header("depth", "1").xml(bodies::propfind(&[GETETAG])),
        client
            .request("REPORT", &path)
            .header("depth", "1")
            .xml(bodies::calendar_multiget(&[GETETAG, CALENDAR_DATA], &hrefs)),
        client.request("REPORT", &path).header("depth", "1").xml(query),
        client.request("REPORT", &path).header("depth", "0").xml(bodies::sync_collection("", None, &[GETETAG])),
        client.request("REPORT", &path).header("depth", "0").xml(bodies::sync_collection(&token, None, &[GETETAG])),
        client.request("GET", &hrefs[0]),
    ];
    for read in reads {
        let answer = read.send();
        assert!([200, 207].contains(&answer.status), "{}: {}", answer.question, answer.status);
        let trips = answer.storage_round_trips();
        assert!(trips <= 1 + CREDENTIAL, "{}: {trips} round trips", answer.question);
    }
    let event = object(&client, 0).1.replace("20260314", "20260315");
    for write in [client.put(&hrefs[0], &event).expect(204), client.delete(&hrefs[1]).expect(204)] {
        let trips = write.storage_round_trips();
        assert!(trips <= 2 + CREDENTIAL, "{}: {trips} round trips", write.question);
    }
}
