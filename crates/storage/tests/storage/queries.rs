//! Selections by name and by the index.

use kalends_storage::Storage;
use kalends_storage::bindings::kalends::dav::types::Failure;

use crate::support::*;

/// A query that everything matches.
pub fn anything() -> IndexQuery {
    IndexQuery { components: vec![], start: None, end: None, uid: None, texts: vec![], any_text: false, limit: None }
}

fn matching(world: &World, query: IndexQuery) -> Vec<String> {
    world.names(ANN, &calendars("ann", "work"), Selection::Matching(query))
}

/// A calendar with resources of some names, components and times.
fn calendar(events: &[(&str, &str, Option<i64>, Option<i64>)]) -> World {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    for (name, component, first, last) in events {
        let mut put = event(work, name, name);
        put.index.component = Some((*component).into());
        (put.index.first, put.index.last) = (*first, *last);
        world.apply(vec![Operation::Put(put)]).unwrap();
    }
    world
}

#[test]
fn components_uids_and_limits() {
    let world = calendar(&[("a", "VEVENT", None, None), ("b", "VTODO", None, None), ("c", "VJOURNAL", None, None)]);
    let components = |list: &[&str]| list.iter().map(|component| (*component).to_owned()).collect();
    assert_eq!(matching(&world, IndexQuery { components: components(&["VTODO"]), ..anything() }), ["b"]);
    let both = IndexQuery { components: components(&["VTODO", "VEVENT"]), ..anything() };
    assert_eq!(matching(&world, both), ["a", "b"]);
    assert_eq!(matching(&world, IndexQuery { uid: Some("c".into()), ..anything() }), ["c"]);
    let limited = |limit| {
        let query = IndexQuery { limit: Some(limit), ..anything() };
        let lookup =
            Lookup { place: calendars("ann", "work"), selection: Selection::Matching(query), detail: Detail::empty() };
        let view = world.look(ANN, lookup);
        (view.resources.len(), view.truncated)
    };
    assert_eq!((limited(2), limited(3)), ((2, true), (3, false)));
}

#[test]
fn texts_are_tested() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    let texts =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
    let cards = [
        ("ann", texts(&[("FN", "ann müller"), ("EMAIL", "ann@example.org"), ("EMAIL", "a@work.example")])),
        ("bob", texts(&[("FN", "bob"), ("EMAIL", "bob@example.org")])),
        ("eve", texts(&[("FN", "müller")])),
    ];
    for (name, texts) in cards {
        let mut put = event(work, name, name);
        put.index.texts = texts;
        world.apply(vec![Operation::Put(put.clone()), Operation::Put(put)]).unwrap();
    }
    let test = |name: &str, kind, value: &str| TextTest { name: name.into(), value: value.into(), kind };
    let find =
        |texts: &[TextTest], any_text| matching(&world, IndexQuery { texts: texts.to_vec(), any_text, ..anything() });
    let one = |name, kind, value| find(&[test(name, kind, value)], false);
    assert_eq!(one("FN", MatchType::Equals, "müller"), ["eve"]);
    assert_eq!(one("FN", MatchType::Contains, "üll"), ["ann", "eve"]);
    assert_eq!(one("FN", MatchType::StartsWith, "ann"), ["ann"]);
    assert_eq!(one("FN", MatchType::EndsWith, "ller"), ["ann", "eve"]);
    assert_eq!(one("FN", MatchType::EndsWith, "a longer text than any of theirs"), Vec::<String>::new());
    assert_eq!(one("FN", MatchType::Contains, ""), ["ann", "bob", "eve"]);
    assert_eq!(one("EMAIL", MatchType::EndsWith, ""), ["ann", "bob"]);
    assert_eq!(one("NICKNAME", MatchType::Contains, ""), Vec::<String>::new());
    assert_eq!(one("FN", MatchType::Contains, "%"), Vec::<String>::new());
    let pair = [test("EMAIL", MatchType::EndsWith, "example.org"), test("FN", MatchType::Contains, "müller")];
    assert_eq!(find(&pair, false), ["ann"]);
    assert_eq!(find(&pair, true), ["ann", "bob", "eve"]);
    let many: Vec<TextTest> = (0..200).map(|number| test("FN", MatchType::Equals, &number.to_string())).collect();
    assert_eq!(find(&many, true), Vec::<String>::new());
}

#[test]
fn two_lookups_are_answered_in_one_round_trip() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    world.store(work, "a", "one");
    let lookup =
        |path: &str| Lookup { place: calendars("ann", path), selection: Selection::Itself, detail: Detail::BODIES };
    let before = world.database.trips();
    let views = world.storage().read(ANN, 0, vec![lookup("work/a"), lookup("work/b"), lookup("")]).unwrap().views;
    assert_eq!(world.database.trips(), before + 1);
    assert_eq!(views.iter().map(|view| view.resources.len()).collect::<Vec<_>>(), [1, 0, 0]);
    assert!(world.storage().read(ANN, 0, vec![]).unwrap().views.is_empty());
}

