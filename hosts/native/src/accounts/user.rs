//! `kalends user`: the accounts.

use super::api::{Api, body, path};
use super::reach::Reach;
use super::{password, show};
use anyhow::{Context, Result};
use clap::{ArgGroup, Args, Subcommand};
use serde_json::{Map, Value, json};

const COLUMNS: show::Columns = &[
    ("NAME", "name"),
    ("DISPLAY NAME", "display_name"),
    ("E-MAIL", "emails"),
    ("ADMIN", "admin"),
    ("DISABLED", "disabled"),
    ("QUOTA", "quota"),
    ("USED", "used"),
];

/// Administers accounts; a server may be running on the same data
#[derive(Debug, Args)]
pub struct Users {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes an account; asks for its password, or reads it from standard input
    Add(Add),
    /// Lists the accounts
    List {
        /// Only those whose name, display name or e-mail address contains this
        search: Option<String>,
    },
    /// Shows one account
    Show {
        /// The account's name
        name: String,
    },
    /// Changes an account: what is not said stays
    Change(Change),
    /// Changes an account's password; asks for it, or reads it from standard input
    Passwd {
        /// The account's name
        name: String,
    },
    /// Removes an account, and says what becomes of its calendars, address books and files
    #[command(group = ArgGroup::new("fate").required(true).args(["keep_data", "purge"]))]
    Remove {
        /// The account's name
        name: String,
        /// Nobody can sign in any more, all its credentials are gone, its data stays: `user change --enable` and
        /// `user passwd` give it back
        #[arg(long)]
        keep_data: bool,
        /// All that is the account's own is gone for good
        #[arg(long)]
        purge: bool,
    },
}

#[derive(Debug, Args)]
struct Add {
    /// The account's name: lower-case letters, digits, '.', '_', '-', '@'
    name: String,
    #[command(flatten)]
    profile: Profile,
    /// May administer accounts
    #[arg(long)]
    admin: bool,
}

#[derive(Debug, Args)]
struct Change {
    /// The account's name
    name: String,
    #[command(flatten)]
    profile: Profile,
    /// May administer accounts from now on
    #[arg(long)]
    admin: bool,
    /// May no longer administer accounts
    #[arg(long, conflicts_with = "admin")]
    no_admin: bool,
    /// May no longer sign in, nor read or write by any credential
    #[arg(long)]
    disable: bool,
    /// May sign in again
    #[arg(long, conflicts_with = "disable")]
    enable: bool,
}

/// What may be said of users and groups.
#[derive(Debug, Args)]
pub struct Profile {
    /// The name that others see
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// An e-mail address; may be repeated, the preferred one first. '' for none
    #[arg(long = "email", value_name = "ADDRESS")]
    emails: Vec<String>,
    /// Time zone, such as Europe/Berlin; '' for none
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// Language, such as de-AT; '' for none
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,
    /// Bytes that the account's own data may take, also as 500M or 2G; '' for no limit
    #[arg(long, value_name = "BYTES", value_parser = Quota::read)]
    quota: Option<Quota>,
}

/// A number of bytes; none for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Quota(Option<u64>);

impl Quota {
    fn read(text: &str) -> Result<Quota, String> {
        if text.is_empty() {
            return Ok(Quota(None));
        }
        let (number, unit) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()));
        let shift = match unit.to_ascii_uppercase().as_str() {
            "" => 0,
            "K" => 10,
            "M" => 20,
            "G" => 30,
            "T" => 40,
            _ => return Err("it takes a number of bytes, or one with K, M, G or T".to_owned()),
        };
        let number: u64 = number.parse().map_err(|error| format!("{error}"))?;
        let bytes = number.checked_mul(1 << shift).ok_or("that is too large")?;
        Ok(Quota(Some(bytes)))
    }
}

