//! The random secrets that Kalends makes: app passwords, tokens of the API, browser sessions. Each has the identifier
//! inside that finds it.
//!
//! `app-4m7k-…`: what it is, then forty letters of Crockford's Base32, the first twelve of them the identifier
//! (60 bits), the rest the secret (140 bits). Letter case and hyphens do not matter, `o` is `0`, `i` and `l` are `1`,
//! because people type these into telephones.

use crate::accounts::CredentialKind;
use crate::keys::ServerSecret;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Random octets in a secret, five of them to eight letters.
const OCTETS: usize = 25;
const LETTERS: usize = OCTETS / 5 * 8;
const IDENTIFIER: usize = 12;

/// A secret in its canonical form.
pub struct Secret {
    kind: CredentialKind,
    letters: String,
}

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// Where the host has no random numbers.
    pub fn mint(kind: CredentialKind) -> Result<Secret, getrandom::Error> {
        let mut octets = [0; OCTETS];
        getrandom::fill(&mut octets)?;
        Ok(Secret { kind, letters: encode(&octets) })
    }

    /// Reads what somebody sent; none where it is no such secret.
    pub fn read(text: &str) -> Option<Secret> {
        let (word, rest) = text.trim().split_once('-')?;
        let kind = KINDS.into_iter().find(|kind| word.eq_ignore_ascii_case(prefix(*kind)))?;
        let symbols = rest.chars().filter(|letter| !matches!(letter, '-' | ' '));
        // One too many is enough to tell that it is none.
        let letters = symbols.take(LETTERS + 1).map(canonical).collect::<Option<String>>()?;
        (letters.len() == LETTERS).then_some(Secret { kind, letters })
    }

    /// A new link's.
    ///
    /// # Errors
    /// Where the host has no random numbers.
    pub fn mint_link(key: &ServerSecret) -> Result<Secret, getrandom::Error> {
        let random = Secret::mint(CredentialKind::Link)?;
        Ok(Secret::of_link(random.id(), key))
    }

    /// The secret of the link with this identifier. It is made of that under the server secret, so that its owner can
    /// be shown the address again, and the database alone tells nobody.
    pub fn of_link(id: &str, key: &ServerSecret) -> Secret {
        let digest = key.authenticate("link", &[id.as_bytes()]);
        let mut octets = [0; OCTETS];
        for (octet, digits) in octets.iter_mut().zip(digest.as_bytes().chunks(2)) {
            *octet =
                std::str::from_utf8(digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or(0);
        }
        let secret = encode(&octets).chars().skip(IDENTIFIER).collect::<String>();
        Secret { kind: CredentialKind::Link, letters: format!("{id}{secret}") }
    }

    /// Reads the secret of a link as it is in a URL: its letters alone.
    pub fn read_link(segment: &str) -> Option<Secret> {
        Secret::read(&format!("{}-{segment}", prefix(CredentialKind::Link)))
    }

    /// Its letters alone, as they are in a URL.
    pub fn letters(&self) -> &str {
        &self.letters
    }

    /// What it is.
    pub fn kind(&self) -> CredentialKind {
        self.kind
    }

    /// The part that finds it, public by itself.
    pub fn id(&self) -> &str {
        self.letters.get(..IDENTIFIER).unwrap_or_default()
    }

    /// What is stored of it: HMAC-SHA256 under the server secret, as hexadecimal. The identifier and the kind are in
    /// it, so that the verifier of one row is of no use in another.
    pub fn verifier(&self, key: &ServerSecret) -> String {
        key.authenticate("credential", &[prefix(self.kind).as_bytes(), self.letters.as_bytes()])
    }

    /// The text for its owner, in groups of four.
    pub fn reveal(&self) -> String {
        let mut text = prefix(self.kind).to_owned();
        for (at, letter) in self.letters.chars().enumerate() {
            if at % 4 == 0 {
                text.push('-');
            }
            text.push(letter);
        }
        text
    }
}

/// What a kind of credential is called in the log.
pub fn kind_name(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::AppPassword => "app password",
        CredentialKind::Token => "token",
        CredentialKind::Session => "session",
        CredentialKind::Link => "link",
    }
}

const KINDS: [CredentialKind; 4] =
    [CredentialKind::AppPassword, CredentialKind::Token, CredentialKind::Session, CredentialKind::Link];

fn prefix(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::AppPassword => "app",
        CredentialKind::Token => "token",
        CredentialKind::Session => "session",
        CredentialKind::Link => "link",
    }
}

/// Base32 of whole groups of five octets.
fn encode(octets: &[u8; OCTETS]) -> String {
    let groups = octets.chunks(5).map(|group| group.iter().fold(0u64, |bits, octet| bits << 8 | u64::from(*octet)));
    let letters = groups.flat_map(|bits| (0..8).rev().map(move |at| ALPHABET[(bits >> (at * 5) & 31) as usize]));
    letters.map(char::from).collect()
}

fn canonical(letter: char) -> Option<char> {
    match letter.to_ascii_lowercase() {
        'o' => Some('0'),
        'i' | 'l' => Some('1'),
        letter => u8::try_from(letter).ok().filter(|octet| ALPHABET.contains(octet)).map(char::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read_back_however_it_is_typed() {
        let secret = Secret::mint(CredentialKind::AppPassword).unwrap();
        let shown = secret.reveal();
        assert!(shown.starts_with("app-"));
        assert_eq!(shown.len(), "app".len() + 50);
        for typed in [
            shown.clone(),
            shown.to_uppercase(),
            shown.replace('1', "l").replace('0', "O"),
            format!(" app-{}", shown[4..].replace('-', "")),
        ] {
            let read = Secret::read(&typed).unwrap();
            assert_eq!((read.id(), &read.letters), (secret.id(), &secret.letters), "{typed}");
            assert_eq!(read.kind(), CredentialKind::AppPassword);
        }
        assert_eq!(secret.id().len(), 12);
    }

    #[test]
    fn other_passwords_are_none() {
        let shown = Secret::mint(CredentialKind::Token).unwrap().reveal();
        let long = format!("{shown}0");
        let short = &shown[..shown.len() - 1];
        for text in [
            "",
            "app-",
            "hunter2",
            "app-hunter2",
            &long,
            short,
            &shown.replace("token", "toke"),
            &format!("app-{}", "u".repeat(40)),
        ] {
            assert!(Secret::read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn base32_of_known_octets() {
        let mut octets = [0; OCTETS];
        octets[4] = 1;
        octets[5] = 0xff;
        octets[24] = 0x1f;
        assert_eq!(encode(&octets), "00000001zw000000000000000000000000000000".to_owned()[..39].to_owned() + "z");
    }

    #[test]
    fn the_verifier_depends_on_kind_letters_and_key() {
        let [one, other] = [7, 8].map(crate::testing::server_secret);
        let app = Secret { kind: CredentialKind::AppPassword, letters: "0".repeat(40) };
        let token = Secret { kind: CredentialKind::Token, letters: "0".repeat(40) };
        assert_ne!(app.verifier(&one), token.verifier(&one));
        assert_ne!(app.verifier(&one), app.verifier(&other));
        assert_eq!(app.verifier(&one).len(), 64);
    }
}
