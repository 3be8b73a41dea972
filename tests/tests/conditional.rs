//! Conditions in the header: WebDAV's If (RFC 4918 §10.4), and the dates of RFC 9110 §13.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use kalends_tests::names::*;
use kalends_tests::{Answer, Client, Element, bodies, samples, shared};

const NOBODY: &str = "<urn:uuid:00000000-0000-4000-8000-000000000000>";

fn file(client: &Client, name: &str) -> String {
    let path = format!("/dav/files/{}/{name}", client.name());
    client.request("PUT", &path).header("content-type", "text/plain").body(name).send().expect(201);
    path
}

#[track_caller]
fn put(client: &Client, path: &str, condition: &str) -> Answer {
    client.request("PUT", path).header("content-type", "text/plain").header("if", condition).body(condition).send()
}

#[track_caller]
fn lock(client: &Client, path: &str) -> String {
    let answer = client.request("LOCK", path).header("depth", "0").xml(bodies::LOCK).send().expect(200);
    answer.required_header("lock-token").to_owned()
}

/// RFC 4918 §10.4.2: lists are alternatives, the conditions of a list hold together.
#[test]
fn entity_tags_in_untagged_lists() {
    let client = shared().account();
    let path = file(&client, "a.txt");
    let holds = |condition: &str, status: u16| {
        let etag = client.get(&path).etag();
        put(&client, &path, &condition.replace("ETAG", &format!("[{etag}]"))).expect(status);
    };
    holds("(ETAG)", 204);
    holds("([\"other\"])", 412);
    holds("(Not [\"other\"])", 204);
    holds("(Not ETAG)", 412);
    holds("(ETAG [\"other\"])", 412);
    holds("([\"other\"]) (ETAG)", 204);
    holds("(ETAG Not [\"other\"])", 204);
    holds(&format!("(ETAG {NOBODY})"), 412);
    holds(&format!("(ETAG Not {NOBODY})"), 204);
    holds("(Not <DAV:no-lock>)", 204);
    holds("(<DAV:no-lock>)", 412);
}

#[test]
fn tagged_lists_are_about_other_resources() {
    let client = shared().account();
    let (a, b) = (file(&client, "a.txt"), file(&client, "b.txt"));
    let etag = client.get(&b).etag();
    put(&client, &a, &format!("<{b}> ([{etag}])")).expect(204);
    put(&client, &a, &format!("<{}{b}> ([{etag}])", shared().url())).expect(204);
    put(&client, &a, &format!("<{b}> ([\"other\"])")).expect(412);
    put(&client, &a, &format!("<{b}> (Not [{etag}])")).expect(412);
    put(&client, &a, &format!("<{a}missing> ([{etag}])")).expect(412);
    // RFC 4918 §10.4.4: what is not there matches nothing.
    put(&client, &a, &format!("<{a}missing> (Not [{etag}])")).expect(204);
    put(&client, &a, &format!("<http://elsewhere.example{b}> ([{etag}])")).expect(412);
    let own = client.get(&a).etag();
    put(&client, &a, &format!("<{b}> ([\"other\"]) <{a}> ([{own}])")).expect(204);
    // All that it is about is looked at, or nothing is.
    let about = |others: usize| -> String {
        let lists = (0..others).map(|number| format!("<{a}{number}> ([\"other\"]) "));
        lists.chain([format!("<{b}> (Not [{etag}])")]).collect()
    };
    put(&client, &a, &about(63)).expect(412);
    put(&client, &a, &about(64)).expect(400);
}

#[test]
fn lock_tokens_are_conditions_too() {
    let client = shared().account();
    let (a, b) = (file(&client, "a.txt"), file(&client, "b.txt"));
    let token = lock(&client, &a);
    put(&client, &a, &format!("({token})")).expect(204);
    let etag = client.get(&a).etag();
    put(&client, &a, &format!("({token} [{etag}])")).expect(204);
    put(&client, &a, &format!("({token} [{etag}])")).expect(412);
    put(&client, &b, &format!("({token})")).expect(412);
    put(&client, &b, &format!("<{a}> ({token})")).expect(204);
    // A token that is only negated does not hold; it is submitted all the same (RFC 4918 §10.4.1).
    put(&client, &a, &format!("(Not {token})")).expect(412);
    put(&client, &a, &format!("({NOBODY}) (Not <DAV:no-lock> {token})")).expect(204);
    // Somebody else's token opens nothing.
    let other = shared().account();
    let theirs = file(&other, "c.txt");
    let their_token = lock(&other, &theirs);
    put(&client, &a, &format!("(Not {their_token})")).expect(423);
}

