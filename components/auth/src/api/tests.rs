mod forwarded;
mod onboarding;
mod reach;
mod removal;

use serde_json::{Value, json};

use std::collections::BTreeSet;

use super::*;
use crate::memory;
use crate::testing::House;
use crate::types::Home;

const NOW: i64 = 1_700_000_000;
const OPERATOR: (&str, &str) = ("authorization", "Bearer 0123456789abcdef-operator");

fn send(house: &House, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
    memory::forget_all();
    handle(
        house,
        &Request {
            method: method.to_owned(),
            scheme: "https".to_owned(),
            authority: "dav.example.com".to_owned(),
            path: path.to_owned(),
            headers,
            body: body.to_vec(),
            remote: Some("192.0.2.7".to_owned()),
            received: NOW,
        },
    )
}

/// The status and the body.
fn ask(house: &House, method: &str, path: &str, by: (&str, &str), body: Value) -> (u16, Value) {
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let response = send(house, method, path, &[by], &body);
    (response.status, serde_json::from_slice(&response.body).unwrap_or_default())
}

fn basic(name: &str, password: &str) -> String {
    use base64::Engine;
    format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(format!("{name}:{password}")))
}

fn field<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
}

/// A house with the administrator `root` and the user `alice`.
fn house() -> House {
    let house = House::new().with_account("root", "password of root").with_account("alice", "password of alice");
    house.change("root", |root| root.admin = true);
    house
}

#[test]
fn an_account_is_made_with_all_that_it_is_born_with() {
    let house = House::new();
    let new = json!({
        "name": "alice@example.com", "password": "correct horse", "display_name": "Alice", "emails": ["alice@example.com"],
        "timezone": "Europe/Vienna", "locale": "de-AT", "quota": 1_000_000, "admin": true,
    });
    let response = send(&house, "POST", "/api/accounts", &[OPERATOR], new.to_string().as_bytes());
    assert_eq!((response.status, field(&response, "location")), (201, Some("/api/accounts/alice%40example.com")));
    assert_eq!(field(&response, "cache-control"), Some("no-store"));
    assert!(!String::from_utf8_lossy(&response.body).contains("argon2"));

    let (status, account) = ask(&house, "GET", "/api/accounts/alice%40example.com", OPERATOR, Value::Null);
    assert_eq!(status, 200);
    for member in ["name", "display_name", "emails", "timezone", "locale", "quota", "admin"] {
        assert_eq!(account[member], new[member], "{member}");
    }
    let homes: Vec<Home> = house.collections.borrow().iter().map(|new| new.place.home).collect();
    assert_eq!(homes, [Home::Calendars, Home::Calendars, Home::Addressbooks, Home::Files]);
    assert!(house.password("alice@example.com").hash.unwrap().starts_with("$argon2id$"));
    assert_eq!(ask(&house, "POST", "/api/accounts", OPERATOR, new).0, 409);
    assert_eq!(
        ask(&house, "GET", "/api/accounts", OPERATOR, Value::Null).1["accounts"][0]["name"],
        "alice@example.com"
    );
}

#[test]
fn what_will_not_do_is_explained() {
    let house = House::new();
    let with = |member: &str, value: Value| {
        let mut body = json!({ "name": "alice", "password": "correct horse" });
        body[member] = value;
        body
    };
    for (body, word) in [
        (with("name", json!("Alice")), "lower-case"),
        (with("name", json!("../etc")), "lower-case"),
        (with("name", json!(5)), "name"),
        (with("password", json!("")), "empty"),
        (with("emails", json!(["x"])), "e-mail"),
        (with("emails", json!("a@b")), "sequence"),
        (with("timezone", json!("Mars; DROP")), "Europe/Berlin"),
        (with("quota", json!(-1)), "u64"),
        (with("displayname", json!("x")), "displayname"),
        (with("disabled", json!(true)), "PATCH"),
        (json!({ "name": "alice" }), "password"),
    ] {
        let (status, answer) = ask(&house, "POST", "/api/accounts", OPERATOR, body.clone());
        assert_eq!(status, 422, "{body}");
        assert!(answer["error"].as_str().unwrap().contains(word), "{answer}");
    }
    for body in [&b""[..], b"{", b"{\"name\":", b"\xff"] {
        assert_eq!(send(&house, "POST", "/api/accounts", &[OPERATOR], body).status, 400);
    }
    assert_eq!(send(&house, "POST", "/api/accounts", &[OPERATOR], &vec![b' '; 65 * 1024]).status, 413);
    assert!(house.rows.borrow().is_empty());
}