/// Three address books of ann's, and one of bob's.
#[test]
fn a_whole_home_is_searched_at_once() {
    let world = World::new();
    let store = |place: &Place, name: &str, texts: &[(&str, &str)]| {
        let collection = world.create(place);
        let mut put = put(collection, name, name);
        put.index.texts = texts.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
        world.apply(vec![Operation::Put(put)]).unwrap();
    };
    let books = |owner: &str, path: &str| Place { home: Home::Addressbooks, owner: owner.into(), path: path.into() };
    store(&books("ann", "friends"), "eve", &[("BDAY", "19800415 Eve"), ("FN", "EVE")]);
    store(&books("ann", "contacts"), "tom", &[("ANNIVERSARY", "--0229 Tom"), ("BDAY", "--0415 Tom")]);
    store(&books("ann", "work"), "sue", &[("FN", "SUE")]);
    store(&books("bob", "contacts"), "joe", &[("BDAY", "19800415 Joe")]);
    let day = |name: &str| TextTest { name: name.into(), value: String::new(), kind: MatchType::Contains };
    let query = IndexQuery { texts: vec![day("BDAY"), day("ANNIVERSARY")], any_text: true, ..anything() };
    let look = |asker, limit| {
        let selection = Selection::Matching(IndexQuery { limit, ..query.clone() });
        world.look(asker, Lookup { place: books("ann", ""), selection, detail: Detail::TEXTS | Detail::CHILDREN })
    };
    let view = look(ANN, None);
    let found: Vec<(&str, usize)> =
        view.resources.iter().map(|resource| (resource.name.as_str(), resource.texts.len())).collect();
    assert_eq!(found, [("contacts/tom", 2), ("friends/eve", 1)], "of the names that are tested");
    assert_eq!(view.resources[1].texts[0], ("BDAY".to_owned(), "19800415 Eve".to_owned()));
    assert!(view.resources.iter().all(|resource| resource.body.is_none()));
    assert_eq!(view.children.len(), 3);
    assert!(look(BOB, None).resources.is_empty(), "nobody searches what is another's");
    let limited = look(ANN, Some(1));
    assert_eq!((limited.resources.len(), limited.truncated), (1, true));
}

/// What a search reads of the table of resources are the rows of those that it finds.
#[test]
fn a_search_reads_no_more_bodies_than_it_finds() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    for chunk in 0..20 {
        let puts = (0..500).map(|number| {
            let name = format!("c{}", chunk * 500 + number);
            let mut put = put(work, &name, &name);
            put.index.texts = vec![("FN".to_owned(), format!("CARD {name} OF MANY"))];
            Operation::Put(put)
        });
        world.apply(puts.collect()).unwrap();
    }
    for (kind, value, expected) in [
        (MatchType::Equals, "CARD c4711 OF MANY", 1),
        (MatchType::StartsWith, "CARD c471", 11),
        (MatchType::Contains, "c471", 11),
        (MatchType::EndsWith, "99 OF MANY", 100),
    ] {
        let texts = vec![TextTest { name: "FN".into(), value: value.into(), kind }];
        let query = IndexQuery { texts, ..anything() };
        let lookup =
            Lookup { place: calendars("ann", "work"), selection: Selection::Matching(query), detail: Detail::BODIES };
        let before = world.database.bodies();
        assert_eq!(world.look(ANN, lookup).resources.len(), expected, "{value}");
        assert_eq!(world.database.bodies(), before.map(|before| before + expected), "{value}");
    }
}

/// A collection's bodies may be more than there is memory for.
#[test]
fn no_more_bodies_come_at_once_than_can_be_held() {
    let world = World::new();
    let work = world.id(&calendars("ann", "work"));
    for name in ["a", "b", "c"] {
        world.store(work, name, &name.repeat(40));
    }
    let large = "d".repeat(kalends_storage::INLINE + 1);
    world.store(work, "d", &large);
    let ask = |bodies_at_once: usize, place: &Place, selection: Selection, detail| {
        let storage = Storage { bodies_at_once: bodies_at_once as u64, ..world.storage() };
        let lookup = Lookup { place: place.clone(), selection, detail };
        storage.read(ANN, 1000, vec![lookup]).map(|mut snapshot| snapshot.views.remove(0).resources)
    };
    let names = |names: &[&str]| Selection::Names(names.iter().map(|name| (*name).to_owned()).collect());
    let octets = |found: Vec<Resource>| -> Vec<usize> {
        found.into_iter().map(|resource| resource.body.map_or(0, |body| body.len())).collect()
    };
    let calendar = calendars("ann", "work");
    for detail in [Detail::BODIES, Detail::BODIES | Detail::BRIEF, Detail::BODIES | Detail::PROPERTIES] {
        let found = |most, selection| ask(most, &calendar, selection, detail).map(octets);
        assert_eq!(found(80, names(&["a", "c"])), Ok(vec![40, 40]));
        let refused = found(80, names(&["a", "b", "c"])).unwrap_err();
        assert!(
            matches!(&refused, Failure::Excessive(text) if text.contains("120") && text.contains("80")),
            "{refused:?}"
        );
        assert!(matches!(found(large.len(), Selection::All), Err(Failure::Excessive(_))));
        assert_eq!(found(large.len(), names(&["d"])), Ok(vec![large.len()]));
        assert_eq!(found(large.len() + 120, Selection::All), Ok(vec![40, 40, 40, large.len()]));
        assert_eq!(found(80, names(&[])), Ok(vec![]));
    }
    assert_eq!(
        ask(1, &calendars("ann", "work/d"), Selection::Itself, Detail::BODIES).map(octets),
        Ok(vec![large.len()])
    );
    assert_eq!(ask(1, &calendar, Selection::All, Detail::empty()).unwrap().len(), 4, "what has no bodies is told");
    let in_home = |most| ask(most, &calendars("ann", ""), Selection::Matching(anything()), Detail::BODIES).map(octets);
    assert!(matches!(in_home(large.len()), Err(Failure::Excessive(_))));
    assert_eq!(in_home(large.len() + 120), Ok(vec![40, 40, 40, large.len()]));
}
