//! Sharing as CalendarServer has it: invitations, notifications and answers; and a team's calendar by the API.

use kalends_tests::names::*;
use kalends_tests::{Answer, Client, bodies, samples, shared};
use serde_json::{Value, json};

const INVITE: Name = Name(CALENDARSERVER, "invite");
const USER: Name = Name(CALENDARSERVER, "user");
const NOTIFICATION_URL: Name = Name(CALENDARSERVER, "notification-URL");
const NOTIFICATION_TYPE: Name = Name(CALENDARSERVER, "notificationtype");
const SHARED: Name = Name(CALENDARSERVER, "shared");
const SHARED_OWNER: Name = Name(CALENDARSERVER, "shared-owner");
const ETAG: Name = Name(DAV, "getetag");

fn principal(client: &Client) -> String {
    format!("/dav/principals/{}/", client.name())
}

fn invite(client: &Client, path: &str, whom: &str, access: &str) -> Answer {
    let set = format!("<CS:set><D:href>{whom}</D:href><CS:summary>Plans</CS:summary><CS:{access}/></CS:set>");
    client.post_sharing(path, "share", &set)
}

fn api(client: &Client, method: &str, path: &str, body: Value) -> Answer {
    client.request(method, path).header("content-type", "application/json").body(body.to_string()).send()
}

/// The paths of somebody's notifications, with what they are.
fn notifications(client: &Client) -> Vec<(String, String)> {
    let own = client.propfind(&principal(client), "0", &[NOTIFICATION_URL]);
    let home = own.only().href_in(NOTIFICATION_URL).to_owned();
    let found = client.propfind(&home, "1", &[NOTIFICATION_TYPE, ETAG, RESOURCETYPE]);
    assert!(found.of(&home).is_a(Name(CALENDARSERVER, "notification")));
    let members = found.responses.iter().filter(|response| response.href != home);
    members.map(|one| (one.href.clone(), one.prop(NOTIFICATION_TYPE).children()[0].local().to_owned())).collect()
}

fn shared_calendars(client: &Client) -> Vec<String> {
    let home = client.propfind(&client.calendars(""), "1", &[RESOURCETYPE]);
    home.hrefs().into_iter().filter(|href| href.contains("shared~")).map(str::to_owned).collect()
}

/// What the owner is told of the only sharee.
fn sharee(client: &Client, path: &str, element: &'static str) -> bool {
    let found = client.propfind(path, "0", &[INVITE]);
    let users: Vec<_> = found.only().prop(INVITE).all(USER).collect();
    assert_eq!(users.len(), 1, "{users:?}");
    users[0].contains(Name(CALENDARSERVER, element))
}

/// Whoever is invited has to read it, and has not asked for it.
#[test]
fn an_invitation_says_a_bounded_number_of_words() {
    let (alice, bob) = (shared().account(), shared().account());
    let calendar = alice.make_calendar("plans");
    let summary = "\u{eb}".repeat(100_000);
    let set =
        format!("<CS:set><D:href>{}</D:href><CS:summary>{summary}</CS:summary><CS:read/></CS:set>", principal(&bob));
    alice.post_sharing(&calendar, "share", &set).expect(200);
    let [(path, _)] = notifications(&bob).try_into().unwrap();
    let told = bob.get(&path).expect(200);
    assert_eq!(told.text().matches('\u{eb}').count(), 1000);
}