#[test]
fn only_administrators_administer() {
    let house = house();
    let alice = basic("alice", "password of alice");
    let root = basic("root", "password of root");
    let wrong = basic("root", "password of Root");
    let list = |by: &str| send(&house, "GET", "/api/accounts", &[("authorization", by)], b"").status;
    assert_eq!(list(&root), 200);
    assert_eq!(list(&alice), 403);
    assert_eq!(list(&wrong), 401);
    assert_eq!(list("Bearer 0123456789abcdef-operatoR"), 401);
    assert_eq!(list("Bearer "), 401);
    let nobody = send(&house, "GET", "/api/accounts", &[], b"");
    assert_eq!(
        (nobody.status, field(&nobody, "www-authenticate")),
        (401, Some("Basic realm=\"Kalends\", charset=\"UTF-8\""))
    );
    for path in ["/api/accounts/root", "/api/groups", "/api/accounts/root/app-passwords", "/api/accounts/nobody"] {
        assert_eq!(send(&house, "GET", path, &[("authorization", &alice)], b"").status, 403, "{path}");
    }
}

#[test]
fn an_administrators_token_has_to_be_long_and_set() {
    let house = House::new().with_setting("admin_token", "short");
    assert_eq!(ask(&house, "GET", "/api/accounts", ("authorization", "Bearer short"), Value::Null).0, 403);
    let house = House::new().with_setting("admin_token", "");
    assert_eq!(ask(&house, "GET", "/api/accounts", ("authorization", "Bearer "), Value::Null).0, 401);
    let house = House::new().without_setting("admin_token");
    assert_eq!(ask(&house, "GET", "/api/accounts", OPERATOR, Value::Null).0, 401);
}

#[test]
fn an_account_is_changed_and_removed() {
    let house = house();
    let patch = json!({ "display_name": "Alice A.", "timezone": "Asia/Tokyo", "quota": 5 });
    let (status, answer) = ask(&house, "PATCH", "/api/accounts/alice", OPERATOR, patch);
    assert_eq!((status, &answer["quota"]), (200, &json!(5)));
    let (_, answer) = ask(&house, "PATCH", "/api/accounts/alice", OPERATOR, json!({ "quota": null }));
    assert_eq!((&answer["quota"], &answer["timezone"]), (&Value::Null, &json!("Asia/Tokyo")));
    assert_eq!(ask(&house, "PATCH", "/api/accounts/alice", OPERATOR, json!({ "name": "eve" })).0, 422);

    assert_eq!(ask(&house, "PATCH", "/api/accounts/alice", OPERATOR, json!({ "disabled": true })).0, 200);
    let alice = basic("alice", "password of alice");
    assert_eq!(ask(&house, "GET", "/api/me", ("authorization", &alice), Value::Null).0, 401);
    assert_eq!(ask(&house, "DELETE", "/api/accounts/alice", OPERATOR, Value::Null).0, 204);
    assert_eq!(ask(&house, "GET", "/api/accounts/alice", OPERATOR, Value::Null).0, 404);
    let answer = send(&house, "PUT", "/api/accounts/root", &[OPERATOR], b"");
    assert_eq!((answer.status, field(&answer, "allow")), (405, Some("GET, PATCH, DELETE")));
}

#[test]
fn administrators_do_not_lock_themselves_out() {
    let house = house();
    let root = basic("root", "password of root");
    let by = ("authorization", root.as_str());
    assert_eq!(ask(&house, "DELETE", "/api/accounts/root", by, Value::Null).0, 409);
    assert_eq!(ask(&house, "PATCH", "/api/accounts/root", by, json!({ "admin": false })).0, 409);
    assert_eq!(ask(&house, "PATCH", "/api/accounts/root", by, json!({ "disabled": true })).0, 409);
    assert_eq!(ask(&house, "PATCH", "/api/accounts/root", by, json!({ "locale": "fr" })).0, 200);
}

