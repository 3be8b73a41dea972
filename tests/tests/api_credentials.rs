//! App passwords, sessions and guesses, over HTTP.

use std::thread::{self, sleep};
use std::time::Duration;

use kalends_tests::{Answer, Client, PASSWORD, Server, bodies, empty_directory, names::*, samples, shared};
use serde_json::{Value, json};

/// One of the three kinds of homes.
struct Kind {
    permission: &'static str,
    /// A collection that is there, and the home that others are made in.
    collection: String,
    home: String,
    media_type: &'static str,
    object: fn(&str) -> String,
    mkcol: fn() -> String,
}

fn kinds(client: &Client) -> [Kind; 3] {
    let files = format!("/dav/files/{}/", client.name());
    [
        Kind {
            permission: "calendars",
            collection: client.calendars("personal/"),
            home: client.calendars(""),
            media_type: "text/calendar; charset=utf-8",
            object: |uid| samples::at_noon(uid, "20260314"),
            mkcol: || bodies::mkcol_calendar(&[]),
        },
        Kind {
            permission: "contacts",
            collection: client.addressbooks("contacts/"),
            home: client.addressbooks(""),
            media_type: "text/vcard; charset=utf-8",
            object: |uid| samples::card(uid, "A", "a@example.org"),
            mkcol: || bodies::mkcol_addressbook("More"),
        },
        Kind {
            permission: "files",
            collection: files.clone(),
            home: files,
            media_type: "text/plain",
            object: |uid| uid.to_owned(),
            mkcol: String::new,
        },
    ]
}

impl Kind {
    fn put(&self, client: &Client, path: &str, uid: &str) -> Answer {
        client.request("PUT", path).header("content-type", self.media_type).body((self.object)(uid)).send()
    }

    /// What reading methods are answered.
    fn read_all(&self, client: &Client, object: &str) -> Vec<(&'static str, u16)> {
        let propfind = bodies::propfind(&[GETETAG]);
        let sync = bodies::sync_collection("", None, &[GETETAG]);
        let at = |method: &'static str, path: &str, body: &str| {
            (method, client.request(method, path).header("depth", "0").xml(body).send().status)
        };
        let mut answers = vec![
            ("GET", client.get(object).status),
            ("HEAD", client.request("HEAD", object).send().status),
            at("PROPFIND", &self.collection, &propfind),
            at("PROPFIND", object, &propfind),
            at("PROPFIND", &self.home, &propfind),
        ];
        // Plain files have no reports.
        if self.permission != "files" {
            answers.push(at("REPORT", &self.collection, &sync));
        }
        answers
    }

    /// What changing methods are answered; the names that they use begin with `tag`.
    fn write_all(&self, client: &Client, object: &str, tag: &str) -> Vec<(&'static str, u16)> {
        let named = |name: &str| format!("{}{tag}-{name}", self.collection);
        let mkcol = client.request("MKCOL", &format!("{}{tag}-collection/", self.home));
        let mkcol = match (self.mkcol)() {
            body if body.is_empty() => mkcol,
            body => mkcol.xml(body),
        };
        let to =
            |method: &str, target: &str| client.request(method, object).header("destination", target).send().status;
        let locked = client.request("LOCK", object).header("depth", "0").xml(bodies::SHARED_LOCK).send();
        if let Some(token) = locked.header("lock-token") {
            client.request("UNLOCK", object).header("lock-token", token).send().expect(204);
        }
        let set = bodies::set(&[DISPLAYNAME.with("Another name")]);
        vec![
            ("LOCK", locked.status),
            ("PUT (new)", self.put(client, &named("new"), &format!("{tag}-new")).status),
            ("PUT", self.put(client, object, tag).status),
            ("PROPPATCH", client.proppatch(&self.collection, set).status),
            ("MKCOL", mkcol.send().status),
            // Of calendars and address books only: a UID is there once in each, so nothing can be copied inside of one.
            ("COPY", if self.permission == "files" { to("COPY", &named("copy")) } else { 201 }),
            ("MOVE", to("MOVE", &named("moved"))),
            ("DELETE", client.delete(&named("moved")).status),
        ]
    }
}

