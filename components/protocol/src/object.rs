//! Bodies that are to be stored: whether a collection may hold them, and what is indexed of them.

use sha2::{Digest, Sha256};

use crate::context::max_resource_size;
use crate::refusal::{Refusal, Result, of_fault};
use crate::request::Request;
use crate::store::{Collection, Index, Member, Put};
use crate::text::Format;
use crate::types::Home;
use crate::{icalendar, vcard};

/// Octets of a UID, at most (RFC 5545 §3.8.4.7 asks for 255): storage brings it with each member of a listing, as many
/// as there are, and PostgreSQL's index takes no more than some 2,600.
const LONGEST_UID: usize = 1024;
/// Octets of a file's media type, at most: it comes with each member, too.
const LONGEST_TYPE: usize = 1024;

/// A body that a collection may hold.
pub struct Object {
    /// What is stored.
    pub body: Vec<u8>,
    /// Its media type, with parameters.
    pub content_type: String,
    /// What is indexed.
    pub index: Index,
    /// Whether it is stored octet for octet as it was sent; otherwise its entity tag is not told (RFC 4791 §5.3.4).
    pub as_sent: bool,
}

impl Object {
    /// What a request wants to be stored in a collection.
    ///
    /// # Errors
    /// The preconditions of RFC 4791 §5.3.2.1 and RFC 6352 §6.3.2.1; 413, 415.
    pub fn of(request: &Request, collection: &Collection) -> Result<Self> {
        if request.header("content-range").is_some() {
            return Err(Refusal::bad("Only whole resources can be stored, not ranges."));
        }
        if request.header("content-encoding").is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
            return Err(
                Refusal::new(415, "Content codings are not accepted here.").with_header("accept-encoding", "identity")
            );
        }
        if request.body().len() as u64 > max_resource_size() {
            return Err(too_large(collection.place.home));
        }
        match collection.place.home {
            Home::Calendars => calendar_object(request, collection),
            Home::Addressbooks => card(request),
            Home::Files => file(request),
        }
    }

    /// What a lock on an unmapped URL stores: nothing.
    pub fn empty() -> Self {
        Object {
            body: Vec::new(),
            content_type: "application/octet-stream".to_owned(),
            index: no_index(),
            as_sent: true,
        }
    }

    /// It under a name in a collection, at UTC seconds. Its entity tag is strong: it is made of its SHA-256.
    pub fn put(self, member: Member, now: i64) -> Put {
        let digest = hex_sha256(&self.body);
        Put {
            member,
            content_type: self.content_type,
            etag: tag(&digest),
            digest,
            index: self.index,
            body: self.body,
            now,
        }
    }
}

/// The entity tag of a body.
pub fn etag_of(body: &[u8]) -> String {
    tag(&hex_sha256(body))
}

fn hex_sha256(body: &[u8]) -> String {
    Sha256::digest(body).iter().map(|octet| format!("{octet:02x}")).collect()
}

fn tag(digest: &str) -> String {
    format!("\"{}\"", digest.get(..32).unwrap_or(digest))
}

fn too_large(home: Home) -> Refusal {
    let refusal = Refusal::new(413, format!("A resource may have {} octets here.", max_resource_size()));
    match home {
        Home::Calendars => refusal.because(crate::xml::CALDAV, "max-resource-size"),
        Home::Addressbooks => refusal.because(crate::xml::CARDDAV, "max-resource-size"),
        Home::Files => refusal,
    }
}

/// The body as text, and whether it was text already. Clients that name no type, or none in particular, mean the plain
/// one.
fn as_text(request: &Request, json: &str, xml: &str, plain: &[&str], convert: Convert) -> Result<(Vec<u8>, bool)> {
    let media_type = request.media_type();
    let format = match media_type.as_str() {
        "" | "application/octet-stream" => return Ok((request.body().to_vec(), true)),
        named if plain.contains(&named) => return Ok((request.body().to_vec(), true)),
        named if named == json => Format::Json,
        named if named == xml => Format::Xml,
        _ => return Err(unsupported(&media_type, plain[0])),
    };
    convert(request.body(), format).map(|text| (text, false))
}

