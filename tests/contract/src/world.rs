//! What a case works on, and short names for what requests are made of.

use sha2::{Digest, Sha256};

pub use crate::interfaces::accounts::Selector;
use crate::interfaces::accounts::{Change, Guess, Guesses, Login, NewPrincipal, Refusal};
pub use crate::interfaces::store::*;
pub use crate::interfaces::types::{NewCollection, Principal, PrincipalKind};

/// The time that all requests carry, in UTC seconds.
pub const NOW: i64 = 1000;

/// A storage world, as `store` and `accounts` show it.
pub trait Storage {
    /// `store.read`
    fn read(&self, asker: u64, now: i64, lookups: Vec<Lookup>) -> Result<Snapshot, Failure>;

    /// `store.survey`
    fn survey(
        &self,
        asker: u64,
        lookups: Vec<Lookup>,
        selector: Option<Selector>,
        related: Vec<u64>,
    ) -> Result<Findings, Failure>;

    /// `store.apply`
    fn apply(&self, asker: u64, guards: Vec<Guard>, operations: Vec<Operation>) -> Result<Vec<u64>, Rejection>;

    /// `accounts.find-login`
    fn find_login(&self, name: &str, address: Option<&str>, guess: &Guess)
    -> Result<(Login, Option<Guesses>), Failure>;

    /// `accounts.count-guess`
    fn count_guess(&self, guess: &Guess) -> Result<Guesses, Failure>;

    /// `store.inquire`
    fn inquire(&self, about: Inquiry) -> Result<Option<Dossier>, Failure>;

    /// `accounts.apply`
    fn change(&self, changes: Vec<Change>) -> Result<(), Refusal>;
}

/// A storage world in which a run of a case has two users of its own, `ann` and `bob`, and the calendar `work` of
/// ann's.
pub struct World<'a> {
    storage: &'a dyn Storage,
    run: String,
    /// The number of ann.
    pub ann: u64,
    /// The number of bob.
    pub bob: u64,
    /// The number of ann's calendar.
    pub work: u64,
}

impl<'a> World<'a> {
    /// Makes the users and the calendar. Names have the run in them, and so no run meets another.
    pub fn new(storage: &'a dyn Storage, run: &str) -> Self {
        let users = ["ann", "bob"].map(|name| Change::Create(user(&format!("{name}-{run}"))));
        storage.change(users.into()).unwrap();
        let mut world = World { storage, run: run.to_owned(), ann: 0, bob: 0, work: 0 };
        (world.ann, world.bob) = (world.principal("ann").id, world.principal("bob").id);
        world.work = world.create(&world.calendar("work"));
        world
    }

    /// The same, made before.
    pub fn again(storage: &'a dyn Storage, run: &str) -> Self {
        let mut world = World { storage, run: run.to_owned(), ann: 0, bob: 0, work: 0 };
        (world.ann, world.bob) = (world.principal("ann").id, world.principal("bob").id);
        world.work = world.id(&world.calendar("work"));
        world
    }

    /// One of the users as it is now.
    pub fn principal(&self, name: &str) -> Principal {
        let home = Place { home: Home::Calendars, owner: format!("{name}-{}", self.run), path: String::new() };
        self.ask(0, home, Selection::Itself).owner.unwrap()
    }

    /// A name with the run in it.
    pub fn named(&self, name: &str) -> String {
        format!("{name}-{}", self.run)
    }

    /// Changes accounts.
    pub fn change(&self, change: Change) {
        self.storage.change(vec![change]).unwrap();
    }

    /// What ann is told of a place and of people.
    pub fn survey(&self, place: Place, selector: Option<Selector>, related: Vec<u64>) -> Findings {
        let lookup = Lookup { place, selection: Selection::Itself, detail: Detail::empty() };
        self.storage.survey(self.ann, vec![lookup], selector, related).unwrap()
    }

