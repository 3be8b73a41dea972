//! A house for the tests: accounts, cache and settings in memory, which count the storage round trips and behave as
//! the WIT says.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::accounts::{
    Attempts, Change, Credential, CredentialKind, Guess, Guesses, Login, NewPrincipal, Password, Refusal, Scope,
    Selector, UseOfCredential,
};
use crate::authenticate::{Means, Recognised};
use crate::keys::ServerSecret;
use crate::store::{Arrangement, Belongings, Dossier, Guard, Inquiry, Operation, Rejection, Share, ShareState};
use crate::surroundings::{Found, Surroundings};
use crate::types::{Failure, NewCollection, Place, Principal, PrincipalKind};

/// Everything at hand.
#[derive(Default)]
pub struct House {
    pub settings: BTreeMap<String, String>,
    pub rows: RefCell<Vec<(Principal, Password)>>,
    pub collections: RefCell<Vec<NewCollection>>,
    pub credentials: RefCell<Vec<Credential>>,
    pub shares: RefCell<Vec<Arrangement>>,
    pub members: RefCell<Vec<(u64, u64)>>,
    pub attempts: RefCell<BTreeMap<String, Attempts>>,
    pub cache: RefCell<BTreeMap<String, String>>,
    /// Storage round trips since the last time this was set.
    pub trips: Cell<u32>,
    /// What storage says the standing is.
    pub standing: Cell<u64>,
    /// Where a look-up counts a guess, as on D1.
    pub notes_while_reading: bool,
    /// Where storage is out of order.
    pub broken: Cell<bool>,
}

impl House {
    /// An empty one, with a server secret, an administrator's token and a cheap Argon2.
    pub fn new() -> House {
        House::default()
            .with_setting("server_secret", &"5a".repeat(32))
            .with_setting("admin_token", "0123456789abcdef-operator")
            .with_setting("argon2", "m=64,t=1,p=1")
    }

