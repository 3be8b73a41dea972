//! Expanded names and the namespaces that Kalends speaks.

/// WebDAV (RFC 4918 §21).
pub const DAV: &str = "DAV:";
/// CalDAV (RFC 4791 §14.2).
pub const CALDAV: &str = "urn:ietf:params:xml:ns:caldav";
/// CardDAV (RFC 6352 §6).
pub const CARDDAV: &str = "urn:ietf:params:xml:ns:carddav";
/// CalendarServer's extensions.
pub const CALENDARSERVER: &str = "http://calendarserver.org/ns/";
/// Apple's properties of calendars.
pub const APPLE: &str = "http://apple.com/ns/ical/";
/// Kalends's own.
pub const KALENDS: &str = "https://kalends.dev/ns";
/// ownCloud's and Nextcloud's properties.
pub const OWNCLOUD: &str = "http://owncloud.org/ns";

/// The expanded name of an element: namespace URI (empty for none) and local name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// Namespace URI.
    pub namespace: String,
    /// Local name.
    pub local: String,
}

impl Name {
    /// The name `local` in `namespace`.
    pub fn new(namespace: &str, local: &str) -> Self {
        Name { namespace: namespace.to_owned(), local: local.to_owned() }
    }

    /// Whether this is `local` in `namespace`.
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.local == local && self.namespace == namespace
    }
}
