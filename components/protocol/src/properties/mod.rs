//! Properties: the live ones, one function each, and the dead ones that clients have set.

mod acl;
mod caldav;
mod carddav;
mod owncloud;
mod principal;
mod quota;
mod sharing;
mod sync;
mod webdav;

use std::collections::HashSet;

use crate::context::Context;
use crate::href::{self, Target};
use crate::notices::Notice;
use crate::refusal::{Refusal, Result};
use crate::resolve::{Found, find};
use crate::store::{Access, Collection, Detail, Lock, Resource, Tag, View};
use crate::types::{Home, Place, Principal, Property, PropertyName};
use crate::xml::{APPLE, CALDAV, CALENDARSERVER, CARDDAV, DAV, Element, Name, OWNCLOUD, XmlWriter};

pub use caldav::{COMPONENTS, own_timezone_id, timezone_of};
pub use sharing::{access_of, calendar_user, state_of};
pub use webdav::{http_date, write_lock};

/// Properties that may be asked for by name at once: each is in the answer for every member.
pub const MAX_NAMES: usize = 1000;

/// What it takes to show a collection, and no more. Of the properties that clients have set on it, who may only learn
/// when its owner is busy is told these: the others take DAV:read (RFC 3744 §3.1, RFC 4791 §6.1.1).
const SHOWN_TO_ALL: [(&str, &str); 5] = [
    (DAV, "displayname"),
    (APPLE, "calendar-color"),
    (APPLE, "calendar-order"),
    (CALDAV, "calendar-timezone"),
    (CALDAV, "calendar-timezone-id"),
];

