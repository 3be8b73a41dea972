//! Moves between collections.

use crate::world::*;

/// How often each writer moves to and fro.
const TIMES: u32 = 10;

pub fn what_is_moved_keeps_its_properties_and_leaves_a_tombstone(world: &World<'_>) {
    let (work, other) = (world.work, world.create(&world.calendar("other")));
    let patch = Proppatch {
        subject: Subject::Member(member(work, "a")),
        set: vec![property("note", "<note/>"), property("other", "<other/>")],
        remove: vec![],
        now: NOW,
    };
    world.store(work, "a", "one");
    world.store(other, "b", "what is replaced");
    world.apply(vec![Operation::Proppatch(patch)]).unwrap();
    let before = world.work().seq;
    world.apply(vec![Operation::Move(transfer((work, "a"), (other, "b")))]).unwrap();
    let view = world.view(&world.calendar("other"));
    let [moved] = view.resources.as_slice() else { panic!("{:?}", view.resources) };
    assert_eq!((moved.name.as_str(), moved.properties.len(), moved.seq), ("b", 2, 2));
    assert_eq!(moved.body.as_deref(), Some(b"one".as_slice()));
    let removed = world.since(&world.calendar("work"), before, None).removed;
    assert_eq!(removed, [Tombstone { name: "a".into(), seq: before + 1 }]);
    // Within a collection the name that was left is removed, and the new one changed.
    world.apply(vec![Operation::Move(transfer((other, "b"), (other, "c")))]).unwrap();
    let view = world.since(&world.calendar("other"), 2, None);
    assert_eq!((view.removed[0].name.as_str(), view.resources[0].name.as_str()), ("b", "c"));
}

pub fn a_transfer_onto_itself_changes_nothing(world: &World<'_>) {
    world.store(world.work, "a", "one");
    let to_itself = || transfer((world.work, "a"), (world.work, "a"));
    world.apply(vec![Operation::Copy(to_itself()), Operation::Move(to_itself())]).unwrap();
    assert_eq!((world.work().seq, world.work().members), (1, 1));
}

pub fn two_ends(world: &World<'_>) {
    world.create(&world.calendar("other"));
}

pub fn to_and_fro(world: &World<'_>, writer: u32) {
    let (work, other) = (world.work, world.id(&world.calendar("other")));
    // Half of them begin at the other end.
    let (from, to) = if writer.is_multiple_of(2) { (work, other) } else { (other, work) };
    let name = format!("{writer}.ics");
    world.apply(vec![Operation::Put(event(from, &name, &name))]).unwrap();
    for _ in 0..TIMES {
        world.apply(vec![Operation::Move(transfer((from, &name), (to, &name)))]).unwrap();
        world.apply(vec![Operation::Move(transfer((to, &name), (from, &name)))]).unwrap();
    }
}

pub fn moves_to_and_fro_lose_nothing(world: &World<'_>) {
    for path in ["work", "other"] {
        let view = world.view(&world.calendar(path));
        let collection = view.collection.unwrap();
        assert_eq!((collection.members, view.resources.len()), (2, 2));
        // Of its own two it has told TIMES departures and arrivals each, and one creation; of the others' the same
        // without the creation.
        assert_eq!(collection.seq, u64::from(2 * (1 + 2 * TIMES) + 2 * 2 * TIMES));
    }
}
