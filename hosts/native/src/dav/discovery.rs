//! Where somebody's calendars and address books are (RFC 6764 §6, RFC 5397, RFC 4791 §6.2.1, RFC 6352 §7.1.1).

use super::xml::DAV;
use super::{Client, Response};
use crate::collection::Kind;
use anyhow::{Context, Result};
use url::Url;

impl Kind {
    fn home_set(self) -> &'static str {
        match self {
            Kind::Calendar => "calendar-home-set",
            Kind::AddressBook => "addressbook-home-set",
        }
    }

    fn well_known(self) -> &'static str {
        match self {
            Kind::Calendar => "/.well-known/caldav",
            Kind::AddressBook => "/.well-known/carddav",
        }
    }
}

impl Client {
    /// The home of somebody's calendars or address books: none where the server has no such thing.
    ///
    /// # Errors
    /// Where the server does not say who is asking, wherever it is asked.
    pub async fn home(&self, kind: Kind) -> Result<Option<Url>> {
        let principal = self.principal(kind).await?;
        let asked = format!(r#"<prop><{0} xmlns="{1}"/></prop>"#, kind.home_set(), kind.namespace());
        let found = self.propfind(&principal, "0", &asked).await?;
        Ok(found.iter().find_map(|response| response.href(kind.namespace(), kind.home_set())).map(directory))
    }

    /// The asker's own principal.
    pub async fn own_principal(&self) -> Result<Url> {
        self.principal(Kind::Calendar).await
    }

    /// The collection that the asker's own principal is in, and those that one shares with are.
    pub async fn principals(&self) -> Result<Url> {
        let mut principal = self.principal(Kind::Calendar).await?;
        let path = principal.path().trim_end_matches('/').rsplit_once('/').map_or("", |(above, _)| above).to_owned();
        principal.set_path(&format!("{path}/"));
        Ok(principal)
    }

    async fn principal(&self, kind: Kind) -> Result<Url> {
        let mut failure = None;
        for place in [self.root.clone(), self.root.join(kind.well_known())?, self.root.join("/")?] {
            match self.propfind(&place, "0", "<prop><current-user-principal/></prop>").await {
                Ok(found) => {
                    if let Some(principal) = found.iter().find_map(principal_in) {
                        return Ok(principal);
                    }
                }
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        let who = || format!("{} does not say who is asking", self.root);
        match failure {
            Some(error) => Err(error).with_context(who),
            None => None.with_context(who),
        }
    }
}

fn principal_in(response: &Response) -> Option<Url> {
    response.href(DAV, "current-user-principal")
}

/// The URL with a slash at its end, so that what is in it can be joined.
fn directory(mut url: Url) -> Url {
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    url
}
