//! What a client needs back: the `.expect` files. `tests/recorded/README.md` has their grammar.

use kalends_tests::names::{APPLE, CALDAV, CALENDARSERVER, CARDDAV, DAV, HREF};
use kalends_tests::{Answer, Element, Multistatus, Name, Response};

use crate::request::Request;
use crate::variables::Variables;

/// The prefixes that expectations use. Those of the requests are the clients' own.
const PREFIXES: [(&str, &str); 8] = [
    ("D", DAV),
    ("C", CALDAV),
    ("CARD", CARDDAV),
    ("CS", CALENDARSERVER),
    ("A", APPLE),
    ("ME", "http://me.com/_namespace/"),
    ("OC", "http://owncloud.org/ns"),
    ("T", "http://org.tasks/ns/"),
];

type Checked = Result<(), String>;

/// The expectations of one answer.
pub struct Expectations {
    place: String,
    /// With their line numbers.
    lines: Vec<(usize, String)>,
}

/// What was asked and what came.
pub struct Context<'a> {
    /// The request as recorded.
    pub request: &'a Request,
    /// The answer to it.
    pub answer: &'a Answer,
    /// The answer's body, where it is one.
    pub multistatus: Option<&'a Multistatus>,
}

impl Expectations {
    /// Reads a file; `place` is its name in messages.
    pub fn parse(place: &str, file: &str) -> Expectations {
        assert!(file.lines().any(|line| line.starts_with("# source: ")), "{place} names no source");
        let numbered = file.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
        let lines: Vec<(usize, String)> = numbered
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
            .map(|(number, line)| (number, line.to_owned()))
            .collect();
        let first = lines.first().map(|(_, line)| line.as_str()).unwrap_or_default();
        assert!(first.starts_with("status "), "{place} does not begin with a status");
        Expectations { place: place.to_owned(), lines }
    }

    /// Checks all of them, and returns what is not met. Values to remember go to `variables`.
    pub fn check(&self, context: &Context, variables: &mut Variables) -> Vec<String> {
        let mut failures = Vec::new();
        // The response that `found`, `missing` and so on are about.
        let mut subject = None;
        for (number, line) in &self.lines {
            let checked =
                variables.fill(line, str::to_owned).and_then(|filled| context.check(&filled, &mut subject, variables));
            if let Err(reason) = checked {
                failures.push(format!("{}:{number}: {line}\n    {reason}", self.place));
            }
        }
        if !failures.is_empty() {
            failures.push(format!(
                "{} was answered {}\n{}",
                context.answer.question,
                context.answer.status,
                context.excerpt()
            ));
        }
        failures
    }
}

impl<'a> Context<'a> {
    fn check(&self, line: &str, subject: &mut Option<&'a Response>, variables: &mut Variables) -> Checked {
        let (word, rest) = first_word(line);
        match word {
            "status" => self.status(rest),
            "header" => self.header(rest),
            "no" => self.absent(rest),
            "body" => matches(&String::from_utf8_lossy(self.answer.body()), rest),
            "error" => self.error(name(rest)),
            "token" => self.token().map(|_| ()),
            "responses" => self.count(rest),
            "every" => self.every(rest),
            "remember" => {
                let (key, source) = rest.split_once(" = ").unwrap_or_else(|| panic!("what is remembered? {line}"));
                variables.remember(key, self.value(source, *subject)?);
                Ok(())
            }
            "response" => {
                *subject = None;
                *subject = Some(self.response(rest)?);
                Ok(())
            }
            _ => of_response(line, subject.ok_or("there is no response that this is about")?, self.request),
        }
    }

