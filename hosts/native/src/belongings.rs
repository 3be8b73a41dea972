//! What an account has besides its collections: who it is, what it has set on its homes, and what it has set for itself
//! on that which others share with it.
//!
//! `DIR/ACCOUNT/account.json`, written by `kalends export` and taken back by `kalends import`.

use crate::collection::{Kind, Property};
use crate::dav::Client;
use crate::delivery::{Policy, set};
use crate::reach::Reach;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fs;
use std::path::Path;
use url::Url;

/// The file.
pub const DESCRIPTION: &str = "account.json";

/// What of an account the account itself is known by; what it may do and how much it may store, whoever runs the server
/// decides anew.
const PROFILE: [&str; 4] = ["display_name", "emails", "timezone", "locale"];

/// Which card says who its user is (RFC 6352 §7.1.2).
const ADDRESS: &str = r#"<principal-address xmlns="urn:ietf:params:xml:ns:carddav"/>"#;

/// What is in [`DESCRIPTION`].
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Belongings {
    /// The members of [`PROFILE`], as the JSON API has them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    profile: Map<String, Value>,
    /// Set on the principal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    principal: Vec<Property>,
    /// Set on the home of calendars.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    calendars: Vec<Property>,
    /// Set on the home of address books.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    addressbooks: Vec<Property>,
    /// Set for itself on what others share with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shared: Vec<Personal>,
}

/// What a sharee has set for itself.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Personal {
    owner: String,
    kind: Kind,
    /// The last segment of the collection's URL in its owner's home.
    segment: String,
    properties: Vec<Property>,
}

impl Belongings {
    /// What an account has. What is not told over CalDAV is known only of accounts in a data directory.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn of(reach: &Reach, account: &str, client: &Client) -> Result<Self> {
        let mut found = Self::default();
        if let Some(Value::Object(mut profile)) = reach.profile(account).await? {
            profile.retain(|name, value| PROFILE.contains(&name.as_str()) && !value.is_null());
            found.profile = profile;
        }
        for (kind, properties) in [(Kind::Calendar, &mut found.calendars), (Kind::AddressBook, &mut found.addressbooks)]
        {
            if let Some(home) = client.home(kind).await? {
                *properties = client.said_of(&home, "").await?;
            }
        }
        found.principal = client.said_of(&client.own_principal().await?, ADDRESS).await?;
        // The address is told by the principal, wherever it is kept.
        found.addressbooks.retain(|property| !found.principal.contains(property));
        for (owner, kind, segment) in reach.received(account).await? {
            let Some(url) = at(reach, &owner, kind, &segment).await? else { continue };
            let properties = own_of(reach, client, &owner, &url, kind).await?;
            if !properties.is_empty() {
                found.shared.push(Personal { owner, kind, segment, properties });
            }
        }
        Ok(found)
    }

    /// What a directory of an account says; nothing where it says nothing.
    ///
    /// # Errors
    /// Where the file cannot be read or understood.
    pub fn read(directory: &Path) -> Result<Self> {
        let file = directory.join(DESCRIPTION);
        if !file.is_file() {
            return Ok(Self::default());
        }
        let json = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        serde_json::from_slice(&json).with_context(|| format!("{} cannot be understood", file.display()))
    }

    /// Who the account is, where that is known.
    pub fn profile(&self) -> Option<Value> {
        (!self.profile.is_empty()).then(|| Value::Object(self.profile.clone()))
    }

    /// Sets it all for an account, but the profile. The collections and shares have to be there. What is said there
    /// already stays, unless the policy is to replace.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn set(&self, reach: &Reach, client: &Client, policy: Policy) -> Result<()> {
        for (kind, wanted) in [(Kind::Calendar, &self.calendars), (Kind::AddressBook, &self.addressbooks)] {
            if let Some(home) = client.home(kind).await?.filter(|_| !wanted.is_empty()) {
                set(client, policy, &home, wanted, &client.said_of(&home, "").await?).await?;
            }
        }
        let principal = client.own_principal().await?;
        let there = client.said_of(&principal, ADDRESS).await?;
        set(client, policy, &principal, &self.principal, &there).await?;
        for Personal { owner, kind, segment, properties } in &self.shared {
            let Some(url) = at(reach, owner, *kind, segment).await? else {
                eprintln!("{segment} of {owner} is not there to have properties set on it");
                continue;
            };
            let there = own_of(reach, client, owner, &url, *kind).await?;
            set(client, policy, &url, properties, &there).await?;
        }
        Ok(())
    }
}

/// What a sharee has set for itself on what is an owner's.
async fn own_of(reach: &Reach, client: &Client, owner: &str, url: &Url, kind: Kind) -> Result<Vec<Property>> {
    let for_all = reach.client(owner).await?.said_of_collection(url, kind).await?;
    let mut own = client.said_of_collection(url, kind).await?;
    own.retain(|property| !for_all.contains(property));
    Ok(own)
}

/// Where an owner has a collection; none where the accounts are not here.
async fn at(reach: &Reach, owner: &str, kind: Kind, segment: &str) -> Result<Option<Url>> {
    let Reach::Here(_) = reach else { return Ok(None) };
    let home = reach.client(owner).await?.home(kind).await?;
    Ok(home.map(|home| home.join(&format!("./{segment}/"))).transpose()?)
}
