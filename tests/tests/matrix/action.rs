//! What is done: every method, and every report, as a request that would succeed for somebody who may.

use kalends_tests::names::*;
use kalends_tests::{Request, bodies, samples};

use crate::house::House;
use crate::resource::{Home, Kind, Resource};

/// Defines the actions, and the list of them all.
macro_rules! actions {
    ($($action:ident),* $(,)?) => {
        /// A method or a report; COPY and MOVE once with the resource as source, and once as destination.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Action {
            $($action),*
        }

        /// All of them.
        pub const ACTIONS: &[Action] = &[$(Action::$action),*];
    };
}

actions! {
    Get,
    Head,
    Put,
    Post,
    Delete,
    CopyFrom,
    CopyTo,
    MoveFrom,
    MoveTo,
    Propfind,
    Proppatch,
    Mkcol,
    Mkcalendar,
    Lock,
    Unlock,
    Acl,
    CalendarQuery,
    CalendarMultiget,
    FreeBusyQuery,
    AddressbookQuery,
    AddressbookMultiget,
    SyncCollection,
    ExpandProperty,
    PrincipalMatch,
    PrincipalPropertySearch,
    PrincipalSearchPropertySet,
    AclPrincipalPropSet,
}

/// A token of no lock.
pub const NO_TOKEN: &str = "<urn:uuid:00000000-0000-4000-8000-000000000000>";

impl Action {
    /// Whether it can change anything.
    pub fn is_unsafe(self) -> bool {
        !matches!(self, Action::Get | Action::Head | Action::Propfind) && !self.is_report()
    }

    /// Whether it is one of the reports.
    pub fn is_report(self) -> bool {
        self >= Action::CalendarQuery
    }

    /// The request, by the guest. `path` is where the resource is for them, `token` that of the lock that UNLOCK is to
    /// end.
    pub fn request<'a>(self, house: &'a House, at: Resource, path: &str, token: &str) -> Request<'a> {
        let guest = &house.client;
        let on = |method: &str| guest.request(method, path);
        match self {
            Action::Get => on("GET"),
            Action::Head => on("HEAD"),
            Action::Put => with_object(on("PUT"), at.home, house.uid_at(at)),
            Action::Post => with_object(on("POST"), at.home, "added"),
            Action::Delete => on("DELETE"),
            Action::CopyFrom => on("COPY").header("destination", &house.own_copy(at)),
            Action::MoveFrom => on("MOVE").header("destination", &house.own_copy(at)),
            Action::CopyTo => guest.request("COPY", &house.own_source(at)).header("destination", path),
            Action::MoveTo => guest.request("MOVE", &house.own_source(at)).header("destination", path),
            Action::Propfind => {
                on("PROPFIND").header("depth", "0").xml(bodies::propfind(&[RESOURCETYPE, CURRENT_USER_PRIVILEGE_SET]))
            }
            Action::Proppatch => on("PROPPATCH").xml(bodies::set(&[UNKNOWN.with("by the matrix")])),
            Action::Mkcol => on("MKCOL"),
            // The method itself does not reach a Worker.
            Action::Mkcalendar => {
                on("POST").header("x-http-method-override", "MKCALENDAR").xml(bodies::mkcalendar(&["VEVENT"], &[]))
            }
            Action::Lock => on("LOCK").header("depth", "0").header("timeout", "Second-600").xml(bodies::LOCK),
            Action::Unlock => on("UNLOCK").header("lock-token", token),
            Action::Acl => on("ACL").xml(house.access_control_list(at)),
            report => on("REPORT").header("depth", report.depth()).xml(report.body(path, at)),
        }
    }

    fn depth(self) -> &'static str {
        let queries = [Action::CalendarQuery, Action::AddressbookQuery, Action::FreeBusyQuery];
        if queries.contains(&self) { "1" } else { "0" }
    }

    fn body(self, path: &str, at: Resource) -> String {
        // Of a collection its member is asked for, by the address that it is asked at.
        let member = match at.kind {
            Kind::Collection | Kind::PrivateCollection => format!("{path}member.{}", at.home.extension()),
            _ => path.to_owned(),
        };
        match self {
            Action::CalendarQuery => {
                bodies::calendar_query(&[CALENDAR_DATA], r#"<C:comp-filter name="VEVENT"/>"#)
            }
            Action::CalendarMultiget => bodies::calendar_multiget(&[CALENDAR_DATA], &[member]),
            Action::FreeBusyQuery => format!(
                r#"<C:free-busy-query xmlns:C="{CALDAV}"><C:time-range start="20260301T000000Z" end="20260401T000000Z"/></C:free-busy-query>"#
            ),
            Action::AddressbookQuery => bodies::addressbook_query(&[ADDRESS_DATA], r#"<C:prop-filter name="FN"/>"#),
            Action::AddressbookMultiget => bodies::addressbook_multiget(&[ADDRESS_DATA], &[member]),
            Action::SyncCollection => bodies::sync_collection("", None, &[GETETAG]),
            Action::ExpandProperty => EXPAND_PROPERTY.to_owned(),
            Action::PrincipalMatch => r#"<D:principal-match xmlns:D="DAV:"><D:self/></D:principal-match>"#.to_owned(),
            Action::PrincipalPropertySearch => PRINCIPAL_PROPERTY_SEARCH.to_owned(),
            Action::PrincipalSearchPropertySet => {
                r#"<D:principal-search-property-set xmlns:D="DAV:"/>"#.to_owned()
            }
            _ => r#"<D:acl-principal-prop-set xmlns:D="DAV:"><D:prop><D:displayname/></D:prop></D:acl-principal-prop-set>"#
                .to_owned(),
        }
    }
}

const EXPAND_PROPERTY: &str = r#"<D:expand-property xmlns:D="DAV:"><D:property name="owner"><D:property name="displayname"/></D:property></D:expand-property>"#;

const PRINCIPAL_PROPERTY_SEARCH: &str = r#"<D:principal-property-search xmlns:D="DAV:"><D:property-search><D:prop><D:displayname/></D:prop><D:match>nobody of this name</D:match></D:property-search><D:prop><D:displayname/></D:prop></D:principal-property-search>"#;

/// The request with an object to store. All that is stored has the word `Secret` in it.
pub fn with_object<'a>(request: Request<'a>, home: Home, uid: &str) -> Request<'a> {
    let (media_type, body) = match home {
        Home::Calendars => (
            "text/calendar; charset=utf-8",
            samples::event(uid, "DTSTART:20260314T120000Z\nDTEND:20260314T130000Z\nSUMMARY:Secret"),
        ),
        Home::Addressbooks => ("text/vcard; charset=utf-8", samples::card(uid, "Secret", "secret@example.org")),
        Home::Files => ("text/plain", format!("Secret {uid}")),
    };
    request.header("content-type", media_type).body(body)
}

/// A LOCK for ten minutes, of the target alone.
pub fn lock(request: Request<'_>) -> Request<'_> {
    request.header("depth", "0").header("timeout", "Second-600").xml(bodies::LOCK)
}
