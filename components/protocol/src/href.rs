//! Paths: what a request's path names, and the canonical form in which Kalends writes its own.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::types::{Home, Place};

/// Everything but the unreserved characters of RFC 3986 §2.3 is encoded: `@` and `+` too, which clients differ about.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Octets of a path, at most. What is stored has shorter ones, as we write them: a collection in its owner's home
/// [`LONGEST_NEW`], a name in it as much again, and what stands in front of the two.
const LONGEST: usize = 16 * 1024;

/// Octets of the path below a home of what is to be stored, in canonical form, at most.
pub const LONGEST_NEW: usize = 4096;

/// Octets of the last segment of that, at most: file systems have names of 255 octets, which are three times as many
/// here where each is encoded. A listing has all names at once, twice each, and PostgreSQL's index takes no more than
/// some 2,600.
pub const LONGEST_NAME: usize = 1024;

/// What a path names.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// `/`
    Root,
    /// `/.well-known/caldav` and `/.well-known/carddav` (RFC 6764 §5)
    WellKnown,
    /// `/api/` and below
    Api,
    /// `/dav/`
    Dav,
    /// `/dav/principals/`
    Principals,
    /// `/dav/principals/NAME/`
    Principal(String),
    /// `/dav/principals/NAME/calendar-proxy-read/` and `-write/`; true for write
    Proxy(String, bool),
    /// `/dav/notifications/NAME/`
    Notifications(String),
    /// `/dav/notifications/NAME/NOTIFICATION`
    Notification(String, String),
    /// `/public/SECRET`, and with a file name of any kind below it
    Public(String),
    /// `/dav/calendars/` and its like
    Homes(Home),
    /// A home, or something below it
    Place(Place),
    /// Nothing that could be
    Nothing,
}

/// Why a path is refused with 400.
#[derive(Debug, PartialEq, Eq)]
pub struct BadPath(pub &'static str);

/// What the path of a request names. `base` is what stands in front of `/dav/` behind a proxy; without slash at its
/// end.
///
/// # Errors
/// Where the path is no absolute path, too long, has empty or dot segments, or characters that are not in a URL.
pub fn parse(base: &str, path_and_query: &str) -> Result<Target, BadPath> {
    let path = path_and_query.split(['?', '#']).next().unwrap_or_default();
    if path.len() > LONGEST {
        return Err(BadPath("the path is too long"));
    }
    if !path.starts_with('/') {
        return Err(BadPath("the path has to begin with a slash"));
    }
    if let Some(target) = outside(path) {
        return Ok(target);
    }
    let Some(path) = path.strip_prefix(base) else { return Ok(Target::Nothing) };
    if let Some(target) = outside(path) {
        return Ok(target);
    }
    let segments = segments(path)?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    Ok(match segments.as_slice() {
        [] => Target::Root,
        ["dav", rest @ ..] => below_dav(rest),
        ["public", secret] | ["public", secret, _] => Target::Public(decode(secret)),
        _ => Target::Nothing,
    })
}

/// What a reference names that a client has put into a body: a path, or a URL of this server, whose host is not looked
/// at; none where it cannot be.
pub fn parse_reference(base: &str, reference: &str) -> Option<Target> {
    let path = match reference.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/')?..],
        None => reference,
    };
    // What a client writes as it is to be read, RFC 3986 would have it encode: a space, say.
    parse(base, path).ok()
}

/// Paths that are not DAV's.
fn outside(path: &str) -> Option<Target> {
    match path {
        "/.well-known/caldav" | "/.well-known/carddav" | "/.well-known/caldav/" | "/.well-known/carddav/" => {
            Some(Target::WellKnown)
        }
        "/api" => Some(Target::Api),
        _ if path.starts_with("/api/") => Some(Target::Api),
        _ => None,
    }
}

fn below_dav(segments: &[&str]) -> Target {
    let home = |name: &str| match name {
        "calendars" => Some(Home::Calendars),
        "addressbooks" => Some(Home::Addressbooks),
        "files" => Some(Home::Files),
        _ => None,
    };
    match segments {
        [] => Target::Dav,
        ["principals"] => Target::Principals,
        ["principals", name] => Target::Principal(decode(name)),
        ["principals", name, "calendar-proxy-read"] => Target::Proxy(decode(name), false),
        ["principals", name, "calendar-proxy-write"] => Target::Proxy(decode(name), true),
        ["notifications", name] => Target::Notifications(decode(name)),
        ["notifications", name, notice] => Target::Notification(decode(name), decode(notice)),
        [name, rest @ ..] => match (home(name), rest) {
            (None, _) => Target::Nothing,
            (Some(home), []) => Target::Homes(home),
            (Some(home), [owner, path @ ..]) => {
                Target::Place(Place { home, owner: decode(owner), path: path.join("/") })
            }
        },
    }
}

