//! SQLite storage on a host that mounts no directory: large bodies are in a table.

use std::fs;

use kalends_tests::command::{kalends, succeed};
use kalends_tests::{Host, Server, empty_directory, samples};

fn large(letter: &str) -> String {
    samples::event("large", &format!("DTSTART:20260314T120000Z\nSUMMARY:{}", letter.repeat(200_000)))
}

#[test]
fn large_bodies_are_in_the_database() {
    if Host::tested() != Host::Native {
        return;
    }
    let directory = empty_directory("without-files");
    let server = Server::start_with(&directory, &[("KALENDS_NO_FILES", "true")]);
    let (client, data) = (server.named("alice"), server.data());
    let calendar = client.make_calendar("large");
    let path = |name: &str| format!("{calendar}{name}.ics");
    client.put(&path("a"), &large("a")).expect(201);
    client.put(&path("a"), &large("b")).expect(204);
    client.request("COPY", &path("a")).header("destination", &path("b")).send().expect_any(&[201, 403]);
    assert!(client.get(&path("a")).expect(200).text() == large("b"));
    assert!(!data.join("files/blobs").exists(), "there is no file");

    // A backup needs nothing beside the database, and collecting finds the first body, which was let go of and noted
    // then.
    let archive = directory.join("backup.tar");
    succeed(kalends().arg("backup").arg(&archive).arg("--data").arg(&data));
    let said = succeed(kalends().args(["collect", "--older-than", "0", "--data"]).arg(&data)).output;
    assert!(said.contains("0 newly found, 1 removed"), "{said}");
    assert!(client.get(&path("a")).expect(200).text() == large("b"));
    drop(server);

    // With a directory from now on, what is in the table is still there, and what is new goes into files.
    let server = Server::start(&directory);
    let client = server.named("alice");
    assert!(client.get(&path("a")).expect(200).text() == large("b"));
    client.put(&path("a"), &large("c")).expect(204);
    assert!(client.get(&path("a")).expect(200).text() == large("c"));
    assert!(fs::read_dir(data.join("files/blobs")).is_ok_and(|mut shards| shards.next().is_some()));
}
