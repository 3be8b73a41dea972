//! What nobody may send, and what the log must not have in it.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kalends_tests::names::*;
use kalends_tests::{Client, PASSWORD, Server, empty_directory, shared};
use serde_json::{Value, json};

/// The status of a request that is sent octet by octet, as no client library would send it; none where the server hangs
/// up.
#[track_caller]
fn raw(server: &Server, head: &[u8]) -> Option<u16> {
    let authority = server.url().trim_start_matches("http://");
    let mut connection = TcpStream::connect(authority).expect("connecting");
    connection.set_read_timeout(Some(Duration::from_secs(120))).expect("setting the patience");
    // The server may have seen enough before all is sent.
    let _ = connection.write_all(head);
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer);
    let line = String::from_utf8_lossy(&answer);
    line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok())
}

#[test]
fn credentials_that_are_none() {
    let basic = |octets: &[u8]| format!("Basic {}", BASE64_STANDARD.encode(octets));
    let alice = format!("alice:{PASSWORD}");
    let fields = [
        basic(format!("alice\0:{PASSWORD}").as_bytes()),
        basic(format!("{alice}\0").as_bytes()),
        basic(format!("{alice}\r\nX-Injected: 1").as_bytes()),
        basic(b"alice"),
        basic(format!("alice:{}", "x".repeat(1025)).as_bytes()),
        basic(format!("{}:x", "a".repeat(2000)).as_bytes()),
        basic(b"\xff\xfe:\xff"),
        basic(b":"),
        "Basic".to_owned(),
        "Basic !!!!".to_owned(),
        format!("Basic {}", "A".repeat(6000)),
        format!("Bearer {}", "x".repeat(6000)),
        "Bearer ".to_owned(),
        "Digest username=\"alice\", realm=\"Kalends\", nonce=\"\", uri=\"/\", response=\"\"".to_owned(),
        "Negotiate YII=".to_owned(),
        "Basic alice:not encoded".to_owned(),
    ];
    for field in fields {
        for path in ["/dav/", "/api/me"] {
            let answer = shared().anonymous().request("PROPFIND", path).header("authorization", &field).send();
            let short: String = field.chars().take(60).collect();
            assert!(matches!(answer.status, 401 | 405), "{short} at {path}: {}", answer.status);
        }
        let answer = shared().anonymous().request("GET", "/api/me").header("authorization", &field).send().expect(401);
        let offered = answer.list("www-authenticate").join(",");
        assert!(offered.starts_with("Basic ") && !offered.contains("Digest"), "{offered}");
    }
}

#[test]
fn heads_that_are_none() {
    let host = shared().url().trim_start_matches("http://").to_owned();
    let authorization = shared().named("alice").authorization().to_owned();
    let get = |rest: &str| format!("GET /api/me HTTP/1.1\r\nConnection: close\r\n{rest}\r\n\r\n").into_bytes();
    assert_eq!(raw(shared(), &get(&format!("Host: {host}\r\nAuthorization: {authorization}"))), Some(200));
    for rest in [
        format!("Host: {host}\r\nAuthorization: {authorization}\0"),
        format!("Host: {host}\r\nAuthorization: {authorization}\r\nX\0Y: 1"),
        format!("Host: {host}\r\nAuthorization: {authorization}\r\nContent-Length: 1\r\nContent-Length: 2"),
        format!("Host: {host}\r\nAuthorization: {authorization}\r\nContent-Length: -1"),
        format!("Host: {host}\r\n Authorization: {authorization}\r\nX : y"),
    ] {
        let status = raw(shared(), &get(&rest));
        assert!(status.is_none_or(|status| (400..500).contains(&status)), "{status:?} for {rest:?}");
    }
    let long = get(&format!("Host: {host}\r\nCookie: {}", "x".repeat(1 << 20)));
    let status = raw(shared(), &long);
    assert!(status.is_none_or(|status| (400..500).contains(&status)), "{status:?}");
}

