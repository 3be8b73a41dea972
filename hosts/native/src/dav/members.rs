//! Members of a collection: which there are, their bodies, and how they get there.

use super::xml::{DAV, Element};
use super::{Client, Question};
use crate::collection::{Kind, Object, text_of};
use anyhow::Result;
use http::StatusCode;
use std::collections::BTreeMap;
use url::Url;

/// Bodies that one multiget asks for.
const AT_ONCE: usize = 50;

/// What became of an object that was put.
#[derive(Debug, PartialEq, Eq)]
pub enum Put {
    /// It is there now.
    Stored,
    /// Something has its name already.
    Occupied,
    /// The server does not take it, and says why.
    Refused(String),
}

impl Client {
    /// The names (last segments) of a collection's members.
    pub async fn members(&self, collection: &Url) -> Result<Vec<String>> {
        let listed = self.propfind(collection, "1", "<prop><getetag/><resourcetype/></prop>").await?;
        let is_member = |response: &&super::Response| {
            let folder =
                response.property(DAV, "resourcetype").is_some_and(|types| types.child(DAV, "collection").is_some());
            !folder && response.property(DAV, "getetag").is_some()
        };
        let mut names: Vec<String> = listed.iter().filter(is_member).map(super::Response::segment).collect();
        names.sort();
        Ok(names)
    }

    /// The bodies of members by their names; those that are gone are left out.
    pub async fn bodies(&self, collection: &Url, kind: Kind, names: &[String]) -> Result<BTreeMap<String, Vec<u8>>> {
        let mut bodies = BTreeMap::new();
        // Octet for octet, which XML does not carry. And a report gives cards as 3.0, whatever they are (RFC 6352
        // §10.4).
        if self.transport.is_near() || kind == Kind::AddressBook {
            for name in names {
                if let Some(body) = self.body(&collection.join(&format!("./{name}"))?).await? {
                    bodies.insert(name.clone(), body);
                }
            }
            return Ok(bodies);
        }
        for names in names.chunks(AT_ONCE) {
            let mut given: BTreeMap<String, Vec<u8>> = self
                .multiget(collection, names)
                .await?
                .into_iter()
                .map(|(name, body)| (text_of(&name), body))
                .collect();
            for name in names {
                // One that the report leaves out is not there any more, or could not be told: the server says which.
                let body = match given.remove(&text_of(name)) {
                    Some(body) => Some(body),
                    None => self.body(&collection.join(&format!("./{name}"))?).await?,
                };
                bodies.extend(body.map(|body| (name.clone(), body)));
            }
        }
        Ok(bodies)
    }

    async fn multiget(&self, collection: &Url, names: &[String]) -> Result<Vec<(String, Vec<u8>)>> {
        let escaped = |name: &String| name.replace('&', "&amp;").replace('<', "&lt;");
        let href = |name: &String| format!(r#"<href xmlns="DAV:">{}{}</href>"#, collection.path(), escaped(name));
        let hrefs: String = names.iter().map(href).collect();
        let namespace = Kind::Calendar.namespace();
        let body = format!(
            r#"<calendar-multiget xmlns="{namespace}"><prop xmlns="DAV:"><calendar-data xmlns="{namespace}"/></prop>{hrefs}</calendar-multiget>"#
        );
        let given =
            self.ask(collection, Question::new("REPORT").header("depth", "1").xml(body)).await?.multistatus()?;
        let mut bodies = Vec::new();
        for response in &given {
            match response.property(namespace, "calendar-data").map(Element::text) {
                // XML has no CR of its own: what parsers make of line ends is to be undone.
                Some(text) => bodies.push((response.segment(), crlf(&text))),
                None => continue,
            }
        }
        Ok(bodies)
    }

    /// A member as it is, octet for octet; none where there is none.
    pub async fn body(&self, member: &Url) -> Result<Option<Vec<u8>>> {
        let answer = self.ask(member, Question::new("GET")).await?;
        match answer.status {
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            _ => Ok(Some(answer.success()?.body.into())),
        }
    }

    /// Stores an object; where nothing is to be replaced, only under a name that nothing has.
    pub async fn put(&self, collection: &Url, kind: Kind, object: &Object, replace: bool) -> Result<Put> {
        let url = collection.join(&format!("./{}", object.name))?;
        self.put_at(&url, kind.media_type(), object.body.clone(), replace).await
    }

    /// Stores something at a URL; where nothing is to be replaced, only where nothing is.
    pub async fn put_at(&self, url: &Url, media_type: &str, body: Vec<u8>, replace: bool) -> Result<Put> {
        let mut question = Question::new("PUT").body(media_type, body);
        if !replace {
            question = question.header("if-none-match", "*");
        }
        let answer = self.ask(url, question).await?;
        Ok(match answer.status {
            status if status.is_success() => Put::Stored,
            StatusCode::PRECONDITION_FAILED => Put::Occupied,
            status if status.is_client_error() && status != StatusCode::UNAUTHORIZED => Put::Refused(answer.reason()),
            StatusCode::INSUFFICIENT_STORAGE => Put::Refused(answer.reason()),
            _ => return Err(answer.success().map(drop).err().unwrap_or_else(|| anyhow::anyhow!("no answer"))),
        })
    }
}

/// A text with CR LF at the end of its lines.
pub fn crlf(text: &str) -> Vec<u8> {
    text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes()
}
