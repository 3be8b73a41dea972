//! DAV:expand-property (RFC 3253 §3.8): properties whose hrefs are followed. macOS asks it of principals.
//!
//! Each level of hrefs has to be looked up before the next is known. The report is written with what is known, what it
//! lacked is asked for all at once, and it is written again; what is not known after two round trips stays an href.

use std::collections::HashSet;

use crate::context::Context;
use crate::href::{self, Target};
use crate::multistatus::{MAX_OCTETS, Multistatus, too_long};
use crate::properties::{
    Answer, MAX_NAMES, PropertyRequest, Requested, Scene, Subject, propstat, too_many_names, write_property,
};
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::store::{Detail, View};
use crate::types::{Place, Principal};
use crate::xml::{self, DAV, Element, Name, XmlWriter};

/// Properties inside each other, at most.
const MAX_DEPTH: usize = 4;
/// Round trips to storage, at most.
const MAX_TRIPS: usize = 2;
/// Responses in one answer, at most.
const MAX_RESPONSES: usize = 500;

/// Answers the report.
///
/// # Errors
/// 404; 403 where too many properties are asked for, or more than a few hundred responses would have to be given; 507
/// where they would be too long.
pub fn answer(context: &Context, report: &Element) -> Result<Reply> {
    match &context.target {
        Target::Place(place) => context.in_scope(place.home)?,
        Target::Notification(..) => {
            return Err(Refusal::dav(403, "supported-report", "There are no hrefs in its properties."));
        }
        _ => {}
    }
    let mut all = Vec::new();
    let asked = properties(report, MAX_DEPTH, &mut all)?;
    let detail = PropertyRequest::Prop(all).detail_of_all();
    let mut answer = expanded(context, &asked, detail);
    for _ in 0..MAX_TRIPS {
        if !context.directory.fetch(context)? {
            break;
        }
        answer = expanded(context, &asked, detail);
    }
    answer
}

/// A D:property.
struct Property {
    requested: Requested,
    /// Of what its hrefs lead to, the properties that are asked for.
    of_hrefs: Vec<Property>,
}

/// The D:property elements in an element, each name once; what is more than `depth` deeper is left out. `all` is what
/// the whole report asks for.
fn properties(element: &Element, depth: usize, all: &mut Vec<Requested>) -> Result<Vec<Property>> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    for property in element.children().filter(|child| child.is(DAV, "property")) {
        let name = name(property)?;
        if !seen.insert(name.clone()) {
            continue;
        }
        if all.len() == MAX_NAMES {
            return Err(too_many_names());
        }
        let requested = Requested::new(&name);
        all.push(requested.clone());
        let of_hrefs = if depth > 0 { properties(property, depth - 1, all)? } else { Vec::new() };
        found.push(Property { requested, of_hrefs });
    }
    Ok(found)
}

/// The name in a D:property's attributes, which has to be one that an element can have.
fn name(property: &Element) -> Result<Name> {
    let local = property.attribute("name").unwrap_or_default();
    let name = Name::new(property.attribute("namespace").unwrap_or(DAV), local);
    let mut element = XmlWriter::fragment();
    element.empty_named(&name);
    match xml::read_fragment(&element.into_fragment()) {
        Ok(element) if element.name == name => Ok(name),
        _ => Err(Refusal::bad("A property has to have a name that an element can have.")),
    }
}

/// The answer as far as it can be given with what is known.
fn expanded(context: &Context, asked: &[Property], detail: Detail) -> Result<Reply> {
    let mut expansion = Expansion { context, detail, responses: 0, octets: 0 };
    let found = expansion.find(&context.target).flatten().ok_or_else(Refusal::not_found)?;
    let mut fragment = XmlWriter::fragment();
    expansion.propstats(&found, asked, &mut fragment)?;
    let mut multistatus = Multistatus::new();
    multistatus.response(context.request.path(), |xml| xml.raw(&fragment.into_fragment()));
    Ok(multistatus.finish())
}

struct Expansion<'a> {
    context: &'a Context,
    /// What storage has to bring of places.
    detail: Detail,
    responses: usize,
    /// Octets of the responses so far.
    octets: usize,
}

/// Something with properties, and what holds it in memory.
enum Owned {
    Fixed(Target),
    Principal(Principal),
    Proxy(Principal, bool),
    /// The asker's own.
    Notifications,
    /// The place, the database's epoch, and what storage says.
    Place(Place, String, Box<View>),
}

