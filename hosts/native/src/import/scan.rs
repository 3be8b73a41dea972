//! Reads a file of many events or cards line by line, so that what is wrong with one item is that item's own.

use crate::collection::{Bad, Kind};

/// What cannot be inside of one another: where one of these begins, the last item has ended.
const ITEMS: [&str; 8] =
    ["VCALENDAR", "VCARD", "VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE", "VAVAILABILITY"];

/// A component or a card: its lines, as they are.
pub struct Item<'a> {
    /// Its name, in upper case.
    pub name: String,
    /// What it is in, for messages.
    pub file: &'a str,
    /// The number of its first line.
    pub line: usize,
    /// From BEGIN to END.
    pub lines: Vec<&'a str>,
}

impl Item<'_> {
    /// Where it is, told in a message about another.
    pub fn seen_from(&self, other: &Item<'_>) -> String {
        match self.file == other.file {
            true => format!("line {}", self.line),
            false => format!("{}:{}", self.file, self.line),
        }
    }
}

/// A VCALENDAR; cards are together in one of these.
#[derive(Default)]
pub struct Stream<'a> {
    /// Lines in front of its items, and between them.
    pub head: Vec<&'a str>,
    /// Its components, time zones too.
    pub items: Vec<Item<'a>>,
}

/// The VCALENDARs in a file, and what is not good in it by line. `file` names it in messages.
pub fn scan<'a>(content: &'a [u8], kind: Kind, file: &'a str) -> (Vec<Stream<'a>>, Vec<Bad>) {
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
    (scan.streams, scan.found)
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
    found: Vec<Bad>,
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
            None => self.item = Some(Ok(Item { name: name.clone(), file: self.file, line: number, lines: vec![line] })),
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
                Some(Err(bad)) => self.found.push(bad),
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
            self.found.push(bad);
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
        self.found.push(Bad { origin: format!("{}:{number}", self.file), reason: reason.to_owned() });
    }
}
