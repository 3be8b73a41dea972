//! The contract of storage (`tests/contract`), put to a storage component through its WIT interface: the component of
//! cases takes the place of the protocol on the host, and each request here is a step of a case.

use std::sync::OnceLock;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use kalends_contract::{CACHE, CASES, Case};
use kalends_tests::{Client, Host, Server, empty_directory};

/// After so long what the cache was to remember for a second counts as remembered for ever.
const PATIENCE: Duration = Duration::from_secs(60);

fn served() -> Option<&'static Client> {
    static SERVED: OnceLock<(Server, Client)> = OnceLock::new();
    // Each of the three hosts of the cluster is what one is.
    (Host::tested() != Host::Cluster).then(|| {
        let start = || {
            let server = Server::contract(&empty_directory("contract"), &[]);
            let client = server.anonymous();
            (server, client)
        };
        &SERVED.get_or_init(start).1
    })
}

/// Has a step of a case carried out; the run that it belongs to is named as the case is, since each runs once.
fn status(client: &Client, step: &str, name: &str) -> u16 {
    client.request("POST", &format!("/{step}/{name}/{name}")).send().status
}

/// Every case, one after the other.
fn put_all(client: &Client) {
    let failed: Vec<String> = CASES.iter().filter_map(|case| put(client, case).err()).collect();
    assert!(failed.is_empty(), "{failed:#?}: the server's log says what was found");
}

fn put(client: &Client, Case { name, writers, .. }: &Case) -> Result<(), String> {
    let step = |step: &str| match status(client, step, name) {
        204 => Ok(()),
        status => Err(format!("{name}, {step}: {status}")),
    };
    step("begin")?;
    let Some(writers) = writers else { return Ok(()) };
    scope(|scope| {
        let started: Vec<_> = (0..writers.count).map(|writer| scope.spawn(move || step(&writer.to_string()))).collect();
        started.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| Err(format!("{name}: no answer"))))
    })?;
    step("end")
}

#[test]
fn every_case_holds() {
    let Some(client) = served() else { return };
    put_all(client);
}

/// On a host that mounts no directory.
#[test]
fn every_case_holds_without_files() {
    if Host::tested() == Host::Native {
        let server = Server::contract(&empty_directory("contract-without-files"), &[("KALENDS_NO_FILES", "true")]);
        put_all(&server.anonymous());
        assert!(!server.data().join("files/blobs").exists(), "large bodies are in the database");
    }
}

#[test]
fn what_the_cache_remembers_expires() {
    let Some(client) = served() else { return };
    assert_eq!(status(client, "begin", CACHE), 204);
    let begun = Instant::now();
    while status(client, "end", CACHE) != 204 {
        assert!(begun.elapsed() < PATIENCE, "it does not");
        sleep(Duration::from_millis(200));
    }
}

/// A case that cannot fail would prove nothing: what is not there is told.
#[test]
fn an_unknown_case_is_no_success() {
    let Some(client) = served() else { return };
    assert_eq!(status(client, "begin", "none"), 404);
    assert_eq!(status(client, "end", CASES[0].name), 404, "it has no writers");
}