/// The segments of a path in canonical percent-encoding. One slash at the end is left out.
fn segments(path: &str) -> Result<Vec<String>, BadPath> {
    let trimmed = path.strip_prefix('/').unwrap_or(path);
    let trimmed = trimmed.strip_suffix('/').unwrap_or(trimmed);
    if trimmed.is_empty() {
        return if path.len() > 1 { Err(BadPath("the path has an empty segment")) } else { Ok(Vec::new()) };
    }
    trimmed.split('/').map(canonical).collect()
}

/// One segment in canonical form.
fn canonical(segment: &str) -> Result<String, BadPath> {
    let Ok(decoded) = percent_decode_str(segment).decode_utf8() else { return Err(BadPath("the path is not UTF-8")) };
    match decoded.as_ref() {
        "" => Err(BadPath("the path has an empty segment")),
        "." | ".." => Err(BadPath("the path has a dot segment")),
        text if text.contains(|character: char| character.is_control()) => {
            Err(BadPath("the path has a control character"))
        }
        text => Ok(encode(text)),
    }
}

/// A name as a path segment in canonical form.
pub fn encode(name: &str) -> String {
    utf8_percent_encode(name, SEGMENT).to_string()
}

/// The name that a canonical segment stands for.
pub fn decode(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// The segment of a home in the URL space.
pub fn home_segment(home: Home) -> &'static str {
    match home {
        Home::Calendars => "calendars",
        Home::Addressbooks => "addressbooks",
        Home::Files => "files",
    }
}

/// The path of a place as a collection, with a slash at its end.
pub fn of_collection(base: &str, place: &Place) -> String {
    let mut href = of_home(base, place.home, &place.owner);
    if !place.path.is_empty() {
        href.push_str(&place.path);
        href.push('/');
    }
    href
}

/// The path of a place as a resource, without one.
pub fn of_resource(base: &str, place: &Place) -> String {
    let mut href = of_collection(base, place);
    href.truncate(href.trim_end_matches('/').len());
    href
}

/// Whether a segment as a client wrote it is its own canonical form for certain, and a name. Most are, and need not be
/// taken apart.
pub fn is_plain(segment: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    !segment.is_empty() && !segment.starts_with('.') && segment.bytes().all(unreserved)
}

/// The path of a home.
pub fn of_home(base: &str, home: Home, owner: &str) -> String {
    format!("{base}/dav/{}/{}/", home_segment(home), encode(owner))
}

/// The path of a principal.
pub fn of_principal(base: &str, name: &str) -> String {
    format!("{base}/dav/principals/{}/", encode(name))
}

/// The path of somebody's notifications.
pub fn of_notifications(base: &str, name: &str) -> String {
    format!("{base}/dav/notifications/{}/", encode(name))
}

/// The segment that storage gives a shared collection in the home of whoever it is shared with.
pub fn shared_segment(collection: u64) -> String {
    format!("shared~{collection}")
}

/// Splits a place's path into that of what holds it and its last segment.
pub fn split(place: &Place) -> (Place, String) {
    let (parent, name) = place.path.rsplit_once('/').unwrap_or(("", &place.path));
    (Place { path: parent.to_owned(), ..place.clone() }, name.to_owned())
}

