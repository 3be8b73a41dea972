//! Streams of many objects: one made of all (a calendar to download or to subscribe to), and one taken apart (an
//! import).

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::fault;
use crate::syntax::{Component, Parameter, Property, Reader, escape_text, read_stream, write};
use crate::text::{Content, Fault};
use crate::time::{self, is_unambiguous};

/// The PRODID of what is made here.
pub const PRODID: &str = "-//Kalends//Kalends//EN";

/// One stream of all objects that can be read, each VTIMEZONE once. Two zones of one TZID that are not the same are
/// told apart by a number, but where the name is known: then they are one zone, and as either may hold for its own
/// object only, all of that zone is written.
pub fn merge(objects: &[Content], name: Option<&str>, refresh: Option<u32>) -> String {
    let mut stream = Component::new("VCALENDAR");
    stream.properties = vec![Property::new("VERSION", "2.0"), Property::new("PRODID", PRODID)];
    if let Some(name) = name {
        // NAME is RFC 7986's; X-WR-CALNAME is what clients from before it read.
        stream.properties.push(Property::new("NAME", escape_text(name)));
        stream.properties.push(Property::new("X-WR-CALNAME", escape_text(name)));
    }
    if let Some(minutes) = refresh {
        // X-PUBLISHED-TTL is what Outlook reads.
        let interval = format!("PT{minutes}M");
        stream.properties.push(Property::new("REFRESH-INTERVAL", interval.as_str()).with("VALUE", "DURATION"));
        stream.properties.push(Property::new("X-PUBLISHED-TTL", interval));
    }
    let mut zones = Definitions::default();
    let mut components = Vec::new();
    let mut reader = Reader::new();
    for calendar in objects.iter().filter_map(|object| reader.read(object).ok()) {
        let (definitions, mut others): (Vec<_>, Vec<_>) =
            calendar.components.into_iter().partition(|component| component.name == "VTIMEZONE");
        let renamed = zones.add(definitions);
        others.iter_mut().for_each(|component| rename_zones(component, &renamed));
        components.append(&mut others);
    }
    stream.components = zones.definitions;
    stream.components.append(&mut components);
    write(&stream)
}

/// Zones of one TZID that are told apart; of more than these the last is taken for the same.
const NAMESAKES: usize = 100;

/// Zones of which all is written, at most: each takes a millisecond, and has as many names as one likes to give it.
const WHOLE: usize = 100;

/// The VTIMEZONEs of a stream.
#[derive(Default)]
struct Definitions {
    definitions: Vec<Component>,
    /// Where the definition of a TZID is.
    positions: HashMap<String, usize>,
    /// Where all of a zone is written.
    whole: HashSet<usize>,
}

impl Definitions {
    /// Adds definitions that are not there yet; which TZIDs got another name.
    fn add(&mut self, definitions: Vec<Component>) -> HashMap<String, String> {
        let mut renamed = HashMap::new();
        for mut definition in definitions {
            let Some(tzid) = definition.text("TZID") else { continue };
            let id = self.name_for(&tzid, &definition);
            match self.positions.get(&id) {
                Some(position) => self.complete(*position, &id, &definition),
                None => {
                    rename(&mut definition, &id);
                    self.positions.insert(id.clone(), self.definitions.len());
                    self.definitions.push(definition);
                }
            }
            if id != tzid {
                renamed.insert(tzid, id);
            }
        }
        renamed
    }

    /// Writes all of a zone that is known by name, where its definition is not the same as another.
    fn complete(&mut self, position: usize, tzid: &str, other: &Component) {
        let is_done = self.whole.len() >= WHOLE || self.whole.contains(&position);
        if is_done || same_zone(&self.definitions[position], other) {
            return;
        }
        if let Some(mut definition) = time::definition(tzid) {
            rename(&mut definition, tzid);
            self.definitions[position] = definition;
            self.whole.insert(position);
        }
    }

    /// The TZID of a definition in the stream: its own, or its own with a number where another zone has that.
    fn name_for(&self, tzid: &str, definition: &Component) -> String {
        let is_known = is_unambiguous(tzid);
        let mut id = tzid.to_string();
        for number in 2..=NAMESAKES {
            match self.positions.get(&id) {
                Some(position) if !is_known && !same_zone(&self.definitions[*position], definition) => {
                    id = format!("{tzid} {number}");
                }
                _ => break,
            }
        }
        id
    }
}

fn same_zone(one: &Component, other: &Component) -> bool {
    one.components.len() == other.components.len()
        && one.components.iter().zip(&other.components).all(|(one, other)| same(one, other))
}

