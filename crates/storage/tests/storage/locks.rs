//! Write locks.

use kalends_storage::bindings::exports::kalends::dav::accounts::{Change, NewPrincipal};

use crate::support::*;

fn lock(token: &str, root: &Place, deep: bool, expires: i64) -> Operation {
    Operation::Lock(Lock { deep, expires, ..taken(token, root) })
}

/// A lock of Ann's that is not deep.
fn taken(token: &str, root: &Place) -> Lock {
    Lock {
        token: token.into(),
        root: root.clone(),
        principal: ANN,
        exclusive: true,
        deep: false,
        owner_xml: "<owner/>".into(),
        expires: LATER,
    }
}

fn unlocked(world: &World, place: &Place, deep: bool, tokens: &[&str]) -> Result<(), Rejection> {
    let tokens = tokens.iter().map(|token| (*token).to_owned()).collect();
    world.guard(ANN, Guard::Unlocked(Unlocked { place: place.clone(), deep, tokens, now: 1000 }))
}

/// The ends of locks lie after the database's clock, so that only guards judge them.
const LATER: i64 = 1 << 40;

/// `ann` has the folders `a` and `a/b`, and in the latter the file `c`.
fn folders() -> World {
    let world = World::new();
    world.create(&files("ann", "a"));
    let inner = world.create(&files("ann", "a/b"));
    world.store(inner, "c", "one");
    world
}

#[test]
fn a_lock_covers_its_root_and_a_deep_one_what_is_below() {
    let world = folders();
    world.apply(vec![lock("deep", &files("ann", "a"), true, LATER)]).unwrap();
    for path in ["a", "a/b", "a/b/c", "a/new"] {
        assert_eq!(unlocked(&world, &files("ann", path), false, &[]), Err(Rejection::Locked), "{path}");
        assert_eq!(unlocked(&world, &files("ann", path), false, &["other", "deep"]), Ok(()), "{path}");
    }
    for path in ["", "ab", "b"] {
        assert_eq!(unlocked(&world, &files("ann", path), false, &[]), Ok(()), "{path}");
    }
    assert_eq!(unlocked(&world, &files("bob", "a"), false, &[]), Ok(()));
    world.apply(vec![Operation::Unlock("deep".into())]).unwrap();
    assert_eq!(unlocked(&world, &files("ann", "a"), false, &[]), Ok(()));
}

#[test]
fn locks_below_count_where_they_are_asked_for() {
    let world = folders();
    world.apply(vec![lock("c", &files("ann", "a/b/c"), false, LATER)]).unwrap();
    for path in ["", "a", "a/b"] {
        assert_eq!(unlocked(&world, &files("ann", path), false, &[]), Ok(()), "{path}");
        assert_eq!(unlocked(&world, &files("ann", path), true, &[]), Err(Rejection::Locked), "{path}");
        assert_eq!(unlocked(&world, &files("ann", path), true, &["c"]), Ok(()), "{path}");
    }
    assert_eq!(unlocked(&world, &files("ann", "a/b/cc"), true, &[]), Ok(()));
}

#[test]
fn a_lock_that_is_not_deep_covers_no_member() {
    let world = folders();
    world.apply(vec![lock("b", &files("ann", "a/b"), false, LATER)]).unwrap();
    assert_eq!(unlocked(&world, &files("ann", "a/b/c"), false, &[]), Ok(()));
    assert_eq!(unlocked(&world, &files("ann", "a/b"), false, &[]), Err(Rejection::Locked));
}

#[test]
fn a_lock_is_refreshed_and_ends() {
    let world = folders();
    let place = files("ann", "a/b/c");
    world.apply(vec![lock("c", &place, false, LATER)]).unwrap();
    world.apply(vec![lock("c", &place, false, 1000)]).unwrap();
    assert_eq!(unlocked(&world, &place, false, &[]), Ok(()));
    assert!(world.view(ANN, &place).locks.is_empty());
    world.apply(vec![lock("d", &place, false, LATER)]).unwrap();
    assert_eq!(world.database.number("SELECT count(*) FROM lock"), 1, "what has ended is removed");
}

