//! Content lines: unfolding (RFC 5545 §3.1), with the number of the line each begins on.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr2;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// An unfolded line.
pub struct Line<'a> {
    /// Of its first part, from 1.
    pub number: u32,
    /// Where in the object its parts are, from the first octet to the last.
    pub place: Range<usize>,
    /// Without its line break.
    pub text: Cow<'a, str>,
}

/// The unfolded lines that are not blank. Lines may end with CRLF, LF or CR alone; a byte order mark is skipped.
/// Unfolding comes before decoding, because some clients fold inside of a character; what is not UTF-8 then is taken
/// for Latin-1. No more lines are unfolded than `most`.
pub fn lines(object: &[u8], most: usize) -> Vec<Line<'_>> {
    let mut unfolded: Vec<(u32, Range<usize>, Cow<[u8]>)> = Vec::new();
    for (number, place) in (1..).zip(physical(object)) {
        let is_full = unfolded.len() >= most;
        let part = &object[place.clone()];
        match (part.first(), unfolded.last_mut()) {
            (Some(b' ' | b'\t'), Some((_, whole, line))) => {
                line.to_mut().extend_from_slice(&part[1..]);
                whole.end = place.end;
            }
            _ if part.iter().all(u8::is_ascii_whitespace) => {}
            _ if is_full => break,
            _ => unfolded.push((number, place, Cow::Borrowed(part))),
        }
    }
    unfolded.into_iter().map(|(number, place, bytes)| Line { number, place, text: decode(bytes) }).collect()
}

/// Where the lines are as they stand, without their breaks.
fn physical(object: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut begin = if object.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    std::iter::from_fn(move || {
        let rest = object.get(begin..).filter(|rest| !rest.is_empty())?;
        let length = memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
        let line = begin..begin + length;
        begin = line.end + if rest[length..].starts_with(b"\r\n") { 2 } else { 1 };
        Some(line)
    })
}

fn decode(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    let latin_1 = |bytes: &[u8]| -> String { bytes.iter().map(|byte| char::from(*byte)).collect() };
    match bytes {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map_or_else(|_| Cow::Owned(latin_1(bytes)), Cow::Borrowed),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8(bytes).unwrap_or_else(|error| latin_1(error.as_bytes()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unfold(object: &[u8]) -> Vec<(u32, String)> {
        lines(object, 10).into_iter().map(|line| (line.number, line.text.into_owned())).collect()
    }

    #[test]
    fn every_line_break_ends_a_line_and_numbers_are_of_the_first_part() {
        let expected = vec![(1, "A:bc".to_string()), (4, "D:e".to_string())];
        assert_eq!(unfold(b"A:b\r\n c\r\n\r\nD:e\r\n"), expected);
        assert_eq!(unfold(b"A:b\n c\n\nD:e\n"), expected);
        assert_eq!(unfold(b"\xEF\xBB\xBFA:b\r c\r\rD:e"), expected);
    }

    #[test]
    fn a_character_may_be_folded_in_the_middle() {
        assert_eq!(unfold(b"A:\xC3\r\n \xA9"), vec![(1, "A:\u{e9}".to_string())]);
        assert_eq!(unfold(b"A:\xE9"), vec![(1, "A:\u{e9}".to_string())]);
    }
}
