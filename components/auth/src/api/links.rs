//! `…/links`: addresses under which anybody may read a calendar of the account, by itself or an administrator.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::accounts::{Change, Credential, CredentialKind, Link, Scope};
use crate::api::call::{Call, about};
use crate::api::credentials::expiry;
use crate::api::input;
use crate::api::place::{self, shown};
use crate::api::problem::{Answer, Problem};
use crate::api::reply;
use crate::api::view::instant;
use crate::authenticate::Recognised;
use crate::keys::ServerSecret;
use crate::secret::Secret;
use crate::security_log;
use crate::store::{Belongings, Dossier, Inquiry};
use crate::types::{Failure, Home, PrincipalKind};

/// Links that an account has at most.
const MOST: usize = 100;

/// A link to be made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewLink {
    /// `calendars/NAME` in the account's home.
    collection: String,
    /// None: all of it.
    access: Option<Level>,
    /// What its owner knows it by; none for nothing.
    label: Option<String>,
    /// RFC 3339; none for never.
    expires: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Level {
    FreeBusy,
    Read,
}

/// A link as JSON.
#[derive(Serialize)]
struct LinkView {
    id: String,
    label: String,
    collection: String,
    access: Level,
    created: String,
    last_used: Option<String>,
    expires: Option<String>,
    url: String,
    webcal: String,
}

/// Lists, makes and revokes. `by` is the account where it is the account that asks.
pub fn answer(call: &Call, owner: &str, by: Option<&Recognised>, rest: &[&str]) -> Answer {
    place::in_scope(by, Home::Calendars)?;
    match (rest, call.method) {
        ([], "GET") => list(call, owner, by),
        ([], "POST") => create(call, owner, by),
        ([], _) => Err(Problem::method_not_allowed("GET, POST")),
        ([id], "DELETE") => revoke(call, owner, by, id),
        ([_], _) => Err(Problem::method_not_allowed("DELETE")),
        _ => Err(Problem::not_found()),
    }
}

fn list(call: &Call, owner: &str, by: Option<&Recognised>) -> Answer {
    let key = key(call)?;
    let links = within_reach(call, owner, by)?;
    let views: Vec<LinkView> = links.iter().map(|(link, of)| view(call, &key, link, of)).collect();
    Ok(reply::json(200, &json!({ "links": views })))
}

fn create(call: &Call, owner: &str, by: Option<&Recognised>) -> Answer {
    let new: NewLink = call.body()?;
    let key = key(call)?;
    let place = place::read(owner, &new.collection)?;
    if place.home != Home::Calendars {
        return Err(Problem::invalid("Links are for calendars."));
    }
    let label = new.label.map(|label| input::text("label", label)).transpose()?.unwrap_or_default();
    let expires = expiry(call, by, new.expires)?;
    let found = call.inquire(PrincipalKind::User, &Inquiry { at: Some(place.clone()), ..asked(owner) })?;
    let Dossier { principal: owner, collection, credentials, .. } = found;
    let collection = collection.ok_or_else(|| Problem::new(404, "The account has no such calendar."))?;
    if links(credentials).len() >= MOST {
        return Err(Problem::new(409, format!("An account has {MOST} of these at most. Revoke one first.")));
    }
    let secret = Secret::mint_link(&key).map_err(|error| Failure::Broken(format!("no random numbers: {error}")))?;
    let link = Link { collection, place, free_busy: new.access == Some(Level::FreeBusy) };
    let credential = Credential {
        id: secret.id().to_owned(),
        principal: owner.id,
        kind: CredentialKind::Link,
        label,
        verifier: secret.verifier(&key),
        scope: Scope::empty(),
        created: call.request.received,
        last_used: None,
        expires,
        link: Some(link.clone()),
    };
    call.apply(&[Change::AddCredential(credential.clone())])?;
    security_log!("new link {:?} of {} to {:?}", credential.id, owner.name, shown(&link.place));
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).chain([credential.id.as_str()]).collect();
    Ok(reply::created(&call.path_of(&segments), &view(call, &key, &credential, &link)))
}

fn revoke(call: &Call, owner: &str, by: Option<&Recognised>, id: &str) -> Answer {
    if !within_reach(call, owner, by)?.iter().any(|(credential, _)| credential.id == id) {
        return Err(Problem::not_found());
    }
    call.apply(&[Change::Revoke(id.to_owned())])?;
    security_log!("revoked link {id:?} of {owner}");
    Ok(reply::done())
}

/// The question for an account and its links.
fn asked(owner: &str) -> Inquiry {
    Inquiry { told: Belongings::CREDENTIALS, ..about(owner) }
}

/// The links among credentials, with what each shows.
fn links(credentials: Vec<Credential>) -> Vec<(Credential, Link)> {
    let links = credentials.into_iter().filter(|credential| credential.kind == CredentialKind::Link);
    links.filter_map(|credential| credential.link.clone().map(|link| (credential, link))).collect()
}

/// The links of an account. A list of them has their addresses in it, which are all that they take: for a credential
/// that ends, those that outlast it are not there.
fn within_reach(call: &Call, owner: &str, by: Option<&Recognised>) -> Result<Vec<(Credential, Link)>, Problem> {
    let mut links = links(call.inquire(PrincipalKind::User, &asked(owner))?.credentials);
    if let Some(latest) = by.and_then(Recognised::lends_until) {
        links.retain(|(credential, _)| credential.expires.is_some_and(|expires| expires <= latest));
    }
    Ok(links)
}

fn key(call: &Call) -> Result<ServerSecret, Problem> {
    let missing = "There are no links: the setting server_secret (64 hexadecimal digits) is missing.";
    ServerSecret::of(call.around).ok_or_else(|| Problem::new(503, missing))
}

/// The secret is made anew of the identifier, so that the address can be shown whenever its owner wants it.
fn view(call: &Call, key: &ServerSecret, credential: &Credential, link: &Link) -> LinkView {
    let secret = Secret::of_link(&credential.id, key);
    let rest = call.address(&format!("/public/{}/{}.ics", secret.letters(), link.place.path));
    LinkView {
        id: credential.id.clone(),
        label: credential.label.clone(),
        collection: shown(&link.place),
        access: if link.free_busy { Level::FreeBusy } else { Level::Read },
        created: instant(credential.created),
        last_used: credential.last_used.map(instant),
        expires: credential.expires.map(instant),
        url: format!("{}://{rest}", call.scheme()),
        webcal: format!("webcal://{rest}"),
    }
}
