//! Random writes, compared with maps in memory that say what a home holds: which writes are possible, what is there
//! after each, who sees it, and what has changed since any earlier moment (RFC 6578). `KALENDS_SEED` repeats a run: the
//! seed is in the message of every failure.

use std::collections::BTreeMap;

use fastrand::Rng;
use kalends_storage::bindings::exports::kalends::dav::accounts::Change;

use crate::support::*;

const DAY: i64 = 86_400;
const WRITES: usize = 250;
const NAMES: [&str; 5] = ["b", "c", "f", "g", "h"];
const PATHS: [&str; 7] = ["a", "a/b", "a/b/c", "a/c", "ab", "b", "b/c"];

/// Resources by name: the entity tag, and the UID where there is one.
type Members = BTreeMap<String, (String, Option<String>)>;

/// A collection as it should be.
#[derive(Clone)]
struct Held {
    id: u64,
    members: Members,
    is_shared: bool,
    /// What it held at earlier change numbers.
    past: Vec<(u64, Members)>,
}

/// The collections of a home, by their paths.
#[derive(Clone)]
struct Model(BTreeMap<String, Held>);

/// What is not possible.
struct Impossible;

impl Model {
    fn path_of(&self, id: u64) -> Result<String, Impossible> {
        self.0.iter().find(|(_, held)| held.id == id).map(|(path, _)| path.clone()).ok_or(Impossible)
    }

    /// The members of a collection, where a resource may have that name in it.
    fn place(&mut self, member: &Member, uid: Option<&String>, but: Option<&str>) -> Result<&mut Members, Impossible> {
        let path = self.path_of(member.collection)?;
        let is_taken = self.0.contains_key(&join(&path, &member.name));
        let members = &mut self.0.get_mut(&path).unwrap().members;
        let mut others = members.iter().filter(|(name, _)| **name != member.name && Some(name.as_str()) != but);
        let is_double = uid.is_some() && others.any(|(_, (_, other))| other.as_ref() == uid);
        if is_taken || is_double { Err(Impossible) } else { Ok(members) }
    }

    /// A collection may come to a path.
    fn vacant(&self, path: &str) -> Result<(), Impossible> {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let held = self.0.get(parent).ok_or(Impossible)?;
        if self.0.contains_key(path) || held.members.contains_key(name) { Err(Impossible) } else { Ok(()) }
    }

    /// The paths at and below that of a collection, which is not the root.
    fn tree(&self, id: u64) -> Result<(String, Vec<String>), Impossible> {
        let path = self.path_of(id)?;
        let tree = self.0.keys().filter(|other| is_within(other, &path)).cloned().collect();
        if path.is_empty() { Err(Impossible) } else { Ok((path, tree)) }
    }

    fn carry_out(&mut self, operation: &Operation) -> Result<(), Impossible> {
        match operation {
            Operation::Put(put) => {
                let uid = put.index.uid.clone();
                let members = self.place(&put.member, uid.as_ref(), None)?;
                members.insert(put.member.name.clone(), (put.etag.clone(), uid));
            }
            Operation::Delete((member, _)) => drop(self.take(member)?),
            Operation::Copy(transfer) => self.transfer(transfer, false)?,
            Operation::Move(transfer) => self.transfer(transfer, true)?,
            Operation::CreateCollection((new, _)) => {
                self.vacant(&new.place.path)?;
                self.0.insert(new.place.path.clone(), Held::new(Members::new()));
            }
            Operation::DeleteCollection((id, _)) => {
                let (_, tree) = self.tree(*id)?;
                self.0.retain(|path, _| !tree.contains(path));
            }
            Operation::CopyCollection(relocation) => self.relocate(relocation, false)?,
            Operation::MoveCollection(relocation) => self.relocate(relocation, true)?,
            Operation::Share((id, ..)) => self.held(*id)?.is_shared = true,
            Operation::Unshare((id, ..)) => self.held(*id)?.is_shared = false,
            other => panic!("{other:?}"),
        }
        Ok(())
    }

    fn held(&mut self, id: u64) -> Result<&mut Held, Impossible> {
        self.0.values_mut().find(|held| held.id == id).ok_or(Impossible)
    }

