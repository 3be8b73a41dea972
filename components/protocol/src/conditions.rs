//! What a request's header requires of what is there: If-Match and its kin (RFC 9110 §13), and WebDAV's If (RFC 4918
//! §10.4).

use crate::context::Context;
use crate::href::{self, Target};
use crate::refusal::{Refusal, Result};
use crate::request::Request;
use crate::resolve::{Found, find};
use crate::store::{Access, Collection, Lock, View};
use crate::sync_token;
use crate::types::{Home, Place};

/// Resources that an If header may be about besides the request's own.
const MAX_TAGGED: usize = 64;

/// Whether a request requires anything of the state of its target itself, so that a change in between has to be
/// noticed.
pub fn is_conditional(request: &Request) -> bool {
    ["if-match", "if-none-match", "if-unmodified-since", "if"].iter().any(|name| request.has(name))
}

/// What the conditions of a header are compared with, of something that is there (RFC 9110 §8.8).
#[derive(Default)]
pub struct Validators {
    /// The entity tag that GET gives; a folder and a home have none, so that `*` alone matches.
    pub etag: Option<String>,
    /// UTC seconds of the last change.
    pub modified: Option<i64>,
}

impl Validators {
    /// Those of what is at a place; none where nothing is. `epoch`: the database's.
    pub fn of(found: &Found, epoch: &str) -> Option<Self> {
        match found {
            Found::Nothing(_) => None,
            Found::Home(..) => Some(Self::default()),
            Found::Collection(collection) => {
                let etag = (collection.place.home != Home::Files).then(|| collection_tag(epoch, collection));
                Some(Self { etag, modified: Some(collection.modified) })
            }
            Found::Resource(_, resource) => {
                Some(Self { etag: Some(resource.etag.clone()), modified: Some(resource.modified) })
            }
        }
    }
}

/// The entity tag of a whole calendar or address book.
pub fn collection_tag(epoch: &str, collection: &Collection) -> String {
    format!("\"{}\"", sync_token::of(epoch, collection))
}

/// Checks If-Match, If-None-Match and If-Unmodified-Since before a change; `current` is what is there, whatever it is.
///
/// # Errors
/// 412 where one does not hold.
pub fn check_change(request: &Request, current: Option<&Validators>) -> Result<()> {
    let matches = |field| current.is_some_and(|current| matches(request, field, current.etag.as_deref()));
    let mut holds = true;
    if request.has("if-match") {
        holds &= matches("if-match");
    } else if let Some(since) = date(request, "if-unmodified-since") {
        holds &= current.and_then(|current| current.modified).is_none_or(|modified| modified <= since);
    }
    if request.has("if-none-match") {
        holds &= !matches("if-none-match");
    }
    if holds { Ok(()) } else { Err(Refusal::precondition_failed()) }
}

/// Whether a client that asks by GET has what is there already (304).
///
/// # Errors
/// 412 where If-Match or If-Unmodified-Since does not hold.
pub fn is_fresh(request: &Request, etag: &str, modified: i64) -> Result<bool> {
    if request.has("if-match") && !matches(request, "if-match", Some(etag)) {
        return Err(Refusal::precondition_failed());
    }
    if !request.has("if-match") && date(request, "if-unmodified-since").is_some_and(|since| modified > since) {
        return Err(Refusal::precondition_failed());
    }
    if request.has("if-none-match") {
        return Ok(matches(request, "if-none-match", Some(etag)));
    }
    Ok(date(request, "if-modified-since").is_some_and(|since| modified <= since))
}

/// Whether the entity tag of what is there is among those of a header field, or that says `*`. A tag that a proxy has
/// made weak counts as the strong one that it was: ours are all strong.
fn matches(request: &Request, field: &str, etag: Option<&str>) -> bool {
    let etag = etag.map(str::as_bytes);
    request.octets(field).flat_map(tags).any(|tag| tag == b"*" || Some(tag.strip_prefix(b"W/").unwrap_or(tag)) == etag)
}

/// The entity tags of a list. There may be commas in them, and octets that are not UTF-8 (RFC 9110 §8.8.3).
fn tags(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    let ends = move |octet: &u8| {
        quoted ^= *octet == b'"';
        *octet == b',' && !quoted
    };
    value.split(ends).map(<[u8]>::trim_ascii)
}

