use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::*;
use crate::testing::House;
use crate::types::Failure;

const NOW: i64 = 1_700_000_000;
const PASSWORD: &str = "correct:horse battery";

fn house() -> House {
    let house = House::new().with_account("alice", PASSWORD).with_account("bob", "the password of bob");
    memory::forget_all();
    house
}

fn basic(name: &str, password: &str) -> Evidence {
    let authorization = format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{password}")));
    Evidence {
        authorization: Some(authorization),
        cookie: None,
        cross_site: false,
        remote: Some("192.0.2.7".to_owned()),
        now: NOW,
        anew: false,
    }
}

fn header(authorization: Option<&str>, cookie: Option<&str>) -> Evidence {
    Evidence {
        authorization: authorization.map(str::to_owned),
        cookie: cookie.map(str::to_owned),
        cross_site: false,
        remote: None,
        now: NOW,
        anew: false,
    }
}

/// Asks as an instance does that has seen nothing yet; gives the storage round trips too.
fn ask(house: &House, evidence: &Evidence) -> (Result<Recognised, Refusal>, u32) {
    memory::forget_all();
    house.trips.set(0);
    (authenticate(house, evidence), house.trips.get())
}

fn add(house: &House, owner: &str, kind: CredentialKind, scope: Scope, expires: Option<i64>) -> String {
    let secret = Secret::mint(kind).unwrap();
    let credential = Credential {
        id: secret.id().to_owned(),
        principal: house.principal(owner).unwrap().id,
        kind,
        label: "phone".to_owned(),
        verifier: secret.verifier(&ServerSecret::of(house).unwrap()),
        scope,
        created: NOW,
        last_used: Some(NOW),
        expires,
        link: None,
    };
    house.apply(&[Change::AddCredential(credential)]).unwrap();
    secret.reveal()
}

#[test]
fn nobody_is_recognised_without_credentials() {
    for (authorization, cookie) in [(None, None), (Some("Digest x"), None), (None, Some("theme=dark"))] {
        assert_eq!(ask(&house(), &header(authorization, cookie)), (Err(Refusal::Missing), 0));
    }
    assert_eq!(ask(&house(), &header(Some("Basic %%%"), None)), (Err(Refusal::Wrong), 0));
}

#[test]
fn an_account_password_costs_argon2_once() {
    let house = house();
    let (first, _) = ask(&house, &basic("alice", PASSWORD));
    let first = first.unwrap();
    assert_eq!((first.principal.name.as_str(), first.means), ("alice", Means::Password));
    assert!(first.scope.contains(Scope::WRITE | Scope::CALENDARS) && !first.scope.contains(Scope::ADMINISTRATION));

    // Another instance: with the hash gone only the cache can know the password.
    house.rows.borrow_mut()[0].1.hash = None;
    let (second, trips) = ask(&house, &basic("Alice", PASSWORD));
    assert_eq!((second, trips), (Ok(first), 2));

    // The same instance: nothing is asked.
    house.trips.set(0);
    assert!(authenticate(&house, &basic("Alice", PASSWORD)).is_ok());
    assert_eq!(house.trips.get(), 0);
}

#[test]
fn the_cache_holds_nothing_usable_and_ends_with_the_password() {
    let house = house();
    ask(&house, &basic("alice", PASSWORD)).0.unwrap();
    let cached: Vec<_> = house.cache.borrow().iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(cached.len(), 1);
    assert!(!cached[0].contains(PASSWORD) && !cached[0].contains("argon2"));
    house
        .apply(&[Change::SetPassword((1, password::hash("another one", &password::parameters(&house)).unwrap()))])
        .unwrap();
    assert_eq!(ask(&house, &basic("alice", PASSWORD)).0, Err(Refusal::Wrong));
    assert!(ask(&house, &basic("alice", "another one")).0.is_ok());
    // Bob's id and version with Alice's entry would be another key: nobody gets in by somebody else's entry.
    assert_eq!(ask(&house, &basic("bob", "another one")).0, Err(Refusal::Wrong));
}

