//! Principals and credentials.

use kalends_storage::bindings::exports::kalends::dav::accounts::{
    Attempts, Change, Credential, CredentialKind, Guess, Link, Login, NewPrincipal, Refusal, Scope, Selector,
    UseOfCredential,
};

use kalends_storage::{Database, DatabaseError, Kind, Rows, Statement, Storage};

use crate::support::*;

const NOBODY: u64 = 99;

fn group(name: &str) -> NewPrincipal {
    NewPrincipal { kind: PrincipalKind::Group, ..user(name) }
}

fn credential(id: &str, created: i64) -> Credential {
    Credential {
        id: id.into(),
        principal: ANN,
        kind: CredentialKind::AppPassword,
        label: "phone".into(),
        verifier: "abc".into(),
        scope: Scope::CALENDARS | Scope::WRITE | Scope::ADMINISTRATION,
        created,
        last_used: None,
        expires: Some(5000),
        link: None,
    }
}

fn names(world: &World, selector: Selector) -> Vec<String> {
    world.storage().principals(&selector).unwrap().into_iter().map(|principal| principal.name).collect()
}

#[test]
fn a_principal_is_born_with_its_collections() {
    let world = World::new();
    let collections = ["a", "b"].map(|path| NewCollection {
        place: calendars("whoever", path),
        components: vec!["VTODO".into()],
        properties: vec![property("displayname", "<displayname/>")],
    });
    let new = NewPrincipal {
        emails: vec!["carl@example.org".into(), "c@example.org".into()],
        timezone: Some("Europe/Berlin".into()),
        quota: Some(7),
        password_hash: Some("hash".into()),
        collections: collections.into(),
        ..user("carl")
    };
    world.change(Change::Create(new.clone())).unwrap();
    assert_eq!(world.change(Change::Create(new)), Err(Refusal::Exists));
    let view = world.view(3, &calendars("carl", ""));
    assert_eq!(view.children.len(), 2);
    assert_eq!((view.children[0].components.as_slice(), view.children[0].properties.len()), (&["VTODO".into()][..], 1));
    let owner = view.owner.unwrap();
    assert_eq!((owner.emails.len(), owner.timezone.as_deref(), owner.quota), (2, Some("Europe/Berlin"), Some(7)));
    assert!(world.view(3, &files("carl", "")).collection.is_some(), "the home of files is there by itself");
    let (_, password) = login(&world, "carl", None).account.unwrap();
    assert_eq!((password.hash.as_deref(), password.version), (Some("hash"), 1));
}

#[test]
fn the_home_of_files_may_be_among_the_collections() {
    let world = World::new();
    let home = NewCollection { place: files("carl", ""), components: vec![], properties: vec![property("a", "<a/>")] };
    world.change(Change::Create(NewPrincipal { collections: vec![home], ..user("carl") })).unwrap();
    assert_eq!(world.collection(3, &files("carl", "")).properties.len(), 1);
}