fn date(request: &Request, field: &str) -> Option<i64> {
    let time = httpdate::parse_http_date(request.header(field)?).ok()?;
    let since = time.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// The If header: at least one of its lists has to hold, and its state tokens are those that the client submits.
#[derive(Debug, Default, PartialEq)]
pub struct If {
    lists: Vec<List>,
}

#[derive(Debug, PartialEq)]
struct List {
    /// The URL that it is about as sent; none for the request's own.
    tag: Option<String>,
    conditions: Vec<Condition>,
}

#[derive(Debug, PartialEq)]
struct Condition {
    not: bool,
    state: State,
}

#[derive(Debug, PartialEq)]
enum State {
    Token(String),
    Etag(String),
}

impl If {
    /// Reads the header.
    ///
    /// # Errors
    /// 400 where it does not follow the grammar, and where there are several: it is no list that fields could be joined
    /// to (RFC 9110 §5.3).
    pub fn of(request: &Request) -> Result<Self> {
        let mut fields = request.octets("if");
        let read = match (fields.next(), fields.next()) {
            (None, _) => return Ok(If::default()),
            (Some(field), None) => std::str::from_utf8(field).ok().and_then(parse),
            (Some(_), Some(_)) => None,
        };
        read.ok_or_else(|| Refusal::bad("The If header cannot be understood."))
    }

    /// The lock tokens submitted.
    pub fn tokens(&self) -> Vec<&str> {
        let conditions = self.lists.iter().flat_map(|list| &list.conditions);
        let tokens = conditions.filter_map(|condition| match &condition.state {
            State::Token(token) => Some(token.as_str()),
            State::Etag(_) => None,
        });
        tokens.collect()
    }

    /// The places that its tags name, beside the target.
    ///
    /// # Errors
    /// 400 where there are too many to be looked up: of what is not, nothing could be said.
    pub fn elsewhere(&self, context: &Context) -> Result<Vec<Place>> {
        let mut places: Vec<Place> = Vec::new();
        for place in self.lists.iter().filter_map(|list| tagged(context, list.tag.as_deref())) {
            let known = Target::Place(place.clone()) == context.target || places.contains(&place);
            if !known && places.len() == MAX_TAGGED {
                return Err(Refusal::bad(format!("An If header may be about {MAX_TAGGED} other resources.")));
            }
            if !known {
                places.push(place);
            }
        }
        Ok(places)
    }

    /// Evaluates it on what lookups of places, with their locks, have found. `epoch`: the database's.
    ///
    /// # Errors
    /// 412 where no list holds.
    pub fn check(&self, context: &Context, epoch: &str, found: &[(&Place, &View)]) -> Result<()> {
        let holds = |list: &List| {
            let place = match &list.tag {
                None => context.place().ok().cloned(),
                Some(tag) => tagged(context, Some(tag)),
            };
            let view = place.and_then(|place| found.iter().find(|(at, _)| **at == place));
            list.conditions.iter().all(|condition| condition.holds(context, epoch, view))
        };
        if self.lists.is_empty() || self.lists.iter().any(holds) { Ok(()) } else { Err(Refusal::precondition_failed()) }
    }
}

impl Condition {
    fn holds(&self, context: &Context, epoch: &str, view: Option<&(&Place, &View)>) -> bool {
        let matched = view.is_some_and(|(place, view)| match (&self.state, find(place, view, context.asker())) {
            (State::Token(token), found) => {
                let held = view.locks.iter().any(|lock| lock.token == *token && covers(lock, place));
                (held && is_seen(&found)) || is_sync_token(token, epoch, &found)
            }
            (State::Etag(etag), Found::Resource(_, resource)) => {
                resource.etag == etag.strip_prefix("W/").unwrap_or(etag)
            }
            (State::Etag(_), _) => false,
        });
        matched != self.not
    }
}

/// Whether the asker may know of locks there.
fn is_seen(found: &Found) -> bool {
    match found {
        Found::Nothing(holder) => holder.is_some_and(|holder| holder.access >= Access::Read),
        Found::Home(..) | Found::Collection(_) | Found::Resource(..) => true,
    }
}

/// Whether a state token is the sync token that a collection has now (RFC 6578 §5).
fn is_sync_token(token: &str, epoch: &str, found: &Found) -> bool {
    matches!(found, Found::Collection(collection) if sync_token::of(epoch, collection) == token)
}

/// Whether a lock is on a place, or on a collection above it and deep.
pub fn covers(lock: &Lock, place: &Place) -> bool {
    lock.root == *place || (lock.deep && href::is_within(place, &lock.root))
}

fn tagged(context: &Context, tag: Option<&str>) -> Option<Place> {
    let url = context.absolute(tag?).filter(|url| context.is_here(url))?;
    match href::parse(&context.base, url.path()) {
        Ok(Target::Place(place)) => Some(place),
        _ => None,
    }
}

/// The grammar of RFC 4918 §10.4.2.
fn parse(value: &str) -> Option<If> {
    let mut lists = Vec::new();
    let mut tag = None;
    let mut rest = value.trim_start();
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('<') {
            let (url, after) = inner.split_once('>')?;
            tag = Some(url.to_owned());
            rest = after.trim_start();
        }
        let (conditions, after) = list(rest.strip_prefix('(')?)?;
        lists.push(List { tag: tag.clone(), conditions });
        rest = after.trim_start();
    }
    if lists.is_empty() { None } else { Some(If { lists }) }
}

