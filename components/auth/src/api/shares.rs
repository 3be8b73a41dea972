//! `…/shares`: what an account shares and what is shared with it, by itself or an administrator. The same shares as
//! those of the ACL method and of invitations.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::call::{Call, about};
use crate::api::input;
use crate::api::place::{self, shown};
use crate::api::problem::{Answer, Problem};
use crate::api::reply;
use crate::authenticate::Recognised;
use crate::birth;
use crate::security_log;
use crate::store::{self, Access, Arrangement, Belongings, Dossier, Guard, Inquiry, Operation, ShareState};
use crate::types::{Failure, Home, NewCollection, Place, Principal, PrincipalKind};

/// A share to be made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewShare {
    /// `calendars/NAME`, `addressbooks/NAME` or `files/PATH` in the account's home.
    collection: String,
    /// A user or a group.
    with: String,
    access: Level,
    /// Makes the collection, under this name to show, where it is not there.
    create: Option<String>,
}

/// A change of a share: its access by its owner, its state by whom it is shared with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    access: Option<Level>,
    state: Option<Verdict>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Level {
    FreeBusy,
    Read,
    Write,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Accepted,
    Declined,
}

/// A share as JSON.
#[derive(Serialize)]
struct ShareView {
    id: String,
    owner: String,
    collection: String,
    with: String,
    access: Level,
    state: &'static str,
}

impl From<&Arrangement> for ShareView {
    fn from(share: &Arrangement) -> ShareView {
        ShareView {
            id: id(share),
            owner: share.place.owner.clone(),
            collection: shown(&share.place),
            with: share.share.name.clone(),
            access: match share.share.access {
                Access::FreeBusy => Level::FreeBusy,
                Access::Read => Level::Read,
                Access::Write | Access::Owner => Level::Write,
            },
            state: state(share.share.state),
        }
    }
}

/// The word for a state.
fn state(state: ShareState) -> &'static str {
    match state {
        ShareState::Invited => "invited",
        ShareState::Accepted => "accepted",
        ShareState::Declined => "declined",
        ShareState::Withdrawn => "withdrawn",
    }
}

impl From<Level> for Access {
    fn from(level: Level) -> Access {
        match level {
            Level::FreeBusy => Access::FreeBusy,
            Level::Read => Access::Read,
            Level::Write => Access::Write,
        }
    }
}

/// Lists, makes, changes and ends shares. `by` is the account where it is the account that asks.
pub fn answer(call: &Call, account: &str, by: Option<&Recognised>, rest: &[&str]) -> Answer {
    match (rest, call.method) {
        ([], "GET") => list(call, account, by),
        ([], "POST") => create(call, account, by),
        ([], _) => Err(Problem::method_not_allowed("GET, POST")),
        ([id], "PATCH" | "DELETE") => {
            let (account, share) = find(call, account, id)?;
            place::in_scope(by, share.place.home)?;
            if call.method == "PATCH" { change(call, &account, share) } else { end(call, &account, &share) }
        }
        ([_], _) => Err(Problem::method_not_allowed("PATCH, DELETE")),
        _ => Err(Problem::not_found()),
    }
}

/// Those of the parts of the account that the credential is for.
fn list(call: &Call, account: &str, by: Option<&Recognised>) -> Answer {
    let (account, mut all) = standing(call, account)?;
    all.retain(|share| place::in_scope(by, share.place.home).is_ok());
    let (given, received): (Vec<&Arrangement>, Vec<&Arrangement>) =
        all.iter().partition(|share| share.owner == account.id);
    let views = |shares: Vec<&Arrangement>| shares.into_iter().map(ShareView::from).collect::<Vec<_>>();
    Ok(reply::json(200, &json!({ "given": views(given), "received": views(received) })))
}

fn create(call: &Call, account: &str, by: Option<&Recognised>) -> Answer {
    let new: NewShare = call.body()?;
    let place = place::read(account, &new.collection)?;
    place::in_scope(by, place.home)?;
    if place.path.is_empty() {
        return Err(Problem::invalid("A home cannot be shared as a whole."));
    }
    let asked = Inquiry { others: vec![new.with], at: Some(place.clone()), ..about(account) };
    let Dossier { principal: account, others, collection, .. } = call.inquire(PrincipalKind::User, &asked)?;
    let sharee = others.into_iter().next();
    let sharee = sharee.ok_or_else(|| Problem::invalid("There is no user or group of that name to share with."))?;
    if sharee.id == account.id {
        return Err(Problem::invalid("The account has all of it already."));
    }
    let collection = match (collection, new.create) {
        (Some(collection), _) => {
            grant(call, &account, collection, sharee.id, new.access)?;
            collection
        }
        (None, Some(title)) => make(call, &account, &place, &input::text("create", title)?, (sharee.id, new.access))?,
        (None, None) => return Err(Problem::new(404, "The account has no such collection.")),
    };
    security_log!("{} shares {:?} with {}", account.name, shown(&place), sharee.name);
    let view = ShareView {
        id: format!("{collection}-{}", sharee.id),
        owner: account.name,
        collection: shown(&place),
        with: sharee.name,
        access: new.access,
        state: state(ShareState::Accepted),
    };
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).chain([view.id.as_str()]).collect();
    Ok(reply::created(&call.path_of(&segments), &view))
}

