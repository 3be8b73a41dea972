//! `/api/accounts`: the users, by an administrator.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::accounts::{Change, CredentialKind, NewPrincipal, Selector};
use crate::api::asker::{Asker, administrator};
use crate::api::call::{Call, about};
use crate::api::input::{self, Profile};
use crate::api::problem::{Answer, Problem};
use crate::api::reply;
use crate::api::view::PrincipalView;
use crate::api::{credentials, links, shares};
use crate::birth;
use crate::password;
use crate::secret::Secret;
use crate::security_log;
use crate::types::{Failure, Principal, PrincipalKind};

/// A password to be set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    password: String,
}

/// `/api/accounts`
pub fn list(call: &Call) -> Answer {
    let asker = administrator(call)?;
    match call.method {
        "GET" => {
            let found = select(call, PrincipalKind::User)?;
            let views: Vec<PrincipalView> = found.iter().map(PrincipalView::from).collect();
            Ok(reply::json(200, &json!({ "accounts": views })))
        }
        "POST" => create(call, &asker),
        _ => Err(Problem::method_not_allowed("GET, POST")),
    }
}

/// The principals of a kind, all of them or those that `?search=` names.
///
/// # Errors
/// Those of storage.
pub fn select(call: &Call, kind: PrincipalKind) -> Result<Vec<Principal>, Problem> {
    let selector = call
        .parameter("search")
        .filter(|text| !text.is_empty())
        .map_or(Selector::All, |text| Selector::Search(vec![text]));
    let mut found = call.around.principals(&selector)?;
    found.retain(|principal| principal.kind == kind);
    Ok(found)
}

fn create(call: &Call, asker: &Asker) -> Answer {
    let mut body: Map<String, Value> = call.body()?;
    let name = input::name(input::member(&mut body, "name")?)?;
    let password = input::member(&mut body, "password")?;
    chosen_by(asker, &name, &password)?;
    let principal = described(PrincipalKind::User, name, Profile::read(body)?)?;
    let hash = password::hash(&password, &password::parameters(call.around))?;
    let collections = birth::collections(&principal.name);
    call.apply(&[Change::Create(NewPrincipal { password_hash: Some(hash), collections, ..newborn(&principal) })])?;
    security_log!("{} made the account {}", asker.name(), principal.name);
    Ok(reply::created(&call.path_of(&["accounts", &principal.name]), &PrincipalView::from(&principal)))
}

/// A principal that does not exist yet, as the body describes it.
///
/// # Errors
/// 422 where a value will not do.
pub fn described(kind: PrincipalKind, name: String, profile: Profile) -> Result<Principal, Problem> {
    let mut principal = Principal {
        id: 0,
        kind,
        display_name: name.clone(),
        name,
        emails: Vec::new(),
        timezone: None,
        locale: None,
        quota: None,
        used: 0,
        admin: false,
        disabled: false,
    };
    profile.put_into(&mut principal)?;
    if principal.disabled {
        return Err(Problem::invalid("It cannot be disabled before it exists: make it, then PATCH it."));
    }
    Ok(principal)
}

/// What makes that principal, without password and collections.
pub fn newborn(principal: &Principal) -> NewPrincipal {
    NewPrincipal {
        kind: principal.kind,
        name: principal.name.clone(),
        display_name: principal.display_name.clone(),
        emails: principal.emails.clone(),
        timezone: principal.timezone.clone(),
        locale: principal.locale.clone(),
        quota: principal.quota,
        admin: principal.admin,
        password_hash: None,
        collections: Vec::new(),
    }
}