impl Profile {
    /// The members of a body of the API: what was said, and null for what is taken away.
    pub fn said(&self) -> Map<String, Value> {
        let or_null = |text: &String| if text.is_empty() { Value::Null } else { json!(text) };
        let emails: Vec<&String> = self.emails.iter().filter(|email| !email.is_empty()).collect();
        body([
            ("display_name", self.display_name.as_ref().map(|name| json!(name))),
            ("emails", (!self.emails.is_empty()).then(|| json!(emails))),
            ("timezone", self.timezone.as_ref().map(or_null)),
            ("locale", self.locale.as_ref().map(or_null)),
            ("quota", self.quota.map(|quota| json!(quota.0))),
        ])
    }
}

/// Does what the command line says of accounts.
///
/// # Errors
/// What the API refuses, and whatever keeps it from answering.
pub async fn run(users: Users) -> Result<()> {
    let api = match users.command {
        Command::Add(_) => users.reach.first_api()?,
        _ => users.reach.api(None)?,
    };
    match users.command {
        Command::Add(new) => add(&api, new).await,
        Command::List { search } => list(&api, search, users.reach.json).await,
        Command::Show { name } => {
            let account = api.get(&account(&name)).await.with_context(|| of(&name))?;
            println!("{}", serde_json::to_string_pretty(&account)?);
            Ok(())
        }
        Command::Change(said) => change(&api, said).await,
        Command::Passwd { name } => {
            let body = json!({ "password": password::ask()? });
            api.put(&path(&["accounts", &name, "password"]), Some(&body)).await.with_context(|| of(&name))
        }
        Command::Remove { name, purge, .. } => {
            let data = if purge { "purge" } else { "keep" };
            api.delete(&format!("{}?data={data}", account(&name))).await.with_context(|| of(&name))
        }
    }
}

async fn add(api: &Api, new: Add) -> Result<()> {
    let mut body = new.profile.said();
    body.insert("name".to_owned(), json!(new.name));
    body.insert("password".to_owned(), json!(password::ask()?));
    body.insert("admin".to_owned(), json!(new.admin));
    api.post(&path(&["accounts"]), &body.into()).await.with_context(|| of(&new.name))?;
    Ok(())
}

async fn list(api: &Api, search: Option<String>, json: bool) -> Result<()> {
    let mut accounts = path(&["accounts"]);
    if let Some(text) = search {
        // The one segment of a path is the encoding of a value in a query as well.
        accounts.push_str(&path(&[&text]).replacen("/api/", "?search=", 1));
    }
    show::rows(&api.list(&accounts, "accounts").await?, COLUMNS, json)
}

async fn change(api: &Api, said: Change) -> Result<()> {
    let mut body = said.profile.said();
    let flags = [("admin", said.admin, said.no_admin), ("disabled", said.disable, said.enable)];
    for (member, yes, no) in flags {
        if yes || no {
            body.insert(member.to_owned(), json!(yes));
        }
    }
    api.patch(&account(&said.name), &body.into()).await.with_context(|| of(&said.name))?;
    Ok(())
}

fn account(name: &str) -> String {
    path(&["accounts", name])
}

fn of(name: &str) -> String {
    format!("the account {name}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn quotas() {
        for (text, bytes) in
            [("", None), ("0", Some(0)), ("1000", Some(1000)), ("2G", Some(2 << 30)), ("5m", Some(5 << 20))]
        {
            assert_eq!(Quota::read(text), Ok(Quota(bytes)), "{text}");
        }
        for text in ["G", "-1", "1.5G", "2GB", "99999999999T", "x"] {
            assert!(Quota::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_not_said_is_not_sent() {
        let nothing = Profile { display_name: None, emails: vec![], timezone: None, locale: None, quota: None };
        assert_eq!(Value::from(nothing.said()), json!({}));
        let taken_away =
            Profile { emails: vec![String::new()], timezone: Some(String::new()), quota: Some(Quota(None)), ..nothing };
        assert_eq!(Value::from(taken_away.said()), json!({ "emails": [], "timezone": null, "quota": null }));
    }
}
