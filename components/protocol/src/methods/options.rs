//! OPTIONS (RFC 4918 §10.1, RFC 4791 §5.1): answered without credentials, with 200, which GNOME insists on.

use super::READ_ONLY;
use crate::href::Target;
use crate::public;
use crate::reply::Reply;

/// What the `DAV` header says: only what is there.
pub const DAV_CLASSES: &str = "1, 2, 3, access-control, calendar-access, addressbook, extended-mkcol, calendar-proxy, sync-collection, calendar-no-timezone, calendarserver-sharing, resource-sharing";

const EVERYTHING: &str = "OPTIONS, GET, HEAD, PROPFIND, PROPPATCH, REPORT, PUT, POST, DELETE, COPY, MOVE, LOCK, UNLOCK, ACL, MKCOL, MKCALENDAR";

/// A principal has one property that its user may set.
const PRINCIPAL: &str = "OPTIONS, GET, HEAD, PROPFIND, PROPPATCH, REPORT";
const NOTIFICATION: &str = "OPTIONS, GET, HEAD, PROPFIND, DELETE";

/// What can be done with what the path may name.
pub fn options(target: &Target) -> Reply {
    let allow = match target {
        Target::Place(_) => EVERYTHING,
        Target::Principal(_) => PRINCIPAL,
        Target::Notification(..) => NOTIFICATION,
        Target::Public(_) => public::METHODS,
        _ => READ_ONLY,
    };
    Reply::new(200).header("allow", allow).header("ms-author-via", "DAV")
}
