//! Account passwords: Argon2id (RFC 9106) in PHC string format, of a password in the form of RFC 8265.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use password_hash::phc::PasswordHash;
use unicode_normalization::UnicodeNormalization;

use crate::surroundings::Surroundings;
use crate::types::Failure;

/// Octets of a password, at most. Argon2 takes any number, but nobody types more than this.
pub const LONGEST: usize = 1024;
/// Memory that a hash may ask for, in KiB: a component lives in a small place.
const MOST_MEMORY: u32 = 256 * 1024;
/// Passes that a hash may ask for.
const MOST_PASSES: u32 = 64;
const MOST_LANES: u32 = 16;

/// The parameters of the day: the setting `argon2` (`m=KIB,t=PASSES,p=LANES`), or OWASP's 19 MiB, two passes, one lane.
pub fn parameters(around: &dyn Surroundings) -> Params {
    around.setting("argon2").and_then(|setting| read_parameters(&setting)).unwrap_or_default()
}

fn read_parameters(setting: &str) -> Option<Params> {
    let (mut memory, mut passes, mut lanes) = (Params::DEFAULT_M_COST, Params::DEFAULT_T_COST, Params::DEFAULT_P_COST);
    for part in setting.split(',') {
        let (name, value) = part.split_once('=')?;
        let value = value.trim().parse().ok()?;
        match name.trim() {
            "m" => memory = value,
            "t" => passes = value,
            "p" => lanes = value,
            _ => return None,
        }
    }
    Params::new(memory, passes, lanes, None).ok().filter(is_bearable)
}

fn is_bearable(params: &Params) -> bool {
    params.m_cost() <= MOST_MEMORY && params.t_cost() <= MOST_PASSES && params.p_cost() <= MOST_LANES
}

/// A password as it is hashed and compared (RFC 8265 §4.2, OpaqueString): every space is U+0020, and the rest is in
/// NFC, so that it does not matter which keyboard an accent was typed on. Twice is the same as once.
pub fn opaque(password: &str) -> String {
    let space =
        |letter: char| letter.is_whitespace() && !letter.is_control() && !matches!(letter, '\u{2028}' | '\u{2029}');
    password.chars().map(|letter| if space(letter) { ' ' } else { letter }).nfc().collect()
}

/// The PHC string of a password, with a salt of its own.
///
/// # Errors
/// Where the host has no random numbers or no memory.
pub fn hash(password: &str, params: &Params) -> Result<String, Failure> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| Failure::Broken(format!("no random numbers: {error}")))?;
    let hash: PasswordHash = argon2id(params)
        .hash_password_with_salt(opaque(password).as_bytes(), &salt)
        .map_err(|error| Failure::Broken(format!("Argon2: {error}")))?;
    Ok(hash.to_string())
}

/// Whether a password is the one of a PHC string. Takes as long where there is none (no such account, no password),
/// so that the time does not tell.
pub fn is_right(password: &str, phc: Option<&str>, params: &Params) -> bool {
    let password = opaque(password);
    let parsed = phc.and_then(|phc| PasswordHash::new(phc).ok());
    let Some(hash) = parsed.filter(|hash| Params::try_from(hash).is_ok_and(|params| is_bearable(&params))) else {
        let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
        let _ = std::hint::black_box(argon2id(params).hash_password_into(password.as_bytes(), &[0; 16], &mut output));
        return false;
    };
    // The comparison inside is constant-time.
    argon2id(params).verify_password(password.as_bytes(), &hash).is_ok()
}

/// Whether a stored hash was made with less memory or fewer passes than today's.
pub fn is_weaker(phc: &str, params: &Params) -> bool {
    let Ok(stored) = PasswordHash::new(phc) else { return false };
    let Ok(used) = Params::try_from(&stored) else { return false };
    stored.algorithm != Algorithm::Argon2id.ident()
        || used.m_cost() < params.m_cost()
        || used.t_cost() < params.t_cost()
}

fn argon2id(params: &Params) -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::House;

    fn cheap() -> Params {
        Params::new(64, 1, 1, None).unwrap()
    }

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let phc = hash("correct horse", &cheap()).unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{phc}");
        assert_ne!(phc, hash("correct horse", &cheap()).unwrap());
        assert!(is_right("correct horse", Some(&phc), &cheap()));
        assert!(
            is_right("correct horse", Some(&phc), &Params::new(128, 2, 1, None).unwrap()),
            "the stored parameters count"
        );
        assert!(!is_right("correct horsf", Some(&phc), &cheap()));
        assert!(!is_right("", Some(&phc), &cheap()));
    }

    #[test]
    fn a_hash_of_another_maker_is_read() {
        // Of the reference implementation's own tests: `argon2 -id` over "password" and "somesalt", 2 passes, 256
        // KiB, 1 lane.
        let phc = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert!(is_right("password", Some(phc), &cheap()));
        assert!(!is_right("Password", Some(phc), &cheap()));
    }

    #[test]
    fn keyboards_do_not_matter() {
        let phc = hash("pa\u{df} w\u{f6}rter", &cheap()).unwrap();
        for typed in ["pa\u{df} wo\u{308}rter", "pa\u{df}\u{a0}w\u{f6}rter", "pa\u{df}\u{3000}wo\u{308}rter"] {
            assert!(is_right(typed, Some(&phc), &cheap()), "{typed:?}");
        }
        for other in ["pass w\u{f6}rter", "PA\u{df} w\u{f6}rter", "pa\u{df}w\u{f6}rter", "pa\u{df} w\u{f6}rter "] {
            assert!(!is_right(other, Some(&phc), &cheap()), "{other:?}");
        }
        assert_eq!(opaque("\u{212b}\u{fb01} \t\u{2028}"), "\u{c5}\u{fb01} \t\u{2028}", "no compatibility forms");
    }

    #[test]
    fn what_is_no_hash_is_never_right() {
        for phc in [
            None,
            Some(""),
            Some("plain"),
            Some("$argon2id$v=19$m=4000000000,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
        ] {
            assert!(!is_right("password", phc, &cheap()), "{phc:?}");
        }
    }

    #[test]
    fn weaker_hashes_are_noticed() {
        let phc = hash("x", &cheap()).unwrap();
        assert!(!is_weaker(&phc, &cheap()));
        assert!(is_weaker(&phc, &Params::new(65, 1, 1, None).unwrap()));
        assert!(is_weaker(&phc, &Params::new(64, 2, 1, None).unwrap()));
        assert!(!is_weaker(&phc, &Params::new(32, 1, 1, None).unwrap()));
    }

    #[test]
    fn parameters_come_from_the_setting_or_are_owasps() {
        let of = |value: &str| {
            let params = parameters(&House::new().with_setting("argon2", value));
            (params.m_cost(), params.t_cost(), params.p_cost())
        };
        assert_eq!(of("m=64,t=3,p=2"), (64, 3, 2));
        assert_eq!(of("t=3"), (19 * 1024, 3, 1));
        for wrong in ["", "m=1,t=1,p=1", "m=64,t=0,p=1", "m=99999999,t=1,p=1", "x=1", "m=-4", "64,1,1"] {
            assert_eq!(of(wrong), (19 * 1024, 2, 1), "{wrong}");
        }
    }
}
