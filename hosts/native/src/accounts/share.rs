//! `kalends share`: what accounts share with users and groups.

use super::api::{Api, body, path};
use super::place::Place;
use super::reach::Reach;
use super::show;
use anyhow::{Context, Result};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

const COLUMNS: show::Columns =
    &[("OWNER", "owner"), ("COLLECTION", "collection"), ("WITH", "with"), ("ACCESS", "access"), ("STATE", "state")];

/// Shares calendars and address books with users and groups
#[derive(Debug, Args)]
pub struct Shares {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shares a collection, or changes the access; it is in the homes of those it is shared with at once
    Add(Add),
    /// Lists what an account shares and what is shared with it
    List {
        /// The account's name
        account: String,
    },
    /// Ends a share
    Remove {
        /// A calendar as OWNER/NAME; what else is shared as OWNER/addressbooks/NAME or OWNER/files/PATH
        collection: Place,
        /// The user or group that it is shared with
        #[arg(long, value_name = "NAME")]
        with: String,
    },
}

#[derive(Debug, Args)]
struct Add {
    /// A calendar as OWNER/NAME; what else can be shared as OWNER/addressbooks/NAME or OWNER/files/PATH
    collection: Place,
    /// A user or a group
    #[arg(long, value_name = "NAME")]
    with: String,
    /// What they may do
    #[arg(long, value_enum)]
    access: Access,
    /// Makes the collection where it is not there, with this name to show: a team's calendar in one command
    #[arg(long, value_name = "TITLE")]
    create: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Access {
    /// Read and change all that is in it
    Write,
    /// Read it
    Read,
    /// See when its owner is busy
    FreeBusy,
}

impl Access {
    fn name(self) -> &'static str {
        match self {
            Access::Write => "write",
            Access::Read => "read",
            Access::FreeBusy => "free-busy",
        }
    }
}

impl Add {
    /// The body of the API.
    fn said(&self) -> Value {
        body([
            ("collection", Some(json!(self.collection.collection))),
            ("with", Some(json!(self.with))),
            ("access", Some(json!(self.access.name()))),
            ("create", self.create.as_ref().map(|title| json!(title))),
        ])
        .into()
    }
}

/// Does what the command line says of shares.
///
/// # Errors
/// What the API refuses, and whatever keeps it from answering.
pub async fn run(shares: Shares) -> Result<()> {
    let api = shares.reach.api(None)?;
    match shares.command {
        Command::Add(new) => {
            api.post(&of(&new.collection.owner), &new.said()).await.with_context(|| told(&new.collection))?;
            Ok(())
        }
        Command::List { account } => {
            let both = api.get(&of(&account)).await.with_context(|| format!("the account {account}"))?;
            show::rows(&[listed(&both, "given"), listed(&both, "received")].concat(), COLUMNS, shares.reach.json)
        }
        Command::Remove { collection, with } => remove(&api, &collection, &with).await,
    }
}

async fn remove(api: &Api, collection: &Place, with: &str) -> Result<()> {
    let shares = of(&collection.owner);
    let both = api.get(&shares).await.with_context(|| told(collection))?;
    let text = |share: &Value, member: &str| share.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let given = listed(&both, "given");
    let share = given.iter().find(|share| collection.is(&text(share, "collection")) && text(share, "with") == with);
    let share = share.with_context(|| format!("{} is not shared with {with}", told(collection)))?;
    api.delete(&path(&["accounts", &collection.owner, "shares", &text(share, "id")]))
        .await
        .with_context(|| told(collection))
}

fn listed(both: &Value, member: &str) -> Vec<Value> {
    both.get(member).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn of(account: &str) -> String {
    path(&["accounts", account, "shares"])
}

fn told(place: &Place) -> String {
    format!("{} of {}", place.collection, place.owner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_is_made_only_where_that_is_said() {
        let new = |create: Option<&str>| Add {
            collection: "ada/team".parse().unwrap(),
            with: "team".to_owned(),
            access: Access::FreeBusy,
            create: create.map(str::to_owned),
        };
        let plain = json!({ "collection": "calendars/team", "with": "team", "access": "free-busy" });
        assert_eq!(new(None).said(), plain);
        assert_eq!(new(Some("Our team")).said()["create"], json!("Our team"));
    }
}