#[test]
fn an_invitation_is_seen_accepted_and_told_to_the_owner() {
    let (alice, bob) = (shared().account(), shared().account());
    let calendar = alice.make_calendar("plans");
    alice.put(&format!("{calendar}a.ics"), &samples::at_noon("a", "20260314")).expect(201);
    invite(&alice, &calendar, &principal(&bob), "read-write").expect(200);
    assert!(sharee(&alice, &calendar, "invite-noresponse"));
    assert!(shared_calendars(&bob).is_empty(), "not before it is accepted");
    bob.get(&format!("{calendar}a.ics")).expect(404);
    let [(path, kind)] = notifications(&bob).try_into().unwrap();
    assert_eq!(kind, "invite-notification");
    let notification = bob.get(&path).expect(200);
    assert!(notification.text().contains("<CS:summary>Plans</CS:summary>"), "{}", notification.text());
    bob.request("GET", &path).header("if-none-match", &notification.etag()).send().expect(304);
    alice.get(&path).expect(404);
    let uid = notification.xml().child(Name(CALENDARSERVER, "invite-notification")).unwrap().clone();
    let uid = uid.child(Name(CALENDARSERVER, "uid")).unwrap().text().to_owned();
    let reply = format!(
        "<D:href>{}</D:href><CS:invite-accepted/><CS:hosturl><D:href>{calendar}</D:href></CS:hosturl><CS:in-reply-to>{uid}</CS:in-reply-to>",
        principal(&bob)
    );
    let accepted = bob.post_sharing(&bob.calendars(""), "invite-reply", &reply).expect(200);
    let there = accepted.xml().child(Name(DAV, "href")).unwrap().text().to_owned();
    assert_eq!(shared_calendars(&bob), [there.as_str()]);
    bob.put(&format!("{there}b.ics"), &samples::at_noon("b", "20260315")).expect(201);
    assert!(notifications(&bob).is_empty(), "it is answered");
    // The owner is told, and sees it of the calendar.
    let [(path, kind)] = notifications(&alice).try_into().unwrap();
    assert_eq!(kind, "invite-reply");
    assert!(alice.get(&path).expect(200).text().contains("invite-accepted"));
    alice.delete(&path).expect(204);
    assert!(notifications(&alice).is_empty());
    assert!(sharee(&alice, &calendar, "invite-accepted"));
    assert!(alice.propfind(&calendar, "0", &[RESOURCETYPE]).only().is_a(SHARED_OWNER));
    let seen = bob.propfind(&there, "0", &[RESOURCETYPE, INVITE]);
    assert!(seen.only().is_a(SHARED));
    assert!(!seen.only().prop(INVITE).contains(USER), "a sharee does not learn of the others");
}

#[test]
fn an_invitation_is_declined() {
    let (alice, bob) = (shared().account(), shared().account());
    let calendar = alice.make_calendar("plans");
    invite(&alice, &calendar, &principal(&bob), "read").expect(200);
    let reply = format!("<CS:invite-declined/><CS:hosturl><D:href>{calendar}</D:href></CS:hosturl>");
    bob.post_sharing(&bob.calendars(""), "invite-reply", &reply).expect(200);
    assert!(shared_calendars(&bob).is_empty() && notifications(&bob).is_empty());
    assert!(sharee(&alice, &calendar, "invite-declined"));
    bob.get(&calendar).expect(404);
    // It can be offered again.
    invite(&alice, &calendar, &principal(&bob), "read").expect(200);
    assert_eq!(notifications(&bob).len(), 1);
}