#[test]
fn without_a_server_secret_passwords_work_and_nothing_is_cached() {
    let house = House::new().without_setting("server_secret").with_account("alice", PASSWORD);
    assert!(ask(&house, &basic("alice", PASSWORD)).0.is_ok());
    assert_eq!(ask(&house, &basic("alice", "wrong one")).0, Err(Refusal::Wrong));
    assert!(house.cache.borrow().is_empty());
    let secret = Secret::mint(CredentialKind::AppPassword).unwrap().reveal();
    assert_eq!(ask(&house, &basic("alice", &secret)).0, Err(Refusal::Wrong));
}

#[test]
fn a_wrong_password_and_an_unknown_account_do_the_same() {
    let house = house();
    house.change("bob", |bob| bob.disabled = true);
    let known = ask(&house, &basic("alice", "wrong one"));
    assert_eq!(known.0, Err(Refusal::Wrong));
    assert_eq!(ask(&house, &basic("nobody", "wrong one")), known);
    assert_eq!(ask(&house, &basic("bob", "the password of bob")), known, "disabled");
    house.rows.borrow_mut()[0].1.hash = None;
    assert_eq!(ask(&house, &basic("alice", "wrong one")), known, "no password");
    assert!(house.cache.borrow().is_empty());
}

#[test]
fn groups_do_not_sign_in() {
    let house = house();
    house.change("alice", |alice| alice.kind = PrincipalKind::Group);
    assert_eq!(ask(&house, &basic("alice", PASSWORD)).0, Err(Refusal::Wrong));
}

#[test]
fn failures_slow_down_and_success_forgets_them() {
    let house = house();
    for _ in 0..6 {
        assert_eq!(ask(&house, &basic("alice", "wrong one")).0, Err(Refusal::Wrong));
    }
    assert_eq!(ask(&house, &basic("alice", PASSWORD)), (Err(Refusal::Throttled(2)), 1));
    assert_eq!(ask(&house, &basic("nobody", "x")).0, Err(Refusal::Wrong), "another name goes on");
    let later = Evidence { now: NOW + 2, ..basic("alice", PASSWORD) };
    assert!(ask(&house, &later).0.is_ok());
    let failed = |subject: &String| !subject.contains(' ');
    assert_eq!(house.attempts.borrow().keys().filter(|subject| failed(subject)).collect::<Vec<_>>(), ["name:nobody"]);
}

#[test]
fn guesses_are_counted_before_they_are_made() {
    let house = house();
    // Others that have been counted, and are being hashed.
    for _ in 0..16 {
        house.count_guess(&throttle::guess("alice", Some("192.0.2.7"), NOW)).unwrap();
    }
    assert_eq!(ask(&house, &basic("alice", PASSWORD)).0, Err(Refusal::Throttled(10)));
    assert!(house.attempts.borrow().keys().all(|subject| subject != "name:alice"), "it was not tried");
    assert!(ask(&house, &Evidence { now: NOW + 10, ..basic("alice", PASSWORD) }).0.is_ok());
    // What the cache knows is no guess.
    assert!(ask(&house, &basic("alice", PASSWORD)).0.is_ok());
}

/// A house whose storage counts guesses when it looks an account up.
fn house_that_notes() -> House {
    House { notes_while_reading: true, ..house() }
}

fn guesses(house: &House) -> u32 {
    let guess = throttle::guess("alice", None, NOW);
    house.attempts.borrow().get(&format!("name:{}", guess.name)).map_or(0, |attempts| attempts.failures)
}

#[test]
fn a_look_up_that_counts_saves_a_round_trip() {
    // The account, the cache, what the cache learns; and the guess elsewhere.
    for (house, trips) in [(house_that_notes(), 3), (house(), 4)] {
        let (answer, taken) = ask(&house, &basic("alice", PASSWORD));
        assert!(answer.is_ok());
        assert_eq!((taken, guesses(&house)), (trips, 1));
    }
    let house = house_that_notes();
    let known = ask(&house, &basic("alice", "wrong one"));
    assert_eq!(known, (Err(Refusal::Wrong), 3), "the account, the cache, the failure");
    assert_eq!(ask(&house, &basic("nobody", "wrong one")), known);
}

