//! `kalends collect`: bodies that a killed server has left between the file and its row.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use kalends_tests::command::{kalends, succeed};
use kalends_tests::large_bodies::{large, while_they_come_and_go};
use kalends_tests::{Host, Server, empty_directory};

/// Times that everything is collected while writers store the same bodies again and again.
const ROUNDS: usize = 20;

fn collect(data: &Path, days: &str) -> String {
    succeed(kalends().args(["collect", "--older-than", days, "--data"]).arg(data)).output
}

/// A file of the name that a body of this digest has.
fn body(data: &Path, digest: &str) -> PathBuf {
    let shard = data.join("files/blobs").join(&digest[..2]);
    fs::create_dir_all(&shard).expect("a directory");
    shard.join(digest)
}

#[test]
fn what_nothing_refers_to_is_removed_while_the_server_is_at_work() {
    if Host::tested() != Host::Native {
        return;
    }
    let server = Server::start(&empty_directory("collect"));
    let data = server.data();
    let client = server.named("alice");
    let calendar = client.make_calendar("large");
    let kept = format!("{calendar}kept.ics");
    client.put(&kept, &large(99)).expect(201);
    let left = body(&data, &"ab".repeat(32));
    let unfinished = left.with_extension("0123456789abcdef");
    let being_written = left.with_extension("fedcba9876543210");
    for file in [&left, &unfinished, &being_written] {
        fs::write(file, "left").expect("a file");
    }
    let long_ago = SystemTime::now() - Duration::from_secs(86_400);
    fs::File::options().write(true).open(&unfinished).and_then(|file| file.set_modified(long_ago)).expect("a time");

    // It is found, and stays for a week: a database restored from yesterday may know it.
    let said = collect(&data, "7");
    assert!(said.contains("1 newly found, 0 removed") && said.contains("never finished: 1 removed"), "{said}");
    assert!(left.exists() && !unfinished.exists() && being_written.exists());
    let said = collect(&data, "0");
    assert!(said.contains("0 newly found, 1 removed"), "{said}");
    assert!(!left.exists());

    let stored = while_they_come_and_go(&client, &calendar, || {
        for _ in 0..ROUNDS {
            collect(&data, "0");
        }
    });
    assert!(stored > 0, "nothing was stored meanwhile");
    assert!(client.get(&kept).expect(200).text() == large(99));
}

#[test]
fn what_is_no_data_directory_is_left_alone() {
    let directory = empty_directory("nothing");
    let said = kalends_tests::command::fail(kalends().args(["collect", "--data"]).arg(&directory));
    assert!(said.errors.contains("there is no data"), "{}", said.errors);
}
