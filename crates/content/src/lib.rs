//! Bodies as octets, whichever way they go from component to component: `text.content` of `wit/` is a type of its own
//! in every component. And bodies of content lines as the text that they are.

use std::borrow::Cow;

/// Makes a component's `Content` from octets, a text where they are UTF-8, and lets it be read as octets.
#[macro_export]
macro_rules! as_octets {
    ($Content:path) => {
        impl From<Vec<u8>> for $Content {
            fn from(octets: Vec<u8>) -> Self {
                String::from_utf8(octets).map_or_else(|error| Self::Octets(error.into_bytes()), Self::Text)
            }
        }

        impl std::ops::Deref for $Content {
            type Target = [u8];

            fn deref(&self) -> &[u8] {
                match self {
                    Self::Text(text) => text.as_bytes(),
                    Self::Octets(octets) => octets,
                }
            }
        }
    };
}

/// Content lines as text, which nearly all are as they stand. Some are folded inside of a character, and are UTF-8 when
/// they are unfolded (RFC 5545 §3.1); what is not even then is taken for Latin-1, as the iCalendar engine takes it.
pub fn text_of(lines: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(lines) {
        return Cow::Borrowed(text);
    }
    let unfolded = unfolded(lines);
    let of_line = |line: &[u8]| match std::str::from_utf8(line) {
        Ok(text) => text.to_owned(),
        Err(_) => line.iter().map(|octet| char::from(*octet)).collect(),
    };
    Cow::Owned(unfolded.split_inclusive(|octet| *octet == b'\n').map(of_line).collect())
}

/// Whether content lines are UTF-8, be it when they are unfolded.
pub fn is_utf_8(lines: &[u8]) -> bool {
    std::str::from_utf8(lines).is_ok() || std::str::from_utf8(&unfolded(lines)).is_ok()
}

/// Lines without the breaks that a blank or a tab follows.
fn unfolded(lines: &[u8]) -> Vec<u8> {
    let mut unfolded = Vec::with_capacity(lines.len());
    let mut rest = lines;
    while let Some((octet, after)) = rest.split_first() {
        let next = if *octet == b'\r' { after.strip_prefix(b"\n").unwrap_or(after) } else { after };
        rest = match next.split_first() {
            Some((b' ' | b'\t', continued)) if matches!(octet, b'\r' | b'\n') => continued,
            _ => {
                unfolded.push(*octet);
                after
            }
        };
    }
    unfolded
}

#[cfg(test)]
mod tests {
    use super::{is_utf_8, text_of};

    #[derive(Debug, PartialEq)]
    enum Content {
        Text(String),
        Octets(Vec<u8>),
    }

    as_octets!(Content);

    #[test]
    fn what_is_utf_8_is_a_text() {
        assert_eq!(Content::from("zoë".as_bytes().to_vec()), Content::Text("zoë".to_owned()));
        assert_eq!(Content::from(vec![0xff, 0]), Content::Octets(vec![0xff, 0]));
    }

    #[test]
    fn lines_are_text_however_they_are_folded() {
        for (lines, text, utf_8) in [
            (b"A:zo\xc3\xab\r\n b\r\n".as_slice(), "A:zo\u{eb}\r\n b\r\n", true),
            (b"A:zo\xc3\r\n \xab\r\nB:1\r\n 2\r\n", "A:zo\u{eb}\r\nB:12\r\n", true),
            (b"A:zo\xc3\n\t\xab\nB:\r\n", "A:zo\u{eb}\nB:\r\n", true),
            (b"A:zo\xeb\r\nB:\xc3\xab", "A:zo\u{eb}\r\nB:\u{eb}", false),
        ] {
            assert_eq!((&*text_of(lines), is_utf_8(lines)), (text, utf_8));
        }
    }

    #[test]
    fn either_is_octets() {
        assert_eq!(&*Content::from(vec![b'a']), b"a");
        assert_eq!(&*Content::from(vec![0xff]), [0xff]);
    }
}
