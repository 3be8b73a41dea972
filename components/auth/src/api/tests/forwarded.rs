//! What proxies say of a request.

use super::*;

/// The subjects that a wrong password with these fields counts against.
fn counted(trust: &str, forwarded: &[(&str, &str)]) -> Vec<String> {
    let house = house().with_setting("trust_forwarded", trust);
    let wrong = basic("alice", "wrong one");
    let headers: Vec<_> = forwarded.iter().copied().chain([("authorization", wrong.as_str())]).collect();
    assert_eq!(send(&house, "GET", "/api/me", &headers, b"").status, 401);
    house.attempts.borrow().keys().filter(|subject| !subject.contains(' ')).cloned().collect()
}

#[test]
fn the_address_is_the_proxys_only_where_it_is_trusted() {
    let chain = [("x-forwarded-for", "10.0.0.1, 198.51.100.9")];
    assert_eq!(counted("true", &chain), ["address:198.51.100.9", "name:alice"]);
    assert_eq!(counted("false", &chain), ["address:192.0.2.7", "name:alice"]);
}

/// A proxy may add to the field that the client sent, or add a field of its own below it.
#[test]
fn what_the_client_says_of_itself_is_not_what_the_proxy_says_of_it() {
    let both = [("x-forwarded-for", "10.0.0.1"), ("x-forwarded-for", "198.51.100.9")];
    assert_eq!(counted("true", &both), ["address:198.51.100.9", "name:alice"]);
    let with_port = [("x-forwarded-for", "10.0.0.1"), ("x-forwarded-for", "10.0.0.2, 198.51.100.9:5678")];
    assert_eq!(counted("true", &with_port), ["address:198.51.100.9", "name:alice"]);
    assert_eq!(counted("true", &[("x-forwarded-for", "10.0.0.1,")]), ["address:192.0.2.7", "name:alice"]);

    let house = house().with_setting("trust_forwarded", "true");
    let alice = basic("alice", "password of alice");
    let forwarded = [
        ("authorization", alice.as_str()),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-host", "inside, calendar.example.org"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-proto", "https"),
    ];
    let made = send(&house, "POST", "/api/me/app-passwords", &forwarded, br#"{"label":"phone"}"#);
    let made: Value = serde_json::from_slice(&made.body).unwrap();
    let link = made["link"].as_str().unwrap();
    assert!(link.starts_with("davx5://") && link.ends_with("@calendar.example.org/"), "{link}");
}
