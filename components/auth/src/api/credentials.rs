//! `…/app-passwords`, `…/tokens`, `…/sessions`: the credentials of one account, by its owner or an administrator.

use chrono::DateTime;
use serde::Deserialize;
use serde_json::json;

use crate::accounts::{Change, Credential, CredentialKind, Scope};
use crate::api::call::{Call, about};
use crate::api::input;
use crate::api::onboarding::{PROFILE, Server};
use crate::api::problem::{Answer, Problem};
use crate::api::reply;
use crate::api::view::{self, CredentialView, Permission};
use crate::authenticate::{Recognised, within};
use crate::exchange::Response;
use crate::keys::ServerSecret;
use crate::secret::{Secret, kind_name};
use crate::security_log;
use crate::store::{Belongings, Dossier, Inquiry};
use crate::types::{Failure, Principal, PrincipalKind};

/// Credentials that an account has at most.
const MOST: usize = 100;

/// A credential to be made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCredential {
    /// What its owner knows it by.
    label: String,
    /// None: everything but administration.
    scope: Option<Vec<Permission>>,
    /// RFC 3339; none for never.
    expires: Option<String>,
}

/// The kind of credential that a segment of the path names.
///
/// # Errors
/// 404 where it names none.
pub fn kind(segment: &str) -> Result<CredentialKind, Problem> {
    match segment {
        "app-passwords" => Ok(CredentialKind::AppPassword),
        "tokens" => Ok(CredentialKind::Token),
        "sessions" => Ok(CredentialKind::Session),
        _ => Err(Problem::not_found()),
    }
}

/// Lists, makes and revokes. `by` is the owner where it is the owner who asks: nobody gives away more than they came
/// with, and nobody ends more.
pub fn answer(call: &Call, owner: &str, by: Option<&Recognised>, kind: CredentialKind, rest: &[&str]) -> Answer {
    match (rest, call.method) {
        ([], "GET") => list(call, owner, by, kind),
        ([], "POST") if kind != CredentialKind::Session => create(call, owner, by, kind),
        ([], _) => Err(Problem::method_not_allowed(if kind == CredentialKind::Session { "GET" } else { "GET, POST" })),
        ([id], "DELETE") => revoke(call, owner, by, kind, id),
        ([_], _) => Err(Problem::method_not_allowed("DELETE")),
        _ => Err(Problem::not_found()),
    }
}

/// An account with its credentials of one kind, newest first.
///
/// # Errors
/// 404 where there is no such account.
fn of_kind(call: &Call, owner: &str, kind: CredentialKind) -> Result<(Principal, Vec<Credential>), Problem> {
    let asked = Inquiry { told: Belongings::CREDENTIALS, ..about(owner) };
    let Dossier { principal, mut credentials, .. } = call.inquire(PrincipalKind::User, &asked)?;
    credentials.retain(|credential| credential.kind == kind);
    Ok((principal, credentials))
}

/// The same, those alone that may do no more than the credential that the owner came with: the others are not there for
/// it.
fn within_reach(
    call: &Call,
    owner: &str,
    by: Option<&Recognised>,
    kind: CredentialKind,
) -> Result<Vec<Credential>, Problem> {
    let (owner, mut credentials) = of_kind(call, owner, kind)?;
    credentials.retain(|credential| by.is_none_or(|by| by.scope.contains(within(&owner, credential.scope))));
    Ok(credentials)
}

fn list(call: &Call, owner: &str, by: Option<&Recognised>, kind: CredentialKind) -> Answer {
    let credentials = within_reach(call, owner, by, kind)?;
    let views: Vec<CredentialView> = credentials.iter().map(CredentialView::from).collect();
    Ok(reply::json(200, &json!({ "credentials": views })))
}

