//! A UID is in a collection once (RFC 4791 §4.1).

pub use super::preconditions::nothing;
use crate::world::*;

pub fn a_uid_is_in_a_collection_once(world: &World<'_>) {
    let (work, other) = (world.work, world.create(&world.calendar("other")));
    let conflict = |name: &str| Err(Rejection::UidConflict(name.into()));
    world.apply(vec![Operation::Put(event(work, "a", "u1")), Operation::Put(event(other, "b", "u1"))]).unwrap();
    assert_eq!(world.apply(vec![Operation::Put(event(work, "c", "u1"))]), conflict("a"));
    assert_eq!(world.apply(vec![Operation::Copy(transfer((work, "a"), (work, "c")))]), conflict("a"));
    assert_eq!(world.apply(vec![Operation::Move(transfer((work, "a"), (other, "c")))]), conflict("b"));
    let twice = vec![Operation::Put(event(work, "x", "u2")), Operation::Put(event(work, "y", "u2"))];
    assert_eq!(world.apply(twice), conflict("x"));
    // The same resource may keep its UID, get another one, and be replaced by one with the same.
    world.apply(vec![Operation::Put(event(work, "a", "u1"))]).unwrap();
    world.apply(vec![Operation::Move(transfer((work, "a"), (other, "b")))]).unwrap();
    let names: Vec<String> = world.view(&world.calendar("other")).resources.into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["b"]);
}

pub fn store_the_same(world: &World<'_>, writer: u32) {
    for round in 0..10 {
        let put = event(world.work, &format!("{round}-{writer}"), &format!("u{round}"));
        let stored = world.apply(vec![Operation::Put(put)]);
        assert!(matches!(stored, Ok(()) | Err(Rejection::UidConflict(_))), "{stored:?}");
    }
}

pub fn of_several_bodies_with_one_uid_one_is_stored(world: &World<'_>) {
    let mut uids: Vec<String> =
        world.view(&world.calendar("work")).resources.into_iter().filter_map(|resource| resource.uid).collect();
    uids.sort();
    assert_eq!(uids, (0..10).map(|round| format!("u{round}")).collect::<Vec<_>>());
    assert_eq!(world.work().seq, 10, "a refused one has no number");
}
