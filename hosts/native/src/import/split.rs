//! Takes a file with many events or cards apart, and puts together what has one UID: one object for each, with the time
//! zones that it names.
//!
//! It looks at lines only; whether an object is a good one the server decides.

use super::lines::property;
use super::scan::{Item, Stream, scan};
use super::zones::Zones;
use crate::collection::{Bad, Found, Kind, Object, segment};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Properties of a VCALENDAR that are each object's as well; METHOD may not be in stored ones (RFC 4791 §4.1).
const OF_ALL: [&str; 3] = ["VERSION", "PRODID", "CALSCALE"];

/// Octets of a name made of a UID, at most.
const LONGEST: usize = 150;

/// The objects in a file, and what is not good in it by line. `file` names it in messages. What has one UID is one
/// object, in whichever of the file's VCALENDARs it is: some programs write each changed instance of a series into one
/// of its own.
pub fn split(content: &[u8], kind: Kind, file: &str) -> Vec<Found> {
    let (streams, bad) = scan(content, kind, file);
    let mut found: Vec<Found> = bad.into_iter().map(Err).collect();
    let (groups, zones) = (groups(&streams, &mut found), Zones::of(&streams));
    found.extend(groups.iter().map(|group| object(group, kind, &streams, &zones)));
    found
}

/// Calendar objects that several resources have together, by their UID: all components of one UID are one resource (RFC
/// 4791 §4.1), and a server refuses the second. It has the name of the one with the series itself. All others stay as
/// they are.
pub fn together(found: Vec<Found>) -> Vec<Found> {
    let mut objects: Vec<Vec<Object>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut joined = Vec::new();
    for object in found {
        let object = match object {
            Ok(object) => object,
            Err(bad) => {
                joined.push(Err(bad));
                continue;
            }
        };
        let place = only_uid(&object).map_or(objects.len(), |uid| *places.entry(uid).or_insert(objects.len()));
        match objects.get_mut(place) {
            Some(others) => others.push(object),
            None => objects.push(vec![object]),
        }
    }
    for mut resources in objects {
        match resources.len() {
            1 => joined.extend(resources.pop().map(Ok)),
            _ => join(resources, &mut joined),
        }
    }
    joined
}

/// One object of several resources with one UID.
fn join(resources: Vec<Object>, found: &mut Vec<Found>) {
    let mut streams = Vec::new();
    for resource in &resources {
        streams.extend(scan(&resource.body, Kind::Calendar, &resource.origin).0);
    }
    let zones = Zones::of(&streams);
    for group in groups(&streams, found) {
        let series = group.parts.iter().find(|part| part.instance.is_none()).or(group.parts.first());
        let first = resources.iter().find(|resource| series.is_some_and(|part| part.item.file == resource.origin));
        let Some(first) = first else { continue };
        if group.parts.iter().all(|part| part.item.file == first.origin) {
            found.push(Ok(first.clone()));
            continue;
        }
        let joined = object(&group, Kind::Calendar, &streams, &zones);
        found.push(joined.map(|object| Object { name: first.name.clone(), origin: first.origin.clone(), ..object }));
    }
}

/// The UID of all components of an object that is a good one as far as is seen.
fn only_uid(object: &Object) -> Option<String> {
    let (streams, bad) = scan(&object.body, Kind::Calendar, &object.origin);
    let items = streams.iter().flat_map(|stream| &stream.items).filter(|item| item.name != "VTIMEZONE");
    let mut uids = items.map(|item| property(&item.lines, "UID"));
    let uid = uids.next()??;
    (bad.is_empty() && uids.all(|other| other.as_ref() == Some(&uid))).then_some(uid)
}

/// What belongs together by its UID.
struct Group<'a> {
    uid: String,
    parts: Vec<Part<'a>>,
}

/// A component of an object.
struct Part<'a> {
    item: &'a Item<'a>,
    /// Which VCALENDAR it is in.
    stream: usize,
    /// Which instance of a series it is; none for the series itself.
    instance: Option<String>,
}

