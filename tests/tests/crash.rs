//! What is left when the server is killed in the middle of its work.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc;
use std::thread;

use kalends_tests::names::*;
use kalends_tests::{Client, Multistatus, Server, bodies, empty_directory, samples};

/// How many write at once.
const WRITERS: usize = 4;
/// The server is killed when so many writes are acknowledged.
const ENOUGH: usize = 40;

/// What the writers know: the entity tag that each acknowledged PUT gave, none for an acknowledged DELETE.
type Acknowledged = Mutex<BTreeMap<String, Option<String>>>;

/// Writes, replaces and deletes until the server is gone. Each path has one writer, and is noted before it is touched
/// and after.
fn write(
    client: &Client,
    calendar: &str,
    writer: usize,
    acknowledged: &Acknowledged,
    told: &mpsc::Sender<()>,
) -> Option<String> {
    for number in 0.. {
        let path = format!("{calendar}{writer}-{number}.ics");
        let body = |version: usize| {
            samples::event(
                &format!("{writer}-{number}"),
                &format!("DTSTART:20260314T120000Z\nSUMMARY:{}", "v".repeat(version * 20_000)),
            )
        };
        let steps: &[Option<usize>] = match number % 4 {
            0 => &[Some(1)],
            1 => &[Some(1), Some(2)],
            // Larger than what is kept in the row.
            2 => &[Some(3)],
            _ => &[Some(1), None],
        };
        for step in steps {
            let request = match step {
                Some(version) => {
                    client.request("PUT", &path).header("content-type", "text/calendar").body(body(*version))
                }
                None => client.request("DELETE", &path),
            };
            let Ok(answer) = request.try_send() else { return Some(path) };
            assert!([201, 204].contains(&answer.status), "{}: {}", answer.question, answer.status);
            let etag = step.map(|_| answer.etag());
            acknowledged.lock().expect("no other has panicked").insert(path.clone(), etag);
            // Nobody counts any more once the server is being killed.
            let _ = told.send(());
        }
    }
    None
}

/// Kills the server while writers are at it. What was acknowledged, and the paths on which the outcome is not known.
fn interrupted(server: Server, client: &Client, calendar: &str) -> (BTreeMap<String, Option<String>>, Vec<String>) {
    let acknowledged = Acknowledged::default();
    let (told, count) = mpsc::channel();
    let unknown = thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (told, acknowledged) = (told.clone(), &acknowledged);
                scope.spawn(move || write(client, calendar, writer, acknowledged, &told))
            })
            .collect();
        assert_eq!(count.iter().take(ENOUGH).count(), ENOUGH);
        server.kill();
        writers.into_iter().filter_map(|writer| writer.join().expect("a writer has panicked")).collect()
    });
    (acknowledged.into_inner().expect("none has panicked"), unknown)
}

#[track_caller]
fn sync(client: &Client, path: &str, token: &str) -> Multistatus {
    client.report(path, "0", bodies::sync_collection(token, None, &[GETETAG])).multistatus()
}

#[test]
fn what_was_acknowledged_survives_a_kill_and_the_sync_tells_just_that() {
    let directory = empty_directory("killed");
    let server = Server::start(&directory);
    let client = server.named("alice");
    let calendar = client.make_calendar("written");
    let deleted = format!("{calendar}deleted.ics");
    client.put(&deleted, &samples::at_noon("deleted", "20260314")).expect(201);
    let token = client.sync_token(&calendar);
    client.delete(&deleted).expect(204);
    let (acknowledged, unknown) = interrupted(server, &client, &calendar);
    assert!(acknowledged.len() >= ENOUGH / 2, "{}", acknowledged.len());
    assert_eq!(unknown.len(), WRITERS, "every writer was interrupted");

    let server = Server::start(&directory);
    let client = server.named("alice");
    let listed = client.propfind(&calendar, "1", &[GETETAG]);
    let members = listed.members(&calendar);
    for (path, etag) in acknowledged.iter().filter(|(path, _)| !unknown.contains(path)) {
        assert_eq!(members.get(path.as_str()).copied(), etag.as_deref(), "{path}");
    }
    for (path, etag) in &members {
        let answer = client.get(path).expect(200);
        assert_eq!(answer.etag(), *etag);
        assert!(
            answer.text().starts_with("BEGIN:VCALENDAR") && answer.text().ends_with("END:VCALENDAR\r\n"),
            "{path} is whole"
        );
        assert!(
            acknowledged.contains_key(*path) || unknown.iter().any(|unknown| unknown == path),
            "{path} was never sent"
        );
    }

    let changes = sync(&client, &calendar, &token);
    assert_eq!(changes.members(&calendar), members, "the sync from before tells exactly what is there");
    assert_eq!(changes.of(&deleted).status, Some(404));

    let after = client.put(&format!("{calendar}after.ics"), &samples::at_noon("after", "20260314")).expect(201).etag();
    let next = sync(&client, &calendar, changes.token());
    assert_eq!(next.only().text(GETETAG), after, "and its token leads on");
}
