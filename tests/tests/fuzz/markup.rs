//! Changes of XML that leave it well-formed for the most part, so that they get past the reader: whole elements are
//! dropped, doubled, exchanged, renamed.

use std::ops::Range;

use crate::random::Random;

/// An element: the octets of its start tag's inside, and of the whole.
struct Span {
    tag: Range<usize>,
    whole: Range<usize>,
}

/// The elements of a text that is taken for XML; those that do not end are left out.
fn elements(xml: &[u8]) -> Vec<Span> {
    let (mut open, mut found): (Vec<Range<usize>>, Vec<Span>) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(start) = xml[at..].iter().position(|octet| *octet == b'<').map(|offset| at + offset) {
        let Some(end) = xml[start..].iter().position(|octet| *octet == b'>').map(|offset| start + offset) else {
            break;
        };
        let tag = start + 1..end;
        match (xml.get(start + 1), xml[end - 1]) {
            (Some(b'?' | b'!'), _) => {}
            (Some(b'/'), _) => found.extend(open.pop().map(|tag| Span { whole: tag.start - 1..end + 1, tag })),
            (_, b'/') => found.push(Span { tag: start + 1..end - 1, whole: start..end + 1 }),
            _ => open.push(tag),
        }
        at = end + 1;
    }
    found
}

const ELEMENTS: &[&str] = &[
    "<D:prop xmlns:D=\"DAV:\"><D:getetag/><D:acl/><D:lockdiscovery/><D:nothing/></D:prop>",
    "<allprop xmlns=\"DAV:\"/>",
    "<propname xmlns=\"DAV:\"/>",
    "<href xmlns=\"DAV:\">/dav/calendars/alice/personal/seed.ics</href>",
    "<href xmlns=\"DAV:\">/dav/calendars/bob/personal/seed.ics</href>",
    "<href xmlns=\"DAV:\">http://[</href>",
    "<limit xmlns=\"DAV:\"><nresults>1</nresults></limit>",
    "<set xmlns=\"DAV:\"><prop><x xmlns=\"urn:x\" xml:lang=\"de\">t<y a=\"b\"/>u</x></prop></set>",
    "<remove xmlns=\"DAV:\"><prop><displayname/></prop></remove>",
    "<comp-filter xmlns=\"urn:ietf:params:xml:ns:caldav\" name=\"VEVENT\"><is-not-defined/></comp-filter>",
    "<prop-filter xmlns=\"urn:ietf:params:xml:ns:caldav\" name=\"SUMMARY\"><text-match>e</text-match></prop-filter>",
    "<time-range xmlns=\"urn:ietf:params:xml:ns:caldav\" start=\"20260101T000000Z\" end=\"20270101T000000Z\"/>",
    "<expand xmlns=\"urn:ietf:params:xml:ns:caldav\" start=\"20260101T000000Z\" end=\"20270101T000000Z\"/>",
    "<calendar-data xmlns=\"urn:ietf:params:xml:ns:caldav\" content-type=\"application/calendar+xml\"/>",
    "<address-data xmlns=\"urn:ietf:params:xml:ns:carddav\" version=\"4.0\"/>",
    "<timezone xmlns=\"urn:ietf:params:xml:ns:caldav\">BEGIN:VCALENDAR</timezone>",
    "<resourcetype xmlns=\"DAV:\"><collection/></resourcetype>",
    "<sync-token xmlns=\"DAV:\">urn:x:1</sync-token>",
    "<property xmlns=\"DAV:\" name=\"owner\"><property name=\"owner\"/></property>",
];

/// One change. `values` are put into attributes and texts.
pub fn change(xml: &mut Vec<u8>, values: &[&str], random: &mut Random) {
    let spans = elements(xml);
    if spans.is_empty() {
        return;
    }
    let Span { tag, whole } = &spans[random.below(spans.len())];
    let other = spans[random.below(spans.len())].whole.clone();
    match random.below(7) {
        0 => drop(xml.drain(whole.clone())),
        1 => {
            let copy = xml[whole.clone()].repeat(if random.one_in(20) { 300 } else { 1 });
            xml.splice(whole.start..whole.start, copy);
        }
        2 => drop(xml.splice(whole.clone(), random.pick(ELEMENTS).bytes())),
        3 => drop(xml.splice(whole.start..whole.start, random.pick(ELEMENTS).bytes())),
        4 => {
            let copy = xml[other].to_vec();
            xml.splice(whole.clone(), copy);
        }
        5 => attribute(xml, tag.clone(), values, random),
        _ => {
            let text = tag.end + 1..tag.end + 1;
            xml.splice(text, escaped(random.pick(values)));
        }
    }
}

/// Gives an attribute of a tag another value, where it has one.
fn attribute(xml: &mut Vec<u8>, tag: Range<usize>, values: &[&str], random: &mut Random) {
    let quotes: Vec<usize> = tag.filter(|at| xml[*at] == b'"').collect();
    let pairs = quotes.len() / 2;
    if pairs > 0 {
        let pair = 2 * random.below(pairs);
        xml.splice(quotes[pair] + 1..quotes[pair + 1], escaped(random.pick(values)));
    }
}

fn escaped(value: &str) -> Vec<u8> {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").into_bytes()
}
