//! `kalends group`: groups of users and of groups.

use super::api::path;
use super::reach::Reach;
use super::show;
use super::user::Profile;
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use serde_json::json;

const COLUMNS: show::Columns = &[("NAME", "name"), ("DISPLAY NAME", "display_name"), ("E-MAIL", "emails")];
const MEMBERS: show::Columns = &[("NAME", "name"), ("KIND", "kind"), ("DISPLAY NAME", "display_name")];

/// Administers groups, with which a calendar can be shared as with a user
#[derive(Debug, Args)]
pub struct Groups {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes a group, without members
    Add {
        /// The group's name, unique among groups and users
        name: String,
        #[command(flatten)]
        profile: Profile,
    },
    /// Lists the groups, or the members of one
    List {
        /// The group whose members are listed
        name: Option<String>,
    },
    /// Makes a user or a group a member
    AddMember(Membership),
    /// Ends a membership
    RemoveMember(Membership),
    /// Removes a group; its members stay
    Remove {
        /// The group's name
        name: String,
    },
}

#[derive(Debug, Args)]
struct Membership {
    /// The group's name
    group: String,
    /// The user or group that is its member
    member: String,
}

/// Does what the command line says of groups.
///
/// # Errors
/// What the API refuses, and whatever keeps it from answering.
pub async fn run(groups: Groups) -> Result<()> {
    let api = groups.reach.api(None)?;
    let json = groups.reach.json;
    match groups.command {
        Command::Add { name, profile } => {
            let mut body = profile.said();
            body.insert("name".to_owned(), json!(name));
            api.post(&path(&["groups"]), &body.into()).await.with_context(|| of(&name)).map(drop)
        }
        Command::List { name: None } => show::rows(&api.list(&path(&["groups"]), "groups").await?, COLUMNS, json),
        Command::List { name: Some(name) } => {
            let members = api.list(&path(&["groups", &name, "members"]), "members").await.with_context(|| of(&name))?;
            show::rows(&members, MEMBERS, json)
        }
        Command::AddMember(membership) => {
            api.put(&membership.path(), None).await.with_context(|| of(&membership.group))
        }
        Command::RemoveMember(membership) => {
            api.delete(&membership.path()).await.with_context(|| of(&membership.group))
        }
        Command::Remove { name } => api.delete(&path(&["groups", &name])).await.with_context(|| of(&name)),
    }
}

impl Membership {
    fn path(&self) -> String {
        path(&["groups", &self.group, "members", &self.member])
    }
}

fn of(name: &str) -> String {
    format!("the group {name}")
}
