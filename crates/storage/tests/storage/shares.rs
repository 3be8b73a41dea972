//! What others may see, and where.

use kalends_storage::bindings::exports::kalends::dav::accounts::{Change, NewPrincipal};

use crate::support::*;

const TEAM: u64 = 3;

fn share(collection: u64, principal: u64, access: Access) -> Operation {
    Operation::Share((collection, principal, access))
}

/// A share that was granted without asking.
fn granted(principal: u64, name: &str, access: Access) -> Share {
    Share {
        principal,
        name: name.into(),
        display_name: name.to_uppercase(),
        email: Some(format!("{name}@example.org")),
        access,
        state: ShareState::Accepted,
        summary: String::new(),
        changed: 0,
        notice: false,
    }
}

/// A world with a group `team` that has no members.
fn with_team() -> World {
    let world = World::new();
    world.change(Change::Create(NewPrincipal { kind: PrincipalKind::Group, ..user("team") })).unwrap();
    world
}

fn sees(world: &World, asker: u64, place: &Place) -> Option<Access> {
    world.view(asker, place).collection.map(|collection| collection.access)
}

#[test]
fn nobody_sees_what_is_not_shared() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    world.store(work, "a", "one");
    for path in ["", "work", "work/a"] {
        let view = world.view(BOB, &calendars("ann", path));
        assert!(view.collection.is_none() && view.resources.is_empty() && view.children.is_empty(), "{path}");
    }
    assert_eq!(world.guard(BOB, Guard::Access((work, Access::FreeBusy))), Err(Rejection::Denied));
    assert_eq!(world.guard(ANN, Guard::Access((work, Access::Owner))), Ok(()));
}

#[test]
fn a_shared_collection_is_in_the_sharees_home_and_in_the_owners() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    world.store(work, "a", "one");
    world.apply(vec![share(work, BOB, Access::Read)]).unwrap();
    let children = world.view(BOB, &calendars("bob", "")).children;
    let [shared] = children.as_slice() else { panic!("{children:?}") };
    assert_eq!(shared.place, calendars("bob", &format!("shared~{work}")));
    assert_eq!((shared.access, shared.owner, shared.owner_name.as_str()), (Access::Read, ANN, "ann"));
    assert!(shared.shares.is_empty(), "only the owner learns with whom");
    for place in [shared.place.clone(), calendars("ann", "work")] {
        let view = world.view(BOB, &place);
        assert_eq!(view.collection.unwrap().place, place);
        assert_eq!(view.resources.len(), 1);
        let inside = Place { path: format!("{}/a", place.path), ..place };
        assert_eq!(world.view(BOB, &inside).resources[0].body.as_deref(), Some(b"one".as_slice()));
    }
    assert_eq!(world.view(BOB, &calendars("ann", "")).children.len(), 1);
    assert_eq!(world.view(ANN, &calendars("ann", "")).children.len(), 1, "it is in no home twice");
    // It is not in other parts of the URL space, nor in the home of anybody else.
    for (asker, place) in [
        (BOB, files("bob", &shared.place.path)),
        (ANN, calendars("ann", &shared.place.path)),
        (ANN, shared.place.clone()),
    ] {
        assert!(world.view(asker, &place).collection.is_none(), "{place:?}");
    }
    let owned = world.collection(ANN, &calendars("ann", "work"));
    assert_eq!(owned.shares, [granted(BOB, "bob", Access::Read)]);
}

#[test]
fn nothing_can_be_made_in_the_way_of_a_shared_collection() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    let there = calendars("bob", &format!("shared~{work}"));
    let make = || world.guarded(BOB, vec![], vec![create(&there)]);
    assert_eq!(make(), Err(Rejection::Gone));
    world.apply(vec![share(work, BOB, Access::Write)]).unwrap();
    assert_eq!(make(), Err(Rejection::Occupied));
    assert_eq!(world.guard(BOB, Guard::Vacant(there)), Err(Rejection::Occupied));
}

