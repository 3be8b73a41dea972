//! The server secret, and what is derived from it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::surroundings::Surroundings;

/// Octets that a server secret has at least.
const SHORTEST: usize = 32;

/// The setting `server_secret`: kept apart from the database, so that what the database holds of credentials is of no
/// use by itself.
pub struct ServerSecret(Vec<u8>);

impl ServerSecret {
    /// The secret that is set; none where there is none, it is not hexadecimal, or it is shorter than 32 octets.
    pub fn of(around: &dyn Surroundings) -> Option<ServerSecret> {
        let octets = from_hex(around.setting("server_secret")?.trim())?;
        (octets.len() >= SHORTEST).then_some(ServerSecret(octets))
    }

    /// HMAC-SHA256 of the parts, as hexadecimal. The purpose keeps one use apart from another, and each part's length
    /// stands before it, so that no two lists of parts give the same message.
    pub fn authenticate(&self, purpose: &str, parts: &[&[u8]]) -> String {
        // An HMAC takes a key of any length, so this cannot fail.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        for part in std::iter::once(&purpose.as_bytes()).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        to_hex(&mac.finalize().into_bytes())
    }
}

/// Octets in lower-case hexadecimal.
fn to_hex(octets: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default();
    octets.iter().flat_map(|octet| [digit(octet >> 4), digit(octet & 15)]).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|octet| octet.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surroundings::Surroundings;
    use crate::testing::House;

    #[test]
    fn hmac_is_the_standard_one() {
        // RFC 4231 §4.3 (test case 2) with our framing taken off: the key "Jefe" and one message.
        let mut mac = Hmac::<Sha256>::new_from_slice(b"Jefe").unwrap();
        mac.update(b"what do ya want for nothing?");
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(to_hex(&mac.finalize().into_bytes()), expected);
    }

    #[test]
    fn parts_and_purposes_are_kept_apart() {
        let secret = ServerSecret(vec![7; 32]);
        let one = secret.authenticate("a", &[b"bc", b"d"]);
        assert_eq!(one.len(), 64);
        assert_eq!(one, secret.authenticate("a", &[b"bc", b"d"]));
        assert_ne!(one, secret.authenticate("a", &[b"b", b"cd"]));
        assert_ne!(one, secret.authenticate("ab", &[b"c", b"d"]));
        assert_ne!(one, ServerSecret(vec![8; 32]).authenticate("a", &[b"bc", b"d"]));
    }

    #[test]
    fn a_secret_that_is_short_or_no_hexadecimal_does_not_count() {
        for value in ["", "00", "zz", &"0".repeat(63), &"é".repeat(32), &"+1".repeat(32)] {
            let house = House::new().with_setting("server_secret", value);
            assert!(house.setting("server_secret").is_some());
            assert!(ServerSecret::of(&house).is_none(), "{value}");
        }
        assert!(ServerSecret::of(&House::new().with_setting("server_secret", &"0a".repeat(32))).is_some());
    }
}
