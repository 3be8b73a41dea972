//! What the measurement looks for in answers, whatever the server's prefixes are.

/// What is in the first element of that local name, markup included.
pub fn content<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, inside) = after.split_once('>')?;
        let opened = tag.split([' ', '\t', '\r', '\n']).next()?;
        if local(opened) == name && !tag.ends_with('/') {
            return inside.find(&format!("</{opened}")).map(|end| &inside[..end]);
        }
        rest = after;
    }
    None
}

/// The text of the first `href` in the first element of that local name.
pub fn href_in<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    content(content(text, name)?, "href").map(str::trim)
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

#[cfg(test)]
mod tests {
    use super::{content, href_in};

    #[test]
    fn finds_elements_under_any_prefix() {
        let text =
            r#"<?xml version="1.0"?><a:x xmlns:a="DAV:"><a:home/><b:home c="d"> <href>/e/</href></b:home></a:x>"#;
        assert_eq!(href_in(text, "home"), Some("/e/"));
        assert_eq!(content(text, "href"), Some("/e/"));
        assert_eq!(content(text, "nothing"), None);
    }
}