fn create(call: &Call, owner: &str, by: Option<&Recognised>, kind: CredentialKind) -> Answer {
    let (owner, others) = of_kind(call, owner, kind)?;
    let new: NewCredential = call.body()?;
    let label = input::text("label", new.label)?;
    let scope = new.scope.map_or(Scope::all() - Scope::ADMINISTRATION, |list| view::scope(&list));
    if scope.contains(Scope::ADMINISTRATION) && !(owner.admin && kind == CredentialKind::Token) {
        return Err(Problem::invalid("The scope administration is for the tokens of administrators."));
    }
    if by.is_some_and(|by| !by.scope.contains(scope)) {
        return Err(Problem::new(403, "The scope is wider than that of the credential you came with."));
    }
    let expires = expiry(call, by, new.expires)?;
    if others.len() >= MOST {
        return Err(Problem::new(409, format!("An account has {MOST} of these at most. Revoke one first.")));
    }
    let (secret, credential) = mint(call, &owner, kind, label, scope, expires)?;
    call.apply(&[Change::AddCredential(credential.clone())])?;
    security_log!("new {} {:?} for {}", kind_name(kind), credential.id, owner.name);
    let mut response = shown_once(call, &owner, &credential, secret.reveal());
    let location =
        format!("{}/{}", call.path_of(&call.segments.iter().map(String::as_str).collect::<Vec<_>>()), credential.id);
    response.headers.push(("location".to_owned(), location));
    Ok(response)
}

/// The one answer that has the secret in it: JSON, or a configuration profile where that is asked for.
fn shown_once(call: &Call, owner: &Principal, credential: &Credential, secret: String) -> Response {
    let server = Server::of(call).filter(|_| credential.kind == CredentialKind::AppPassword);
    match server {
        Some(server) if wants_profile(call) => server.profile(owner, credential, &secret),
        server => {
            let link = server.map(|server| server.link(owner, &secret));
            reply::json(201, &CredentialView::from(credential).with_secret(secret, link))
        }
    }
}

/// Whether the `Accept` field names profiles (RFC 9110 §12.5.1). Nothing asks for them without meaning them.
fn wants_profile(call: &Call) -> bool {
    let accepted = call.header("accept").unwrap_or_default().split(',');
    accepted.filter_map(|range| range.split(';').next()).any(|range| range.trim().eq_ignore_ascii_case(PROFILE))
}

/// A new secret, and the row that is stored of it.
///
/// # Errors
/// 503 where no server secret is set, 500 where the host has no random numbers.
pub fn mint(
    call: &Call,
    owner: &Principal,
    kind: CredentialKind,
    label: String,
    scope: Scope,
    expires: Option<i64>,
) -> Result<(Secret, Credential), Problem> {
    let key = ServerSecret::of(call.around).ok_or_else(|| {
        Problem::new(503, "There are no app passwords, tokens and sessions: the setting server_secret (64 hexadecimal digits) is missing.")
    })?;
    let secret = Secret::mint(kind).map_err(|error| Failure::Broken(format!("no random numbers: {error}")))?;
    let credential = Credential {
        id: secret.id().to_owned(),
        principal: owner.id,
        kind,
        label,
        verifier: secret.verifier(&key),
        scope,
        created: call.request.received,
        last_used: None,
        expires,
        link: None,
    };
    Ok((secret, credential))
}

/// UTC seconds when something ends that is made with a credential; none for never. Where nothing is asked for, it ends
/// with the credential.
///
/// # Errors
/// 422 for a text that is no time to come, 403 where it would outlast the credential.
pub fn expiry(call: &Call, by: Option<&Recognised>, asked: Option<String>) -> Result<Option<i64>, Problem> {
    let asked = asked.map(|text| to_come(&text, call.request.received)).transpose()?;
    let latest = by.and_then(Recognised::lends_until);
    if asked.zip(latest).is_some_and(|(asked, latest)| asked > latest) {
        return Err(Problem::new(403, "It would end later than the credential you came with."));
    }
    Ok(asked.or(latest))
}

/// A time to come, as RFC 3339 has it, in UTC seconds.
///
/// # Errors
/// 422 for another text, and for a time that is past.
fn to_come(text: &str, now: i64) -> Result<i64, Problem> {
    let instant = DateTime::parse_from_rfc3339(text)
        .map_err(|_| Problem::invalid("expires has to be a time such as 2030-01-31T12:00:00Z."))?;
    if instant.timestamp() <= now {
        return Err(Problem::invalid("expires is in the past."));
    }
    Ok(instant.timestamp())
}

fn revoke(call: &Call, owner: &str, by: Option<&Recognised>, kind: CredentialKind, id: &str) -> Answer {
    if !within_reach(call, owner, by, kind)?.iter().any(|credential| credential.id == id) {
        return Err(Problem::not_found());
    }
    call.apply(&[Change::Revoke(id.to_owned())])?;
    security_log!("revoked the {} {id:?} of {owner}", kind_name(kind));
    Ok(reply::done())
}
