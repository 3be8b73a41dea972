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
        changed.extend(view.resources.into_iter().map(|resource| (resource.name, resource.body.unwrap().to_vec())));
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

pub fn tags_say_what_resources_say(world: &World<'_>) {
    // So that there are some before the 512th change and some after it.
    for round in 0..4 {
        let puts = (0..140).map(|number| Operation::Put(put(world.work, &format!("{number}"), format!("{round}"))));
        world.apply(puts.collect()).unwrap();
    }
    world.apply((0..140).step_by(9).map(|number| delete(world.work, &format!("{number}"))).collect()).unwrap();
    let place = world.calendar("work");
    let mut all = world.view(&place).resources;
    all.sort_by_key(|resource| resource.seq);
    assert_eq!(all.len(), 124);
    assert_eq!(world.tags(Selection::All).tags, tags(&all));
    for (seq, limit) in [(0, None), (0, Some(100)), (480, None), (505, Some(20)), (505, Some(0)), (576, Some(1))] {
        let (whole, brief) = (world.since(&place, seq, limit), world.tags(Selection::Since(Since { seq, limit })));
        assert_eq!(brief.tags, tags(&whole.resources), "{seq} {limit:?}");
        assert_eq!((brief.removed, brief.truncated), (whole.removed, whole.truncated), "{seq} {limit:?}");
        assert!(brief.resources.is_empty(), "{seq} {limit:?}");
    }
}

fn tags(resources: &[Resource]) -> Vec<Tag> {
    let tag = |resource: &Resource| {
        let Resource { name, etag, seq, .. } = resource.clone();
        Tag { name, etag, seq }
    };
    resources.iter().map(tag).collect()
}
