//! What sets a client up.

use super::*;

const PROFILE: (&str, &str) = ("accept", "application/x-apple-aspen-config");

/// The answer to a new app password, as JSON or as a profile, of a server that is addressed in that way.
fn made(house: &House, headers: &[(&str, &str)], authority: &str, scheme: &str, scope: &[&str]) -> Response {
    let alice = basic("alice", "password of alice");
    let mut headers: Vec<_> = headers.to_vec();
    headers.push(("authorization", &alice));
    memory::forget_all();
    handle(
        house,
        &Request {
            method: "POST".to_owned(),
            scheme: scheme.to_owned(),
            authority: authority.to_owned(),
            path: "/api/me/app-passwords".to_owned(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect(),
            body: json!({ "label": "phone", "scope": scope }).to_string().into_bytes(),
            remote: None,
            received: NOW,
        },
    )
}

fn link(house: &House, headers: &[(&str, &str)], authority: &str, scheme: &str) -> (String, Option<String>) {
    let response = made(house, headers, authority, scheme, &["calendars"]);
    let answer: Value = serde_json::from_slice(&response.body).unwrap();
    let text = |member: &str| answer[member].as_str().map(str::to_owned);
    (text("secret").unwrap(), text("link"))
}

/// The strings, integers and flags that follow a key, in the order of the document.
fn values<'a>(profile: &'a str, key: &str) -> Vec<&'a str> {
    let key = format!("<key>{key}</key>");
    let value = |rest: &'a str| {
        let mut parts = rest.trim_start().split(['<', '>', '/']);
        parts.find(|part| !matches!(*part, "" | "string" | "integer"))
    };
    profile.split(key.as_str()).skip(1).filter_map(value).collect()
}

#[test]
fn the_link_opens_a_client_with_the_account_filled_in() {
    let house = house();
    let (secret, opens) = link(&house, &[], "dav.example.com", "https");
    assert_eq!(opens, Some(format!("davx5://alice:{secret}@dav.example.com/")));
    let (secret, opens) = link(&house, &[], "localhost:8080", "http");
    assert_eq!(opens, Some(format!("caldav://alice:{secret}@localhost:8080/")));
    assert_eq!(link(&house, &[], "evil@dav.example.com/x", "https").1, None, "no authority");
    let forwarded = [("x-forwarded-host", "calendar.example.org"), ("x-forwarded-proto", "https")];
    assert!(link(&house, &forwarded, "10.0.0.1", "http").1.unwrap().contains("@10.0.0.1/"), "nobody that is trusted");

    let house = self::house().with_setting("trust_forwarded", "true").with_setting("base_path", "/cal/");
    let (secret, opens) = link(&house, &forwarded, "10.0.0.1", "http");
    assert_eq!(opens, Some(format!("davx5://alice:{secret}@calendar.example.org/cal/")));
}

#[test]
fn tokens_have_no_link() {
    let house = house();
    let (status, made) = ask(&house, "POST", "/api/accounts/alice/tokens", OPERATOR, json!({ "label": "x" }));
    assert_eq!((status, made.get("link")), (201, None));
    let (_, made) = ask(&house, "POST", "/api/accounts/alice/app-passwords", OPERATOR, json!({ "label": "x" }));
    assert!(made["link"].as_str().unwrap().starts_with("davx5://alice:app-"));
}

#[test]
fn a_profile_sets_up_calendars_and_contacts() {
    let house = house();
    house.change("alice", |alice| alice.display_name = "Alice <A> & Co".to_owned());
    let response = made(&house, &[PROFILE], "dav.example.com", "https", &["calendars", "contacts", "write"]);
    assert_eq!((response.status, field(&response, "content-type")), (201, Some(PROFILE.1)));
    assert_eq!(field(&response, "cache-control"), Some("no-store"));
    assert!(field(&response, "content-disposition").unwrap().contains(".mobileconfig"));
    let profile = String::from_utf8(response.body.to_vec()).unwrap();
    assert_eq!(values(&profile, "CalDAVHostName"), ["dav.example.com"]);
    assert_eq!(values(&profile, "CardDAVHostName"), ["dav.example.com"]);
    assert_eq!((values(&profile, "CalDAVPort"), values(&profile, "CalDAVUseSSL")), (vec!["443"], vec!["true"]));
    assert_eq!(values(&profile, "CalDAVUsername"), ["alice"]);
    assert_eq!(
        values(&profile, "PayloadType"),
        ["Configuration", "com.apple.caldav.account", "com.apple.carddav.account"]
    );
    assert!(profile.contains("<string>Alice &lt;A&gt; &amp; Co (dav.example.com)</string>"), "{profile}");
    let identifiers: BTreeSet<_> = values(&profile, "PayloadUUID").into_iter().collect();
    assert_eq!(identifiers.len(), 3);

    // The app password inside is the one that was made.
    let secret = values(&profile, "CalDAVPassword")[0].to_owned();
    assert_eq!(values(&profile, "CardDAVPassword"), [secret.as_str()]);
    let phone = basic("alice", &secret);
    assert_eq!(ask(&house, "GET", "/api/me", ("authorization", &phone), Value::Null).0, 200);
}

#[test]
fn a_profile_has_what_the_app_password_is_for() {
    let house = house();
    let accept = ("accept", "text/html, Application/X-Apple-Aspen-Config;q=0.5");
    let response = made(&house, &[accept], "[2001:db8::1]:8080", "http", &["contacts"]);
    let profile = String::from_utf8(response.body.to_vec()).unwrap();
    assert_eq!(values(&profile, "PayloadType"), ["Configuration", "com.apple.carddav.account"]);
    assert_eq!((values(&profile, "CardDAVPort"), values(&profile, "CardDAVUseSSL")), (vec!["8080"], vec!["false"]));
    assert_eq!(values(&profile, "CardDAVHostName"), ["2001:db8::1"]);
    let anything = made(&house, &[("accept", "*/*")], "dav.example.com", "https", &["contacts"]);
    assert_eq!(field(&anything, "content-type"), Some("application/json"));
}
