//! Content lines: unfolding (RFC 5545 §3.1), with the number of the line each begins on.

/// An unfolded line.
pub struct Line {
    /// Of its first part, from 1.
    pub number: u32,
    /// Without its line break.
    pub text: String,
}

/// The unfolded lines that are not blank. Lines may end with CRLF, LF or CR alone; a byte order mark is skipped. Unfolding comes before decoding,
/// because some clients fold inside of a character; what is not UTF-8 then is taken for Latin-1. No more lines are
/// unfolded than `most`.
pub fn lines(object: &[u8], most: usize) -> Vec<Line> {
    let object = object.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(object);
    let mut unfolded: Vec<(u32, Vec<u8>)> = Vec::new();
    for (number, part) in (1..).zip(physical(object)) {
        let is_full = unfolded.len() >= most;
        match (part.first(), unfolded.last_mut()) {
            (Some(b' ' | b'\t'), Some((_, line))) => line.extend_from_slice(&part[1..]),
            _ if part.iter().all(u8::is_ascii_whitespace) => {}
            _ if is_full => break,
            _ => unfolded.push((number, part.to_vec())),
        }
    }
    unfolded.into_iter().map(|(number, bytes)| Line { number, text: decode(bytes) }).collect()
}

/// The lines as they stand, without their breaks.
fn physical(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
        let line = &rest[..end];
        let line_break = if rest[end..].starts_with(b"\r\n") { 2 } else { 1 };
        rest = rest.get(end + line_break..).unwrap_or_default();
        Some(line)
    })
}

fn decode(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| error.as_bytes().iter().map(|byte| char::from(*byte)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unfold(object: &[u8]) -> Vec<(u32, String)> {
        lines(object, 10).into_iter().map(|line| (line.number, line.text)).collect()
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
