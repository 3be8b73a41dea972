//! Lists as JSON, for SQL's `json_each`: so a statement has one parameter, however long the list is.

/// A JSON array of what `write` writes for each item.
pub(crate) fn array<T>(items: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut String, T)) -> String {
    let mut json = String::from("[");
    for (position, item) in items.into_iter().enumerate() {
        if position > 0 {
            json.push(',');
        }
        write(&mut json, item);
    }
    json.push(']');
    json
}

/// A JSON array of strings.
pub(crate) fn strings<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    array(items, |json, item| string(json, item.as_ref()))
}

/// A JSON array of arrays of strings, each as wide as the tuple.
pub(crate) fn tuples<const N: usize, T: AsRef<str>>(items: impl IntoIterator<Item = [T; N]>) -> String {
    array(items, |json, item| json.push_str(&strings(item)))
}

/// Writes a JSON string.
pub(crate) fn string(json: &mut String, text: &str) {
    json.push('"');
    let mut rest = text;
    while let Some(position) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\') {
        json.push_str(&rest[..position]);
        let code = rest.as_bytes()[position];
        json.push_str(&format!("\\u{code:04x}"));
        rest = &rest[position + 1..];
    }
    json.push_str(rest);
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        assert_eq!(strings(["a\"b\\c\n", "ü🎉"]), r#"["a\u0022b\u005cc\u000a","ü🎉"]"#);
        assert_eq!(strings::<&str>([]), "[]");
        assert_eq!(tuples([["a", "b"], ["c", "d"]]), r#"[["a","b"],["c","d"]]"#);
    }
}
