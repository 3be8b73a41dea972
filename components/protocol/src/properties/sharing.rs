//! Sharing as CalendarServer has it (calendarserver-sharing §5.2), and as draft-pot-webdav-resource-sharing §5 does.

use super::{Answer, Live, Scene, Subject};
use crate::href;
use crate::store::{Access, Collection, Detail, Share, ShareState};
use crate::types::{Home, Place, PrincipalKind};
use crate::xml::{DAV, Name, XmlWriter};

pub(super) const PROPERTIES: &[Live] = &[
    Live::new("CS:allowed-sharing-modes", allowed_sharing_modes),
    Live::new("CS:invite", invite).with_of_collection(Detail::SHARES),
    Live::new("CS:shared-url", shared_url),
    Live::new("CS:notification-URL", notification_url),
    Live::new("CS:notificationtype", notificationtype),
    Live::new("D:invite", dav_invite).with_of_collection(Detail::SHARES),
    Live::new("D:share-access", share_access).with_of_collection(Detail::SHARES),
];

/// The calendar user address (RFC 4791 §6.2.1) by which somebody is known in invitations.
pub fn calendar_user(base: &str, email: Option<&str>, name: &str) -> String {
    email.map_or_else(|| href::of_principal(base, name), |email| format!("mailto:{email}"))
}

/// What CalendarServer calls a share's state.
pub fn state_of(state: ShareState) -> &'static str {
    match state {
        ShareState::Invited => "CS:invite-noresponse",
        ShareState::Accepted => "CS:invite-accepted",
        ShareState::Declined => "CS:invite-declined",
        ShareState::Withdrawn => "CS:invite-deleted",
    }
}

/// What CalendarServer calls an access; it knows no share of busy time, for which CalDAV's privilege stands.
pub fn access_of(access: Access) -> &'static str {
    match access {
        Access::FreeBusy => "C:read-free-busy",
        Access::Read => "CS:read",
        Access::Write | Access::Owner => "CS:read-write",
    }
}

/// A calendar or address book.
fn shareable<'a>(subject: &Subject<'a>) -> Option<&'a Collection> {
    match subject {
        Subject::Collection(collection) if collection.place.home != Home::Files => Some(collection),
        _ => None,
    }
}

/// What a collection is in sharing, besides what it is anyway; nothing for one that is not shared.
pub fn write_shared_types(collection: &Collection, xml: &mut XmlWriter) {
    if collection.place.home == Home::Files {
        return;
    }
    if collection.access != Access::Owner {
        xml.empty("CS:shared");
    } else if !collection.shares.is_empty() {
        xml.empty("CS:shared-owner");
    }
}

/// Whether the asker may share the collection.
fn allowed_sharing_modes(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    match shareable(subject) {
        Some(collection) if collection.access == Access::Owner => xml.empty("CS:can-be-shared"),
        _ => return Answer::Missing,
    }
    Answer::Given
}

/// The owner sees with whom it is shared, a sharee only by whom.
fn invite(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let Some(collection) = shareable(subject) else { return Answer::Missing };
    let base = &scene.context.base;
    let own = &scene.context.identity.principal;
    xml.nest("CS:organizer", |xml| {
        if collection.owner == own.id {
            xml.href(&calendar_user(base, own.emails.first().map(String::as_str), &own.name));
            xml.element("CS:common-name", &own.display_name);
        } else {
            xml.href(&href::of_principal(base, &collection.owner_name));
        }
    });
    for share in &collection.shares {
        xml.nest("CS:user", |xml| write_user(base, share, xml));
    }
    Answer::Given
}

fn write_user(base: &str, share: &Share, xml: &mut XmlWriter) {
    xml.href(&calendar_user(base, share.email.as_deref(), &share.name));
    xml.element("CS:common-name", &share.display_name);
    xml.empty(state_of(share.state));
    xml.nest("CS:access", |xml| xml.empty(access_of(share.access)));
    if !share.summary.is_empty() {
        xml.element("CS:summary", &share.summary);
    }
}

/// Where a sharee has the collection: in its own home, whichever way it came here.
fn shared_url(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    match shareable(subject) {
        Some(collection) if collection.access != Access::Owner => {
            let owner = scene.context.identity.principal.name.clone();
            let place = Place { owner, path: href::shared_segment(collection.id), ..collection.place.clone() };
            xml.href(&href::of_collection(&scene.context.base, &place));
            Answer::Given
        }
        _ => Answer::Missing,
    }
}

/// Everybody has notifications of their own.
fn notification_url(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    match subject {
        Subject::Principal(principal)
            if principal.kind == PrincipalKind::User && principal.id == scene.context.asker() =>
        {
            xml.href(&href::of_notifications(&scene.context.base, &principal.name));
            Answer::Given
        }
        _ => Answer::Missing,
    }
}

fn notificationtype(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let Subject::Notification(_, notice) = subject else { return Answer::Missing };
    xml.empty(notice.kind);
    Answer::Given
}

fn dav_invite(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let Some(collection) = shareable(subject) else { return Answer::Missing };
    for share in &collection.shares {
        xml.nest("D:sharee", |xml| {
            xml.href(&calendar_user(&scene.context.base, share.email.as_deref(), &share.name));
            empty_in_dav(state_of(share.state), xml);
            xml.nest("D:share-access", |xml| empty_in_dav(access_of(share.access), xml));
            xml.nest("D:prop", |xml| xml.element("D:displayname", &share.display_name));
        });
    }
    Answer::Given
}

fn share_access(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let Some(collection) = shareable(subject) else { return Answer::Missing };
    match collection.access {
        Access::Owner if collection.shares.is_empty() => xml.empty("D:not-shared"),
        Access::Owner => xml.empty("D:shared-owner"),
        access => empty_in_dav(access_of(access), xml),
    }
    Answer::Given
}

/// An empty element that WebDAV's draft of sharing names as CalendarServer does.
fn empty_in_dav(tag: &'static str, xml: &mut XmlWriter) {
    match tag.strip_prefix("CS:") {
        Some(local) => xml.empty_named(&Name::new(DAV, local)),
        None => xml.empty(tag),
    }
}