/// Makes the collection, as a client would, and shares it in the same write; its number.
fn make(
    call: &Call,
    account: &Principal,
    place: &Place,
    title: &str,
    (sharee, access): (u64, Level),
) -> Result<u64, Problem> {
    let components = if place.home == Home::Calendars { vec!["VEVENT".to_owned()] } else { Vec::new() };
    let new = NewCollection { place: place.clone(), components, properties: vec![birth::display_name(title)] };
    let guards = [Guard::Vacant(place.clone())];
    let operations = [
        Operation::CreateCollection((new, call.request.received)),
        Operation::ShareAt((place.clone(), sharee, access.into())),
    ];
    let made = call.around.write(account.id, &guards, &operations)?;
    made.first().copied().ok_or_else(|| Failure::Broken("a new collection has no number".to_owned()).into())
}

fn grant(call: &Call, account: &Principal, collection: u64, sharee: u64, access: Level) -> Result<(), Problem> {
    let guards = [Guard::Access((collection, Access::Owner))];
    write(call, account, &guards, Operation::Share((collection, sharee, access.into())))
}

/// The owner changes the access, the sharee answers what it was offered.
fn change(call: &Call, account: &Principal, mut share: Arrangement) -> Answer {
    match call.body()? {
        Patch { access: Some(access), state: None } if share.owner == account.id => {
            let operation = match share.share.state {
                // An offer stays one.
                ShareState::Invited | ShareState::Declined | ShareState::Withdrawn => {
                    share.share.state = ShareState::Invited;
                    Operation::Invite(store::Invitation {
                        collection: share.collection,
                        principal: share.share.principal,
                        access: access.into(),
                        summary: share.share.summary.clone(),
                        now: call.request.received,
                    })
                }
                ShareState::Accepted => Operation::Share((share.collection, share.share.principal, access.into())),
            };
            write(call, account, &[Guard::Access((share.collection, Access::Owner))], operation)?;
            share.share.access = access.into();
            security_log!("{} changed the share {} of {:?}", account.name, share.share.name, shown(&share.place));
        }
        Patch { access: None, state: Some(verdict) } if share.share.principal == account.id => {
            let accept = verdict == Verdict::Accepted;
            let answer = store::Answer { collection: share.collection, accept, now: call.request.received };
            write(call, account, &[], Operation::Answer(answer))?;
            share.share.state = if accept { ShareState::Accepted } else { ShareState::Declined };
            security_log!("{} answered the share of {:?} by {}", account.name, shown(&share.place), share.place.owner);
        }
        _ => return Err(Problem::invalid("The owner sets access; whom it is shared with sets state.")),
    }
    Ok(reply::json(200, &ShareView::from(&share)))
}

fn end(call: &Call, account: &Principal, share: &Arrangement) -> Answer {
    if share.owner != account.id && share.share.principal != account.id {
        return Err(Problem::new(403, "It is shared with a group: leave that, or ask its owner."));
    }
    let ended = Operation::Unshare((share.collection, share.share.principal, call.request.received));
    write(call, account, &[], ended)?;
    security_log!("{} ended the share of {:?} with {}", account.name, shown(&share.place), share.share.name);
    Ok(reply::done())
}

/// An account and the shares that it gives and has. Of those that have ended only a notification is left, which is not
/// the API's.
fn standing(call: &Call, account: &str) -> Result<(Principal, Vec<Arrangement>), Problem> {
    let asked = Inquiry { told: Belongings::SHARES, ..about(account) };
    let Dossier { principal, mut shares, .. } = call.inquire(PrincipalKind::User, &asked)?;
    shares.retain(|share| share.share.state != ShareState::Withdrawn);
    Ok((principal, shares))
}

/// What names a share.
fn id(share: &Arrangement) -> String {
    format!("{}-{}", share.collection, share.share.principal)
}

/// An account, and a share that it gives or has.
fn find(call: &Call, account: &str, wanted: &str) -> Result<(Principal, Arrangement), Problem> {
    let (account, all) = standing(call, account)?;
    let share = all.into_iter().find(|share| id(share) == wanted).ok_or_else(Problem::not_found)?;
    Ok((account, share))
}

fn write(call: &Call, account: &Principal, guards: &[Guard], operation: Operation) -> Result<(), Problem> {
    call.around.write(account.id, guards, &[operation])?;
    Ok(())
}