    fn multistatus(&self) -> Result<&'a Multistatus, String> {
        self.multistatus.ok_or_else(|| "the answer is no multistatus".to_owned())
    }

    fn response(&self, href: &str) -> Result<&'a Response, String> {
        let multistatus = self.multistatus()?;
        let about = || format!("there is no such response, only about {:?}", multistatus.hrefs());
        multistatus.find(href).ok_or_else(about)
    }

    fn status(&self, statuses: &str) -> Checked {
        let status = self.answer.status.to_string();
        holds(statuses.split(' ').any(|expected| expected == status), || format!("it is {status}"))
    }

    /// `NAME`, `NAME includes TOKEN` or `NAME MATCH TEXT`.
    fn header(&self, rest: &str) -> Checked {
        let (field, rest) = first_word(rest);
        let value = self.answer.header(field).ok_or("there is none")?;
        match rest.strip_prefix("includes ") {
            Some(token) => {
                let tokens = self.answer.list(field);
                holds(tokens.iter().any(|given| given == token), || format!("it lists {tokens:?}"))
            }
            None => matches(value, rest),
        }
    }

    /// `header NAME` or `response HREF`.
    fn absent(&self, rest: &str) -> Checked {
        match first_word(rest) {
            ("header", field) => match self.answer.header(field) {
                Some(value) => Err(format!("it is {value}")),
                None => Ok(()),
            },
            ("response", href) => holds(self.multistatus()?.find(href).is_none(), || "there is one".to_owned()),
            _ => panic!("no what? {rest}"),
        }
    }

    /// A `DAV:error` with an element (RFC 4918 §16).
    fn error(&self, condition: Name) -> Checked {
        let root = Element::parse(self.answer.text());
        let found = root.is(Name(DAV, "error")) && root.child(condition).is_some();
        holds(found, || format!("{condition} is not in the error"))
    }

    /// The sync token of a sync-collection, which has to be a URI (RFC 6578 §4).
    fn token(&self) -> Result<String, String> {
        let token = self.multistatus()?.sync_token.clone().ok_or("there is no sync-token")?;
        holds(token.contains(':'), || format!("{token:?} is no URI")).map(|()| token)
    }

    fn count(&self, number: &str) -> Checked {
        let hrefs = self.multistatus()?.hrefs();
        holds(hrefs.len().to_string() == number, || format!("they are {hrefs:?}"))
    }

    /// `response answers all`: each holds every property that was asked for, found or not.
    fn every(&self, rest: &str) -> Checked {
        assert_eq!(rest, "response answers all", "every what? {rest}");
        let asked = self.request.properties();
        assert!(!asked.is_empty(), "the request asks for no property by name");
        for response in self.multistatus()?.responses.iter().filter(|response| response.status.is_none()) {
            for (namespace, local) in &asked {
                let name = leaked(namespace, local);
                holds(response.status_of(name).is_some(), || format!("{} does not answer {name}", response.href))?;
            }
        }
        Ok(())
    }

    /// `header NAME`, `sync-token`, or `PROPERTY [href | attribute NAME]` of the response that is spoken of.
    fn value(&self, source: &str, subject: Option<&Response>) -> Result<String, String> {
        match first_word(source) {
            ("header", field) => Ok(self.answer.header(field).ok_or("there is none")?.to_owned()),
            ("sync-token", _) => self.token(),
            (property, part) => {
                let response = subject.ok_or("there is no response that this is about")?;
                let element = response.get(name(property)).ok_or("the property was not found")?;
                parts(element, part).into_iter().next().ok_or_else(|| format!("it has no {part}"))
            }
        }
    }

    /// The body's beginning, for messages.
    fn excerpt(&self) -> String {
        String::from_utf8_lossy(self.answer.body()).chars().take(3000).collect()
    }
}

/// An expectation about one response of a multistatus.
fn of_response(line: &str, response: &Response, request: &Request) -> Checked {
    let (word, rest) = first_word(line);
    let (property, rest) = first_word(rest);
    match word {
        "gone" => holds(response.status == Some(404), || format!("its status is {:?}", response.status)),
        "found" => found(response, name(property), rest),
        "missing" => match response.status_of(name(property)) {
            Some(404) => Ok(()),
            None if request.prefers_minimal() => Ok(()),
            other => Err(format!("its status is {other:?}")),
        },
        "property" => {
            let status = response.status_of(name(property)).map(|status| status.to_string());
            holds(status.as_deref() == Some(rest), || format!("its status is {status:?}"))
        }
        _ => panic!("no such expectation: {line}"),
    }
}

