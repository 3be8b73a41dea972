//! Privileges (RFC 3744 §3, RFC 4791 §6.1) as they follow from the access that somebody has to a collection.

use crate::birthdays;
use crate::context::Context;
use crate::href;
use crate::refusal::{Refusal, Result};
use crate::store::{Access, Collection};
use crate::types::Home;
use crate::xml::XmlWriter;

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

/// Whether what the asker sets on a collection is the asker's own: everybody with a share of a calendar or an address book has a name and a colour for it.
/// What is computed for its owner has none to set.
pub fn has_own_properties(collection: &Collection) -> bool {
    collection.access < Access::Owner && collection.place.home != Home::Files && !birthdays::is_birthdays(collection)
}

/// What the asker may do with a collection itself: what the access grants, and to set properties of their own.
pub fn on_collection(context: &Context, collection: &Collection) -> Vec<&'static str> {
    let mut privileges = granted(access(context, collection)).to_vec();
    let sets_own = context.may_write() && has_own_properties(collection);
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

/// DAV:supported-privilege-set (RFC 3744 §5.3): what the aggregates contain.
pub fn write_supported(xml: &mut XmlWriter) {
    supported(xml, "D:all", "Everything", |xml| {
        supported(xml, "D:read", "Read resources and properties", |xml| {
            supported(xml, "C:read-free-busy", "Learn when the owner is busy", |_| {});
        });
        supported(xml, "D:read-acl", "See with whom it is shared", |_| {});
        supported(xml, "D:read-current-user-privilege-set", "See what one may do", |_| {});
        supported(xml, "D:write", "Change resources and properties", |xml| {
            supported(xml, "D:write-properties", "Change properties", |_| {});
            supported(xml, "D:write-content", "Change resources", |_| {});
            supported(xml, "D:bind", "Add resources", |_| {});
            supported(xml, "D:unbind", "Remove resources", |_| {});
        });
        supported(xml, "D:unlock", "Remove locks", |_| {});
        supported(xml, "D:write-acl", "Share", |_| {});
    });
}

fn supported(xml: &mut XmlWriter, privilege: &'static str, description: &str, inner: impl FnOnce(&mut XmlWriter)) {
    xml.nest("D:supported-privilege", |xml| {
        xml.nest("D:privilege", |xml| xml.empty(privilege));
        xml.start_with("D:description", &[("xml:lang", "en")]);
        xml.text(description);
        xml.end("D:description");
        inner(xml);
    });
}
