//! The limits of D1. Every statement of every test runs within them (see `support`); these tests see to it that the
//! database really enforces them, and push at them.

use kalends_storage::{Database, Kind, Statement, Value};

use crate::sqlite::Sqlite;
use crate::support::*;

#[test]
fn the_database_refuses_what_d1_refuses() {
    let sqlite = Sqlite::new();
    let refused = |sql: &str| sqlite.connection.prepare(sql).is_err();
    assert!(refused("SELECT ?101"));
    assert!(refused(&format!("SELECT '{}'", "x".repeat(100_000))));
    assert!(refused("SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6"));
    assert!(refused(&format!("SELECT {}", vec!["1"; 101].join(","))));
}

#[test]
fn a_write_of_many_resources_and_a_read_of_all_of_them() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    let puts = (0..1000).map(|number| Operation::Put(event(work, &format!("{number}.ics"), &format!("u{number}"))));
    world.apply(puts.collect()).unwrap();
    let names: Vec<String> = (0..1000).map(|number| format!("{number}.ics")).collect();
    assert_eq!(world.names(ANN, &calendars("ann", "work"), Selection::Names(names)).len(), 1000);
    assert_eq!(world.collection(ANN, &calendars("ann", "work")).seq, 1000);
}

#[test]
fn many_properties_shares_tokens_and_long_paths() {
    use kalends_storage::bindings::exports::kalends::dav::accounts::Change;
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    let set: Vec<Property> = (0..300).map(|number| property(&format!("p{number}"), &"x".repeat(200))).collect();
    let patch = Proppatch { subject: Subject::Collection(work), set, remove: vec![], now: 1000 };
    world.apply(vec![Operation::Proppatch(patch)]).unwrap();
    for number in 0..150 {
        world.change(Change::Create(user(&format!("user{number}")))).unwrap();
        world.apply(vec![Operation::Share((work, 3 + number, Access::Read))]).unwrap();
    }
    let collection = world.collection(ANN, &calendars("ann", "work"));
    assert_eq!((collection.properties.len(), collection.shares.len()), (300, 150));
    let tokens = (0..300).map(|number| format!("urn:uuid:{number}")).collect();
    let place = files("ann", &"segment/".repeat(400));
    assert_eq!(world.guard(ANN, Guard::Unlocked(Unlocked { place, deep: true, tokens, now: 0 })), Ok(()));
}

/// Whoever lists a home reads the properties of all its collections at once, and those of what others share.
#[test]
fn what_has_properties_has_a_bounded_number_of_octets_of_them() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    world.store(work, "a", "one");
    world.apply(vec![Operation::Share((work, BOB, Access::Read))]).unwrap();
    let member = Subject::Member(member(work, "a"));
    for subject in [Subject::Collection(work), Subject::Personal(work), Subject::Home(Home::Calendars), member] {
        let set = |set| {
            let patch = Proppatch { subject: subject.clone(), set, remove: vec![], now: 1000 };
            world.guarded(BOB, vec![], vec![Operation::Proppatch(patch)])
        };
        let large = |name: &str| vec![property(name, &"\u{eb}".repeat(15_000))];
        set(large("p1")).unwrap();
        set(large("p2")).unwrap();
        assert_eq!(set(large("p3")), Err(Rejection::NoRoom), "{subject:?}");
        set(large("p2")).unwrap();
        set(vec![property("p1", "1"), property("p2", "2")]).unwrap();
        let many = |count: usize| (0..count).map(|number| property(&format!("p{number}"), "0")).collect();
        set(many(500)).unwrap();
        assert_eq!(set(many(501)), Err(Rejection::NoRoom), "{subject:?}");
    }
    let Operation::CreateCollection((mut new, now)) = create(&calendars("ann", "rest")) else { panic!() };
    new.properties = vec![property("p1", &"x".repeat(140_000))];
    assert_eq!(world.apply(vec![Operation::CreateCollection((new, now))]), Err(Rejection::NoRoom));
}

#[test]
fn the_resources_of_a_collection_have_a_bounded_number_of_octets_of_properties() {
    let world = World::new();
    let [work, rest] = ["work", "rest"].map(|name| match name {
        "work" => world.id(&calendars("ann", name)),
        _ => world.create(&calendars("ann", name)),
    });
    let set = |collection, name: &str, octets: usize| {
        let set = vec![property("large", &"x".repeat(octets))];
        let patch = Proppatch { subject: Subject::Member(member(collection, name)), set, remove: vec![], now: 1000 };
        world.apply(vec![Operation::Proppatch(patch)])
    };
    for number in 0..256 {
        world.store(work, &number.to_string(), "one");
        set(work, &number.to_string(), 65_508).unwrap();
    }
    world.store(work, "plain", "one");
    assert_eq!(set(work, "plain", 10_000), Err(Rejection::NoRoom));
    set(work, "plain", 5_000).unwrap();
    world.store(rest, "more", "two");
    set(rest, "more", 10_000).unwrap();
    let to_work = || transfer((rest, "more"), (work, "more"));
    assert_eq!(world.apply(vec![Operation::Copy(to_work())]), Err(Rejection::NoRoom));
    assert_eq!(world.apply(vec![Operation::Move(to_work())]), Err(Rejection::NoRoom));
    world.store(rest, "none", "three");
    world.apply(vec![Operation::Move(transfer((rest, "none"), (work, "none")))]).unwrap();
    world.apply(vec![Operation::Delete((member(work, "0"), 1000)), Operation::Move(to_work())]).unwrap();
}

#[test]
fn a_batch_that_fails_leaves_nothing() {
    let sqlite = Sqlite::new();
    let statements = vec![
        Statement::new("INSERT INTO attempt (subject, failures, last) VALUES (?1, 1, 0)", [Value::from("k")]),
        Statement::new("INSERT INTO guard (changed) VALUES (NULL)", []),
    ];
    assert!((&sqlite).batch(Kind::Write, statements).is_err());
    assert_eq!(sqlite.number("SELECT count(*) FROM attempt"), 0);
}