/// What is in some VCALENDARs by UID. What is there twice goes to `found` as a bad one, unless it is the same.
fn groups<'a>(streams: &'a [Stream<'a>], found: &mut Vec<Found>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (stream, item) in streams.iter().enumerate().flat_map(|(at, it)| it.items.iter().map(move |item| (at, item))) {
        if item.name == "VTIMEZONE" {
            continue;
        }
        let uid = property(&item.lines, "UID").unwrap_or_else(|| made_uid(&item.lines));
        let place = *places.entry(uid.clone()).or_insert(groups.len());
        let part = Part { item, stream, instance: property(&item.lines, "RECURRENCE-ID") };
        match groups.get_mut(place) {
            None => groups.push(Group { uid, parts: vec![part] }),
            Some(group) => match group.parts.iter().find(|other| other.instance == part.instance) {
                None => group.parts.push(part),
                Some(other) if other.item.lines == item.lines => {}
                Some(other) => found.push(Err(Bad {
                    origin: format!("{}:{}", item.file, item.line),
                    reason: format!("its UID {uid} is that of {} already", other.item.seen_from(item)),
                })),
            },
        }
    }
    groups
}

/// The lines in front of the components of each object.
fn head(lines: &[&str]) -> String {
    let mut head = String::new();
    let mut kept = false;
    for line in lines {
        if !line.starts_with([' ', '\t']) {
            let name = line.split([':', ';']).next().unwrap_or_default().to_ascii_uppercase();
            kept = OF_ALL.contains(&name.as_str());
        }
        if kept {
            head += line;
            head += "\r\n";
        }
    }
    for (name, otherwise) in [("VERSION", "VERSION:2.0"), ("PRODID", "PRODID:-//Kalends//Import//EN")] {
        if !head.lines().any(|line| line.to_ascii_uppercase().starts_with(name)) {
            head = format!("{otherwise}\r\n{head}");
        }
    }
    head
}

/// The object of a group. It keeps the time zones that its VCALENDARs have.
///
/// # Errors
/// Where these mean different things by one TZID: one object cannot have both (RFC 5545 §3.6.5).
fn object<'a>(group: &Group<'a>, kind: Kind, streams: &[Stream<'a>], zones: &Zones<'a>) -> Found {
    let mut body = String::new();
    let mut add = |line: &str| {
        body += line;
        body += "\r\n";
    };
    if kind == Kind::Calendar {
        let stream = group.parts.first().and_then(|part| streams.get(part.stream));
        add("BEGIN:VCALENDAR");
        head(stream.map(|stream| stream.head.as_slice()).unwrap_or_default()).lines().for_each(&mut add);
        zones
            .of_object(&group.uid, group.parts.iter().map(|part| (part.item, part.stream)))?
            .values()
            .flat_map(|zone| &zone.lines)
            .for_each(|line| add(line));
    }
    for part in &group.parts {
        let missing = property(&part.item.lines, "UID").is_none();
        for (number, line) in part.item.lines.iter().enumerate() {
            add(line);
            // In a card VERSION comes first (RFC 6350 §6.7.9).
            let version = if kind == Kind::AddressBook { 1 } else { 0 };
            if missing && number == version.min(part.item.lines.len() - 1) {
                add(&format!("UID:{}", group.uid));
            }
        }
    }
    if kind == Kind::Calendar {
        add("END:VCALENDAR");
    }
    let origin = group.parts.first().map_or_else(String::new, |part| format!("{}:{}", part.item.file, part.item.line));
    Ok(Object { name: name(&group.uid, kind), body: body.into_bytes(), origin })
}

fn name(uid: &str, kind: Kind) -> String {
    let name = segment(uid);
    let fits = (1..=LONGEST).contains(&name.len()) && !name.starts_with('.');
    format!("{}{}", if fits { name } else { digest(uid) }, kind.ending())
}

