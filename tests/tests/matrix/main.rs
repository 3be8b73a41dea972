//! Who may do what with which resource: every cell of guest × action × resource, held against a model of what RFC 3744
//! says, and what the answers give away.

#![allow(clippy::panic, reason = "that is how a test fails")]

mod action;
mod guest;
mod house;
mod model;
mod resource;
mod secrecy;
mod truth;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;

use action::{ACTIONS, Action};
use guest::Guest;
use house::{House, token_or_none};
use model::{Level, expected, level};
use resource::Resource;

/// Houses that are gone through at once.
const AT_ONCE: usize = 4;

/// Cells that there are at least, lest a mistake in the model leaves most of them out.
const CELLS: usize = 10_000;

/// Whether each action on a resource was allowed.
pub type Allowed = BTreeMap<(Resource, Action), bool>;

/// The cells of one guest, at the owner's addresses or at those in the guest's own home.
struct Pass<'a> {
    house: &'a House,
    shared: bool,
    allowed: Allowed,
    wrong: Vec<String>,
}

impl Pass<'_> {
    fn path(&self, at: Resource) -> Option<String> {
        if self.shared { self.house.path_of_share(at) } else { Some(self.house.path(at)) }
    }

    fn cell(&mut self, action: Action, at: Resource) {
        let Some(path) = self.path(at) else { return };
        let (house, guest) = (self.house, self.house.guest);
        let lock = house.prepare(action, at);
        let answer = action.request(house, at, &path, token_or_none(lock.as_deref())).send();
        house.restore(action, at, &answer, lock.as_deref());
        let outcome = expected(guest, action, at);
        let told = String::from_utf8_lossy(answer.body());
        if !outcome.admits(answer.status) {
            self.wrong
                .push(format!("{guest}: {action:?} of {at} at {path}: {outcome:?}, was {} {told}", answer.status));
        }
        if level(guest, at) < Level::Read && told.contains("Secret") {
            self.wrong.push(format!("{guest}: {action:?} of {at} at {path} gives away {told}"));
        }
        self.allowed.insert((at, action), (200..300).contains(&answer.status));
    }
}

/// What is wrong with a guest's cells, and how many there are.
fn go_through(guest: Guest) -> (Vec<String>, usize) {
    let house = House::new(guest);
    let (mut wrong, mut cells) = (Vec::new(), 0);
    for shared in [false, true] {
        let mut pass = Pass { house: &house, shared, allowed: Allowed::new(), wrong: Vec::new() };
        for at in Resource::all() {
            ACTIONS.iter().copied().for_each(|action| pass.cell(action, at));
        }
        let said = Resource::all().into_iter().filter_map(|at| Some((at, house.privileges(&pass.path(at)?)?)));
        wrong.extend(truth::lies(guest, said, &pass.allowed));
        wrong.append(&mut pass.wrong);
        cells += pass.allowed.len();
    }
    (wrong, cells)
}

#[test]
fn every_cell_is_as_the_model_has_it() {
    let guests = Mutex::new(Guest::all());
    let (wrong, cells) = (Mutex::new(Vec::new()), Mutex::new(0));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(guest) = guests.lock().ok().and_then(|mut guests| guests.pop()) {
                    let (found, count) = go_through(guest);
                    wrong.lock().expect("no other has panicked").extend(found);
                    *cells.lock().expect("no other has panicked") += count;
                }
            });
        }
    });
    let (wrong, cells) = (wrong.into_inner().expect("none has panicked"), cells.into_inner().expect("none has"));
    assert!(wrong.is_empty(), "{} of {cells} cells are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cells >= CELLS, "there are {cells} cells only");
}