/// What has properties.
#[derive(Clone, Copy)]
pub enum Subject<'a> {
    /// A fixed collection of the URL space: the root, `/dav/`, the collections of principals and of homes.
    Fixed(&'a Target),
    /// A principal.
    Principal(&'a Principal),
    /// A calendar-proxy principal of somebody; true for the writing one.
    Proxy(&'a Principal, bool),
    /// A calendar or address-book home, whose it is, and what its owner has set on it.
    Home(Home, &'a Principal, &'a [Property]),
    /// Somebody's collection of notifications.
    Notifications(&'a Principal),
    /// A notification of somebody.
    Notification(&'a Principal, &'a Notice),
    /// A collection.
    Collection(&'a Collection),
    /// A resource in a collection, and what C:calendar-data or CR:address-data is to be.
    Resource(&'a Collection, &'a Resource, Option<&'a [u8]>),
    /// A resource in a collection of which no more is known, or asked for, than its tag.
    Tag(&'a Collection, &'a Tag),
}

impl<'a> Subject<'a> {
    /// What the lookup of a place found there for the asker, where it found something.
    pub fn at(place: &Place, view: &'a View, asker: u64) -> Option<Self> {
        match find(place, view, asker) {
            Found::Home(home, owner, properties) => Some(Subject::Home(home, owner, properties)),
            Found::Collection(collection) => Some(Subject::Collection(collection)),
            Found::Resource(collection, resource) => Some(Subject::Resource(collection, resource, None)),
            Found::Nothing(_) => None,
        }
    }

    /// The collection that this is or is in.
    pub fn collection(&self) -> Option<&'a Collection> {
        match self {
            Subject::Collection(collection) | Subject::Resource(collection, ..) | Subject::Tag(collection, _) => {
                Some(collection)
            }
            _ => None,
        }
    }

    /// Its path in canonical form.
    pub fn href(&self, base: &str) -> String {
        match self {
            Subject::Fixed(Target::Root) => format!("{base}/"),
            Subject::Fixed(Target::Principals) => format!("{base}/dav/principals/"),
            Subject::Fixed(Target::Homes(home)) => format!("{base}/dav/{}/", href::home_segment(*home)),
            Subject::Fixed(_) => format!("{base}/dav/"),
            Subject::Principal(principal) => href::of_principal(base, &principal.name),
            Subject::Proxy(principal, write) => {
                format!(
                    "{}calendar-proxy-{}/",
                    href::of_principal(base, &principal.name),
                    if *write { "write" } else { "read" }
                )
            }
            Subject::Home(home, owner, _) => href::of_home(base, *home, &owner.name),
            Subject::Notifications(owner) => href::of_notifications(base, &owner.name),
            Subject::Notification(owner, notice) => href::of_notifications(base, &owner.name) + &notice.name,
            Subject::Collection(collection) => href::of_collection(base, &collection.place),
            Subject::Resource(collection, resource, _) => href::of_collection(base, &collection.place) + &resource.name,
            Subject::Tag(collection, tag) => href::of_collection(base, &collection.place) + &tag.name,
        }
    }

    /// The dead properties that clients have set on it, as far as the asker may know them.
    fn dead(&self) -> impl Iterator<Item = &'a Property> {
        let (properties, all): (&[Property], bool) = match self {
            Subject::Home(_, _, properties) => (properties, true),
            Subject::Collection(collection) => (&collection.properties, collection.access >= Access::Read),
            Subject::Resource(_, resource, _) => (&resource.properties, true),
            _ => (&[], true),
        };
        let shown = |name: &PropertyName| SHOWN_TO_ALL.contains(&(name.namespace.as_str(), name.name.as_str()));
        properties.iter().filter(move |property| all || shown(&property.name))
    }
}

/// What besides the subject a property may depend on.
pub struct Scene<'a> {
    /// The request.
    pub context: &'a Context,
    /// The database's epoch, for sync tokens.
    pub epoch: &'a str,
    /// Whose home it is about, with the room that is left; none outside homes.
    pub owner: Option<&'a Principal>,
    /// Locks in reach of the target.
    pub locks: &'a [Lock],
}

/// What came of asking for a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Its content has been written.
    Given,
    /// The subject has no such property (404).
    Missing,
    /// The asker may not see it (403).
    Forbidden,
}

/// A property that the server gives its value.
pub struct Live {
    /// The element's name with its fixed prefix.
    tag: &'static str,
    /// Whether DAV:allprop includes it (RFC 4918 §14.2: what RFC 4918 itself defines).
    in_allprop: bool,
    /// Whether clients may set it where the server does not give the value itself; all others are protected.
    settable: bool,
    /// Whether a resource gives it from what storage brings with `detail.brief`.
    brief: bool,
    /// What storage has to bring for it.
    detail: Detail,
    /// What storage has to bring for it where the subject is a collection.
    detail_of_collection: Detail,
    /// Writes its content.
    content: fn(&Scene, &Subject, &mut XmlWriter) -> Answer,
}

impl Live {
    const fn new(tag: &'static str, content: fn(&Scene, &Subject, &mut XmlWriter) -> Answer) -> Self {
        let none = Detail::empty();
        Live {
            tag,
            in_allprop: false,
            settable: false,
            brief: false,
            detail: none,
            detail_of_collection: none,
            content,
        }
    }

    const fn in_allprop(mut self) -> Self {
        self.in_allprop = true;
        self
    }

    const fn brief(mut self) -> Self {
        self.brief = true;
        self
    }

    const fn settable(mut self) -> Self {
        self.settable = true;
        self
    }

    const fn with(mut self, detail: Detail) -> Self {
        self.detail = detail;
        self
    }

    const fn with_of_collection(mut self, detail: Detail) -> Self {
        self.detail_of_collection = detail;
        self
    }

    fn is(&self, name: &Name) -> bool {
        let Some((prefix, local)) = self.tag.split_once(':') else { return false };
        local == name.local && namespace(prefix) == name.namespace
    }
}

fn namespace(prefix: &str) -> &'static str {
    match prefix {
        "C" => CALDAV,
        "CR" => CARDDAV,
        "CS" => CALENDARSERVER,
        "A" => APPLE,
        "OC" => OWNCLOUD,
        _ => DAV,
    }
}

const TABLES: &[&[Live]] = &[
    webdav::PROPERTIES,
    acl::PROPERTIES,
    principal::PROPERTIES,
    sync::PROPERTIES,
    quota::PROPERTIES,
    caldav::PROPERTIES,
    carddav::PROPERTIES,
    sharing::PROPERTIES,
    owncloud::PROPERTIES,
];

fn live(name: &Name) -> Option<&'static Live> {
    TABLES.iter().flat_map(|table| table.iter()).find(|live| live.is(name))
}

/// Whether a property may not be set by clients.
pub fn is_protected(name: &Name) -> bool {
    live(name).is_some_and(|live| !live.settable)
}

/// Whether the server knows a property, whoever gives it its value.
pub fn is_live(name: &Name) -> bool {
    live(name).is_some()
}

/// A property that was asked for.
#[derive(Clone)]
pub struct Requested {
    /// Its name.
    pub name: Name,
    live: Option<&'static Live>,
}

impl Requested {
    /// The property of that name.
    pub fn new(name: &Name) -> Self {
        Requested { name: name.clone(), live: live(name) }
    }
}