/// `/api/accounts/NAME` and below
pub fn one(call: &Call, name: &str, rest: &[&str]) -> Answer {
    let asker = administrator(call)?;
    let account = || Ok::<_, Problem>(call.inquire(PrincipalKind::User, &about(name))?.principal);
    match rest {
        [] => itself(call, &asker, account()?),
        ["password"] if call.method == "PUT" => {
            let account = account()?;
            let new: NewPassword = call.body()?;
            chosen_by(&asker, &account.name, &new.password)?;
            set_password(call, &account, &new.password)?;
            security_log!("{} set the password of {name}", asker.name());
            Ok(reply::done())
        }
        ["password"] => Err(Problem::method_not_allowed("PUT")),
        ["shares", rest @ ..] => shares::answer(call, name, None, rest),
        ["links", rest @ ..] => links::answer(call, name, None, rest),
        [kind, rest @ ..] => {
            let kind = credentials::kind(kind)?;
            // A session is a browser's own; an administrator's secret for somebody else would be one without their
            // knowing.
            if call.method == "POST" && kind == CredentialKind::Session {
                return Err(Problem::method_not_allowed("GET"));
            }
            credentials::answer(call, name, None, kind, rest)
        }
    }
}

fn itself(call: &Call, asker: &Asker, account: Principal) -> Answer {
    match call.method {
        "GET" => Ok(reply::json(200, &PrincipalView::from(&account))),
        "PATCH" => update(call, asker, account),
        "DELETE" if asker.is(account.id) => {
            Err(Problem::new(409, "You cannot remove the account that you are signed in with."))
        }
        "DELETE" => remove(call, asker, account),
        _ => Err(Problem::method_not_allowed("GET, PATCH, DELETE")),
    }
}

/// Removes an account: with all that is its own, or, by `?data=keep`, only as somebody who can come in.
fn remove(call: &Call, asker: &Asker, account: Principal) -> Answer {
    match call.parameter("data").as_deref() {
        None | Some("purge") => {
            call.apply(&[Change::Delete(account.id)])?;
            security_log!("{} removed the account {} with its data", asker.name(), account.name);
        }
        Some("keep") => {
            let name = account.name.clone();
            call.apply(&retirement(call, account)?)?;
            security_log!("{} removed the account {name} and kept its data", asker.name());
        }
        Some(_) => return Err(Problem::invalid("data is keep or purge.")),
    }
    Ok(reply::done())
}

/// What makes an account one that nobody comes in by: it is disabled, with a password that nobody knows, and has no
/// credential, link, membership and administration left. Its data stays, and is shared as it was.
fn retirement(call: &Call, account: Principal) -> Result<Vec<Change>, Problem> {
    let secret = Secret::mint(CredentialKind::AppPassword).map_err(|error| Failure::Broken(error.to_string()))?;
    let hash = password::hash(&secret.reveal(), &password::parameters(call.around))?;
    let id = account.id;
    let disabled = Change::Update(Principal { disabled: true, admin: false, ..account });
    Ok(vec![disabled, Change::SetPassword((id, hash)), Change::Retire(id)])
}

/// A merge patch (RFC 7396): what is not said stays, `null` takes away.
fn update(call: &Call, asker: &Asker, mut account: Principal) -> Answer {
    let profile: Profile = call.body()?;
    profile.put_into(&mut account)?;
    if asker.is(account.id) && (account.disabled || !account.admin) {
        return Err(Problem::new(409, "You cannot take administration from the account that you are signed in with."));
    }
    call.apply(&[Change::Update(account.clone())])?;
    security_log!(
        "{} changed {} (admin: {}, disabled: {})",
        asker.name(),
        account.name,
        account.admin,
        account.disabled
    );
    Ok(reply::json(200, &PrincipalView::from(&account)))
}

/// Whether a new password will do. Whoever runs the server may give any that clients can send.
fn chosen_by(asker: &Asker, name: &str, password: &str) -> Result<(), Problem> {
    match asker {
        Asker::Operator => input::usable_password(password),
        Asker::Account(_) => input::password(name, password),
    }
}

/// Sets an account's password, which ends its browser sessions. App passwords go on: they are revoked one by one.
///
/// # Errors
/// Those of storage.
pub fn set_password(call: &Call, account: &Principal, password: &str) -> Result<(), Problem> {
    let hash = password::hash(password, &password::parameters(call.around))?;
    call.apply(&[Change::SetPassword((account.id, hash)), Change::EndSessions((account.id, call.request.received, 0))])
}
