//! Changes since a change number (RFC 6578), removals among them.

use crate::world::*;

/// The names of what has changed and of what was removed.
fn names(view: &View) -> (Vec<&str>, Vec<&str>) {
    let changed = view.resources.iter().map(|resource| resource.name.as_str()).collect();
    (changed, view.removed.iter().map(|tombstone| tombstone.name.as_str()).collect())
}

pub fn only_what_changed_is_told_in_the_order_of_changes(world: &World<'_>) {
    let since = |seq| world.since(&world.calendar("work"), seq, None);
    for name in ["c", "a", "b"] {
        world.store(world.work, name, name);
    }
    assert_eq!(names(&since(0)), (vec!["c", "a", "b"], vec![]));
    world.store(world.work, "c", "again");
    world.apply(vec![delete(world.work, "a")]).unwrap();
    assert_eq!(names(&since(3)), (vec!["c"], vec!["a"]));
    assert_eq!(names(&since(0)), (vec!["b", "c"], vec![]), "the present state has no removals");
    assert_eq!(names(&since(5)), (vec![], vec![]));
    world.store(world.work, "a", "back");
    assert_eq!(names(&since(3)), (vec!["c", "a"], vec![]), "what is there again is not removed");
}

pub fn a_limit_cuts_changes_and_removals_together_and_nothing_is_lost(world: &World<'_>) {
    let since = |seq, limit| world.since(&world.calendar("work"), seq, Some(limit));
    for name in ["a", "b", "c", "d", "e"] {
        world.store(world.work, name, name);
    }
    world.apply(vec![delete(world.work, "b"), delete(world.work, "d")]).unwrap();
    world.store(world.work, "a", "2");
    let (mut seq, mut changed, mut removed) = (1, vec![], vec![]);
    loop {
        let view = since(seq, 2);
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
    assert!(!since(1, 5).truncated, "a limit that is just met leaves nothing out");
    assert!(since(1, 0).truncated);
}
