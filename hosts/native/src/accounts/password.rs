//! Passwords: asked for, and made.

use anyhow::{Context, Result, anyhow, ensure};
use std::io::{BufRead, IsTerminal};

/// Characters of a password made here: 32 letters and digits that cannot be mistaken for one another, five bits each.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Characters of such a password, in groups: 100 bits.
const LENGTH: usize = 20;
const GROUP: usize = 4;

/// A new password of 100 random bits.
///
/// # Errors
/// Where the system has no randomness.
pub fn random() -> Result<String> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("the system has no randomness: {error}"))?;
    let letters: Vec<char> = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    let groups: Vec<String> = letters.chunks(GROUP).map(|group| group.iter().collect()).collect();
    Ok(groups.join("-"))
}

/// A password: typed twice on a terminal, or the first line of standard input.
///
/// # Errors
/// Where none is given, or the two are not the same.
pub fn ask() -> Result<String> {
    let password = if std::io::stdin().is_terminal() {
        let password = rpassword::prompt_password("Password: ")?;
        ensure!(rpassword::prompt_password("Once more: ")? == password, "the two are not the same");
        password
    } else {
        line()?
    };
    ensure!(!password.is_empty(), "the password is empty");
    Ok(password)
}

/// A password: typed on a terminal that asks for it, or the first line of standard input. It may be empty.
///
/// # Errors
/// Where standard input cannot be read.
pub fn told(prompt: &str) -> Result<String> {
    if std::io::stdin().is_terminal() { Ok(rpassword::prompt_password(prompt)?) } else { line() }
}

fn line() -> Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read the password")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn made_passwords_differ_and_can_be_typed() {
        let password = random().unwrap();
        assert_eq!(password.len(), LENGTH + LENGTH / GROUP - 1);
        assert!(password.bytes().all(|byte| byte == b'-' || ALPHABET.contains(&byte)));
        assert_ne!(random().unwrap(), password);
    }
}
