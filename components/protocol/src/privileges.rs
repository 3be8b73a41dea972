//! Privileges (RFC 3744 §3, RFC 4791 §6.1) as they follow from the access that somebody has to a collection.

use std::collections::BTreeSet;

use crate::birthdays;
use crate::context::Context;
use crate::href;
use crate::refusal::{Refusal, Result};
use crate::store::{Access, Collection};
use crate::types::Home;
use crate::xml::{CALDAV, DAV, Name, XmlWriter};

/// What the asker may do with a collection, the credential's scope taken into account.
pub fn access(context: &Context, collection: &Collection) -> Access {
    if context.may_write() { collection.access } else { collection.access.min(Access::Read) }
}

/// Requires access to a collection; `privilege` is what the client is told to be missing, as `D:write-content`.
///
/// # Errors
/// 403 with DAV:need-privileges.
pub fn require(context: &Context, collection: &Collection, least: Access, privilege: &'static str) -> Result<()> {
    if access(context, collection) >= least {
        return Ok(());
    }
    Err(Refusal::need_privilege(&href::of_collection(&context.base, &collection.place), privilege))
}

/// Requires a credential that may be used for changes.
///
/// # Errors
/// 403.
pub fn require_writing(context: &Context) -> Result<()> {
    if context.may_write() { Ok(()) } else { Err(Refusal::new(403, "The password that was used is for reading only.")) }
}

/// The privileges that an access level grants, aggregates included, `read-current-user-privilege-set` with every one.
pub fn granted(access: Access) -> &'static [&'static str] {
    match access {
        Access::FreeBusy => &["C:read-free-busy", "D:read-current-user-privilege-set"],
        Access::Read => &["D:read", "C:read-free-busy", "D:read-current-user-privilege-set"],
        Access::Write => &[
            "D:read",
            "C:read-free-busy",
            "D:read-current-user-privilege-set",
            "D:write",
            "D:write-properties",
            "D:write-content",
            "D:bind",
            "D:unbind",
        ],
        Access::Owner => &[
            "D:all",
            "D:read",
            "C:read-free-busy",
            "D:read-acl",
            "D:read-current-user-privilege-set",
            "D:write",
            "D:write-properties",
            "D:write-content",
            "D:bind",
            "D:unbind",
            "D:unlock",
            "D:write-acl",
        ],
    }
}

/// The privileges by which an ace grants an access: those that are not abstract (RFC 3744 §5.3).
pub fn in_ace(access: Access) -> &'static [&'static str] {
    match access {
        Access::FreeBusy => &["C:read-free-busy"],
        Access::Read => &["D:read"],
        Access::Write => &["D:read", "D:write"],
        Access::Owner => &["D:all"],
    }
}

/// What D:write is made of.
const WRITE: [&str; 4] = ["D:write-properties", "D:write-content", "D:bind", "D:unbind"];

/// The privilege that an element names; none for one that there is not.
pub fn named(name: &Name) -> Option<&'static str> {
    let prefix = match name.namespace.as_str() {
        DAV => "D",
        CALDAV => "C",
        _ => return None,
    };
    let all = granted(Access::Owner).iter().copied();
    all.into_iter().find(|privilege| privilege.split_once(':') == Some((prefix, name.local.as_str())))
}

/// The access that a set of privileges amounts to; none where it is more than the one and less than the next. D:all is
/// what a sharee can have of it, D:write, which brings D:read along.
pub fn access_of(privileges: &BTreeSet<&'static str>) -> Option<Access> {
    if privileges.contains("D:all") {
        return Some(Access::Write);
    }
    let within = |access: &Access| privileges.iter().all(|privilege| granted(*access).contains(privilege));
    let least = [Access::FreeBusy, Access::Read, Access::Write].into_iter().find(within)?;
    let is_whole = match least {
        Access::FreeBusy => privileges.contains("C:read-free-busy"),
        Access::Read => privileges.contains("D:read"),
        Access::Write => privileges.contains("D:write") || WRITE.iter().all(|part| privileges.contains(part)),
        Access::Owner => false,
    };
    is_whole.then_some(least)
}

/// Whether what the asker sets on a collection is the asker's own: everybody with a share of a calendar or an address
/// book has a name and a colour for it. What is computed for its owner has none to set.
pub fn has_own_properties(collection: &Collection) -> bool {
    collection.access < Access::Owner && collection.place.home != Home::Files && !birthdays::is_birthdays(collection)
}

/// What the asker may do with a collection itself: what the access grants, and to set properties of their own.
/// Thunderbird takes whoever may do that for one who may write events and cards, and is not told.
pub fn on_collection(context: &Context, collection: &Collection) -> Vec<&'static str> {
    let mut privileges = granted(access(context, collection)).to_vec();
    let sets_own = context.may_write() && has_own_properties(collection) && !context.request.is_of_thunderbird();
    if sets_own && !privileges.contains(&"D:write-properties") {
        privileges.push("D:write-properties");
    }
    privileges
}

/// A D:privilege for each.
pub fn write_privileges(xml: &mut XmlWriter, privileges: &[&'static str]) {
    for privilege in privileges {
        xml.nest("D:privilege", |xml| xml.empty(privilege));
    }
}

/// DAV:supported-privilege-set (RFC 3744 §5.3): what the aggregates contain. What is not granted by itself is abstract.
pub fn write_supported(xml: &mut XmlWriter) {
    supported(xml, "D:all", "Everything", |xml| {
        supported(xml, "D:read", "Read resources and properties", |xml| {
            supported(xml, "C:read-free-busy", "Learn when the owner is busy", |_| {});
        });
        part(xml, "D:read-acl", "See with whom it is shared");
        part(xml, "D:read-current-user-privilege-set", "See what one may do");
        supported(xml, "D:write", "Change resources and properties", |xml| {
            part(xml, "D:write-properties", "Change properties");
            part(xml, "D:write-content", "Change resources");
            part(xml, "D:bind", "Add resources");
            part(xml, "D:unbind", "Remove resources");
        });
        part(xml, "D:unlock", "Remove locks");
        part(xml, "D:write-acl", "Share");
    });
}

fn supported(xml: &mut XmlWriter, privilege: &'static str, description: &str, inner: impl FnOnce(&mut XmlWriter)) {
    xml.nest("D:supported-privilege", |xml| {
        xml.nest("D:privilege", |xml| xml.empty(privilege));
        write_description(xml, description);
        inner(xml);
    });
}

/// An abstract privilege.
fn part(xml: &mut XmlWriter, privilege: &'static str, description: &str) {
    xml.nest("D:supported-privilege", |xml| {
        xml.nest("D:privilege", |xml| xml.empty(privilege));
        xml.empty("D:abstract");
        write_description(xml, description);
    });
}

fn write_description(xml: &mut XmlWriter, description: &str) {
    xml.start_with("D:description", &[("xml:lang", "en")]);
    xml.text(description);
    xml.end("D:description");
}
