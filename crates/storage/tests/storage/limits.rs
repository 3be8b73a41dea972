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
    let set: Vec<Property> = (0..300).map(|number| property(&format!("p{number}"), &"x".repeat(500))).collect();
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
