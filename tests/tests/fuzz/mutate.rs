//! Changes of an input that know what it is made of: an element, a line, a segment of a path, a list of conditions; and
//! those that know nothing.

use crate::input::Input;
use crate::markup;
use crate::random::Random;
use crate::seeds::{FIELDS, METHODS, PATHS, Seeds};

/// Octets of a body, at most: what is larger is refused before it is looked at.
const LARGEST: usize = 64 << 10;

/// An input that a generator determines.
pub fn input(seeds: &Seeds, random: &mut Random) -> Input {
    let mut input = match random.below(6) {
        0 | 1 => seeds.requests[random.below(seeds.requests.len())].clone(),
        2 | 3 => with_object(&seeds.objects[random.below(seeds.objects.len())], random),
        _ => with_document(&seeds.documents[random.below(seeds.documents.len())], random),
    };
    if random.one_in(10) {
        input.method = random.pick(METHODS).into();
    }
    match random.below(10) {
        0 => input.target = path(random),
        1 | 2 => input.target = random.pick(PATHS).into(),
        3 if random.one_in(4) => octets(&mut input.target, random),
        _ => {}
    }
    for _ in 0..random.below(3) {
        field(&mut input, random);
    }
    for _ in 0..random.below(4) {
        body(&mut input.body, random);
    }
    input.body.truncate(LARGEST);
    input
}

/// A PUT of an object, at a place that takes it.
fn with_object(object: &[u8], random: &mut Random) -> Input {
    let is_card = object.starts_with(b"BEGIN:VCARD");
    let (path, media_type) = match is_card {
        true => ("/dav/addressbooks/alice/contacts/seed.vcf", "text/vcard"),
        false => ("/dav/calendars/alice/personal/seed.ics", "text/calendar"),
    };
    // With a name for each of many UIDs.
    let path = path.replace("seed", &format!("seed{}", random.below(300)));
    Input {
        method: b"PUT".to_vec(),
        target: path.into_bytes(),
        headers: vec![(b"Content-Type".to_vec(), media_type.into())],
        body: object.to_vec(),
    }
}

/// A document by the method whose body it is, at a place that has what it is about.
fn with_document(document: &[u8], random: &mut Random) -> Input {
    const METHODS: &[(&str, &str)] =
        &[("D:acl ", "ACL"), ("D:lockinfo", "LOCK"), ("D:propertyupdate", "PROPPATCH"), ("C:mkcalendar", "MKCALENDAR")];
    let root = |name: &str| document.get(1..).is_some_and(|rest| rest.starts_with(name.as_bytes()));
    let method = METHODS.iter().find(|(name, _)| root(name)).map_or("REPORT", |(_, method)| method);
    Input {
        method: method.into(),
        target: random.pick(PATHS).into(),
        headers: vec![(b"Depth".to_vec(), random.pick(&["0", "1"]).into())],
        body: document.to_vec(),
    }
}

/// A path, with what makes paths hard.
fn path(random: &mut Random) -> Vec<u8> {
    const ODD: &[&str] = &[
        "..",
        ".",
        "%2e%2e",
        "%2F",
        "%252e%252e",
        "%00",
        "%c0%af",
        "%ff",
        "a%2fb",
        "\\",
        "%5c",
        "shared~0",
        ";a=b",
        "%",
        "%4",
        "a%20b",
        "%E2%80%AE",
        "?export",
        "#x",
        "",
    ];
    let mut path = random.pick(PATHS).as_bytes().to_vec();
    match random.below(6) {
        0 => {
            path.push(b'/');
            path.extend_from_slice(random.pick(ODD).as_bytes());
        }
        1 => {
            let at = random.below(path.len() + 1);
            path.splice(at..at, random.pick(ODD).bytes());
        }
        2 if random.one_in(20) => path.extend(std::iter::repeat_n(b'a', 5000)),
        3 => {
            let at = random.below(path.len());
            let encoded = format!("%{:02x}", path[at]);
            path.splice(at..=at, encoded.into_bytes());
        }
        _ => {}
    }
    path
}

/// A URL for a Destination or a tagged list.
fn url(random: &mut Random) -> Vec<u8> {
    const FRONTS: &[&str] =
        &["", "", "", "http://127.0.0.1", "https://example.org:443", "http://[::1", "//", "::", "http://a@b", "http:"];
    [random.pick(FRONTS).as_bytes(), &path(random)].concat()
}

