//! The Host of a request (RFC 9110 §7.2).

use http::header;
use http::request::Parts;
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Version};

/// Checks that a request says once, and rightly, to whom it goes (RFC 9112 §3.2, RFC 9113 §8.3.1). HTTP/1.0 need not
/// say it.
///
/// # Errors
/// A sentence for the client, which gets 400.
pub fn check(head: &Parts) -> Result<(), &'static str> {
    let mut fields = head.headers.get_all(header::HOST).iter();
    let (host, second) = (fields.next(), fields.next());
    let authority = head.uri.authority();
    if second.is_some() {
        return Err("The request has more than one Host.");
    }
    if !host.is_none_or(is_valid) || !authority.is_none_or(|authority| is_authority(authority.as_str())) {
        return Err("The Host of the request is no name or address with a port or without.");
    }
    match (head.version, host, authority) {
        (Version::HTTP_09 | Version::HTTP_10, _, _) => Ok(()),
        (Version::HTTP_11, None, _) | (_, None, None) => Err("The request has no Host."),
        (Version::HTTP_2, Some(host), Some(authority)) if !is_same(head.uri.scheme(), host, authority) => {
            Err("The request has a Host that is not its :authority.")
        }
        _ => Ok(()),
    }
}

fn is_valid(host: &HeaderValue) -> bool {
    host.to_str().is_ok_and(is_authority)
}

/// `uri-host [ ":" port ]`: nobody's name and password (RFC 9110 §4.2.4), and a host that is not empty (§4.2.1).
fn is_authority(text: &str) -> bool {
    let Ok(authority) = text.parse::<Authority>() else {
        return false;
    };
    let host = authority.host();
    let port = text.strip_prefix(host).map(|rest| rest.strip_prefix(':').unwrap_or(rest));
    !host.is_empty() && port.is_some_and(|port| port.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Whether both name one host and port (RFC 3986 §6.2.2.1, §6.2.3).
fn is_same(scheme: Option<&Scheme>, host: &HeaderValue, authority: &Authority) -> bool {
    let default = if scheme == Some(&Scheme::HTTPS) { ":443" } else { ":80" };
    let plain = |text: &str| text.strip_suffix(default).or(text.strip_suffix(':')).unwrap_or(text).to_ascii_lowercase();
    host.to_str().is_ok_and(|host| plain(host) == plain(authority.as_str()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use http::Request;

    fn is_right(version: Version, target: &str, hosts: &[&str]) -> bool {
        let mut request = Request::builder().version(version).uri(target);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        check(&request.body(()).unwrap().into_parts().0).is_ok()
    }

    #[test]
    fn http_1_1_has_one_host() {
        for host in ["example.org", "example.org:8080", "example.org:", "192.0.2.1", "[2001:db8::1]:80", "a_b"] {
            assert!(is_right(Version::HTTP_11, "/", &[host]), "{host}");
        }
        for host in ["", ":80", "a b", "a/b", "a@b", "a:b", "a:80:90", "[::1", "[::1]x", "a?b", "\u{e4}"] {
            assert!(!is_right(Version::HTTP_11, "/", &[host]), "{host:?}");
        }
        assert!(!is_right(Version::HTTP_11, "/", &["a", "a"]));
        assert!(!is_right(Version::HTTP_11, "/", &[]));
        assert!(!is_right(Version::HTTP_11, "http://a/", &[]));
        assert!(!is_right(Version::HTTP_11, "http://a@b/", &["b"]));
        // The target's counts, and the field does not (RFC 9112 §3.2.2).
        assert!(is_right(Version::HTTP_11, "http://a/", &["b"]));
        assert!(is_right(Version::HTTP_10, "/", &[]));
        assert!(!is_right(Version::HTTP_10, "/", &["a", "b"]));
    }

    #[test]
    fn http_2_has_an_authority_that_no_host_contradicts() {
        assert!(is_right(Version::HTTP_2, "http://a/", &[]));
        assert!(is_right(Version::HTTP_2, "/", &["a"]));
        assert!(is_right(Version::HTTP_2, "http://a/", &["A:80"]));
        assert!(is_right(Version::HTTP_2, "https://a:443/", &["a"]));
        assert!(!is_right(Version::HTTP_2, "/", &[]));
        assert!(!is_right(Version::HTTP_2, "http://a/", &["b"]));
        assert!(!is_right(Version::HTTP_2, "http://a/", &["a:443"]));
        assert!(!is_right(Version::HTTP_2, "http://a/", &["a", "a"]));
    }
}
