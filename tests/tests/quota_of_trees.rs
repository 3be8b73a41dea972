//! Quota (RFC 4331) where something is copied or moved: what comes counts whole, with all that is below it, less what
//! it takes the place of.

use kalends_tests::names::*;
use kalends_tests::{Client, bodies, samples, shared};
use serde_json::json;

const FULL: Name = Name(DAV, "quota-not-exceeded");

/// Lets an account have so many bytes more than it has.
fn leave(client: &Client, left: u64) {
    let used = client.propfind(&files(client, ""), "0", &[Name(DAV, "quota-used-bytes")]);
    let used: u64 = used.only().text(Name(DAV, "quota-used-bytes")).parse().expect("a number of octets");
    let patch = json!({ "quota": used + left }).to_string();
    let path = format!("/api/accounts/{}", client.name());
    let administrator = shared().administrator();
    administrator.request("PATCH", &path).header("content-type", "application/json").body(patch).send().expect(200);
}

fn files(client: &Client, rest: &str) -> String {
    format!("/dav/files/{}/{rest}", client.name())
}

fn folder(client: &Client, path: &str) -> String {
    client.request("MKCOL", path).send().expect(201);
    path.to_owned()
}

fn file(client: &Client, path: &str, octets: usize) -> String {
    client.request("PUT", path).header("content-type", "text/plain").body("x".repeat(octets)).send().expect(201);
    path.to_owned()
}

#[track_caller]
fn relocate(client: &Client, method: &str, from: &str, to: &str) -> kalends_tests::Answer {
    client.request(method, from).header("destination", to).send()
}

/// A folder that `other` may write to, as `other` sees it.
fn shared_folder(owner: &Client, other: &Client) -> String {
    let folder = folder(owner, &files(owner, "shared/"));
    let write = bodies::grant(other.name(), "write");
    owner.request("ACL", &folder).xml(write).send().expect(200);
    let home = other.propfind(&files(other, ""), "1", &[RESOURCETYPE]);
    let share = home.hrefs().into_iter().find(|href| href.contains("/shared~")).map(str::to_owned);
    share.expect("the share")
}

/// The uppermost folder is empty; what is below it is not.
fn tree(client: &Client, octets: usize) -> String {
    let top = folder(client, &files(client, "top/"));
    folder(client, &format!("{top}middle/"));
    let bottom = folder(client, &format!("{top}middle/bottom/"));
    file(client, &format!("{bottom}a.txt"), octets);
    top
}

#[test]
fn a_tree_is_copied_where_all_of_it_has_room() {
    let client = shared().account();
    let (top, to) = (tree(&client, 5000), files(&client, "copy/"));
    leave(&client, 4999);
    relocate(&client, "COPY", &top, &to).refused(507, FULL);
    client.request("PROPFIND", &to).header("depth", "0").send().expect(404);
    client.request("COPY", &top).header("destination", &to).header("depth", "0").send().expect(201);
    client.delete(&to).expect(204);
    leave(&client, 5000);
    relocate(&client, "COPY", &top, &to).expect(201);
    client.get(&format!("{to}middle/bottom/a.txt")).expect(200);
}

/// What is moved into a folder of somebody else's is theirs, and counts as such.
#[test]
fn what_is_moved_to_somebody_needs_room_there() {
    let (alice, bob) = (shared().account(), shared().account());
    let share = shared_folder(&alice, &bob);
    let (top, text) = (tree(&bob, 5000), file(&bob, &files(&bob, "a.txt"), 3000));
    leave(&bob, 0);
    leave(&alice, 2999);
    relocate(&bob, "MOVE", &top, &format!("{share}top/")).refused(507, FULL);
    relocate(&bob, "MOVE", &text, &format!("{share}a.txt")).refused(507, FULL);
    bob.get(&format!("{top}middle/bottom/a.txt")).expect(200);
    leave(&alice, 8000);
    relocate(&bob, "MOVE", &top, &format!("{share}top/")).expect(201);
    relocate(&bob, "MOVE", &text, &format!("{share}a.txt")).expect(201);
    alice.get(&files(&alice, "shared/top/middle/bottom/a.txt")).expect(200);
}

#[test]
fn what_is_moved_within_a_home_needs_none() {
    let client = shared().account();
    let top = tree(&client, 5000);
    leave(&client, 0);
    relocate(&client, "MOVE", &top, &files(&client, "elsewhere/")).expect(201);
}

/// RFC 4331 §3: what is replaced makes room for what takes its place.
#[test]
fn what_is_replaced_makes_room() {
    let client = shared().account();
    let (a, b) = (file(&client, &files(&client, "a.txt"), 5000), file(&client, &files(&client, "b.txt"), 4900));
    let (top, other) = (tree(&client, 4000), folder(&client, &files(&client, "other/")));
    let inner = folder(&client, &format!("{other}inner/"));
    file(&client, &format!("{inner}a.txt"), 3900);
    leave(&client, 99);
    relocate(&client, "COPY", &a, &b).refused(507, FULL);
    relocate(&client, "COPY", &top, &other).refused(507, FULL);
    leave(&client, 100);
    relocate(&client, "COPY", &a, &b).expect(204);
    leave(&client, 100);
    relocate(&client, "COPY", &top, &other).expect(204);
    client.get(&format!("{other}middle/bottom/a.txt")).expect(200);
    leave(&client, 1000);
    relocate(&client, "COPY", &a, &other).expect(204);
    assert_eq!(client.get(other.trim_end_matches('/')).expect(200).body().len(), 5000, "a file in a folder's place");
    leave(&client, 0);
    relocate(&client, "COPY", &top, &a).expect(204);
    client.get(&format!("{a}/middle/bottom/a.txt")).expect(200);
}

/// What somebody shares is copied at the expense of whose home it comes to.
#[test]
fn a_copy_of_what_is_anothers_is_ones_own() {
    let (alice, bob) = (shared().account(), shared().account());
    let calendar = alice.make_calendar("team");
    let event = samples::event("a", &format!("DTSTART:20260314T120000Z\nDESCRIPTION:{}", "x".repeat(3000)));
    alice.put(&format!("{calendar}a.ics"), &event).expect(201);
    let read = bodies::grant(bob.name(), "read");
    alice.request("ACL", &calendar).xml(read).send().expect(200);
    let copy = bob.calendars("copy/");
    leave(&alice, 0);
    leave(&bob, event.len() as u64 - 1);
    relocate(&bob, "COPY", &calendar, &copy).refused(507, FULL);
    leave(&bob, event.len() as u64);
    relocate(&bob, "COPY", &calendar, &copy).expect(201);
    bob.get(&format!("{copy}a.ics")).expect(200);
}