/// Adds a header field, or changes one.
fn field(input: &mut Input, random: &mut Random) {
    let (name, value) = match random.below(6) {
        0 => ("If", conditions(random)),
        1 => ("Destination", url(random)),
        _ => {
            let (name, values) = FIELDS[random.below(FIELDS.len())];
            (name, random.pick(values).as_bytes().to_vec())
        }
    };
    let mut value = value;
    if random.one_in(8) {
        octets(&mut value, random);
    }
    if random.one_in(200) {
        value = vec![b'a'; 1 << random.below(15)];
    }
    // Where a line ends, a new field would begin, and the framing be another one.
    value.retain(|octet| !matches!(octet, b'\r' | b'\n'));
    match input.header(name) {
        Some(field) => *field = value,
        None => input.headers.push((name.into(), value)),
    }
}

/// A value of an If header (RFC 4918 §10.4.2), or what nearly is one.
fn conditions(random: &mut Random) -> Vec<u8> {
    const PIECES: &[&str] = &[
        "(",
        ")",
        "<",
        ">",
        "[",
        "]",
        "Not ",
        "not",
        " ",
        "<urn:uuid:1>",
        "[\"x\"]",
        "[W/\"x\"]",
        "<DAV:no-lock>",
        "\"",
        "(<urn:uuid:1>)",
        "(Not <DAV:no-lock>)",
        "([\"x\"] <urn:x>)",
        "()",
        "((",
        ",",
        "\u{e9}",
    ];
    let mut value = Vec::new();
    for _ in 0..random.below(12) {
        match random.below(6) {
            0 => value.extend([b"<".as_slice(), &url(random), b">"].concat()),
            _ => value.extend_from_slice(random.pick(PIECES).as_bytes()),
        }
    }
    if random.one_in(50) {
        value = value.repeat(100);
    }
    value
}

/// One change of a body, as what it seems to be.
fn body(body: &mut Vec<u8>, random: &mut Random) {
    let looks_like_xml = body.iter().find(|octet| !octet.is_ascii_whitespace()) == Some(&b'<');
    match random.below(12) {
        0 => octets(body, random),
        1 if random.one_in(4) => *body = Vec::new(),
        2 | 3 if looks_like_xml => pieces(body, b'<', random, tag),
        _ if looks_like_xml => markup::change(body, VALUES, random),
        _ => pieces(body, b'\n', random, line),
    }
}

/// Takes a text apart at an octet, which begins a piece, and drops, doubles, moves or changes one.
fn pieces(text: &mut Vec<u8>, separator: u8, random: &mut Random, change: fn(&mut Vec<u8>, &mut Random)) {
    let mut pieces: Vec<Vec<u8>> = text.split(|octet| *octet == separator).map(<[u8]>::to_vec).collect();
    let at = random.below(pieces.len());
    match random.below(8) {
        0 => drop(pieces.remove(at)),
        1 => pieces.insert(at, pieces[at].clone()),
        2 => {
            let other = random.below(pieces.len());
            pieces.swap(at, other);
        }
        3 if random.one_in(10) => {
            let piece = pieces[at].clone();
            pieces.splice(at..at, std::iter::repeat_n(piece, 1 << random.below(10)));
        }
        _ => change(&mut pieces[at], random),
    }
    *text = pieces.join(&separator);
    text.truncate(LARGEST);
}

const VALUES: &[&str] = &[
    "",
    "0",
    "-1",
    "1",
    "4294967296",
    "18446744073709551616",
    "1e309",
    "20260314T120000Z",
    "99991231T235959Z",
    "00000101T000000Z",
    "20261332T256199Z",
    "20260314",
    "P1D",
    "-P99999999W",
    "PT0S",
    "infinite",
    "\u{0}",
    "\u{fffe}",
    "&#0;",
    "&amp;",
    "&x;",
    "<![CDATA[]]>",
    "]]>",
    "<!--",
    "é",
    "😀",
    "Europe/Berlin",
    "/dav/calendars/bob/personal/",
    "http://127.0.0.1/dav/files/alice/../bob/",
    "VEVENT",
    "VTODO",
    "VALARM",
    "yes",
    "no",
    "i;octet",
    "text/vcard",
];

