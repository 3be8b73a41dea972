//! Changes since a change number (RFC 6578).

use crate::sqlite::Sqlite;
use crate::support::*;

const DAY: i64 = 86_400;

fn since(world: &World, seq: u64, limit: Option<u32>) -> View {
    let selection = Selection::Since(Since { seq, limit });
    world.look(ANN, Lookup { place: calendars("ann", "work"), selection, detail: Detail::BODIES })
}

/// The names of what has changed and of what was removed.
fn names(view: &View) -> (Vec<&str>, Vec<&str>) {
    let changed = view.resources.iter().map(|resource| resource.name.as_str()).collect();
    (changed, view.removed.iter().map(|tombstone| tombstone.name.as_str()).collect())
}

fn delete(collection: u64, name: &str, now: i64) -> Operation {
    Operation::Delete((member(collection, name), now))
}

#[test]
fn removals_are_forgotten_in_time_and_tokens_with_them() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    for name in ["a", "b", "c", "d"] {
        world.store(work, name, name);
    }
    world.apply(vec![delete(work, "a", 0), delete(work, "b", 100 * DAY)]).unwrap();
    assert_eq!(world.collection(ANN, &calendars("ann", "work")).forgotten, 0);
    world.apply(vec![delete(work, "c", 181 * DAY)]).unwrap();
    let view = since(&world, 5, None);
    assert_eq!(view.collection.as_ref().unwrap().forgotten, 5);
    assert_eq!(names(&view).1, ["b", "c"]);
    world.apply(vec![delete(work, "d", 1000 * DAY)]).unwrap();
    let view = since(&world, 7, None);
    assert_eq!((view.collection.as_ref().unwrap().forgotten, names(&view).1), (7, vec!["d"]));
}

/// Where a database takes texts of any length, they come with the place in one statement.
#[test]
fn changes_that_come_with_the_place_are_the_same() {
    let world = World::new();
    let (work, folder) = (world.id(&calendars("ann", "work")), world.create(&files("ann", "plans")));
    world.create(&files("ann", "plans/deep"));
    for (collection, name) in [(work, "a"), (work, "b"), (work, "c"), (folder, "b"), (folder, "c")] {
        world.store(collection, name, name);
    }
    world.apply(vec![delete(work, "c", 0), delete(work, "b", 0), delete(folder, "c", 0)]).unwrap();
    world.store(work, "b", "again");
    let access = Access::Read;
    world.apply(vec![Operation::Share((work, BOB, access)), Operation::Share((folder, BOB, access))]).unwrap();
    let (lent, lent_folder) = (format!("shared~{work}"), format!("shared~{folder}"));
    let places = [
        (ANN, calendars("ann", "work"), 2),
        (BOB, calendars("bob", &lent), 2),
        (BOB, calendars("ann", "work"), 2),
        (ANN, calendars("ann", "none"), 0),
        (ANN, calendars("nobody", "work"), 0),
        (ANN, files("ann", "plans"), 1),
        (BOB, files("bob", &lent_folder), 1),
        (ANN, files("ann", "plans/b"), 0),
        (ANN, files("ann", "plans/deep"), 0),
    ];
    for (asker, place, count) in places {
        let told = |seq, unbounded, others| {
            world.database.unbounded.set(unbounded);
            let selection = Selection::Since(Since { seq, limit: None });
            let view = world.look(asker, Lookup { place: place.clone(), selection, detail: Detail::TAGS | others });
            (view, world.database.statements())
        };
        for seq in 1..6 {
            for others in [Detail::empty(), Detail::BODIES | Detail::LOCKS] {
                let (apart, _) = told(seq, false, others);
                let (together, statements) = told(seq, true, others);
                assert_eq!(together, apart, "{asker} {place:?} {seq}");
                assert_eq!(statements, 1 + usize::from(others.contains(Detail::LOCKS)), "{place:?}");
            }
        }
        let (first, _) = told(1, true, Detail::empty());
        assert_eq!(first.tags.len() + first.removed.len(), count, "{asker} {place:?}");
    }
}

#[test]
fn the_cost_is_that_of_the_changes() {
    let sqlite = Sqlite::new();
    let plan = |columns: &str, table: &str| {
        let sql =
            format!("EXPLAIN QUERY PLAN SELECT {columns} FROM {table} WHERE collection = 1 AND seq > 5 ORDER BY seq");
        sqlite.connection.query_row(&sql, [], |row| row.get::<_, String>(3)).unwrap()
    };
    let plans = [
        ("name", "tombstone", "USING COVERING INDEX tombstone_seq (collection=? AND seq>?)"),
        ("name, etag, body", "resource", "USING INDEX resource_listing (collection=? AND seq>?)"),
        // Tags do not cost what the bodies beside them in the rows would.
        ("name, etag, seq", "resource", "USING COVERING INDEX resource_listing (collection=? AND seq>?)"),
    ];
    for (columns, table, expected) in plans {
        let plan = plan(columns, table);
        assert!(plan.contains(expected), "{plan}");
    }
}
