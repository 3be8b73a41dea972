//! Resources: stored, guarded, copied, moved, removed.

use std::cell::Cell;

use kalends_storage::{Database, DatabaseError, Kind, Rows, Statement, Storage};

use crate::support::*;

#[test]
fn a_home_names_no_resource_and_nothing_is_found_where_nothing_is() {
    let world = World::new();
    for path in ["", "other", "work/a.ics", "work/a/b", "other/a.ics"] {
        let view = world.view(ANN, &calendars("ann", path));
        assert!(view.resources.is_empty() && view.owner.is_some(), "{path}");
        assert_eq!(view.collection.is_some(), path == "work/a.ics", "{path}");
    }
    assert!(world.view(ANN, &calendars("eve", "work")).owner.is_none());
}

#[test]
fn a_brief_lookup_brings_tags_and_what_is_asked_for_besides() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    world.store(work, "a.ics", "one");
    let look = |detail| {
        let lookup = Lookup { place: calendars("ann", "work"), selection: Selection::All, detail };
        world.look(ANN, lookup).resources.remove(0)
    };
    let whole = look(Detail::BODIES);
    assert!(!whole.content_type.is_empty() && whole.size == 3 && whole.created == 1000);
    let tag = |body| Resource {
        name: whole.name.clone(),
        etag: whole.etag.clone(),
        exact: whole.exact,
        seq: whole.seq,
        body,
        content_type: String::new(),
        size: 0,
        component: None,
        uid: None,
        created: 0,
        modified: 0,
        properties: Vec::new(),
        texts: Vec::new(),
    };
    assert_eq!(look(Detail::BRIEF), tag(None));
    assert_eq!(look(Detail::BRIEF | Detail::BODIES), tag(Some(b"one".to_vec().into())));
}

#[test]
fn large_and_binary_bodies_live_in_the_blob_store() {
    let world = World::new();
    let root = world.id(&files("ann", ""));
    let large = "x".repeat(kalends_storage::INLINE + 1);
    world.store(root, "large", &large);
    world.store(root, "small", &large[1..]);
    let mut binary = put(root, "binary", "");
    binary.body = vec![0xff, 0, 1];
    binary.digest = "b1".into();
    let mut nul = put(root, "nul", "");
    nul.body = b"a\0b".to_vec();
    nul.digest = "b2".into();
    world.apply(vec![Operation::Put(binary), Operation::Put(nul)]).unwrap();
    assert_eq!(world.blobs.0.lock().unwrap().len(), 3);
}

/// A database in which nobody gets a turn, and how often one was asked for.
#[derive(Default)]
struct Busy(Cell<u32>);

impl Database for &Busy {
    fn batch(&self, _: Kind, _: Vec<Statement>) -> Result<Vec<Rows>, DatabaseError> {
        self.0.set(self.0.get() + 1);
        Err(DatabaseError::Unavailable("busy".into()))
    }
}

#[test]
fn a_write_waits_for_its_turn_once_however_large_its_body_is() {
    let (busy, blobs) = (Busy::default(), Map::default());
    let large = put(1, "large", &"x".repeat(kalends_storage::INLINE + 1));
    let refused = Storage::new(&busy, &blobs).apply(ANN, vec![], vec![Operation::Put(large)]);
    assert!(matches!(refused, Err(Rejection::Failure(Failure::Unavailable(_)))), "{refused:?}");
    assert_eq!(busy.0.get(), 1);
}

#[test]
fn blobs_are_removed_long_after_the_last_resource_and_never_while_one_is_there() {
    let world = World::new();
    let root = world.id(&files("ann", ""));
    let (old, new) = ("o".repeat(40_000), "n".repeat(40_000));
    let has = |body: &str| world.blobs.0.lock().unwrap().contains_key(&digest(body));
    let age = || world.database.execute("UPDATE orphan SET since = since - 700000");
    world.store(root, "a", &old);
    world.store(root, "a", &new);
    assert_eq!(world.database.number("SELECT count(*) FROM orphan"), 1);
    world.store(root, "b", &new);
    assert!(has(&old), "an orphan is kept for a while");
    age();
    world.store(root, "b", &new);
    assert!(!has(&old) && has(&new));
    let again = world.apply(vec![Operation::Put(put(root, "c", &old))]);
    assert!(matches!(again, Err(Rejection::Failure(Failure::Unavailable(_)))), "{again:?}");
    world.database.execute("UPDATE orphan SET doomed = doomed - 1000");
    world.store(root, "b", &new);
    world.store(root, "c", &old);
    world.apply(vec![Operation::Delete((member(root, "c"), 1000))]).unwrap();
    age();
    world.store(root, "d", &old);
    world.store(root, "e", &new);
    assert!(has(&old) && has(&new), "what is stored again is no orphan");
}