/// RFC 6578 §5: nothing is written where the collection has changed since it was synchronised.
#[test]
fn sync_tokens_are_conditions_too() {
    let client = shared().account();
    let calendar = client.make_calendar("synchronised");
    let put = |uid: &str, condition: &str| {
        let request = client.request("PUT", &format!("{calendar}{uid}.ics")).header("content-type", "text/calendar");
        request.header("if", condition).body(samples::at_noon(uid, "20260314")).send()
    };
    let before = client.sync_token(&calendar);
    let unchanged = format!("<{calendar}> (<{before}>)");
    put("a", &unchanged).expect(201);
    put("b", &unchanged).expect(412);
    put("b", &format!("<{calendar}> (Not <{before}>)")).expect(201);
    let now = client.sync_token(&calendar);
    put("c", &format!("(<{now}>)")).expect(412);
    client.request("DELETE", &calendar).header("if", &format!("(<{before}>)")).send().expect(412);
    client.request("DELETE", &calendar).header("if", &format!("(<{now}>)")).send().expect(204);
}

#[test]
fn if_headers_that_cannot_be_read() {
    let client = shared().account();
    let path = file(&client, "a.txt");
    for condition in ["nonsense", "(", "()", "([\"a\")", "<x>", "(<a> <b>", "Not (<a>)"] {
        put(&client, &path, condition).expect(400);
    }
}

/// The other methods that change something require it as PUT does.
#[test]
fn every_change_heeds_it() {
    let client = shared().account();
    let calendar = client.make_calendar("conditional");
    let event = format!("{calendar}a.ics");
    client.put(&event, &samples::at_noon("a", "20260314")).expect(201);
    let never = "([\"other\"])";
    let set = bodies::set(&[DISPLAYNAME.with("x")]);
    let copy = client.calendars("copy/");
    let requests = [
        client.request("DELETE", &event),
        client.request("DELETE", &calendar),
        client.request("MOVE", &event).header("destination", &format!("{calendar}b.ics")),
        client.request("COPY", &event).header("destination", &format!("{calendar}b.ics")),
        client.request("COPY", &calendar).header("destination", &copy),
        client.request("PROPPATCH", &calendar).xml(set),
        client.request("MKCOL", &copy).xml(bodies::mkcol_calendar(&[])),
        client
            .request("POST", &calendar)
            .header("content-type", "text/calendar")
            .body(samples::at_noon("b", "20260314")),
    ];
    for request in requests {
        request.header("if", never).send().expect(412);
    }
    client.get(&event).expect(200);
    client.request("PROPFIND", &copy).header("depth", "0").send().expect(404);
    let etag = client.get(&event).etag();
    client.request("DELETE", &event).header("if", &format!("([{etag}])")).send().expect(204);
}

/// RFC 9110 §13.1.3, §13.1.4.
#[test]
fn dates_are_conditions() {
    let client = shared().account();
    let path = file(&client, "a.txt");
    let modified = client.get(&path).required_header("last-modified").to_owned();
    let (past, future) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Fri, 01 Jan 2100 00:00:00 GMT");
    let ask = |method: &str, field: &str, date: &str| client.request(method, &path).header(field, date).body("").send();
    for (date, status) in [(past, 200), (modified.as_str(), 304), (future, 304), ("yesterday", 200)] {
        let answer = ask("GET", "if-modified-since", date).expect(status);
        assert_eq!(answer.etag(), client.get(&path).etag());
    }
    ask("GET", "if-unmodified-since", past).expect(412);
    ask("GET", "if-unmodified-since", &modified).expect(200);
    ask("DELETE", "if-unmodified-since", past).expect(412);
    // Entity tags go before dates (RFC 9110 §13.2.2).
    let etag = client.get(&path).etag();
    let request = client.request("GET", &path).header("if-none-match", "\"other\"").header("if-modified-since", future);
    request.send().expect(200);
    let request = client.request("DELETE", &path).header("if-match", &etag).header("if-unmodified-since", past);
    request.send().expect(204);
    assert_eq!(client.get(&path).status, 404);
}

fn folder(client: &Client, name: &str) -> String {
    let path = format!("/dav/files/{}/{name}/", client.name());
    client.request("MKCOL", &path).send().expect(201);
    path
}

/// What changes something at a path, with that in the header.
fn changes(client: &Client, path: &str, field: (&str, &str)) -> Vec<Answer> {
    let to = format!("{}-elsewhere", path.trim_end_matches('/'));
    let requests = [
        client.request("PROPPATCH", path).xml(bodies::set(&[DISPLAYNAME.with("x")])),
        client.request("COPY", path).header("destination", &to),
        client.request("MOVE", path).header("destination", &to),
        client.request("DELETE", path),
    ];
    requests.into_iter().map(|request| request.header(field.0, field.1).send()).collect()
}

