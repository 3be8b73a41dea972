//! LOCK and UNLOCK (RFC 4918 §6, §7, §9.10, §9.11).

use kalends_tests::names::*;
use kalends_tests::{Answer, Client, bodies, samples, shared};
use serde_json::{Value, json};

const LOCKDISCOVERY: Name = Name(DAV, "lockdiscovery");
const ACTIVELOCK: Name = Name(DAV, "activelock");
const LOCK_TOKEN_SUBMITTED: Name = Name(DAV, "lock-token-submitted");
const NO_CONFLICTING_LOCK: Name = Name(DAV, "no-conflicting-lock");
const MISMATCH: Name = Name(DAV, "lock-token-matches-request-uri");

fn lockinfo(scope: &str) -> String {
    format!(
        r#"<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:{scope}/></D:lockscope><D:locktype><D:write/></D:locktype><D:owner><D:href>mailto:me@example.org</D:href></D:owner></D:lockinfo>"#
    )
}

#[track_caller]
fn lock(client: &Client, path: &str, scope: &str, depth: &str) -> Answer {
    client.request("LOCK", path).header("depth", depth).header("timeout", "Second-600").xml(lockinfo(scope)).send()
}

/// Takes a lock and returns its token.
#[track_caller]
fn token(client: &Client, path: &str, scope: &str, depth: &str) -> String {
    let answer = lock(client, path, scope, depth).expect_any(&[200, 201]);
    let token = answer.required_header("lock-token").to_owned();
    assert!(token.starts_with('<') && token.ends_with('>'), "RFC 4918 §10.5: {token}");
    token
}

#[track_caller]
fn unlock(client: &Client, path: &str, token: &str) -> Answer {
    client.request("UNLOCK", path).header("lock-token", token).send()
}

#[track_caller]
fn put(client: &Client, path: &str, text: &str, condition: Option<&str>) -> Answer {
    let mut request = client.request("PUT", path).header("content-type", "text/plain").body(text);
    if let Some(condition) = condition {
        request = request.header("if", condition);
    }
    request.send()
}

/// A folder with a file in it.
fn folder(client: &Client) -> (String, String) {
    let folder = format!("/dav/files/{}/folder/", client.name());
    client.request("MKCOL", &folder).send().expect(201);
    let file = format!("{folder}a.txt");
    put(client, &file, "one", None).expect(201);
    (folder, file)
}

#[test]
fn a_lock_tells_all_about_itself() {
    let client = shared().account();
    let (_, file) = folder(&client);
    let answer = lock(&client, &file, "exclusive", "0").expect(200);
    let token = answer.required_header("lock-token").trim_matches(['<', '>']).to_owned();
    let prop = answer.xml();
    assert!(prop.is(Name(DAV, "prop")), "RFC 4918 §9.10.1");
    let asked = client.propfind(&file, "0", &[LOCKDISCOVERY, Name(DAV, "supportedlock")]);
    for discovery in [prop.child(LOCKDISCOVERY).expect("lockdiscovery"), asked.only().prop(LOCKDISCOVERY)] {
        let lock = discovery.child(ACTIVELOCK).expect("activelock");
        let child = |local| lock.child(Name(DAV, local)).unwrap_or_else(|| panic!("no {local}"));
        assert!(child("lockscope").contains(Name(DAV, "exclusive")));
        assert!(child("locktype").contains(Name(DAV, "write")));
        assert_eq!(child("depth").text(), "0");
        assert_eq!(child("owner").child(HREF).map(|href| href.text()), Some("mailto:me@example.org"));
        assert_eq!(child("locktoken").child(HREF).map(|href| href.text()), Some(token.as_str()));
        assert_eq!(child("lockroot").child(HREF).map(|href| href.text()), Some(file.as_str()));
        let left: u32 = child("timeout").text().strip_prefix("Second-").and_then(|left| left.parse().ok()).expect("s");
        assert!(left <= 600);
    }
    assert_eq!(asked.only().prop(Name(DAV, "supportedlock")).children().len(), 2);
}

