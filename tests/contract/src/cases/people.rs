//! Who is told of beside what is read, and who has a collection by a share.

use crate::interfaces::accounts::{Change, NewPrincipal};
use crate::world::*;

/// A group with the run's name in its own; returns its number.
fn group(world: &World<'_>, name: &str) -> u64 {
    let name = world.named(name);
    world.change(Change::Create(NewPrincipal { kind: PrincipalKind::Group, ..user(&name) }));
    world.people(Selector::Names(vec![name]))[0].id
}

pub fn people_are_told_of_with_what_is_read(world: &World<'_>) {
    let (inner, outer) = (group(world, "inner"), group(world, "outer"));
    for (group, member) in [(inner, world.ann), (inner, world.bob), (outer, inner)] {
        world.change(Change::Join((group, member)));
    }
    let [ann, bob] = ["ann", "bob"].map(|name| world.named(name));
    let wanted = [bob.clone(), "nobody of this name".to_owned(), ann.clone()];
    let place = world.calendar("work");
    let found = world.survey(place, Some(Selector::Names(wanted.into())), vec![inner, world.ann]);
    assert_eq!(found.snapshot.views[0].collection.as_ref().map(|work| work.id), Some(world.work));
    let names: Vec<&str> = found.principals.iter().map(|principal| principal.name.as_str()).collect();
    assert_eq!(names, [ann.as_str(), bob.as_str()]);
    let mut told: Vec<(u64, bool, u64)> =
        found.relations.iter().map(|one| (one.of, one.is_member, one.principal.id)).collect();
    let mut expected = vec![
        (inner, false, outer),
        (inner, true, world.ann),
        (inner, true, world.bob),
        (world.ann, false, inner),
        (world.ann, false, outer),
    ];
    told.sort_unstable();
    expected.sort_unstable();
    assert_eq!(told, expected);
    let known = [format!("{}@EXAMPLE.org", bob.to_uppercase()), ann];
    assert_eq!(world.people(Selector::KnownAs(known.into())).len(), 2);
    assert!(world.survey(world.calendar(""), None, vec![]).principals.is_empty());
}

pub fn who_leaves_a_share_has_it_no_more_or_nothing_changes(world: &World<'_>) {
    let group = group(world, "team");
    world.change(Change::Join((group, world.bob)));
    let share = |principal| Operation::Share((world.work, principal, Access::Read));
    world.apply(vec![share(world.bob), share(group)]).unwrap();
    let leave = || world.operate(world.bob, vec![Operation::Leave((world.work, NOW))]);
    let sees = || world.guard(world.bob, Guard::Access((world.work, Access::Read)));
    assert_eq!(leave(), Err(Rejection::Denied), "the group has it still");
    world.change(Change::Leave((group, world.bob)));
    assert_eq!(sees(), Ok(()), "what was refused has changed nothing");
    assert_eq!(leave(), Ok(()));
    assert_eq!(sees(), Err(Rejection::Denied));
}
