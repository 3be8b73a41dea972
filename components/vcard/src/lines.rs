//! Content lines (RFC 6350 §3.2) as stretches of the bytes they came in, so that a line that is not asked for costs
//! nothing, and one that is given back is given as it was stored. Lines end in CRLF or LF. Besides folding, two habits
//! of vCard 2.1 are understood: soft line breaks of quoted-printable, and base64 that goes on without indentation.

use std::borrow::Cow;
use std::cell::OnceCell;

use memchr::{memchr, memchr2};

/// Octets in which the name of a property has to end, folds included, to be looked for.
const LONGEST_NAME: usize = 256;

/// One content line, folded as it came.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// The number of its first physical line, the first being 1.
    pub number: u32,
    /// Its position, as `Lines::position` says it.
    pub start: usize,
    /// All its bytes, with folds and line ends.
    pub raw: &'a [u8],
    /// How many octets of `raw` are its own; what follows are cards nested in it (AGENT of vCard 2.1).
    pub own: usize,
}

impl<'a> Line<'a> {
    /// The line unfolded, without its line end. In quoted-printable, without soft line breaks.
    pub fn text(&self) -> Cow<'a, [u8]> {
        unfold(self.raw.get(..self.own).unwrap_or(self.raw))
    }

    /// The cards nested in the line; empty for nearly all lines.
    pub fn nested(&self) -> &'a [u8] {
        self.raw.get(self.own..).unwrap_or_default()
    }

    /// Whether it is a property of that name, which is in upper case and may have its group before it (`ITEM1.EMAIL`).
    pub fn is(&self, name: &str) -> bool {
        let (first, rest) = physical(self.raw);
        match memchr2(b':', b';', first) {
            Some(end) => is_named(&first[..end], name),
            None if rest.is_empty() => is_named(first, name),
            None => {
                let text = unfold(&self.raw[..self.raw.len().min(LONGEST_NAME)]);
                let end = memchr2(b':', b';', &text).unwrap_or(text.len());
                is_named(&text[..end], name)
            }
        }
    }

    /// Whether it says `name:value`, in any case and with any blanks around it.
    pub fn says(&self, name: &str, value: &str) -> bool {
        if self.raw.len() > LONGEST_NAME {
            return false;
        }
        let text = self.text();
        let Some(colon) = memchr(b':', &text) else { return false };
        text[..colon].trim_ascii().eq_ignore_ascii_case(name.as_bytes())
            && text[colon + 1..].trim_ascii().eq_ignore_ascii_case(value.as_bytes())
    }
}

/// A line unfolded, as `Line::text` says.
fn unfold(line: &[u8]) -> Cow<'_, [u8]> {
    let (first, mut rest) = physical(line);
    if rest.is_empty() {
        return Cow::Borrowed(first);
    }
    let quoted_printable = is_quoted_printable(first);
    let mut text = Vec::with_capacity(line.len());
    text.extend_from_slice(first);
    while !rest.is_empty() {
        let (next, after) = physical(rest);
        if quoted_printable && text.last() == Some(&b'=') {
            text.pop();
            text.extend_from_slice(next);
        } else {
            text.extend_from_slice(if is_indented(next) { &next[1..] } else { next });
        }
        rest = after;
    }
    Cow::Owned(text)
}

/// Whether what stands before parameters and value is `name`, with any blanks around it, and if that has no group, in
/// any group.
fn is_named(head: &[u8], name: &str) -> bool {
    let head = head.trim_ascii();
    let bare = head.iter().rposition(|octet| *octet == b'.').map_or(head, |dot| &head[dot + 1..]);
    head.eq_ignore_ascii_case(name.as_bytes()) || bare.eq_ignore_ascii_case(name.as_bytes())
}

/// The content lines of some bytes; lines that are blank are left out.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    content: &'a [u8],
    at: usize,
    number: u32,
}

impl<'a> Lines<'a> {
    /// The lines of `content`, a byte order mark before them left out.
    pub fn of(content: &'a [u8]) -> Self {
        Lines { content: content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content), at: 0, number: 1 }
    }

    /// Where the next line is looked for, to be given to `since` later.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The bytes read since the position `start`.
    pub fn since(&self, start: usize) -> &'a [u8] {
        self.content.get(start..self.at).unwrap_or_default()
    }

    fn rest(&self) -> &'a [u8] {
        self.content.get(self.at..).unwrap_or_default()
    }

    /// Goes past blank lines. What follows begins where `position` then says.
    pub fn skip_blank(&mut self) {
        while self.rest().first().is_some_and(u8::is_ascii_whitespace) {
            let (line, after) = physical(self.rest());
            if !line.trim_ascii().is_empty() {
                return;
            }
            self.at = self.content.len() - after.len();
            self.number = self.number.saturating_add(1);
        }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        self.skip_blank();
        let (start, number) = (self.at, self.number);
        if self.rest().is_empty() {
            return None;
        }
        let (first, mut rest) = physical(self.rest());
        let habits = Habits::of(first);
        let (mut last, mut count) = (first, 1);
        while !rest.is_empty() {
            let (next, after) = physical(rest);
            if !is_indented(next) && !habits.go_on(last, next) {
                break;
            }
            (last, rest, count) = (next, after, count + 1);
        }
        self.at = self.content.len() - rest.len();
        self.number = number.saturating_add(count);
        Some(Line { number, start, raw: self.since(start), own: self.at - start })
    }
}