#[test]
fn a_view_has_the_locks_around_a_place() {
    let world = folders();
    let root = files("ann", "");
    world
        .apply(vec![
            lock("above", &files("ann", "a"), true, LATER),
            lock("shallow-above", &root, false, LATER),
            lock("holder", &files("ann", "a/b"), false, LATER),
            lock("here", &files("ann", "a/b/c"), false, LATER),
            lock("elsewhere", &files("ann", "a/bb"), true, LATER),
        ])
        .unwrap();
    let tokens = |path: &str| -> Vec<String> {
        world.view(ANN, &files("ann", path)).locks.into_iter().map(|lock| lock.token).collect()
    };
    assert_eq!(tokens("a/b/c"), ["above", "holder", "here"]);
    assert_eq!(tokens("a/b"), ["above", "holder", "here"]);
    assert_eq!(tokens("a"), ["shallow-above", "above", "holder", "here", "elsewhere"]);
    assert_eq!(tokens("x"), ["shallow-above"]);
    let here = world.view(ANN, &files("ann", "a/b/c")).locks.pop().unwrap();
    assert_eq!((here.root, here.deep, here.exclusive), (files("ann", "a/b/c"), false, true));
    assert!(world.view(BOB, &files("ann", "a/b/c")).locks.is_empty(), "who sees nothing learns of no lock");
}

#[test]
fn a_sharee_and_the_owner_see_one_lock() {
    let world = folders();
    let top = world.id(&files("ann", "a"));
    world.apply(vec![Operation::Share((top, BOB, Access::Write))]).unwrap();
    let shared = |rest: &str| files("bob", &format!("shared~{top}{rest}"));
    world.guarded(BOB, vec![], vec![lock("c", &shared("/b/c"), false, LATER)]).unwrap();
    world.apply(vec![lock("home", &files("ann", ""), true, LATER)]).unwrap();
    let roots = |asker, place: &Place| -> Vec<Place> {
        world.view(asker, place).locks.into_iter().map(|lock| lock.root).collect()
    };
    assert_eq!(roots(ANN, &files("ann", "a/b/c")), [files("ann", ""), files("ann", "a/b/c")]);
    assert_eq!(roots(BOB, &shared("/b/c")), [files("ann", ""), shared("/b/c")]);
}

/// Else somebody whom nobody lets in could keep locked what is another's.
#[test]
fn locks_end_with_the_access_of_those_who_have_them() {
    type Ending = fn(&World, u64);
    let endings: [(&str, Ending); 7] = [
        ("the share ends", |world, top| world.apply(vec![Operation::Unshare((top, BOB, 1000))]).unwrap()),
        ("less is granted", |world, top| world.apply(vec![Operation::Share((top, BOB, Access::Read))]).unwrap()),
        ("less is granted at a place", |world, _| {
            world.apply(vec![Operation::ShareAt((files("ann", "a"), BOB, Access::Read))]).unwrap();
        }),
        ("less is offered", |world, collection| {
            let access = Access::Read;
            let invitation = Invitation { collection, principal: BOB, access, summary: String::new(), now: 1000 };
            world.apply(vec![Operation::Invite(invitation)]).unwrap();
        }),
        ("the sharee leaves", |world, top| world.guarded(BOB, vec![], vec![Operation::Leave((top, 1000))]).unwrap()),
        ("the sharee turns it down", |world, collection| {
            let answer = Answer { collection, accept: false, now: 1000 };
            world.guarded(BOB, vec![], vec![Operation::Answer(answer)]).unwrap();
        }),
        ("the sharee is retired", |world, _| world.change(Change::Retire(BOB)).unwrap()),
    ];
    for (what, ending) in endings {
        let world = folders();
        let top = world.id(&files("ann", "a"));
        world.apply(vec![Operation::Share((top, BOB, Access::Write))]).unwrap();
        let theirs =
            || Operation::Lock(Lock { principal: BOB, ..taken("theirs", &files("bob", &format!("shared~{top}/b/c"))) });
        world.guarded(BOB, vec![], vec![theirs()]).unwrap();
        assert_eq!(unlocked(&world, &files("ann", "a/b/c"), false, &[]), Err(Rejection::Locked), "{what}: not yet");
        ending(&world, top);
        assert_eq!(unlocked(&world, &files("ann", "a/b/c"), false, &[]), Ok(()), "{what}");
    }
}