/// Whatever a client says that the server is called does not come back in what others could be sent to, unless a proxy
/// is trusted to say it.
#[test]
fn names_of_hosts_are_not_believed() {
    let authorization = shared().named("alice").authorization().to_owned();
    let forwarded =
        [("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "https"), ("forwarded", "host=evil.example")];
    let anonymous = shared().anonymous();
    let answer = forwarded
        .iter()
        .fold(anonymous.request("GET", "/.well-known/caldav"), |request, (name, value)| request.header(name, value));
    let answer = answer.send().expect_any(&[301, 307, 308]);
    assert!(!answer.required_header("location").contains("evil"), "{}", answer.required_header("location"));

    // Another site's page, and a host name to match it: the cookie's request is from elsewhere, whatever `Host` says.
    let request = anonymous.request("PATCH", "/api/accounts/alice").header("authorization", &authorization);
    request
        .header("origin", "https://evil.example")
        .header("x-forwarded-host", "evil.example")
        .body("{}")
        .send()
        .expect(403);
    let host = "evil.example\"><script>";
    let head = format!(
        "POST /api/me/app-passwords HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAuthorization: {authorization}\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{{\"label\":\"x\"}}"
    );
    let status = raw(shared(), head.as_bytes());
    assert!(status.is_none_or(|status| status != 500), "{status:?}");
}

/// A page of another site can have a browser send these; each changes nothing.
#[test]
fn other_sites_change_nothing() {
    let client = shared().account();
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        for (method, path, body) in [
            ("POST", "/api/me/app-passwords", r#"{"label":"x"}"#),
            ("PUT", "/api/me/password", r#"{"current":"x","password":"another one"}"#),
            ("POST", "/api/accounts", r#"{"name":"x","password":"xxxxxxxx"}"#),
        ] {
            // A form can send text/plain without asking first (Fetch, CORS-safelisted content types).
            let request = client.request(method, path).header(name, value).header("content-type", "text/plain");
            request.body(body).send().expect(403);
        }
    }
    let asked = client.request("OPTIONS", "/api/me").header("origin", "https://evil.example");
    let asked = asked.header("access-control-request-method", "PUT").send();
    assert!(asked.header("access-control-allow-origin").is_none());
    assert!(client.get("/api/me").header("access-control-allow-origin").is_none());
}

/// Text that would end a line of the log, or forge one.
const FORGED: &str = "mallory\r\nsecurity: root signed in";

#[test]
fn the_log_tells_of_security_and_of_no_secret() {
    let directory = empty_directory("log");
    let server = Server::start(&directory);
    let secrets = make_noise(&server);
    drop(server);
    let log = fs::read_to_string(directory.join("server.log")).expect("reading the log");
    for told in [
        "security: ",
        "a wrong account password for",
        "new app password",
        "revoked the app password",
        "made the account noise",
        "set the password of noise",
        "removed the account noise",
    ] {
        assert!(log.contains(told), "the log does not tell: {told}");
    }
    for secret in secrets {
        assert!(secret.len() > 8 && !log.contains(&secret), "the log has {secret:?} in it");
    }
    assert!(!log.lines().any(|line| line.trim_start().starts_with("security: root signed in")), "a line was forged");
}

/// Does everything that the log tells of; gives all that must not be in it.
fn make_noise(server: &Server) -> Vec<String> {
    let administrator = server.administrator();
    let send = |client: &Client, method: &str, path: &str, body: Value| {
        client.request(method, path).header("content-type", "application/json").body(body.to_string()).send()
    };
    let passwords = ["the first password of noise", "the second password of noise", "what mallory guesses"];
    let new = json!({ "name": "noise", "password": passwords[0] });
    send(&administrator, "POST", "/api/accounts", new).expect(201);
    let noise = server.anonymous().basic("noise", passwords[0]);
    noise.propfind("/dav/", "0", &[CURRENT_USER_PRINCIPAL]);
    let link = json!({ "collection": "calendars/personal", "access": "read", "label": "Door" });
    let link = send(&noise, "POST", "/api/me/links", link).expect(201);
    let link: Value = serde_json::from_str(link.text()).expect("JSON");
    let link = link["url"].as_str().and_then(|url| url.split("/public/").nth(1)).expect("a link").to_owned();
    server.anonymous().get(&format!("/public/{link}")).expect(200);
    let link = link.split('/').next().unwrap_or_default().to_owned();
    let made = send(&noise, "POST", "/api/me/app-passwords", json!({ "label": "phone" })).expect(201);
    let made: Value = serde_json::from_str(made.text()).expect("JSON");
    let (id, secret) =
        (made["id"].as_str().unwrap_or_default(), made["secret"].as_str().unwrap_or_default().to_owned());
    let phone = server.anonymous().basic("noise", &secret);
    phone.propfind("/dav/", "0", &[CURRENT_USER_PRINCIPAL]);
    server.anonymous().basic("noise", passwords[2]).get("/api/me").expect(401);
    server.anonymous().basic(FORGED, passwords[2]).get("/api/me").expect(401);
    server.anonymous().basic("nobody", &secret).get("/api/me").expect(401);
    send(&administrator, "PUT", "/api/accounts/noise/password", json!({ "password": passwords[1] })).expect(204);
    let signed_in = json!({ "name": "noise", "password": passwords[1] });
    let session = send(&server.anonymous(), "POST", "/api/session", signed_in).expect(201);
    let cookie = session.required_header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    administrator.delete(&format!("/api/accounts/noise/app-passwords/{id}")).expect(204);
    administrator.delete("/api/accounts/noise?data=purge").expect(204);
    let token = administrator.authorization().trim_start_matches("Bearer ").to_owned();
    let encoded = [&noise, &phone].map(|client| client.authorization().trim_start_matches("Basic ").to_owned());
    // The identifier is public; what follows it is not.
    let tail = secret.rsplit_once('-').map(|(head, _)| head.get(20..).unwrap_or_default().to_owned());
    let cookie = cookie.split_once('=').map(|(_, value)| value.to_owned());
    passwords
        .map(str::to_owned)
        .into_iter()
        .chain(encoded)
        .chain([secret, token])
        .chain(tail)
        .chain(cookie)
        .chain([link])
        .collect()
}
