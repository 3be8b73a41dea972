//! What a method needs to carry out a request: the request itself, who asks, and the way to storage.

use std::cell::Cell;

use url::Url;

use crate::accounts::Selector;
use crate::auth::Identity;
use crate::birthdays;
use crate::directory::Directory;
use crate::href::{self, Target};
use crate::refusal::{Refusal, Result};
use crate::request::Request;
use crate::settings;
use crate::store::{self, Arrangement, Detail, Findings, Guard, Lookup, Operation, Rejection, Selection, Snapshot};
use crate::types::{Failure, Home, Place};

/// A request by somebody who has been recognised.
pub struct Context {
    /// The request.
    pub request: Request,
    /// What its path names.
    pub target: Target,
    /// Who asks.
    pub identity: Identity,
    /// What stands in front of `/dav/`, without a slash at its end; mostly empty.
    pub base: String,
    /// What the answer has needed to know of principals so far.
    pub directory: Directory,
    /// The standing that storage has told first: the whole request is carried out at about that moment.
    standing: Cell<Option<u64>>,
}

/// Octets that a calendar object, a card or a file may have where no setting says otherwise.
const MAX_RESOURCE_SIZE: u64 = 10 * 1024 * 1024;

impl Context {
    /// What it takes to answer a request for a target by somebody; `base` is what stands in front of `/dav/`.
    pub fn new(request: Request, target: Target, identity: Identity, base: String) -> Self {
        Context { request, target, identity, base, directory: Directory::default(), standing: Cell::default() }
    }

    /// Whether whoever asks is still who they were recognised as: what was read has told it, or storage is asked now.
    /// Until then nothing is written, and nothing may be answered.
    ///
    /// # Errors
    /// Those of storage.
    pub fn sign_in_holds(&self) -> std::result::Result<bool, Failure> {
        let Some(then) = self.identity.believed else { return Ok(true) };
        let now = match self.standing.get() {
            Some(told) => told,
            None => store::read(self.asker(), self.now(), &[])?.standing,
        };
        self.standing.set(Some(now));
        Ok(now == then)
    }

    /// UTC seconds at which the request came.
    pub fn now(&self) -> i64 {
        self.request.received()
    }

    /// The principal's number, for storage.
    pub fn asker(&self) -> u64 {
        self.identity.principal.id
    }

    /// Looks up places, in one round trip.
    pub fn read(&self, lookups: &[Lookup]) -> Result<Snapshot> {
        Ok(self.survey(lookups, None, &[])?.snapshot)
    }

    /// Looks up places, those whom a selector names, and who is related to principals by membership, in one round trip.
    pub fn survey(&self, lookups: &[Lookup], selector: Option<&Selector>, related: &[u64]) -> Result<Findings> {
        for lookup in lookups {
            self.in_scope(lookup.place.home)?;
        }
        let findings = birthdays::survey(self, lookups, selector, related)?;
        self.go_on_at(findings.snapshot.standing)?;
        Ok(findings)
    }

    /// What the asker shares and has by shares, in one round trip.
    pub fn shares(&self) -> Result<Vec<Arrangement>> {
        let (shares, standing) = store::shares(self.asker())?;
        self.go_on_at(standing)?;
        Ok(shares)
    }

    /// Goes on only where the sign-in holds, of which the standing tells that storage has just told.
    fn go_on_at(&self, standing: u64) -> Result<()> {
        self.standing.set(self.standing.get().or(Some(standing)));
        match self.sign_in_holds()? {
            true => Ok(()),
            // For nobody to see: the router has it all begin again.
            false => Err(Refusal::new(401, "Accounts have changed since you have signed in.")),
        }
    }

    /// Writes, in one round trip; nothing where the sign-in does not hold any more.
    pub fn apply(&self, guards: &[Guard], operations: &[Operation]) -> std::result::Result<(), Rejection> {
        if !self.sign_in_holds().map_err(Rejection::Failure)? {
            return Err(Rejection::Denied);
        }
        store::apply(self.asker(), guards, operations).map(drop)
    }

    /// Requires that the credential reaches that part of the URL space.
    ///
    /// # Errors
    /// 403 where it does not.
    pub fn in_scope(&self, home: Home) -> Result<()> {
        if self.reaches(home) {
            return Ok(());
        }
        Err(Refusal::new(403, "The password that was used is not meant for this part of the server."))
    }

    /// Whether the credential reaches that part of the URL space.
    pub fn reaches(&self, home: Home) -> bool {
        use crate::accounts::Scope;
        let needed = match home {
            Home::Calendars => Scope::CALENDARS,
            Home::Addressbooks => Scope::CONTACTS,
            Home::Files => Scope::FILES,
        };
        self.identity.scope.contains(needed)
    }

    /// Whether the credential may be used for changes.
    pub fn may_write(&self) -> bool {
        use crate::accounts::Scope;
        self.identity.scope.contains(Scope::WRITE)
    }

    /// The place that the request's path names.
    ///
    /// # Errors
    /// 404 where it names nothing, 405 where it names something that is no place in a home.
    pub fn place(&self) -> Result<&Place> {
        match &self.target {
            Target::Place(place) => Ok(place),
            Target::Nothing => Err(Refusal::not_found()),
            _ => Err(Refusal::method_not_allowed(crate::methods::READ_ONLY)),
        }
    }

    /// A URL or a path in a header, as an absolute URL; none where it cannot be one.
    pub fn absolute(&self, reference: &str) -> Option<Url> {
        let here = format!("{}://{}/", self.request.scheme(), self.request.authority());
        Url::parse(&here).ok()?.join(reference).ok()
    }

    /// Whether a URL is one of this server. The scheme is not compared: behind a proxy that ends TLS it may differ.
    /// Ports that are the scheme's own are equal to none.
    pub fn is_here(&self, there: &Url) -> bool {
        let here = self.absolute("/");
        here.is_some_and(|here| {
            here.host() == there.host() && (here.port() == there.port() || here.scheme() != there.scheme())
        })
    }

    /// The path of the principal who asks.
    pub fn own_principal(&self) -> String {
        href::of_principal(&self.base, &self.identity.principal.name)
    }

    /// A home of the principal who asks.
    pub fn own_home(&self, home: Home) -> Place {
        Place { home, owner: self.identity.principal.name.clone(), path: String::new() }
    }
}

/// A question about one place.
pub fn lookup(place: &Place, selection: Selection, detail: Detail) -> Lookup {
    Lookup { place: place.clone(), selection, detail }
}

/// Octets that a resource may have.
pub fn max_resource_size() -> u64 {
    settings::get("max_resource_size").and_then(|value| value.parse().ok()).unwrap_or(MAX_RESOURCE_SIZE)
}