    pub fn with_setting(mut self, name: &str, value: &str) -> House {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn without_setting(mut self, name: &str) -> House {
        self.settings.remove(name);
        self
    }

    /// Adds an account.
    pub fn with_account(self, name: &str, password: &str) -> House {
        let hash = crate::password::hash(password, &crate::password::parameters(&self)).unwrap();
        self.create(&NewPrincipal {
            kind: PrincipalKind::User,
            name: name.to_owned(),
            display_name: name.to_owned(),
            emails: Vec::new(),
            timezone: None,
            locale: None,
            quota: None,
            admin: false,
            password_hash: Some(hash),
            collections: Vec::new(),
        })
        .unwrap();
        self
    }

    /// Changes an account behind everybody's back.
    pub fn change(&self, name: &str, change: impl FnOnce(&mut Principal)) {
        let mut rows = self.rows.borrow_mut();
        change(&mut rows.iter_mut().find(|(principal, _)| principal.name == name).unwrap().0);
    }

    pub fn principal(&self, name: &str) -> Option<Principal> {
        self.rows.borrow().iter().find(|(principal, _)| principal.name == name).map(|(principal, _)| principal.clone())
    }

    pub fn password(&self, name: &str) -> Password {
        self.rows.borrow().iter().find(|(principal, _)| principal.name == name).unwrap().1.clone()
    }

    fn trip(&self) -> Result<(), Failure> {
        self.trips.set(self.trips.get() + 1);
        if self.broken.get() { Err(Failure::Unavailable("out of order".to_owned())) } else { Ok(()) }
    }

    fn create(&self, new: &NewPrincipal) -> Result<(), Refusal> {
        if self.principal(&new.name).is_some() {
            return Err(Refusal::Exists);
        }
        let principal = Principal {
            id: self.rows.borrow().len() as u64 + 1,
            kind: new.kind,
            name: new.name.clone(),
            display_name: new.display_name.clone(),
            emails: new.emails.clone(),
            timezone: new.timezone.clone(),
            locale: new.locale.clone(),
            quota: new.quota,
            used: 0,
            admin: new.admin,
            disabled: false,
        };
        self.rows.borrow_mut().push((principal, Password { hash: new.password_hash.clone(), version: 1 }));
        self.collections.borrow_mut().extend(new.collections.iter().cloned());
        Ok(())
    }

    fn count(&self, subject: String, now: i64) {
        let mut attempts = self.attempts.borrow_mut();
        let entry = attempts.entry(subject).or_insert(Attempts { failures: 0, last: now });
        entry.failures += 1;
        entry.last = now;
    }

    fn guessed(&self, guess: &Guess) -> Guesses {
        self.make(&Change::Failed((guess.name.clone(), guess.address.clone(), guess.now))).unwrap();
        let count = |subject: String| self.failures(&subject).failures;
        Guesses {
            by_name: count(format!("name:{}", guess.name)),
            by_address: count(format!("address:{}", guess.address.as_deref().unwrap_or_default())),
        }
    }

    fn failures(&self, subject: &str) -> Attempts {
        self.attempts.borrow().get(subject).copied().unwrap_or(Attempts { failures: 0, last: 0 })
    }

    fn with_row(&self, id: u64, change: impl FnOnce(&mut (Principal, Password))) -> Result<(), Refusal> {
        self.rows.borrow_mut().iter_mut().find(|row| row.0.id == id).map(change).ok_or(Refusal::Missing)
    }

    /// The number of the collection at a place: its position, from 1.
    fn number(&self, place: &Place) -> Option<u64> {
        self.collections.borrow().iter().position(|new| new.place == *place).map(|at| at as u64 + 1)
    }

    fn shares_of(&self, of: u64) -> Vec<Arrangement> {
        let all = self.shares.borrow();
        all.iter().filter(|one| one.owner == of || one.share.principal == of).cloned().collect()
    }

    fn members_of(&self, group: u64) -> Vec<Principal> {
        let (members, rows) = (self.members.borrow(), self.rows.borrow());
        rows.iter().filter(|row| members.contains(&(group, row.0.id))).map(|row| row.0.clone()).collect()
    }

    fn operate(&self, asker: u64, operation: &Operation) {
        let mut shares = self.shares.borrow_mut();
        match operation {
            Operation::CreateCollection((new, _)) => self.collections.borrow_mut().push(new.clone()),
            Operation::ShareAt((place, principal, access)) => {
                drop(shares);
                let collection = self.number(place).unwrap();
                self.operate(asker, &Operation::Share((collection, *principal, *access)));
            }
            Operation::Share((collection, principal, access)) => {
                shares.retain(|one| (one.collection, one.share.principal) != (*collection, *principal));
                let place = self.collections.borrow()[*collection as usize - 1].place.clone();
                let name = self.rows.borrow().iter().find(|row| row.0.id == *principal).unwrap().0.name.clone();
                shares.push(Arrangement {
                    collection: *collection,
                    place,
                    title: None,
                    components: Vec::new(),
                    owner: asker,
                    owner_display_name: String::new(),
                    owner_email: None,
                    share: Share {
                        principal: *principal,
                        display_name: name.clone(),
                        name,
                        email: None,
                        access: *access,
                        state: ShareState::Accepted,
                        summary: String::new(),
                        changed: 0,
                        notice: false,
                    },
                });
            }
            Operation::Unshare((collection, principal, _)) => {
                shares.retain(|one| (one.collection, one.share.principal) != (*collection, *principal));
            }
            other => panic!("{other:?}"),
        }
    }

    fn make(&self, change: &Change) -> Result<(), Refusal> {
        match change {
            Change::Create(new) => return self.create(new),
            Change::Update(principal) => return self.with_row(principal.id, |row| row.0 = principal.clone()),
            Change::Delete(id) => {
                self.with_row(*id, |_| ())?;
                self.rows.borrow_mut().retain(|row| row.0.id != *id);
                self.credentials.borrow_mut().retain(|credential| credential.principal != *id);
            }
            Change::SetPassword((id, phc)) => {
                return self
                    .with_row(*id, |row| row.1 = Password { hash: Some(phc.clone()), version: row.1.version + 1 });
            }
            Change::Rehash((id, phc, version)) => {
                return self.with_row(*id, |row| {
                    if row.1.version == *version {
                        row.1.hash = Some(phc.clone());
                    }
                });
            }
            Change::AddCredential(credential) => self.credentials.borrow_mut().insert(0, credential.clone()),
            Change::Revoke(id) => {
                let mut credentials = self.credentials.borrow_mut();
                let at = credentials.iter().position(|credential| credential.id == *id).ok_or(Refusal::Missing)?;
                credentials.remove(at);
            }
            Change::EndSessions((principal, now, newest)) => {
                let mut stay = *newest;
                self.credentials.borrow_mut().retain(|credential| {
                    let is_session = credential.principal == *principal && credential.kind == CredentialKind::Session;
                    let stays = credential.expires.is_none_or(|expires| expires > *now) && stay > 0;
                    stay -= u32::from(is_session && stays);
                    !is_session || stays
                });
            }
            Change::Retire(id) => {
                self.credentials.borrow_mut().retain(|credential| credential.principal != *id);
                self.members.borrow_mut().retain(|(_, member)| member != id);
                self.shares.borrow_mut().retain(|share| share.share.principal != *id);
            }
            Change::Used((id, at)) => {
                for credential in self.credentials.borrow_mut().iter_mut().filter(|credential| credential.id == *id) {
                    credential.last_used = Some(*at);
                }
            }
            Change::Join(pair) if pair.0 == pair.1 => return Err(Refusal::Circular),
            Change::Join(pair) => self.members.borrow_mut().push(*pair),
            Change::Leave(pair) => self.members.borrow_mut().retain(|other| other != pair),
            Change::Failed((name, network, now)) => {
                self.count(format!("name:{name}"), *now);
                if let Some(network) = network {
                    self.count(format!("address:{network}"), *now);
                }
            }
            Change::Succeeded((name, network)) => {
                let mut attempts = self.attempts.borrow_mut();
                attempts.remove(&format!("name:{name}"));
                attempts.remove(&format!("address:{}", network.as_deref().unwrap_or_default()));
            }
        }
        Ok(())
    }
}

impl Surroundings for House {
    fn find_login(
        &self,
        name: &str,
        address: Option<&str>,
        guess: &Guess,
    ) -> Result<(Login, Option<Guesses>), Failure> {
        self.trip()?;
        let login = Login {
            account: self.rows.borrow().iter().find(|(principal, _)| principal.name == name).cloned(),
            name_attempts: self.failures(&format!("name:{name}")),
            address_attempts: self.failures(&format!("address:{}", address.unwrap_or_default())),
            standing: self.standing.get(),
        };
        let is_calm = login.name_attempts.failures <= guess.most_by_name
            && login.address_attempts.failures <= guess.most_by_address;
        Ok((login, (self.notes_while_reading && is_calm).then(|| self.guessed(guess))))
    }

