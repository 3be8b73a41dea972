//! Takes a file with many events or cards apart: one object for each UID, with the time zones that it names.
//!
//! It looks at lines only, so that what is wrong with one item is that item's own; whether an object is a good one the server decides.

use crate::collection::{Bad, Found, Kind, Object, segment};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

/// What cannot be inside of one another: where one of these begins, the last item has ended.
const ITEMS: [&str; 8] =
    ["VCALENDAR", "VCARD", "VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE", "VAVAILABILITY"];

/// Properties of a VCALENDAR that are each object's as well; METHOD may not be in stored ones (RFC 4791 §4.1).
const OF_ALL: [&str; 3] = ["VERSION", "PRODID", "CALSCALE"];

/// Octets of a name made of a UID, at most.
const LONGEST: usize = 150;

/// A component or a card: its lines, as they are.
struct Item<'a> {
    name: String,
    line: usize,
    lines: Vec<&'a str>,
}

/// What is said in front of the items of a VCALENDAR, and the items.
#[derive(Default)]
struct Stream<'a> {
    head: Vec<&'a str>,
    items: Vec<Item<'a>>,
}

/// The objects in a file, and what is not good in it by line. `file` names it in messages.
pub fn split(content: &[u8], kind: Kind, file: &str) -> Vec<Found> {
    let mut scan =
        Scan { file, kind, streams: vec![Stream::default()], open: Vec::new(), item: None, found: Vec::new() };
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let mut number = 0;
    for line in content.split(|byte| *byte == b'\n') {
        number += 1;
        match std::str::from_utf8(line.strip_suffix(b"\r").unwrap_or(line)) {
            Ok(line) => scan.line(number, line),
            Err(_) => scan.spoil(number, "it is not UTF-8"),
        }
    }
    scan.end(number);
    let Scan { streams, mut found, .. } = scan;
    for stream in streams {
        objects(stream, kind, file, &mut found);
    }
    found
}

/// The title of a calendar (X-WR-CALNAME), where it has one.
pub fn title(content: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(content);
    let line = text.lines().take(50).find_map(|line| line.strip_prefix("X-WR-CALNAME"))?;
    let title = line.split_once(':')?.1.trim();
    Some(title.replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")).filter(|title| !title.is_empty())
}

/// The scan of a file, line by line.
struct Scan<'a> {
    file: &'a str,
    kind: Kind,
    streams: Vec<Stream<'a>>,
    /// The item that is being read; an error once it is known to be a bad one.
    item: Option<Result<Item<'a>, Bad>>,
    /// Names of the components that are open in it, itself first.
    open: Vec<String>,
    found: Vec<Found>,
}

impl<'a> Scan<'a> {
    fn line(&mut self, number: usize, line: &'a str) {
        let marker = |word: &str| {
            let start = line.get(..word.len())?;
            start.eq_ignore_ascii_case(word).then(|| line[word.len()..].trim().to_ascii_uppercase())
        };
        match (marker("BEGIN:"), marker("END:")) {
            (Some(name), _) => self.begin(number, line, name),
            (_, Some(name)) => self.finish(number, line, &name),
            _ => self.content(number, line),
        }
    }

    fn begin(&mut self, number: usize, line: &'a str, name: String) {
        if self.item.is_some() && ITEMS.contains(&name.as_str()) {
            self.break_off();
        }
        if self.item.is_none() && name == "VCALENDAR" {
            self.streams.push(Stream::default());
            return;
        }
        match &mut self.item {
            Some(Ok(item)) => item.lines.push(line),
            Some(Err(_)) => {}
            None => self.item = Some(Ok(Item { name: name.clone(), line: number, lines: vec![line] })),
        }
        self.open.push(name);
    }

    fn finish(&mut self, number: usize, line: &'a str, name: &str) {
        if self.item.is_none() {
            if name != "VCALENDAR" {
                self.bad(number, &format!("END:{name} has no BEGIN"));
            }
            return;
        }
        if name == "VCALENDAR" {
            self.break_off();
            return;
        }
        match self.open.iter().rposition(|open| open == name) {
            Some(at) if at + 1 == self.open.len() => {}
            Some(at) => {
                let reason = format!("BEGIN:{} has no END", self.open[at + 1]);
                self.spoil(number, &reason);
                self.open.truncate(at + 1);
            }
            None => return self.spoil(number, &format!("END:{name} has no BEGIN")),
        }
        self.open.pop();
        if let Some(Ok(item)) = &mut self.item {
            item.lines.push(line);
        }
        if self.open.is_empty() {
            match self.item.take() {
                Some(Ok(item)) => {
                    if let Some(stream) = self.streams.last_mut() {
                        stream.items.push(item);
                    }
                }
                Some(Err(bad)) => self.found.push(Err(bad)),
                None => {}
            }
        }
    }

    fn content(&mut self, number: usize, line: &'a str) {
        match &mut self.item {
            Some(Ok(item)) => item.lines.push(line),
            Some(Err(_)) => {}
            None if line.trim().is_empty() => {}
            None if self.kind == Kind::Calendar && self.streams.len() > 1 => {
                if let Some(stream) = self.streams.last_mut() {
                    stream.head.push(line);
                }
            }
            None => self.bad(number, "it is outside of any item"),
        }
    }

    /// Gives up the item that is open.
    fn break_off(&mut self) {
        let open = self.open.last().cloned().unwrap_or_default();
        self.spoil(0, &format!("BEGIN:{open} has no END"));
        if let Some(Err(bad)) = self.item.take() {
            self.found.push(Err(bad));
        }
        self.open.clear();
    }