/// `found PROPERTY` with a condition on its content.
fn found(response: &Response, property: Name, condition: &str) -> Checked {
    let element = response.get(property).ok_or_else(|| format!("its status is {:?}", response.status_of(property)))?;
    let (word, rest) = first_word(condition);
    match word {
        "with" => holds(holds_element(element, rest), || format!("{rest} is not in {element:?}")),
        "without" => holds(!holds_element(element, rest), || format!("{rest} is in {element:?}")),
        "href" => any_matches(element, "href", rest),
        "attribute" => {
            let (attribute, rest) = first_word(rest);
            any_matches(element, &format!("attribute {attribute}"), rest)
        }
        "" if !element.children().is_empty() => Ok(()),
        _ => matches(element.exact_text(), condition),
    }
}

/// Whether one of the texts that a part of a property has is as it should be.
fn any_matches(element: &Element, part: &str, condition: &str) -> Checked {
    let texts = parts(element, part);
    holds(texts.iter().any(|text| matches(text, condition).is_ok()), || format!("of {part} there is {texts:?}"))
}

/// The texts of a property: those of its hrefs, an attribute, or its own.
fn parts(element: &Element, part: &str) -> Vec<String> {
    match first_word(part) {
        ("href", _) => element.all(HREF).map(|href| href.text().to_owned()).collect(),
        ("attribute", attribute) => element.attribute(attribute).map(str::to_owned).into_iter().collect(),
        _ => vec![element.text().to_owned()],
    }
}

/// Whether `NAME` or `NAME ATTRIBUTE=VALUE` is somewhere in an element.
fn holds_element(element: &Element, description: &str) -> bool {
    let (wanted, attribute) = first_word(description);
    let wanted = name(wanted);
    let fits = |child: &Element| {
        child.is(wanted) && attribute.split_once('=').is_none_or(|(key, value)| child.attribute(key) == Some(value))
    };
    element.children().iter().any(|child| fits(child) || holds_element(child, description))
}

/// A text against `is`, `not`, `begins`, `ends` or `contains`; without any of them it must not be empty. Carriage
/// returns do not count, since XML has none, nor does white space at the ends.
fn matches(text: &str, condition: &str) -> Checked {
    let plain = |text: &str| text.replace('\r', "").trim().to_owned();
    let (word, expected) = first_word(condition);
    let (text, expected) = (plain(text), plain(expected));
    let held = match word {
        "" => !text.is_empty(),
        "is" => text == expected,
        "not" => text != expected,
        "begins" => text.starts_with(&expected),
        "ends" => text.ends_with(&expected),
        "contains" => text.contains(&expected),
        "lacks" => !text.contains(&expected),
        _ => panic!("no such condition: {condition}"),
    };
    holds(held, || format!("it is {text:?}"))
}

fn holds(held: bool, otherwise: impl FnOnce() -> String) -> Checked {
    if held { Ok(()) } else { Err(otherwise()) }
}

/// The first word of a line, and the rest.
fn first_word(line: &str) -> (&str, &str) {
    line.split_once([' ', '\n']).unwrap_or((line, ""))
}

/// A name with one of the prefixes.
fn name(prefixed: &str) -> Name {
    let (prefix, local) = prefixed.split_once(':').unwrap_or_else(|| panic!("no name with a prefix: {prefixed:?}"));
    let namespace =
        PREFIXES.iter().find(|(given, _)| *given == prefix).unwrap_or_else(|| panic!("no such prefix: {prefix}"));
    leaked(namespace.1, local)
}

/// The harness's names last as long as the program, which is short here.
fn leaked(namespace: &str, local: &str) -> Name {
    Name(String::leak(namespace.to_owned()), String::leak(local.to_owned()))
}
