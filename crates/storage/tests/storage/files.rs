//! Plain files: folders in folders, copied and moved.

use crate::support::*;

/// `ann` has the folder `a` with the file `f`, in it `b` with the file `g`, and beside it `ab`.
fn tree() -> World {
    let world = World::new();
    let outer = world.create(&files("ann", "a"));
    let inner = world.create(&files("ann", "a/b"));
    world.create(&files("ann", "ab"));
    let patch = Proppatch {
        subject: Subject::Member(member(inner, "g")),
        set: vec![property("note", "<note/>")],
        remove: vec![],
        now: 1000,
    };
    world.store(outer, "f", "one");
    world.store(inner, "g", "three");
    let set = vec![property("displayname", "<displayname>B</displayname>")];
    let named = Proppatch { subject: Subject::Collection(inner), set, remove: vec![], now: 1000 };
    world.apply(vec![Operation::Proppatch(patch), Operation::Proppatch(named)]).unwrap();
    world
}

fn paths(world: &World, place: &Place) -> Vec<String> {
    world.view(ANN, place).children.into_iter().map(|child| child.place.path).collect()
}

#[test]
fn the_home_is_a_collection() {
    let world = World::new();
    let view = world.view(ANN, &files("ann", ""));
    let root = view.collection.unwrap();
    assert_eq!((root.place.path.as_str(), root.access), ("", Access::Owner));
    assert!(view.children.is_empty(), "it is not in itself");
    assert!(world.view(BOB, &files("ann", "")).collection.is_none());
    assert_eq!(world.apply(vec![Operation::DeleteCollection((root.id, 0))]), Err(Rejection::Denied));
    let away = relocation(root.id, &files("ann", "x"), true);
    assert_eq!(world.apply(vec![Operation::MoveCollection(away)]), Err(Rejection::Denied));
}

#[test]
fn folders_nest_and_have_what_is_directly_in_them() {
    let world = tree();
    assert_eq!(paths(&world, &files("ann", "")), ["a", "ab"]);
    assert_eq!(paths(&world, &files("ann", "a")), ["a/b"]);
    let view = world.view(ANN, &files("ann", "a"));
    assert_eq!(view.resources.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["f"]);
    let view = world.view(ANN, &files("ann", "a/b/g"));
    assert_eq!(view.collection.unwrap().place.path, "a/b");
    assert_eq!(view.resources[0].name, "g");
    let view = world.view(ANN, &files("ann", "a/x/y"));
    assert!(view.collection.is_none() && view.resources.is_empty(), "what would hold it is not there");
    assert_eq!(world.view(ANN, &files("ann", "a/x")).collection.unwrap().place.path, "a");
}

#[test]
fn a_folder_comes_where_nothing_is_and_something_holds_it() {
    let world = tree();
    let make = |path: &str| world.apply(vec![create(&files("ann", path))]);
    assert_eq!(make("x/y"), Err(Rejection::Gone));
    assert_eq!(make("a"), Err(Rejection::Occupied));
    assert_eq!(make("a/f"), Err(Rejection::Occupied), "a file is there");
    assert_eq!(make("a/new"), Ok(()));
    for (path, vacant) in [("a", false), ("a/f", false), ("a/b/g", false), ("", false), ("x", true), ("x/y", true)] {
        let result = world.guard(ANN, Guard::Vacant(files("ann", path)));
        assert_eq!(result, if vacant { Ok(()) } else { Err(Rejection::Occupied) }, "{path}");
    }
}

#[test]
fn a_file_does_not_come_where_a_folder_is() {
    let world = tree();
    let (root, outer) = (world.id(&files("ann", "")), world.id(&files("ann", "a")));
    let operations = [
        Operation::Put(put(root, "ab", "one")),
        Operation::Put(put(outer, "b", "one")),
        Operation::Copy(transfer((outer, "f"), (root, "ab"))),
        Operation::Move(transfer((outer, "f"), (outer, "b"))),
    ];
    for operation in operations {
        assert_eq!(world.apply(vec![operation]), Err(Rejection::Occupied));
    }
    // Where the folder goes in the same write, the file may come.
    let other = world.id(&files("ann", "ab"));
    let copy = Operation::Copy(transfer((outer, "f"), (root, "ab")));
    world.apply(vec![Operation::DeleteCollection((other, 0)), copy]).unwrap();
    assert_eq!(world.names(ANN, &files("ann", ""), Selection::All), ["ab"]);
}

