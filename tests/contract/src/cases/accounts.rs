//! Accounts and groups by their names, and what is their own.

use crate::interfaces::accounts::{Change, Credential, CredentialKind, Link, NewPrincipal, Scope};
use crate::world::*;

/// A credential of ann's or somebody else's, made at UTC seconds; its identifier has the run's name in it.
pub fn credential(world: &World<'_>, id: &str, kind: CredentialKind, principal: u64, created: i64) -> Credential {
    Credential {
        id: world.named(id),
        principal,
        kind,
        label: id.into(),
        verifier: "v".into(),
        scope: Scope::all(),
        created,
        last_used: None,
        expires: None,
        link: None,
    }
}

/// The labels of somebody's credentials, newest first.
fn credentials(world: &World<'_>, name: &str) -> Vec<String> {
    let told = world.inquire(name, &[], None, Belongings::CREDENTIALS).unwrap();
    told.credentials.into_iter().map(|credential| credential.label).collect()
}

fn names(principals: &[Principal]) -> Vec<&str> {
    principals.iter().map(|principal| principal.name.as_str()).collect()
}

pub fn a_dossier_tells_of_somebody_what_is_asked(world: &World<'_>) {
    let team = world.named("team");
    world.change(Change::Create(NewPrincipal { kind: PrincipalKind::Group, ..user(&team) }));
    let group = world.inquire("team", &[], None, Belongings::empty()).unwrap().principal;
    assert_eq!((group.name.as_str(), group.kind), (team.as_str(), PrincipalKind::Group));
    for member in [world.bob, world.ann] {
        world.change(Change::Join((group.id, member)));
    }
    world.apply(vec![Operation::Share((world.work, group.id, Access::Read))]).unwrap();
    let link = Link { collection: world.work, place: world.calendar("work"), free_busy: true };
    let link = Credential { link: Some(link), ..credential(world, "link", CredentialKind::Link, world.ann, 2) };
    for credential in [credential(world, "old", CredentialKind::Token, world.ann, 1), link.clone()] {
        world.change(Change::AddCredential(credential));
    }
    let [ann, bob] = ["ann", "bob"].map(|name| world.named(name));
    let told =
        world.inquire("ann", &["team", "nobody", "bob"], Some(world.calendar("work")), Belongings::all()).unwrap();
    assert_eq!((told.principal.id, told.collection), (world.ann, Some(world.work)));
    assert_eq!(names(&told.others), [bob.as_str(), team.as_str()]);
    assert_eq!(told.credentials.first(), Some(&link));
    assert_eq!((told.credentials.len(), told.members.len()), (2, 0));
    let shares: Vec<_> = told.shares.iter().map(|one| (one.collection, one.owner, one.share.principal)).collect();
    assert_eq!(shares, [(world.work, world.ann, group.id)]);
    let told = world.inquire("bob", &[], Some(world.calendar("work")), Belongings::SHARES).unwrap();
    assert_eq!(
        (told.collection, told.shares.len()),
        (None, 1),
        "the place is none of bob's; the share is, by the group"
    );
    let told = world.inquire("team", &["team"], None, Belongings::MEMBERS).unwrap();
    assert_eq!((names(&told.members), names(&told.others)), (vec![ann.as_str(), bob.as_str()], vec![team.as_str()]));
    let told = world.inquire("ann", &[], None, Belongings::empty()).unwrap();
    assert!(told.others.is_empty() && told.credentials.is_empty() && told.shares.is_empty());
    assert_eq!(world.inquire("nobody", &["ann"], None, Belongings::all()), None);
}

pub fn guesses_are_counted_apart_from_failures(world: &World<'_>) {
    let count = |name: &str, address: Option<&str>| {
        let guesses = world.count_guess(&world.guess(name, address));
        (guesses.by_name, guesses.by_address)
    };
    assert_eq!(count("ann", None), (1, 0));
    assert_eq!(count("ann", Some("address")), (2, 1));
    assert_eq!(count("nobody", Some("address")), (1, 2));
    let (login, _) = world.find_login("ann", Some("address"));
    assert_eq!((login.name_attempts.failures, login.address_attempts.failures), (0, 0));
    assert_eq!(login.account.map(|(principal, _)| principal.id), Some(world.ann));
    assert!(world.find_login("nobody", None).0.account.is_none());
}

