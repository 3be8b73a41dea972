//! Streams of many objects: one made of all (a calendar to download or to subscribe to), and one taken apart (an import).

use std::collections::{BTreeSet, HashMap};

use crate::fault;
use crate::syntax::{Component, Property, escape_text, read, read_stream, write};
use crate::text::Fault;
use crate::time::named;

/// The PRODID of what is made here.
pub const PRODID: &str = "-//Kalends//Kalends//EN";

/// One stream of all objects that can be read, each VTIMEZONE once. Two zones of one TZID that are not the same are told apart by a number.
pub fn merge(objects: &[Vec<u8>], name: Option<&str>) -> Vec<u8> {
    let mut stream = Component::new("VCALENDAR");
    stream.properties = vec![Property::new("VERSION", "2.0"), Property::new("PRODID", PRODID)];
    if let Some(name) = name {
        // NAME is RFC 7986's; X-WR-CALNAME is what clients from before it read.
        stream.properties.push(Property::new("NAME", escape_text(name)));
        stream.properties.push(Property::new("X-WR-CALNAME", escape_text(name)));
    }
    let mut zones: Vec<Component> = Vec::new();
    let mut components = Vec::new();
    for calendar in objects.iter().filter_map(|object| read(object).ok()) {
        let (definitions, mut others): (Vec<_>, Vec<_>) =
            calendar.components.into_iter().partition(|component| component.name == "VTIMEZONE");
        let renamed = add_zones(definitions, &mut zones);
        others.iter_mut().for_each(|component| rename_zones(component, &renamed));
        components.append(&mut others);
    }
    stream.components = zones;
    stream.components.append(&mut components);
    write(&stream).into_bytes()
}

/// Adds definitions that are not there yet; which TZIDs got another name.
fn add_zones(definitions: Vec<Component>, zones: &mut Vec<Component>) -> HashMap<String, String> {
    let mut renamed = HashMap::new();
    for mut definition in definitions {
        let Some(tzid) = definition.text("TZID") else { continue };
        let taken =
            |zones: &[Component], tzid: &str| zones.iter().position(|zone| zone.text("TZID").as_deref() == Some(tzid));
        let mut id = tzid.clone();
        let mut number = 1;
        let known = named(&tzid).is_some();
        loop {
            let Some(position) = taken(zones, &id) else {
                rename(&mut definition, &id);
                zones.push(definition);
                break;
            };
            if known || same_zone(&zones[position], &definition) {
                break;
            }
            number += 1;
            id = format!("{tzid} {number}");
        }
        if id != tzid {
            renamed.insert(tzid, id);
        }
    }
    renamed
}

fn same_zone(one: &Component, other: &Component) -> bool {
    let observances = |zone: &Component| -> Vec<String> { zone.components.iter().map(write).collect() };
    observances(one) == observances(other)
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
        for components in by_uid(others)? {
            let mut object = Component { properties: header.clone(), ..Component::new("VCALENDAR") };
            let mut needed = BTreeSet::new();
            components.iter().for_each(|component| zones_of(component, &mut needed));
            let is_needed = |zone: &&Component| zone.text("TZID").is_some_and(|tzid| needed.contains(&tzid));
            object.components.extend(zones.iter().filter(is_needed).cloned());
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
    Ok(groups)
}

/// The TZIDs that a component names.
fn zones_of(component: &Component, needed: &mut BTreeSet<String>) {
    needed.extend(component.properties.iter().filter_map(|property| property.param("TZID")).map(str::to_string));
    component.components.iter().for_each(|component| zones_of(component, needed));
}