/// Whether two components say the same, wherever they stand.
fn same(one: &Component, other: &Component) -> bool {
    one.name == other.name
        && one.properties.iter().map(said).eq(other.properties.iter().map(said))
        && same_zone(one, other)
}

fn said(property: &Property) -> (&str, &[Parameter], &str) {
    (&property.name, &property.params, &property.value)
}

fn rename(definition: &mut Component, tzid: &str) {
    for property in definition.properties.iter_mut().filter(|property| property.name == "TZID") {
        property.value = escape_text(tzid);
    }
}

fn rename_zones(component: &mut Component, renamed: &HashMap<String, String>) {
    if renamed.is_empty() {
        return;
    }
    let parameters = component.properties.iter_mut().flat_map(|property| &mut property.params);
    for parameter in parameters.filter(|parameter| parameter.name == "TZID") {
        for value in &mut parameter.values {
            if let Some(name) = renamed.get(value) {
                value.clone_from(name);
            }
        }
    }
    component.components.iter_mut().for_each(|component| rename_zones(component, renamed));
}

/// The objects of a stream in the order of their first component: one for each UID, with the VTIMEZONEs that it needs.
/// Of components with the same UID and RECURRENCE-ID, which are revisions of one (RFC 5546 §2.1.5), the latest is
/// taken.
pub fn split(content: &[u8]) -> Result<Vec<Vec<u8>>, Fault> {
    let mut objects = Vec::new();
    for calendar in read_stream(content)? {
        let (zones, others): (Vec<_>, Vec<_>) =
            calendar.components.into_iter().partition(|component| component.name == "VTIMEZONE");
        let header: Vec<_> = calendar
            .properties
            .into_iter()
            .filter(|property| matches!(property.name.as_str(), "VERSION" | "PRODID" | "CALSCALE"))
            .collect();
        let by_id: HashMap<_, _> = zones.iter().rev().filter_map(|zone| Some((zone.text("TZID")?, zone))).collect();
        for components in by_uid(others)? {
            let mut object = Component { properties: header.clone(), ..Component::new("VCALENDAR") };
            let mut needed = BTreeSet::new();
            components.iter().for_each(|component| zones_of(component, &mut needed));
            object.components.extend(needed.iter().filter_map(|tzid| by_id.get(tzid)).map(|zone| (*zone).clone()));
            object.components.extend(components);
            objects.push(write(&object).into_bytes());
        }
    }
    Ok(objects)
}

/// Components by UID. Those that are beside an object (X-components) are left out.
fn by_uid(components: Vec<Component>) -> Result<Vec<Vec<Component>>, Fault> {
    let mut positions: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<Component>> = Vec::new();
    for component in components.into_iter().filter(|component| !component.name.starts_with("X-")) {
        let uid = component.value("UID").unwrap_or_default().to_string();
        if uid.is_empty() {
            return Err(fault::resource(component.line, &format!("a {} without UID", component.name)));
        }
        let position = *positions.entry(uid).or_insert(groups.len());
        match groups.get_mut(position) {
            Some(group) => group.push(component),
            None => groups.push(vec![component]),
        }
    }
    Ok(groups.into_iter().map(latest).collect())
}

/// Of each instance, and of the series, the latest revision, in the place of the first.
fn latest(components: Vec<Component>) -> Vec<Component> {
    let mut places = HashMap::new();
    let mut kept: Vec<Component> = Vec::new();
    for component in components {
        let id = component.property("RECURRENCE-ID");
        let id = id.map(|id| (id.value.trim().to_string(), id.param("TZID").map(str::to_string)));
        let key = (component.name.clone(), id);
        match places.get(&key) {
            Some(&place) if revision(&kept[place]) <= revision(&component) => kept[place] = component,
            Some(_) => {}
            None => {
                places.insert(key, kept.len());
                kept.push(component);
            }
        }
    }
    kept
}

/// What is greater in a later revision.
fn revision(component: &Component) -> (u64, &str, &str) {
    let text = |name| component.value(name).unwrap_or_default();
    (text("SEQUENCE").parse().unwrap_or(0), text("LAST-MODIFIED"), text("DTSTAMP"))
}

/// The TZIDs that a component names.
fn zones_of(component: &Component, needed: &mut BTreeSet<String>) {
    needed.extend(component.properties.iter().filter_map(|property| property.param("TZID")).map(str::to_string));
    component.components.iter().for_each(|component| zones_of(component, needed));
}