    fn take(&mut self, member: &Member) -> Result<(String, Option<String>), Impossible> {
        self.held(member.collection)?.members.remove(&member.name).ok_or(Impossible)
    }

    fn transfer(&mut self, transfer: &Transfer, moves: bool) -> Result<(), Impossible> {
        let Transfer { source, to, .. } = transfer;
        let members = &self.held(source.collection)?.members;
        let (etag, uid) = members.get(&source.name).cloned().ok_or(Impossible)?;
        let is_near = source.collection == to.collection;
        if is_near && source.name == to.name {
            return Ok(());
        }
        let but = Some(source.name.as_str()).filter(|_| moves && is_near);
        self.place(to, uid.as_ref(), but)?.insert(to.name.clone(), (etag, uid));
        if moves { self.take(source).map(drop) } else { Ok(()) }
    }

    fn relocate(&mut self, relocation: &Relocation, moves: bool) -> Result<(), Impossible> {
        let (from, tree) = self.tree(relocation.source)?;
        let to = &relocation.to.path;
        self.vacant(to)?;
        if is_within(to, &from) {
            return Err(Impossible);
        }
        for path in tree.into_iter().filter(|path| relocation.deep || *path == from) {
            let members = self.0[&path].members.clone();
            let made = match (moves, relocation.deep) {
                (true, _) => self.0.remove(&path).unwrap(),
                (false, true) => Held::new(members),
                (false, false) => Held::new(Members::new()),
            };
            self.0.insert(format!("{to}{}", &path[from.len()..]), made);
        }
        Ok(())
    }
}

