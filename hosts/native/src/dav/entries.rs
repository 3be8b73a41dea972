//! What is in a collection of any kind, with all that somebody has said of it; and plain files, which Kalends keeps
//! beside calendars.

use super::collections::{set_by_clients, shares};
use super::xml::{DAV, Element};
use super::{Client, Question};
use crate::collection::{Kind, Property, Share, text_of};
use anyhow::Result;
use http::StatusCode;
use url::Url;

/// All that was set, and whose it is.
const ALL: &str = "<allprop/><include><owner/><acl/></include>";

/// A collection, or something in it.
pub struct Entry {
    /// The last segment of its URL.
    pub segment: String,
    /// A collection, and not a resource.
    pub is_folder: bool,
    /// Media type; empty for a collection.
    pub content_type: String,
    /// The properties that somebody has set.
    pub properties: Vec<Property>,
    /// With whom it is shared.
    pub shares: Vec<Share>,
}

impl Client {
    /// A collection itself, and what is in it. What others have shared is theirs, and left out.
    pub async fn entries(&self, url: &Url) -> Result<(Entry, Vec<Entry>)> {
        let found = self.propfind(url, "1", ALL).await?;
        let owner = |response: &super::Response| response.href(DAV, "owner").map(|owner| text_of(owner.path()));
        let (itself, members): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|response| text_of(response.url.path()) == text_of(url.path()));
        let of = itself.first().and_then(owner);
        let itself = itself.iter().map(entry).next();
        let itself = itself.ok_or_else(|| anyhow::anyhow!("{url} is not in the answer about it"))?;
        let own = members.iter().filter(|member| owner(member).is_none_or(|owner| of.as_ref() == Some(&owner)));
        let mut members: Vec<Entry> = own.map(entry).collect();
        members.sort_by(|one, other| one.segment.cmp(&other.segment));
        Ok((itself, members))
    }

    /// The home of plain files, which no property tells of: beside the collection of principals, where Kalends has it.
    /// None on other servers.
    pub async fn files(&self, account: &str) -> Result<Option<Url>> {
        let principals = self.principals().await?;
        if !principals.path().ends_with("/principals/") {
            return Ok(None);
        }
        let home = principals.join(&format!("../files/{}/", crate::collection::segment(account)))?;
        let answer = self.ask(&home, Question::new("PROPFIND").header("depth", "0")).await?;
        Ok((answer.status == StatusCode::MULTI_STATUS).then_some(home))
    }

    /// Makes a folder.
    ///
    /// # Errors
    /// Where the server refuses, as it does where something is there that is none.
    pub async fn make_folder(&self, url: &Url) -> Result<()> {
        let answer = self.ask(url, Question::new("MKCOL")).await?;
        let exists = answer.status == StatusCode::METHOD_NOT_ALLOWED;
        if exists { Ok(()) } else { answer.success().map(drop) }
    }

    /// The properties that somebody has set on something, those that only some servers know among them.
    pub async fn said_of(&self, url: &Url, also: &str) -> Result<Vec<Property>> {
        let known = self.propfind(url, "0", &format!("<prop>{also}</prop>")).await?;
        let all = self.propfind(url, "0", "<allprop/>").await?;
        Ok(set_by_clients(known.iter().chain(&all).flat_map(|response| &response.properties)))
    }

    /// The same of a calendar or an address book.
    pub async fn said_of_collection(&self, url: &Url, kind: Kind) -> Result<Vec<Property>> {
        Ok(self.collection(url, kind).await?.collection.properties)
    }

    /// With whom something is shared.
    pub async fn shared_with(&self, url: &Url) -> Result<Vec<Share>> {
        let found = self.propfind(url, "0", "<prop><acl/></prop>").await?;
        Ok(found.iter().find_map(|response| response.property(DAV, "acl")).map(shares).unwrap_or_default())
    }
}

fn entry(response: &super::Response) -> Entry {
    let types = response.property(DAV, "resourcetype");
    Entry {
        segment: response.segment(),
        is_folder: types.is_some_and(|types| types.child(DAV, "collection").is_some()),
        content_type: response.property(DAV, "getcontenttype").map(Element::text).unwrap_or_default(),
        properties: set_by_clients(&response.properties),
        shares: response.property(DAV, "acl").map(shares).unwrap_or_default(),
    }
}
