//! How far a credential reaches: what may be made with it, and what is seen and ended by it.

use super::*;

const EVERYTHING: &[&str] = &["calendars", "contacts", "files", "write"];
/// Half an hour after [`NOW`].
const SOON: &str = "2023-11-14T22:43:20Z";
const LATER: &str = "2023-11-14T22:43:21Z";

/// A new credential of alice's that she makes with her password: its identifier, and the field that presents it.
fn made(house: &House, kind: &str, scope: &[&str], expires: Option<&str>) -> (String, String) {
    let alice = basic("alice", "password of alice");
    let new = json!({ "label": "x", "scope": scope, "expires": expires });
    let (status, made) = ask(house, "POST", &format!("/api/me/{kind}"), ("authorization", &alice), new);
    assert_eq!(status, 201, "{made}");
    (made["id"].as_str().unwrap().to_owned(), format!("Bearer {}", made["secret"].as_str().unwrap()))
}

/// A house in which alice has a calendar that she shares.
fn house_with_calendar() -> House {
    let house = house();
    let new = json!({ "collection": "calendars/plans", "with": "root", "access": "read", "create": "Plans" });
    assert_eq!(ask(&house, "POST", "/api/accounts/alice/shares", OPERATOR, new).0, 201);
    house
}

/// The identifiers in a list.
fn listed(house: &House, path: &str, by: (&str, &str)) -> BTreeSet<String> {
    let (status, answer) = ask(house, "GET", path, by, Value::Null);
    assert_eq!(status, 200, "{path}: {answer}");
    let list = answer.get("credentials").or(answer.get("links")).unwrap();
    list.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_ends_makes_nothing_that_outlasts_it() {
    let house = house_with_calendar();
    let (_, token) = made(&house, "tokens", EVERYTHING, Some(SOON));
    let by = ("authorization", token.as_str());
    let link = json!({ "collection": "calendars/plans" });
    for (path, new) in [
        ("/api/me/app-passwords", json!({ "label": "x" })),
        ("/api/me/tokens", json!({ "label": "x" })),
        ("/api/me/links", link),
    ] {
        let until = |expires: Option<&str>| {
            let mut new = new.clone();
            new["expires"] = json!(expires);
            let (status, made) = ask(&house, "POST", path, by, new);
            (status, made["expires"].as_str().map(str::to_owned))
        };
        assert_eq!(until(None), (201, Some(SOON.to_owned())), "{path}");
        assert_eq!(until(Some(SOON)), (201, Some(SOON.to_owned())), "{path}");
        let sooner = "2023-11-14T22:20:00Z";
        assert_eq!(until(Some(sooner)), (201, Some(sooner.to_owned())), "{path}");
        assert_eq!(until(Some(LATER)), (403, None), "{path}");
    }
}

#[test]
fn what_does_not_end_and_whoever_knows_the_password_choose_any_end_or_none() {
    let house = house();
    let sign_in = json!({ "name": "alice", "password": "password of alice" }).to_string();
    let session = send(&house, "POST", "/api/session", &[], sign_in.as_bytes());
    let cookie = field(&session, "set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let alice = basic("alice", "password of alice");
    let (_, token) = made(&house, "tokens", EVERYTHING, None);
    for by in [("cookie", cookie.as_str()), ("authorization", &alice), ("authorization", &token)] {
        for expires in [None, Some("2100-01-01T00:00:00Z")] {
            let new = json!({ "label": "x", "expires": expires });
            let (status, made) = ask(&house, "POST", "/api/me/app-passwords", by, new);
            assert_eq!((status, made["expires"].as_str()), (201, expires), "{}", by.0);
        }
    }
}

#[test]
fn a_credential_sees_and_ends_what_may_do_no_more_than_itself() {
    let house = house();
    let (_, token) = made(&house, "tokens", &["files", "write"], None);
    let narrow = ("authorization", token.as_str());
    let (full, _) = made(&house, "app-passwords", EVERYTHING, None);
    let (reader, _) = made(&house, "app-passwords", &["calendars"], None);
    let (files, _) = made(&house, "app-passwords", &["files"], None);
    let path = "/api/me/app-passwords";
    assert_eq!(listed(&house, path, narrow), BTreeSet::from([files.clone()]));
    let revoke = |id: &str, by| ask(&house, "DELETE", &format!("{path}/{id}"), by, Value::Null);
    let unknown = revoke("0123456789ab", narrow);
    assert_eq!(unknown.0, 404);
    assert_eq!(revoke(&full, narrow), unknown);
    assert_eq!(revoke(&reader, narrow), unknown);
    assert_eq!(revoke(&files, narrow).0, 204);
    let alice = basic("alice", "password of alice");
    let alice = ("authorization", alice.as_str());
    assert_eq!(listed(&house, path, alice), BTreeSet::from([full.clone(), reader]));
    assert_eq!(revoke(&full, alice).0, 204);
}

/// A session has all that its owner may do, and so has what an administrator made before they were none.
#[test]
fn what_somebody_may_not_do_themselves_keeps_nothing_from_them() {
    let house = house();
    let sign_in = json!({ "name": "alice", "password": "password of alice" });
    assert_eq!(ask(&house, "POST", "/api/session", ("accept", "*/*"), sign_in).0, 201);
    house.change("alice", |alice| alice.admin = true);
    let (administration, _) = made(&house, "tokens", &["administration"], None);
    let (_, token) = made(&house, "tokens", EVERYTHING, None);
    let token = ("authorization", token.as_str());
    assert!(listed(&house, "/api/me/sessions", token).is_empty(), "of an administrator");
    assert!(!listed(&house, "/api/me/tokens", token).contains(&administration));
    house.change("alice", |alice| alice.admin = false);
    let session = listed(&house, "/api/me/sessions", token);
    assert!(listed(&house, "/api/me/tokens", token).contains(&administration));
    let files = made(&house, "tokens", &["files", "write"], None).1;
    let files = ("authorization", files.as_str());
    let path = format!("/api/me/sessions/{}", session.first().unwrap());
    assert!(listed(&house, "/api/me/sessions", files).is_empty());
    assert_eq!(ask(&house, "DELETE", &path, files, Value::Null).0, 404);
    assert_eq!(ask(&house, "DELETE", &path, token, Value::Null).0, 204);
}

/// The address of a link is as good as the link.
#[test]
fn a_credential_that_ends_is_not_shown_links_that_outlast_it() {
    let house = house_with_calendar();
    let link = |expires: Option<&str>| {
        let new = json!({ "collection": "calendars/plans", "expires": expires });
        let (_, link) = ask(&house, "POST", "/api/accounts/alice/links", OPERATOR, new);
        link["id"].as_str().unwrap().to_owned()
    };
    let (endless, later, soon) = (link(None), link(Some(LATER)), link(Some(SOON)));
    let (_, token) = made(&house, "tokens", &["calendars", "write"], Some(SOON));
    let by = ("authorization", token.as_str());
    assert_eq!(listed(&house, "/api/me/links", by), BTreeSet::from([soon.clone()]));
    let revoke = |id: &str| ask(&house, "DELETE", &format!("/api/me/links/{id}"), by, Value::Null).0;
    assert_eq!([revoke(&endless), revoke(&later), revoke(&soon)], [404, 404, 204]);
    let (_, token) = made(&house, "tokens", &["calendars"], None);
    assert_eq!(listed(&house, "/api/me/links", ("authorization", &token)), BTreeSet::from([endless, later]));
}

#[test]
fn shares_are_listed_for_the_part_of_the_account_that_a_token_is_for() {
    let house = house_with_calendar();
    for (collection, owner, with) in [("addressbooks/team", "root", "alice"), ("files/team", "alice", "root")] {
        let new = json!({ "collection": collection, "with": with, "access": "read", "create": "Team" });
        assert_eq!(ask(&house, "POST", &format!("/api/accounts/{owner}/shares"), OPERATOR, new).0, 201);
    }
    let shares = |by: &str| -> Vec<String> {
        let (status, answer) = ask(&house, "GET", "/api/me/shares", ("authorization", by), Value::Null);
        assert_eq!(status, 200, "{answer}");
        let all = ["given", "received"].into_iter().flat_map(|list| answer[list].as_array().unwrap().clone());
        all.map(|share| share["collection"].as_str().unwrap().to_owned()).collect()
    };
    let by_token = |scope: &[&str]| shares(&made(&house, "tokens", scope, None).1);
    assert_eq!(by_token(&["files"]), ["files/team"]);
    assert_eq!(by_token(&["contacts"]), ["addressbooks/team"]);
    assert_eq!(by_token(&["calendars", "files"]), ["calendars/plans", "files/team"]);
    assert!(by_token(&["write"]).is_empty());
    assert_eq!(shares(&basic("alice", "password of alice")), ["calendars/plans", "files/team", "addressbooks/team"]);
}
