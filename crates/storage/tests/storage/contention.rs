//! Several writers at once, on connections of their own: what only a database that lets them in together has to be
//! asked.

use std::sync::Barrier;
use std::thread;

use kalends_contract::{CASES, Case, World};
use kalends_storage::Storage;
use kalends_storage::bindings::exports::kalends::dav::accounts::{Change, Guess, Guesses, Login, Refusal, Selector};

use crate::postgres::Postgres;
use crate::support::*;

const WHY: &str = "KALENDS_TEST_POSTGRES says where a database is: cargo xtask test storage-postgres";

/// Something to be done by a writer of its own.
type Task<'a, T> = Box<dyn Fn(&Writer) -> T + Send + 'a>;

/// A world, and as many writers in it as there are tasks; all begin at once. What each task comes to is returned in
/// order.
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
    blobs: Map,
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
        let schema = Self { name: Postgres::new(&address).schema().to_owned(), address, blobs: Map::default() };
        let writer = schema.writer();
        writer.change(Change::Create(user("ann"))).unwrap();
        writer.change(Change::Create(user("bob"))).unwrap();
        schema
    }

    fn writer(&self) -> Writer {
        Writer { database: Postgres::of(&self.address, &self.name), blobs: self.blobs.clone() }
    }
}

impl kalends_contract::Storage for Writer {
    fn read(&self, asker: u64, now: i64, lookups: Vec<Lookup>) -> Result<Snapshot, Failure> {
        self.storage().read(asker, now, lookups)
    }

    fn survey(
        &self,
        asker: u64,
        lookups: Vec<Lookup>,
        selector: Option<Selector>,
        related: Vec<u64>,
    ) -> Result<Findings, Failure> {
        self.storage().survey(asker, 1000, lookups, selector.as_ref(), &related)
    }

    fn apply(&self, asker: u64, guards: Vec<Guard>, operations: Vec<Operation>) -> Result<Vec<u64>, Rejection> {
        self.storage().apply(asker, guards, operations)
    }

    fn find_login(
        &self,
        name: &str,
        address: Option<&str>,
        guess: &Guess,
    ) -> Result<(Login, Option<Guesses>), Failure> {
        self.storage().find_login(name, address, guess)
    }

    fn count_guess(&self, guess: &Guess) -> Result<Guesses, Failure> {
        self.storage().count_guess(guess)
    }

    fn inquire(&self, about: Inquiry) -> Result<Option<Dossier>, Failure> {
        self.storage().inquire(&about)
    }

    fn change(&self, changes: Vec<Change>) -> Result<(), Refusal> {
        self.storage().change(changes)
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
        self.storage().apply(ANN, guards, vec![operation]).map(drop)
    }

    fn view(&self, place: &Place) -> View {
        let lookup = Lookup {
            place: place.clone(),
            selection: Selection::All,
            detail: Detail::all() - Detail::BRIEF - Detail::TAGS,
        };
        self.storage().read(ANN, 1000, vec![lookup]).unwrap().views.remove(0)
    }
}

/// The cases of the contract that have several writers.
#[test]
#[ignore = "needs PostgreSQL"]
fn every_case_of_several_writers_holds() {
    let schema = Schema::new();
    for (number, Case { name, begin, writers }) in CASES.iter().enumerate() {
        let Some(writers) = writers else { continue };
        println!("{name}");
        let run = &number.to_string();
        begin(&World::new(&schema.writer(), run));
        let task =
            |writer: u32| -> Task<'_, ()> { Box::new(move |own| (writers.write)(&World::again(own, run), writer)) };
        at_once(&schema, (0..writers.count).map(task).collect());
        (writers.end)(&World::again(&schema.writer(), run));
    }
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