#[test]
fn a_refused_body_is_an_orphan() {
    let world = World::new();
    let root = world.id(&files("ann", ""));
    let guard = Guard::Unchanged((member(root, "a"), Some("\"x\"".into())));
    let large = "x".repeat(40_000);
    let refused = world.guarded(ANN, vec![guard], vec![Operation::Put(put(root, "a", &large))]);
    assert_eq!(refused, Err(Rejection::Changed));
    assert_eq!(world.database.number("SELECT count(*) FROM orphan WHERE doomed IS NULL"), 1);
    world.store(root, "a", &large);
    assert_eq!(world.database.number("SELECT count(*) FROM orphan"), 0);
}

#[test]
fn what_is_gone_is_gone() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    let patch = |subject| Proppatch { subject, set: vec![], remove: vec![], now: 1000 };
    let operations = [
        Operation::Put(put(99, "a", "one")),
        Operation::Delete((member(work, "a"), 1000)),
        Operation::Copy(transfer((work, "a"), (work, "b"))),
        Operation::Move(transfer((work, "a"), (work, "a"))),
        Operation::CreateCollection((
            NewCollection { place: calendars("eve", "x"), components: vec![], properties: vec![] },
            1000,
        )),
        Operation::DeleteCollection((99, 0)),
        Operation::CopyCollection(relocation(99, &calendars("ann", "x"), true)),
        Operation::MoveCollection(relocation(work, &calendars("eve", "x"), true)),
        Operation::Proppatch(patch(Subject::Collection(99))),
        Operation::Proppatch(patch(Subject::Personal(99))),
        Operation::Proppatch(patch(Subject::Member(member(work, "a")))),
        Operation::Share((99, BOB, Access::Read)),
        Operation::Share((work, 99, Access::Read)),
        Operation::Unshare((99, BOB, 3000)),
    ];
    for operation in operations {
        let text = format!("{operation:?}");
        assert_eq!(world.apply(vec![operation]), Err(Rejection::Gone), "{text}");
    }
    assert_eq!(world.guard(ANN, Guard::Access((99, Access::Read))), Err(Rejection::Gone));
}

#[test]
fn a_copy_has_the_properties_and_the_index_and_takes_the_place_of_another() {
    let world = World::new();
    let (work, other) = (world.id(&calendars("ann", "work")), world.create(&calendars("ann", "other")));
    let mut source = event(work, "a", "u1");
    source.index.texts = vec![("SUMMARY".into(), "party".into())];
    let patch = Proppatch {
        subject: Subject::Member(member(work, "a")),
        set: vec![property("note", "<note>1</note>")],
        remove: vec![],
        now: 1000,
    };
    world.apply(vec![Operation::Put(source), Operation::Proppatch(patch)]).unwrap();
    world.store(other, "b", "what is replaced");
    world.apply(vec![Operation::Copy(transfer((work, "a"), (other, "b")))]).unwrap();
    let text = TextTest { name: "SUMMARY".into(), value: "art".into(), kind: MatchType::Contains };
    let query = IndexQuery { texts: vec![text], ..crate::queries::anything() };
    let lookup = |path: &str| Lookup {
        place: calendars("ann", path),
        selection: Selection::Matching(query.clone()),
        detail: Detail::all() - Detail::BRIEF - Detail::TAGS,
    };
    for path in ["work", "other"] {
        let view = world.look(ANN, lookup(path));
        assert_eq!(view.resources.len(), 1, "{path}");
        assert_eq!(view.resources[0].properties, [property("note", "<note>1</note>")]);
        assert_eq!(view.resources[0].body.as_deref(), Some(b"u1".as_slice()));
    }
}

#[test]
fn properties_are_set_replaced_and_removed() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    world.store(work, "a", "one");
    let patch = |set, remove| {
        let subject = Subject::Member(member(work, "a"));
        world.apply(vec![Operation::Proppatch(Proppatch { subject, set, remove, now: 1000 })]).unwrap();
        world.view(ANN, &calendars("ann", "work/a")).resources.remove(0)
    };
    patch(vec![property("a", "<a/>"), property("b", "<b x=\"\u{fc}&quot;\"/>")], vec![]);
    let resource = patch(vec![property("a", "<a>2</a>")], vec![property_name("b"), property_name("none")]);
    assert_eq!(resource.properties, [property("a", "<a>2</a>")]);
    assert_eq!(resource.seq, 3, "a change of the resource");
}