/// RFC 9110 §13.1.1, §13.1.2: of files as of collections, with an entity tag or without.
#[test]
fn what_does_not_match_is_changed_by_no_method() {
    let client = shared().account();
    let book = client.addressbooks("book/");
    client.request("MKCOL", &book).xml(bodies::mkcol_addressbook("book")).send().expect(201);
    let paths = [file(&client, "a.txt"), folder(&client, "a"), client.make_calendar("a"), book];
    for path in &paths {
        for field in [("if-match", "\"nope\""), ("if-none-match", "*")] {
            for answer in changes(&client, path, field) {
                answer.expect(412);
            }
        }
        let told = client.propfind(path, "0", &[DISPLAYNAME]);
        assert_ne!(told.only().get(DISPLAYNAME).map(Element::text), Some("x"), "{path}");
    }
    for path in &paths {
        let statuses: Vec<u16> = changes(&client, path, ("if-match", "*")).iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [207, 201, 204, 404], "{path}");
    }
}

#[test]
fn a_whole_calendar_is_changed_where_it_has_the_tag_that_get_gave() {
    let client = shared().account();
    let calendar = client.make_calendar("a");
    client.put(&format!("{calendar}a.ics"), &samples::at_noon("a", "20260314")).expect(201);
    let ask = |method: &str, field: &str, etag: &str| client.request(method, &calendar).header(field, etag).send();
    let before = client.get(&calendar).expect(200).etag();
    client.put(&format!("{calendar}b.ics"), &samples::at_noon("b", "20260314")).expect(201);
    let now = client.get(&calendar).expect(200).etag();
    ask("DELETE", "if-match", &before).expect(412);
    ask("DELETE", "if-none-match", &now).expect(412);
    ask("DELETE", "if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT").expect(412);
    client.get(&calendar).expect(200);
    ask("DELETE", "if-match", &format!("{before}, {now}")).expect(204);
    client.get(&calendar).expect(404);
}

#[test]
fn homes_and_principals_are_there_and_have_no_tag() {
    let client = shared().account();
    for path in [client.calendars(""), client.addressbooks(""), format!("/dav/principals/{}/", client.name())] {
        let patch = |field: &str, value: &str| {
            client.request("PROPPATCH", &path).header(field, value).xml(bodies::set(&[UNKNOWN.with("x")])).send()
        };
        patch("if-match", "\"nope\"").expect(412);
        patch("if-none-match", "*").expect(412);
        patch("if-match", "*").expect(207);
    }
}

#[test]
fn a_notification_is_removed_where_it_has_the_tag_that_get_gave() {
    let (alice, bob) = (shared().account(), shared().account());
    let invitation = format!("<CS:set><D:href>/dav/principals/{}/</D:href><CS:read/></CS:set>", bob.name());
    alice.post_sharing(&alice.make_calendar("plans"), "share", &invitation).expect(200);
    let home = format!("/dav/notifications/{}/", bob.name());
    let listed = bob.propfind(&home, "1", &[GETETAG]);
    let path = listed.hrefs().into_iter().find(|href| *href != home).expect("the notification");
    let remove = |field: &str, etag: &str| bob.request("DELETE", path).header(field, etag).send();
    let etag = bob.get(path).expect(200).etag();
    remove("if-match", "\"nope\"").expect(412);
    remove("if-none-match", &etag).expect(412);
    remove("if-match", &etag).expect(204);
    bob.get(path).expect(404);
}

#[test]
fn a_lock_requires_what_its_header_says() {
    let client = shared().account();
    let lock = |path: &str, field: (&str, &str)| {
        client.request("LOCK", path).header(field.0, field.1).xml(bodies::LOCK).send()
    };
    let missing = format!("/dav/files/{}/missing.txt", client.name());
    lock(&missing, ("if-match", "*")).expect(412);
    client.get(&missing).expect(404);
    let folder = folder(&client, "a");
    lock(&folder, ("if-match", "\"nope\"")).expect(412);
    lock(&folder, ("if-none-match", "*")).expect(412);
    client.delete(&folder).expect(204);
    lock(&missing, ("if-none-match", "*")).expect(201);
}

