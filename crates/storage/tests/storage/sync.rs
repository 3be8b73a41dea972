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
fn only_what_changed_is_told_in_the_order_of_changes() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    for name in ["c", "a", "b"] {
        world.store(work, name, name);
    }
    assert_eq!(names(&since(&world, 0, None)), (vec!["c", "a", "b"], vec![]));
    world.store(work, "c", "again");
    world.apply(vec![delete(work, "a", 1000)]).unwrap();
    assert_eq!(names(&since(&world, 3, None)), (vec!["c"], vec!["a"]));
    assert_eq!(names(&since(&world, 0, None)), (vec!["b", "c"], vec![]), "the present state has no removals");
    assert_eq!(names(&since(&world, 5, None)), (vec![], vec![]));
    world.store(work, "a", "back");
    assert_eq!(names(&since(&world, 3, None)), (vec!["c", "a"], vec![]), "what is there again is not removed");
}

#[test]
fn a_limit_cuts_changes_and_removals_together_and_nothing_is_lost() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    for name in ["a", "b", "c", "d", "e"] {
        world.store(work, name, name);
    }
    world.apply(vec![delete(work, "b", 1000), delete(work, "d", 1000)]).unwrap();
    world.store(work, "a", "2");
    let (mut seq, mut changed, mut removed) = (1, vec![], vec![]);
    loop {
        let view = since(&world, seq, Some(2));
        assert!(view.resources.len() + view.removed.len() <= 2);
        let last = view.resources.iter().map(|resource| resource.seq).chain(view.removed.iter().map(|one| one.seq));
        seq = last.max().unwrap();
        changed.extend(view.resources.into_iter().map(|resource| (resource.name, resource.body.unwrap())));
        removed.extend(view.removed.into_iter().map(|tombstone| tombstone.name));
        if !view.truncated {
            break;
        }
    }
    let bodies = [("c", "c"), ("e", "e"), ("a", "2")];
    assert_eq!(changed, bodies.map(|(name, body)| (name.to_owned(), body.as_bytes().to_vec())));
    assert_eq!(removed, ["b", "d"]);
    assert!(!since(&world, 1, Some(5)).truncated, "a limit that is just met leaves nothing out");
    assert!(since(&world, 1, Some(0)).truncated);
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

#[test]
fn the_cost_is_that_of_the_changes() {
    let sqlite = Sqlite::new();
    let plan = |table: &str| {
        let sql = format!("EXPLAIN QUERY PLAN SELECT name FROM {table} WHERE collection = 1 AND seq > 5 ORDER BY seq");
        sqlite.connection.query_row(&sql, [], |row| row.get::<_, String>(3)).unwrap()
    };
    for table in ["resource", "tombstone"] {
        let plan = plan(table);
        assert!(plan.contains(&format!("{table}_seq (collection=? AND seq>?)")), "{plan}");
    }
}
