//! ACL (RFC 3744 §8.1): grants to principals become shares.

use std::collections::BTreeMap;

use crate::accounts::{self, Selector};
use crate::context::Context;
use crate::href::{self, Target};
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::shares;
use crate::store::{Access, Detail, Operation, ShareState};
use crate::types::Principal;
use crate::write::Grounds;
use crate::xml::{CALDAV, DAV, Element};

/// Replaces the shares of a collection by what the body grants.
///
/// # Errors
/// 403 with the preconditions of RFC 3744 §8.1.1; 404 on what is no collection.
pub fn acl(context: &Context) -> Result<Reply> {
    let body = context.request.xml_of(DAV, "acl")?;
    let place = context.place()?;
    let grounds = Grounds::read(context, &[place], Detail::SHARES)?;
    let collection = shares::collection(context, &grounds)?;
    let granted = grants(context, &body, &collection.owner_name)?;
    let mut operations: Vec<Operation> = Vec::new();
    for (principal, access) in named(&granted)? {
        operations.push(Operation::Share((collection.id, principal.id, access)));
    }
    // What is only offered is no part of the ACL, and so not ended by one.
    let in_force = collection.shares.iter().filter(|share| share.state == ShareState::Accepted);
    let gone = in_force.filter(|share| !granted.contains_key(&share.name));
    operations.extend(gone.map(|share| Operation::Unshare((collection.id, share.principal, context.now()))));
    shares::change(context, &grounds, collection, &operations)?;
    eprintln!("security: {:?} shares {place:?} with {granted:?}", context.identity.principal.name);
    Ok(Reply::new(200))
}

/// The principals of the grants.
fn named(granted: &BTreeMap<String, Access>) -> Result<Vec<(Principal, Access)>> {
    if granted.is_empty() {
        return Ok(Vec::new());
    }
    let found = accounts::principals(&Selector::Names(granted.keys().cloned().collect()))?;
    if found.len() != granted.len() {
        return Err(Refusal::dav(403, "recognized-principal", "There is no such principal."));
    }
    let access = |principal: &Principal| granted.get(&principal.name).copied().unwrap_or(Access::FreeBusy);
    Ok(found.into_iter().map(|principal| (principal.clone(), access(&principal))).collect())
}

/// Names of principals and what they are granted, the owner's own entry left out.
fn grants(context: &Context, acl: &Element, owner: &str) -> Result<BTreeMap<String, Access>> {
    let mut granted: BTreeMap<String, Access> = BTreeMap::new();
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
        if name == owner {
            continue;
        }
        let access = access(grant)?;
        granted.entry(name).and_modify(|before| *before = access.max(*before)).or_insert(access);
    }
    Ok(granted)
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
    match href::parse_reference(&context.base, href.text().trim()) {
        Some(Target::Principal(name)) => Ok(Some(name)),
        _ => Err(Refusal::dav(403, "recognized-principal", "This is no principal of this server.")),
    }
}

/// The level of access that a set of privileges amounts to.
fn access(grant: &Element) -> Result<Access> {
    let mut highest = None;
    for privilege in grant.children().filter(|child| child.is(DAV, "privilege")).flat_map(Element::children) {
        let level = match (privilege.name.namespace.as_str(), privilege.name.local.as_str()) {
            (DAV, "all" | "write" | "write-content" | "write-properties" | "bind" | "unbind" | "unlock") => {
                Some(Access::Write)
            }
            (DAV, "read" | "read-acl") => Some(Access::Read),
            (DAV, "read-current-user-privilege-set") => None,
            (CALDAV, "read-free-busy") => Some(Access::FreeBusy),
            _ => return Err(Refusal::dav(403, "not-supported-privilege", "This privilege cannot be granted.")),
        };
        highest = highest.max(level);
    }
    highest.ok_or_else(|| Refusal::dav(403, "not-supported-privilege", "Nothing is granted."))
}
