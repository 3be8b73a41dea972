//! Whether `DAV:current-user-privilege-set` says what the methods do.

use crate::Allowed;
use crate::action::Action;
use crate::guest::Guest;
use crate::model::{Needs, needs};
use crate::resource::{Kind, Resource};

/// The action that takes a privilege on a resource and no other, on which resource.
fn proof(privilege: &str, at: Resource) -> Option<(Action, Resource)> {
    let holds_members = matches!(at.kind, Kind::Collection | Kind::PrivateCollection);
    let member = at.sibling(if at.kind == Kind::Collection { Kind::Member } else { Kind::PrivateMember });
    Some(match privilege {
        "read" => (Action::Get, at),
        "read-free-busy" => (Action::FreeBusyQuery, at),
        "write-content" => (Action::Put, at),
        "write-properties" => (Action::Proppatch, at),
        "bind" if at.kind == Kind::Home => (Action::Mkcol, at.sibling(Kind::NewCollection)),
        "bind" => (Action::Post, at),
        "unbind" if holds_members => (Action::Delete, member),
        "unlock" => (Action::Unlock, at),
        "read-acl" => (Action::AclPrincipalPropSet, at),
        "write-acl" => (Action::Acl, at),
        _ => return None,
    })
}

/// Where a privilege is said to be there and its method is refused, or the other way round.
pub fn lies(guest: Guest, said: impl Iterator<Item = (Resource, Vec<String>)>, allowed: &Allowed) -> Vec<String> {
    const PRIVILEGES: [&str; 9] = [
        "read",
        "read-free-busy",
        "write-content",
        "write-properties",
        "bind",
        "unbind",
        "unlock",
        "read-acl",
        "write-acl",
    ];
    let mut lies = Vec::new();
    for (at, set) in said {
        for privilege in PRIVILEGES {
            let Some((action, resource)) = proof(privilege, at) else { continue };
            // What nobody can do there proves nothing.
            if matches!(needs(action, resource), Needs::Never) {
                continue;
            }
            let is_said = set.iter().any(|name| name == privilege);
            if let Some(is_so) = allowed.get(&(resource, action)).filter(|is_so| **is_so != is_said) {
                lies.push(format!("{guest}: {privilege} on {at} is said: {is_said}; {action:?}: {is_so}"));
            }
        }
    }
    lies
}