#[test]
fn passwords_are_set_and_changed() {
    let house = house();
    assert_eq!(ask(&house, "PUT", "/api/accounts/alice/password", OPERATOR, json!({ "password": "" })).0, 422);
    let set = json!({ "password": "set by the operator" });
    assert_eq!(ask(&house, "PUT", "/api/accounts/alice/password", OPERATOR, set).0, 204);
    let old = basic("alice", "password of alice");
    assert_eq!(ask(&house, "GET", "/api/me", ("authorization", &old), Value::Null).0, 401);
    let set = basic("alice", "set by the operator");
    let by = ("authorization", set.as_str());
    assert_eq!(ask(&house, "GET", "/api/me", by, Value::Null).1["name"], "alice");
    let change = |current: &str| json!({ "current": current, "password": "chosen by alice" });
    assert_eq!(ask(&house, "PUT", "/api/me/password", by, change("not this one")).0, 401);
    let short = json!({ "current": "set by the operator", "password": "tiny" });
    assert_eq!(ask(&house, "PUT", "/api/me/password", by, short).0, 422);
    assert_eq!(ask(&house, "PUT", "/api/me/password", by, change("set by the operator")).0, 204);
    assert_eq!(house.password("alice").version, 3);
}

#[test]
fn app_passwords_are_made_used_and_revoked() {
    let house = house();
    let alice = basic("alice", "password of alice");
    let by = ("authorization", alice.as_str());
    let new = json!({ "label": "DAVx5", "scope": ["calendars", "write"], "expires": "2030-01-01T00:00:00Z" });
    let (status, made) = ask(&house, "POST", "/api/me/app-passwords", by, new);
    assert_eq!((status, &made["scope"]), (201, &json!(["calendars", "write"])));
    let secret = made["secret"].as_str().unwrap();
    assert!(!house.credentials.borrow()[0].verifier.contains(&secret[20..]));

    let (_, listed) = ask(&house, "GET", "/api/me/app-passwords", by, Value::Null);
    assert_eq!((&listed["credentials"][0]["label"], listed["credentials"][0].get("secret")), (&json!("DAVx5"), None));
    assert_eq!(listed["credentials"][0]["expires"], "2030-01-01T00:00:00Z");

    // With the app password one may see who one is, and nothing else.
    let phone = basic("alice", secret);
    let phone = ("authorization", phone.as_str());
    assert_eq!(ask(&house, "GET", "/api/me", phone, Value::Null).0, 200);
    assert_eq!(ask(&house, "GET", "/api/me/app-passwords", phone, Value::Null).0, 403);
    assert_eq!(ask(&house, "POST", "/api/me/app-passwords", phone, json!({ "label": "x" })).0, 403);
    assert_eq!(
        ask(&house, "DELETE", &format!("/api/me/app-passwords/{}", made["id"].as_str().unwrap()), phone, Value::Null).0,
        403
    );

    // Somebody else's is not there to be revoked.
    let root = basic("root", "password of root");
    let path = format!("/api/me/app-passwords/{}", made["id"].as_str().unwrap());
    assert_eq!(ask(&house, "DELETE", &path, ("authorization", &root), Value::Null).0, 404);
    assert_eq!(ask(&house, "DELETE", &path, by, Value::Null).0, 204);
    assert_eq!(ask(&house, "GET", "/api/me", phone, Value::Null).0, 401);
}

