//! Collections of a server: which there are, what is said of them, and how they are made.

use super::xml::{APPLE, CALDAV, CALENDARSERVER, CARDDAV, DAV, Element};
use super::{Client, Question, Response};
use crate::collection::{Access, Collection, Kind, Property, Share, text_of};
use anyhow::{Result, ensure};
use http::StatusCode;
use std::collections::BTreeSet;
use url::Url;

/// Properties that clients set and that mean the same on every server.
const COMMON: [(&str, &str); 11] = [
    (DAV, "displayname"),
    (CALDAV, "calendar-description"),
    (CALDAV, "calendar-timezone"),
    (CALDAV, "calendar-timezone-id"),
    (CALDAV, "schedule-calendar-transp"),
    (CALDAV, "default-alarm-vevent-datetime"),
    (CALDAV, "default-alarm-vevent-date"),
    (CARDDAV, "addressbook-description"),
    (CARDDAV, "principal-address"),
    (APPLE, "calendar-color"),
    (APPLE, "calendar-order"),
];

/// Namespaces whose properties are the server's own, where they are not among those above.
const OF_SERVERS: [&str; 6] =
    [DAV, CALDAV, CARDDAV, CALENDARSERVER, "http://owncloud.org/ns", "http://sabredav.org/ns"];

/// A collection and where it is.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its URL, with a slash at its end.
    pub url: Url,
    /// What it is.
    pub collection: Collection,
}

impl Place {
    /// The last segment of its path.
    pub fn segment(&self) -> &str {
        self.url.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default()
    }
}

impl Client {
    /// Somebody's own collections of a kind. Those that others have shared are not theirs to take along.
    pub async fn collections(&self, home: &Url, kind: Kind) -> Result<Vec<Place>> {
        let asked = "<prop><resourcetype/><owner/></prop>";
        let listed = self.propfind(home, "1", asked).await?;
        let principal = self.propfind(home, "0", "<prop><current-user-principal/><owner/></prop>").await?;
        let own: BTreeSet<String> = principal
            .iter()
            .flat_map(|home| [home.href(DAV, "owner"), home.href(DAV, "current-user-principal")])
            .flatten()
            .map(|owner| text_of(owner.path()))
            .collect();
        let mut places = Vec::new();
        for response in listed.iter().filter(|response| is_of(response, kind)) {
            let owner = response.href(DAV, "owner").map(|owner| text_of(owner.path()));
            if owner.is_none_or(|owner| own.is_empty() || own.contains(&owner)) {
                places.push(self.collection(&response.url, kind).await?);
            }
        }
        places.sort_by(|one, other| one.url.cmp(&other.url));
        Ok(places)
    }

