//! How much an owner may hold.

use crate::world::*;

/// What the writers have to share, in bytes, and how large what each of them stores is.
const QUOTA: u64 = 1000;
const SIZE: u64 = 100;

pub fn a_quota_is_kept(world: &World<'_>) {
    let room = |bytes| world.guard(world.ann, Guard::Room((world.work, bytes)));
    world.store(world.work, "a", "123456");
    assert_eq!(world.principal("ann").used, 6);
    assert_eq!(room(1 << 40), Ok(()), "no limit");
    world.limit(10);
    assert_eq!((room(4), room(5)), (Ok(()), Err(Rejection::NoRoom)));
    let room_for = |name: Option<&str>, to: &str| {
        let arrival = Arrival { collection: world.work, name: name.map(str::to_owned), to: world.calendar(to) };
        world.guard(world.ann, Guard::RoomFor(arrival))
    };
    assert_eq!(
        (room_for(Some("a"), "work/b"), room_for(None, "copy")),
        (Err(Rejection::NoRoom), Err(Rejection::NoRoom))
    );
    assert_eq!((room_for(Some("a"), "work/a"), room_for(None, "work")), (Ok(()), Ok(())), "as much goes as comes");
    world.apply(vec![delete(world.work, "a")]).unwrap();
    assert_eq!((room(10), room(11)), (Ok(()), Err(Rejection::NoRoom)));
    assert_eq!(world.principal("ann").used, 0);
}

pub fn four_calendars(world: &World<'_>) {
    world.limit(QUOTA);
    for number in 0..4 {
        world.create(&world.calendar(&number.to_string()));
    }
}

/// Each has a calendar to itself, and the quota with the others.
pub fn fill(world: &World<'_>, writer: u32) {
    let own = world.id(&world.calendar(&writer.to_string()));
    for number in 0..10 {
        let put = put(own, &number.to_string(), "x".repeat(SIZE as usize));
        let stored = world.guarded(vec![Guard::Room((own, SIZE))], vec![Operation::Put(put)]);
        assert!(matches!(stored, Ok(()) | Err(Rejection::NoRoom)), "{stored:?}");
    }
}

pub fn a_quota_holds_over_all_collections(world: &World<'_>) {
    assert_eq!(world.principal("ann").used, QUOTA);
    let all = (0..4).map(|number| world.collection(&world.calendar(&number.to_string())).members);
    assert_eq!(all.sum::<u64>(), QUOTA / SIZE);
}
