//! Calendars and address books.

use crate::support::*;

#[test]
fn a_collection_is_made_with_its_properties() {
    let world = World::new();
    let new = NewCollection {
        place: calendars("ann", "new"),
        components: vec!["VEVENT".into(), "VTODO".into()],
        properties: vec![property("displayname", "<displayname>A &amp; \"B\" \u{1f389}</displayname>")],
    };
    world.apply(vec![Operation::CreateCollection((new.clone(), 77))]).unwrap();
    let made = world.collection(ANN, &new.place);
    assert_eq!((made.components, made.properties), (new.components.clone(), new.properties.clone()));
    assert_eq!((made.created, made.modified, made.seq, made.access), (77, 77, 0, Access::Owner));
    assert_eq!(world.apply(vec![Operation::CreateCollection((new, 77))]), Err(Rejection::Occupied));
    let children = world.view(ANN, &calendars("ann", "")).children;
    assert_eq!(children.into_iter().map(|child| child.place.path).collect::<Vec<_>>(), ["new", "work"]);
    let books = Place { home: Home::Addressbooks, ..calendars("ann", "") };
    assert!(world.view(ANN, &books).children.is_empty());
}

#[test]
fn calendars_do_not_nest() {
    let world = World::new();
    assert_eq!(world.apply(vec![create(&calendars("ann", "work/inner"))]), Err(Rejection::Gone));
    let work = world.id(&calendars("ann", "work"));
    world.store(work, "a", "one");
    assert_eq!(world.apply(vec![create(&calendars("ann", "work/a"))]), Err(Rejection::Occupied));
}

#[test]
fn a_calendar_is_removed_with_all_of_it() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    let similar = world.create(&calendars("ann", "work2"));
    let large = "x".repeat(40_000);
    world.store(work, "a", &large);
    world.store(work, "b", "one");
    world.store(similar, "b", "one");
    world.apply(vec![Operation::Delete((member(work, "b"), 0)), Operation::DeleteCollection((work, 0))]).unwrap();
    assert!(world.view(ANN, &calendars("ann", "work")).collection.is_none());
    assert_eq!(world.collection(ANN, &calendars("ann", "work2")).members, 1);
    assert_eq!(world.database.number("SELECT count(*) FROM tombstone"), 0);
    assert_eq!(world.database.number("SELECT count(*) FROM orphan"), 1, "its large bodies are collected later");
    assert_ne!(world.create(&calendars("ann", "work")), work, "numbers are not used again");
}

#[test]
fn a_calendar_is_moved_and_copied() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    world.store(work, "a", "one");
    world.store(work, "a", "two");
    world.apply(vec![Operation::CopyCollection(relocation(work, &calendars("ann", "copy"), true))]).unwrap();
    world.apply(vec![Operation::MoveCollection(relocation(work, &calendars("ann", "moved"), true))]).unwrap();
    let (moved, copy) = (calendars("ann", "moved"), calendars("ann", "copy"));
    assert_eq!((world.collection(ANN, &moved).id, world.collection(ANN, &moved).seq), (work, 2));
    assert_eq!(world.view(ANN, &copy).resources[0].body.as_deref(), Some(b"two".as_slice()));
    let copied = world.collection(ANN, &copy).id;
    world.store(copied, "b", "three");
    assert_eq!(world.names(ANN, &copy, Selection::Since(Since { seq: 2, limit: None })), ["b"]);
}

#[test]
fn properties_of_collections_are_set_and_removed() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    let patch = |set, remove, now| {
        let patch = Proppatch { subject: Subject::Collection(work), set, remove, now };
        world.apply(vec![Operation::Proppatch(patch)]).unwrap();
        world.collection(ANN, &calendars("ann", "work"))
    };
    patch(vec![property("a", "<a/>"), property("b", "<b/>")], vec![], 1000);
    let after = patch(vec![property("c", "<c/>")], vec![property_name("a"), property_name("none")], 3000);
    assert_eq!(after.properties, [property("b", "<b/>"), property("c", "<c/>")]);
    assert_eq!((after.seq, after.modified), (0, 3000));
}

#[test]
fn a_home_keeps_what_its_owner_sets_on_it() {
    let world = World::new();
    let set = |home: Home, xml: &str| {
        let patch =
            Proppatch { subject: Subject::Home(home), set: vec![property("me-card", xml)], remove: Vec::new(), now: 1 };
        world.apply(vec![Operation::Proppatch(patch)]).unwrap();
    };
    set(Home::Addressbooks, "<me-card>first</me-card>");
    set(Home::Addressbooks, "<me-card>second</me-card>");
    set(Home::Calendars, "<me-card>third</me-card>");
    let books = Place { home: Home::Addressbooks, ..calendars("ann", "") };
    assert_eq!(world.view(ANN, &books).properties, [property("me-card", "<me-card>second</me-card>")]);
    assert!(world.view(BOB, &books).properties.is_empty(), "others do not see it");
    assert!(world.view(ANN, &calendars("ann", "work")).properties.is_empty());
    let remove = vec![property("me-card", "").name];
    let patch = Proppatch { subject: Subject::Home(Home::Addressbooks), set: Vec::new(), remove, now: 1 };
    world.apply(vec![Operation::Proppatch(patch)]).unwrap();
    assert!(world.view(ANN, &books).properties.is_empty());
    assert_eq!(world.view(ANN, &calendars("ann", "")).properties.len(), 1);
}