/// Which properties were asked for (RFC 4918 §9.1).
pub enum PropertyRequest {
    /// D:allprop, with D:include.
    All(Vec<Requested>),
    /// D:propname.
    Names,
    /// D:prop.
    Prop(Vec<Requested>),
}

impl PropertyRequest {
    /// What is asked for by the children of a D:propfind or of a REPORT's element; none where they ask for no
    /// properties.
    ///
    /// # Errors
    /// 403 with too many names.
    pub fn of(parent: &Element) -> Result<Option<Self>> {
        if let Some(prop) = parent.child(DAV, "prop") {
            return Ok(Some(PropertyRequest::Prop(requested(prop)?)));
        }
        if parent.child(DAV, "propname").is_some() {
            return Ok(Some(PropertyRequest::Names));
        }
        if parent.child(DAV, "allprop").is_none() {
            return Ok(None);
        }
        let include = parent.child(DAV, "include").map(requested).transpose()?;
        Ok(Some(PropertyRequest::All(include.unwrap_or_default())))
    }

    /// What a report asks for; one that names no properties asks for none.
    ///
    /// # Errors
    /// 403 with too many names.
    pub fn of_report(report: &Element) -> Result<Self> {
        Ok(Self::of(report)?.unwrap_or(PropertyRequest::Prop(Vec::new())))
    }

    /// What storage has to bring of resources: their bodies where they are wanted, the properties that clients set
    /// where some are asked for, and of all else no more than is needed.
    pub fn detail(&self, bodies: bool) -> Detail {
        let mut detail = self.needs(|live| live.detail);
        detail.set(Detail::BODIES, bodies);
        detail.set(Detail::PROPERTIES, self.wants_dead());
        detail.set(Detail::BRIEF, self.is_brief());
        detail
    }

    /// The same without bodies, and what storage has to bring of collections.
    pub fn detail_of_all(&self) -> Detail {
        self.detail(false) | self.needs(|live| live.detail_of_collection)
    }

    /// What the properties whose values are asked for need.
    fn needs(&self, detail: fn(&Live) -> Detail) -> Detail {
        let of_named = |named: &[Requested]| -> Detail {
            named.iter().filter_map(|requested| requested.live).map(detail).collect()
        };
        match self {
            PropertyRequest::All(include) => {
                let in_allprop = TABLES.iter().flat_map(|table| table.iter()).filter(|live| live.in_allprop);
                in_allprop.map(detail).collect::<Detail>() | of_named(include)
            }
            PropertyRequest::Names => Detail::empty(),
            PropertyRequest::Prop(prop) => of_named(prop),
        }
    }

    /// Whether of a resource nothing is asked for but its entity tag, its type and what is in its body.
    pub fn is_brief(&self) -> bool {
        let PropertyRequest::Prop(prop) = self else { return false };
        prop.iter().all(|requested| requested.live.is_some_and(|live| live.brief))
    }

    /// Whether properties that clients set on resources can be part of the answer.
    pub fn wants_dead(&self) -> bool {
        match self {
            PropertyRequest::All(_) | PropertyRequest::Names => true,
            PropertyRequest::Prop(prop) => prop.iter().any(|requested| requested.live.is_none_or(|live| live.settable)),
        }
    }
}

/// What the children of an element name, each once.
fn requested(prop: &Element) -> Result<Vec<Requested>> {
    let mut seen = HashSet::new();
    let names: Vec<&Name> = prop.children().map(|child| &child.name).filter(|name| seen.insert(*name)).collect();
    if names.len() > MAX_NAMES {
        return Err(too_many_names());
    }
    Ok(names.into_iter().map(Requested::new).collect())
}

/// 403: more is asked for than [`MAX_NAMES`].
pub fn too_many_names() -> Refusal {
    Refusal::new(403, format!("No more than {MAX_NAMES} properties can be asked for at once."))
}

/// Writes the D:propstats of a subject (RFC 4918 §14.22). With `minimal`, what is missing is left out (RFC 8144 §2.1).
pub fn write_propstats(
    scene: &Scene,
    subject: &Subject,
    request: &PropertyRequest,
    minimal: bool,
    xml: &mut XmlWriter,
) {
    match request {
        PropertyRequest::Prop(prop) => write_prop(scene, subject, prop, minimal, xml),
        PropertyRequest::All(include) => {
            let mut all = names_of(scene, subject, |live| live.in_allprop);
            all.extend(
                include
                    .iter()
                    .filter(|extra| !all.iter().any(|given| given.name == extra.name))
                    .map(|extra| Requested::new(&extra.name))
                    .collect::<Vec<_>>(),
            );
            write_prop(scene, subject, &all, minimal, xml);
        }
        PropertyRequest::Names => propstat(xml, "200 OK", |xml| {
            for requested in names_of(scene, subject, |_| true) {
                xml.empty_named(&requested.name);
            }
        }),
    }
}

