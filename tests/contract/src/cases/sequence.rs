//! Change numbers.

pub use super::preconditions::nothing;
use crate::world::*;

/// What each of the writers stores.
const EACH: u32 = 25;

pub fn an_update_raises_the_number_and_keeps_when_it_was_made(world: &World<'_>) {
    world.store(world.work, "a.ics", "one");
    world.apply(vec![Operation::Put(Put { now: 2 * NOW, ..put(world.work, "a.ics", "three") })]).unwrap();
    let view = world.view(&world.calendar("work"));
    let resource = &view.resources[0];
    assert_eq!((resource.created, resource.modified, resource.seq, resource.size), (NOW, 2 * NOW, 2, 5));
    let collection = view.collection.unwrap();
    assert_eq!((collection.members, collection.bytes, collection.modified), (1, 5, 2 * NOW));
}

pub fn write_many(world: &World<'_>, writer: u32) {
    for number in 0..EACH {
        let name = format!("{writer}-{number}");
        world.apply(vec![Operation::Put(event(world.work, &name, &name))]).unwrap();
    }
}

pub fn change_numbers_have_neither_gap_nor_repetition(world: &World<'_>) {
    let view = world.view(&world.calendar("work"));
    let mut numbers: Vec<u64> = view.resources.iter().map(|resource| resource.seq).collect();
    numbers.sort_unstable();
    let all = u64::from(6 * EACH);
    assert_eq!(numbers, (1..=all).collect::<Vec<u64>>());
    let collection = view.collection.unwrap();
    assert_eq!((collection.seq, collection.members), (all, all));
}