type Convert = fn(&[u8], Format) -> Result<Vec<u8>>;

fn unsupported(media_type: &str, plain: &str) -> Refusal {
    let refusal = Refusal::new(415, format!("{media_type} cannot be stored here; {plain} can."));
    if plain == "text/calendar" {
        refusal.because(crate::xml::CALDAV, "supported-calendar-data")
    } else {
        refusal.because(crate::xml::CARDDAV, "supported-address-data")
    }
}

fn calendar_object(request: &Request, collection: &Collection) -> Result<Object> {
    let convert: Convert =
        |body, format| icalendar::convert(body, format, Format::Text).map_err(|fault| of_fault(&fault, true));
    let (body, as_sent) =
        as_text(request, "application/calendar+json", "application/calendar+xml", &["text/calendar"], convert)?;
    let (body, as_sent) = in_utf_8(body, as_sent);
    let inspection = icalendar::inspect(&body).map_err(|fault| of_fault(&fault, true))?;
    if !takes(collection, &inspection.component) {
        let message = format!("This calendar does not take {}.", inspection.component);
        return Err(Refusal::caldav(403, "supported-calendar-component", message));
    }
    if inspection.uid.len() > LONGEST_UID {
        return Err(Refusal::caldav(403, "valid-calendar-object-resource", uid_too_long()));
    }
    let index = Index {
        uid: Some(inspection.uid),
        component: Some(inspection.component),
        first: inspection.first,
        last: inspection.last,
        exact: inspection.exact,
        // No report has the index asked for texts of events.
        texts: Vec::new(),
    };
    Ok(Object { body, content_type: "text/calendar; charset=utf-8".to_owned(), index, as_sent })
}

/// A body in UTF-8, which is what clients are told that it is (RFC 5545 §3.1.4): one of Latin-1 is rewritten.
fn in_utf_8(body: Vec<u8>, as_sent: bool) -> (Vec<u8>, bool) {
    if kalends_content::is_utf_8(&body) {
        return (body, as_sent);
    }
    (kalends_content::text_of(&body).into_owned().into_bytes(), false)
}

/// Whether a calendar takes components of that type.
pub fn takes(collection: &Collection, component: &str) -> bool {
    collection.components.is_empty() || collection.components.iter().any(|taken| taken == component)
}

fn card(request: &Request) -> Result<Object> {
    let convert: Convert =
        |body, format| vcard::convert(body, format, Format::Text, None).map_err(|fault| of_fault(&fault, false));
    let plain = ["text/vcard", "text/x-vcard", "text/directory"];
    let (body, as_sent) = as_text(request, "application/vcard+json", "application/vcard+xml", &plain, convert)?;
    let inspection = vcard::inspect(&body).map_err(|fault| of_fault(&fault, false))?;
    if inspection.uid.len() > LONGEST_UID {
        return Err(Refusal::carddav(403, "valid-address-data", uid_too_long()));
    }
    let index = Index {
        uid: Some(inspection.uid),
        component: Some("VCARD".to_owned()),
        first: None,
        last: None,
        exact: false,
        texts: inspection.texts,
    };
    Ok(Object { body, content_type: "text/vcard; charset=utf-8".to_owned(), index, as_sent })
}

fn uid_too_long() -> String {
    format!("A UID may have {LONGEST_UID} octets.")
}

fn file(request: &Request) -> Result<Object> {
    let named = request.header("content-type").filter(|named| !named.is_empty());
    if named.is_some_and(|named| named.len() > LONGEST_TYPE) {
        return Err(Refusal::new(415, format!("A media type may have {LONGEST_TYPE} octets.")));
    }
    let content_type = named.unwrap_or("application/octet-stream").to_owned();
    Ok(Object { body: request.body().to_vec(), content_type, index: no_index(), as_sent: true })
}

/// Files are not looked into.
fn no_index() -> Index {
    Index { uid: None, component: None, first: None, last: None, exact: false, texts: Vec::new() }
}