    fn end(&mut self, number: usize) {
        if self.item.is_some() {
            self.break_off();
        } else if self.found.is_empty() && self.streams.len() == 1 && self.streams.iter().all(|it| it.items.is_empty())
        {
            self.bad(number, "there is nothing in it");
        }
    }

    /// The open item is a bad one, if it was not before; where none is open, the line is.
    fn spoil(&mut self, number: usize, reason: &str) {
        match &mut self.item {
            Some(item) => {
                if let Ok(good) = item {
                    let reason = if number > 0 { format!("{reason} (line {number})") } else { reason.to_owned() };
                    *item = Err(Bad { origin: format!("{}:{}", self.file, good.line), reason });
                }
            }
            None => self.bad(number, reason),
        }
    }

    fn bad(&mut self, number: usize, reason: &str) {
        self.found.push(Err(Bad { origin: format!("{}:{number}", self.file), reason: reason.to_owned() }));
    }
}

/// What belongs together by its UID.
struct Group<'a> {
    uid: String,
    items: Vec<Item<'a>>,
}

fn objects(stream: Stream<'_>, kind: Kind, file: &str, found: &mut Vec<Found>) {
    let mut zones: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for item in stream.items {
        if item.name == "VTIMEZONE" {
            if let Some(zone) = property(&item.lines, "TZID") {
                zones.entry(zone).or_insert(item.lines);
            }
            continue;
        }
        let uid = property(&item.lines, "UID").unwrap_or_else(|| made_uid(&item.lines));
        let place = *places.entry(uid.clone()).or_insert(groups.len());
        match groups.get_mut(place) {
            None => groups.push(Group { uid, items: vec![item] }),
            Some(group) => {
                let instance = |item: &Item<'_>| property(&item.lines, "RECURRENCE-ID");
                match group.items.iter().find(|other| instance(other) == instance(&item)) {
                    None => group.items.push(item),
                    Some(other) if other.lines == item.lines => {}
                    Some(other) => found.push(Err(Bad {
                        origin: format!("{file}:{}", item.line),
                        reason: format!("its UID {uid} is that of line {} already", other.line),
                    })),
                }
            }
        }
    }
    let head = head(&stream.head);
    found.extend(groups.iter().map(|group| Ok(object(group, kind, file, &head, &zones))));
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

fn object(group: &Group<'_>, kind: Kind, file: &str, head: &str, zones: &BTreeMap<String, Vec<&str>>) -> Object {
    let mut body = String::new();
    let mut add = |line: &str| {
        body += line;
        body += "\r\n";
    };
    if kind == Kind::Calendar {
        add("BEGIN:VCALENDAR");
        head.lines().for_each(&mut add);
        let named =
            group.items.iter().flat_map(|item| zones_of(&item.lines)).collect::<std::collections::BTreeSet<_>>();
        named.iter().filter_map(|zone| zones.get(zone)).flatten().for_each(|line| add(line));
    }
    for item in &group.items {
        let missing = property(&item.lines, "UID").is_none();
        for (number, line) in item.lines.iter().enumerate() {
            add(line);
            // In a card VERSION comes first (RFC 6350 §6.7.9).
            let version = if kind == Kind::AddressBook { 1 } else { 0 };
            if missing && number == version.min(item.lines.len() - 1) {
                add(&format!("UID:{}", group.uid));
            }
        }
    }
    if kind == Kind::Calendar {
        add("END:VCALENDAR");
    }
    let line = group.items.first().map_or(0, |item| item.line);
    Object { name: name(&group.uid, kind), body: body.into_bytes(), origin: format!("{file}:{line}") }
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

/// Lines put together again (RFC 5545 §3.1), each with how deep it is: 1 is the item itself.
fn unfolded(lines: &[&str]) -> Vec<(usize, String)> {
    let mut whole: Vec<(usize, String)> = Vec::new();
    let mut depth = 0;
    for line in lines {
        if let Some(rest) = line.strip_prefix([' ', '\t'])
            && let Some((_, last)) = whole.last_mut()
        {
            last.push_str(rest);
            continue;
        }
        let upper = line.get(..6).unwrap_or_default().to_ascii_uppercase();
        depth += usize::from(upper == "BEGIN:");
        whole.push((depth, (*line).to_owned()));
        depth -= usize::from(upper.starts_with("END:") && depth > 0);
    }
    whole
}

/// The value of a property of the item itself, not of what is in it.
fn property(lines: &[&str], name: &str) -> Option<String> {
    let value = |line: &str| {
        let (start, value) = line.split_once(':')?;
        let found = start.split(';').next()?.eq_ignore_ascii_case(name);
        Some(value.trim().to_owned()).filter(|value| found && !value.is_empty())
    };
    unfolded(lines).iter().filter(|(depth, _)| *depth == 1).find_map(|(_, line)| value(line))
}

/// The time zones that properties name.
fn zones_of(lines: &[&str]) -> Vec<String> {
    let zone = |line: String| {
        let at = line.to_ascii_uppercase().find(";TZID=")? + ";TZID=".len();
        let rest = line.get(at..)?;
        let value = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next(),
            None => rest.split([':', ';', ',']).next(),
        };
        value.map(str::to_owned)
    };
    unfolded(lines).into_iter().filter_map(|(_, line)| zone(line)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

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
