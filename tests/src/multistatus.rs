//! 207 answers (RFC 4918 §13), and the extended ones of MKCALENDAR and MKCOL.

use std::collections::BTreeMap;

use crate::names::{DAV, GETETAG, HREF, Name, SYNC_TOKEN};
use crate::xml::Element;

const ERROR: Name = Name(DAV, "error");
const PROP: Name = Name(DAV, "prop");
const PROPSTAT: Name = Name(DAV, "propstat");
const RESPONSE: Name = Name(DAV, "response");
const STATUS: Name = Name(DAV, "status");

/// A `DAV:multistatus`.
#[derive(Debug)]
pub struct Multistatus {
    /// In the order of the document.
    pub responses: Vec<Response>,
    /// The `DAV:sync-token` of a sync-collection report.
    pub sync_token: Option<String>,
}

/// A `DAV:response`.
#[derive(Debug)]
pub struct Response {
    /// What it is about, as sent.
    pub href: String,
    /// The status of the whole, where it is given in place of propstats.
    pub status: Option<u16>,
    /// The `DAV:error` in it.
    pub error: Option<Element>,
    propstats: Vec<(u16, Element)>,
}

impl Multistatus {
    /// Reads a document, and checks what RFC 4918 §14.24 requires of its form.
    #[track_caller]
    pub fn parse(document: &str) -> Multistatus {
        let root = Element::parse(document);
        assert!(root.is(Name(DAV, "multistatus")), "this is no multistatus: {document}");
        Multistatus {
            responses: root.all(RESPONSE).map(Response::read).collect(),
            sync_token: root.child(SYNC_TOKEN).map(|token| token.text().to_owned()),
        }
    }

    /// The response about a path.
    #[track_caller]
    pub fn of(&self, href: &str) -> &Response {
        self.find(href).unwrap_or_else(|| panic!("there is no response about {href}, only about {:?}", self.hrefs()))
    }

    /// The response about a path, where there is one.
    #[track_caller]
    pub fn find(&self, href: &str) -> Option<&Response> {
        let mut about = self.responses.iter().filter(|response| response.href == href);
        let found = about.next();
        assert!(about.next().is_none(), "{href} has more than one response");
        found
    }

    /// The one response that there is.
    #[track_caller]
    pub fn only(&self) -> &Response {
        assert_eq!(self.responses.len(), 1, "one response was expected, but there are {:?}", self.hrefs());
        &self.responses[0]
    }

    /// What the responses are about, in their order.
    pub fn hrefs(&self) -> Vec<&str> {
        self.responses.iter().map(|response| response.href.as_str()).collect()
    }

    /// The same, sorted.
    pub fn sorted_hrefs(&self) -> Vec<&str> {
        let mut hrefs = self.hrefs();
        hrefs.sort_unstable();
        hrefs
    }

    /// The entity tags of what is there in a collection, by path: of its members in a listing, of its changed ones in a
    /// sync-collection report.
    #[track_caller]
    pub fn members(&self, collection: &str) -> BTreeMap<&str, &str> {
        let there = |response: &&Response| response.status.is_none() && response.href != collection;
        let members = self.responses.iter().filter(there);
        members.map(|response| (response.href.as_str(), response.text(GETETAG))).collect()
    }

    /// The sync token, which an answer to sync-collection must have.
    #[track_caller]
    pub fn token(&self) -> &str {
        self.sync_token.as_deref().unwrap_or_else(|| panic!("there is no sync-token"))
    }
}

impl Response {
    #[track_caller]
    fn read(response: &Element) -> Response {
        let hrefs: Vec<&Element> = response.all(HREF).collect();
        assert_eq!(hrefs.len(), 1, "a response has {} hrefs", hrefs.len());
        let read = Response {
            href: hrefs[0].text().to_owned(),
            status: response.child(STATUS).map(status),
            error: response.child(ERROR).cloned(),
            propstats: propstats(response),
        };
        let either = read.status.is_some() == read.propstats.is_empty();
        assert!(either, "{} must have either a status or propstats", read.href);
        read
    }

    /// The property, where it was found.
    pub fn get(&self, name: Name) -> Option<&Element> {
        self.propstats.iter().filter(|(status, _)| *status == 200).find_map(|(_, prop)| prop.child(name))
    }

    /// The property, which has to be there.
    #[track_caller]
    pub fn prop(&self, name: Name) -> &Element {
        self.get(name).unwrap_or_else(|| panic!("{} has no {name}: {:?}", self.href, self.propstats))
    }