#[test]
fn an_app_password_does_what_it_is_for_and_nothing_else() {
    let owner = shared().account();
    for scope in [
        &["calendars", "write"][..],
        &["calendars"],
        &["contacts", "write"],
        &["contacts"],
        &["files", "write"],
        &["files"],
        &["write"],
    ] {
        let (client, _) = shared().app_password(&owner, scope);
        for kind in kinds(&owner) {
            let tag = scope.concat();
            let object = format!("{}{tag}-object", kind.collection);
            kind.put(&owner, &object, &tag).expect(201);
            let (reads, writes) = (kind.read_all(&client, &object), kind.write_all(&client, &object, &tag));
            let (seen, writable) = (scope.contains(&kind.permission), scope.contains(&"write"));
            let is_refused = |status: u16| matches!(status, 403 | 404);
            for (method, status) in reads {
                let as_it_should = if seen { (200..300).contains(&status) } else { is_refused(status) };
                assert!(as_it_should, "{scope:?}: {method} of {} is {status}", kind.permission);
            }
            for (method, status) in writes.into_iter().filter(|(method, _)| seen || *method != "COPY") {
                let may = seen && writable;
                let as_it_should = match (method, may) {
                    ("COPY", false) if kind.permission != "files" => true,
                    (_, true) => (200..300).contains(&status),
                    // What cannot be moved is not there to be deleted.
                    (_, false) => is_refused(status),
                };
                assert!(as_it_should, "{scope:?}: {method} of {} is {status}", kind.permission);
            }
        }
    }
}

/// Neither a destination nor an href in a body leads out of the scope.
#[test]
fn no_way_out_of_a_scope() {
    let owner = shared().account();
    let [calendars, contacts, files] = kinds(&owner);
    let note = format!("{}note.ics", files.collection);
    files.put(&owner, &note, &samples::at_noon("note", "20260314")).expect(201);
    let event = format!("{}event.ics", calendars.collection);
    calendars.put(&owner, &event, "event").expect(201);
    let card = format!("{}card.vcf", contacts.collection);
    contacts.put(&owner, &card, "card").expect(201);

    let (client, _) = shared().app_password(&owner, &["calendars", "write"]);
    for (from, to) in
        [(&note, format!("{}note.ics", calendars.collection)), (&event, format!("{}event.ics", files.collection))]
    {
        for method in ["COPY", "MOVE"] {
            let status = client.request(method, from).header("destination", &to).send().status;
            assert!(matches!(status, 403 | 404), "{method} {from} to {to}: {status}");
            owner.get(&to).expect(404);
        }
    }
    let asked = [card.clone(), note.clone(), event.clone()];
    let answer = client.report(&calendars.collection, "1", bodies::calendar_multiget(&[GETETAG], &asked)).multistatus();
    assert!(
        answer.responses.iter().all(|response| response.href == event || matches!(response.status, Some(403 | 404)))
    );
    client.get("/api/me/app-passwords").expect(403);
    client.get("/api/accounts").expect(403);
}

/// Instances live on, and several have seen the app password: all of them refuse it at once.
#[test]
fn a_revoked_app_password_is_refused() {
    let owner = shared().account();
    let (phone, path) = shared().app_password(&owner, &["calendars", "write"]);
    let calendar = owner.calendars("personal/");
    let ask_at_once = || -> Vec<u16> {
        let ask = || phone.request("PROPFIND", &calendar).header("depth", "0").send().status;
        thread::scope(|scope| {
            let asking: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            asking.into_iter().map(|thread| thread.join().expect("an answer")).collect()
        })
    };
    assert!(ask_at_once().iter().all(|status| *status == 207));
    shared().administrator().delete(&path).expect(204);
    let statuses = ask_at_once();
    assert!(statuses.iter().all(|status| *status == 401), "{statuses:?}");
}

#[test]
fn a_disabled_account_and_a_removed_one_have_no_way_in() {
    let owner = shared().account();
    let (phone, _) = shared().app_password(&owner, &["calendars"]);
    let administrator = shared().administrator();
    let account = format!("/api/accounts/{}", owner.name());
    let patch = |body: Value| {
        let request = administrator.request("PATCH", &account).header("content-type", "application/json");
        request.body(body.to_string()).send().expect(200)
    };
    let event = owner.calendars("personal/kept.ics");
    owner.put(&event, &samples::at_noon("kept", "20260314")).expect(201);
    patch(json!({ "disabled": true }));
    assert_eq!(phone.get(&event).status, 401);
    patch(json!({ "disabled": false }));
    assert_eq!(phone.get(&event).status, 200);

    // Removed with its data kept: what it had does not come back with it, what it stored does.
    administrator.delete(&format!("{account}?data=keep")).expect(204);
    assert_eq!(owner.get(&event).status, 401);
    patch(json!({ "disabled": false }));
    assert_eq!(owner.get(&event).status, 401);
    assert_eq!(phone.get(&event).status, 401);
    let password = json!({ "password": PASSWORD }).to_string();
    let request = administrator.request("PUT", &format!("{account}/password"));
    request.header("content-type", "application/json").body(password).send().expect(204);
    assert_eq!(owner.get(&event).status, 200);

    administrator.delete(&format!("{account}?data=purge")).expect(204);
    assert_eq!(owner.get(&event).status, 401);
    administrator.get(&account).expect(404);
}

