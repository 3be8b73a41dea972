//! `/api/me`: one's own account.

use serde::Deserialize;

use crate::api::accounts::set_password;
use crate::api::asker::account;
use crate::api::call::Call;
use crate::api::problem::{Answer, Problem};
use crate::api::reply;
use crate::api::view::PrincipalView;
use crate::api::{credentials, input, links, shares};
use crate::authenticate::{Means, Recognised, by_password};
use crate::security_log;

/// A change of one's own password: a session or a token alone is not enough for it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordChange {
    current: String,
    password: String,
}

/// `/api/me` and below
pub fn answer(call: &Call, rest: &[&str]) -> Answer {
    let me = account(call)?;
    match (rest, call.method) {
        ([], "GET") => Ok(reply::json(200, &PrincipalView::from(&me.principal))),
        ([], _) => Err(Problem::method_not_allowed("GET")),
        (["password"], "PUT") => change_password(call, &me),
        (["password"], _) => Err(Problem::method_not_allowed("PUT")),
        ([kind, rest @ ..], _) => {
            if me.means == Means::AppPassword {
                return Err(Problem::new(403, "An app password does not show credentials, shares and links."));
            }
            match *kind {
                "shares" => shares::answer(call, &me.principal.name, Some(&me), rest),
                "links" => links::answer(call, &me.principal.name, Some(&me), rest),
                kind => credentials::answer(call, &me.principal.name, Some(&me), credentials::kind(kind)?, rest),
            }
        }
    }
}

fn change_password(call: &Call, me: &Recognised) -> Answer {
    let change: PasswordChange = call.body()?;
    let name = &me.principal.name;
    by_password(call.around, name, &change.current, call.remote(), call.request.received)?;
    input::password(name, &change.password)?;
    set_password(call, &me.principal, &change.password)?;
    security_log!("{name} changed their password");
    Ok(reply::done())
}