#[test]
fn a_principal_is_changed_and_removed_with_all_that_is_its_own() {
    let world = World::new();
    let mut bob = world.storage().principals(&Selector::Ids(vec![BOB])).unwrap().remove(0);
    (bob.name, bob.disabled, bob.admin) = ("robert".into(), true, true);
    world.change(Change::Update(bob.clone())).unwrap();
    let after = world.storage().principals(&Selector::Names(vec!["robert".into(), "bob".into()])).unwrap();
    assert_eq!(after, [bob.clone()]);
    bob.name = "ann".into();
    assert_eq!(world.change(Change::Update(bob.clone())), Err(Refusal::Exists));
    bob.id = NOBODY;
    assert_eq!(world.change(Change::Update(bob)), Err(Refusal::Missing));
    let work = world.id(&calendars("ann", "work"));
    world.store(work, "a", &"x".repeat(40_000));
    world.apply(vec![Operation::Share((work, BOB, Access::Read))]).unwrap();
    world.change(Change::AddCredential(credential("k", 0))).unwrap();
    world.change(Change::Delete(ANN)).unwrap();
    assert_eq!(world.change(Change::Delete(ANN)), Err(Refusal::Missing));
    for table in ["credential", "share", "resource", "collection WHERE owner = 1"] {
        assert_eq!(world.database.number(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    assert_eq!(world.database.number("SELECT count(*) FROM orphan"), 1);
    world.change(Change::Create(user("ann"))).unwrap();
    assert_eq!(world.storage().principals(&Selector::Names(vec!["ann".into()])).unwrap()[0].id, 3);
}

#[test]
fn passwords_have_versions() {
    let world = World::new();
    let password = || login(&world, "ann", None).account.unwrap().1;
    assert_eq!((password().hash, password().version), (None, 0));
    world.change(Change::SetPassword((ANN, "one".into()))).unwrap();
    world.change(Change::Rehash((ANN, "one again".into(), 1))).unwrap();
    assert_eq!((password().hash.as_deref(), password().version), (Some("one again"), 1));
    world.change(Change::SetPassword((ANN, "two".into()))).unwrap();
    world.change(Change::Rehash((ANN, "one once more".into(), 1))).unwrap();
    assert_eq!((password().hash.as_deref(), password().version), (Some("two"), 2));
    assert_eq!(world.change(Change::SetPassword((NOBODY, "x".into()))), Err(Refusal::Missing));
}

/// A guess that a look-up counts where nothing has failed.
fn guess() -> Guess {
    Guess { name: "ann 1".into(), address: Some("::1 1".into()), now: 1000, most_by_name: 0, most_by_address: 0 }
}

/// What a sign-in is judged by.
fn login(world: &World, name: &str, address: Option<&str>) -> Login {
    world.storage().find_login(name, address, &guess()).unwrap().0
}

#[test]
fn failures_count_against_names_and_addresses() {
    let world = World::new();
    let failed = |name: &str, now| world.change(Change::Failed((name.into(), Some("::1".into()), now))).unwrap();
    failed("ann", 100);
    failed("ann", 200);
    failed("nobody", 300);
    let attempts = |name: &str| {
        let login = login(&world, name, Some("::1"));
        assert_eq!(login.account.is_some(), name == "ann");
        (login.name_attempts, login.address_attempts)
    };
    assert_eq!(attempts("ann"), (Attempts { failures: 2, last: 200 }, Attempts { failures: 3, last: 300 }));
    assert_eq!(attempts("nobody").0, Attempts { failures: 1, last: 300 });
    world.change(Change::Succeeded(("ann".into(), Some("::1".into())))).unwrap();
    assert_eq!(attempts("ann"), (Attempts { failures: 0, last: 0 }, Attempts { failures: 0, last: 0 }));
    failed("ann", 300 + 86_401);
    assert_eq!(attempts("nobody").0.failures, 0, "old failures are forgotten");
    let login = login(&world, "ann", None);
    assert_eq!((login.name_attempts.failures, login.address_attempts.failures), (1, 0));
}

fn credentials(world: &World, name: &str) -> Vec<Credential> {
    let asked = Inquiry { name: name.into(), others: Vec::new(), at: None, told: Belongings::CREDENTIALS };
    world.storage().inquire(&asked).unwrap().unwrap().credentials
}

#[test]
fn credentials_are_found_listed_used_and_revoked() {
    let world = World::new();
    let (old, new) = (credential("old", 100), credential("new", 200));
    world.storage().change(vec![Change::AddCredential(old.clone()), Change::AddCredential(new.clone())]).unwrap();
    assert_eq!(world.change(Change::AddCredential(old.clone())), Err(Refusal::Exists));
    let stranger = Credential { principal: NOBODY, ..credential("x", 0) };
    assert_eq!(world.change(Change::AddCredential(stranger)), Err(Refusal::Missing));
    assert_eq!(credentials(&world, "ann"), [new, old.clone()]);
    assert!(credentials(&world, "bob").is_empty());
    let (found, principal, standing) = world.storage().find_credential("old", &used(900)).unwrap().unwrap();
    assert_eq!(standing, world.storage().read(ANN, 1000, vec![]).unwrap().standing);
    assert_eq!((found, principal.name.as_str()), (old, "ann"));
    world.storage().change(vec![Change::Used(("old".into(), 900)), Change::Used(("none".into(), 900))]).unwrap();
    assert_eq!(world.storage().find_credential("old", &used(900)).unwrap().unwrap().0.last_used, Some(900));
    world.change(Change::Revoke("old".into())).unwrap();
    assert!(world.storage().find_credential("old", &used(900)).unwrap().is_none());
    assert_eq!(world.change(Change::Revoke("old".into())), Err(Refusal::Missing));
}

/// A database as D1 is: a look-up may note a use.
struct Noting(Counted);

impl Database for &Noting {
    fn batch(&self, kind: Kind, statements: Vec<Statement>) -> Result<Vec<Rows>, DatabaseError> {
        // What a transaction that reads would refuse elsewhere.
        let kind = if statements.len() > 1 { Kind::Write } else { kind };
        (&self.0).batch(kind, statements)
    }

    fn notes_while_reading(&self) -> bool {
        true
    }
}

#[test]
fn a_look_up_notes_a_use_where_that_costs_nothing() {
    let World { database, blobs } = World::new();
    if !database.is_sqlite() {
        return;
    }
    let database = Noting(database);
    let storage = Storage::new(&database, &blobs);
    storage.change(vec![Change::AddCredential(credential("one", 100))]).unwrap();
    let noted = |noted: UseOfCredential| {
        let before = database.0.trips();
        let last = storage.find_credential("one", &noted).unwrap().unwrap().0.last_used;
        assert_eq!(database.0.trips(), before + 1);
        last
    };
    assert_eq!(noted(UseOfCredential { verifier: "guessed".into(), ..used(900) }), None);
    assert_eq!(noted(used(900)), Some(900));
    assert_eq!(noted(used(999)), Some(900), "not so soon again");
    assert_eq!(noted(used(1000)), Some(1000));
    assert_eq!(noted(used(5000)), Some(1000), "it has expired");
    assert!(storage.find_credential("none", &used(900)).unwrap().is_none());
}

#[test]
fn a_look_up_counts_a_guess_where_that_costs_nothing() {
    let World { database, blobs } = World::new();
    if !database.is_sqlite() {
        return;
    }
    let database = Noting(database);
    let storage = Storage::new(&database, &blobs);
    let counted = |name: &str, address: Option<&str>| {
        let before = database.0.trips();
        let (login, guesses) = storage.find_login(name, address, &guess()).unwrap();
        assert_eq!((login.account.is_some(), database.0.trips()), (name == "ann", before + 1));
        guesses.map(|guesses| (guesses.by_name, guesses.by_address))
    };
    assert_eq!(counted("ann", None), Some((1, 1)));
    assert_eq!(counted("nobody", Some("::1")), Some((2, 2)), "counted, whether somebody has the name or not");
    storage.change(vec![Change::Failed(("nobody".into(), Some("::2".into()), 1000))]).unwrap();
    assert_eq!(counted("nobody", Some("::1")), None, "the name has failed");
    assert_eq!(counted("ann", Some("::2")), None, "the address has failed");
    assert_eq!(counted("ann", Some("::1")), Some((3, 3)));
    let later = Guess { now: 1000 + 86_401, ..guess() };
    let (_, guesses) = storage.find_login("nobody", Some("::2"), &later).unwrap();
    assert_eq!(guesses.map(|guesses| guesses.by_name), Some(1), "what is old is forgotten");
}

#[test]
fn a_look_up_notes_nothing_where_that_is_a_write() {
    let world = World::new();
    assert_eq!(world.storage().find_login("ann", None, &guess()).unwrap().1, None);
    world.change(Change::AddCredential(credential("one", 100))).unwrap();
    world.storage().find_credential("one", &used(900)).unwrap().unwrap();
    assert_eq!(world.storage().find_credential("one", &used(901)).unwrap().unwrap().0.last_used, None);
}

#[test]
fn principals_are_listed_by_what_is_known_of_them() {
    let world = World::new();
    let mut carl = user("carl");
    (carl.display_name, carl.emails) = ("Carl M\u{dc}LLER".into(), vec!["c.m@Work.example".into()]);
    world.change(Change::Create(carl)).unwrap();
    assert_eq!(names(&world, Selector::All), ["ann", "bob", "carl"]);
    assert_eq!(names(&world, Selector::Search(vec!["m\u{fc}ll".into()])), ["carl"]);
    assert_eq!(names(&world, Selector::Search(vec!["WORK".into()])), ["carl"]);
    assert_eq!(names(&world, Selector::Search(vec!["example.org".into()])), ["ann", "bob"]);
    assert_eq!(names(&world, Selector::Search(vec!["%".into()])), Vec::<String>::new());
    assert_eq!(names(&world, Selector::Search(vec!["work".into(), "ANN".into(), "zz".into()])), ["ann", "carl"]);
    assert_eq!(names(&world, Selector::Search(vec![])), Vec::<String>::new());
    let many: Vec<u64> = (2..2000).collect();
    assert_eq!(names(&world, Selector::Ids(many)), ["bob", "carl"]);
}

#[test]
fn groups_have_members_and_are_in_groups_but_never_in_themselves() {
    let world = World::new();
    for name in ["inner", "outer", "all"] {
        world.change(Change::Create(group(name))).unwrap();
    }
    let (inner, outer, all) = (3, 4, 5);
    for (group, member) in [(inner, ANN), (outer, inner), (all, outer), (inner, ANN)] {
        world.change(Change::Join((group, member))).unwrap();
    }
    assert_eq!(related(&world, ANN, false), ["all", "inner", "outer"]);
    assert_eq!(related(&world, outer, true), ["inner"]);
    assert_eq!(related(&world, BOB, false), Vec::<String>::new());
    for (group, member) in [(inner, inner), (inner, outer), (inner, all)] {
        assert_eq!(world.change(Change::Join((group, member))), Err(Refusal::Circular), "{group} {member}");
    }
    for (group, member) in [(inner, NOBODY), (NOBODY, ANN), (ANN, BOB)] {
        assert_eq!(world.change(Change::Join((group, member))), Err(Refusal::Missing), "{group} {member}");
    }
    world.change(Change::Leave((outer, inner))).unwrap();
    assert_eq!(related(&world, ANN, false), ["inner"]);
}

/// The groups of a principal, or its members.
fn related(world: &World, of: u64, is_member: bool) -> Vec<String> {
    let found = world.storage().survey(ANN, 1000, Vec::new(), None, &[of]).unwrap().relations.into_iter();
    found.filter(|one| one.is_member == is_member).map(|one| one.principal.name).collect()
}

/// One statement for any number of principals: D1 counts those of a request.
#[test]
fn a_survey_tells_of_places_and_principals_at_once() {
    let world = World::new();
    for name in ["inner", "outer"] {
        world.change(Change::Create(group(name))).unwrap();
    }
    let (inner, outer) = (3, 4);
    for (group, member) in [(outer, inner), (inner, BOB), (inner, ANN)] {
        world.change(Change::Join((group, member))).unwrap();
    }
    let place = calendars("ann", "work");
    let lookups = vec![Lookup { place, selection: Selection::Itself, detail: Detail::empty() }];
    let selector = Selector::Names(vec!["bob".into(), "nobody".into(), "ann".into()]);
    let asked = [inner, NOBODY, ANN, BOB];
    let found = world.storage().survey(ANN, 1000, lookups, Some(&selector), &asked).unwrap();
    assert!(found.snapshot.views[0].collection.is_some());
    let names: Vec<&str> = found.principals.iter().map(|principal| principal.name.as_str()).collect();
    assert_eq!(names, ["ann", "bob"]);
    let told: Vec<_> = found.relations.iter().map(|one| (one.of, one.is_member, one.principal.name.as_str())).collect();
    let of_users = [ANN, BOB].into_iter().flat_map(|user| [(user, false, "inner"), (user, false, "outer")]);
    let of_inner = [(inner, false, "outer"), (inner, true, "ann"), (inner, true, "bob")];
    assert_eq!(told, of_users.chain(of_inner).collect::<Vec<_>>());
    let alone = world.storage().survey(ANN, 1000, Vec::new(), None, &[]).unwrap();
    assert!(alone.snapshot.views.is_empty() && alone.principals.is_empty() && alone.relations.is_empty());
}

#[test]
fn changes_are_made_together_or_not_at_all() {
    let world = World::new();
    let both = vec![Change::Create(user("carl")), Change::SetPassword((NOBODY, "x".into()))];
    assert_eq!(world.storage().change(both), Err(Refusal::Missing));
    assert_eq!(names(&world, Selector::All), ["ann", "bob"]);
}

#[test]
fn a_link_knows_where_its_calendar_is_and_goes_with_it() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    let place = calendars("ann", "work");
    let link = Link { collection: work, place: place.clone(), free_busy: true };
    let new = Credential { kind: CredentialKind::Link, link: Some(link.clone()), ..credential("one", 1) };
    world.change(Change::AddCredential(new.clone())).unwrap();
    let found = || world.storage().find_credential("one", &used(900)).unwrap().map(|(credential, ..)| credential);
    assert_eq!(found(), Some(new));
    world.apply(vec![Operation::MoveCollection(relocation(work, &calendars("ann", "moved%20away"), true))]).unwrap();
    assert_eq!(found().unwrap().link.unwrap().place, calendars("ann", "moved%20away"));
    assert_eq!(credentials(&world, "ann").len(), 1);
    world.apply(vec![Operation::DeleteCollection((work, 0))]).unwrap();
    assert_eq!(found(), None);
}

#[test]
fn principals_are_known_by_name_and_address() {
    let world = World::new();
    let mut bob = world.storage().principals(&Selector::Ids(vec![BOB])).unwrap().remove(0);
    bob.emails = vec!["first@example.org".into(), "Second@example.org".into()];
    bob.display_name = "ann@example.org".into();
    world.change(Change::Update(bob)).unwrap();
    let known = |names: &[&str]| names_of(&world, names);
    assert_eq!(known(&["SECOND@example.org"]), ["bob"]);
    assert_eq!(known(&["ann@example.org"]), ["ann"], "a name to show is no address");
    assert_eq!(known(&["bob", "Ann", "nobody"]), ["ann", "bob"]);
    assert_eq!(known(&["example.org", "second", ""]), Vec::<String>::new());
}

fn names_of(world: &World, known_as: &[&str]) -> Vec<String> {
    names(world, Selector::KnownAs(known_as.iter().map(|name| (*name).to_owned()).collect()))
}
