//! `/api/groups`: groups and their members, by an administrator.

use serde_json::{Map, Value, json};

use crate::accounts::Change;
use crate::api::accounts::{described, newborn, select};
use crate::api::asker::administrator;
use crate::api::call::{Call, about};
use crate::api::input::{self, Profile};
use crate::api::problem::{Answer, Problem};
use crate::api::reply;
use crate::api::view::PrincipalView;
use crate::security_log;
use crate::store::{Belongings, Dossier, Inquiry};
use crate::types::{Principal, PrincipalKind};

/// `/api/groups`
pub fn list(call: &Call) -> Answer {
    administrator(call)?;
    match call.method {
        "GET" => {
            let found = select(call, PrincipalKind::Group)?;
            let views: Vec<PrincipalView> = found.iter().map(PrincipalView::from).collect();
            Ok(reply::json(200, &json!({ "groups": views })))
        }
        "POST" => create(call),
        _ => Err(Problem::method_not_allowed("GET, POST")),
    }
}

fn create(call: &Call) -> Answer {
    let mut body: Map<String, Value> = call.body()?;
    let name = input::name(input::member(&mut body, "name")?)?;
    let group = described(PrincipalKind::Group, name, Profile::read(body)?)?;
    must_not_administer(&group)?;
    call.apply(&[Change::Create(newborn(&group))])?;
    security_log!("new group {}", group.name);
    Ok(reply::created(&call.path_of(&["groups", &group.name]), &PrincipalView::from(&group)))
}

/// A group does not sign in, so it would be an administrator in name only.
fn must_not_administer(group: &Principal) -> Result<(), Problem> {
    if group.admin { Err(Problem::invalid("A group cannot be an administrator.")) } else { Ok(()) }
}

/// `/api/groups/NAME` and below
pub fn one(call: &Call, name: &str, rest: &[&str]) -> Answer {
    administrator(call)?;
    match rest {
        [] => itself(call, call.inquire(PrincipalKind::Group, &about(name))?.principal),
        ["members"] if call.method == "GET" => {
            let asked = Inquiry { told: Belongings::MEMBERS, ..about(name) };
            let members = call.inquire(PrincipalKind::Group, &asked)?.members;
            let views: Vec<PrincipalView> = members.iter().map(PrincipalView::from).collect();
            Ok(reply::json(200, &json!({ "members": views })))
        }
        ["members"] => Err(Problem::method_not_allowed("GET")),
        ["members", member] => membership(call, name, member),
        _ => Err(Problem::not_found()),
    }
}

fn itself(call: &Call, mut group: Principal) -> Answer {
    match call.method {
        "GET" => Ok(reply::json(200, &PrincipalView::from(&group))),
        "PATCH" => {
            let profile: Profile = call.body()?;
            profile.put_into(&mut group)?;
            must_not_administer(&group)?;
            call.apply(&[Change::Update(group.clone())])?;
            Ok(reply::json(200, &PrincipalView::from(&group)))
        }
        "DELETE" => {
            call.apply(&[Change::Delete(group.id)])?;
            security_log!("removed the group {}", group.name);
            Ok(reply::done())
        }
        _ => Err(Problem::method_not_allowed("GET, PATCH, DELETE")),
    }
}

fn membership(call: &Call, group: &str, member: &str) -> Answer {
    let pair = || -> Result<(u64, u64), Problem> {
        let asked = Inquiry { others: vec![member.to_owned()], ..about(group) };
        let Dossier { principal, others, .. } = call.inquire(PrincipalKind::Group, &asked)?;
        let found = others.first().ok_or_else(|| Problem::new(404, "There is no user or group of that name."))?;
        Ok((principal.id, found.id))
    };
    let (change, verb) = match call.method {
        "PUT" => (Change::Join(pair()?), "joined"),
        "DELETE" => (Change::Leave(pair()?), "left"),
        _ => return Err(Problem::method_not_allowed("PUT, DELETE")),
    };
    call.apply(&[change])?;
    security_log!("{member:?} {verb} {group}");
    Ok(reply::done())
}
