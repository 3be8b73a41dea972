//! Accounts, through the component's own JSON API: this host has no idea of how they are stored.

use crate::application::{Application, Failure};
use crate::usage::Usage;
use anyhow::{Context, Result, anyhow, bail, ensure};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use std::io::{BufRead, IsTerminal};
use std::str::FromStr;
use std::sync::Arc;

/// The collection of accounts.
const ACCOUNTS: &str = "/api/accounts";

/// Name of the first account where that of the person who starts the server will not do.
const FIRST: &str = "admin";

/// Characters of a password made here: 32 letters and digits that cannot be mistaken for one another, five bits each.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Characters of such a password, in groups: 100 bits.
const PASSWORD: usize = 20;
const GROUP: usize = 4;

/// An account name with its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The name.
    pub name: String,
    /// The password.
    pub password: String,
}

impl FromStr for Credentials {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some((name, password)) if !name.is_empty() && !password.is_empty() => {
                Ok(Self { name: name.to_owned(), password: password.to_owned() })
            }
            _ => Err("it takes a name, a colon and a password"),
        }
    }
}

/// The administrator's view of an application.
pub struct Accounts<'a> {
    application: &'a Application,
    token: &'a str,
}

impl<'a> Accounts<'a> {
    /// Administers with the token that the application knows.
    pub fn new(application: &'a Application, token: &'a str) -> Self {
        Self { application, token }
    }

    /// Makes an account; one that exists is an error.
    pub async fn add(&self, name: &str, password: &str) -> Result<()> {
        match self.create(name, password).await? {
            StatusCode::CONFLICT => bail!("there is an account {name} already"),
            _ => Ok(()),
        }
    }

    /// Makes an account where there is none; one that exists keeps its password.
    pub async fn ensure(&self, credentials: &Credentials) -> Result<()> {
        self.create(&credentials.name, &credentials.password).await?;
        Ok(())
    }

    /// Makes an account where there is none at all, with a random password.
    pub async fn make_first(&self) -> Result<Option<Credentials>> {
        if !self.names().await?.is_empty() {
            return Ok(None);
        }
        let first = Credentials { name: first_name(), password: random_password()? };
        self.add(&first.name, &first.password).await?;
        Ok(Some(first))
    }

    /// The names of all accounts.
    pub async fn names(&self) -> Result<Vec<String>> {
        let (status, body) = self.request(Method::GET, ACCOUNTS, None).await?;
        ensure!(status == StatusCode::OK, "the accounts cannot be listed: {}", reason(status, &body));
        let list = body.get("accounts").unwrap_or(&body).as_array().context("the list of accounts is none")?;
        let name = |account: &Value| account.get("name").and_then(Value::as_str).map(str::to_owned);
        Ok(list.iter().filter_map(name).collect())
    }

    /// Removes an account and all that is its own.
    pub async fn remove(&self, name: &str) -> Result<()> {
        self.change(Method::DELETE, &account(name), None, name).await
    }

    /// Gives an account another password.
    pub async fn change_password(&self, name: &str, password: &str) -> Result<()> {
        let path = format!("{}/password", account(name));
        self.change(Method::PUT, &path, Some(json!({ "password": password })), name).await
    }

    async fn create(&self, name: &str, password: &str) -> Result<StatusCode> {
        let given = json!({ "name": name, "password": password });
        let (status, body) = self.request(Method::POST, ACCOUNTS, Some(given)).await?;
        let made = status == StatusCode::CREATED || status == StatusCode::CONFLICT;
        ensure!(made, "the account {name} cannot be made: {}", reason(status, &body));
        Ok(status)
    }

    async fn change(&self, method: Method, path: &str, given: Option<Value>, name: &str) -> Result<()> {
        let (status, body) = self.request(method, path, given).await?;
        ensure!(status != StatusCode::NOT_FOUND, "there is no account {name}");
        ensure!(status.is_success(), "the account {name} cannot be changed: {}", reason(status, &body));
        Ok(())
    }