    /// The text of a property that has to be there.
    #[track_caller]
    pub fn text(&self, name: Name) -> &str {
        self.prop(name).text()
    }

    /// The one href in a property that has to be there.
    #[track_caller]
    pub fn href_in(&self, name: Name) -> &str {
        let hrefs: Vec<&Element> = self.prop(name).all(HREF).collect();
        assert_eq!(hrefs.len(), 1, "{name} of {} has {} hrefs", self.href, hrefs.len());
        hrefs[0].text()
    }

    /// Under which status a property is answered; none where it is not answered at all.
    #[track_caller]
    pub fn status_of(&self, name: Name) -> Option<u16> {
        let mut found = self.propstats.iter().filter(|(_, prop)| prop.child(name).is_some());
        let status = found.next().map(|(status, _)| *status);
        assert!(found.next().is_none(), "{name} of {} is answered twice", self.href);
        status
    }

    /// Whether `DAV:resourcetype` holds an element.
    #[track_caller]
    pub fn is_a(&self, kind: Name) -> bool {
        self.prop(crate::names::RESOURCETYPE).child(kind).is_some()
    }
}

/// The propstats in an element: status and `DAV:prop`.
#[track_caller]
pub(crate) fn propstats(parent: &Element) -> Vec<(u16, Element)> {
    let read = |propstat: &Element| match (propstat.child(STATUS), propstat.child(PROP)) {
        (Some(line), Some(prop)) => (status(line), prop.clone()),
        _ => panic!("a propstat lacks its status or its prop: {propstat:?}"),
    };
    parent.all(PROPSTAT).map(read).collect()
}

/// The code in a status line (`HTTP/1.1 200 OK`).
#[track_caller]
fn status(line: &Element) -> u16 {
    let mut words = line.text().split(' ');
    let (version, code) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    assert!(version.starts_with("HTTP/1."), "no status line: {:?}", line.text());
    code.parse().unwrap_or_else(|_| panic!("no status line: {:?}", line.text()))
}

#[cfg(test)]
mod tests {
    use super::Multistatus;
    use crate::names::{DISPLAYNAME, GETETAG, UNKNOWN};

    const DOCUMENT: &str = r#"<m:multistatus xmlns:m="DAV:">
        <m:response><m:href>/a%20b</m:href>
            <m:propstat><m:prop><m:displayname>A &amp; B</m:displayname></m:prop><m:status>HTTP/1.1 200 OK</m:status></m:propstat>
            <m:propstat><m:prop><m:getetag/></m:prop><m:status>HTTP/1.1 404 Not Found</m:status></m:propstat>
        </m:response>
        <response xmlns="DAV:"><href>/gone</href><status>HTTP/1.1 404 Not Found</status></response>
        <m:sync-token>urn:x:1</m:sync-token>
    </m:multistatus>"#;

    #[test]
    fn statuses_and_propstats_are_told_apart() {
        let read = Multistatus::parse(DOCUMENT);
        assert_eq!(read.hrefs(), ["/a%20b", "/gone"]);
        assert_eq!(read.of("/a%20b").text(DISPLAYNAME), "A & B");
        assert_eq!(read.of("/a%20b").status_of(GETETAG), Some(404));
        assert_eq!(read.of("/a%20b").get(GETETAG), None);
        assert_eq!(read.of("/a%20b").status_of(UNKNOWN), None);
        assert_eq!(read.of("/gone").status, Some(404));
        assert_eq!(read.token(), "urn:x:1");
    }

    #[test]
    fn members_are_what_is_there() {
        let document =
            DOCUMENT.replace("<m:getetag/>", "<m:getetag>\"1\"</m:getetag>").replace("404 Not Found</m:", "200 OK</m:");
        let read = Multistatus::parse(&document);
        assert_eq!(Vec::from_iter(read.members("/")), [("/a%20b", "\"1\"")]);
        assert!(read.members("/a%20b").is_empty());
    }

    #[test]
    #[should_panic(expected = "either a status or propstats")]
    fn a_response_with_a_status_and_propstats_is_none() {
        Multistatus::parse(&DOCUMENT.replacen("<m:propstat>", "<m:status>HTTP/1.1 200 OK</m:status><m:propstat>", 1));
    }

    #[test]
    #[should_panic(expected = "answered twice")]
    fn a_property_has_one_answer() {
        let document = DOCUMENT.replace("<m:getetag/>", "<m:displayname/>");
        Multistatus::parse(&document).of("/a%20b").status_of(DISPLAYNAME);
    }
}