/// The properties that a subject has: live ones that pass, and dead ones.
fn names_of(scene: &Scene, subject: &Subject, pass: impl Fn(&Live) -> bool) -> Vec<Requested> {
    let mut probe = XmlWriter::fragment();
    let mut names = Vec::new();
    for live in TABLES.iter().flat_map(|table| table.iter()).filter(|live| pass(live)) {
        if (live.content)(scene, subject, &mut probe) == Answer::Given {
            let (prefix, local) = live.tag.split_once(':').unwrap_or_default();
            names.push(Requested { name: Name::new(namespace(prefix), local), live: Some(live) });
        }
        probe.rewind(0);
    }
    for property in subject.dead() {
        names.push(Requested { name: Name::new(&property.name.namespace, &property.name.name), live: None });
    }
    names
}

fn write_prop(scene: &Scene, subject: &Subject, prop: &[Requested], minimal: bool, xml: &mut XmlWriter) {
    let (mut missing, mut forbidden) = (Vec::new(), Vec::new());
    let begin = xml.mark();
    let mut given = 0;
    xml.phrase("propstat", |xml| {
        xml.start("D:propstat");
        xml.start("D:prop");
    });
    for requested in prop {
        match write_property(scene, subject, requested, xml) {
            Answer::Given => given += 1,
            Answer::Missing => missing.push(&requested.name),
            Answer::Forbidden => forbidden.push(&requested.name),
        }
    }
    xml.phrase("200 OK", |xml| {
        xml.end("D:prop");
        xml.element("D:status", "HTTP/1.1 200 OK");
        xml.end("D:propstat");
    });
    let nothing_else = minimal || (missing.is_empty() && forbidden.is_empty());
    if given == 0 && !nothing_else {
        xml.rewind(begin);
    }
    if minimal {
        return;
    }
    for (status, names) in [("404 Not Found", missing), ("403 Forbidden", forbidden)] {
        if !names.is_empty() {
            propstat(xml, status, |xml| names.iter().for_each(|name| xml.empty_named(name)));
        }
    }
}

/// Writes one property whole, as the server gives it or as a client has set it.
pub fn write_property(scene: &Scene, subject: &Subject, requested: &Requested, xml: &mut XmlWriter) -> Answer {
    if let Some(live) = requested.live {
        let begin = xml.mark();
        xml.start(live.tag);
        let answer = (live.content)(scene, subject, xml);
        if answer == Answer::Given {
            xml.end(live.tag);
            return answer;
        }
        xml.rewind(begin);
        if answer == Answer::Forbidden {
            return answer;
        }
    }
    let dead = subject.dead().find(|property| requested.name.is(&property.name.namespace, &property.name.name));
    match dead {
        Some(property) => {
            xml.raw(property.xml.as_bytes());
            Answer::Given
        }
        None => Answer::Missing,
    }
}

/// A D:propstat with a status.
pub fn propstat(xml: &mut XmlWriter, status: &str, prop: impl FnOnce(&mut XmlWriter)) {
    xml.nest("D:propstat", |xml| {
        xml.nest("D:prop", prop);
        xml.element("D:status", &format!("HTTP/1.1 {status}"));
    });
}

/// The value of a property that a client has set on a collection, its text only.
pub fn text_of(collection: &Collection, namespace: &str, local: &str) -> Option<String> {
    let property = collection
        .properties
        .iter()
        .find(|property| property.name.namespace == namespace && property.name.name == local)?;
    crate::xml::read(property.xml.as_bytes()).ok().map(|element| element.text())
}

/// A property with a text, as a client would have set it.
pub fn with_text(namespace: &str, name: &'static str, text: &str) -> Property {
    let mut xml = XmlWriter::fragment();
    xml.start_with(name, &[("xmlns", namespace)]);
    xml.text(text);
    xml.end(name);
    let xml = String::from_utf8_lossy(&xml.into_fragment()).into_owned();
    Property { name: PropertyName { namespace: namespace.to_owned(), name: name.to_owned() }, xml }
}