#[test]
fn nobody_gives_away_more_than_they_came_with() {
    let house = house();
    let alice = basic("alice", "password of alice");
    let by = ("authorization", alice.as_str());
    let admin = json!({ "label": "x", "scope": ["administration"] });
    assert_eq!(ask(&house, "POST", "/api/me/tokens", by, admin.clone()).0, 422);
    assert_eq!(ask(&house, "POST", "/api/accounts/root/app-passwords", OPERATOR, admin.clone()).0, 422);
    let (_, token) =
        ask(&house, "POST", "/api/me/tokens", by, json!({ "label": "x", "scope": ["calendars", "write"] }));
    let bearer = format!("Bearer {}", token["secret"].as_str().unwrap());
    let narrow = ("authorization", bearer.as_str());
    assert_eq!(ask(&house, "POST", "/api/me/tokens", narrow, json!({ "label": "x", "scope": ["contacts"] })).0, 403);
    assert_eq!(ask(&house, "POST", "/api/me/tokens", narrow, json!({ "label": "x", "scope": ["calendars"] })).0, 201);

    // An administrator's token administers where its scope says so, and only reads where that says no more.
    let root = basic("root", "password of root");
    let (status, token) = ask(&house, "POST", "/api/me/tokens", ("authorization", &root), admin);
    assert_eq!(status, 201);
    let bearer = format!("Bearer {}", token["secret"].as_str().unwrap());
    let reading = ("authorization", bearer.as_str());
    assert_eq!(ask(&house, "GET", "/api/accounts", reading, Value::Null).0, 200);
    assert_eq!(ask(&house, "DELETE", "/api/accounts/alice", reading, Value::Null).0, 403);
}

#[test]
fn credentials_need_a_server_secret_a_label_and_a_future() {
    let house = House::new().without_setting("server_secret").with_account("alice", "password of alice");
    let path = "/api/accounts/alice/app-passwords";
    assert_eq!(ask(&house, "POST", path, OPERATOR, json!({ "label": "phone" })).0, 503);
    let house = self::house();
    for body in [
        json!({}),
        json!({ "label": "" }),
        json!({ "label": "a\nb" }),
        json!({ "label": "x", "expires": "2001-01-01T00:00:00Z" }),
        json!({ "label": "x", "expires": "soon" }),
        json!({ "label": "x", "scope": ["everything"] }),
    ] {
        assert_eq!(ask(&house, "POST", path, OPERATOR, body.clone()).0, 422, "{body}");
    }
    assert_eq!(ask(&house, "POST", "/api/accounts/alice/sessions", OPERATOR, json!({ "label": "x" })).0, 405);
    for _ in 0..100 {
        assert_eq!(ask(&house, "POST", path, OPERATOR, json!({ "label": "phone" })).0, 201);
    }
    assert_eq!(ask(&house, "POST", path, OPERATOR, json!({ "label": "phone" })).0, 409);
}

#[test]
fn groups_have_members() {
    let house = house();
    assert_eq!(ask(&house, "POST", "/api/groups", OPERATOR, json!({ "name": "team", "display_name": "Team" })).0, 201);
    assert_eq!(ask(&house, "POST", "/api/groups", OPERATOR, json!({ "name": "alice" })).0, 409);
    assert_eq!(ask(&house, "POST", "/api/groups", OPERATOR, json!({ "name": "boss", "admin": true })).0, 422);
    assert_eq!(ask(&house, "PUT", "/api/groups/team/members/alice", OPERATOR, Value::Null).0, 204);
    assert_eq!(ask(&house, "PUT", "/api/groups/team/members/team", OPERATOR, Value::Null).0, 409);
    assert_eq!(ask(&house, "PUT", "/api/groups/team/members/eve", OPERATOR, Value::Null).0, 404);
    let (_, members) = ask(&house, "GET", "/api/groups/team/members", OPERATOR, Value::Null);
    assert_eq!(members["members"][0]["name"], "alice");
    assert_eq!(ask(&house, "DELETE", "/api/groups/team/members/alice", OPERATOR, Value::Null).0, 204);
    let (_, members) = ask(&house, "GET", "/api/groups/team/members", OPERATOR, Value::Null);
    assert_eq!(members["members"], json!([]));
    assert_eq!(ask(&house, "GET", "/api/accounts/team", OPERATOR, Value::Null).0, 404, "a group is no account");
    assert_eq!(ask(&house, "DELETE", "/api/groups/team", OPERATOR, Value::Null).0, 204);
    assert_eq!(ask(&house, "GET", "/api/groups", OPERATOR, Value::Null).1["groups"], json!([]));
}