/// Whatever somebody signs in as, and that is any text, it is not what somebody else's guesses are counted under.
#[test]
fn no_name_is_that_of_anothers_guesses() {
    let house = house();
    let subject = throttle::guess("alice", None, NOW).name;
    let window = NOW / 10;
    for name in [subject, format!("alice {window}"), format!("guess alice {window}"), format!("{window} alice")] {
        assert_eq!(ask(&house, &basic(&name, "wrong one")).0, Err(Refusal::Wrong), "{name}");
        assert_eq!(guesses(&house), 0, "{name}");
    }
}

#[test]
fn a_guess_that_the_look_up_has_not_counted_is_counted_before_it_is_made() {
    let house = house_that_notes();
    for _ in 0..6 {
        assert_eq!(ask(&house, &basic("alice", "wrong one")).0, Err(Refusal::Wrong));
    }
    assert_eq!(guesses(&house), 6);
    assert_eq!(ask(&house, &basic("alice", PASSWORD)), (Err(Refusal::Throttled(2)), 1), "the cache is not asked");
    assert_eq!(guesses(&house), 6, "who has to wait writes nothing");
    let later = Evidence { now: NOW + 2, ..basic("alice", "wrong one") };
    assert_eq!(ask(&house, &later), (Err(Refusal::Wrong), 4));
    assert_eq!(guesses(&house), 7);
}

#[test]
fn what_the_look_up_has_counted_is_bounded() {
    let house = house_that_notes();
    for _ in 0..15 {
        house.count_guess(&throttle::guess("alice", Some("192.0.2.7"), NOW)).unwrap();
    }
    assert!(ask(&house, &basic("alice", PASSWORD)).0.is_ok(), "the sixteenth");
    assert_eq!(ask(&house, &basic("alice", "wrong one")).0, Err(Refusal::Throttled(10)));
    assert!(ask(&house, &basic("alice", PASSWORD)).0.is_ok(), "the cache knows it");
}

#[test]
fn what_an_instance_remembers_is_no_way_around_the_throttle() {
    let house = house();
    ask(&house, &basic("alice", PASSWORD)).0.unwrap();
    let elsewhere = |password| Evidence { remote: Some("198.51.100.1".to_owned()), ..basic("alice", password) };
    for _ in 0..21 {
        let _ = authenticate(&house, &elsewhere("a guess"));
    }
    assert!(matches!(authenticate(&house, &elsewhere(PASSWORD)), Err(Refusal::Throttled(_))), "a guess that is right");
    assert!(authenticate(&house, &basic("alice", PASSWORD)).is_ok(), "where it was right before");
}

#[test]
fn a_password_is_the_same_on_every_keyboard() {
    let house = House::new().with_account("alice", "caf\u{e9}\u{a0}au lait");
    for typed in ["caf\u{e9} au lait", "cafe\u{301} au\u{3000}lait"] {
        assert!(ask(&house, &basic("alice", typed)).0.is_ok(), "{typed:?}");
    }
    assert_eq!(house.cache.borrow().len(), 1, "one password, one entry");
}

#[test]
fn an_address_that_tries_many_names_is_slowed_down_and_no_other() {
    let house = house();
    for number in 0..21 {
        ask(&house, &basic(&format!("name{number}"), "guess")).0.unwrap_err();
    }
    assert_eq!(ask(&house, &basic("alice", PASSWORD)).0, Err(Refusal::Throttled(2)));
    let elsewhere = Evidence { remote: Some("192.0.2.8".to_owned()), ..basic("alice", PASSWORD) };
    assert!(ask(&house, &elsewhere).0.is_ok());
}

#[test]
fn a_right_app_password_works_whatever_others_try() {
    let house = house();
    let app = add(&house, "alice", CredentialKind::AppPassword, Scope::CALENDARS | Scope::ADMINISTRATION, None);
    for _ in 0..50 {
        ask(&house, &basic("alice", "wrong one")).0.unwrap_err();
    }
    let (answer, trips) = ask(&house, &basic("ALICE", &app));
    let recognised = answer.unwrap();
    assert_eq!((recognised.means, recognised.scope, trips), (Means::AppPassword, Scope::CALENDARS, 1));
    assert!(ask(&house, &header(Some(&format!("Bearer {app}")), None)).0.is_ok());
}

