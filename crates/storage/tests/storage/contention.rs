//! Several writers at once, on connections of their own: what only a database that lets them in together has to be asked.

use std::sync::Barrier;
use std::thread;

use kalends_storage::Storage;
use kalends_storage::bindings::exports::kalends::dav::accounts::{Change, Refusal};
use kalends_storage::bindings::kalends::dav::types::Principal;

use crate::postgres::Postgres;
use crate::support::*;

const WHY: &str = "KALENDS_TEST_POSTGRES says where a database is: cargo xtask test storage-postgres";

/// Something to be done by a writer of its own.
type Task<'a, T> = Box<dyn Fn(&Writer) -> T + Send + 'a>;

/// A world, and as many writers in it as there are tasks; all begin at once. What each task comes to is returned in order.
fn at_once<'a, T: Send + 'a>(world: &Schema, tasks: Vec<Task<'a, T>>) -> Vec<T> {
    let start = Barrier::new(tasks.len());
    thread::scope(|scope| {
        let begin = |task: Task<'a, T>| {
            let start = &start;
            scope.spawn(move || {
                let writer = world.writer();
                start.wait();
                task(&writer)
            })
        };
        // All are started before the first one is waited for.
        let threads: Vec<_> = tasks.into_iter().map(begin).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// The tables that the writers share.
struct Schema {
    address: String,
    name: String,
}

/// One writer.
struct Writer {
    database: Postgres,
    blobs: Map,
}

impl Schema {
    /// A schema with the users `ann` (1) and `bob` (2).
    fn new() -> Self {
        let address = std::env::var("KALENDS_TEST_POSTGRES").expect(WHY);
        let schema = Self { name: Postgres::new(&address).schema().to_owned(), address };
        let writer = schema.writer();
        writer.change(Change::Create(user("ann"))).unwrap();
        writer.change(Change::Create(user("bob"))).unwrap();
        schema
    }

    fn writer(&self) -> Writer {
        Writer { database: Postgres::of(&self.address, &self.name), blobs: Map::default() }
    }
}

impl Writer {
    fn storage(&self) -> Storage<&Postgres, &Map> {
        Storage::new(&self.database, &self.blobs)
    }

    fn change(&self, change: Change) -> Result<(), Refusal> {
        self.storage().change(vec![change])
    }

    fn apply(&self, guards: Vec<Guard>, operation: Operation) -> Result<(), Rejection> {
        self.storage().apply(ANN, guards, vec![operation])
    }

    fn create(&self, place: &Place) -> u64 {
        self.apply(vec![], create(place)).unwrap();
        self.view(place).collection.unwrap().id
    }

    fn view(&self, place: &Place) -> View {
        let lookup = Lookup { place: place.clone(), selection: Selection::All, detail: Detail::all() };
        self.storage().read(ANN, 1000, vec![lookup]).unwrap().views.remove(0)
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn change_numbers_have_neither_gap_nor_repetition() {
    let schema = Schema::new();
    let work = schema.writer().create(&calendars("ann", "work"));
    let task = |writer: u32| -> Box<dyn Fn(&Writer) + Send> {
        Box::new(move |own: &Writer| {
            for number in 0..25 {
                let name = format!("{writer}-{number}");
                own.apply(vec![], Operation::Put(event(work, &name, &name))).unwrap();
            }
        })
    };
    at_once(&schema, (0..6).map(task).collect());
    let view = schema.writer().view(&calendars("ann", "work"));
    let mut numbers: Vec<u64> = view.resources.iter().map(|resource| resource.seq).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=150).collect::<Vec<u64>>());
    let collection = view.collection.unwrap();
    assert_eq!((collection.seq, collection.members), (150, 150));
}

#[test]
#[ignore = "needs PostgreSQL"]
fn moves_to_and_fro_wait_for_each_other() {
    let schema = Schema::new();
    let writer = schema.writer();
    let ends = ["a", "b"].map(|path| writer.create(&calendars("ann", path)));
    let task = |number: usize| -> Box<dyn Fn(&Writer) + Send> {
        Box::new(move |own: &Writer| {
            let name = format!("{number}.ics");
            let (from, to) = (ends[number % 2], ends[(number + 1) % 2]);
            own.apply(vec![], Operation::Put(event(from, &name, &name))).unwrap();
            for _ in 0..10 {
                own.apply(vec![], Operation::Move(transfer((from, &name), (to, &name)))).unwrap();
                own.apply(vec![], Operation::Move(transfer((to, &name), (from, &name)))).unwrap();
            }
        })
    };
    at_once(&schema, (0..4).map(task).collect());
    for path in ["a", "b"] {
        let view = writer.view(&calendars("ann", path));
        assert_eq!((view.collection.unwrap().members, view.resources.len()), (2, 2));
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_quota_holds_over_all_collections() {
    let schema = Schema::new();
    let writer = schema.writer();
    let view = writer.view(&calendars("ann", ""));
    writer.change(Change::Update(Principal { quota: Some(1000), ..view.owner.unwrap() })).unwrap();
    let collections: Vec<u64> = (0..4).map(|number| writer.create(&calendars("ann", &number.to_string()))).collect();
    let task = |id: &u64| -> Box<dyn Fn(&Writer) -> usize + Send> {
        let id = *id;
        Box::new(move |own: &Writer| {
            let stored = (0..10).filter(|number| {
                let new = put(id, &number.to_string(), &"x".repeat(100));
                let result = own.apply(vec![Guard::Room((id, 100))], Operation::Put(new));
                assert!(matches!(result, Ok(()) | Err(Rejection::NoRoom)), "{result:?}");
                result.is_ok()
            });
            stored.count()
        })
    };
    let stored = at_once(&schema, collections.iter().map(task).collect());
    assert_eq!(stored.iter().sum::<usize>(), 10);
    assert_eq!(writer.view(&calendars("ann", "")).owner.unwrap().used, 1000);
}

#[test]
#[ignore = "needs PostgreSQL"]
fn of_a_file_and_a_folder_one_comes_to_a_place() {
    let schema = Schema::new();
    let root = schema.writer().view(&files("ann", "")).collection.unwrap().id;
    for number in 0..10 {
        let name = &format!("n{number}");
        let folder = || -> Operation { create(&files("ann", name)) };
        let file = || -> Operation { Operation::Put(put(root, name, "x")) };
        let tasks: Vec<Task<'_, Result<(), Rejection>>> =
            vec![Box::new(|own| own.apply(vec![], folder())), Box::new(|own| own.apply(vec![], file()))];
        let results = at_once(&schema, tasks);
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
        assert!(results.contains(&Err(Rejection::Occupied)), "{results:?}");
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn of_two_locks_one_is_given() {
    let schema = Schema::new();
    for number in 0..10 {
        let place = files("ann", &format!("n{number}"));
        let task = |token: &str| -> Task<'static, Result<(), Rejection>> {
            let lock = Lock {
                token: format!("urn:{number}:{token}"),
                root: place.clone(),
                principal: ANN,
                exclusive: true,
                deep: false,
                owner_xml: String::new(),
                expires: i64::from(u32::MAX),
            };
            let free = Unlocked { place: place.clone(), deep: false, tokens: vec![], now: 1000 };
            Box::new(move |own: &Writer| own.apply(vec![Guard::Unlocked(free.clone())], Operation::Lock(lock.clone())))
        };
        let results = at_once(&schema, ["a", "b", "c"].map(task).into());
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
        assert!(results.contains(&Err(Rejection::Locked)), "{results:?}");
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn of_two_bodies_with_one_uid_one_is_stored() {
    let schema = Schema::new();
    let work = schema.writer().create(&calendars("ann", "work"));
    for number in 0..10 {
        let uid = format!("u{number}");
        let task = |name: &str| -> Task<'static, Result<(), Rejection>> {
            let new = event(work, &format!("{number}-{name}"), &uid);
            Box::new(move |own: &Writer| own.apply(vec![], Operation::Put(new.clone())))
        };
        let results = at_once(&schema, ["a", "b"].map(task).into());
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
        let conflict = |result: &Result<(), Rejection>| matches!(result, Err(Rejection::UidConflict(_)));
        assert!(results.iter().any(conflict), "{results:?}");
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn groups_never_come_to_be_in_each_other() {
    let schema = Schema::new();
    let writer = schema.writer();
    for number in 0..5 {
        let groups = ["left", "right"].map(|name| {
            let mut group = user(&format!("{name}{number}"));
            group.kind = PrincipalKind::Group;
            writer.change(Change::Create(group)).unwrap();
            writer.view(&calendars(&format!("{name}{number}"), "")).owner.unwrap().id
        });
        let task = |(group, member): (u64, u64)| -> Task<'static, Result<(), Refusal>> {
            Box::new(move |own: &Writer| own.change(Change::Join((group, member))))
        };
        let [left, right] = groups;
        let results = at_once(&schema, [(left, right), (right, left)].map(task).into());
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
        assert!(results.contains(&Err(Refusal::Circular)), "{results:?}");
    }
}