#[test]
fn a_browser_signs_in_and_out() {
    let house = house();
    let body = json!({ "name": "Alice", "password": "password of alice" }).to_string();
    let own = ("origin", "https://dav.example.com:443");
    let response = send(&house, "POST", "/api/session", &[own], body.as_bytes());
    assert_eq!(response.status, 201);
    let cookie = field(&response, "set-cookie").unwrap();
    for part in ["__Host-kalends=session-", "Path=/", "HttpOnly", "Secure", "SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let cookie = ("cookie", cookie.split(';').next().unwrap());
    assert_eq!(send(&house, "GET", "/api/me", &[cookie], b"").status, 200);
    assert_eq!(
        send(&house, "GET", "/api/me", &[("cookie", "theme=dark"), cookie], b"").status,
        200,
        "as HTTP/2 has it"
    );

    // Another site can neither act with the cookie nor sign somebody in.
    let token = json!({ "label": "x" }).to_string();
    for foreign in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        assert_eq!(
            send(&house, "POST", "/api/me/tokens", &[cookie, foreign], token.as_bytes()).status,
            403,
            "{foreign:?}"
        );
        assert_eq!(send(&house, "POST", "/api/session", &[foreign], body.as_bytes()).status, 403, "{foreign:?}");
        let alice = basic("alice", "password of alice");
        let stored = ("authorization", alice.as_str());
        assert_eq!(
            send(&house, "POST", "/api/me/tokens", &[stored, foreign], token.as_bytes()).status,
            403,
            "{foreign:?}"
        );
    }
    assert_eq!(
        send(&house, "POST", "/api/me/tokens", &[cookie, ("sec-fetch-site", "same-origin")], token.as_bytes()).status,
        201
    );

    let out = send(&house, "DELETE", "/api/session", &[cookie], b"");
    assert_eq!(out.status, 204);
    assert!(field(&out, "set-cookie").unwrap().contains("Max-Age=0"));
    let gone = send(&house, "GET", "/api/me", &[cookie, ("sec-fetch-dest", "empty")], b"");
    assert_eq!((gone.status, field(&gone, "www-authenticate")), (401, Some("Bearer")));
}

#[test]
fn a_changed_password_ends_sessions_and_not_app_passwords() {
    let house = house();
    let sign_in = json!({ "name": "alice", "password": "password of alice" });
    for _ in 0..25 {
        assert_eq!(ask(&house, "POST", "/api/session", ("accept", "*/*"), sign_in.clone()).0, 201);
    }
    assert_eq!(house.credentials.borrow().len(), 20, "the oldest made room");
    ask(&house, "POST", "/api/accounts/alice/app-passwords", OPERATOR, json!({ "label": "phone" }));
    ask(&house, "PUT", "/api/accounts/alice/password", OPERATOR, json!({ "password": "a new password" }));
    let left: Vec<String> = house.credentials.borrow().iter().map(|credential| credential.label.clone()).collect();
    assert_eq!(left, ["phone"]);
}

#[test]
fn guesses_are_slowed_down_whichever_door_they_take() {
    let house = house();
    for number in 0..6 {
        let guess = json!({ "name": "alice", "password": format!("guess {number}") });
        assert_eq!(ask(&house, "POST", "/api/session", ("accept", "*/*"), guess).0, 401);
    }
    let alice = basic("alice", "password of alice");
    let response = send(&house, "GET", "/api/me", &[("authorization", &alice)], b"");
    assert_eq!((response.status, field(&response, "retry-after")), (429, Some("2")));
}

#[test]
fn paths_are_taken_as_they_are() {
    let house = house();
    for path in [
        "/api/",
        "/api/nothing",
        "/api/accounts/",
        "/api//accounts",
        "/api/accounts/../me",
        "/api/accounts/alice/x/y",
        "/elsewhere",
    ] {
        let status = ask(&house, "GET", path, OPERATOR, Value::Null).0;
        assert_eq!(status, if path == "/api/accounts/" { 200 } else { 404 }, "{path}");
    }
    assert_eq!(ask(&house, "GET", "/api/accounts/%ff", OPERATOR, Value::Null).0, 400);
    assert_eq!(ask(&house, "GET", "/api/accounts/alice%00", OPERATOR, Value::Null).0, 404);
    let (_, found) = ask(&house, "GET", "/api/accounts?search=ali", OPERATOR, Value::Null);
    assert_eq!(found["accounts"].as_array().map(Vec::len), Some(1));
    let house = self::house().with_setting("base_path", "/cal/");
    assert_eq!(ask(&house, "GET", "/cal/api/accounts", OPERATOR, Value::Null).0, 200);
}

