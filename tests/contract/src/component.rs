//! The component: cases by request, against the interfaces that a storage component gives.

use crate::cases::{CACHE, CASES, Case};
use crate::interfaces::accounts::{self, Change, Guess, Guesses, Login, Refusal};
use crate::interfaces::{cache, store};
use crate::world::{
    Dossier, Failure, Findings, Guard, Inquiry, Lookup, NOW, Operation, Rejection, Selector, Snapshot, Storage, World,
};

/// The handler as Rust, made by wit-bindgen.
#[allow(missing_docs, unsafe_code, clippy::all, clippy::unwrap_used, clippy::panic, clippy::todo)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "
            package kalends:contract;
            world contract {
                export kalends:dav/handler@0.1.0;
            }
        ",
        world: "kalends:contract/contract",
        generate_all,
    });
}

use bindings::exports::kalends::dav::handler::{Guest, Request, Response};
use bindings::kalends::dav::text::Content;

/// What the composition has given.
struct Given;

impl Storage for Given {
    fn read(&self, asker: u64, now: i64, lookups: Vec<Lookup>) -> Result<Snapshot, Failure> {
        store::read(asker, now, &lookups)
    }

    fn survey(
        &self,
        asker: u64,
        lookups: Vec<Lookup>,
        selector: Option<Selector>,
        related: Vec<u64>,
    ) -> Result<Findings, Failure> {
        store::survey(asker, NOW, &lookups, selector.as_ref(), &related)
    }

    fn apply(&self, asker: u64, guards: Vec<Guard>, operations: Vec<Operation>) -> Result<Vec<u64>, Rejection> {
        store::apply(asker, &guards, &operations)
    }

    fn find_login(
        &self,
        name: &str,
        address: Option<&str>,
        guess: &Guess,
    ) -> Result<(Login, Option<Guesses>), Failure> {
        accounts::find_login(name, address, guess)
    }

    fn count_guess(&self, guess: &Guess) -> Result<Guesses, Failure> {
        accounts::count_guess(guess)
    }

    fn inquire(&self, about: Inquiry) -> Result<Option<Dossier>, Failure> {
        store::inquire(&about)
    }

    fn change(&self, changes: Vec<Change>) -> Result<(), Refusal> {
        accounts::apply(&changes)
    }
}

struct Component;

impl Guest for Component {
    fn handle(request: Request) -> Response {
        let segments: Vec<&str> = request.path.split('/').skip(1).collect();
        match segments.as_slice() {
            // The hosts look at their start whether there is an account, and make one where there is none.
            ["api", "accounts"] => answer(200, r#"{"accounts":[{"name":"ann"}]}"#),
            [step, name, run] => put(step, name, run),
            _ => answer(404, ""),
        }
    }
}

/// Puts a step of a case: `begin`, the number of a writer, or `end`.
fn put(step: &str, name: &str, run: &str) -> Response {
    if name == CACHE {
        return cached(step, run);
    }
    let Some(Case { begin, writers, .. }) = CASES.iter().find(|case| case.name == name) else {
        return answer(404, "no such case");
    };
    match (step, writers, step.parse()) {
        ("begin", ..) => begin(&World::new(&Given, run)),
        ("end", Some(writers), _) => (writers.end)(&World::again(&Given, run)),
        (_, Some(writers), Ok(number)) => (writers.write)(&World::again(&Given, run), number),
        _ => return answer(404, "no such step"),
    }
    answer(204, "")
}

/// Remembers two things, one of them for a second; is 503 until that one is over.
fn cached(step: &str, run: &str) -> Response {
    let [short, long, none] = ["short", "long", "none"].map(|key| format!("contract {key} {run}"));
    if step == "begin" {
        cache::put(&long, "first", 3600);
        cache::put(&long, "second\nline", 3600);
        cache::put(&none, "forgotten", 3600);
        cache::remove(&none);
        cache::put(&short, "", 1);
        return answer(204, "");
    }
    assert_eq!(cache::get(&long).as_deref(), Some("second\nline"));
    assert_eq!(cache::get(&none), None);
    answer(if cache::get(&short).is_some() { 503 } else { 204 }, "")
}

fn answer(status: u16, text: &str) -> Response {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Response { status, headers, body: Content::Text(text.to_owned()) }
}

#[allow(unsafe_code)]
mod export {
    use super::{Component, bindings};

    bindings::export!(Component with_types_in bindings);
}