    /// One request to the component. A response that is not JSON is null.
    async fn request(&self, method: Method, path: &str, given: Option<Value>) -> Result<(StatusCode, Value)> {
        let body = given.map_or_else(Bytes::new, |given| Bytes::from(given.to_string()));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost")
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .header("content-length", body.len())
            .body(body)?;
        let response = self.application.handle(request, &Arc::new(Usage::default())).await.map_err(said)?;
        let answer = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
        Ok((response.status(), answer))
    }
}

fn said(failure: Failure) -> anyhow::Error {
    match failure {
        Failure::Broken(error) => error,
        Failure::Busy | Failure::TooSlow => anyhow!("the component took too long"),
    }
}

/// What the API says of a failure.
fn reason(status: StatusCode, body: &Value) -> String {
    let told = ["error", "detail", "message", "title"].iter().find_map(|member| body.get(member)?.as_str());
    told.map_or_else(|| status.to_string(), str::to_owned)
}

/// The path of an account. What is not an unreserved character is percent-encoded (RFC 3986 §2.1).
fn account(name: &str) -> String {
    let mut path = format!("{ACCOUNTS}/");
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => path.push(byte.into()),
            _ => path.push_str(&format!("%{byte:02X}")),
        }
    }
    path
}

/// The name of whoever starts the server, where it will do as an account's.
fn first_name() -> String {
    let names = ["USER", "LOGNAME", "USERNAME"].iter().filter_map(|variable| std::env::var(variable).ok());
    let mut names = names.map(|name| name.to_ascii_lowercase()).filter(|name| is_account_name(name));
    names.next().unwrap_or_else(|| FIRST.to_owned())
}

fn is_account_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(fits)
        && name.bytes().any(|byte| byte.is_ascii_alphanumeric())
}

fn random_password() -> Result<String> {
    let mut bytes = [0; PASSWORD];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("the system has no randomness: {error}"))?;
    let letters: Vec<char> = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    let groups: Vec<String> = letters.chunks(GROUP).map(|group| group.iter().collect()).collect();
    Ok(groups.join("-"))
}

/// A password: typed twice on a terminal, or the first line of standard input.
pub fn ask_for_password() -> Result<String> {
    let password = if std::io::stdin().is_terminal() {
        let password = rpassword::prompt_password("Password: ")?;
        ensure!(rpassword::prompt_password("Once more: ")? == password, "the two are not the same");
        password
    } else {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).context("cannot read the password")?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    ensure!(!password.is_empty(), "the password is empty");
    Ok(password)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_a_name_and_a_password() {
        let credentials: Credentials = "ada:pass:word".parse().unwrap();
        assert_eq!((credentials.name.as_str(), credentials.password.as_str()), ("ada", "pass:word"));
        assert!("ada".parse::<Credentials>().is_err());
        assert!("ada:".parse::<Credentials>().is_err());
        assert!(":word".parse::<Credentials>().is_err());
    }

    #[test]
    fn names_are_encoded_in_paths() {
        assert_eq!(account("ada@example.org"), "/api/accounts/ada%40example.org");
        assert_eq!(account("../x/ü"), "/api/accounts/..%2Fx%2F%C3%BC");
    }

    #[test]
    fn made_passwords_differ_and_can_be_typed() {
        let password = random_password().unwrap();
        assert_eq!(password.len(), PASSWORD + PASSWORD / GROUP - 1);
        assert!(password.bytes().all(|byte| byte == b'-' || ALPHABET.contains(&byte)));
        assert_ne!(random_password().unwrap(), password);
    }

    #[test]
    fn an_account_name_is_plain() {
        assert!(is_account_name("ada.l-1"));
        assert!(!is_account_name("") && !is_account_name("Ada") && !is_account_name("a b") && !is_account_name(".."));
    }
}