    fn count_guess(&self, guess: &Guess) -> Result<Guesses, Failure> {
        self.trip()?;
        Ok(self.guessed(guess))
    }

    fn find_credential(&self, id: &str, _: &UseOfCredential) -> Result<Option<Found>, Failure> {
        self.trip()?;
        let credential = self.credentials.borrow().iter().find(|credential| credential.id == id).cloned();
        let rows = self.rows.borrow();
        Ok(credential.and_then(|found| {
            let owner = rows.iter().find(|row| row.0.id == found.principal)?.0.clone();
            Some((found, owner, self.standing.get()))
        }))
    }

    fn principals(&self, selector: &Selector) -> Result<Vec<Principal>, Failure> {
        self.trip()?;
        let wanted = |principal: &Principal| match selector {
            Selector::All => true,
            Selector::Names(names) => names.contains(&principal.name),
            Selector::Ids(ids) => ids.contains(&principal.id),
            Selector::KnownAs(names) => names.iter().any(|name| {
                *name == principal.name || principal.emails.iter().any(|email| email.eq_ignore_ascii_case(name))
            }),
            Selector::Search(texts) => texts.iter().any(|text| principal.name.contains(&text.to_lowercase())),
        };
        let mut found: Vec<Principal> = self.rows.borrow().iter().map(|row| row.0.clone()).filter(wanted).collect();
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    fn apply(&self, changes: &[Change]) -> Result<(), Refusal> {
        self.trip().map_err(Refusal::Failure)?;
        changes.iter().try_for_each(|change| self.make(change))
    }

    fn inquire(&self, about: &Inquiry) -> Result<Option<Dossier>, Failure> {
        self.trip()?;
        let Some(principal) = self.principal(&about.name) else { return Ok(None) };
        let told = |what: Belongings| about.told.contains(what);
        let credentials = self.credentials.borrow().clone().into_iter();
        Ok(Some(Dossier {
            others: about.others.iter().filter_map(|name| self.principal(name)).collect(),
            collection: about.at.as_ref().and_then(|place| self.number(place)),
            credentials: credentials
                .filter(|credential| told(Belongings::CREDENTIALS) && credential.principal == principal.id)
                .collect(),
            members: if told(Belongings::MEMBERS) { self.members_of(principal.id) } else { Vec::new() },
            shares: if told(Belongings::SHARES) { self.shares_of(principal.id) } else { Vec::new() },
            principal,
        }))
    }

    fn write(&self, asker: u64, _guards: &[Guard], operations: &[Operation]) -> Result<Vec<u64>, Rejection> {
        self.trip().map_err(Rejection::Failure)?;
        for operation in operations {
            self.operate(asker, operation);
        }
        let made = operations.iter().filter_map(|operation| match operation {
            Operation::CreateCollection((new, _)) => self.number(&new.place),
            _ => None,
        });
        Ok(made.collect())
    }

    fn recall(&self, key: &str) -> Option<String> {
        self.trips.set(self.trips.get() + 1);
        self.cache.borrow().get(key).cloned()
    }

    fn remember(&self, key: &str, value: &str, _seconds: u32) {
        self.trips.set(self.trips.get() + 1);
        self.cache.borrow_mut().insert(key.to_owned(), value.to_owned());
    }

    fn setting(&self, name: &str) -> Option<String> {
        self.settings.get(name).cloned()
    }
}

/// A server secret of one octet, repeated.
pub fn server_secret(octet: u8) -> ServerSecret {
    let value = format!("{octet:02x}").repeat(32);
    ServerSecret::of(&House::new().with_setting("server_secret", &value)).unwrap()
}

/// Somebody who has signed in.
pub fn recognised(name: &str) -> Recognised {
    let house = House::new().with_account(name, "password of theirs");
    let principal = house.principal(name).unwrap();
    let (scope, means) = (Scope::all(), Means::Password);
    Recognised { principal, scope, means, credential: None, expires: None, believed: None }
}