    /// What a server says of one collection.
    pub async fn collection(&self, url: &Url, kind: Kind) -> Result<Place> {
        let names: String =
            COMMON.iter().map(|(namespace, name)| format!(r#"<{name} xmlns="{namespace}"/>"#)).collect();
        let set = r#"<supported-calendar-component-set xmlns="urn:ietf:params:xml:ns:caldav"/>"#;
        let known = self.propfind(url, "0", &format!("<prop>{names}{set}<acl/></prop>")).await?;
        let all = self.propfind(url, "0", "<allprop/>").await?;
        let mut collection = Collection::new(kind);
        collection.properties = set_by_clients(known.iter().chain(&all).flat_map(|response| &response.properties));
        let found = |namespace, name| known.iter().find_map(|response| response.property(namespace, name));
        if let Some(set) = found(CALDAV, "supported-calendar-component-set") {
            let components = set.all(CALDAV, "comp").filter_map(|comp| comp.attribute("name"));
            collection.components = components.map(str::to_owned).collect();
        }
        collection.shares = found(DAV, "acl").map(shares).unwrap_or_default();
        Ok(Place { url: url.clone(), collection })
    }

    /// Makes a collection with its name and components; what else is said of it is to be set.
    ///
    /// # Errors
    /// Where the server makes it neither by MKCALENDAR nor by extended MKCOL.
    pub async fn make(&self, url: &Url, collection: &Collection) -> Result<()> {
        let properties = first_properties(collection);
        if collection.kind == Kind::Calendar {
            let body = format!(
                r#"<mkcalendar xmlns="{CALDAV}"><set xmlns="DAV:"><prop>{properties}</prop></set></mkcalendar>"#
            );
            if self.ask(url, Question::new("MKCALENDAR").xml(body)).await?.status == StatusCode::CREATED {
                return Ok(());
            }
        }
        let (namespace, name) = match collection.kind {
            Kind::Calendar => (CALDAV, "calendar"),
            Kind::AddressBook => (CARDDAV, "addressbook"),
        };
        let kind = format!(r#"<resourcetype><collection/><{name} xmlns="{namespace}"/></resourcetype>"#);
        let body = format!(r#"<mkcol xmlns="DAV:"><set><prop>{kind}{properties}</prop></set></mkcol>"#);
        self.ask(url, Question::new("MKCOL").xml(body)).await?.success().map(drop)
    }

    /// Sets properties, each by itself where the server does not take them together. Returns what it did not take.
    pub async fn set_properties(&self, url: &Url, properties: &[Property]) -> Result<Vec<String>> {
        if properties.is_empty() || self.patch(url, properties).await?.is_none() {
            return Ok(Vec::new());
        }
        let mut refused = Vec::new();
        for property in properties {
            if let Some(reason) = self.patch(url, std::slice::from_ref(property)).await? {
                refused.push(format!("the property {} of {url} is not taken: {reason}", property.name));
            }
        }
        Ok(refused)
    }

    /// PROPPATCH; why it was refused, where it was.
    async fn patch(&self, url: &Url, properties: &[Property]) -> Result<Option<String>> {
        let properties: String = properties.iter().map(|property| property.xml.as_str()).collect();
        let body = format!(r#"<propertyupdate xmlns="DAV:"><set><prop>{properties}</prop></set></propertyupdate>"#);
        let answer = self.ask(url, Question::new("PROPPATCH").xml(body)).await?;
        if answer.status != StatusCode::MULTI_STATUS {
            return Ok(Some(answer.reason()));
        }
        let refused = answer.multistatus()?.into_iter().flat_map(|response| response.refused).next();
        Ok(refused.map(|(_, status)| status))
    }

    /// Grants access to principals of the same server, and to nobody else. `principals` is the collection that they are
    /// in.
    ///
    /// # Errors
    /// Where the server refuses, as it does where one of them does not exist.
    pub async fn share(&self, url: &Url, shares: &[Share], principals: &Url) -> Result<()> {
        let aces: String = shares.iter().map(|share| ace(share, principals)).collect();
        let body = format!(r#"<D:acl xmlns:D="DAV:" xmlns:C="{CALDAV}">{aces}</D:acl>"#);
        self.ask(url, Question::new("ACL").xml(body)).await?.success().map(drop)
    }

    /// Removes a collection or a member.
    pub async fn delete(&self, url: &Url) -> Result<()> {
        let answer = self.ask(url, Question::new("DELETE")).await?;
        ensure!(answer.status.is_success(), "{url} cannot be removed: {}", answer.reason());
        Ok(())
    }
}

fn is_of(response: &Response, kind: Kind) -> bool {
    let types = response.property(DAV, "resourcetype");
    let local = if kind == Kind::Calendar { "calendar" } else { "addressbook" };
    types.is_some_and(|types| types.child(kind.namespace(), local).is_some())
}

/// Those of some properties that somebody has set, each once, in order.
pub fn set_by_clients<'a>(properties: impl IntoIterator<Item = &'a Element>) -> Vec<Property> {
    let mut set: Vec<Property> = Vec::new();
    for property in properties {
        if is_set_by_clients(property) && !set.iter().any(|other| other.name() == property.name) {
            set.push(Property {
                namespace: property.name.namespace.clone(),
                name: property.name.local.clone(),
                xml: property.to_xml(),
            });
        }
    }
    set.sort();
    set
}

fn is_set_by_clients(property: &Element) -> bool {
    let name = (property.name.namespace.as_str(), property.name.local.as_str());
    let said = property.children().next().is_some() || !property.text().trim().is_empty();
    said && (COMMON.contains(&name) || !OF_SERVERS.contains(&name.0))
}

/// What a collection has to have from the start.
fn first_properties(collection: &Collection) -> String {
    let name = collection
        .properties
        .iter()
        .find(|property| property.name().namespace == DAV && property.name == "displayname");
    let mut first = name.map(|property| property.xml.clone()).unwrap_or_default();
    if collection.kind == Kind::Calendar && !collection.components.is_empty() {
        let components: String = collection.components.iter().map(|name| format!(r#"<comp name="{name}"/>"#)).collect();
        first += &format!(
            r#"<supported-calendar-component-set xmlns="{CALDAV}">{components}</supported-calendar-component-set>"#
        );
    }
    first
}

/// The grants of a DAV:acl (RFC 3744 §5.5) that name principals.
pub fn shares(acl: &Element) -> Vec<Share> {
    let share = |ace: &Element| {
        let principal = ace.child(DAV, "principal")?.child(DAV, "href")?.text();
        let name = text_of(principal.trim().trim_end_matches('/').rsplit('/').next()?);
        let privileges = ace.child(DAV, "grant")?.all(DAV, "privilege").flat_map(Element::children);
        let access = privileges.filter_map(|privilege| match privilege.name.local.as_str() {
            "all" | "write" | "write-content" => Some(Access::Write),
            "read" => Some(Access::Read),
            "read-free-busy" => Some(Access::FreeBusy),
            _ => None,
        });
        Some(Share { principal: name, access: access.max()? })
    };
    let mut shares: Vec<Share> = acl.all(DAV, "ace").filter_map(share).collect();
    shares.sort();
    shares
}

fn ace(share: &Share, principals: &Url) -> String {
    let privileges = match share.access {
        Access::FreeBusy => "<D:privilege><C:read-free-busy/></D:privilege>",
        Access::Read => "<D:privilege><D:read/></D:privilege>",
        Access::Write => "<D:privilege><D:read/></D:privilege><D:privilege><D:write/></D:privilege>",
    };
    let principal = format!("{}{}/", principals.path(), crate::collection::segment(&share.principal));
    format!("<D:ace><D:principal><D:href>{principal}</D:href></D:principal><D:grant>{privileges}</D:grant></D:ace>")
}
