//! Guards are part of the atomic write.

use crate::world::*;

pub fn nothing(_: &World<'_>) {}

pub fn entity_tags_hold_or_nothing_is_written(world: &World<'_>) {
    let guarded = |etag, body: &str| {
        let guard = Guard::Unchanged((member(world.work, "a"), etag));
        world.guarded(vec![guard], vec![Operation::Put(put(world.work, "a", body))])
    };
    assert_eq!(guarded(Some(tag("one")), "one"), Err(Rejection::Changed));
    assert_eq!(guarded(None, "one"), Ok(()));
    assert_eq!(guarded(None, "two"), Err(Rejection::Changed));
    assert_eq!(guarded(Some(tag("two")), "three"), Err(Rejection::Changed));
    assert_eq!(guarded(Some(tag("one")), "three"), Ok(()));
    assert_eq!(world.work().seq, 2);
}

pub fn every_guard_that_does_not_hold_takes_the_write_back(world: &World<'_>) {
    world.store(world.work, "a", "one");
    world.limit(10);
    let lock = Lock {
        token: format!("urn:uuid:{}", world.work().id),
        root: world.calendar("work/a"),
        principal: world.bob,
        exclusive: true,
        deep: false,
        owner_xml: String::new(),
        expires: i64::from(u32::MAX),
    };
    world.apply(vec![Operation::Lock(lock.clone())]).unwrap();
    let unlocked = |tokens: Vec<String>| {
        Guard::Unlocked(Unlocked { place: world.calendar("work/a"), deep: false, tokens, now: NOW })
    };
    let broken = [
        (Guard::Unchanged((member(world.work, "a"), None)), Rejection::Changed),
        (unlocked(vec![]), Rejection::Locked),
        (Guard::Vacant(world.calendar("work/a")), Rejection::Occupied),
        (Guard::Vacant(world.calendar("work")), Rejection::Occupied),
        (Guard::Room((world.work, 8)), Rejection::NoRoom),
        (Guard::AtChange((world.work, 2)), Rejection::Changed),
        (Guard::Access((u64::from(u32::MAX), Access::Read)), Rejection::Gone),
    ];
    for (guard, rejection) in broken {
        // Wherever it stands among others, and whatever the write would do before its guards could be looked at.
        let guards = vec![Guard::Unchanged((member(world.work, "b"), None)), guard];
        let operations = vec![Operation::Put(put(world.work, "b", "two")), delete(world.work, "a")];
        assert_eq!(world.guarded(guards, operations), Err(rejection));
        assert_eq!(world.names(Selection::All), ["a"]);
    }
    assert_eq!(world.guard(world.bob, Guard::Access((world.work, Access::Read))), Err(Rejection::Denied));
    assert_eq!(world.guard(world.ann, unlocked(vec![lock.token.clone()])), Ok(()));
    assert_eq!(world.guard(world.ann, Guard::AtChange((world.work, 1))), Ok(()));
    assert_eq!(world.work().seq, 1);
}

pub fn a_failure_takes_all_of_a_write_back(world: &World<'_>) {
    let both = vec![Operation::Put(put(world.work, "a", "one")), delete(world.work, "b")];
    assert_eq!(world.apply(both), Err(Rejection::Gone));
    assert_eq!((world.work().seq, world.work().members), (0, 0));
}

pub fn create_the_same(world: &World<'_>, writer: u32) {
    for round in 0..5 {
        let name = round.to_string();
        let guard = Guard::Unchanged((member(world.work, &name), None));
        let stored = world.guarded(vec![guard], vec![Operation::Put(put(world.work, &name, writer.to_string()))]);
        assert!(matches!(stored, Ok(()) | Err(Rejection::Changed)), "{stored:?}");
    }
}

pub fn of_several_that_create_one_does(world: &World<'_>) {
    let work = world.work();
    assert_eq!((work.seq, work.members), (5, 5), "who came second has written nothing");
}