#[test]
fn grants_change_and_end() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    let place = calendars("ann", "work");
    for (access, write) in [(Access::Write, Ok(())), (Access::FreeBusy, Err(Rejection::Denied))] {
        world.apply(vec![share(work, BOB, access)]).unwrap();
        assert_eq!(sees(&world, BOB, &place), Some(access));
        assert_eq!(world.guard(BOB, Guard::Access((work, Access::Write))), write);
    }
    world.apply(vec![share(work, BOB, Access::Owner), share(work, ANN, Access::Read)]).unwrap();
    assert_eq!(sees(&world, BOB, &place), Some(Access::Write), "nobody becomes an owner");
    assert_eq!(sees(&world, ANN, &place), Some(Access::Owner));
    world.apply(vec![Operation::Unshare((work, BOB, 3000))]).unwrap();
    assert_eq!(sees(&world, BOB, &place), None);
}

#[test]
fn a_group_shares_with_its_members_and_theirs() {
    let world = with_team();
    world.change(Change::Create(NewPrincipal { kind: PrincipalKind::Group, ..user("all") })).unwrap();
    let work = world.id(&calendars("ann", "work"));
    world.apply(vec![share(work, TEAM + 1, Access::Write), share(work, TEAM, Access::Read)]).unwrap();
    assert_eq!(sees(&world, BOB, &calendars("ann", "work")), None);
    world.change(Change::Join((TEAM, BOB))).unwrap();
    assert_eq!(sees(&world, BOB, &calendars("ann", "work")), Some(Access::Read));
    world.change(Change::Join((TEAM + 1, TEAM))).unwrap();
    assert_eq!(sees(&world, BOB, &calendars("ann", "work")), Some(Access::Write), "the most that is granted");
    assert_eq!(world.view(BOB, &calendars("bob", "")).children.len(), 1, "once, however many grants");
}

#[test]
fn a_sharee_has_properties_of_its_own() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    let patch = |asker, subject, color: &str| {
        let set = vec![property("color", color)];
        let patch = Proppatch { subject, set, remove: vec![], now: 1000 };
        world.guarded(asker, vec![], vec![Operation::Proppatch(patch)]).unwrap();
    };
    world.apply(vec![share(work, BOB, Access::Read)]).unwrap();
    patch(ANN, Subject::Collection(work), "<color>red</color>");
    patch(BOB, Subject::Personal(work), "<color>blue</color>");
    let colors = |asker| world.collection(asker, &calendars("ann", "work")).properties;
    assert_eq!(colors(ANN), [property("color", "<color>red</color>")]);
    assert_eq!(colors(BOB), [property("color", "<color>blue</color>")]);
    world.apply(vec![Operation::Unshare((work, BOB, 3000)), share(work, BOB, Access::Read)]).unwrap();
    assert_eq!(colors(BOB), colors(ANN), "they end with the grant");
}

#[test]
fn a_shared_folder_is_shared_with_all_below_it() {
    let world = World::new();
    for path in ["top", "top/inner", "topmost"] {
        world.create(&files("ann", path));
    }
    let inner = world.id(&files("ann", "top/inner"));
    world.store(inner, "a", "one");
    let top = world.id(&files("ann", "top"));
    world.apply(vec![share(top, BOB, Access::Write)]).unwrap();
    let shared = format!("shared~{top}");
    let children = |path: &str| -> Vec<String> {
        world.view(BOB, &files("bob", path)).children.into_iter().map(|child| child.place.path).collect()
    };
    assert_eq!(children(""), std::slice::from_ref(&shared));
    assert_eq!(children(&shared), [format!("{shared}/inner")]);
    let view = world.view(BOB, &files("bob", &format!("{shared}/inner/a")));
    assert_eq!(view.collection.unwrap().place.path, format!("{shared}/inner"));
    assert_eq!(view.resources.len(), 1);
    assert!(world.view(BOB, &files("ann", "topmost")).collection.is_none());
    // The sharee makes folders there, which are the owner's.
    world.guarded(BOB, vec![], vec![create(&files("bob", &format!("{shared}/inner/new")))]).unwrap();
    assert_eq!(world.collection(ANN, &files("ann", "top/inner/new")).owner, ANN);
    // What is above the shared folder does not hold it for the sharee.
    world.apply(vec![Operation::DeleteCollection((top, 0))]).unwrap();
    assert!(world.view(BOB, &files("bob", &format!("{shared}/x"))).collection.is_none());
}
