//! Why a request is not carried out: a status, the precondition element that the RFC names, and words for a person.

use crate::href;
use crate::reply::Reply;
use crate::store::Collection;
use crate::text::{Fault, Rule};
use crate::types::{Failure, Home};
use crate::xml::{self, CALDAV, CARDDAV, DAV, Name, XmlWriter};

/// A request that is refused, with what the client is told.
#[derive(Debug)]
pub struct Refusal {
    /// The status code.
    pub status: u16,
    about: Box<About>,
}

#[derive(Debug)]
struct About {
    /// The precondition or postcondition element (RFC 4918 §16) with its content as XML.
    condition: Option<(Name, Vec<u8>)>,
    /// For a person.
    message: String,
    headers: Vec<(String, String)>,
}

/// What a method or a report comes to.
pub type Result<T> = std::result::Result<T, Refusal>;

impl Refusal {
    /// A refusal with words only.
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Refusal { status, about: Box::new(About { condition: None, message: message.into(), headers: Vec::new() }) }
    }

    /// 400: the request cannot be understood.
    pub fn bad(message: impl Into<String>) -> Self {
        Refusal::new(400, message)
    }

    /// 404: nothing is there, or nothing that the asker may know of.
    pub fn not_found() -> Self {
        Refusal::new(404, "There is nothing at this address.")
    }

    /// A refusal with a condition of WebDAV.
    pub fn dav(status: u16, condition: &str, message: impl Into<String>) -> Self {
        Refusal::new(status, message).because(DAV, condition)
    }

    /// A refusal with a condition of CalDAV.
    pub fn caldav(status: u16, condition: &str, message: impl Into<String>) -> Self {
        Refusal::new(status, message).because(CALDAV, condition)
    }

    /// A refusal with a condition of CardDAV.
    pub fn carddav(status: u16, condition: &str, message: impl Into<String>) -> Self {
        Refusal::new(status, message).because(CARDDAV, condition)
    }

    /// 403 with DAV:need-privileges (RFC 3744 §7.1.1).
    pub fn need_privilege(href: &str, privilege: &'static str) -> Self {
        let mut content = XmlWriter::fragment();
        content.nest("D:resource", |xml| {
            xml.href(href);
            xml.nest("D:privilege", |xml| xml.empty(privilege));
        });
        Refusal::dav(403, "need-privileges", "You do not have the privilege that this takes.")
            .containing(content.into_fragment())
    }

    /// 423 with DAV:lock-token-submitted (RFC 4918 §16).
    pub fn locked(root: &str) -> Self {
        let mut content = XmlWriter::fragment();
        content.href(root);
        Refusal::dav(423, "lock-token-submitted", "It is locked, and the lock's token was not sent.")
            .containing(content.into_fragment())
    }

    /// 403 with no-uid-conflict and the resource that has the UID (RFC 4791 §5.3.2.1, RFC 6352 §6.3.2.1). Never 409, on
    /// which DAVx5 drops what its user wrote.
    pub fn uid_conflict(base: &str, collection: &Collection, name: &str) -> Self {
        let mut content = XmlWriter::fragment();
        content.href(&(href::of_collection(base, &collection.place) + name));
        let namespace = if collection.place.home == Home::Addressbooks { CARDDAV } else { CALDAV };
        let message = "Another resource of this collection has the same UID, or this one has had another.";
        Refusal::new(403, message).because(namespace, "no-uid-conflict").containing(content.into_fragment())
    }

    /// 507 with DAV:quota-not-exceeded (RFC 4331 §6).
    pub fn no_room() -> Self {
        Refusal::dav(507, "quota-not-exceeded", "There is not enough room left.")
    }

    /// 412: a condition in the request's header does not hold.
    pub fn precondition_failed() -> Self {
        Refusal::new(412, "What is there now is not what the request requires (If, If-Match or If-None-Match).")
    }

    /// 405 with the methods that are allowed.
    pub fn method_not_allowed(allow: &str) -> Self {
        Refusal::new(405, "This method cannot be used here.").with_header("allow", allow)
    }

    /// Names the condition.
    pub fn because(mut self, namespace: &str, condition: &str) -> Self {
        self.about.condition = Some((Name::new(namespace, condition), Vec::new()));
        self
    }

    /// Gives the condition element its content.
    pub fn containing(mut self, content: Vec<u8>) -> Self {
        if let Some((_, inner)) = &mut self.about.condition {
            *inner = content;
        }
        self
    }

    /// Adds a header field.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.about.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The words for a person.
    pub fn message(&self) -> &str {
        &self.about.message
    }

    /// The condition element, where there is one, for a `D:error` in a multistatus.
    pub fn write_error(&self, xml: &mut XmlWriter) {
        let Some((name, content)) = &self.about.condition else { return };
        xml.nest("D:error", |xml| write_condition(xml, name, content));
    }

    /// The status as a D:status element says it.
    pub fn status_line(&self) -> String {
        format!("HTTP/1.1 {}", status_text(self.status))
    }

    /// The response: a `D:error` document (RFC 4918 §14.5).
    pub fn into_reply(self) -> Reply {
        let mut xml = XmlWriter::document("D:error");
        if let Some((name, content)) = &self.about.condition {
            write_condition(&mut xml, name, content);
        }
        xml.element("D:responsedescription", &self.about.message);
        let mut reply = Reply::new(self.status).xml(xml.finish("D:error"));
        for (name, value) in &self.about.headers {
            reply = reply.header(name, value);
        }
        reply
    }
}