#[test]
fn locks_last_as_long_as_one_way_of_access_does() {
    const TEAM: u64 = 3;
    let world = folders();
    let team = |name: &str| Change::Create(NewPrincipal { kind: PrincipalKind::Group, ..user(name) });
    world.change(team("team")).unwrap();
    world.change(team("all")).unwrap();
    let (top, inner) = (world.id(&files("ann", "a")), world.id(&files("ann", "a/b")));
    world.change(Change::Join((TEAM, BOB))).unwrap();
    world.change(Change::Join((TEAM + 1, TEAM))).unwrap();
    world
        .apply(vec![Operation::Share((top, TEAM + 1, Access::Write)), Operation::Share((inner, BOB, Access::Write))])
        .unwrap();
    let place = files("bob", &format!("shared~{inner}/c"));
    let theirs = Operation::Lock(Lock { principal: BOB, ..taken("theirs", &place) });
    let is_locked = || unlocked(&world, &files("ann", "a/b/c"), false, &[]).is_err();
    world.guarded(BOB, vec![], vec![theirs]).unwrap();
    world.apply(vec![lock("own", &files("ann", "a"), false, LATER)]).unwrap();
    world.change(Change::Leave((TEAM, BOB))).unwrap();
    assert!(is_locked(), "the share of what is below remains");
    world.change(Change::Join((TEAM, BOB))).unwrap();
    world.apply(vec![Operation::Unshare((inner, BOB, 1000))]).unwrap();
    assert!(is_locked(), "the share through groups remains");
    world.change(Change::Delete(TEAM)).unwrap();
    assert!(!is_locked());
    assert_eq!(unlocked(&world, &files("ann", "a"), false, &[]), Err(Rejection::Locked), "the owner needs no share");
}

#[test]
fn locks_go_with_what_they_lock() {
    let world = folders();
    let inner = world.id(&files("ann", "a/b"));
    let count = || world.database.number("SELECT count(*) FROM lock");
    let file = files("ann", "a/b/c");
    world.apply(vec![lock("c", &file, false, LATER)]).unwrap();
    world.apply(vec![Operation::Move(transfer((inner, "c"), (inner, "d")))]).unwrap();
    assert_eq!(count(), 0);
    world.apply(vec![lock("d", &files("ann", "a/b/d"), false, LATER)]).unwrap();
    world.apply(vec![Operation::Delete((member(inner, "d"), 1000))]).unwrap();
    assert_eq!(count(), 0);
    let locks = || vec![lock("b", &files("ann", "a/b"), false, LATER), lock("bc", &file, false, LATER)];
    world.apply(locks()).unwrap();
    world.apply(vec![Operation::MoveCollection(relocation(inner, &files("ann", "z"), true))]).unwrap();
    assert_eq!(count(), 0);
    world.apply(vec![lock("z", &files("ann", "z/y"), false, LATER)]).unwrap();
    world.apply(vec![Operation::DeleteCollection((inner, 0))]).unwrap();
    assert_eq!(count(), 0);
    let root = world.id(&files("ann", ""));
    world.store(root, "f", "one");
    world.apply(vec![lock("f", &files("ann", "f"), false, LATER)]).unwrap();
    world.apply(vec![Operation::Delete((member(root, "f"), 1000))]).unwrap();
    assert_eq!(count(), 0);
}
