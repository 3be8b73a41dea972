//! Bodies of requests.

use crate::names::{CALDAV, CALENDARSERVER, CARDDAV, DISPLAYNAME, Name};

/// A PROPFIND for properties by name.
pub fn propfind(properties: &[Name]) -> String {
    format!(r#"<?xml version="1.0"?><D:propfind xmlns:D="DAV:">{}</D:propfind>"#, prop(properties))
}

fn prop(properties: &[Name]) -> String {
    let names: String = properties.iter().map(|name| name.empty()).collect();
    format!("<D:prop>{names}</D:prop>")
}

/// A PROPPATCH that sets properties, given as elements that stand by themselves.
pub fn set(properties: &[String]) -> String {
    format!(
        r#"<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop>{}</D:prop></D:set></D:propertyupdate>"#,
        properties.concat()
    )
}

/// A PROPPATCH that removes properties.
pub fn remove(properties: &[Name]) -> String {
    format!(r#"<D:propertyupdate xmlns:D="DAV:"><D:remove>{}</D:remove></D:propertyupdate>"#, prop(properties))
}

/// An extended MKCOL (RFC 5689) of a calendar that takes events.
pub fn mkcol_calendar(properties: &[String]) -> String {
    let types = r"<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>";
    mkcol(CALDAV, &format!("{types}{}", component_set(&["VEVENT"])), properties)
}

/// An extended MKCOL of an address book (RFC 6352 §6.3.1).
pub fn mkcol_addressbook(name: &str) -> String {
    mkcol(CARDDAV, "<D:resourcetype><D:collection/><C:addressbook/></D:resourcetype>", &[DISPLAYNAME.with(name)])
}

fn mkcol(namespace: &str, fixed: &str, properties: &[String]) -> String {
    let properties = properties.concat();
    format!(
        r#"<D:mkcol xmlns:D="DAV:" xmlns:C="{namespace}"><D:set><D:prop>{fixed}{properties}</D:prop></D:set></D:mkcol>"#
    )
}

/// A MKCALENDAR (RFC 4791 §5.3.1) of a calendar for these components.
pub fn mkcalendar(components: &[&str], properties: &[String]) -> String {
    let (components, properties) = (component_set(components), properties.concat());
    format!(
        r#"<C:mkcalendar xmlns:D="DAV:" xmlns:C="{CALDAV}"><D:set><D:prop>{properties}{components}</D:prop></D:set></C:mkcalendar>"#
    )
}

fn component_set(components: &[&str]) -> String {
    let components: String = components.iter().map(|name| format!(r#"<C:comp name="{name}"/>"#)).collect();
    format!("<C:supported-calendar-component-set>{components}</C:supported-calendar-component-set>")
}

/// A LOCK that nobody else may have at the same time (RFC 4918 §9.10).
pub const LOCK: &str = r#"<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>"#;

/// A LOCK that others may have at the same time.
pub const SHARED_LOCK: &str = r#"<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:shared/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>"#;

/// An ACL (RFC 3744 §8.1) that grants one privilege to one principal.
pub fn grant(name: &str, privilege: &str) -> String {
    format!(
        r#"<D:acl xmlns:D="DAV:"><D:ace><D:principal><D:href>/dav/principals/{name}/</D:href></D:principal><D:grant><D:privilege><D:{privilege}/></D:privilege></D:grant></D:ace></D:acl>"#
    )
}

/// An element of calendarserver-sharing.
pub fn sharing(element: &str, content: &str) -> String {
    format!(r#"<CS:{element} xmlns:D="DAV:" xmlns:CS="{CALENDARSERVER}">{content}</CS:{element}>"#)
}

/// A calendar-multiget (RFC 4791 §7.9).
pub fn calendar_multiget(properties: &[Name], hrefs: &[String]) -> String {
    multiget(CALDAV, "calendar-multiget", properties, hrefs)
}

/// An addressbook-multiget (RFC 6352 §8.7).
pub fn addressbook_multiget(properties: &[Name], hrefs: &[String]) -> String {
    multiget(CARDDAV, "addressbook-multiget", properties, hrefs)
}

fn multiget(namespace: &str, report: &str, properties: &[Name], hrefs: &[String]) -> String {
    let hrefs: String = hrefs.iter().map(|href| format!("<D:href>{}</D:href>", crate::names::escape(href))).collect();
    format!(r#"<C:{report} xmlns:D="DAV:" xmlns:C="{namespace}">{}{hrefs}</C:{report}>"#, prop(properties))
}

/// A calendar-query (RFC 4791 §7.8). `filter` is what the comp-filter of VCALENDAR holds, with the prefix `C`.
pub fn calendar_query(properties: &[Name], filter: &str) -> String {
    calendar_query_of(&prop(properties), filter)
}

/// The same with a whole `D:prop` of its own.
pub fn calendar_query_of(prop: &str, filter: &str) -> String {
    format!(
        r#"<C:calendar-query xmlns:D="DAV:" xmlns:C="{CALDAV}">{prop}<C:filter><C:comp-filter name="VCALENDAR">{filter}</C:comp-filter></C:filter></C:calendar-query>"#
    )
}

/// A filter for components of a type that overlap a time range.
pub fn in_range(component: &str, start: &str, end: &str) -> String {
    format!(r#"<C:comp-filter name="{component}"><C:time-range start="{start}" end="{end}"/></C:comp-filter>"#)
}

/// An addressbook-query (RFC 6352 §8.6). `filter` is what the filter holds, with the prefix `C`.
pub fn addressbook_query(properties: &[Name], filter: &str) -> String {
    format!(
        r#"<C:addressbook-query xmlns:D="DAV:" xmlns:C="{CARDDAV}">{}<C:filter>{filter}</C:filter></C:addressbook-query>"#,
        prop(properties)
    )
}

/// A sync-collection (RFC 6578 §3.2) from a token, empty for the whole, with at most so many results.
pub fn sync_collection(token: &str, limit: Option<u32>, properties: &[Name]) -> String {
    let limit =
        limit.map(|results| format!("<D:limit><D:nresults>{results}</D:nresults></D:limit>")).unwrap_or_default();
    let token = crate::names::escape(token);
    format!(
        r#"<D:sync-collection xmlns:D="DAV:"><D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level>{limit}{}</D:sync-collection>"#,
        prop(properties)
    )
}
