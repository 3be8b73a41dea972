//! The properties of RFC 4918 §15, and DAV:supported-report-set (RFC 3253 §3.1.5).

use std::time::{Duration, SystemTime};

use chrono::DateTime;

use super::sharing::write_shared_types;
use super::{Answer, Live, Scene, Subject, names_of};
use crate::href;
use crate::reports;
use crate::resolve::member_place;
use crate::store::{Detail, Lock};
use crate::types::Home;
use crate::xml::{DAV, Name, XmlWriter};

pub(super) const PROPERTIES: &[Live] = &[
    Live::new("D:creationdate", creationdate).in_allprop(),
    Live::new("D:displayname", displayname).in_allprop().settable(),
    Live::new("D:getcontentlength", getcontentlength).in_allprop(),
    Live::new("D:getcontenttype", getcontenttype).in_allprop(),
    Live::new("D:getetag", getetag).in_allprop().brief(),
    Live::new("D:getlastmodified", getlastmodified).in_allprop(),
    Live::new("D:lockdiscovery", lockdiscovery).in_allprop().with(Detail::LOCKS),
    // It says of a collection that it is shared.
    Live::new("D:resourcetype", resourcetype).in_allprop().brief().with_of_collection(Detail::SHARES),
    Live::new("D:supportedlock", supportedlock).in_allprop(),
    Live::new("D:supported-report-set", supported_report_set),
    Live::new("D:supported-live-property-set", supported_live_property_set),
    Live::new("D:add-member", add_member),
];

fn creationdate(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let created = match subject {
        Subject::Collection(collection) => collection.created,
        Subject::Resource(_, resource, _) => resource.created,
        _ => return Answer::Missing,
    };
    let Some(time) = DateTime::from_timestamp(created, 0) else { return Answer::Missing };
    xml.text(&time.format("%Y-%m-%dT%H:%M:%SZ").to_string());
    Answer::Given
}

/// Of a collection it is what clients have set.
fn displayname(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let name = match subject {
        Subject::Principal(principal) | Subject::Home(_, principal, _) => &principal.display_name,
        Subject::Proxy(principal, _) => &principal.name,
        _ => return Answer::Missing,
    };
    xml.text(name);
    Answer::Given
}

fn getcontentlength(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    match subject {
        Subject::Resource(_, resource, _) => xml.text(&resource.size.to_string()),
        Subject::Notification(_, notice) => xml.text(&notice.body.len().to_string()),
        _ => return Answer::Missing,
    }
    Answer::Given
}

fn getcontenttype(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    match subject {
        Subject::Resource(_, resource, _) => xml.text(&resource.content_type),
        Subject::Notification(..) => xml.text("application/xml"),
        Subject::Collection(_) | Subject::Home(..) => xml.text("httpd/unix-directory"),
        _ => return Answer::Missing,
    }
    Answer::Given
}

fn getetag(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    match subject {
        Subject::Resource(_, resource, _) => xml.text(&resource.etag),
        Subject::Tag(_, tag) => xml.text(&tag.etag),
        Subject::Notification(_, notice) => xml.text(&notice.etag),
        _ => return Answer::Missing,
    }
    Answer::Given
}

fn getlastmodified(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let modified = match subject {
        Subject::Collection(collection) => collection.modified,
        Subject::Resource(_, resource, _) => resource.modified,
        Subject::Notification(_, notice) => notice.changed,
        _ => return Answer::Missing,
    };
    xml.text(&http_date(modified));
    Answer::Given
}

/// UTC seconds as an HTTP date.
pub fn http_date(seconds: i64) -> String {
    httpdate::fmt_http_date(
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.clamp(0, 253_402_300_799).unsigned_abs()),
    )
}

/// The locks on the subject, those of a collection above it included where they are deep.
fn lockdiscovery(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let (place, is_collection) = match subject {
        Subject::Collection(collection) => (collection.place.clone(), true),
        Subject::Resource(collection, resource, _) => (member_place(collection, &resource.name), false),
        _ => return Answer::Given,
    };
    for lock in
        scene.locks.iter().filter(|lock| lock.root == place || (lock.deep && href::is_within(&place, &lock.root)))
    {
        write_lock(scene, lock, is_collection || lock.root != place, xml);
    }
    Answer::Given
}

/// A D:activelock (RFC 4918 §14.1); `is_collection`: what the lock is on is one.
pub fn write_lock(scene: &Scene, lock: &Lock, is_collection: bool, xml: &mut XmlWriter) {
    let root_href = if is_collection { href::of_collection } else { href::of_resource };
    let root = root_href(&scene.context.base, &lock.root);
    let left = lock.expires - scene.context.now();
    xml.nest("D:activelock", |xml| {
        xml.nest("D:locktype", |xml| xml.empty("D:write"));
        xml.nest("D:lockscope", |xml| xml.empty(if lock.exclusive { "D:exclusive" } else { "D:shared" }));
        xml.element("D:depth", if lock.deep { "infinity" } else { "0" });
        xml.raw(lock.owner_xml.as_bytes());
        xml.element("D:timeout", &format!("Second-{}", left.max(0)));
        xml.nest("D:locktoken", |xml| xml.href(&lock.token));
        xml.nest("D:lockroot", |xml| xml.href(&root));
    });
}

fn resourcetype(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    match subject {
        Subject::Fixed(_) | Subject::Home(..) => xml.empty("D:collection"),
        Subject::Principal(_) => xml.empty("D:principal"),
        Subject::Proxy(_, write) => {
            xml.empty("D:principal");
            xml.empty(if *write { "CS:calendar-proxy-write" } else { "CS:calendar-proxy-read" });
        }
        Subject::Collection(collection) => {
            xml.empty("D:collection");
            match collection.place.home {
                Home::Calendars => xml.empty("C:calendar"),
                Home::Addressbooks => xml.empty("CR:addressbook"),
                Home::Files => {}
            }
            write_shared_types(collection, xml);
        }
        Subject::Notifications(_) => {
            xml.empty("D:collection");
            xml.empty("CS:notification");
        }
        Subject::Resource(..) | Subject::Tag(..) | Subject::Notification(..) => {}
    }
    Answer::Given
}

fn supportedlock(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    if subject.collection().is_none() {
        return Answer::Given;
    }
    for scope in ["D:exclusive", "D:shared"] {
        xml.nest("D:lockentry", |xml| {
            xml.nest("D:lockscope", |xml| xml.empty(scope));
            xml.nest("D:locktype", |xml| xml.empty("D:write"));
        });
    }
    Answer::Given
}

fn supported_report_set(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    for report in reports::supported(subject) {
        xml.nest("D:supported-report", |xml| xml.nest("D:report", |xml| xml.empty(report)));
    }
    Answer::Given
}

/// Of collections, for which RFC 5995 §3.2.1 requires it (RFC 3253 §3.1.4).
fn supported_live_property_set(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let Subject::Collection(_) = subject else { return Answer::Missing };
    let own = Name::new(DAV, "supported-live-property-set");
    let others =
        names_of(scene, subject, |live| !live.is(&own)).into_iter().filter(|requested| requested.live.is_some());
    for name in others.map(|requested| requested.name).chain([own]) {
        xml.nest("D:supported-live-property", |xml| xml.nest("D:prop", |xml| xml.empty_named(&name)));
    }
    Answer::Given
}

/// RFC 5995 §3.2.
fn add_member(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let Subject::Collection(_) = subject else { return Answer::Missing };
    xml.href(&subject.href(&scene.context.base));
    Answer::Given
}