    /// Those whom a selector names.
    pub fn people(&self, selector: Selector) -> Vec<Principal> {
        self.storage.survey(self.ann, vec![], Some(selector), vec![]).unwrap().principals
    }

    /// Carries out operations of somebody's.
    pub fn operate(&self, asker: u64, operations: Vec<Operation>) -> Result<(), Rejection> {
        self.making(asker, operations).map(drop)
    }

    /// The same; gives the numbers of new collections.
    pub fn making(&self, asker: u64, operations: Vec<Operation>) -> Result<Vec<u64>, Rejection> {
        self.storage.apply(asker, vec![], operations)
    }

    /// A guess that is counted under names of this run's, where there is one failure at the most.
    pub fn guess(&self, name: &str, address: Option<&str>) -> Guess {
        let address = address.map(|address| format!("{} {NOW}", self.named(address)));
        let name = format!("{} {NOW}", self.named(name));
        Guess { name, address, now: NOW, most_by_name: 1, most_by_address: 1 }
    }

    /// What a sign-in of somebody's is judged by, and how many guesses there are, where this one is counted; they have
    /// the run's name in their own, and so has the address.
    pub fn find_login(&self, name: &str, address: Option<&str>) -> (Login, Option<Guesses>) {
        let own = address.map(|address| self.named(address));
        self.storage.find_login(&self.named(name), own.as_deref(), &self.guess(name, address)).unwrap()
    }

    /// Counts a guess.
    pub fn count_guess(&self, guess: &Guess) -> Guesses {
        self.storage.count_guess(guess).unwrap()
    }

    /// What there is to tell of somebody; they have the run's name in their own.
    pub fn inquire(&self, name: &str, others: &[&str], at: Option<Place>, told: Belongings) -> Option<Dossier> {
        let others = others.iter().map(|name| self.named(name)).collect();
        self.storage.inquire(Inquiry { name: self.named(name), others, at, told }).unwrap()
    }

    /// Gives ann a quota of so many bytes.
    pub fn limit(&self, bytes: u64) {
        let ann = Principal { quota: Some(bytes), ..self.principal("ann") };
        self.storage.change(vec![Change::Update(ann)]).unwrap();
    }

    /// A place in ann's calendars.
    pub fn calendar(&self, path: &str) -> Place {
        Place { home: Home::Calendars, owner: format!("ann-{}", self.run), path: path.into() }
    }

    /// A place in ann's files.
    pub fn file(&self, path: &str) -> Place {
        Place { home: Home::Files, owner: format!("ann-{}", self.run), path: path.into() }
    }

    /// Makes a collection of ann's.
    pub fn create(&self, place: &Place) -> u64 {
        self.apply(vec![create(place)]).unwrap();
        self.id(place)
    }

    /// The number of a collection of ann's.
    pub fn id(&self, place: &Place) -> u64 {
        self.collection(place).id
    }

    /// A collection of ann's as it is now.
    pub fn collection(&self, place: &Place) -> Collection {
        let collection = self.ask(self.ann, place.clone(), Selection::Itself).collection;
        collection.filter(|collection| collection.place.path == place.path).unwrap()
    }

    /// The calendar `work` as it is now.
    pub fn work(&self) -> Collection {
        self.collection(&self.calendar("work"))
    }

    /// What ann sees at a place, with all its members and every detail.
    pub fn view(&self, place: &Place) -> View {
        self.ask(self.ann, place.clone(), Selection::All)
    }

    /// The members that a selection of ann's calendar yields.
    pub fn names(&self, selection: Selection) -> Vec<String> {
        let view = self.ask(self.ann, self.calendar("work"), selection);
        view.resources.into_iter().map(|resource| resource.name).collect()
    }

    /// What has changed in a collection of ann's.
    pub fn since(&self, place: &Place, seq: u64, limit: Option<u32>) -> View {
        self.ask(self.ann, place.clone(), Selection::Since(Since { seq, limit }))
    }

