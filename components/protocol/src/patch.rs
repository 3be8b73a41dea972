//! Properties that a client sets, by PROPPATCH, MKCOL or MKCALENDAR: which of them may be set, and to what.

use std::collections::BTreeMap;

use crate::icalendar;
use crate::properties::{is_live, is_protected, propstat};
use crate::refusal::{Refusal, status_text};
use crate::types::{Property, PropertyName};
use crate::xml::{CALDAV, CARDDAV, DAV, Element, Name, XmlWriter};

/// Octets of a property, at most. Storage has a bound for all of them together.
const MAX_PROPERTY: usize = 64 * 1024;

/// What is to be done with a property.
pub enum Instruction {
    /// Give it this value.
    Set(Property),
    /// Take it away.
    Remove(Name),
}

impl Instruction {
    /// The property's name.
    pub fn name(&self) -> Name {
        match self {
            Instruction::Set(property) => Name::new(&property.name.namespace, &property.name.name),
            Instruction::Remove(name) => name.clone(),
        }
    }
}

/// Instructions, each with the refusal where there is one. All of them are carried out, or none.
#[derive(Default)]
pub struct Patch {
    instructions: Vec<(Instruction, Option<Refusal>)>,
}

impl Patch {
    /// Adds those of a D:set or D:remove element (RFC 4918 §14.20, §14.26, §14.23), in document order.
    pub fn add(&mut self, element: &Element) {
        let removing = element.is(DAV, "remove");
        for property in element.children().filter(|child| child.is(DAV, "prop")).flat_map(Element::children) {
            if removing {
                let refusal = protection(&property.name);
                self.instructions.push((Instruction::Remove(property.name.clone()), refusal));
            } else {
                let set = stored(property);
                let refusal = protection(&property.name).or_else(|| check(property, &set.xml));
                self.instructions.push((Instruction::Set(set), refusal));
            }
        }
    }

    /// Takes out the instruction that sets a property which is given in another way.
    pub fn take(&mut self, name: &Name) {
        self.instructions.retain(|(instruction, _)| instruction.name() != *name);
    }

    /// Whether one of them cannot be carried out.
    pub fn is_refused(&self) -> bool {
        self.instructions.iter().any(|(_, refusal)| refusal.is_some())
    }

    /// Refuses what is about properties that the server knows: on a home, all of them are the server's.
    pub fn refuse_live(&mut self) {
        for (instruction, refusal) in &mut self.instructions {
            if refusal.is_none() && is_live(&instruction.name()) {
                *refusal = Some(protected());
            }
        }
    }

    /// Refuses what is about any property but one.
    pub fn refuse_all_but(&mut self, name: &Name) {
        for (instruction, refusal) in &mut self.instructions {
            if refusal.is_none() && instruction.name() != *name {
                *refusal = Some(protected());
            }
        }
    }

    /// Refuses what sets a property.
    pub fn refuse(&mut self, name: &Name, refusal: Refusal) {
        self.instructions.retain(|(instruction, _)| instruction.name() != *name);
        self.instructions.push((Instruction::Remove(name.clone()), Some(refusal)));
    }

    /// What is set and what is removed in the end, the last word on each property being the one that counts.
    pub fn outcome(self) -> (Vec<Property>, Vec<PropertyName>) {
        let mut last: BTreeMap<Name, Option<Property>> = BTreeMap::new();
        for (instruction, _) in self.instructions {
            let name = instruction.name();
            if let Some(twin) = twin(&name) {
                last.insert(twin, None);
            }
            let value = match instruction {
                Instruction::Set(property) => Some(property),
                Instruction::Remove(_) => None,
            };
            last.insert(name, value);
        }
        let (mut set, mut remove) = (Vec::new(), Vec::new());
        for (name, value) in last {
            match value {
                Some(property) => set.push(property),
                None => remove.push(PropertyName { namespace: name.namespace, name: name.local }),
            }
        }
        (set, remove)
    }

    /// The D:propstats: 200 for all, or what is refused, and 424 for the rest (RFC 4918 §9.2.1).
    pub fn write_propstats(&self, xml: &mut XmlWriter) {
        if self.instructions.is_empty() {
            // RFC 4918 §14.24: a response has one at least.
            return propstat(xml, "200 OK", |_| {});
        }
        let refused = self.is_refused();
        for (instruction, refusal) in &self.instructions {
            xml.nest("D:propstat", |xml| {
                xml.nest("D:prop", |xml| xml.empty_named(&instruction.name()));
                match refusal {
                    Some(refusal) => {
                        xml.element("D:status", &refusal.status_line());
                        refusal.write_error(xml);
                        xml.element("D:responsedescription", refusal.message());
                    }
                    None => {
                        xml.element("D:status", &format!("HTTP/1.1 {}", status_text(if refused { 424 } else { 200 })))
                    }
                }
            });
        }
    }
}

/// The other of the two properties that name a calendar's time zone: it follows what is done with the one (RFC 7809
/// §3.1.5).
fn twin(name: &Name) -> Option<Name> {
    let local = match name.local.as_str() {
        "calendar-timezone" => "calendar-timezone-id",
        "calendar-timezone-id" => "calendar-timezone",
        _ => return None,
    };
    (name.namespace == CALDAV).then(|| Name::new(CALDAV, local))
}

/// A property element as it is stored.
fn stored(element: &Element) -> Property {
    let mut xml = XmlWriter::fragment();
    xml.tree(element);
    let name = PropertyName { namespace: element.name.namespace.clone(), name: element.name.local.clone() };
    Property { name, xml: String::from_utf8_lossy(&xml.into_fragment()).into_owned() }
}

fn protection(name: &Name) -> Option<Refusal> {
    is_protected(name).then(protected)
}

fn protected() -> Refusal {
    Refusal::dav(403, "cannot-modify-protected-property", "The server gives this property its value.")
}

/// What the RFCs require of the values of their properties.
fn check(element: &Element, xml: &str) -> Option<Refusal> {
    if xml.len() > MAX_PROPERTY {
        return Some(Refusal::new(507, format!("A property may have {MAX_PROPERTY} octets.")));
    }
    if element.is(CALDAV, "calendar-timezone") {
        // RFC 4791 §5.2.2
        let fault = icalendar::inspect_timezone(element.text().as_bytes()).err()?;
        return Some(Refusal::caldav(403, "valid-calendar-data", fault.message));
    }
    if element.is(CARDDAV, "principal-address") && element.child(DAV, "href").is_none() {
        // RFC 6352 §7.1.2
        return Some(Refusal::new(403, "The address of a principal is a DAV: href."));
    }
    if element.is(CALDAV, "calendar-timezone-id") && icalendar::timezone(element.text().trim()).is_none() {
        // RFC 7809 §5.2
        return Some(Refusal::caldav(403, "valid-timezone", "This time zone is not known."));
    }
    None
}