#[test]
fn app_passwords_of_others_revoked_expired_or_altered_are_wrong() {
    let house = house();
    let app = add(&house, "alice", CredentialKind::AppPassword, Scope::all(), Some(NOW + 10));
    assert_eq!(ask(&house, &basic("bob", &app)).0, Err(Refusal::Wrong));
    let flipped = if app.ends_with('0') { '1' } else { '0' };
    let altered = format!("{}{flipped}", &app[..app.len() - 1]);
    assert_eq!(ask(&house, &basic("alice", &altered)).0, Err(Refusal::Wrong));
    assert_eq!(ask(&house, &basic("alice", &app.replace("app-", "token-"))).0, Err(Refusal::Wrong));
    assert_eq!(ask(&house, &Evidence { now: NOW + 10, ..basic("alice", &app) }).0, Err(Refusal::Wrong));
    assert!(ask(&house, &basic("alice", &app)).0.is_ok());
    house.change("alice", |alice| alice.disabled = true);
    assert_eq!(ask(&house, &basic("alice", &app)).0, Err(Refusal::Wrong));
    house.change("alice", |alice| alice.disabled = false);
    let id = Secret::read(&app).unwrap().id().to_owned();
    house.apply(&[Change::Revoke(id)]).unwrap();
    assert_eq!(ask(&house, &basic("alice", &app)).0, Err(Refusal::Wrong));
    assert!(house.attempts.borrow().is_empty(), "a stale telephone does not slow its owner down");
}

#[test]
fn a_credential_of_another_server_secret_is_wrong() {
    let mut house = house();
    let app = add(&house, "alice", CredentialKind::AppPassword, Scope::all(), None);
    house.settings.insert("server_secret".to_owned(), "66".repeat(32));
    assert_eq!(ask(&house, &basic("alice", &app)).0, Err(Refusal::Wrong));
}

#[test]
fn use_is_noted_by_the_hour() {
    let house = house();
    let app = add(&house, "alice", CredentialKind::AppPassword, Scope::all(), None);
    let used = || house.credentials.borrow()[0].last_used;
    let at = |now| Evidence { now, ..basic("alice", &app) };
    assert_eq!(ask(&house, &at(NOW + 3599)).1, 1);
    assert_eq!(used(), Some(NOW));
    assert_eq!(ask(&house, &at(NOW + 3600)).1, 2);
    assert_eq!(used(), Some(NOW + 3600));
}

#[test]
fn what_is_remembered_has_yet_to_be_confirmed() {
    let house = house();
    house.standing.set(7);
    let session = add(&house, "alice", CredentialKind::Session, Scope::all(), None);
    let cookie = format!("{}={session}", presented::COOKIE);
    let app = add(&house, "alice", CredentialKind::AppPassword, Scope::all(), None);
    for evidence in [basic("alice", &app), basic("alice", PASSWORD), header(None, Some(&cookie))] {
        let believed = |anew: bool| {
            house.trips.set(0);
            let answer = authenticate(&house, &Evidence { anew, ..evidence.clone() });
            (answer.unwrap().believed, house.trips.get() > 0)
        };
        house.standing.set(7);
        assert_eq!(believed(false), (None, true));
        assert_eq!(believed(false), (Some(7), false));
        house.standing.set(8);
        assert_eq!(believed(false), (Some(7), false), "of what has changed since, it knows nothing");
        assert_eq!(believed(true), (None, true));
        assert_eq!(believed(false), (Some(8), false));
    }
}

#[test]
fn what_is_asked_anew_is_not_believed_for_what_it_was() {
    let house = house();
    let app = add(&house, "alice", CredentialKind::AppPassword, Scope::all(), None);
    let evidence = basic("alice", &app);
    ask(&house, &evidence).0.unwrap();
    house.credentials.borrow_mut().clear();
    assert!(authenticate(&house, &evidence).unwrap().believed.is_some());
    assert_eq!(authenticate(&house, &Evidence { anew: true, ..evidence.clone() }), Err(Refusal::Wrong));
    assert_eq!(authenticate(&house, &evidence), Err(Refusal::Wrong));
}

