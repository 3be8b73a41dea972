//! PROPPATCH (RFC 4918 §9.2).

use crate::conditions::{self, Validators};
use crate::context::Context;
use crate::href::Target;
use crate::multistatus::Multistatus;
use crate::patch::Patch;
use crate::privileges;
use crate::properties::own_timezone_id;
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::resolve::{Found, find};
use crate::store::{Access, Collection, Detail, Guard, Operation, Proppatch, Rejection, Subject};
use crate::types::Home;
use crate::write::{Grounds, member, refusal_of};
use crate::xml::{CARDDAV, DAV, Name};

/// Sets and removes properties, all of them or none.
///
/// # Errors
/// 400 for a body that is no D:propertyupdate; 403; 404; 412; 423. What is wrong with single properties is in the 207.
pub fn proppatch(context: &Context) -> Result<Reply> {
    let patch = body(context)?;
    if let Target::Principal(name) = &context.target {
        return of_principal(context, name, patch);
    }
    let place = context.place()?;
    let grounds = Grounds::read(context, &[place], Detail::empty())?;
    let (_, view) = grounds.at(0);
    let (collection, subject) = match find(place, view, context.asker()) {
        Found::Resource(collection, resource) => (collection, Subject::Member(member(collection, &resource.name))),
        Found::Collection(collection) => (collection, whose(collection)),
        Found::Home(home, ..) => return of_home(context, &grounds, home, patch),
        Found::Nothing(_) => return Err(Refusal::not_found()),
    };
    let least = least(context, &subject, collection);
    privileges::require(context, collection, least, "D:write-properties")?;
    let mut guards = vec![Guard::Access((collection.id, least))];
    guards.extend(grounds.conditions(context)?);
    // What somebody sets for oneself is no part of what a lock protects: nobody else sees it (RFC 4918 §7.1).
    if !matches!(subject, Subject::Personal(_)) {
        guards.extend(grounds.unlocked(context, 0, false, false)?);
    }
    carry_out(context, &guards, subject, patch, |rejection| refusal_of(context, rejection, collection))
}

/// One's own principal has one property that is one's own to set: which card says who one is (RFC 6352 §7.1.2).
fn of_principal(context: &Context, name: &str, mut patch: Patch) -> Result<Reply> {
    if *name != context.identity.principal.name || !context.may_write() {
        return Err(Refusal::need_privilege(context.request.path(), "D:write-properties"));
    }
    context.in_scope(Home::Addressbooks)?;
    conditions::check_change(&context.request, Some(&Validators::default()))?;
    patch.refuse_all_but(&Name::new(CARDDAV, "principal-address"));
    carry_out(context, &[], Subject::Home(Home::Addressbooks), patch, of_account)
}

/// The asker's own home: Contacts of macOS keeps there which card is its user's, and gives up where it cannot.
fn of_home(context: &Context, grounds: &Grounds, home: Home, mut patch: Patch) -> Result<Reply> {
    if !context.may_write() {
        return Err(Refusal::need_privilege(context.request.path(), "D:write-properties"));
    }
    grounds.conditions(context)?;
    patch.refuse_live();
    carry_out(context, &[], Subject::Home(home), patch, of_account)
}

/// What is said where the asker's own properties cannot be stored.
fn of_account(rejection: Rejection) -> Refusal {
    match rejection {
        Rejection::Failure(failure) => failure.into(),
        Rejection::NoRoom => Refusal::no_room(),
        _ => Refusal::new(409, "The account was removed at the same moment."),
    }
}

fn carry_out(
    context: &Context,
    guards: &[Guard],
    subject: Subject,
    patch: Patch,
    refusal: impl FnOnce(Rejection) -> Refusal,
) -> Result<Reply> {
    let reply = answer(context, &patch);
    if !patch.is_refused() {
        let (mut set, remove) = patch.outcome();
        // RFC 7809 §3.1.5: the two that name a zone agree.
        if matches!(subject, Subject::Personal(_)) {
            set.extend(own_timezone_id(&set));
        }
        let operation = Operation::Proppatch(Proppatch { subject, set, remove, now: context.now() });
        context.apply(guards, &[operation]).map_err(refusal)?;
    }
    Ok(reply)
}

fn body(context: &Context) -> Result<Patch> {
    let root = context.request.xml_of(DAV, "propertyupdate")?;
    let mut patch = Patch::default();
    root.children().filter(|child| child.is(DAV, "set") || child.is(DAV, "remove")).for_each(|child| patch.add(child));
    Ok(patch)
}

/// The owner sets properties of a collection for all; who has it by a share, for himself: everybody has their own
/// colours.
fn whose(collection: &Collection) -> Subject {
    if privileges::has_own_properties(collection) {
        Subject::Personal(collection.id)
    } else {
        Subject::Collection(collection.id)
    }
}

/// A credential that is for reading does not set properties of the asker's own either.
fn least(context: &Context, subject: &Subject, collection: &Collection) -> Access {
    match subject {
        Subject::Personal(_) if context.may_write() => collection.access,
        _ => Access::Write,
    }
}

/// A client that prefers a short answer gets one where all went well (RFC 8144 §2.2).
fn answer(context: &Context, patch: &Patch) -> Reply {
    let minimal = context.request.prefers_minimal() && !patch.is_refused();
    if minimal {
        return Reply::new(200).preference_applied(true);
    }
    let mut multistatus = Multistatus::new();
    multistatus.response(context.request.path(), |xml| patch.write_propstats(xml));
    multistatus.finish()
}
