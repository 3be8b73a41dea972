//! Escapes of TEXT and the separators of compound values (RFC 6350 §3.4; RFC 2426 §5).

/// The text that an escaped value stands for. A backslash before anything that needs none is left out where it stands
/// before a character that other producers escape (`:`, `"`), and kept otherwise.
pub fn unescape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        match characters.next() {
            Some('n' | 'N') => text.push('\n'),
            Some(escaped @ ('\\' | ',' | ';' | ':' | '"')) => text.push(escaped),
            Some(other) => text.extend(['\\', other]),
            None => text.push('\\'),
        }
    }
    text
}

/// A URI without the backslashes that producers escape it with (`http\://`, `;base64\,`), and without line breaks,
/// which none has. A long one, which is data, has no backslashes.
pub fn unescape_uri(value: &str) -> String {
    if value.contains('\\') { unescape(value).replace(['\n', '\r'], "") } else { value.to_owned() }
}

/// A text as a value that may stand anywhere, in a component of a compound value too.
pub fn escape(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' | ',' | ';' => value.extend(['\\', character]),
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' | '\r' => value.push_str("\\n"),
            other => value.push(other),
        }
    }
    value
}

/// The parts of a value between separators that are not escaped, still escaped themselves.
pub fn split(value: &str, separator: u8) -> Vec<&str> {
    let (mut parts, mut start, mut escaped) = (Vec::new(), 0, false);
    for (at, octet) in value.bytes().enumerate() {
        if escaped {
            escaped = false;
        } else if octet == b'\\' {
            escaped = true;
        } else if octet == separator {
            parts.push(&value[start..at]);
            start = at + 1;
        }
    }
    parts.push(&value[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unescapes_what_producers_escape() {
        assert_eq!(unescape(r"a\, b\; c\\d\ne\Nf http\://x \q"), "a, b; c\\d\ne\nf http://x \\q");
        assert_eq!(unescape("end\\"), "end\\");
    }

    #[test]
    fn escaping_is_undone() {
        let text = "a,b;c\\d\nn\\n";
        assert_eq!(unescape(&escape(text)), text);
        assert_eq!(escape("a\r\nb\rc"), "a\\nb\\nc");
    }

    #[test]
    fn splits_outside_of_escapes() {
        assert_eq!(split(r"a\;b;c\\;;d", b';'), [r"a\;b", r"c\\", "", "d"]);
        assert_eq!(split("", b';'), [""]);
    }
}
