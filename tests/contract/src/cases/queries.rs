//! Selections by the index and by name, and lists longer than a statement has parameters.

use crate::world::*;

pub fn a_time_range_finds_what_may_overlap_it(world: &World<'_>) {
    let events = [
        ("before", Some(0), Some(100)),
        ("ends-inside", Some(50), Some(101)),
        ("inside", Some(120), Some(130)),
        ("around", Some(0), Some(1000)),
        ("endless", Some(150), None),
        ("unknown", None, None),
        ("moment-at-start", Some(100), Some(100)),
        ("moment-at-end", Some(200), Some(200)),
        ("after", Some(200), Some(300)),
    ];
    let puts = events.map(|(name, first, last)| {
        let mut put = event(world.work, name, name);
        (put.index.first, put.index.last) = (first, last);
        Operation::Put(put)
    });
    world.apply(puts.into()).unwrap();
    let inside = ["around", "endless", "ends-inside", "inside", "moment-at-start", "unknown"];
    assert_eq!(in_range(world, Some(100), Some(200)), inside);
    assert_eq!(in_range(world, Some(1000), None), ["endless", "unknown"]);
    assert_eq!(in_range(world, None, Some(50)), ["around", "before", "unknown"]);
    assert_eq!(in_range(world, None, None).len(), 9);
    assert_eq!(in_range(world, Some(i64::MAX), None), ["endless", "unknown"]);
    assert_eq!(in_range(world, None, Some(i64::MIN)), ["unknown"]);
}

pub fn a_time_range_finds_what_overlaps_it_however_long_it_lasts(world: &World<'_>) {
    const DAY: i64 = 86_400;
    let (start, end) = (20_000 * DAY, 20_030 * DAY);
    let around = |days: i64| [days * DAY - 1, days * DAY, days * DAY + 1];
    let lengths = [1, 8, 64, 512, 4096].into_iter().flat_map(around).chain([1]);
    let mut inside = Vec::new();
    let mut puts = Vec::new();
    for length in lengths {
        let ends =
            [("a", start, false), ("b", start + 1, true), ("c", end - 1 + length, true), ("d", end + length, false)];
        for (name, last, is_inside) in ends {
            let name = format!("{length}-{name}");
            let mut put = event(world.work, &name, &name);
            (put.index.first, put.index.last) = (Some(last - length), Some(last));
            puts.push(Operation::Put(put));
            inside.extend(is_inside.then_some(name));
        }
    }
    world.apply(puts).unwrap();
    inside.sort();
    assert_eq!(in_range(world, Some(start), Some(end)), inside);
}

/// What a time range finds, of events or of whatever there is: here that is the same.
fn in_range(world: &World<'_>, start: Option<i64>, end: Option<i64>) -> Vec<String> {
    let anything = IndexQuery { start, end, ..anything() };
    let found = world.names(Selection::Matching(anything.clone()));
    for components in [&["VEVENT"][..], &["VTODO", "VEVENT"]] {
        let components = components.iter().copied().map(String::from).collect();
        assert_eq!(world.names(Selection::Matching(IndexQuery { components, ..anything.clone() })), found);
    }
    found
}

pub fn more_than_a_hundred_of_everything(world: &World<'_>) {
    let puts = (0..150).map(|number| Operation::Put(event(world.work, &format!("{number:03}"), &number.to_string())));
    world.apply(puts.collect()).unwrap();
    assert_eq!((world.work().seq, world.work().members), (150, 150));
    let set: Vec<Property> = (0..150).map(|number| property(&format!("p{number}"), &"x".repeat(50))).collect();
    let patch = Proppatch { subject: Subject::Collection(world.work), set, remove: vec![], now: NOW };
    world.apply(vec![Operation::Proppatch(patch)]).unwrap();
    assert_eq!(world.work().properties.len(), 150);
    let texts: Vec<TextTest> = (0..150)
        .map(|number| TextTest { name: "FN".into(), value: number.to_string(), kind: MatchType::Equals })
        .collect();
    let query = IndexQuery { texts, any_text: true, ..anything() };
    assert!(world.names(Selection::Matching(query)).is_empty());
    let tokens = (0..150).map(|number| format!("urn:uuid:{number}")).collect();
    let place = world.file(&"segment/".repeat(200));
    assert_eq!(world.guard(world.ann, Guard::Unlocked(Unlocked { place, deep: true, tokens, now: 0 })), Ok(()));
    let guards = (0..150).map(|number| Guard::Unchanged((member(world.work, &format!("none-{number}")), None)));
    let deletions = (0..150).map(|number| delete(world.work, &format!("{number:03}")));
    world.guarded(guards.collect(), deletions.collect()).unwrap();
    assert_eq!(world.since(&world.calendar("work"), 150, None).removed.len(), 150);
}

pub fn more_than_ten_thousand_names(world: &World<'_>) {
    for name in ["a", "b", "c%22\"'\\", "d"] {
        world.store(world.work, name, name);
    }
    let mut wanted: Vec<String> = (0..10_050).map(|number| format!("none-of-this-name-{number}.ics")).collect();
    wanted.extend(["d", "c%22\"'\\", "a", "a"].map(String::from));
    assert_eq!(world.names(Selection::Names(wanted)), ["a", "c%22\"'\\", "d"]);
    assert!(world.names(Selection::Names(vec![])).is_empty());
}