#[test]
fn what_is_locked_is_changed_only_with_the_token() {
    let client = shared().account();
    let (folder, file) = folder(&client);
    let token = token(&client, &file, "exclusive", "0");
    let refused = put(&client, &file, "two", None).refused(423, LOCK_TOKEN_SUBMITTED);
    assert_eq!(refused.child(HREF).map(|href| href.text()), Some(file.as_str()), "RFC 4918 §16");
    client.delete(&file).expect(423);
    client.delete(&folder).expect_any(&[423, 207]);
    client.request("MOVE", &file).header("destination", &format!("{folder}b.txt")).send().expect(423);
    client
        .proppatch(&file, kalends_tests::bodies::set(&[Name("http://example.org/", "x").with("x")]))
        .expect_any(&[423, 207]);
    assert_eq!(client.get(&file).expect(200).text(), "one", "reading is free");
    // A copy of it is not locked (RFC 4918 §7.6).
    client.request("COPY", &file).header("destination", &format!("{folder}copy.txt")).send().expect(201);
    put(&client, &format!("{folder}copy.txt"), "two", None).expect(204);

    put(&client, &file, "two", Some("(<urn:uuid:00000000-0000-4000-8000-000000000000>)")).expect(412);
    put(&client, &file, "two", Some(&format!("({token})"))).expect(204);
    unlock(&client, &file, &token).expect(204);
    put(&client, &file, "three", None).expect(204);
    put(&client, &file, "four", Some(&format!("({token})"))).expect(412);
}

#[test]
fn an_exclusive_lock_tolerates_no_other_and_shared_ones_do() {
    let client = shared().account();
    let (_, file) = folder(&client);
    let exclusive = token(&client, &file, "exclusive", "0");
    for scope in ["exclusive", "shared"] {
        let refused = lock(&client, &file, scope, "0").refused(423, NO_CONFLICTING_LOCK);
        assert_eq!(refused.child(HREF).map(|href| href.text()), Some(file.as_str()));
    }
    unlock(&client, &file, &exclusive).expect(204);
    let first = token(&client, &file, "shared", "0");
    let second = token(&client, &file, "shared", "0");
    assert_ne!(first, second);
    lock(&client, &file, "exclusive", "0").refused(423, NO_CONFLICTING_LOCK);
    put(&client, &file, "two", None).expect(423);
    put(&client, &file, "two", Some(&format!("({second})"))).expect(204);
    let discovered = client.propfind(&file, "0", &[LOCKDISCOVERY]);
    assert_eq!(discovered.only().prop(LOCKDISCOVERY).all(ACTIVELOCK).count(), 2);
}

#[test]
fn a_deep_lock_covers_what_comes_to_be_below() {
    let client = shared().account();
    let (folder, file) = folder(&client);
    let token = token(&client, &folder, "exclusive", "infinity");
    put(&client, &file, "two", None).expect(423);
    put(&client, &format!("{folder}new.txt"), "new", None).expect(423);
    lock(&client, &file, "exclusive", "0").expect(423);
    let tagged = format!("<{}{folder}> ({token})", shared().url());
    put(&client, &format!("{folder}new.txt"), "new", Some(&tagged)).expect(201);
    let found = client.propfind(&format!("{folder}new.txt"), "0", &[LOCKDISCOVERY]);
    assert!(found.only().prop(LOCKDISCOVERY).contains(ACTIVELOCK), "RFC 4918 §7.7");
    // Any URL within the lock's scope will do (RFC 4918 §9.11).
    unlock(&client, &file, &token).expect(204);
    put(&client, &file, "three", None).expect(204);
}

/// A lock's root is told as the path of what it is on, with the slash of a collection or without.
#[test]
fn the_roots_of_locks_in_a_listing() {
    let client = shared().account();
    let (folder, file) = folder(&client);
    let root = |listed: &str| {
        let found = client.propfind(&folder, "1", &[LOCKDISCOVERY]);
        let lock = found.of(listed).prop(LOCKDISCOVERY).child(ACTIVELOCK).expect("a lock").clone();
        lock.child(Name(DAV, "lockroot")).and_then(|root| root.child(HREF)).map(|href| href.text().to_owned())
    };
    let inner = token(&client, &file, "exclusive", "0");
    assert_eq!(root(&file), Some(file.clone()));
    unlock(&client, &file, &inner).expect(204);
    token(&client, &folder, "exclusive", "infinity");
    assert_eq!(root(&folder), Some(folder.clone()));
    assert_eq!(root(&file), Some(folder.clone()));
}

