//! The properties of access control (RFC 3744 §5).

use super::{Answer, Live, Scene, Subject};
use crate::href;
use crate::privileges;
use crate::store::{Access, Collection, Detail, ShareState};
use crate::xml::XmlWriter;

pub(super) const PROPERTIES: &[Live] = &[
    Live::new("D:owner", owner),
    Live::new("D:group", group),
    Live::new("D:supported-privilege-set", supported_privilege_set),
    Live::new("D:current-user-privilege-set", current_user_privilege_set),
    Live::new("D:acl", acl).with(Detail::SHARES),
    Live::new("D:acl-restrictions", acl_restrictions),
    Live::new("D:inherited-acl-set", inherited_acl_set),
    Live::new("D:principal-collection-set", principal_collection_set),
];

fn owner(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let name = match subject {
        Subject::Principal(principal)
        | Subject::Home(_, principal, _)
        | Subject::Proxy(principal, _)
        | Subject::Notifications(principal)
        | Subject::Notification(principal, _) => &principal.name,
        Subject::Collection(collection) | Subject::Resource(collection, ..) | Subject::Tag(collection, _) => {
            &collection.owner_name
        }
        Subject::Fixed(_) => return Answer::Missing,
    };
    xml.href(&href::of_principal(&scene.context.base, name));
    Answer::Given
}

/// There are no owning groups: the property is empty (RFC 3744 §5.2).
fn group(_: &Scene, subject: &Subject, _: &mut XmlWriter) -> Answer {
    if subject.collection().is_some() { Answer::Given } else { Answer::Missing }
}

fn supported_privilege_set(_: &Scene, _: &Subject, xml: &mut XmlWriter) -> Answer {
    privileges::write_supported(xml);
    Answer::Given
}

fn current_user_privilege_set(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let asker = scene.context.asker();
    let access = match subject {
        Subject::Collection(collection) => {
            privileges::write_privileges(xml, &privileges::on_collection(scene.context, collection));
            return Answer::Given;
        }
        Subject::Resource(collection, ..) | Subject::Tag(collection, _) => {
            privileges::access(scene.context, collection)
        }
        Subject::Home(_, owner, _) if owner.id == asker && scene.context.may_write() => Access::Owner,
        Subject::Principal(_)
        | Subject::Proxy(..)
        | Subject::Fixed(_)
        | Subject::Home(..)
        | Subject::Notifications(_)
        | Subject::Notification(..) => Access::Read,
    };
    privileges::write_privileges(xml, privileges::granted(access));
    Answer::Given
}

/// Only who has DAV:read-acl sees it.
fn acl(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    match subject.collection() {
        Some(collection) if collection.access == Access::Owner => write_aces(scene, collection, xml),
        Some(_) => return Answer::Forbidden,
        None => return Answer::Missing,
    }
    Answer::Given
}

/// The D:aces of a collection: its owner's, which cannot be changed, and one for each share.
fn write_aces(scene: &Scene, collection: &Collection, xml: &mut XmlWriter) {
    xml.nest("D:ace", |xml| {
        xml.nest("D:principal", |xml| xml.nest("D:property", |xml| xml.empty("D:owner")));
        xml.nest("D:grant", |xml| privileges::write_privileges(xml, &["D:all"]));
        xml.empty("D:protected");
    });
    for share in collection.shares.iter().filter(|share| share.state == ShareState::Accepted) {
        xml.nest("D:ace", |xml| {
            xml.nest("D:principal", |xml| xml.href(&href::of_principal(&scene.context.base, &share.name)));
            xml.nest("D:grant", |xml| privileges::write_privileges(xml, privileges::in_ace(share.access)));
        });
    }
}

/// Grants only, to principals that exist (RFC 3744 §5.6).
fn acl_restrictions(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    if subject.collection().is_none() {
        return Answer::Missing;
    }
    xml.empty("D:grant-only");
    xml.empty("D:no-invert");
    Answer::Given
}

fn inherited_acl_set(_: &Scene, _: &Subject, _: &mut XmlWriter) -> Answer {
    Answer::Given
}

fn principal_collection_set(scene: &Scene, _: &Subject, xml: &mut XmlWriter) -> Answer {
    xml.href(&format!("{}/dav/principals/", scene.context.base));
    Answer::Given
}