    /// The members that a selection of ann's calendar yields, as tags.
    pub fn tags(&self, selection: Selection) -> View {
        self.look(self.ann, Lookup { place: self.calendar("work"), selection, detail: Detail::TAGS })
    }

    fn ask(&self, asker: u64, place: Place, selection: Selection) -> View {
        self.look(asker, Lookup { place, selection, detail: Detail::all() - Detail::BRIEF - Detail::TAGS })
    }

    /// What is said where nothing is asked.
    pub fn nothing(&self) -> Snapshot {
        self.storage.read(self.ann, NOW, vec![]).unwrap()
    }

    fn look(&self, asker: u64, lookup: Lookup) -> View {
        self.storage.read(asker, NOW, vec![lookup]).unwrap().views.remove(0)
    }

    /// Carries out operations of ann's.
    pub fn apply(&self, operations: Vec<Operation>) -> Result<(), Rejection> {
        self.guarded(vec![], operations)
    }

    /// Carries out operations of ann's where guards hold.
    pub fn guarded(&self, guards: Vec<Guard>, operations: Vec<Operation>) -> Result<(), Rejection> {
        self.storage.apply(self.ann, guards, operations).map(drop)
    }

    /// Checks a guard of somebody's by itself.
    pub fn guard(&self, asker: u64, guard: Guard) -> Result<(), Rejection> {
        self.storage.apply(asker, vec![guard], vec![]).map(drop)
    }

    /// Stores a body under a name in a collection.
    pub fn store(&self, collection: u64, name: &str, body: &str) {
        self.apply(vec![Operation::Put(put(collection, name, body))]).unwrap();
    }
}

/// A user without a password, whose names and addresses are made of one.
pub fn user(name: &str) -> NewPrincipal {
    NewPrincipal {
        kind: PrincipalKind::User,
        name: name.into(),
        display_name: name.to_uppercase(),
        emails: vec![format!("{name}@example.org")],
        timezone: None,
        locale: None,
        quota: None,
        admin: false,
        password_hash: None,
        collections: vec![],
    }
}

/// A calendar for events.
pub fn create(place: &Place) -> Operation {
    let new = NewCollection { place: place.clone(), components: vec!["VEVENT".into()], properties: vec![] };
    Operation::CreateCollection((new, NOW))
}

/// A member of a collection.
pub fn member(collection: u64, name: &str) -> Member {
    Member { collection, name: name.into() }
}

pub fn delete(collection: u64, name: &str) -> Operation {
    Operation::Delete((member(collection, name), NOW))
}

/// A body with nothing to index.
pub fn put(collection: u64, name: &str, body: impl Into<Vec<u8>>) -> Put {
    let body = body.into();
    Put {
        member: member(collection, name),
        content_type: "text/calendar".into(),
        etag: tag(&body),
        digest: digest(&body),
        index: Index { uid: None, component: None, first: None, last: None, exact: false, texts: vec![] },
        body,
        now: NOW,
    }
}

/// A body with a UID, which is all of the body too.
pub fn event(collection: u64, name: &str, uid: &str) -> Put {
    let mut put = put(collection, name, uid);
    put.index.uid = Some(uid.into());
    put.index.component = Some("VEVENT".into());
    put
}

/// The entity tag of a body.
pub fn tag(body: impl AsRef<[u8]>) -> String {
    format!("\"{}\"", digest(body))
}

fn digest(body: impl AsRef<[u8]>) -> String {
    Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// From one member to another.
pub fn transfer(from: (u64, &str), to: (u64, &str)) -> Transfer {
    Transfer { source: member(from.0, from.1), to: member(to.0, to.1), now: NOW }
}

pub fn property(name: &str, xml: &str) -> Property {
    Property { name: PropertyName { namespace: "DAV:".into(), name: name.into() }, xml: xml.into() }
}

/// A query that everything matches.
pub fn anything() -> IndexQuery {
    IndexQuery { components: vec![], start: None, end: None, uid: None, texts: vec![], any_text: false, limit: None }
}
