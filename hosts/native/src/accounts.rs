//! Accounts, through the component's own JSON API: this host has no idea of how they are stored.
//!
//! A command is a small function over [`api::Api`], which [`reach::Reach`] opens: on a data directory, or of a server
//! anywhere.

pub mod api;
pub mod credential;
pub mod group;
pub mod link;
pub mod password;
mod place;
pub mod reach;
pub mod share;
pub mod show;
pub mod user;

use crate::application::Application;
use anyhow::{Context, Result};
use api::{Api, Refused, path};
use http::StatusCode;
use serde_json::{Value, json};
use std::str::FromStr;
use std::sync::Arc;

/// Name of the first account where that of the person who starts the server will not do.
const FIRST: &str = "admin";

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

/// The accounts that a server is to have when it starts.
pub struct Accounts(Api);

impl Accounts {
    /// Administers with the token that the application knows.
    ///
    /// # Errors
    /// Where that cannot be sent.
    pub fn new(application: &Arc<Application>, token: &str) -> Result<Self> {
        Api::here(application, token, None).map(Self)
    }

    /// Makes an account where there is none; one that exists keeps its password.
    ///
    /// # Errors
    /// What the API refuses, and whatever keeps it from answering.
    pub async fn ensure(&self, credentials: &Credentials) -> Result<()> {
        match self.make(credentials, false).await {
            Err(error) if is_conflict(&error) => Ok(()),
            made => made.with_context(|| format!("cannot make the account {}", credentials.name)),
        }
    }

    /// Makes an administrator's account where there is no account at all, with a random password.
    ///
    /// # Errors
    /// As [`Accounts::ensure`].
    pub async fn make_first(&self) -> Result<Option<Credentials>> {
        if !self.0.list(&path(&["accounts"]), "accounts").await?.is_empty() {
            return Ok(None);
        }
        let first = Credentials { name: first_name(), password: password::random()? };
        self.make(&first, true).await.context("cannot make the first account")?;
        Ok(Some(first))
    }

    /// The names of the accounts.
    ///
    /// # Errors
    /// Whatever keeps the API from answering.
    pub async fn names(&self) -> Result<Vec<String>> {
        let accounts = self.0.list(&path(&["accounts"]), "accounts").await?;
        let name = |account: &Value| account.get("name").and_then(Value::as_str).map(str::to_owned);
        Ok(accounts.iter().filter_map(name).collect())
    }

    /// Makes an account with a random password, and gives that.
    ///
    /// # Errors
    /// As the API refuses: an account of the name that exists, say.
    pub async fn add(&self, name: &str) -> Result<String> {
        let made = Credentials { name: name.to_owned(), password: password::random()? };
        self.make(&made, false).await?;
        Ok(made.password)
    }

    async fn make(&self, Credentials { name, password }: &Credentials, admin: bool) -> Result<()> {
        let body = json!({ "name": name, "password": password, "admin": admin });
        self.0.post(&path(&["accounts"]), &body).await.map(drop)
    }
}

fn is_conflict(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Refused>().is_some_and(|refused| refused.status == StatusCode::CONFLICT)
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
    fn an_account_name_is_plain() {
        assert!(is_account_name("ada.l-1"));
        assert!(!is_account_name("") && !is_account_name("Ada") && !is_account_name("a b") && !is_account_name(".."));
    }
}