/// Conditions up to the closing parenthesis, and what follows it.
fn list(mut rest: &str) -> Option<(Vec<Condition>, &str)> {
    let mut conditions = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix(')') {
            return if conditions.is_empty() { None } else { Some((conditions, after)) };
        }
        let negated = rest.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("not"));
        if negated {
            rest = rest[3..].trim_start();
        }
        let (state, after) = match rest.as_bytes().first()? {
            b'<' => rest[1..].split_once('>').map(|(token, after)| (State::Token(token.to_owned()), after))?,
            b'[' => rest[1..].split_once(']').map(|(etag, after)| (State::Etag(etag.to_owned()), after))?,
            _ => return None,
        };
        conditions.push(Condition { not: negated, state });
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(not: bool, token: &str) -> Condition {
        Condition { not, state: State::Token(token.to_owned()) }
    }

    #[test]
    fn the_examples_of_rfc_4918() {
        let read = parse("(<urn:uuid:181d> [\"I am an ETag\"]) ([\"I am another ETag\"])").unwrap();
        assert_eq!(read.lists.len(), 2);
        assert_eq!(read.lists[0].conditions[1].state, State::Etag("\"I am an ETag\"".to_owned()));
        let read = parse("(Not <urn:uuid:181d> <urn:uuid:58f2>)").unwrap();
        assert_eq!(read.lists[0].conditions, [token(true, "urn:uuid:181d"), token(false, "urn:uuid:58f2")]);
        let read = parse("</resource1> (<urn:uuid:181d>) (Not <DAV:no-lock>)").unwrap();
        assert_eq!(read.lists[1].tag.as_deref(), Some("/resource1"));
        assert_eq!(read.tokens(), ["urn:uuid:181d", "DAV:no-lock"]);
    }

    #[test]
    fn what_is_not_in_the_grammar() {
        for value in ["", "()", "(", "<a>", "(<a>", "(a)", "([\"x\")", "<a> <b> (<c>)"] {
            assert_eq!(parse(value), None, "{value}");
        }
    }

    #[test]
    fn whatever_comes_is_read_or_refused() {
        let texts = [
            "(<urn:uuid:181d> [\"I am an ETag\"]) ([\"I am another ETag\"])",
            "</resource1> (<urn:uuid:181d> [W/\"a\"]) (Not <DAV:no-lock>) <http://a/b> (not [\"x\"])",
        ];
        let pieces = ["(", ")", "<", ">", "[", "]", "Not", "not ", " ", "\t", "\"", "<a>", "(<b>)", "\u{e9}", "()"];
        let mut read_some = 0;
        crate::fuzzing::with_changes(&texts, &pieces, |octets| {
            let text = String::from_utf8_lossy(octets);
            let Some(read) = parse(&text) else { return };
            read_some += 1;
            assert!(read.lists.iter().all(|list| !list.conditions.is_empty()), "{text}");
            assert!(read.tokens().iter().all(|token| !token.contains('>')), "{text}");
            assert_eq!(parse(&written(&read)), Some(read), "{text}");
        });
        assert!(read_some > 500, "{read_some} followed the grammar");
    }

    /// An If header as it would be sent.
    fn written(header: &If) -> String {
        let mut text = String::new();
        for List { tag, conditions } in &header.lists {
            text.extend(tag.iter().map(|tag| format!("<{tag}> ")));
            let conditions = conditions.iter().map(|Condition { not, state }| {
                let not = if *not { "Not " } else { "" };
                match state {
                    State::Token(token) => format!("{not}<{token}>"),
                    State::Etag(etag) => format!("{not}[{etag}]"),
                }
            });
            text += &format!("({}) ", conditions.collect::<Vec<_>>().join(" "));
        }
        text
    }
}
