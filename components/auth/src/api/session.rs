//! `/api/session`: signing in and out with a browser.

use serde::Deserialize;

use crate::accounts::{Change, CredentialKind, Scope};
use crate::api::asker::account;
use crate::api::call::Call;
use crate::api::credentials::mint;
use crate::api::problem::{Answer, Problem};
use crate::api::reply;
use crate::api::view::PrincipalView;
use crate::auth::Refusal;
use crate::authenticate::{Means, by_password};
use crate::presented::COOKIE;
use crate::security_log;

/// Seconds that a session lasts.
const LIFETIME: i64 = 30 * 86_400;
/// Sessions of one account; the oldest makes room.
const MOST: u32 = 20;

/// Who signs in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    name: String,
    password: String,
}

/// `/api/session`
pub fn answer(call: &Call) -> Answer {
    match call.method {
        "POST" => sign_in(call),
        "DELETE" => sign_out(call),
        _ => Err(Problem::method_not_allowed("POST, DELETE")),
    }
}

fn sign_in(call: &Call) -> Answer {
    // Another site must not sign anybody in as somebody else either.
    if call.is_cross_site() {
        return Err(Refusal::CrossSite.into());
    }
    let SignIn { name, password } = call.body()?;
    let now = call.request.received;
    let me = by_password(call.around, &name.trim().to_lowercase(), &password, call.remote(), now)?.recognised.principal;
    let browser = call.header("user-agent").unwrap_or("browser");
    let label = browser.chars().filter(|letter| !letter.is_control()).take(100).collect();
    let (secret, session) = mint(call, &me, CredentialKind::Session, label, Scope::all(), Some(now + LIFETIME))?;
    call.apply(&[Change::EndSessions((me.id, now, MOST - 1)), Change::AddCredential(session)])?;
    security_log!("{} signed in with a browser", me.name);
    let mut response = reply::json(201, &PrincipalView::from(&me));
    response.headers.push(cookie(&secret.reveal(), LIFETIME));
    Ok(response)
}

fn sign_out(call: &Call) -> Answer {
    let me = account(call)?;
    let Some(id) = me.credential.filter(|_| me.means == Means::Session) else {
        return Err(Problem::new(409, "There is no session to end."));
    };
    call.apply(&[Change::Revoke(id)])?;
    security_log!("{} signed out", me.principal.name);
    let mut response = reply::done();
    response.headers.push(cookie("", 0));
    Ok(response)
}

/// The cookie (RFC 6265): no script reads it, no plain connection carries it, and another site's requests only where
/// they follow a link.
fn cookie(value: &str, seconds: i64) -> (String, String) {
    ("set-cookie".to_owned(), format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; Secure; SameSite=Lax"))
}
