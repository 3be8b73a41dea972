//! Accounts on a host that has no command line: made over the JSON API, with the administrator's token.

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};
use std::time::Duration;
use ureq::Agent;

/// The account that a server without any is given.
const FIRST: &str = "admin";

/// The accounts of a running server.
pub struct Accounts {
    agent: Agent,
    url: String,
    authorization: String,
}

impl Accounts {
    /// The accounts of the server at `url`.
    pub fn new(url: &str, admin_token: &str) -> Accounts {
        let configuration =
            Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(60))).build();
        Accounts {
            agent: configuration.into(),
            url: format!("{}/api/accounts", url.trim_end_matches('/')),
            authorization: format!("Bearer {admin_token}"),
        }
    }

    /// Makes the accounts (`NAME:PASSWORD`) that do not exist. Where none is asked for and none exists, makes a first
    /// one, an administrator's, and prints its password.
    pub fn ensure(&self, users: &[String]) -> Result<()> {
        for user in users {
            let (name, password) = user.split_once(':').context("no password")?;
            self.create(name, password, false)?;
        }
        if users.is_empty() && self.are_none()? {
            let password = random_password()?;
            self.create(FIRST, &password, true)?;
            println!("The first account is {FIRST}, its password {password} (it is not shown again)");
        }
        Ok(())
    }

    fn create(&self, name: &str, password: &str, admin: bool) -> Result<()> {
        let account = json!({ "name": name, "password": password, "admin": admin }).to_string();
        let mut response = self
            .agent
            .post(&self.url)
            .header("authorization", &self.authorization)
            .header("content-type", "application/json")
            .send(account)
            .with_context(|| format!("making the account {name}"))?;
        match response.status().as_u16() {
            200..=299 | 409 => Ok(()),
            status => {
                let body = response.body_mut().read_to_string().unwrap_or_default();
                bail!("making the account {name}: the server answered {status} {body}")
            }
        }
    }

    fn are_none(&self) -> Result<bool> {
        let mut response = self
            .agent
            .get(&self.url)
            .header("authorization", &self.authorization)
            .call()
            .context("listing the accounts")?;
        let status = response.status().as_u16();
        let body = response.body_mut().read_to_string()?;
        if status != 200 {
            bail!("listing the accounts: the server answered {status} {body}");
        }
        let answer: Value = serde_json::from_str(&body).context("listing the accounts")?;
        let accounts = answer.get("accounts").unwrap_or(&answer);
        let list = accounts.as_array().ok_or_else(|| anyhow!("listing the accounts: no list in {body}"))?;
        Ok(list.is_empty())
    }
}

/// 32 random octets in hexadecimal.
pub fn random_hex() -> Result<String> {
    Ok(random_octets::<32>()?.iter().map(|octet| format!("{octet:02x}")).collect())
}

/// 100 random bits in letters and digits that are not mistaken for each other.
fn random_password() -> Result<String> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    Ok(random_octets::<20>()?.iter().map(|octet| char::from(LETTERS[usize::from(octet % 32)])).collect())
}

fn random_octets<const N: usize>() -> Result<[u8; N]> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets).map_err(|error| anyhow!("no random numbers: {error}"))?;
    Ok(octets)
}
