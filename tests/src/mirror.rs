//! A client that only ever synchronises by token (RFC 6578).

use std::collections::BTreeMap;

use crate::names::GETETAG;
use crate::{Client, bodies};

/// What a client knows of a calendar.
#[derive(Default)]
pub struct Mirror {
    /// Its sync token; empty before the first synchronisation.
    pub token: String,
    /// The entity tags by path.
    pub members: BTreeMap<String, String>,
}

impl Mirror {
    /// Synchronises until there is nothing more.
    pub fn synchronise(&mut self, client: &Client, path: &str) {
        while self.step(client, path, None) {}
    }

    /// Takes one page of changes; true where there may be more.
    pub fn step(&mut self, client: &Client, path: &str, limit: Option<u32>) -> bool {
        let answer = client.report(path, "0", bodies::sync_collection(&self.token, limit, &[GETETAG]));
        match answer.status {
            // The calendar is not there, or is another one by now: what was known is worth nothing.
            404 | 403 => {
                *self = Mirror::default();
                return answer.status == 403;
            }
            _ => {}
        }
        let page = answer.multistatus();
        let mut more = false;
        for response in &page.responses {
            match response.status {
                Some(507) => more = true,
                Some(404) => drop(self.members.remove(&response.href)),
                _ => drop(self.members.insert(response.href.clone(), response.text(GETETAG).to_owned())),
            }
        }
        self.token = page.token().to_owned();
        more
    }
}

/// What the server says is in a calendar.
pub fn listed(client: &Client, path: &str) -> BTreeMap<String, String> {
    let answer = client.request("PROPFIND", path).header("depth", "1").xml(bodies::propfind(&[GETETAG])).send();
    if answer.status == 404 {
        return BTreeMap::new();
    }
    let listing = answer.multistatus();
    listing.members(path).into_iter().map(|(href, etag)| (href.to_owned(), etag.to_owned())).collect()
}