#[test]
fn an_instance_forgets_after_a_minute() {
    let house = house();
    let app = add(&house, "alice", CredentialKind::AppPassword, Scope::all(), None);
    let trips = |now: i64| {
        house.trips.set(0);
        authenticate(&house, &Evidence { now, ..basic("alice", &app) }).unwrap();
        house.trips.get()
    };
    assert_eq!([trips(NOW), trips(NOW + 59), trips(NOW + 60)], [1, 0, 1]);
}

#[test]
fn a_session_counts_in_a_cookie_and_not_across_sites() {
    let house = house();
    let session = add(&house, "alice", CredentialKind::Session, Scope::all(), Some(NOW + 100));
    let cookie = format!("theme=dark; {}={session}", presented::COOKIE);
    let evidence = header(None, Some(&cookie));
    assert_eq!(ask(&house, &evidence).0.map(|recognised| recognised.means), Ok(Means::Session));
    let crossing = Evidence { cross_site: true, ..evidence.clone() };
    assert_eq!(ask(&house, &crossing), (Err(Refusal::CrossSite), 0));
    // What this instance remembers of the session does not let the other site in.
    ask(&house, &evidence).0.unwrap();
    assert_eq!(authenticate(&house, &crossing), Err(Refusal::CrossSite));
    assert_eq!(ask(&house, &header(Some(&format!("Bearer {session}")), None)).0, Err(Refusal::Wrong));
    let app = add(&house, "alice", CredentialKind::AppPassword, Scope::all(), None);
    assert_eq!(ask(&house, &header(None, Some(&format!("{}={app}", presented::COOKIE)))).0, Err(Refusal::Wrong));
}

/// Browsers send a name and a password again by themselves, and another site's page may have them do it; `Bearer` they
/// never do.
#[test]
fn basic_does_not_count_across_sites_and_bearer_does() {
    let house = house();
    let app = add(&house, "alice", CredentialKind::AppPassword, Scope::all(), None);
    for evidence in [basic("alice", PASSWORD), basic("alice", &app), basic("alice", "a guess"), basic("alice", "app-x")]
    {
        let crossing = Evidence { cross_site: true, ..evidence.clone() };
        assert_eq!(ask(&house, &crossing), (Err(Refusal::CrossSite), 0), "nothing is tried");
        // What this instance remembers does not let the other site in.
        let _ = ask(&house, &evidence);
        assert_eq!(authenticate(&house, &crossing), Err(Refusal::CrossSite));
    }
    let bearer = Evidence { cross_site: true, ..header(Some(&format!("bearer {app}")), None) };
    assert!(ask(&house, &bearer).0.is_ok());
    let wrong = Evidence { cross_site: true, ..header(Some("Bearer nonsense"), None) };
    assert_eq!(ask(&house, &wrong).0, Err(Refusal::Wrong));
    assert_eq!(ask(&house, &Evidence { cross_site: true, ..header(None, None) }).0, Err(Refusal::Missing));
}

#[test]
fn weaker_hashes_are_made_anew_at_sign_in() {
    let mut house = house();
    house.settings.insert("argon2".to_owned(), "m=128,t=2,p=1".to_owned());
    ask(&house, &basic("alice", PASSWORD)).0.unwrap();
    let stored = house.password("alice");
    assert!(stored.hash.unwrap().contains("m=128,t=2,p=1"));
    assert_eq!(stored.version, 1, "the password is the same");
    house.cache.borrow_mut().clear();
    assert!(ask(&house, &basic("alice", PASSWORD)).0.is_ok());
}

#[test]
fn storage_out_of_order_lets_nobody_in() {
    let house = house();
    let app = add(&house, "alice", CredentialKind::AppPassword, Scope::all(), None);
    house.broken.set(true);
    for password in [PASSWORD, &app] {
        let failure = Failure::Unavailable("out of order".to_owned());
        assert_eq!(ask(&house, &basic("alice", password)).0, Err(Refusal::Failure(failure)));
    }
}
