//! What a guest is let into: an owner's collections, shared as the guest's relation says, and put back after every
//! change.

use kalends_tests::names::*;
use kalends_tests::{Answer, Client, Element, bodies, shared};
use serde_json::{Value, json};

use crate::action::{self, Action, NO_TOKEN, with_object};
use crate::guest::{Credential, Guest, Relation};
use crate::resource::{HOMES, Home, Kind, Resource};

/// An owner with collections, and a guest.
pub struct House {
    /// Who asks.
    pub guest: Guest,
    /// The guest, with the credential that is tried.
    pub client: Client,
    /// The guest, with the password.
    itself: Client,
    /// Whose the resources are.
    pub owner: Client,
    /// Somebody with a share to write, who takes locks.
    helper: Client,
    /// The principal that the guest's share is for.
    sharee: String,
}

impl House {
    /// A house for a guest.
    pub fn new(guest: Guest) -> House {
        let owner = shared().account();
        let itself = if guest.relation == Relation::Owner { owner.clone() } else { shared().account() };
        let sharee = if guest.relation.is_by_group() { group_of(&itself) } else { itself.name().to_owned() };
        let client = signed_in(&itself, guest.credential);
        if guest.relation == Relation::Administrator {
            patch_account(&itself, &json!({ "admin": true }));
        }
        let house = House { guest, client, itself, owner, helper: shared().account(), sharee };
        for home in HOMES {
            house.build(Resource { home, kind: Kind::Collection });
            house.build(Resource { home, kind: Kind::PrivateCollection });
            house.stock_up(home);
        }
        if guest.credential == Credential::Disabled {
            patch_account(&house.itself, &json!({ "disabled": true }));
        }
        house
    }

    /// Makes a collection with what is in it, and shares it.
    fn build(&self, collection: Resource) {
        let path = self.path(collection);
        self.owner.request("MKCOL", &path).send().expect(201);
        let member = if collection.kind == Kind::Collection { Kind::Member } else { Kind::PrivateMember };
        self.put(collection.sibling(member));
        if collection == (Resource { home: Home::Files, kind: Kind::Collection }) {
            self.owner.request("MKCOL", &self.path(collection.sibling(Kind::Inner))).send().expect(201);
        }
        if collection.kind == Kind::Collection {
            self.owner.request("ACL", &path).xml(self.access_control_list(collection)).send().expect(200);
        }
    }

    fn put(&self, at: Resource) {
        let request = self.owner.request("PUT", &self.path(at));
        with_object(request, at.home, self.uid_at(at)).send().expect_any(&[201, 204]);
    }

    /// The list that a resource has, so that setting it changes nothing.
    pub fn access_control_list(&self, at: Resource) -> String {
        let ace = |name: &str, privileges: &str| {
            format!(
                "<D:ace><D:principal><D:href>/dav/principals/{name}/</D:href></D:principal><D:grant><D:privilege>{privileges}</D:privilege></D:grant></D:ace>"
            )
        };
        let aces = match (at.kind, self.guest.relation.privileges()) {
            (Kind::Collection, Some(privileges)) => {
                ace(&self.sharee, privileges) + &ace(self.helper.name(), "<D:write/>")
            }
            (Kind::Collection, None) => ace(self.helper.name(), "<D:write/>"),
            _ => String::new(),
        };
        format!(r#"<D:acl xmlns:D="DAV:" xmlns:C="{CALDAV}">{aces}</D:acl>"#)
    }

    /// Where a resource is in its owner's home.
    pub fn path(&self, at: Resource) -> String {
        match at.kind {
            Kind::Principal => format!("/dav/principals/{}/", self.owner.name()),
            _ => format!("/dav/{}/{}/{}", at.home.segment(), self.owner.name(), at.below_home()),
        }
    }

    /// Where a resource is in the guest's own home; none where it is not there.
    pub fn path_of_share(&self, at: Resource) -> Option<String> {
        let has_shares = self.guest.is_recognised() && self.guest.relation.privileges().is_some();
        if !has_shares || !self.guest.reaches(at.home) {
            return None;
        }
        let below = at.is_shared().then(|| at.below_home())?;
        below.strip_prefix("team/").map(|below| share_of(&self.itself, at.home) + below)
    }

    /// Where a shared collection is in the helper's home.
    pub fn helpers_path_of_share(&self, at: Resource) -> String {
        share_of(&self.helper, at.home)
    }

    /// The UID that an object there has, or is to have.
    pub fn uid_at(&self, at: Resource) -> &'static str {
        if at.kind == Kind::Vacancy { "vacancy" } else { "member" }
    }