/// A status code with its words, for those that a D:status can hold.
pub fn status_text(status: u16) -> &'static str {
    match status {
        200 => "200 OK",
        403 => "403 Forbidden",
        404 => "404 Not Found",
        409 => "409 Conflict",
        412 => "412 Precondition Failed",
        423 => "423 Locked",
        424 => "424 Failed Dependency",
        507 => "507 Insufficient Storage",
        503 => "503 Service Unavailable",
        _ => "500 Internal Server Error",
    }
}

fn write_condition(xml: &mut XmlWriter, name: &Name, content: &[u8]) {
    if content.is_empty() { xml.empty_named(name) } else { xml.raw_named(name, content) }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        eprintln!("storage: {failure:?}");
        match failure {
            Failure::Unavailable(_) => {
                Refusal::new(503, "Storage is busy. Try again in a moment.").with_header("retry-after", "2")
            }
            Failure::Full(_) => Refusal::new(507, "Storage is full."),
            // RFC 4791 §7.8, RFC 6352 §8.6.2
            Failure::Excessive(text) => Refusal::dav(507, "number-of-matches-within-limits", text),
            Failure::Broken(_) => Refusal::new(500, "Storage failed. The server's log says more."),
        }
    }
}

impl From<xml::Fault> for Refusal {
    fn from(fault: xml::Fault) -> Self {
        Refusal::bad(format!("The XML cannot be read: {} (at octet {}).", fault.message, fault.position))
    }
}

/// How an object that its engine does not take is refused: in CalDAV's words or in CardDAV's.
pub fn of_fault(fault: &Fault, calendar: bool) -> Refusal {
    let place = if fault.line > 0 { format!(" (line {})", fault.line) } else { String::new() };
    let message = format!("{}{place}", fault.message);
    let (condition, namespace) = match (fault.rule, calendar) {
        (Rule::Syntax, true) => ("valid-calendar-data", CALDAV),
        (Rule::Resource, true) => ("valid-calendar-object-resource", CALDAV),
        (Rule::Bound, true) => ("max-instances", CALDAV),
        (Rule::Unsupported, true) => ("supported-calendar-data", CALDAV),
        (Rule::Bound, false) => ("max-resource-size", CARDDAV),
        (Rule::Unsupported, false) => ("supported-address-data", CARDDAV),
        (_, false) => ("valid-address-data", CARDDAV),
    };
    Refusal::new(403, message).because(namespace, condition)
}
