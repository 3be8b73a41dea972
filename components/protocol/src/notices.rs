//! Notifications of shares (calendarserver-sharing §5.5, calendarserver-notifications): made of the shares themselves.
//! Each that waits for an answer, and each that has ended by its owner, is an invitation in its sharee's collection of
//! notifications; each that was answered is a reply in its owner's. They are there until they are removed.

use chrono::DateTime;
use sha2::{Digest, Sha256};

use crate::context::Context;
use crate::href;
use crate::properties::{access_of, calendar_user, state_of};
use crate::refusal::{Refusal, Result};
use crate::store::{Arrangement, ShareState};
use crate::types::Home;
use crate::xml::{self, XmlWriter};

/// A notification.
pub struct Notice {
    /// The share's collection.
    pub collection: u64,
    /// The share's principal.
    pub sharee: u64,
    /// The last segment of its path.
    pub name: String,
    /// What it is: the name of an element.
    pub kind: &'static str,
    /// The XML document.
    pub body: Vec<u8>,
    /// Its strong entity tag.
    pub etag: String,
    /// UTC seconds.
    pub changed: i64,
}

/// What names an invitation and its answer alike.
pub fn uid(share: &Arrangement) -> String {
    format!("{}-{}", share.collection, share.share.principal)
}

/// The notifications of whoever asks, in one round trip.
///
/// # Errors
/// 404 where the collection of notifications is somebody else's; those of storage.
pub fn of(context: &Context, name: &str) -> Result<Vec<Notice>> {
    if name != context.identity.principal.name {
        return Err(Refusal::not_found());
    }
    let shares = context.shares()?;
    let told = shares.iter().filter(|share| share.share.notice && context.in_scope(share.place.home).is_ok());
    Ok(told.filter_map(|share| notice(context, share)).collect())
}

/// One of them.
///
/// # Errors
/// 404 where there is none of that name.
pub fn named(context: &Context, owner: &str, name: &str) -> Result<Notice> {
    of(context, owner)?.into_iter().find(|notice| notice.name == name).ok_or_else(Refusal::not_found)
}

/// The notification of a share; none where it is for the other side.
fn notice(context: &Context, share: &Arrangement) -> Option<Notice> {
    let asker = context.asker();
    // The end of a share takes the place of the invitation to it.
    let invites = matches!(share.share.state, ShareState::Invited | ShareState::Withdrawn);
    let (word, kind) = match invites {
        true if share.share.principal == asker => ("invite", "CS:invite-notification"),
        false if share.owner == asker => ("reply", "CS:invite-reply"),
        _ => return None,
    };
    let mut xml = XmlWriter::document("CS:notification");
    let time = DateTime::from_timestamp(share.share.changed, 0).unwrap_or_default();
    xml.element("CS:dtstamp", &time.format("%Y%m%dT%H%M%SZ").to_string());
    if invites {
        write_invitation(context, share, &mut xml)
    } else {
        write_reply(context, share, &mut xml)
    }
    let body = xml.finish("CS:notification");
    let digest: String = Sha256::digest(&body).iter().take(16).map(|octet| format!("{octet:02x}")).collect();
    Some(Notice {
        collection: share.collection,
        sharee: share.share.principal,
        name: format!("{word}-{}.xml", uid(share)),
        kind,
        body,
        etag: format!("\"{digest}\""),
        changed: share.share.changed,
    })
}

fn write_invitation(context: &Context, share: &Arrangement, xml: &mut XmlWriter) {
    let shared_type = if share.place.home == Home::Addressbooks { "addressbook" } else { "calendar" };
    xml.start_with("CS:invite-notification", &[("shared-type", shared_type)]);
    xml.element("CS:uid", &uid(share));
    xml.href(&calendar_user(&context.base, share.share.email.as_deref(), &share.share.name));
    xml.empty(state_of(share.share.state));
    xml.nest("CS:access", |xml| xml.empty(access_of(share.share.access)));
    write_host(context, share, xml);
    xml.nest("CS:organizer", |xml| {
        xml.href(&calendar_user(&context.base, share.owner_email.as_deref(), &share.place.owner));
        xml.element("CS:common-name", &share.owner_display_name);
    });
    xml.element("CS:organizer-cn", &share.owner_display_name);
    xml.element("CS:summary", &title(share));
    if share.place.home == Home::Calendars {
        xml.nest("C:supported-calendar-component-set", |xml| {
            share.components.iter().for_each(|name| xml.empty_with("C:comp", &[("name", name)]));
        });
    }
    xml.end("CS:invite-notification");
}

fn write_reply(context: &Context, share: &Arrangement, xml: &mut XmlWriter) {
    xml.nest("CS:invite-reply", |xml| {
        xml.href(&calendar_user(&context.base, share.share.email.as_deref(), &share.share.name));
        xml.element("CS:common-name", &share.share.display_name);
        xml.empty(state_of(share.share.state));
        write_host(context, share, xml);
        xml.element("CS:in-reply-to", &uid(share));
        xml.element("CS:summary", &title(share));
    });
}

fn write_host(context: &Context, share: &Arrangement, xml: &mut XmlWriter) {
    xml.nest("CS:hosturl", |xml| xml.href(&href::of_collection(&context.base, &share.place)));
}

/// What the owner calls the collection: in the invitation, or to everybody, or in its path.
fn title(share: &Arrangement) -> String {
    if !share.share.summary.is_empty() {
        return share.share.summary.clone();
    }
    let title = share.title.as_ref().and_then(|title| xml::read(title.xml.as_bytes()).ok()).map(|title| title.text());
    title.unwrap_or_else(|| href::decode(&href::split(&share.place).1))
}