    /// A collection in the guest's home.
    fn own_collection(&self, home: Home, name: &str) -> String {
        format!("/dav/{}/{}/{name}/", home.segment(), self.itself.name())
    }

    /// Where the guest's copy of a resource is to be.
    pub fn own_copy(&self, at: Resource) -> String {
        match at.is_collection() {
            true => self.own_collection(at.home, "copied"),
            false => format!("{}copied.{}", self.own_collection(at.home, "copies"), at.home.extension()),
        }
    }

    /// What the guest has that can come to be there.
    pub fn own_source(&self, at: Resource) -> String {
        match at.is_collection() && at.kind != Kind::Home {
            true => self.own_collection(at.home, "source"),
            false => format!("{}{}.{}", self.own_collection(at.home, "sources"), self.uid_at(at), at.home.extension()),
        }
    }

    /// Makes what the guest has in a home: what can come to be elsewhere, and where copies go.
    fn stock_up(&self, home: Home) {
        for name in ["copies", "sources"] {
            self.itself.request("MKCOL", &self.own_collection(home, name)).send().expect(201);
        }
        for kind in [Kind::Member, Kind::Vacancy, Kind::Collection] {
            self.make_source(Resource { home, kind });
        }
    }

    fn make_source(&self, at: Resource) {
        let path = self.own_source(at);
        match path.ends_with('/') {
            true => self.itself.request("MKCOL", &path).send().expect(201),
            false => with_object(self.itself.request("PUT", &path), at.home, self.uid_at(at)).send().expect(201),
        };
    }

    /// Sees to it that an action has what it needs, and returns the token of the lock that there is now, if any.
    pub fn prepare(&self, action: Action, at: Resource) -> Option<String> {
        let can_be_locked = at.is_member() || (at.is_collection() && at.kind != Kind::Home && !at.is_vacant());
        if action != Action::Unlock || !can_be_locked {
            return None;
        }
        let locked = action::lock(self.holder_of_locks(at).request("LOCK", &self.path(at))).send().expect(200);
        Some(locked.required_header("lock-token").to_owned())
    }

    fn holder_of_locks(&self, at: Resource) -> &Client {
        if at.is_shared() { &self.helper } else { &self.owner }
    }

    /// Undoes what an action has done. `lock`: what [`House::prepare`] returned.
    pub fn restore(&self, action: Action, at: Resource, answer: &Answer, lock: Option<&str>) {
        let allowed = (200..300).contains(&answer.status);
        if let Some(token) = lock.filter(|_| !allowed) {
            self.owner.request("UNLOCK", &self.path(at)).header("lock-token", token).send().expect(204);
        }
        if !allowed || !action.is_unsafe() {
            return;
        }
        match action {
            Action::Lock => {
                let token = answer.required_header("lock-token");
                self.owner.request("UNLOCK", &self.path(at)).header("lock-token", token).send().expect(204);
                self.empty(at);
            }
            Action::Post => drop(self.owner.delete(&self.in_owners_home(at, answer)).expect(204)),
            Action::CopyFrom => drop(self.itself.delete(&self.own_copy(at)).expect(204)),
            Action::MoveFrom => {
                self.itself.delete(&self.own_copy(at)).expect(204);
                self.rebuild(at);
            }
            Action::MoveTo => {
                self.make_source(at);
                self.rebuild(at);
            }
            Action::Unlock | Action::Acl | Action::Proppatch => {}
            _ => self.rebuild(at),
        }
    }

