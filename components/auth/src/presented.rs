//! What a request's `Authorization` and `Cookie` header fields present (RFC 7617, RFC 6750, RFC 6265).

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::password;
use crate::secret::Secret;

/// The cookie of a browser that has signed in. The prefix has browsers see to it that it came from this very host,
/// over TLS (RFC 6265bis §4.1.3.2).
pub const COOKIE: &str = "__Host-kalends";
/// Octets of an `Authorization` field, at most.
const LONGEST: usize = 4096;
/// Octets of a `Cookie` field, at most.
const LONGEST_COOKIE: usize = 16 * 1024;

/// Base64 with its padding or, as some clients send it, without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Credentials as they were presented.
pub enum Presented {
    /// None that Kalends knows the scheme of.
    Nothing,
    /// Some that cannot be read, or that are nothing that Kalends gave out.
    Unreadable,
    /// A name and an account password.
    Password {
        /// In lower case.
        name: String,
        /// As sent, in UTF-8.
        password: String,
    },
    /// A secret of Kalends' own making.
    Secret {
        /// The name that came with it.
        name: Option<String>,
        /// The secret.
        secret: Secret,
    },
}

/// Reads an `Authorization` field.
pub fn authorization(field: &str) -> Presented {
    if field.len() > LONGEST {
        return Presented::Unreadable;
    }
    let (scheme, rest) = field.trim().split_once(' ').unwrap_or((field.trim(), ""));
    if scheme.eq_ignore_ascii_case("basic") {
        return basic(rest.trim()).unwrap_or(Presented::Unreadable);
    }
    if scheme.eq_ignore_ascii_case("bearer") {
        return match Secret::read(rest) {
            Some(secret) => Presented::Secret { name: None, secret },
            None => Presented::Unreadable,
        };
    }
    Presented::Nothing
}

/// The token of an `Authorization: Bearer` field.
pub fn bearer(field: &str) -> Option<&str> {
    let (scheme, token) = field.trim().split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && field.len() <= LONGEST).then(|| token.trim())
}

fn basic(encoded: &str) -> Option<Presented> {
    let octets = BASE64.decode(encoded).ok()?;
    // RFC 7617 §2.1 asks for UTF-8; what is none is the Latin-1 of older clients.
    let text = String::from_utf8(octets)
        .unwrap_or_else(|error| error.into_bytes().iter().map(|octet| char::from(*octet)).collect());
    let (name, password) = text.split_once(':')?;
    if text.chars().any(char::is_control) || password.len() > password::LONGEST {
        return None;
    }
    let name = name.trim().to_lowercase();
    Some(match Secret::read(password) {
        Some(secret) => Presented::Secret { name: Some(name), secret },
        None => Presented::Password { name, password: password.to_owned() },
    })
}

/// The session secret in a `Cookie` field; none where there is no cookie of ours, or one too many to believe.
pub fn session(field: &str) -> Option<Secret> {
    if field.len() > LONGEST_COOKIE {
        return None;
    }
    let mut ours = field.split(';').filter_map(|pair| pair.trim().split_once('=')).filter(|(name, _)| *name == COOKIE);
    match (ours.next(), ours.next()) {
        (Some((_, value)), None) => Secret::read(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::CredentialKind;

    fn read(name_and_password: &[u8]) -> Option<(String, String)> {
        match authorization(&format!("Basic {}", BASE64.encode(name_and_password))) {
            Presented::Password { name, password } => Some((name, password)),
            _ => None,
        }
    }

    fn pair(name: &str, password: &str) -> Option<(String, String)> {
        Some((name.to_owned(), password.to_owned()))
    }

    #[test]
    fn basic_with_all_that_people_have_in_names_and_passwords() {
        assert_eq!(read(b"alice:secret"), pair("alice", "secret"));
        assert_eq!(read(b"alice@example.com:a:b::c"), pair("alice@example.com", "a:b::c"));
        assert_eq!(read(b"Alice :  spaces stay "), pair("alice", "  spaces stay "));
        assert_eq!(read("jürgen:pässwörd🔑".as_bytes()), pair("jürgen", "pässwörd🔑"));
        assert_eq!(read(b"j\xfcrgen:p\xe4ss"), pair("jürgen", "päss"), "Latin-1");
        assert_eq!(read(b"alice:"), pair("alice", ""));
    }

    #[test]
    fn what_cannot_be_read_is_no_credential() {
        let long = format!("Basic {}", BASE64.encode(format!("a:{}", "x".repeat(1025))));
        let huge = format!("Basic {}", "a".repeat(5000));
        for field in [
            "Basic",
            "Basic ",
            "Basic !!!",
            "Basic YWxpY2U=",
            "basic  Zm9v",
            "Basic YTpiAA==",
            "Bearer nonsense",
            "Bearer",
            &long,
            &huge,
        ] {
            assert!(matches!(authorization(field), Presented::Unreadable), "{field}");
        }
        for field in ["", "Digest username=\"a\"", "Negotiate YII"] {
            assert!(matches!(authorization(field), Presented::Nothing), "{field}");
        }
        assert!(matches!(authorization("bAsIc   YTpi"), Presented::Password { .. }), "case and spaces");
        assert!(matches!(authorization("Basic YTpiYw"), Presented::Password { .. }), "no padding");
    }

    #[test]
    fn secrets_are_seen_in_basic_bearer_and_cookie() {
        let shown = Secret::mint(CredentialKind::AppPassword).unwrap().reveal();
        let basic = format!("Basic {}", BASE64.encode(format!("alice:{shown}")));
        assert!(matches!(authorization(&basic), Presented::Secret { name: Some(name), .. } if name == "alice"));
        assert!(matches!(authorization(&format!("Bearer {shown}")), Presented::Secret { name: None, .. }));
        assert!(session(&format!("a=b; {COOKIE}={shown}; c=d")).is_some());
        assert!(session(&format!("x{COOKIE}={shown}")).is_none());
        assert!(session(&format!("{COOKIE}={shown}; {COOKIE}={shown}")).is_none());
        assert!(session("").is_none());
    }
}