impl Expansion<'_> {
    /// What a target is, or that nothing is there for the asker; nothing where that is not known yet.
    fn find(&self, target: &Target) -> Option<Option<Owned>> {
        let context = self.context;
        match target {
            Target::Principal(name) => Some(self.principal(name)?.map(Owned::Principal)),
            Target::Proxy(name, write) => Some(self.principal(name)?.map(|principal| Owned::Proxy(principal, *write))),
            Target::Place(place) if context.reaches(place.home) => {
                let (view, epoch) = context.directory.view(place, self.detail)?;
                let is_seen = Subject::at(place, &view, context.asker()).is_some();
                Some(is_seen.then(|| Owned::Place(place.clone(), epoch, Box::new(view))))
            }
            Target::Notifications(name) if *name == context.identity.principal.name => Some(Some(Owned::Notifications)),
            Target::Root | Target::Dav | Target::Principals | Target::Homes(_) => {
                Some(Some(Owned::Fixed(target.clone())))
            }
            Target::Place(_)
            | Target::Notifications(_)
            | Target::Notification(..)
            | Target::Public(_)
            | Target::Nothing
            | Target::Api
            | Target::WellKnown => Some(None),
        }
    }

    fn principal(&self, name: &str) -> Option<Option<Principal>> {
        let own = &self.context.identity.principal;
        if own.name == name { Some(Some(own.clone())) } else { self.context.directory.principal(name) }
    }

    /// The propstats of what was found, with the properties that are asked for.
    fn propstats(&mut self, found: &Owned, asked: &[Property], xml: &mut XmlWriter) -> Result<()> {
        let context = self.context;
        let (epoch, owner, locks) = match found {
            Owned::Place(_, epoch, view) => (epoch.as_str(), view.owner.as_ref(), view.locks.as_slice()),
            Owned::Principal(principal) => ("", Some(principal), &[][..]),
            Owned::Fixed(_) | Owned::Proxy(..) | Owned::Notifications => {
                ("", Some(&context.identity.principal), &[][..])
            }
        };
        let scene = Scene { context, epoch, owner, locks };
        let subject = match found {
            Owned::Fixed(target) => Subject::Fixed(target),
            Owned::Principal(principal) => Subject::Principal(principal),
            Owned::Proxy(principal, write) => Subject::Proxy(principal, *write),
            Owned::Notifications => Subject::Notifications(&context.identity.principal),
            Owned::Place(place, _, view) => Subject::at(place, view, context.asker()).ok_or_else(Refusal::not_found)?,
        };
        let (mut given, mut missing) = (XmlWriter::fragment(), Vec::new());
        for property in asked {
            let mut content = XmlWriter::fragment();
            match write_property(&scene, &subject, &property.requested, &mut content) {
                Answer::Given => self.expand(&content.into_fragment(), &property.of_hrefs, &mut given)?,
                Answer::Missing | Answer::Forbidden => missing.push(&property.requested.name),
            }
        }
        let given = given.into_fragment();
        if !given.is_empty() || missing.is_empty() {
            propstat(xml, "200 OK", |xml| xml.raw(&given));
        }
        if !missing.is_empty() {
            propstat(xml, "404 Not Found", |xml| missing.iter().for_each(|name| xml.empty_named(name)));
        }
        Ok(())
    }

    /// A property as it is, but for its hrefs, wherever they stand: they are replaced by responses where properties of
    /// theirs are asked for.
    fn expand(&mut self, content: &[u8], asked: &[Property], xml: &mut XmlWriter) -> Result<()> {
        if asked.is_empty() {
            xml.raw(content);
            return Ok(());
        }
        let mut outcome = Ok(());
        xml.copy(&xml::read_fragment(content)?, &mut |element, xml| {
            if !element.is(DAV, "href") || outcome.is_err() {
                return false;
            }
            self.response(&element.text(), asked, xml).unwrap_or_else(|refusal| {
                outcome = Err(refusal);
                false
            })
        });
        outcome
    }

    /// The response about what an href leads to; false where that is not known yet.
    fn response(&mut self, href: &str, asked: &[Property], xml: &mut XmlWriter) -> Result<bool> {
        self.responses += 1;
        if self.responses > MAX_RESPONSES {
            return Err(Refusal::dav(403, "number-of-matches-within-limits", "The answer would be too large."));
        }
        let target = href::parse_reference(&self.context.base, href).unwrap_or(Target::Nothing);
        let misses = self.context.directory.misses();
        let found = self.find(&target).flatten();
        let mut propstats = XmlWriter::fragment();
        match &found {
            Some(found) => self.propstats(found, asked, &mut propstats)?,
            None => propstats.element("D:status", "HTTP/1.1 404 Not Found"),
        }
        if self.context.directory.misses() > misses {
            return Ok(false);
        }
        self.octets += propstats.mark();
        if self.octets > MAX_OCTETS {
            return Err(too_long());
        }
        xml.nest("D:response", |xml| {
            xml.href(href);
            xml.raw(&propstats.into_fragment());
        });
        Ok(true)
    }
}