/// Whether a look-up counts is the storage's own affair; where it does, it counts what was calm, and says so.
pub fn a_look_up_counts_no_guess_where_too_many_have_failed(world: &World<'_>) {
    let mut counted = 0;
    let mut look_up = |failures: u32| {
        let (login, guesses) = world.find_login("ann", Some("address"));
        assert_eq!((login.name_attempts.failures, login.address_attempts.failures), (failures, failures));
        counted += u32::from(guesses.is_some());
        assert!(guesses.is_none_or(|guesses| (guesses.by_name, guesses.by_address) == (counted, counted)));
        guesses.is_some()
    };
    let fail = || world.change(Change::Failed((world.named("ann"), Some(world.named("address")), NOW)));
    let counts = look_up(0);
    fail();
    assert_eq!(look_up(1), counts);
    fail();
    assert!(!look_up(2), "two are too many");
    // Of the address alone, and of the name alone.
    assert_eq!(world.find_login("bob", None).1.is_some(), counts);
    assert_eq!(world.find_login("bob", Some("address")).1.map(|guesses| guesses.by_address), None);
    assert_eq!(world.find_login("ann", Some("elsewhere")).1.map(|guesses| guesses.by_name), None);
    let guesses = world.count_guess(&world.guess("ann", Some("address")));
    assert_eq!((guesses.by_name, guesses.by_address), (counted + 1, counted + 1));
}

pub fn sessions_end_but_for_the_newest(world: &World<'_>) {
    let session = |id: &str, created: i64| credential(world, id, CredentialKind::Session, world.ann, created);
    let over = Credential { expires: Some(NOW), ..session("over", 9) };
    let of_bob = credential(world, "bob's", CredentialKind::Session, world.bob, 1);
    let token = credential(world, "token", CredentialKind::Token, world.ann, 1);
    for credential in [session("first", 2), session("second", 3), session("third", 4), over, of_bob, token] {
        world.change(Change::AddCredential(credential));
    }
    world.change(Change::EndSessions((world.ann, NOW, 2)));
    assert_eq!(credentials(world, "ann"), ["third", "second", "token"], "one that is over is not among the newest");
    world.change(Change::EndSessions((world.ann, NOW, 0)));
    assert_eq!(credentials(world, "ann"), ["token"]);
    assert_eq!(credentials(world, "bob"), ["bob's"]);
}

pub fn who_retires_keeps_what_is_their_own_and_nothing_else(world: &World<'_>) {
    let team = world.named("team");
    world.change(Change::Create(NewPrincipal { kind: PrincipalKind::Group, ..user(&team) }));
    let group = world.inquire("team", &[], None, Belongings::empty()).unwrap().principal.id;
    world.change(Change::Join((group, world.bob)));
    world.change(Change::AddCredential(credential(world, "app", CredentialKind::AppPassword, world.bob, 1)));
    let own = Place { owner: world.named("bob"), ..world.calendar("own") };
    let made = world.making(world.bob, vec![create(&own), Operation::ShareAt((own.clone(), world.ann, Access::Write))]);
    let [own] = made.unwrap()[..] else { panic!("one collection is made") };
    world.apply(vec![Operation::Share((world.work, world.bob, Access::Read))]).unwrap();
    assert_eq!(world.guard(world.ann, Guard::Access((own, Access::Write))), Ok(()));
    world.change(Change::Retire(world.bob));
    let told = world.inquire("bob", &[], None, Belongings::all()).unwrap();
    assert!(told.credentials.is_empty());
    let shares: Vec<_> = told.shares.iter().map(|one| (one.collection, one.share.principal)).collect();
    assert_eq!(shares, [(own, world.ann)], "what is bob's is shared as it was");
    assert!(world.inquire("team", &[], None, Belongings::MEMBERS).unwrap().members.is_empty());
    assert_eq!(world.guard(world.bob, Guard::Access((world.work, Access::FreeBusy))), Err(Rejection::Denied));
}

pub fn what_is_made_has_its_number_told_and_is_shared_in_the_same_write(world: &World<'_>) {
    let places = ["one", "two"].map(|path| world.calendar(path));
    let share = |place: &Place| Operation::ShareAt((place.clone(), world.bob, Access::Read));
    let [one, two] = &places;
    let made = world.making(world.ann, vec![create(one), share(one), create(two)]).unwrap();
    assert_eq!(made, [world.id(one), world.id(two)]);
    let sees = |id: u64| world.guard(world.bob, Guard::Access((id, Access::Read)));
    assert_eq!((sees(made[0]), sees(made[1])), (Ok(()), Err(Rejection::Denied)));
    assert_eq!(world.making(world.ann, vec![share(two)]), Ok(vec![]));
    assert_eq!(sees(made[1]), Ok(()));
    assert_eq!(world.apply(vec![share(&world.calendar("none"))]), Err(Rejection::Gone));
    let nobody = Operation::ShareAt((one.clone(), 1 << 40, Access::Read));
    assert_eq!(world.apply(vec![nobody]), Err(Rejection::Gone));
}