#[test]
fn storage_out_of_order_is_503() {
    let house = house();
    house.broken.set(true);
    let response = send(&house, "GET", "/api/accounts", &[OPERATOR], b"");
    assert_eq!((response.status, field(&response, "retry-after")), (503, Some("2")));
}

#[test]
fn the_description_is_of_this_api() {
    let description: Value = serde_json::from_str(DESCRIPTION).unwrap();
    assert_eq!(*send(&House::new(), "GET", "/api/openapi.json", &[], b"").body, *DESCRIPTION.as_bytes());
    let paths = description["paths"].as_object().unwrap();
    for (template, item) in paths {
        let path = template.replace("{name}", if template.contains("groups") { "team" } else { "alice" });
        let path = path.replace("{member}", "alice").replace("{id}", "none");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let house = house();
            ask(&house, "POST", "/api/groups", OPERATOR, json!({ "name": "team" }));
            let root = basic("root", "password of root");
            let (status, answer) = ask(&house, method, &path, ("authorization", &root), Value::Null);
            match item.get(method.to_lowercase()) {
                None => assert_eq!(status, 405, "{method} {path} is not described"),
                Some(operation) => {
                    assert!(
                        operation["responses"].get(status.to_string()).is_some(),
                        "{method} {path}: {status} {answer}"
                    );
                    assert_ne!(status, 405, "{method} {path}");
                }
            }
        }
    }
    assert!(paths.len() > 15);
}

#[test]
fn the_description_knows_every_member() {
    let description: Value = serde_json::from_str(DESCRIPTION).unwrap();
    // Sets, since whether JSON keeps an order depends on what else is built with it.
    let members = |value: &Value| -> BTreeSet<String> { value.as_object().unwrap().keys().cloned().collect() };
    let described = |schema: &str| members(&description["components"]["schemas"][schema]["properties"]);
    let house = house();
    let root = basic("root", "password of root");
    let by = ("authorization", root.as_str());
    let (_, me) = ask(&house, "GET", "/api/me", by, Value::Null);
    assert_eq!(members(&me), described("Principal"));
    let (_, made) = ask(&house, "POST", "/api/me/app-passwords", by, json!({ "label": "x" }));
    assert_eq!(members(&made), described("MadeCredential"));
    ask(&house, "POST", "/api/me/tokens", by, json!({ "label": "x" }));
    let (_, listed) = ask(&house, "GET", "/api/me/tokens", by, Value::Null);
    assert_eq!(members(&listed["credentials"][0]), described("Credential"));
}

/// A house with a group `team` as well.
fn house_with_team() -> House {
    let house = house().with_account("team", "password of team");
    house.change("team", |team| team.kind = crate::types::PrincipalKind::Group);
    house
}

#[test]
fn a_team_calendar_is_one_request() {
    let house = house_with_team();
    let new = json!({"collection": "calendars/plans", "with": "team", "access": "write", "create": "Plans"});
    let (status, share) = ask(&house, "POST", "/api/accounts/alice/shares", OPERATOR, new.clone());
    let expected = json!({"id": "1-3", "owner": "alice", "collection": "calendars/plans", "with": "team", "access": "write", "state": "accepted"});
    assert_eq!((status, &share), (201, &expected));
    let made = house.collections.borrow()[0].clone();
    assert_eq!((made.place.home, made.components), (Home::Calendars, vec!["VEVENT".to_owned()]));
    assert_eq!(ask(&house, "POST", "/api/accounts/alice/shares", OPERATOR, new).0, 201, "again is no error");
    let (_, listed) = ask(&house, "GET", "/api/accounts/alice/shares", OPERATOR, Value::Null);
    assert_eq!(listed, json!({"given": [expected], "received": []}));
}

