//! What may be said of a principal: the checks of names, passwords and the rest. Each answers 422 with words that say
//! what would do.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::api::problem::Problem;
use crate::password;
use crate::types::Principal;

const LONGEST_NAME: usize = 128;
const LONGEST_TEXT: usize = 200;
const MOST_EMAILS: usize = 20;
const SHORTEST_PASSWORD: usize = 8;
/// The largest number that every host's database keeps exactly.
const LARGEST_QUOTA: u64 = 1 << 53;

/// What may be said of a principal when it is made and changed later. An outer none: not said. An inner none: `null`,
/// nothing from now on.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    display_name: Option<String>,
    emails: Option<Vec<String>>,
    #[serde(default, deserialize_with = "said")]
    timezone: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    locale: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    quota: Option<Option<u64>>,
    /// May administer accounts.
    pub admin: Option<bool>,
    /// May not sign in.
    pub disabled: Option<bool>,
}

/// Tells `null` from a member that is not there.
fn said<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// Takes a text that has to be there out of a body.
///
/// # Errors
/// 422 where it is missing or no text.
pub fn member(body: &mut Map<String, Value>, name: &str) -> Result<String, Problem> {
    match body.remove(name) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(Problem::invalid(format!("The body needs {name:?}, a text."))),
    }
}

impl Profile {
    /// What is left of a body.
    ///
    /// # Errors
    /// 422 where it has members that are not known, or of another type.
    pub fn read(body: Map<String, Value>) -> Result<Profile, Problem> {
        serde_json::from_value(Value::Object(body)).map_err(|error| Problem::invalid(format!("{error}.")))
    }

    /// Writes what was said into a principal.
    ///
    /// # Errors
    /// 422 where a value will not do.
    pub fn put_into(self, principal: &mut Principal) -> Result<(), Problem> {
        if let Some(name) = self.display_name {
            principal.display_name = text("display_name", name)?;
        }
        if let Some(emails) = self.emails {
            principal.emails = self::emails(emails)?;
        }
        if let Some(zone) = self.timezone {
            principal.timezone = zone.map(|zone| token("timezone", "Europe/Berlin", zone, 64, "_+-/")).transpose()?;
        }
        if let Some(locale) = self.locale {
            principal.locale = locale.map(|locale| token("locale", "de-AT", locale, 35, "-")).transpose()?;
        }
        if let Some(quota) = self.quota {
            principal.quota = quota.map(self::quota).transpose()?;
        }
        principal.admin = self.admin.unwrap_or(principal.admin);
        principal.disabled = self.disabled.unwrap_or(principal.disabled);
        Ok(())
    }
}

/// A principal's name, which is also in URLs.
///
/// # Errors
/// 422.
pub fn name(name: String) -> Result<String, Problem> {
    let allowed = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || b"._-@".contains(&octet);
    if name.is_empty() || name.len() > LONGEST_NAME || name.starts_with('.') || !name.bytes().all(allowed) {
        return Err(Problem::invalid(format!(
            "A name has 1 to {LONGEST_NAME} of the lower-case letters a to z, digits, '.', '_', '-' and '@', \
             and does not begin with a dot."
        )));
    }
    Ok(name)
}

/// An account password that somebody chooses.
///
/// # Errors
/// 422.
pub fn password(name: &str, password: &str) -> Result<(), Problem> {
    if password.chars().count() < SHORTEST_PASSWORD {
        return Err(Problem::invalid(format!("The password has to have {SHORTEST_PASSWORD} characters or more.")));
    }
    if password.to_lowercase() == name {
        return Err(Problem::invalid("The password is the account's name."));
    }
    usable_password(password)
}

/// An account password that whoever runs the server gives: how good it has to be they decide, as long as clients can
/// send it.
///
/// # Errors
/// 422.
pub fn usable_password(password: &str) -> Result<(), Problem> {
    if password.is_empty() {
        return Err(Problem::invalid("The password is empty."));
    }
    if password.len() > password::LONGEST {
        return Err(Problem::invalid(format!("The password is longer than {} octets.", password::LONGEST)));
    }
    // RFC 7617 §2: a client could not send these.
    if password.chars().any(char::is_control) {
        return Err(Problem::invalid("The password has control characters in it."));
    }
    if crate::secret::Secret::read(password).is_some() {
        return Err(Problem::invalid("The password looks like an app password."));
    }
    Ok(())
}

/// One line of text for people.
///
/// # Errors
/// 422.
pub fn text(field: &str, text: String) -> Result<String, Problem> {
    if text.trim().is_empty() || text.chars().count() > LONGEST_TEXT || text.chars().any(char::is_control) {
        return Err(Problem::invalid(format!("{field} has to be 1 to {LONGEST_TEXT} characters on one line.")));
    }
    Ok(text.trim().to_owned())
}

fn emails(emails: Vec<String>) -> Result<Vec<String>, Problem> {
    if emails.len() > MOST_EMAILS {
        return Err(Problem::invalid(format!("An account has {MOST_EMAILS} e-mail addresses at most.")));
    }
    match emails.iter().find(|email| !is_email(email)) {
        Some(wrong) => Err(Problem::invalid(format!("{wrong:?} is no e-mail address."))),
        None => Ok(emails),
    }
}

/// Whether something has the form `local@domain` (RFC 5321 §4.1.2), without quoted local parts.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let plain = |part: &str| {
        !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"@".contains(c))
    };
    text.len() <= 254 && plain(local) && plain(domain) && !domain.starts_with('.') && !domain.ends_with('.')
}

fn token(field: &str, example: &str, value: String, longest: usize, also: &str) -> Result<String, Problem> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || also.contains(letter);
    if value.is_empty() || value.len() > longest || !value.chars().all(allowed) {
        return Err(Problem::invalid(format!("{field} has to be a name such as {example}.")));
    }
    Ok(value)
}

fn quota(octets: u64) -> Result<u64, Problem> {
    if octets > LARGEST_QUOTA {
        return Err(Problem::invalid("quota is larger than 2^53; leave it out for no limit."));
    }
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "alice", "alice@example.com", "a.b_c-d", "7", &"x".repeat(128)] {
            assert!(name(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", ".a", "Alice", "a/b", "a b", "jürgen", "a%2f", "a\0", "..", &"x".repeat(129)] {
            assert!(name(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn passwords() {
        assert!(usable_password("short").is_ok());
        assert!(usable_password("").is_err() && usable_password("tab\t").is_err());
        assert!(password("alice", "eight ch").is_ok());
        assert!(password("alice", "пароль:8").is_ok());
        let secret = crate::secret::Secret::mint(crate::accounts::CredentialKind::Token).unwrap().reveal();
        for bad in ["", "seven c", "line\nbreak", "nul\0nul\0", &"x".repeat(1025), &secret] {
            assert!(password("alice", bad).is_err(), "{bad}");
        }
        assert!(password("alice.long", "Alice.Long").is_err());
    }

    #[test]
    fn addresses() {
        for good in ["a@b", "jürgen@exämple.org", "a+b@c.d.e"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "a", "@b", "a@", "a b@c", "a@b@c", "a@b\r\nx", "<a@b>", "a@.b", "mailto:a@b"] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