impl Held {
    /// One whose number is not known yet.
    fn new(members: Members) -> Self {
        Held { id: 0, members, is_shared: false, past: Vec::new() }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

fn is_within(path: &str, above: &str) -> bool {
    above.is_empty() || path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// One of these, as a copy.
fn one_of<T: Clone>(random: &mut Rng, all: &[T]) -> T {
    all[random.usize(..all.len())].clone()
}

/// A write that may be possible, at that time.
fn operation(random: &mut Rng, ids: &[u64], now: i64) -> Operation {
    let id = one_of(random, ids);
    let at = |random: &mut Rng| member(one_of(random, ids), one_of(random, &NAMES));
    let to = files("ann", one_of(random, &PATHS));
    let relocation = Relocation { source: id, to: to.clone(), deep: random.u8(..4) > 0, now };
    match random.u8(..40) {
        0..14 => {
            let at = at(random);
            let body = random.u16(..).to_string();
            let mut put = match random.u8(..3) {
                0 => put(at.collection, &at.name, &body),
                _ => event(at.collection, &at.name, &random.u8(..6).to_string()),
            };
            put.now = now;
            Operation::Put(put)
        }
        14..20 => Operation::Delete((at(random), now)),
        20..24 => Operation::Copy(Transfer { source: at(random), to: at(random), now }),
        24..29 => Operation::Move(Transfer { source: at(random), to: at(random), now }),
        29..33 => {
            let Operation::CreateCollection((new, _)) = create(&to) else { panic!("no such operation") };
            Operation::CreateCollection((new, now))
        }
        33 => Operation::DeleteCollection((id, now)),
        34..36 => Operation::CopyCollection(relocation),
        36..38 => Operation::MoveCollection(Relocation { deep: true, ..relocation }),
        38 => Operation::Share((id, BOB, Access::Read)),
        _ => Operation::Unshare((id, BOB, now)),
    }
}

/// The members of a collection, each with its entity tag and its UID.
fn members(world: &World, asker: u64, path: &str) -> Option<(Collection, Members)> {
    let view = world.view(asker, &files("ann", path));
    let collection = view.collection.filter(|collection| collection.place.path == path)?;
    let member = |resource: Resource| (resource.name, (resource.etag, resource.uid));
    Some((collection, view.resources.into_iter().map(member).collect()))
}

/// What is there is what should be, and nothing else; bob sees what is shared with him. Notes the new collections, and
/// the moment.
fn compare(world: &World, model: &mut Model, about: &str) {
    let is_shared: Vec<String> =
        model.0.iter().filter(|(_, held)| held.is_shared).map(|(path, _)| path.clone()).collect();
    for path in PATHS.iter().chain(&[""]) {
        let found = members(world, ANN, path);
        let expected = model.0.get_mut(*path);
        assert_eq!(found.is_some(), expected.is_some(), "{path:?} {about}");
        let (Some((collection, members)), Some(held)) = (found, expected) else { continue };
        assert_eq!(members, held.members, "{path:?} {about}");
        if held.id == 0 {
            held.id = collection.id;
        }
        assert_eq!(collection.id, held.id, "{path:?} {about}");
        held.past.retain(|(seq, _)| *seq >= collection.forgotten);
        if held.past.last().is_none_or(|(seq, _)| *seq < collection.seq) {
            held.past.push((collection.seq, members));
        }
        assert_eq!(held.past.last().unwrap(), &(collection.seq, held.members.clone()), "{path:?} {about}");
        let sees = world.view(BOB, &files("ann", path)).collection.is_some_and(|seen| seen.id == held.id);
        assert_eq!(sees, is_shared.iter().any(|above| is_within(path, above)), "{path:?} {about}");
    }
}

/// What a client has that knew the members at a change number, and asks for the changes since, so many at once.
fn caught_up(world: &World, path: &str, (mut seq, mut members): (u64, Members), limit: Option<u32>) -> Members {
    loop {
        let lookup = Lookup {
            place: files("ann", path),
            selection: Selection::Since(Since { seq, limit }),
            detail: Detail::empty(),
        };
        let view = world.look(ANN, lookup);
        let told = view.resources.iter().map(|it| it.seq).chain(view.removed.iter().map(|it| it.seq)).max();
        assert!(told.is_none_or(|told| told > seq) && limit.is_none_or(|limit| view.resources.len() <= limit as usize));
        for removed in view.removed {
            members.remove(&removed.name);
        }
        for resource in view.resources {
            members.insert(resource.name, (resource.etag, resource.uid));
        }
        match told {
            Some(told) if view.truncated => seq = told,
            _ => return members,
        }
    }
}

#[test]
fn random_writes_leave_what_they_should() {
    let seed = std::env::var("KALENDS_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    let mut random = Rng::with_seed(seed);
    let world = World::new();
    let root = Held { id: world.id(&files("ann", "")), ..Held::new(Members::new()) };
    let mut model = Model([(String::new(), root)].into());
    let (mut now, mut done) = (1000, 0);
    for number in 0..WRITES {
        let about = format!("(write {number}, seed {seed})");
        now += i64::from(random.u8(..30)) * DAY / 10;
        let ids: Vec<u64> = model.0.values().map(|held| held.id).chain([1_000_000]).collect();
        let write: Vec<Operation> = (0..random.u8(1..4)).map(|_| operation(&mut random, &ids, now)).collect();
        let mut after = model.clone();
        let is_possible = write.iter().all(|operation| after.carry_out(operation).is_ok());
        let result = world.apply(write.clone());
        assert_eq!(result.is_ok(), is_possible, "{result:?} {write:?} {about}");
        if is_possible {
            (model, done) = (after, done + 1);
        }
        compare(&world, &mut model, &about);
        let path = one_of(&mut random, &model.0.keys().cloned().collect::<Vec<_>>());
        let held = &model.0[&path];
        let known = one_of(&mut random, &held.past);
        let limit = random.bool().then(|| random.u32(1..4));
        world.database.unbounded.set(random.bool());
        assert_eq!(
            caught_up(&world, &path, known.clone(), limit),
            held.members,
            "{path:?} {known:?} {limit:?} {about}"
        );
    }
    assert!(done > WRITES / 10, "{done} writes were possible (seed {seed})");
    world.change(Change::Delete(ANN)).unwrap();
    for table in ["collection", "resource", "tombstone", "share", "resource_text"] {
        let of_ann = world.database.number(&format!("SELECT count(*) FROM {table}"));
        let expected = if table == "collection" { 1 } else { 0 };
        assert_eq!(of_ann, expected, "{table} has nothing but what bob has (seed {seed})");
    }
}
