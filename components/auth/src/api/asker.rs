//! Who asks the API, and whether they may.

use subtle::ConstantTimeEq;

use crate::accounts::Scope;
use crate::api::call::Call;
use crate::api::problem::Problem;
use crate::auth::Evidence;
use crate::authenticate::{self, Means, Recognised};
use crate::presented;
use crate::security_log;

/// Letters of an administrator's token, at least: it is compared without a throttle, so it must not be one that can
/// be guessed.
const SHORTEST_TOKEN: usize = 16;

/// Who asks.
pub enum Asker {
    /// Whoever runs the server, by the `admin_token` setting.
    Operator,
    /// An account.
    Account(Box<Recognised>),
}

impl Asker {
    /// Whether this is the account with that number.
    pub fn is(&self, id: u64) -> bool {
        matches!(self, Asker::Account(recognised) if recognised.principal.id == id)
    }

    /// For the log.
    pub fn name(&self) -> &str {
        match self {
            Asker::Operator => "the administrator's token",
            Asker::Account(recognised) => &recognised.principal.name,
        }
    }
}

/// Somebody who may administer accounts.
///
/// # Errors
/// 401 for nobody that is known, 403 for somebody who may not, 429 for too many failures.
pub fn administrator(call: &Call) -> Result<Asker, Problem> {
    if is_operator(call)? {
        return Ok(Asker::Operator);
    }
    let recognised = account(call)?;
    if !recognised.scope.contains(Scope::ADMINISTRATION) || recognised.means == Means::AppPassword {
        return Err(Problem::new(403, "This takes an administrator."));
    }
    Ok(Asker::Account(Box::new(recognised)))
}

/// An account, which for changes has to have come with more than an app password.
///
/// # Errors
/// As [`administrator`].
pub fn account(call: &Call) -> Result<Recognised, Problem> {
    let evidence = Evidence {
        authorization: call.header("authorization").map(str::to_owned),
        cookie: call.cookies(),
        cross_site: !call.is_safe() && call.is_cross_site(),
        remote: call.remote().map(str::to_owned),
        now: call.request.received,
        // An account may be changed before anything is read that would tell whether an earlier sign-in still holds.
        anew: true,
    };
    let recognised = authenticate::authenticate(call.around, &evidence)?;
    if call.is_safe() {
        return Ok(recognised);
    }
    if recognised.means == Means::AppPassword {
        return Err(Problem::new(
            403,
            "An app password is for calendars, contacts and files. Use the account password here.",
        ));
    }
    if !recognised.scope.contains(Scope::WRITE) {
        return Err(Problem::new(403, "The token is for reading only."));
    }
    Ok(recognised)
}

/// Whether the request carries the `admin_token`.
fn is_operator(call: &Call) -> Result<bool, Problem> {
    let Some(token) = call.header("authorization").and_then(presented::bearer) else { return Ok(false) };
    let Some(expected) = call.around.setting("admin_token") else { return Ok(false) };
    let expected = expected.trim();
    if expected.is_empty() || !bool::from(token.as_bytes().ct_eq(expected.as_bytes())) {
        return Ok(false);
    }
    if expected.len() < SHORTEST_TOKEN {
        security_log!("the setting admin_token is shorter than {SHORTEST_TOKEN} characters and is not accepted");
        let message = format!("The setting admin_token has less than {SHORTEST_TOKEN} characters: set a longer one.");
        return Err(Problem::new(403, message));
    }
    Ok(true)
}