#[test]
fn the_owner_changes_and_ends_a_share_and_nobody_else() {
    let house = house_with_team();
    let alice = basic("alice", "password of alice");
    let alice = ("authorization", alice.as_str());
    let root = basic("root", "password of root");
    let root = ("authorization", root.as_str());
    let new = json!({"collection": "calendars/plans", "with": "root", "access": "read", "create": "Plans"});
    assert_eq!(ask(&house, "POST", "/api/me/shares", alice, new).0, 201);
    let (status, changed) = ask(&house, "PATCH", "/api/me/shares/1-1", alice, json!({"access": "free-busy"}));
    assert_eq!((status, &changed["access"]), (200, &json!("free-busy")));
    assert_eq!(ask(&house, "PATCH", "/api/me/shares/1-1", root, json!({"access": "write"})).0, 422);
    assert_eq!(ask(&house, "GET", "/api/me/shares", root, Value::Null).1["received"][0]["id"], "1-1");
    assert_eq!(ask(&house, "DELETE", "/api/me/shares/1-3", alice, Value::Null).0, 404);
    assert_eq!(ask(&house, "DELETE", "/api/me/shares/1-1", alice, Value::Null).0, 204);
    assert_eq!(ask(&house, "DELETE", "/api/me/shares/1-1", alice, Value::Null).0, 404);
}

#[test]
fn what_cannot_be_shared_is_refused() {
    let house = house_with_team();
    let share = |collection: &str, with: &str, access: &str| {
        let new = json!({"collection": collection, "with": with, "access": access});
        ask(&house, "POST", "/api/accounts/alice/shares", OPERATOR, new).0
    };
    assert_eq!(share("calendars/none", "team", "read"), 404);
    for (collection, with, access) in [
        ("calendars", "team", "read"),
        ("files/", "team", "read"),
        ("calendars/a", "nobody", "read"),
        ("calendars/a", "alice", "read"),
        ("calendars/a", "team", "owner"),
    ] {
        assert_eq!(share(collection, with, access), 422, "{collection} {with} {access}");
    }
}

#[test]
fn a_link_is_shown_again_opened_and_revoked() {
    let house = house_with_team();
    let made = json!({"collection": "calendars/plans", "with": "team", "access": "read", "create": "Plans"});
    ask(&house, "POST", "/api/accounts/alice/shares", OPERATOR, made);
    let new = json!({"collection": "calendars/plans", "access": "free-busy", "label": "Door"});
    let (status, link) = ask(&house, "POST", "/api/accounts/alice/links", OPERATOR, new);
    assert_eq!((status, &link["access"], &link["label"]), (201, &json!("free-busy"), &json!("Door")));
    let (_, listed) = ask(&house, "GET", "/api/accounts/alice/links", OPERATOR, Value::Null);
    assert_eq!(listed, json!({ "links": [link] }));
    let url = link["url"].as_str().unwrap();
    assert_eq!(link["webcal"], url.replace("https:", "webcal:"));
    let secret = url.strip_prefix("https://dav.example.com/public/").unwrap().split('/').next().unwrap();
    let open = |secret: &str| crate::link::open(&house, secret, NOW).unwrap();
    let opened = open(secret).unwrap();
    assert_eq!((opened.owner.name.as_str(), opened.link.free_busy), ("alice", true));
    let id = link["id"].as_str().unwrap();
    for wrong in [id.to_owned() + &"0".repeat(28), id.to_owned(), String::new(), secret.to_owned() + "0"] {
        assert!(open(&wrong).is_none(), "{wrong}");
    }
    house.change("alice", |alice| alice.disabled = true);
    assert!(open(secret).is_none(), "as disabled as its owner");
    house.change("alice", |alice| alice.disabled = false);
    // A link is no credential for anything else.
    let bearer = format!("Bearer link-{secret}");
    assert_eq!(ask(&house, "GET", "/api/me", ("authorization", &bearer), Value::Null).0, 401);
    assert_eq!(ask(&house, "DELETE", &format!("/api/accounts/alice/links/{id}"), OPERATOR, Value::Null).0, 204);
    assert!(open(secret).is_none());
}

#[test]
fn links_are_for_calendars_that_are_there() {
    let house = house_with_team();
    let link = |body: Value| ask(&house, "POST", "/api/accounts/alice/links", OPERATOR, body).0;
    assert_eq!(link(json!({"collection": "calendars/none"})), 404);
    assert_eq!(link(json!({"collection": "addressbooks/none"})), 422);
    assert_eq!(link(json!({"collection": "calendars/none", "expires": "2001-01-01T00:00:00Z"})), 422);
}