#[test]
fn a_share_is_taken_back_and_left() {
    let (alice, bob) = (shared().account(), shared().account());
    let calendar = alice.make_calendar("plans");
    let hosturl = format!("<CS:invite-accepted/><CS:hosturl><D:href>{calendar}</D:href></CS:hosturl>");
    let share = || {
        invite(&alice, &calendar, &principal(&bob), "read").expect(200);
        bob.post_sharing(&bob.calendars(""), "invite-reply", &hosturl).expect(200);
        shared_calendars(&bob).remove(0)
    };
    let there = share();
    let remove = format!("<CS:remove><D:href>{}</D:href></CS:remove>", principal(&bob));
    alice.post_sharing(&calendar, "share", &remove).expect(200);
    bob.get(&there).expect(404);
    // Who has lost it is told, and cannot take it back.
    let [(path, kind)] = notifications(&bob).try_into().expect("one notification");
    let told = bob.get(&path).expect(200);
    assert!(kind == "invite-notification" && told.text().contains("<CS:invite-deleted/>"), "{}", told.text());
    bob.post_sharing(&bob.calendars(""), "invite-reply", &hosturl).expect(404);
    bob.get(&there).expect(404);
    bob.delete(&path).expect(204);
    assert!(notifications(&bob).is_empty());
    let again = share();
    assert_eq!(again, there, "the name stays");
    notifications(&alice).iter().for_each(|(path, _)| drop(alice.delete(path).expect(204)));
    bob.delete(&there).expect(204);
    assert!(shared_calendars(&bob).is_empty());
    bob.get(&there).expect(404);
    alice.get(&calendar).expect(200);
    // Leaving is an answer: the owner is told, and may offer it again.
    let [(path, _)] = notifications(&alice).try_into().expect("one notification");
    assert!(alice.get(&path).expect(200).text().contains("invite-declined"));
    assert!(sharee(&alice, &calendar, "invite-declined"));
    assert_eq!(share(), there);
}

/// The only notification of somebody: that a share has ended. It says what it was of, and is removed.
fn told_of_the_end(client: &Client, shared_type: &str) {
    let [(path, kind)] = notifications(client).try_into().expect("one notification");
    let told = client.get(&path).expect(200);
    let text = told.text();
    assert!(kind == "invite-notification" && text.contains("<CS:invite-deleted/>"), "{text}");
    assert!(text.contains("<CS:summary>Plans</CS:summary>"), "{text}");
    assert!(text.contains(&format!("shared-type=\"{shared_type}\"")), "{text}");
    client.delete(&path).expect(204);
    assert!(notifications(client).is_empty());
}

#[test]
fn who_has_a_share_of_what_is_deleted_is_told() {
    let (alice, bob, carol, dave) = (shared().account(), shared().account(), shared().account(), shared().account());
    let calendar = (alice.make_calendar("plans"), "calendar");
    let book = (alice.addressbooks("contacts/"), "addressbook");
    for (path, shared_type) in [calendar, book] {
        for sharee in [&bob, &carol, &dave] {
            invite(&alice, &path, &principal(sharee), "read").expect(200);
        }
        let answer = |client: &Client, verdict: &str| {
            let reply = format!("<CS:{verdict}/><CS:hosturl><D:href>{path}</D:href></CS:hosturl>");
            client.post_sharing(&client.calendars(""), "invite-reply", &reply)
        };
        answer(&bob, "invite-accepted").expect(200);
        answer(&dave, "invite-declined").expect(200);
        alice.delete(&path).expect(204);
        assert!(shared_calendars(&bob).is_empty());
        answer(&carol, "invite-accepted").expect(404);
        // Whether they had accepted or not, but not who did not want it; answers to what is gone are gone.
        told_of_the_end(&bob, shared_type);
        told_of_the_end(&carol, shared_type);
        assert!(notifications(&dave).is_empty() && notifications(&alice).is_empty());
    }
}

#[test]
fn who_has_a_share_of_an_account_that_is_deleted_is_told() {
    let (alice, bob) = (shared().account(), shared().account());
    let calendar = alice.make_calendar("plans");
    invite(&alice, &calendar, &principal(&bob), "read").expect(200);
    let administrator = shared().administrator();
    administrator.delete(&format!("/api/accounts/{}", alice.name())).expect(204);
    told_of_the_end(&bob, "calendar");
    // An account that is closed gives up what it has: of what is gone there is only the notification.
    let carol = shared().account();
    let calendar = carol.make_calendar("plans");
    invite(&carol, &calendar, &principal(&bob), "read").expect(200);
    carol.delete(&calendar).expect(204);
    administrator.delete(&format!("/api/accounts/{}?data=keep", bob.name())).expect(204);
}