/// RFC 4918 §7.4: a lock of depth 0 on a collection protects its list of members.
#[test]
fn a_shallow_lock_of_a_folder_keeps_members_from_coming_and_going() {
    let client = shared().account();
    let (folder, file) = folder(&client);
    let token = token(&client, &folder, "exclusive", "0");
    put(&client, &file, "two", None).expect(204);
    put(&client, &format!("{folder}new.txt"), "new", None).expect(423);
    client.delete(&file).expect(423);
    client.request("MKCOL", &format!("{folder}sub/")).send().expect(423);
    let condition = format!("<{folder}> ({token})");
    put(&client, &format!("{folder}new.txt"), "new", Some(&condition)).expect(201);
    client.request("DELETE", &file).header("if", &condition).send().expect(204);
}

/// RFC 4918 §9.10.3: what stands in the way of a deep lock is named in a 207, with 424 for the target.
#[test]
fn a_deep_lock_that_meets_another_below_is_not_taken() {
    let client = shared().account();
    let (folder, file) = folder(&client);
    let inner = token(&client, &file, "exclusive", "0");
    let answer = lock(&client, &folder, "exclusive", "infinity");
    assert!(answer.header("lock-token").is_none());
    let answer = answer.multistatus();
    assert_eq!(answer.of(&file).status, Some(423));
    assert_eq!(answer.of(&folder).status, Some(424));
    put(&client, &format!("{folder}new.txt"), "new", None).expect(201);
    unlock(&client, &file, &inner).expect(204);
    token(&client, &folder, "exclusive", "infinity");
}

/// RFC 4918 §7.3: a lock on what is not there makes an empty resource.
#[test]
fn a_name_can_be_reserved() {
    let client = shared().account();
    let (folder, _) = folder(&client);
    let path = format!("{folder}reserved.txt");
    let answer = lock(&client, &path, "exclusive", "0").expect(201);
    let token = answer.required_header("lock-token").to_owned();
    assert_eq!(client.get(&path).expect(200).body(), b"");
    put(&client, &path, "mine", None).expect(423);
    put(&client, &path, "mine", Some(&format!("({token})"))).expect(204);
    lock(&client, &format!("{folder}missing/a.txt"), "exclusive", "0").expect(409);
}

#[test]
fn a_lock_is_refreshed_by_its_token() {
    let client = shared().account();
    let (_, file) = folder(&client);
    let token = token(&client, &file, "exclusive", "0");
    let refresh =
        |condition: &str| client.request("LOCK", &file).header("timeout", "Second-1200").header("if", condition).send();
    let answer = refresh(&format!("({token})")).expect(200);
    assert!(answer.header("lock-token").is_none(), "RFC 4918 §9.10.2: only for a new lock");
    let timeout = answer.xml().child(LOCKDISCOVERY).and_then(|found| found.child(ACTIVELOCK).cloned());
    let timeout = timeout.and_then(|lock| lock.child(Name(DAV, "timeout")).map(|timeout| timeout.text().to_owned()));
    let left: u32 = timeout.and_then(|text| text.strip_prefix("Second-")?.parse().ok()).expect("a timeout");
    assert!(left > 600 && left <= 1200);
    refresh("(<urn:uuid:00000000-0000-4000-8000-000000000000>)").expect(412);
    client.request("LOCK", &file).send().expect_any(&[400, 412]);
}

