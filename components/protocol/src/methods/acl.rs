//! ACL (RFC 3744 §8.1): grants to principals become shares.

use std::collections::{BTreeMap, BTreeSet};

use crate::accounts::Selector;
use crate::context::Context;
use crate::href::{self, Target};
use crate::privileges;
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::shares;
use crate::store::{Access, Detail, Operation, ShareState};
use crate::types::Principal;
use crate::write::Grounds;
use crate::xml::{DAV, Element};

/// Principals that one ACL may name: as many as storage lists at once.
const MOST: usize = 1000;

/// Replaces the shares of a collection by what the body grants.
///
/// # Errors
/// 403 with the preconditions of RFC 3744 §8.1.1; 404 on what is no collection.
pub fn acl(context: &Context) -> Result<Reply> {
    let body = context.request.xml_of(DAV, "acl")?;
    let place = context.place()?;
    // What is wrong with the grants is said to those alone who may make them: to others the collection is not there.
    let granted = grants(context, &body);
    let names = granted.iter().flat_map(BTreeMap::keys).cloned().collect();
    let selector = Selector::Names(names);
    let (grounds, found) = Grounds::read_with(context, &[place], Detail::SHARES, Some(&selector))?;
    let collection = shares::collection(context, &grounds)?;
    let granted = granted?;
    if found.len() != granted.len() {
        return Err(Refusal::dav(403, "recognized-principal", "There is no such principal."));
    }
    let grant = |principal: &Principal| {
        let access = granted.get(&principal.name)?;
        Some(Operation::Share((collection.id, principal.id, *access)))
    };
    let mut operations: Vec<Operation> = found.iter().filter_map(grant).collect();
    // What is only offered is no part of the ACL, and so not ended by one.
    let in_force = collection.shares.iter().filter(|share| share.state == ShareState::Accepted);
    let gone = in_force.filter(|share| !granted.contains_key(&share.name));
    operations.extend(gone.map(|share| Operation::Unshare((collection.id, share.principal, context.now()))));
    shares::change(context, &grounds, collection, &operations)?;
    eprintln!("security: {:?} shares {place:?} with {granted:?}", context.identity.principal.name);
    Ok(Reply::new(200))
}

/// Names of principals and what they are granted, the asker's own entry left out: who may change an ACL is the owner.
fn grants(context: &Context, acl: &Element) -> Result<BTreeMap<String, Access>> {
    let mut granted: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
    for ace in acl.children().filter(|child| child.is(DAV, "ace")) {
        if ace.child(DAV, "deny").is_some() {
            return Err(Refusal::dav(403, "grant-only", "Privileges can be granted, not denied."));
        }
        if ace.child(DAV, "invert").is_some() {
            return Err(Refusal::dav(403, "no-invert", "Entries cannot be inverted."));
        }
        let (Some(principal), Some(grant)) = (ace.child(DAV, "principal"), ace.child(DAV, "grant")) else {
            return Err(Refusal::bad("An ace has to have a principal and a grant."));
        };
        let Some(name) = principal_name(context, principal)? else { continue };
        if name == context.identity.principal.name {
            continue;
        }
        let privileges = privileges(grant)?;
        if granted.len() == MOST && !granted.contains_key(&name) {
            return Err(Refusal::dav(403, "limited-number-of-aces", format!("More than {MOST} principals are named.")));
        }
        granted.entry(name).or_default().extend(privileges);
    }
    granted.into_iter().map(|(name, privileges)| Ok((name, access(&privileges)?))).collect()
}

/// The name of the principal that an entry is for; none for the owner.
fn principal_name(context: &Context, principal: &Element) -> Result<Option<String>> {
    let is_owner = principal.child(DAV, "property").is_some_and(|property| property.child(DAV, "owner").is_some());
    if is_owner {
        return Ok(None);
    }
    let Some(href) = principal.child(DAV, "href") else {
        return Err(Refusal::dav(403, "allowed-principal", "Shares are for principals with a name."));
    };
    let href = href.text();
    let is_here = context.absolute(href.trim()).is_some_and(|there| context.is_here(&there));
    match href::parse_reference(&context.base, href.trim()) {
        Some(Target::Principal(name)) if is_here => Ok(Some(name)),
        _ => Err(Refusal::dav(403, "recognized-principal", "This is no principal of this server.")),
    }
}

/// The privileges that are granted.
fn privileges(grant: &Element) -> Result<BTreeSet<&'static str>> {
    let elements = grant.children().filter(|child| child.is(DAV, "privilege")).flat_map(Element::children);
    let privilege = |element: &Element| {
        let unknown = || Refusal::dav(403, "not-supported-privilege", "There is no such privilege here.");
        privileges::named(&element.name).ok_or_else(unknown)
    };
    elements.map(privilege).collect()
}

/// The access that a set of privileges amounts to. What is none is refused, and not made more or less of (RFC 3744
/// §5.3, §8.1.1).
fn access(privileges: &BTreeSet<&'static str>) -> Result<Access> {
    if privileges.is_empty() {
        return Err(Refusal::dav(403, "not-supported-privilege", "Nothing is granted."));
    }
    privileges::access_of(privileges).ok_or_else(|| {
        let message = "What can be granted is read-free-busy, read or write, each with all that is in it.";
        Refusal::dav(403, "no-abstract", message)
    })
}