/// draft-pot-webdav-resource-sharing §4.3: the same shares, in other words.
#[test]
fn a_resource_is_shared_as_the_draft_has_it() {
    let (alice, bob) = (shared().account(), shared().account());
    let calendar = alice.make_calendar("plans");
    let share = |access: &str| {
        let sharee = format!(
            "<D:sharee><D:href>{}</D:href><D:comment>Plans</D:comment><D:share-access><D:{access}/></D:share-access></D:sharee>",
            principal(&bob)
        );
        let body = format!(r#"<D:share-resource xmlns:D="DAV:">{sharee}</D:share-resource>"#);
        let media_type = "application/davsharing+xml; charset=utf-8";
        alice.request("POST", &calendar).header("content-type", media_type).body(body).send()
    };
    let access = |client: &Client, path: &str| {
        let name = Name(DAV, "share-access");
        client.propfind(path, "0", &[name]).only().prop(name).children()[0].local().to_owned()
    };
    share("read").expect(200);
    let [(path, _)] = notifications(&bob).try_into().expect("one notification");
    assert!(bob.get(&path).expect(200).text().contains("<CS:summary>Plans</CS:summary>"));
    let reply = format!("<CS:invite-accepted/><CS:hosturl><D:href>{calendar}</D:href></CS:hosturl>");
    bob.post_sharing(&bob.calendars(""), "invite-reply", &reply).expect(200);
    let there = shared_calendars(&bob).remove(0);
    assert_eq!((access(&alice, &calendar), access(&bob, &there)), ("shared-owner".to_owned(), "read".to_owned()));
    let event = samples::at_noon("a", "20260314");
    bob.put(&format!("{there}a.ics"), &event).expect(403);
    share("read-write").expect(200);
    assert_eq!(access(&bob, &there), "read-write", "what was accepted is not asked again");
    bob.put(&format!("{there}a.ics"), &event).expect(201);
    share("no-access").expect(200);
    bob.get(&there).expect(404);
    share("all").expect(400);
}

#[test]
fn people_are_known_by_their_address_and_strangers_are_told() {
    let (alice, bob) = (shared().account(), shared().account());
    let address = format!("{}@example.org", bob.name());
    api(&shared().administrator(), "PATCH", &format!("/api/accounts/{}", bob.name()), json!({"emails": [address]}))
        .expect(200);
    let calendar = alice.make_calendar("plans");
    let both = format!(
        "<CS:set><D:href>mailto:{address}</D:href><CS:read/></CS:set><CS:set><D:href>mailto:nobody@example.org</D:href><CS:read/></CS:set>"
    );
    let answer = alice.post_sharing(&calendar, "share", &both).expect(207);
    let text = answer.text();
    assert!(
        text.contains("nobody@example.org") && text.contains("invite-invalid") && !text.contains(&address),
        "{text}"
    );
    assert!(sharee(&alice, &calendar, "invite-noresponse"));
    assert_eq!(notifications(&bob).len(), 1);
}

#[test]
fn only_the_owner_invites_and_only_who_is_invited_answers() {
    let (alice, bob, carol) = (shared().account(), shared().account(), shared().account());
    let calendar = alice.make_calendar("plans");
    invite(&bob, &calendar, &principal(&carol), "read").expect_any(&[403, 404, 405]);
    let reply = format!("<CS:invite-accepted/><CS:hosturl><D:href>{calendar}</D:href></CS:hosturl>");
    bob.post_sharing(&bob.calendars(""), "invite-reply", &reply).expect(404);
    invite(&alice, &calendar, &principal(&bob), "read").expect(200);
    carol.post_sharing(&carol.calendars(""), "invite-reply", &reply).expect(404);
    carol.post_sharing(&bob.calendars(""), "invite-reply", &reply).expect(403);
    carol.request("PROPFIND", &format!("/dav/notifications/{}/", bob.name())).header("depth", "1").send().expect(404);
    bob.post_sharing(&bob.calendars(""), "invite-reply", &reply).expect(200);
    invite(&bob, &shared_calendars(&bob)[0], &principal(&carol), "read").expect(403);
}

#[test]
fn the_acl_and_invitations_are_of_the_same_shares() {
    let (alice, bob, carol) = (shared().account(), shared().account(), shared().account());
    let calendar = alice.make_calendar("plans");
    invite(&alice, &calendar, &principal(&carol), "read").expect(200);
    let ace = format!(
        "<D:ace><D:principal><D:href>{}</D:href></D:principal><D:grant><D:privilege><D:read/></D:privilege></D:grant></D:ace>",
        principal(&bob)
    );
    let acl = format!(r#"<D:acl xmlns:D="DAV:">{ace}</D:acl>"#);
    alice.request("ACL", &calendar).xml(acl).send().expect(200);
    assert_eq!(shared_calendars(&bob).len(), 1, "what is granted is in force at once");
    let invited = alice.propfind(&calendar, "0", &[INVITE]);
    let users: Vec<_> = invited.only().prop(INVITE).all(USER).collect();
    assert_eq!(users.len(), 2, "an ACL does not take an offer back");
    let acl = alice.propfind(&calendar, "0", &[Name(DAV, "acl")]);
    let aces = acl.only().prop(Name(DAV, "acl")).all(Name(DAV, "ace")).count();
    assert_eq!(aces, 2, "an offer is no access");
}

#[test]
fn notifications_take_one_storage_trip_and_their_removal_two() {
    let (alice, bob) = (shared().account(), shared().account());
    let calendar = alice.make_calendar("plans");
    invite(&alice, &calendar, &principal(&bob), "read").expect(200);
    let (path, _) = notifications(&bob).remove(0);
    // With the credential, which may have to be looked up again.
    assert!(bob.get(&path).expect(200).storage_round_trips() <= 2);
    assert!(bob.delete(&path).expect(204).storage_round_trips() <= 3);
    assert!(notifications(&bob).is_empty());
    let reply = format!("<CS:invite-accepted/><CS:hosturl><D:href>{calendar}</D:href></CS:hosturl>");
    bob.post_sharing(&bob.calendars(""), "invite-reply", &reply).expect(200);
}

#[test]
fn a_team_calendar_is_one_request() {
    let (alice, bob) = (shared().account(), shared().account());
    let administrator = shared().administrator();
    let team = format!("team-of-{}", alice.name());
    api(&administrator, "POST", "/api/groups", json!({ "name": team })).expect(201);
    let member = format!("/api/groups/{team}/members/{}", bob.name());
    administrator.request("PUT", &member).send().expect(204);
    let new = json!({"collection": "calendars/team", "with": team, "access": "write", "create": "Our team"});
    api(&administrator, "POST", &format!("/api/accounts/{}/shares", alice.name()), new).expect(201);
    let there = shared_calendars(&bob).remove(0);
    assert_eq!(bob.propfind(&there, "0", &[DISPLAYNAME]).only().text(DISPLAYNAME), "Our team");
    bob.put(&format!("{there}a.ics"), &samples::at_noon("a", "20260314")).expect(201);
    alice.get(&alice.calendars("team/a.ics")).expect(200);
    // Each has a name for it.
    let rename = bodies::set(&[DISPLAYNAME.with("Work")]);
    bob.proppatch(&there, rename).expect(207);
    assert_eq!(bob.propfind(&there, "0", &[DISPLAYNAME]).only().text(DISPLAYNAME), "Work");
    let owned = alice.propfind(&alice.calendars("team/"), "0", &[DISPLAYNAME]);
    assert_eq!(owned.only().text(DISPLAYNAME), "Our team");
    let listed: Value = serde_json::from_str(bob.get("/api/me/shares").expect(200).text()).unwrap();
    assert_eq!((&listed["received"][0]["with"], &listed["received"][0]["access"]), (&json!(team), &json!("write")));
    // Who leaves the group leaves the calendar.
    administrator.delete(&member).expect(204);
    bob.get(&there).expect(404);
}
