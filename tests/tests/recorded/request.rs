//! A recorded request: the `.http` files.

use kalends_tests::{Answer, Client, Host, names};

use crate::variables::Variables;

/// A request as a client sends it, with placeholders.
pub struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Request {
    /// Reads a file: request line, header fields, a blank line, the body.
    pub fn parse(file: &str) -> Request {
        let (head, body) = file.split_once("\n\n").unwrap_or((file.trim_end(), ""));
        let mut lines = head.lines();
        let line = lines.next().unwrap_or_default();
        let words: Vec<&str> = line.split(' ').collect();
        let [method, target, "HTTP/1.1"] = words[..] else { panic!("no request line: {line:?}") };
        let field = |line: &str| match line.split_once(": ") {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            None => panic!("no header field: {line:?}"),
        };
        Request {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: lines.map(field).collect(),
            body: body.to_owned(),
        }
    }

    /// The value of a header field, with its placeholders.
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether the client prefers that what is missing is left out (RFC 8144 §2.1, and the older `Brief: t`).
    pub fn prefers_minimal(&self) -> bool {
        self.header("brief") == Some("t") || self.header("prefer").is_some_and(|value| value.contains("return=minimal"))
    }

    /// The properties that it asks for by name: namespace and local name.
    pub fn properties(&self) -> Vec<(String, String)> {
        let Ok(document) = roxmltree::Document::parse(&self.body) else { return Vec::new() };
        let prop = document.root_element().children().find(|child| child.has_tag_name(("DAV:", "prop")));
        let named = prop.into_iter().flat_map(|prop| prop.children()).filter(roxmltree::Node::is_element);
        let name = |node: roxmltree::Node| {
            let tag = node.tag_name();
            (tag.namespace().unwrap_or_default().to_owned(), tag.name().to_owned())
        };
        named.map(name).collect()
    }

    /// The body as it goes over the wire: the lines of calendar objects and cards end with CRLF, and values in XML are
    /// escaped.
    ///
    /// # Errors
    /// A placeholder without a value.
    pub fn filled_body(&self, variables: &Variables) -> Result<String, String> {
        let media_type = self.header("content-type").unwrap_or_default();
        if media_type.starts_with("text/calendar") || media_type.starts_with("text/vcard") {
            return Ok(variables.fill(&self.body, str::to_owned)?.replace('\n', "\r\n"));
        }
        variables.fill(&self.body, names::escape)
    }

    /// Sends it. Where the host has no MKCALENDAR it goes as POST with `X-HTTP-Method-Override`, as a proxy in front
    /// would send it.
    ///
    /// # Errors
    /// A placeholder without a value.
    pub fn send(&self, client: &Client, variables: &Variables) -> Result<Answer, String> {
        let target = variables.fill(&self.target, str::to_owned)?;
        let overridden = self.method == "MKCALENDAR" && Host::tested() == Host::Cloudflare;
        let mut request = match overridden {
            true => client.request("POST", &target).header("x-http-method-override", "MKCALENDAR"),
            false => client.request(&self.method, &target),
        };
        if overridden {
            eprintln!("MKCALENDAR {target} goes as POST: this host's HTTP layer refuses the method");
        }
        for (name, value) in &self.headers {
            request = request.header(name, &variables.fill(value, str::to_owned)?);
        }
        Ok(request.body(self.filled_body(variables)?).send())
    }
}
