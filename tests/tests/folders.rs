//! Folders of plain files, told with all that is below them (RFC 4918 §9.1, Depth infinity).

use kalends_tests::names::*;
use kalends_tests::{Client, bodies, shared};

fn folder(client: &Client, name: &str) -> String {
    let path = format!("/dav/files/{}/{name}/", client.name());
    client.request("MKCOL", &path).send().expect(201);
    path
}

fn file(client: &Client, path: &str) {
    client.request("PUT", path).header("content-type", "text/plain").body("text").send().expect(201);
}

/// The hrefs of an answer with all that is below a folder.
#[track_caller]
fn tree(client: &Client, path: &str) -> Vec<String> {
    let told = client.propfind(path, "infinity", &[GETETAG, RESOURCETYPE]);
    told.sorted_hrefs().into_iter().map(str::to_owned).collect()
}

#[test]
fn a_folder_is_told_with_all_below_it() {
    let client = shared().account();
    let [outer, inner, empty] = ["a", "a/b c", "a/d"].map(|name| folder(&client, &name.replace(' ', "%20")));
    let files = [format!("{outer}1.txt"), format!("{inner}2.txt"), format!("{inner}3.txt")];
    files.iter().for_each(|path| file(&client, path));
    let mut all = [vec![outer.clone(), inner.clone(), empty], files.to_vec()].concat();
    all.sort();
    assert_eq!(tree(&client, &outer), all);
    let asked = bodies::propfind(&[GETETAG]);
    let without_depth = client.request("PROPFIND", &outer).xml(asked.clone()).send().multistatus();
    assert_eq!(without_depth.sorted_hrefs(), all);
    assert_eq!(without_depth.of(&files[1]).prop(GETETAG).text(), client.get(&files[1]).etag());
    // RFC 8144 §3
    let noroot = client.request("PROPFIND", &outer).header("depth", "infinity").header("prefer", "depth-noroot");
    let noroot = noroot.xml(asked).send();
    assert_eq!(noroot.header("preference-applied"), Some("depth-noroot"));
    all.retain(|href| *href != outer);
    assert_eq!(noroot.multistatus().sorted_hrefs(), all);
    assert_eq!(tree(&client, &files[0]), [files[0].clone()]);
}

/// What is shared is in its sharee's folder of all folders, with all that is below it; and what is not is not.
#[test]
fn of_what_is_shared_all_is_told_and_nothing_beside_it() {
    let (alice, bob) = (shared().account(), shared().account());
    let [lent, inner, kept] = ["a", "a/b", "c"].map(|name| folder(&alice, name));
    for folder in [&inner, &kept] {
        file(&alice, &format!("{folder}1.txt"));
    }
    alice.request("ACL", &lent).xml(bodies::grant(bob.name(), "read")).send().expect(200);
    let home = format!("/dav/files/{}/", bob.name());
    let told = tree(&bob, &home);
    let ends: Vec<&str> =
        told.iter().filter_map(|href| href.split_once('~')?.1.split_once('/')).map(|it| it.1).collect();
    assert_eq!((told.len(), ends), (4, vec!["", "b/", "b/1.txt"]), "{told:?}");
    assert_eq!(tree(&bob, &lent), tree(&alice, &lent));
    bob.request("PROPFIND", &kept).xml(bodies::propfind(&[GETETAG])).send().expect(404);
}

#[test]
fn so_many_folders_and_no_more_are_told_at_once() {
    let client = shared().account();
    let outer = folder(&client, "many");
    for number in 0..255 {
        folder(&client, &format!("many/{number}"));
    }
    assert_eq!(tree(&client, &outer).len(), 256);
    folder(&client, "many/7/another");
    let refused = client.request("PROPFIND", &outer).header("depth", "infinity").xml(bodies::propfind(&[GETETAG]));
    refused.send().refused(403, Name(DAV, "propfind-finite-depth"));
    assert_eq!(client.propfind(&outer, "1", &[GETETAG]).responses.len(), 256);
}