/// Whether one place is the other, or below it.
pub fn is_within(inner: &Place, outer: &Place) -> bool {
    inner.home == outer.home
        && inner.owner == outer.owner
        && (outer.path.is_empty()
            || inner.path == outer.path
            || inner.path.strip_prefix(&outer.path).is_some_and(|rest| rest.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: &str) -> Target {
        Target::Place(Place { home: Home::Calendars, owner: "me@example.org".to_owned(), path: path.to_owned() })
    }

    #[test]
    fn spellings_of_one_name_are_one() {
        for path in [
            "/dav/calendars/me@example.org/a b",
            "/dav/calendars/me%40example.org/a%20b/",
            "/dav/calendars/%6de%40example.org/a%20b?x",
        ] {
            assert_eq!(parse("", path), Ok(place("a%20b")), "{path}");
        }
    }

    #[test]
    fn an_encoded_slash_does_not_separate() {
        assert_eq!(parse("", "/dav/calendars/me%40example.org/a%2fb"), Ok(place("a%2Fb")));
        assert_eq!(parse("", "/dav/calendars/me%40example.org/a/b"), Ok(place("a/b")));
        assert_eq!(decode("a%2Fb"), "a/b");
    }

    #[test]
    fn normal_forms_of_unicode_stay_apart() {
        assert_ne!(parse("", "/dav/calendars/x/\u{e9}"), parse("", "/dav/calendars/x/e\u{301}"));
    }

    #[test]
    fn traversal_is_refused() {
        for path in [
            "/dav/calendars/../x",
            "/dav/%2e%2e/x",
            "/dav//calendars",
            "//",
            "dav",
            "/dav/%00",
            "/dav/%ff",
            "/dav/calendars/./x",
        ] {
            assert!(parse("", path).is_err(), "{path}");
        }
        assert!(parse("", &format!("/dav/{}", "a".repeat(20_000))).is_err());
    }

    #[test]
    fn the_tree() {
        assert_eq!(parse("", "/"), Ok(Target::Root));
        assert_eq!(parse("", "/dav"), Ok(Target::Dav));
        assert_eq!(parse("", "/dav/principals/"), Ok(Target::Principals));
        assert_eq!(parse("", "/dav/principals/a/"), Ok(Target::Principal("a".to_owned())));
        assert_eq!(parse("", "/dav/principals/a/calendar-proxy-write"), Ok(Target::Proxy("a".to_owned(), true)));
        assert_eq!(parse("", "/dav/addressbooks/"), Ok(Target::Homes(Home::Addressbooks)));
        assert_eq!(parse("", "/.well-known/caldav"), Ok(Target::WellKnown));
        assert_eq!(parse("", "/api/accounts"), Ok(Target::Api));
        assert_eq!(parse("", "/dav/notifications/a/"), Ok(Target::Notifications("a".to_owned())));
        assert_eq!(parse("", "/dav/notifications/a/b"), Ok(Target::Notification("a".to_owned(), "b".to_owned())));
        assert_eq!(parse("", "/public/s"), Ok(Target::Public("s".to_owned())));
        assert_eq!(parse("", "/public/s/work.ics"), Ok(Target::Public("s".to_owned())));
        assert_eq!(parse("", "/public/s/a/b"), Ok(Target::Nothing));
        assert_eq!(parse("", "/other"), Ok(Target::Nothing));
        assert_eq!(parse("/base", "/base/dav/"), Ok(Target::Dav));
        assert_eq!(parse("/base", "/dav/"), Ok(Target::Nothing));
    }

    #[test]
    fn within() {
        let at = |path: &str| Place { home: Home::Files, owner: "a".to_owned(), path: path.to_owned() };
        assert!(is_within(&at("a/b"), &at("a")));
        assert!(is_within(&at("a"), &at("a")));
        assert!(is_within(&at("a"), &at("")));
        assert!(!is_within(&at("ab"), &at("a")));
        assert_eq!(split(&at("a/b")), (at("a"), "b".to_owned()));
    }

    /// A path that names a place is written in one way, and that names the same place; no spelling leads out of a home.
    #[test]
    fn whatever_comes_names_a_place_or_is_refused() {
        let texts = [
            "/dav/calendars/me@example.org/a%20b/c.ics",
            "http://example.org/dav/files/a/b/c/?x=y#z",
            "/base/dav/principals/a/calendar-proxy-read/",
        ];
        let pieces = [
            "/",
            "//",
            "..",
            ".",
            "%2e",
            "%2E%2e",
            "%2f",
            "%5c",
            "\\",
            "%00",
            "%25",
            "%c0%af",
            "%",
            "%4",
            ";",
            "?",
            "#",
            ":",
            "@",
            "é",
            "%e9",
            "%C3%A9",
            "\u{202e}",
            "http://",
            "[::1]",
            "/dav/calendars/",
            "shared~1",
            " ",
        ];
        let mut places = 0;
        crate::fuzzing::with_changes(&texts, &pieces, |octets| {
            let text = String::from_utf8_lossy(octets);
            let _ = parse("/base", &text);
            let Some(Target::Place(place)) = parse_reference("", &text) else { return };
            places += 1;
            let segments = || place.path.split('/').map(decode);
            assert!(
                place.path.is_empty() || segments().all(|name| !matches!(name.as_str(), "" | "." | "..")),
                "{text}"
            );
            assert!(!segments().any(|name| name.contains(char::is_control)), "{text}");
            for href in [of_collection("", &place), of_resource("", &place)] {
                assert_eq!(parse("", &href), Ok(Target::Place(place.clone())), "{text} as {href}");
                assert!(href.bytes().all(|octet| octet.is_ascii_graphic()), "{text} as {href}");
            }
        });
        assert!(places > 1000, "{places} named a place");
    }
}
