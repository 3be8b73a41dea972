//! DAV:expand-property (RFC 3253 §3.8): properties whose hrefs are followed. macOS asks it of principals.
//!
//! Each level of hrefs has to be looked up before the next is known. The report is written with what is known, what it lacked is asked for all at once, and it is
//! written again; what is not known after two round trips stays an href.

use crate::context::Context;
use crate::href::{self, Target};
use crate::multistatus::Multistatus;
use crate::properties::{Answer, Requested, Scene, Subject, propstat, write_property};
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::store::View;
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
/// 404; 403 where more than a few hundred responses would have to be given.
pub fn answer(context: &Context, report: &Element) -> Result<Reply> {
    if let Target::Place(place) = &context.target {
        context.in_scope(place.home)?;
    }
    let mut answer = expanded(context, report);
    for _ in 0..MAX_TRIPS {
        if !context.directory.fetch(context)? {
            break;
        }
        answer = expanded(context, report);
    }
    answer
}

/// The answer as far as it can be given with what is known.
fn expanded(context: &Context, report: &Element) -> Result<Reply> {
    let mut expansion = Expansion { context, responses: 0 };
    let found = expansion.find(&context.target).flatten().ok_or_else(Refusal::not_found)?;
    let mut fragment = XmlWriter::fragment();
    expansion.propstats(&found, report, MAX_DEPTH, &mut fragment)?;
    let mut multistatus = Multistatus::new();
    multistatus.response(context.request.path(), |xml| xml.raw(&fragment.into_fragment()));
    Ok(multistatus.finish())
}

struct Expansion<'a> {
    context: &'a Context,
    responses: usize,
}

/// Something with properties, and what holds it in memory.
enum Owned {
    Fixed(Target),
    Principal(Principal),
    Proxy(Principal, bool),
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
                let (view, epoch) = context.directory.view(place)?;
                let is_seen = Subject::at(place, &view, context.asker()).is_some();
                Some(is_seen.then(|| Owned::Place(place.clone(), epoch, Box::new(view))))
            }
            Target::Place(_) | Target::Nothing | Target::Api | Target::WellKnown => Some(None),
            fixed => Some(Some(Owned::Fixed(fixed.clone()))),
        }
    }

    fn principal(&self, name: &str) -> Option<Option<Principal>> {
        let own = &self.context.identity.principal;
        if own.name == name { Some(Some(own.clone())) } else { self.context.directory.principal(name) }
    }

    /// The propstats of what was found, with the properties that `element` names.
    fn propstats(&mut self, found: &Owned, element: &Element, depth: usize, xml: &mut XmlWriter) -> Result<()> {
        let context = self.context;
        let (epoch, owner) = match found {
            Owned::Place(_, epoch, view) => (epoch.as_str(), view.owner.as_ref()),
            Owned::Principal(principal) => ("", Some(principal)),
            Owned::Fixed(_) | Owned::Proxy(..) => ("", Some(&context.identity.principal)),
        };
        let scene = Scene { context, epoch, owner, locks: &[] };
        let subject = match found {
            Owned::Fixed(target) => Subject::Fixed(target),
            Owned::Principal(principal) => Subject::Principal(principal),
            Owned::Proxy(principal, write) => Subject::Proxy(principal, *write),
            Owned::Place(place, _, view) => Subject::at(place, view, context.asker()).ok_or_else(Refusal::not_found)?,
        };
        let (mut given, mut missing) = (XmlWriter::fragment(), Vec::new());
        for property in element.children().filter(|child| child.is(DAV, "property")) {
            let Some(local) = property.attribute("name") else { continue };
            let name = Name::new(property.attribute("namespace").unwrap_or(DAV), local);
            let mut content = XmlWriter::fragment();
            match write_property(&scene, &subject, &Requested::new(&name), &mut content) {
                Answer::Given => self.expand(content.into_fragment(), property, depth, &mut given)?,
                Answer::Missing | Answer::Forbidden => missing.push(name),
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

    /// A property, its hrefs replaced by responses where properties of theirs are asked for.
    fn expand(&mut self, content: Vec<u8>, property: &Element, depth: usize, xml: &mut XmlWriter) -> Result<()> {
        let nested = property.children().any(|child| child.is(DAV, "property"));
        if !nested || depth == 0 {
            xml.raw(&content);
            return Ok(());
        }
        let tree = xml::read_fragment(&content)?;
        let mut inner = XmlWriter::fragment();
        for href in tree.children().filter(|child| child.is(DAV, "href")) {
            self.response(&href.text(), property, depth, &mut inner)?;
        }
        xml.raw_named(&tree.name, &inner.into_fragment());
        Ok(())
    }

    fn response(&mut self, href: &str, property: &Element, depth: usize, xml: &mut XmlWriter) -> Result<()> {
        self.responses += 1;
        if self.responses > MAX_RESPONSES {
            return Err(Refusal::dav(403, "number-of-matches-within-limits", "The answer would be too large."));
        }
        let target = href::parse_reference(&self.context.base, href).unwrap_or(Target::Nothing);
        let misses = self.context.directory.misses();
        let found = self.find(&target).flatten();
        let mut propstats = XmlWriter::fragment();
        match &found {
            Some(found) => self.propstats(found, property, depth - 1, &mut propstats)?,
            None => propstats.element("D:status", "HTTP/1.1 404 Not Found"),
        }
        if self.context.directory.misses() > misses {
            xml.href(href);
            return Ok(());
        }
        xml.nest("D:response", |xml| {
            xml.href(href);
            xml.raw(&propstats.into_fragment());
        });
        Ok(())
    }
}
