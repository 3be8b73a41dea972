//! Accounts that go, with their data or without.

use super::*;

#[test]
fn an_account_that_goes_leaves_its_data_where_that_is_asked_for() {
    let house = house();
    house.change("alice", |alice| alice.admin = true);
    let alice = basic("alice", "password of alice");
    let by = ("authorization", alice.as_str());
    let (_, made) = ask(&house, "POST", "/api/me/app-passwords", by, json!({ "label": "phone" }));
    let phone = basic("alice", made["secret"].as_str().unwrap());
    let phone = ("authorization", phone.as_str());
    let sign_in = json!({ "name": "alice", "password": "password of alice" }).to_string();
    assert_eq!(send(&house, "POST", "/api/session", &[], sign_in.as_bytes()).status, 201);
    assert_eq!(ask(&house, "POST", "/api/groups", OPERATOR, json!({ "name": "team" })).0, 201);
    assert_eq!(ask(&house, "PUT", "/api/groups/team/members/alice", OPERATOR, Value::Null).0, 204);

    assert_eq!(ask(&house, "DELETE", "/api/accounts/alice?data=keep", OPERATOR, Value::Null).0, 204);
    for credential in [by, phone] {
        assert_eq!(ask(&house, "GET", "/api/me", credential, Value::Null).0, 401);
    }
    assert!(house.credentials.borrow().is_empty() && house.members.borrow().is_empty());
    let (_, kept) = ask(&house, "GET", "/api/accounts/alice", OPERATOR, Value::Null);
    assert_eq!((&kept["disabled"], &kept["admin"]), (&json!(true), &json!(false)));

    // Given back: enabled alone is not enough, the old password does not come back with it.
    assert_eq!(ask(&house, "PATCH", "/api/accounts/alice", OPERATOR, json!({ "disabled": false })).0, 200);
    assert_eq!(ask(&house, "GET", "/api/me", by, Value::Null).0, 401);
    let new = json!({ "password": "another password" });
    assert_eq!(ask(&house, "PUT", "/api/accounts/alice/password", OPERATOR, new).0, 204);
    let again = basic("alice", "another password");
    assert_eq!(ask(&house, "GET", "/api/me", ("authorization", &again), Value::Null).0, 200);
}

#[test]
fn what_others_shared_with_it_and_its_links_end_and_what_it_shares_stays() {
    let house = house();
    let share = |owner: &str, with: &str| {
        let new = json!({ "collection": "calendars/team", "with": with, "access": "read", "create": "Team" });
        assert_eq!(ask(&house, "POST", &format!("/api/accounts/{owner}/shares"), OPERATOR, new).0, 201);
    };
    share("alice", "root");
    share("root", "alice");
    let new = json!({ "collection": "calendars/team" });
    assert_eq!(ask(&house, "POST", "/api/accounts/alice/links", OPERATOR, new).0, 201);

    assert_eq!(ask(&house, "DELETE", "/api/accounts/alice?data=keep", OPERATOR, Value::Null).0, 204);
    let (_, shares) = ask(&house, "GET", "/api/accounts/alice/shares", OPERATOR, Value::Null);
    assert_eq!((&shares["received"], &shares["given"][0]["with"]), (&json!([]), &json!("root")));
    let (_, links) = ask(&house, "GET", "/api/accounts/alice/links", OPERATOR, Value::Null);
    assert_eq!(links["links"], json!([]));
    // Once more does no harm.
    assert_eq!(ask(&house, "DELETE", "/api/accounts/alice?data=keep", OPERATOR, Value::Null).0, 204);
}

#[test]
fn an_account_goes_with_its_data_or_not_at_all() {
    let house = house();
    let secret = ask(&house, "POST", "/api/accounts/alice/tokens", OPERATOR, json!({ "label": "x" })).1;
    let token = format!("Bearer {}", secret["secret"].as_str().unwrap());
    assert_eq!(ask(&house, "DELETE", "/api/accounts/alice?data=some", OPERATOR, Value::Null).0, 422);
    assert_eq!(ask(&house, "GET", "/api/me", ("authorization", &token), Value::Null).0, 200);
    assert_eq!(ask(&house, "DELETE", "/api/accounts/alice?data=purge", OPERATOR, Value::Null).0, 204);
    assert_eq!(ask(&house, "GET", "/api/accounts/alice", OPERATOR, Value::Null).0, 404);
    assert_eq!(ask(&house, "GET", "/api/me", ("authorization", &token), Value::Null).0, 401);
}

#[test]
fn administrators_do_not_remove_themselves_either_way() {
    let house = house();
    let root = basic("root", "password of root");
    for query in ["", "?data=keep", "?data=purge"] {
        let path = format!("/api/accounts/root{query}");
        assert_eq!(ask(&house, "DELETE", &path, ("authorization", &root), Value::Null).0, 409, "{query}");
    }
    assert!(!house.principal("root").unwrap().disabled);
}