    /// What POST has added, by its owner's address.
    fn in_owners_home(&self, at: Resource, answer: &Answer) -> String {
        let location = answer.required_header("location");
        format!("{}{}", self.path(at), location.rsplit('/').next().unwrap_or_default())
    }

    fn empty(&self, at: Resource) {
        if at.is_vacant() {
            self.owner.delete(&self.path(at)).expect(204);
        }
    }

    /// Makes a resource what it was.
    fn rebuild(&self, at: Resource) {
        match at.kind {
            Kind::Member | Kind::PrivateMember => self.put(at),
            Kind::Vacancy | Kind::NewCollection => self.empty(at),
            Kind::Collection | Kind::PrivateCollection => {
                self.owner.delete(&self.path(at)).expect_any(&[204, 404]);
                self.build(at);
            }
            Kind::Inner => {
                self.owner.delete(&self.path(at)).expect_any(&[204, 404]);
                self.owner.request("MKCOL", &self.path(at)).send().expect(201);
            }
            Kind::Home | Kind::Principal => {}
        }
    }

    /// What the guest's privileges are said to be; none where they are not told.
    pub fn privileges(&self, path: &str) -> Option<Vec<String>> {
        let body = bodies::propfind(&[CURRENT_USER_PRIVILEGE_SET]);
        let answer = self.client.request("PROPFIND", path).header("depth", "0").xml(body).send();
        if answer.status != 207 {
            return None;
        }
        let found = answer.multistatus();
        let set = found.only().prop(CURRENT_USER_PRIVILEGE_SET);
        let privileges = set.all(Name(DAV, "privilege")).flat_map(Element::children);
        Some(privileges.map(|privilege| privilege.local().to_owned()).collect())
    }
}

/// The one collection that is shared with somebody in a home.
fn share_of(client: &Client, home: Home) -> String {
    let home = format!("/dav/{}/{}/", home.segment(), client.name());
    let listed = client.propfind(&home, "1", &[RESOURCETYPE]);
    let share = listed.hrefs().into_iter().find(|href| href.contains("/shared~")).map(str::to_owned);
    share.unwrap_or_else(|| panic!("nothing is shared in {home}"))
}

/// The token that a request for UNLOCK is sent with where there is no lock.
pub fn token_or_none(lock: Option<&str>) -> &str {
    lock.unwrap_or(NO_TOKEN)
}

fn administer(method: &str, path: &str, body: &Value) {
    let administrator = shared().administrator();
    let request = administrator.request(method, path).header("content-type", "application/json");
    request.body(body.to_string()).send().expect_any(&[200, 201, 204]);
}

fn patch_account(client: &Client, patch: &Value) {
    administer("PATCH", &format!("/api/accounts/{}", client.name()), patch);
}

/// A group that somebody is in, by way of another group.
fn group_of(client: &Client) -> String {
    let (inner, outer) = (format!("inner-{}", client.name()), format!("outer-{}", client.name()));
    for name in [&inner, &outer] {
        administer("POST", "/api/groups", &json!({ "name": name, "display_name": name }));
    }
    administer("PUT", &format!("/api/groups/{inner}/members/{}", client.name()), &json!({}));
    administer("PUT", &format!("/api/groups/{outer}/members/{inner}"), &json!({}));
    outer
}

/// The account's own client with a credential of that kind.
fn signed_in(client: &Client, credential: Credential) -> Client {
    match credential.scope() {
        Some(scope) => {
            let label = json!({ "label": "matrix", "scope": scope }).to_string();
            let made = client.request("POST", "/api/me/app-passwords").header("content-type", "application/json");
            let made: Value = serde_json::from_str(made.body(label).send().expect(201).text()).expect("JSON");
            client.basic(client.name(), made["secret"].as_str().expect("the secret"))
        }
        None if credential == Credential::Nothing => shared().anonymous(),
        None => client.clone(),
    }
}