/// LOCK takes D:write-content (RFC 3744 appendix B), for as long as it lasts.
#[test]
fn locks_are_held_by_those_who_may_write() {
    let (alice, bob) = (shared().account(), shared().account());
    let calendar = alice.make_calendar("team");
    let event = format!("{calendar}a.ics");
    alice.put(&event, &samples::at_noon("a", "20260314")).expect(201);
    let grant = |privilege: &str| {
        let ace = bodies::grant(bob.name(), privilege);
        alice.request("ACL", &calendar).xml(ace).send().expect(200);
    };
    let locked = || {
        grant("write");
        let token = token(&bob, &event, "exclusive", "0");
        alice.put(&event, &samples::at_noon("a", "20260315")).expect(423);
        token
    };
    let token = locked();
    grant("read");
    alice.put(&event, &samples::at_noon("a", "20260316")).expect(204);
    let refresh = bob.request("LOCK", &event).header("if", &format!("({token})")).send();
    refresh.expect_any(&[403, 412]);
    locked();
    alice.request("ACL", &calendar).xml(r#"<D:acl xmlns:D="DAV:"/>"#).send().expect(200);
    alice.put(&event, &samples::at_noon("a", "20260317")).expect(204);
}

#[test]
fn a_credential_for_reading_refreshes_no_lock() {
    let client = shared().account();
    let (_, file) = folder(&client);
    let token = token(&client, &file, "exclusive", "0");
    let made = json!({ "label": "reads", "scope": ["files"] }).to_string();
    let made = client.request("POST", "/api/me/app-passwords").header("content-type", "application/json").body(made);
    let made: Value = serde_json::from_str(made.send().expect(201).text()).expect("JSON");
    let reader = client.basic(client.name(), made["secret"].as_str().expect("a password"));
    let refresh = |client: &Client| client.request("LOCK", &file).header("if", &format!("({token})")).send();
    refresh(&reader).refused(403, Name(DAV, "need-privileges"));
    refresh(&client).expect(200);
}

#[test]
fn what_unlocks_nothing() {
    let client = shared().account();
    let (folder, file) = folder(&client);
    let token = token(&client, &file, "exclusive", "0");
    client.request("UNLOCK", &file).send().expect(400);
    unlock(&client, &file, "<urn:uuid:00000000-0000-4000-8000-000000000000>").refused(409, MISMATCH);
    put(&client, &format!("{folder}b.txt"), "b", None).expect(201);
    unlock(&client, &format!("{folder}b.txt"), &token).refused(409, MISMATCH);
    // As npm's `webdav` sends it.
    unlock(&client, &file, token.trim_matches(['<', '>'])).expect(204);
    unlock(&client, &file, &token).refused(409, MISMATCH);
}

#[test]
fn lock_bodies_that_cannot_be() {
    let client = shared().account();
    let (_, file) = folder(&client);
    for body in [
        r#"<D:lockinfo xmlns:D="DAV:"/>"#,
        r#"<D:lockinfo xmlns:D="DAV:"><D:lockscope/><D:locktype><D:write/></D:locktype></D:lockinfo>"#,
        r#"<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype/></D:lockinfo>"#,
        r#"<D:prop xmlns:D="DAV:"/>"#,
    ] {
        client.request("LOCK", &file).header("depth", "0").xml(body).send().expect(400);
    }
    lock(&client, &file, "exclusive", "1").expect(400);
    put(&client, &file, "two", None).expect(204);
}

/// Events are locked like files; an empty one cannot be, so no name is reserved in a calendar.
#[test]
fn events_can_be_locked() {
    let client = shared().account();
    let event = client.calendars("personal/a.ics");
    client.put(&event, &samples::at_noon("a", "20260314")).expect(201);
    let token = token(&client, &event, "exclusive", "0");
    client.put(&event, &samples::at_noon("a", "20260315")).refused(423, LOCK_TOKEN_SUBMITTED);
    let request = client.request("PUT", &event).header("content-type", "text/calendar");
    request.header("if", &format!("({token})")).body(samples::at_noon("a", "20260315")).send().expect(204);
    lock(&client, &client.calendars("personal/b.ics"), "exclusive", "0")
        .refused(403, Name(CALDAV, "valid-calendar-data"));
    client.request("DELETE", &event).header("if", &format!("({token})")).send().expect(204);
    client.put(&event, &samples::at_noon("a", "20260316")).expect(201);
}

/// Whoever looks at what is locked is told all that its holders say.
#[test]
fn a_lock_says_so_much_and_a_place_has_so_many() {
    let client = shared().account();
    let (_, file) = folder(&client);
    let owned = |octets: usize| lockinfo("shared").replace("me@example.org", &"x".repeat(octets));
    let lock = |body: String| client.request("LOCK", &file).header("depth", "0").xml(body).send();
    lock(owned(1024)).expect(507);
    lock(owned(900)).expect(200);
    for _ in 1..100 {
        lock(lockinfo("shared")).expect(200);
    }
    lock(lockinfo("shared")).expect(507);
    let told = client.propfind(&file, "0", &[LOCKDISCOVERY]);
    assert_eq!(told.only().prop(LOCKDISCOVERY).all(ACTIVELOCK).count(), 100);
}
