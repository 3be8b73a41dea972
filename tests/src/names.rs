//! Names of XML elements, those of properties above all.

use std::fmt;

/// The namespace of WebDAV.
pub const DAV: &str = "DAV:";
/// The namespace of CalDAV.
pub const CALDAV: &str = "urn:ietf:params:xml:ns:caldav";
/// The namespace of CardDAV.
pub const CARDDAV: &str = "urn:ietf:params:xml:ns:carddav";
/// The namespace of CalendarServer's extensions.
pub const CALENDARSERVER: &str = "http://calendarserver.org/ns/";
/// The namespace of what Apple's clients add.
pub const APPLE: &str = "http://apple.com/ns/ical/";

/// The expanded name of an element: namespace and local name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name(pub &'static str, pub &'static str);

impl Name {
    /// The element without content, as XML that stands by itself.
    pub fn empty(self) -> String {
        format!(r#"<{} xmlns="{}"/>"#, self.1, self.0)
    }

    /// The element with a text.
    pub fn with(self, text: &str) -> String {
        format!(r#"<{0} xmlns="{1}">{2}</{0}>"#, self.1, self.0, escape(text))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}{}", self.0, self.1)
    }
}

/// A text as XML character data.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

macro_rules! names {
    ($($constant:ident = $namespace:ident $local:literal;)*) => {
        $(#[doc = concat!("`", $local, "`")] pub const $constant: Name = Name($namespace, $local);)*
    };
}

names! {
    ADDRESSBOOK = CARDDAV "addressbook";
    ADDRESSBOOK_HOME_SET = CARDDAV "addressbook-home-set";
    ADDRESS_DATA = CARDDAV "address-data";
    CALENDAR = CALDAV "calendar";
    CALENDAR_COLOR = APPLE "calendar-color";
    CALENDAR_DATA = CALDAV "calendar-data";
    CALENDAR_HOME_SET = CALDAV "calendar-home-set";
    CALENDAR_ORDER = APPLE "calendar-order";
    CALENDAR_USER_ADDRESS_SET = CALDAV "calendar-user-address-set";
    COLLECTION = DAV "collection";
    CURRENT_USER_PRINCIPAL = DAV "current-user-principal";
    CURRENT_USER_PRIVILEGE_SET = DAV "current-user-privilege-set";
    DISPLAYNAME = DAV "displayname";
    GETCONTENTLENGTH = DAV "getcontentlength";
    GETCONTENTTYPE = DAV "getcontenttype";
    GETCTAG = CALENDARSERVER "getctag";
    GETETAG = DAV "getetag";
    HREF = DAV "href";
    OWNER = DAV "owner";
    PRINCIPAL = DAV "principal";
    PRINCIPAL_URL = DAV "principal-URL";
    RESOURCETYPE = DAV "resourcetype";
    SUPPORTED_CALENDAR_COMPONENT_SET = CALDAV "supported-calendar-component-set";
    SUPPORTED_REPORT_SET = DAV "supported-report-set";
    SYNC_TOKEN = DAV "sync-token";
    UNKNOWN = CALENDARSERVER "no-server-has-this";
}