#[test]
fn a_folder_is_removed_with_all_below_it() {
    let world = tree();
    let outer = world.id(&files("ann", "a"));
    world.apply(vec![Operation::DeleteCollection((outer, 0))]).unwrap();
    assert_eq!(paths(&world, &files("ann", "")), ["ab"]);
    for table in ["resource", "resource_property", "collection_property"] {
        assert_eq!(world.database.number(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    assert_eq!(world.database.number("SELECT p.used FROM principal p WHERE p.id = 1"), 0);
}

#[test]
fn a_deep_copy_is_whole() {
    let world = tree();
    let outer = world.id(&files("ann", "a"));
    world.apply(vec![Operation::CopyCollection(relocation(outer, &files("ann", "ab/copy"), true))]).unwrap();
    for path in ["a/b", "ab/copy/b"] {
        let view = world.view(ANN, &files("ann", path));
        let collection = view.collection.unwrap();
        assert_eq!((collection.members, collection.bytes), (1, 5), "{path}");
        assert_eq!(collection.properties, [property("displayname", "<displayname>B</displayname>")]);
        assert_eq!(view.resources[0].properties, [property("note", "<note/>")]);
        assert_eq!(view.resources[0].body.as_deref(), Some(b"three".as_slice()));
    }
    assert_eq!(world.view(ANN, &files("ann", "")).owner.unwrap().used, 16);
    // The copy goes its own way.
    let copy = world.id(&files("ann", "ab/copy/b"));
    world.store(copy, "g", "changed");
    assert_eq!(world.view(ANN, &files("ann", "a/b/g")).resources[0].size, 5);
}

#[test]
fn a_copy_of_depth_0_has_properties_and_no_members() {
    let world = tree();
    let inner = world.id(&files("ann", "a/b"));
    world.apply(vec![Operation::CopyCollection(relocation(inner, &files("ann", "c"), false))]).unwrap();
    let view = world.view(ANN, &files("ann", "c"));
    assert!(view.resources.is_empty() && view.children.is_empty());
    assert_eq!(view.collection.unwrap().properties.len(), 1);
}

#[test]
fn a_moved_folder_keeps_its_number_and_takes_all_along() {
    let world = tree();
    let (outer, inner) = (world.id(&files("ann", "a")), world.id(&files("ann", "a/b")));
    world.apply(vec![Operation::MoveCollection(relocation(outer, &files("ann", "ab/moved"), true))]).unwrap();
    assert_eq!(paths(&world, &files("ann", "")), ["ab"]);
    assert_eq!(world.id(&files("ann", "ab/moved")), outer);
    assert_eq!(world.id(&files("ann", "ab/moved/b")), inner);
    assert_eq!(world.view(ANN, &files("ann", "ab/moved/b/g")).resources.len(), 1);
}

#[test]
fn a_folder_comes_neither_into_itself_nor_over_something() {
    let world = tree();
    let outer = world.id(&files("ann", "a"));
    type Make = fn(Relocation) -> Operation;
    for make in [Operation::CopyCollection as Make, Operation::MoveCollection as Make] {
        let to = |path: &str| world.apply(vec![make(relocation(outer, &files("ann", path), true))]);
        assert_eq!(to("a/b/a"), Err(Rejection::Denied));
        assert_eq!(to("a"), Err(Rejection::Denied));
        assert_eq!(to("ab"), Err(Rejection::Occupied));
        assert_eq!(to("x/y"), Err(Rejection::Gone));
    }
    // What is in the way is removed first, in the same write.
    let other = world.id(&files("ann", "ab"));
    let to = relocation(outer, &files("ann", "ab"), true);
    world.apply(vec![Operation::DeleteCollection((other, 0)), Operation::MoveCollection(to)]).unwrap();
    assert_eq!(paths(&world, &files("ann", "")), ["ab"]);
}

#[test]
fn a_folder_moves_to_another_owner() {
    let world = tree();
    let (outer, shared) = (world.id(&files("ann", "a")), world.id(&files("bob", "")));
    let inner = world.id(&files("ann", "a/b"));
    world
        .apply(vec![
            Operation::Share((shared, ANN, Access::Write)),
            Operation::Share((outer, BOB, Access::Read)),
            Operation::Share((inner, BOB, Access::Write)),
        ])
        .unwrap();
    let to = files("ann", &format!("shared~{shared}/gift"));
    world.apply(vec![Operation::MoveCollection(relocation(outer, &to, true))]).unwrap();
    let gift = world.collection(BOB, &files("bob", "gift"));
    assert_eq!((gift.id, gift.owner, gift.access), (outer, BOB, Access::Owner));
    assert!(gift.shares.is_empty(), "its owner needs no share");
    assert_eq!(world.collection(BOB, &files("bob", "gift/b")).shares, [], "nor one of what is in it");
    assert_eq!(world.view(BOB, &files("bob", "")).owner.unwrap().used, 8);
    assert_eq!(world.view(ANN, &files("ann", "")).owner.unwrap().used, 0);
    assert_eq!(world.collection(ANN, &to).access, Access::Write);
}

/// `a` has 3 bytes in it and 5 below it, and 4 are left: a copy needs what it has more than what it replaces.
#[test]
fn what_comes_has_room_in_the_stead_of_what_it_replaces() {
    let world = tree();
    let (root, outer, other) =
        (world.id(&files("ann", "")), world.id(&files("ann", "a")), world.id(&files("ann", "ab")));
    world.store(other, "six", "123456");
    world.store(root, "five", "12345");
    world.database.execute("UPDATE principal SET quota = 23 WHERE id = 1");
    let room = |collection: u64, name: Option<&str>, to: Place| {
        world.guard(ANN, Guard::RoomFor(Arrival { collection, name: name.map(str::to_owned), to }))
    };
    let full = Err(Rejection::NoRoom);
    assert_eq!(room(outer, None, files("ann", "new")), full, "all that is below it comes");
    assert_eq!(room(outer, None, files("ann", "ab")), Ok(()), "a folder goes");
    assert_eq!(room(outer, None, files("ann", "five")), Ok(()), "a file goes");
    assert_eq!(room(outer, Some("f"), files("ann", "new")), Ok(()));
    assert_eq!(room(other, Some("six"), files("ann", "new")), full);
    assert_eq!(room(other, Some("six"), files("ann", "a/f")), Ok(()), "3 of 6 go");
    assert_eq!(room(other, Some("six"), files("ann", "a")), Ok(()), "with all that is below it");
    // Over the quota only what grows is refused.
    world.database.execute("UPDATE principal SET quota = 1 WHERE id = 1");
    assert_eq!(room(root, Some("five"), files("ann", "ab")), Ok(()));
    assert_eq!(room(other, Some("six"), files("ann", "five")), full);
}

/// It is stored at the expense of whose folder it comes to.
#[test]
fn what_comes_to_a_shared_folder_needs_room_of_its_owner() {
    let world = tree();
    let (outer, shared) = (world.id(&files("ann", "a")), world.id(&files("bob", "")));
    world.apply(vec![Operation::Share((shared, ANN, Access::Write))]).unwrap();
    let room = || {
        let to = files("ann", &format!("shared~{shared}/gift"));
        world.guard(ANN, Guard::RoomFor(Arrival { collection: outer, name: None, to }))
    };
    world.database.execute("UPDATE principal SET quota = 1 WHERE id = 1");
    assert_eq!(room(), Ok(()));
    world.database.execute("UPDATE principal SET quota = 7 WHERE id = 2");
    assert_eq!(room(), Err(Rejection::NoRoom));
    world.database.execute("UPDATE principal SET quota = 8 WHERE id = 2");
    assert_eq!(room(), Ok(()));
}

/// Below what is moved or copied too: a path that is too long could not be asked for.
#[test]
fn no_path_of_a_folder_is_longer_than_one_that_can_be_asked_for() {
    let world = World::new();
    let long = |octets: usize| "x".repeat(octets);
    assert_eq!(world.apply(vec![create(&files("ann", &long(4097)))]), Err(Rejection::NoRoom));
    let top = world.create(&files("ann", "a"));
    world.create(&files("ann", &format!("a/{}", long(4000))));
    let to = |letter: &str, octets, deep| relocation(top, &files("ann", &letter.repeat(octets)), deep);
    type Make = fn(Relocation) -> Operation;
    for (letter, make) in [("c", Operation::CopyCollection as Make), ("m", Operation::MoveCollection)] {
        assert_eq!(world.apply(vec![make(to(letter, 96, true))]), Err(Rejection::NoRoom));
        assert_eq!(world.apply(vec![make(to(letter, 95, true))]), Ok(()));
    }
    assert_eq!(world.apply(vec![Operation::CopyCollection(to("b", 96, false))]), Ok(()), "without what is below");
}
