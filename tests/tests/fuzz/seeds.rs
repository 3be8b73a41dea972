//! What inputs are made of: recorded requests, calendar objects and cards, and the words of the protocol.

use std::fs;
use std::path::{Path, PathBuf};

use crate::input::Input;

/// The account that the requests are sent by; those of another are tried too.
const USER: &str = "alice";

/// Requests, and objects to put into bodies.
pub struct Seeds {
    /// As clients send them.
    pub requests: Vec<Input>,
    /// iCalendar and vCard.
    pub objects: Vec<Vec<u8>>,
    /// Bodies of reports and methods that no recorded client sends.
    pub documents: Vec<Vec<u8>>,
}

fn directory(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// All files below a directory with an extension, in a stable order.
pub fn files_below(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![directory.to_owned()];
    while let Some(directory) = left.pop() {
        let entries = fs::read_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
        for path in entries.flatten().map(|entry| entry.path()) {
            match path.is_dir() {
                true => left.push(path),
                false if path.extension().is_some_and(|found| found == extension) => found.push(path),
                false => {}
            }
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The inputs that have failed once: they must never again.
pub fn regressions() -> Vec<(PathBuf, Input)> {
    let files = files_below(&directory("fuzz"), "http");
    files.into_iter().map(|path| (path.clone(), Input::read(&read(&path)))).collect()
}

/// A recorded request with the places of its placeholders filled.
fn recorded(path: &Path) -> Input {
    let mut text = String::from_utf8_lossy(&read(path)).into_owned();
    let fillings = [
        ("{user}", USER),
        ("{calendar}", "/dav/calendars/alice/personal/"),
        ("{addressbook}", "/dav/addressbooks/alice/contacts/"),
        ("{base}", ""),
    ];
    for (placeholder, value) in fillings {
        text = text.replace(placeholder, value);
    }
    let mut input = Input::read(text.as_bytes());
    input
        .headers
        .retain(|(name, _)| !name.eq_ignore_ascii_case(b"authorization") && !name.eq_ignore_ascii_case(b"host"));
    // What other placeholders stand for comes from answers: here it is a path that is there.
    while let Some(start) = input.target.iter().position(|octet| *octet == b'{') {
        let end = input.target.iter().position(|octet| *octet == b'}').unwrap_or(input.target.len() - 1);
        input.target.splice(start..=end, *b"/dav/calendars/alice/personal/seed.ics");
    }
    input
}

impl Seeds {
    /// Reads them from the tree.
    pub fn read() -> Seeds {
        let requests: Vec<Input> =
            files_below(&directory("recorded"), "http").iter().map(|path| recorded(path)).collect();
        let mut objects: Vec<PathBuf> = files_below(&directory("corpus/ical"), "ics");
        objects.extend(files_below(&directory("corpus/vcard"), "vcf"));
        let objects: Vec<Vec<u8>> = objects.iter().map(|path| read(path)).collect();
        assert!(requests.len() > 100 && objects.len() > 50, "the seeds are not there");
        Seeds { requests, objects, documents: DOCUMENTS.iter().map(|document| document.as_bytes().to_vec()).collect() }
    }
}

/// Methods, known and not.
pub const METHODS: &[&str] = &[
    "OPTIONS",
    "GET",
    "HEAD",
    "PUT",
    "POST",
    "DELETE",
    "COPY",
    "MOVE",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "MKCALENDAR",
    "LOCK",
    "UNLOCK",
    "ACL",
    "REPORT",
    "SEARCH",
    "PATCH",
    "TRACE",
    "propfind",
    "X",
];

/// Paths with something there, and without.
pub const PATHS: &[&str] = &[
    "/",
    "/dav",
    "/dav/",
    "/dav/principals/",
    "/dav/principals/alice/",
    "/dav/principals/bob/",
    "/dav/principals/alice/calendar-proxy-read/",
    "/dav/calendars/",
    "/dav/calendars/alice/",
    "/dav/calendars/alice/personal/",
    "/dav/calendars/alice/personal/seed.ics",
    "/dav/calendars/alice/personal/new.ics",
    "/dav/calendars/alice/tasks/",
    "/dav/calendars/bob/personal/",
    "/dav/calendars/bob/personal/seed.ics",
    "/dav/calendars/alice/shared~1/",
    "/dav/calendars/alice/shared~99999999999999999999/x",
    "/dav/calendars/alice/new/",
    "/dav/addressbooks/alice/",
    "/dav/addressbooks/alice/contacts/",
    "/dav/addressbooks/alice/contacts/seed.vcf",
    "/dav/files/alice/",
    "/dav/files/alice/a/",
    "/dav/files/alice/a/seed.txt",
    "/dav/files/alice/a/b/c",
    "/api/",
    "/api/me",
    "/api/accounts",
    "/api/session",
    "/api/openapi.json",
    "/.well-known/caldav",
    "*",
    "/dav/calendars/alice/caf%C3%A9%20%F0%9F%8E%89/",
];

/// Header fields and values that mean something in them.
pub const FIELDS: &[(&str, &[&str])] = &[
    ("Depth", &["0", "1", "infinity", "1,noroot", "-1", ""]),
    ("If-Match", &["*", "\"x\"", "W/\"x\"", "\"x\", *", ""]),
    ("If-None-Match", &["*", "\"x\"", "W/\"x\""]),
    ("If-Modified-Since", &["Sat, 01 Jan 2000 00:00:00 GMT", "yesterday"]),
    ("If-Unmodified-Since", &["Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"]),
    ("Overwrite", &["T", "F", "X"]),
    ("Timeout", &["Second-10", "Infinite", "Second-99999999999999999999", "Infinite, Second-4100000000", "Second--1"]),
    ("Lock-Token", &["<urn:uuid:1>", "<>", "urn:x", "<opaquelocktoken:a", "<a>b"]),
    ("Prefer", &["return=minimal", "return=representation", "depth-noroot", "return=minimal;depth-noroot, x=\"y\""]),
    ("Brief", &["t", "f"]),
    (
        "Content-Type",
        &[
            "text/calendar",
            "text/calendar; charset=utf-16",
            "text/vcard; version=4.0",
            "text/vcard",
            "application/xml",
            "text/xml; charset=windows-1252",
            "application/calendar+json",
            "application/calendar+xml",
            "application/vcard+json",
            "application/json",
            "",
            ";;;",
            "x/y",
        ],
    ),
    ("Accept", &["text/html", "application/calendar+json", "text/vcard; version=3.0", "*/*;q=0", "x/y;q=2", ",,,"]),
    ("CalDAV-Timezones", &["T", "F"]),
    ("X-HTTP-Method-Override", &["MKCALENDAR", "DELETE"]),
    ("Range", &["bytes=0-1", "bytes=-1", "bytes=9-1,2-3"]),
    ("Content-Range", &["bytes 0-1/10"]),
    ("Content-Encoding", &["gzip", "identity"]),
    ("Accept-Encoding", &["gzip, br"]),
    ("Origin", &["https://example.org", "null"]),
    ("Sec-Fetch-Site", &["cross-site", "same-origin"]),
    ("Cookie", &["__Host-kalends=x", "a=b; c"]),
    ("Slug", &["a name.ics", "%00"]),
    ("X-Forwarded-For", &["1.2.3.4"]),
    ("X-Forwarded-Host", &["example.org"]),
    ("Expect", &["100-continue"]),
    ("Schedule-Reply", &["F"]),
];

const DOCUMENTS: &[&str] = &[
    r#"<D:expand-property xmlns:D="DAV:"><D:property name="owner"><D:property name="calendar-home-set" namespace="urn:ietf:params:xml:ns:caldav"><D:property name="displayname"/><D:property name="owner"><D:property name="owner"/></D:property></D:property></D:property></D:expand-property>"#,
    r#"<D:principal-property-search xmlns:D="DAV:" test="anyof"><D:property-search><D:prop><D:displayname/></D:prop><D:match>a</D:match></D:property-search><D:prop><D:displayname/></D:prop></D:principal-property-search>"#,
    r#"<D:principal-match xmlns:D="DAV:"><D:principal-property><D:owner/></D:principal-property><D:prop><D:owner/></D:prop></D:principal-match>"#,
    r#"<D:acl-principal-prop-set xmlns:D="DAV:"><D:prop><D:displayname/></D:prop></D:acl-principal-prop-set>"#,
    r#"<D:acl xmlns:D="DAV:"><D:ace><D:principal><D:href>/dav/principals/bob/</D:href></D:principal><D:grant><D:privilege><D:read/></D:privilege></D:grant></D:ace></D:acl>"#,
    r#"<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:shared/></D:lockscope><D:locktype><D:write/></D:locktype><D:owner>me</D:owner></D:lockinfo>"#,
    r#"<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav"><C:time-range start="20000101T000000Z" end="20300101T000000Z"/></C:free-busy-query>"#,
    r#"<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><C:calendar-data><C:comp name="VCALENDAR"><C:prop name="VERSION"/><C:comp name="VEVENT"><C:prop name="SUMMARY" novalue="yes"/></C:comp></C:comp><C:expand start="20200101T000000Z" end="20300101T000000Z"/></C:calendar-data></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="20200101T000000Z"/><C:prop-filter name="ATTENDEE"><C:text-match collation="i;ascii-casemap" negate-condition="yes">x</C:text-match><C:param-filter name="PARTSTAT"><C:is-not-defined/></C:param-filter></C:prop-filter><C:comp-filter name="VALARM"><C:time-range start="20200101T000000Z" end="20200102T000000Z"/></C:comp-filter></C:comp-filter></C:comp-filter></C:filter><C:timezone-id>Europe/Berlin</C:timezone-id></C:calendar-query>"#,
    r#"<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><C:calendar-data content-type="application/calendar+json"><C:limit-recurrence-set start="20200101T000000Z" end="20300101T000000Z"/><C:limit-freebusy-set start="20200101T000000Z" end="20300101T000000Z"/></C:calendar-data></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VTODO"><C:prop-filter name="COMPLETED"><C:is-not-defined/></C:prop-filter></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"#,
    r#"<C:addressbook-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><D:prop><C:address-data content-type="text/vcard" version="4.0"><C:prop name="FN"/></C:address-data></D:prop><C:filter test="allof"><C:prop-filter name="EMAIL" test="anyof"><C:text-match match-type="ends-with">org</C:text-match><C:param-filter name="TYPE"><C:text-match>home</C:text-match></C:param-filter></C:prop-filter></C:filter><C:limit><C:nresults>2</C:nresults></C:limit></C:addressbook-query>"#,
    r#"<D:sync-collection xmlns:D="DAV:"><D:sync-token/><D:sync-level>1</D:sync-level><D:limit><D:nresults>1</D:nresults></D:limit><D:prop><D:getetag/></D:prop></D:sync-collection>"#,
    r#"<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:displayname>x</D:displayname><calendar-color xmlns="http://apple.com/ns/ical/">#fff</calendar-color></D:prop></D:set><D:remove><D:prop><x xmlns="urn:y"/></D:prop></D:remove></D:propertyupdate>"#,
    r#"<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop><C:calendar-timezone>BEGIN:VCALENDAR</C:calendar-timezone><C:supported-calendar-component-set><C:comp name="VTODO"/></C:supported-calendar-component-set></D:prop></D:set></C:mkcalendar>"#,
];