/// How a content line goes on without indentation: its first physical line says so, and is asked once however many
/// there are.
struct Habits<'a> {
    first: &'a [u8],
    quoted_printable: OnceCell<bool>,
    base64: OnceCell<bool>,
}

impl<'a> Habits<'a> {
    fn of(first: &'a [u8]) -> Self {
        Habits { first, quoted_printable: OnceCell::new(), base64: OnceCell::new() }
    }

    /// Whether `next` belongs to the line, which has gone on to `last`.
    fn go_on(&self, last: &[u8], next: &[u8]) -> bool {
        last.ends_with(b"=") && *self.quoted_printable.get_or_init(|| is_quoted_printable(self.first))
            || !next.is_empty()
                && next.iter().all(|octet| is_base64(*octet))
                && *self.base64.get_or_init(|| is_in_base64(self.first))
    }
}

/// The first physical line without its end, and what follows that.
fn physical(content: &[u8]) -> (&[u8], &[u8]) {
    match memchr(b'\n', content) {
        Some(end) => {
            let line = &content[..end];
            (line.strip_suffix(b"\r").unwrap_or(line), &content[end + 1..])
        }
        None => (content.strip_suffix(b"\r").unwrap_or(content), &[]),
    }
}

fn is_indented(line: &[u8]) -> bool {
    matches!(line.first(), Some(b' ' | b'\t'))
}

/// Whether base64 has that octet in it (RFC 4648 §4).
pub fn is_base64(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'=')
}

fn is_quoted_printable(first: &[u8]) -> bool {
    head_contains(first, b"QUOTED-PRINTABLE")
}

fn is_in_base64(first: &[u8]) -> bool {
    head_contains(first, b"BASE64") || head_contains(first, b"ENCODING=B")
}

/// Whether what stands before the first colon contains `word`, in any case.
fn head_contains(line: &[u8], word: &[u8]) -> bool {
    let head = memchr(b':', line).map_or(line, |colon| &line[..colon]);
    head.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(content: &str) -> Vec<String> {
        Lines::of(content.as_bytes()).map(|line| String::from_utf8_lossy(&line.text()).into_owned()).collect()
    }

    #[test]
    fn unfolds_with_either_line_end() {
        assert_eq!(texts("NOTE:a\r\n b\r\n\tc\r\nFN:x\r\n"), ["NOTE:abc", "FN:x"]);
        assert_eq!(texts("NOTE:a\n  b\nFN:x"), ["NOTE:a b", "FN:x"]);
    }

    #[test]
    fn unfolds_inside_a_character() {
        let content = [b"NOTE:".as_slice(), &[0xC3], b"\r\n ", &[0xA9], b"\r\n"].concat();
        let line = Lines::of(&content).next().unwrap();
        assert_eq!(line.text().as_ref(), "NOTE:é".as_bytes());
    }

    #[test]
    fn joins_soft_line_breaks() {
        assert_eq!(
            texts("NOTE;ENCODING=QUOTED-PRINTABLE:a=\r\nb=\r\n c\r\nFN:x"),
            ["NOTE;ENCODING=QUOTED-PRINTABLE:ab c", "FN:x"]
        );
        assert_eq!(texts("NOTE:a=\r\nFN:x"), ["NOTE:a=", "FN:x"]);
    }

    #[test]
    fn joins_base64_that_is_not_indented() {
        assert_eq!(texts("PHOTO;BASE64:AAAA\nBBB=\n\nFN:x"), ["PHOTO;BASE64:AAAABBB=", "FN:x"]);
    }

    #[test]
    fn numbers_physical_lines() {
        let numbers: Vec<u32> = Lines::of(b"\xef\xbb\xbfA:1\r\n 2\r\n\r\nB:1\r\n").map(|line| line.number).collect();
        assert_eq!(numbers, [1, 4]);
    }

    #[test]
    fn names_with_and_without_group() {
        let line = Lines::of(b"item1.Email;TYPE=x.y:a@b.c").next().unwrap();
        assert!(line.is("EMAIL") && line.is("ITEM1.EMAIL"));
        assert!(!line.is("ITEM2.EMAIL") && !line.is("TEL"));
        assert!(Lines::of(b"EMA\r\n IL:a@b.c").next().unwrap().is("EMAIL"));
    }
}