/// What makes a collection, adds to one, shares it or unlocks it requires what its header says, as every other change
/// does.
#[test]
fn the_other_changes_of_a_collection_require_what_their_header_says() {
    let (client, bob) = (shared().account(), shared().account());
    let (calendar, missing) = (client.make_calendar("team"), client.calendars("missing/"));
    let token = lock(&client, &calendar);
    let event = samples::at_noon("a", "20260314");
    let share = bodies::sharing(
        "share",
        &format!("<CS:set><D:href>/dav/principals/{}/</D:href><CS:read/></CS:set>", bob.name()),
    );
    let open = |method: &str, path: &str| client.request(method, path).header("if", &format!("<{calendar}> ({token})"));
    let mkcol = |path: &str| open("MKCOL", path).xml(bodies::mkcol_calendar(&[]));
    let add = || open("POST", &calendar).header("content-type", "text/calendar").body(event.clone());
    let change = || {
        [
            add(),
            open("POST", &calendar).xml(share.clone()),
            open("ACL", &calendar).xml(bodies::grant(bob.name(), "read")),
        ]
    };
    let unlock = || client.request("UNLOCK", &calendar).header("lock-token", &token);
    for request in change().into_iter().chain([unlock(), mkcol(&missing)]) {
        request.header("if-match", "\"nope\"").send().expect(412);
    }
    let state = client.propfind(&calendar, "1", &[GETETAG]);
    assert_eq!(state.hrefs(), [calendar.as_str()], "nothing was added");
    assert!(bob.propfind(&bob.calendars(""), "1", &[GETETAG]).hrefs().iter().all(|href| !href.contains("shared~")));
    for request in change() {
        let etag = client.get(&calendar).expect(200).etag();
        request.header("if-match", &etag).send().expect_any(&[200, 201]);
    }
    mkcol(&missing).header("if-none-match", "*").send().expect(201);
    unlock().header("if-match", "*").send().expect(204);
}

/// Sends a request with these octets among its header fields, and returns the status.
fn raw(client: &Client, method: &str, path: &str, fields: &[u8]) -> u16 {
    let authority = shared().url().trim_start_matches("http://");
    let mut connection = TcpStream::connect(authority).expect("connecting");
    connection.set_read_timeout(Some(Duration::from_secs(120))).expect("setting the patience");
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {authority}\r\nAuthorization: {}\r\nConnection: close\r\nContent-Length: 3\r\n",
        client.authorization()
    );
    connection.write_all(&[head.as_bytes(), fields, b"\r\n\r\nraw"].concat()).expect("sending");
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer);
    text.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("an answer with a status")
}

/// There may be any octet in an entity tag (obs-text, RFC 9110 §8.8.3). The If header is ASCII
/// (RFC 4918 §10.4.2), so it cannot be read; where the host has made text of the octets before the
/// component sees them, as a Worker's runtime does, it is a condition that does not hold.
#[test]
fn conditions_that_are_not_utf_8_are_conditions() {
    let client = shared().account();
    let path = file(&client, "a.txt");
    let elsewhere = [b"If: <", shared().url().as_bytes(), b"/dav/\xe9> ([\"nope\"])"].concat();
    for method in ["PUT", "DELETE"] {
        assert_eq!(raw(&client, method, &path, b"If-Match: \"\xe9\""), 412, "{method}");
        for condition in [&b"If: ([\"\xe9\"])"[..], &elsewhere] {
            let status = raw(&client, method, &path, condition);
            assert!([400, 412].contains(&status), "{method}: {status}");
        }
    }
    assert_eq!(client.get(&path).expect(200).text(), "a.txt", "nothing has changed");
    let both = [b"If-Match: \"\xe9\", ", client.get(&path).etag().as_bytes()].concat();
    assert_eq!(raw(&client, "PUT", &path, &both), 204);
    assert_eq!(raw(&client, "PUT", &path, b"If-None-Match: \"\xe9\""), 204, "it is another");
    let both = [b"If-None-Match: \"\xe9\", ", client.get(&path).etag().as_bytes()].concat();
    assert_eq!(raw(&client, "DELETE", &path, &both), 412);
}

/// RFC 9110 §5.3: what is no list is not to be sent twice, and the second may be what forbids it.
#[test]
fn several_if_headers_cannot_be_read() {
    let client = shared().account();
    let path = file(&client, "a.txt");
    let request = client.request("DELETE", &path).header("if", "(Not <DAV:no-lock>)").header("if", "([\"nope\"])");
    request.send().expect(400);
    client.get(&path).expect(200);
}

/// Neither a comma nor an asterisk in an entity tag means anything.
#[test]
fn what_is_quoted_is_one_tag() {
    let client = shared().account();
    let path = file(&client, "a.txt");
    let etag = client.get(&path).etag();
    client.request("DELETE", &path).header("if-match", "\"a,*,b\"").send().expect(412);
    client.request("DELETE", &path).header("if-match", "\"a, *, b\"").send().expect(412);
    client.request("DELETE", &path).header("if-match", &format!("\"a, b\" ,, {etag}")).send().expect(204);
}
