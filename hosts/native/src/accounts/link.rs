//! `kalends link`: addresses under which anybody may read a calendar.

use super::api::{body, path};
use super::place::Place;
use super::reach::Reach;
use super::show;
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use http::Uri;
use serde_json::{Value, json};

const COLUMNS: show::Columns = &[
    ("ID", "id"),
    ("LABEL", "label"),
    ("COLLECTION", "collection"),
    ("ACCESS", "access"),
    ("LAST USED", "last_used"),
    ("EXPIRES", "expires"),
    ("URL", "url"),
];

/// Publishes calendars: whoever has the address of one may read it, with any program that subscribes to calendars
#[derive(Debug, Args)]
pub struct Links {
    #[command(flatten)]
    reach: Reach,
    /// The server's address for subscribers, where --server does not say it
    #[arg(long, global = true, value_name = "URL", env = "KALENDS_URL")]
    url: Option<Uri>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes an address and shows it
    Add(Add),
    /// Lists the addresses of an account's calendars, the newest first
    List {
        /// The account's name
        account: String,
    },
    /// Revokes one: it gives nothing from then on
    Revoke {
        /// The account's name
        account: String,
        /// The identifier that `list` shows
        id: String,
    },
}

#[derive(Debug, Args)]
struct Add {
    /// The calendar, as OWNER/NAME
    collection: Place,
    /// Shows when its owner is busy, and nothing else
    #[arg(long)]
    free_busy: bool,
    /// What its owner knows it by: "the door of our office"
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// When it ends, such as 2030-01-31T12:00:00Z [default: never]
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
}

impl Add {
    /// The body of the API.
    fn said(&self) -> Value {
        body([
            ("collection", Some(json!(self.collection.collection))),
            ("access", Some(json!(if self.free_busy { "free-busy" } else { "read" }))),
            ("label", self.label.as_ref().map(|label| json!(label))),
            ("expires", self.expires.as_ref().map(|time| json!(time))),
        ])
        .into()
    }
}

/// Does what the command line says of links.
///
/// # Errors
/// What the API refuses, and whatever keeps it from answering.
pub async fn run(links: Links) -> Result<()> {
    let Links { reach, url, command } = links;
    // An address without the server's name is of no use to anybody else.
    let needs_url = || {
        let known = url.is_some() || reach.server().is_some();
        known.then_some(()).context("a link has the server's address in it: --url https://calendar.example.org")
    };
    let of = |account: &str| path(&["accounts", account, "links"]);
    match command {
        Command::Add(new) => {
            needs_url()?;
            let owner = &new.collection.owner;
            let made = reach.api(url.as_ref())?.post(&of(owner), &new.said()).await;
            show(&made.with_context(|| format!("{} of {owner}", new.collection.collection))?, reach.json)
        }
        Command::List { account } => {
            needs_url()?;
            let all = reach.api(url.as_ref())?.list(&of(&account), "links").await;
            show::rows(&all.with_context(|| format!("the account {account}"))?, COLUMNS, reach.json)
        }
        Command::Revoke { account, id } => {
            let link = path(&["accounts", &account, "links", &id]);
            reach.api(None)?.delete(&link).await.with_context(|| format!("{id} of {account}"))
        }
    }
}

/// The address on a line of its own, so that a script can take it; what is for eyes goes to standard error.
fn show(made: &Value, json: bool) -> Result<()> {
    let text = |member| made.get(member).and_then(Value::as_str).with_context(|| format!("the answer has no {member}"));
    match json {
        true => println!("{}", serde_json::to_string_pretty(made)?),
        false => {
            println!("{}", text("url")?);
            eprintln!("For Apple's calendars:\n{}", text("webcal")?);
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_link_shows_everything_unless_told_otherwise() {
        let new = |free_busy| Add { collection: "ada/work".parse().unwrap(), free_busy, label: None, expires: None };
        assert_eq!(new(false).said(), json!({ "collection": "calendars/work", "access": "read" }));
        assert_eq!(new(true).said(), json!({ "collection": "calendars/work", "access": "free-busy" }));
    }
}