#[test]
fn a_browser_signs_in_reads_and_signs_out() {
    let owner = shared().account();
    let anonymous = shared().anonymous();
    let sign_in = |headers: &[(&str, &str)]| {
        let body = json!({ "name": owner.name(), "password": PASSWORD }).to_string();
        let request = anonymous.request("POST", "/api/session").header("content-type", "application/json").body(body);
        headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send()
    };
    for elsewhere in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("origin", "null")] {
        sign_in(&[elsewhere]).expect(403);
    }
    let signed_in = sign_in(&[("sec-fetch-site", "same-origin")]).expect(201);
    let cookie = signed_in.required_header("set-cookie").to_owned();
    for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(cookie.split("; ").any(|part| part == attribute), "{attribute} in {cookie}");
    }
    assert!(cookie.starts_with("__Host-"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap_or_default();

    let with = |method: &str, path: &str, header: (&str, &str), body: &str| {
        anonymous.request(method, path).header("cookie", cookie).header(header.0, header.1).body(body).send()
    };
    let event = owner.calendars("personal/browser.ics");
    let body = samples::at_noon("browser", "20260314");
    with("PUT", &event, ("sec-fetch-site", "same-site"), &body).expect(403);
    with("PUT", &event, ("origin", "https://evil.example"), &body).expect(403);
    with("PUT", &event, ("sec-fetch-site", "same-origin"), &body).expect(201);
    with("GET", &event, ("sec-fetch-site", "none"), "").expect(200);
    with("DELETE", "/api/session", ("sec-fetch-site", "cross-site"), "").expect(403);
    with("DELETE", "/api/session", ("sec-fetch-site", "same-origin"), "").expect(204);
    assert_eq!(with("GET", "/api/me", ("sec-fetch-site", "same-origin"), "").status, 401);
}

#[test]
fn guesses_are_slowed_down_across_a_restart_and_app_passwords_are_not() {
    let directory = empty_directory("guesses");
    let variables = [("KALENDS_ARGON2", "m=1024,t=1,p=1")];
    let server = Server::start_with(&directory, &variables);
    let alice = server.named("alice");
    let (phone, _) = server.app_password(&alice, &["calendars"]);
    let wrong = server.anonymous().basic("alice", "not the password");
    let mut statuses = Vec::new();
    // Ten failures are a delay that outlasts any restart: 2^5 seconds.
    while statuses.iter().filter(|status| **status == 401).count() < 10 {
        let answer = wrong.get(&alice.calendars("personal/"));
        assert!(matches!(answer.status, 401 | 429), "{}", answer.status);
        if answer.status == 429 {
            let seconds: u64 = answer.required_header("retry-after").parse().expect("seconds");
            assert!((1..=300).contains(&seconds));
            sleep(Duration::from_secs(seconds));
        }
        statuses.push(answer.status);
        if statuses.iter().filter(|status| **status == 429).count() == 3 {
            break;
        }
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    for _ in 0..2 {
        wrong.get(&alice.calendars("personal/"));
    }
    let server = Server::start_with(&server.kill(), &variables);
    let again = server.anonymous().basic("alice", "not the password").get(&alice.calendars("personal/")).expect(429);
    assert!(again.header("www-authenticate").is_none(), "a client must not ask for another password");
    let phone = server.anonymous().basic("alice", phone_secret(&phone).as_str());
    phone.request("PROPFIND", &alice.calendars("personal/")).header("depth", "0").send().expect(207);
}

/// The password that a client sends.
fn phone_secret(client: &Client) -> String {
    use base64::Engine;
    let encoded = client.authorization().trim_start_matches("Basic ");
    let octets = base64::prelude::BASE64_STANDARD.decode(encoded).expect("base64");
    String::from_utf8(octets).expect("UTF-8").split_once(':').map(|(_, secret)| secret.to_owned()).expect("a colon")
}

/// Many guesses at the same moment: no more than a few reach the password, and the right one among them is not found
/// out.
#[test]
fn guesses_at_the_same_moment_are_bounded() {
    let server = Server::start_with(&empty_directory("burst"), &[]);
    let guess = |number: usize| server.anonymous().basic("alice", &format!("guess {number}")).get("/api/me").status;
    let statuses: Vec<u16> = thread::scope(|scope| {
        let guessing: Vec<_> = (0..60).map(|number| scope.spawn(move || guess(number))).collect();
        guessing.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    });
    assert!(statuses.iter().all(|status| matches!(status, 401 | 429)), "{statuses:?}");
    let tried = statuses.iter().filter(|status| **status == 401).count();
    // Sixteen in each window of ten seconds while the failures are few; a burst may lie in two windows.
    assert!((1..=34).contains(&tried), "{tried} guesses were tried");
}

/// Behind a proxy that adds a field of its own. What the client says of itself is another address each time.
#[test]
fn guesses_behind_a_proxy_count_against_the_address_that_the_proxy_saw() {
    let variables = [("KALENDS_TRUST_FORWARDED", "true"), ("KALENDS_ARGON2", "m=1024,t=1,p=1")];
    let server = Server::start_with(&empty_directory("proxy"), &variables);
    for (door, seen) in [
        ("/api/me", "198.51.100.9"),
        ("/dav/", "198.51.100.10:5678"),
        ("/api/me", "[2001:db8::1]:443"),
        ("/dav/", "192.0.2.1"),
    ] {
        let ask = |number: usize, client: &Client| {
            let request = client.request("GET", door).header("x-forwarded-for", &format!("10.0.0.{number}"));
            request.header("x-forwarded-for", seen).send().status
        };
        let guess = |number| ask(number, &server.anonymous().basic(&format!("nobody{number}"), "a guess"));
        // Twenty cost nothing, and the next is the first to be followed by a delay.
        let statuses: Vec<u16> = (0..24).map(guess).collect();
        assert!(statuses.contains(&429), "{door} from {seen}: {statuses:?}");
        assert_eq!(ask(99, &server.named("alice")), 429, "{door} from {seen}");
    }
}

/// A new credential of an account, by a client of that account: what the answer says of it.
fn make(client: &Client, kind: &str, new: Value) -> Answer {
    client
        .request("POST", &format!("/api/me/{kind}"))
        .header("content-type", "application/json")
        .body(new.to_string())
        .send()
}

/// A token of an account, made with its password.
fn token(owner: &Client, scope: &[&str], expires: Option<&str>) -> Client {
    let made = make(owner, "tokens", json!({ "label": "script", "scope": scope, "expires": expires })).expect(201);
    shared().anonymous().bearer(json(&made)["secret"].as_str().expect("a secret"))
}

fn json(answer: &Answer) -> Value {
    serde_json::from_str(answer.text()).expect("JSON")
}

#[test]
fn a_token_that_ends_makes_nothing_that_outlasts_it() {
    const END: &str = "2035-01-01T00:00:00Z";
    let owner = shared().account();
    let script = token(&owner, &["calendars", "write"], Some(END));
    let scope = ["calendars", "write"];
    let credential = |expires: Option<&str>| json!({ "label": "x", "scope": scope, "expires": expires });
    let link = |expires: Option<&str>| json!({ "collection": "calendars/personal", "expires": expires });
    for (kind, endless, later) in [
        ("app-passwords", credential(None), credential(Some("2035-01-01T00:00:01Z"))),
        ("tokens", credential(None), credential(Some("2035-01-01T00:00:01Z"))),
        ("links", link(None), link(Some("2035-01-01T00:00:01Z"))),
    ] {
        assert_eq!(json(&make(&script, kind, endless).expect(201))["expires"], END, "{kind}");
        make(&script, kind, later).expect(403);
    }
    // A link that the owner made is for longer than the token is.
    make(&owner, "links", link(None)).expect(201);
    let listed = |client: &Client| json(&client.get("/api/me/links"))["links"].as_array().map_or(0, Vec::len);
    assert_eq!((listed(&script), listed(&owner)), (1, 2));
}

#[test]
fn a_narrow_token_neither_sees_nor_ends_what_may_do_more() {
    let owner = shared().account();
    let (phone, path) = shared().app_password(&owner, &["calendars", "contacts", "files", "write"]);
    let share = json!({ "collection": "calendars/personal", "with": "bob", "access": "read" });
    make(&owner, "shares", share).expect(201);
    let id = path.rsplit('/').next().unwrap_or_default();
    let script = token(&owner, &["files", "write"], None);
    assert_eq!(json(&script.get("/api/me/app-passwords").expect(200))["credentials"], json!([]));
    script.delete(&format!("/api/me/app-passwords/{id}")).expect(404);
    phone.request("PROPFIND", &owner.calendars("")).header("depth", "0").send().expect(207);
    assert_eq!(json(&script.get("/api/me/shares").expect(200)), json!({ "given": [], "received": [] }));
    assert_eq!(json(&owner.get("/api/me/shares").expect(200))["given"].as_array().map(Vec::len), Some(1));
    owner.delete(&format!("/api/me/app-passwords/{id}")).expect(204);
}