/// A UID for what has none: the same for the same lines, so that importing twice makes nothing twice.
fn made_uid(lines: &[&str]) -> String {
    digest(&lines.join("\n"))
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::import::scan::title;

    fn calendar(lines: &str) -> Vec<Found> {
        split(
            format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nMETHOD:PUBLISH\n{lines}\nEND:VCALENDAR\n").as_bytes(),
            Kind::Calendar,
            "f.ics",
        )
    }

    fn bodies(found: &[Found]) -> Vec<String> {
        found.iter().flatten().map(|object| String::from_utf8(object.body.clone()).unwrap()).collect()
    }

    #[test]
    fn one_object_for_each_uid_with_the_zones_it_names() {
        let zone = |name: &str| {
            format!(
                "BEGIN:VTIMEZONE\nTZID:{name}\nBEGIN:STANDARD\nDTSTART:19700101T000000\nEND:STANDARD\nEND:VTIMEZONE\n"
            )
        };
        let found = calendar(&format!(
            "{}{}BEGIN:VEVENT\nUID:a\nDTSTART;TZID=\"A/B\":20260101T000000\nBEGIN:VALARM\nUID:alarm\nEND:VALARM\nEND:VEVENT\n\
             BEGIN:VEVENT\nUID:b\nDTSTART:20260101T000000Z\nEND:VEVENT\nBEGIN:VEVENT\nUID:a\nRECURRENCE-ID:1\nDTSTART;VALUE=DATE-TIME;TZI\n D=C:2\nEND:VEVENT",
            zone("A/B"),
            zone("C")
        ));
        let bodies = bodies(&found);
        assert_eq!(bodies.len(), 2);
        assert_eq!(bodies[0].matches("BEGIN:VEVENT").count(), 2);
        assert_eq!(bodies[0].matches("BEGIN:VTIMEZONE").count(), 2);
        assert!(bodies[0].starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VTIMEZONE\r\nTZID:A/B\r\n"));
        assert!(!bodies[1].contains("VTIMEZONE") && !bodies[1].contains("METHOD"));
        assert!(bodies[1].ends_with("END:VEVENT\r\nEND:VCALENDAR\r\n"));
        assert_eq!(found[0].as_ref().unwrap().name, "a.ics");
    }

    #[test]
    fn what_is_bad_is_told_by_line_and_the_rest_is_taken() {
        let event = |uid: &str| format!("BEGIN:VEVENT\nUID:{uid}\nEND:VEVENT\n");
        let found = calendar(&format!(
            "{}BEGIN:VEVENT\nUID:open\n{}BEGIN:VEVENT\nBEGIN:VALARM\nEND:VEVENT\n{}END:VALARM\n{}BEGIN:VEVENT\nUID:a\nX:y\nEND:VEVENT",
            event("a"),
            event("b"),
            event("c"),
            event("d")
        ));
        let mut bad: Vec<String> = found
            .iter()
            .filter_map(|found| found.as_ref().err())
            .map(|bad| format!("{} {}", bad.origin, bad.reason))
            .collect();
        bad.sort();
        assert_eq!(bodies(&found).len(), 4);
        assert_eq!(
            bad,
            [
                "f.ics:13 BEGIN:VALARM has no END (line 15)",
                "f.ics:19 END:VALARM has no BEGIN",
                "f.ics:23 its UID a is that of line 5 already",
                "f.ics:8 BEGIN:VEVENT has no END",
            ]
        );
    }

    /// A VCALENDAR with one event, and with a time zone whose clocks change at this offset.
    fn apart(event: &str, offset: &str) -> String {
        let zone = format!(
            "BEGIN:VTIMEZONE\nTZID:A/B\nX-LIC:{}\nBEGIN:STANDARD\nTZOFFSETTO:{offset}\nEND:STANDARD\nEND:VTIMEZONE\n",
            event.len()
        );
        format!("BEGIN:VCALENDAR\nVERSION:2.0\n{zone}BEGIN:VEVENT\n{event}\nEND:VEVENT\nEND:VCALENDAR\n")
    }

    const SERIES: &str = "UID:a\nDTSTART;TZID=A/B:1";
    const CHANGED: &str = "UID:a\nRECURRENCE-ID;TZID=A/B:2\nDTSTART;TZID=A/B:3";

    #[test]
    fn a_series_and_its_changes_in_vcalendars_apart_are_one_object() {
        let file = [apart(SERIES, "+0100"), apart("UID:b", "+0100"), apart(CHANGED, "+0100")].concat();
        let found = split(file.as_bytes(), Kind::Calendar, "f.ics");
        let bodies = bodies(&found);
        assert_eq!(bodies.len(), 2, "{found:?}");
        assert_eq!((found[0].as_ref().unwrap().name.as_str(), bodies[0].matches("BEGIN:VEVENT").count()), ("a.ics", 2));
        assert_eq!(bodies[0].matches("BEGIN:VTIMEZONE").count(), 1);
        // A zone that only another VCALENDAR has is still the one that is meant.
        let zoneless = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{SERIES}\nEND:VEVENT\nEND:VCALENDAR\n");
        let found = split([zoneless, apart("UID:b", "+0100")].concat().as_bytes(), Kind::Calendar, "f.ics");
        assert_eq!(self::bodies(&found)[0].matches("BEGIN:VTIMEZONE").count(), 1);
    }

    #[test]
    fn two_time_zones_of_one_name_in_one_object_are_told() {
        let file =
            [apart(SERIES, "+0100"), apart(CHANGED, "+0200"), apart("UID:b\nDTSTART;TZID=A/B:1", "+0200")].concat();
        let found = split(file.as_bytes(), Kind::Calendar, "f.ics");
        let bad = found[0].as_ref().unwrap_err();
        assert_eq!(bad.origin, "f.ics:24");
        assert!(bad.reason.contains("A/B is one at line 3 and another at line 17"), "{}", bad.reason);
        assert!(bodies(&found).len() == 1 && bodies(&found)[0].contains("TZOFFSETTO:+0200"));
    }

    #[test]
    fn resources_of_one_uid_are_put_together_and_others_stay_as_they_are() {
        let resource = |name: &str, body: String| {
            Ok(Object { name: name.to_owned(), body: body.into_bytes(), origin: format!("d/{name}") })
        };
        let (other, bad) = (resource("b.ics", apart("UID:b", "+0100")), resource("c.ics", "hello".to_owned()));
        let found = together(vec![
            resource("changed.ics", apart(CHANGED, "+0100")),
            other.clone(),
            bad.clone(),
            resource("series.ics", apart(SERIES, "+0100")),
        ]);
        assert_eq!(found[1..], [other, bad]);
        assert_eq!(found[0].as_ref().unwrap().name, "series.ics");
        assert_eq!(bodies(&found)[0].matches("BEGIN:VEVENT").count(), 2);
        // Two that are not parts of one: the first stays, and the second is told.
        let one = resource("1.ics", apart(SERIES, "+0100"));
        let found = together(vec![one.clone(), resource("2.ics", apart("UID:a\nDTSTART:9", "+0100"))]);
        assert!(found.contains(&one) && found.len() == 2);
        assert!(found.iter().flatten().count() == 1, "{found:?}");
    }

    #[test]
    fn what_has_no_uid_is_given_one_and_always_the_same() {
        let cards = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\nEND:VCARD\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nUID:urn:uuid:1\r\nFN:B\r\nEND:VCARD\r\n";
        let found = split(cards, Kind::AddressBook, "f.vcf");
        assert_eq!(found, split(cards, Kind::AddressBook, "f.vcf"));
        let bodies = bodies(&found);
        assert!(bodies[0].starts_with("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:") && bodies[0].contains("FN:A"));
        assert_eq!(bodies[1], "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:urn:uuid:1\r\nFN:B\r\nEND:VCARD\r\n");
        assert_eq!(found[1].as_ref().unwrap().name, "urn%3Auuid%3A1.vcf");
    }

    #[test]
    fn what_ends_too_early_or_is_not_text_is_bad() {
        for content in [
            &b""[..],
            b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a",
            b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n\xff\nEND:VEVENT\nEND:VCALENDAR",
            b"hello",
        ] {
            let found = split(content, Kind::Calendar, "f");
            assert!(found.len() == 1 && found[0].is_err(), "{found:?}");
        }
    }

    #[test]
    fn titles() {
        assert_eq!(title(b"BEGIN:VCALENDAR\r\nX-WR-CALNAME:A\\, B\r\n").as_deref(), Some("A, B"));
        assert_eq!(title(b"BEGIN:VCALENDAR\r\n"), None);
    }
}