/// An element's tag with the text behind it, the `<` taken off.
fn tag(tag: &mut Vec<u8>, random: &mut Random) {
    const NAMES: &[&str] = &[
        "D:prop/>",
        "D:allprop/>",
        "D:propname/>",
        "D:href>",
        "/D:href>",
        "C:filter>",
        "C:comp-filter name=\"VCALENDAR\">",
        "C:is-not-defined/>",
        "C:time-range start=\"20260101T000000Z\"/>",
        "C:expand start=\"x\" end=\"y\"/>",
        "D:limit>",
        "D:nresults>",
        "x:y/>",
        "a xmlns=\"\"/>",
        "a xmlns:xml=\"b\">",
        "?xml version=\"1.0\"?>",
        "!DOCTYPE a>",
        "!-- x -->",
        "![CDATA[x]]>",
        "D:getetag/>",
        "D:lockdiscovery/>",
        "D:acl/>",
        "D:sync-token/>",
        "C:calendar-data/>",
        "D:current-user-privilege-set/>",
        "D:supported-report-set/>",
        "C:text-match>",
    ];
    match random.below(6) {
        0 => *tag = random.pick(NAMES).as_bytes().to_vec(),
        1 => between(tag, b'"', b'"', random),
        2 => {
            let text = tag.iter().position(|octet| *octet == b'>').map_or(tag.len(), |at| at + 1);
            tag.splice(text.., random.pick(VALUES).bytes());
        }
        3 => {
            let name = tag.iter().position(|octet| b" />".contains(octet)).unwrap_or(tag.len());
            tag.splice(..name, random.pick(NAMES).trim_end_matches(['/', '>']).bytes());
        }
        _ => octets(tag, random),
    }
}

/// Puts a value between two octets, where they are.
fn between(text: &mut Vec<u8>, open: u8, close: u8, random: &mut Random) {
    let start = text.iter().position(|octet| *octet == open).map_or(0, |at| at + 1);
    let end = text[start..].iter().position(|octet| *octet == close).map_or(text.len(), |at| start + at);
    text.splice(start..end, random.pick(VALUES).bytes());
}

/// A content line.
fn line(line: &mut Vec<u8>, random: &mut Random) {
    const LINES: &[&str] = &[
        "BEGIN:VEVENT",
        "END:VEVENT",
        "BEGIN:VCALENDAR",
        "END:VCALENDAR",
        "BEGIN:VALARM",
        "BEGIN:VTIMEZONE",
        "END:VCARD",
        "RRULE:FREQ=SECONDLY",
        "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "RRULE:FREQ=DAILY;COUNT=99999999",
        "RRULE:FREQ=MONTHLY;BYDAY=5MO;BYSETPOS=-366;INTERVAL=2147483647",
        "RRULE:FREQ=WEEKLY;UNTIL=00000101",
        "RDATE;VALUE=PERIOD:20260314T120000Z/PT1H,20260314T120000Z/20250101T000000Z",
        "EXDATE:20260314T120000Z",
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20260314T120000Z",
        "DTSTART;TZID=Europe/Berlin:20260329T023000",
        "DTSTART;VALUE=DATE:20260314",
        "DTEND:20250314T120000Z",
        "DURATION:-P1D",
        "TZOFFSETFROM:+9999",
        "UID:",
        "X-A;B=\"c:d\";E=f,g:h",
        " folded",
        "\tfolded",
        "ATTACH;ENCODING=BASE64;VALUE=BINARY:AAAA",
        "N:;;;;",
        "FN:",
        "PHOTO;ENCODING=b:!!!!",
        "item1.EMAIL;TYPE=pref:a@b",
        "VERSION:2.1",
        "BDAY:--0229",
        "TRIGGER:PT99999999999H",
    ];
    let at = line.iter().position(|octet| *octet == b':').map_or(line.len(), |at| at + 1);
    match random.below(5) {
        0 => *line = random.pick(LINES).as_bytes().to_vec(),
        1 => drop(line.splice(at.., random.pick(VALUES).bytes())),
        2 => {
            let value = format!(";{}={}", random.pick(&["TZID", "VALUE", "X", "", "ENCODING"]), random.pick(VALUES));
            let before = at.saturating_sub(1);
            line.splice(before..before, value.into_bytes());
        }
        3 => line.extend(random.pick(VALUES).as_bytes().repeat(1 << random.below(8))),
        _ => octets(line, random),
    }
}

/// A change that knows nothing: octets turned, dropped, doubled or put in.
fn octets(octets: &mut Vec<u8>, random: &mut Random) {
    let range = random.range(octets.len());
    match random.below(5) {
        0 => {
            for octet in &mut octets[range] {
                *octet = random.octet();
            }
        }
        1 => drop(octets.drain(range)),
        2 => {
            let copy = octets[range.clone()].to_vec();
            octets.splice(range.start..range.start, copy);
        }
        3 => octets.insert(range.start, random.octet()),
        _ => octets.truncate(range.start),
    }
}
