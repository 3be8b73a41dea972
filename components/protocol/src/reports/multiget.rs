//! What both multiget reports do alike: resources by their hrefs (RFC 4791 §7.9, RFC 6352 §8.7), in one read.

use crate::context::{Context, lookup};
use crate::href::{self, Target};
use crate::multistatus::Multistatus;
use crate::properties::{PropertyRequest, Scene};
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::reports::given::{self, Given};
use crate::resolve::{Found, find};
use crate::store::{Access, Collection, Detail, Lookup, Resource, Selection, Snapshot, View};
use crate::text::Content;
use crate::types::{Home, Place};
use crate::xml::{DAV, Element};

/// Hrefs in one report, at most.
const MAX_HREFS: usize = 20_000;
/// Octets of the names in them together, at most: storage takes those of a collection as one text, and D1 no text of
/// more than two million.
const MAX_OCTETS: usize = 1_500_000;
/// Collections that they may be in, at most.
const MAX_COLLECTIONS: usize = 64;

/// An href as the client wrote it, and where it points to: the number of the collection's lookup, and a name.
struct Reference {
    href: String,
    at: Option<(usize, String)>,
}

/// What was asked for and found.
pub struct Multiget {
    references: Vec<Reference>,
    snapshot: Snapshot,
}

impl Multiget {
    /// Reads what the hrefs of a report name, whatever collections of one kind they are in.
    ///
    /// # Errors
    /// 403 with too many hrefs or too long ones, or in too many collections, and in a home of another kind; 404 where
    /// the asker sees nothing at the target.
    pub fn read(context: &Context, report: &Element, home: Home, detail: Detail) -> Result<Self> {
        let hrefs: Vec<String> =
            report.children().filter(|child| child.is(DAV, "href")).map(|href| href.text().trim().to_owned()).collect();
        if hrefs.len() > MAX_HREFS {
            return Err(Refusal::new(403, format!("A multiget may have {MAX_HREFS} hrefs.")));
        }
        let target = context.place()?;
        if target.home != home {
            return Err(Refusal::dav(403, "supported-report", "There is nothing of this kind here."));
        }
        // The target is the first, so that one that the asker may not see can be told from one without members.
        let mut collections: Vec<(Place, Vec<String>)> = vec![(target.clone(), Vec::new())];
        let here = href::of_collection(&context.base, target);
        let references = hrefs
            .into_iter()
            .map(|href| match href.strip_prefix(&here).filter(|name| !target.path.is_empty() && href::is_plain(name)) {
                Some(name) => {
                    let name = name.to_owned();
                    collections[0].1.push(name.clone());
                    Reference { href, at: Some((0, name)) }
                }
                None => refer(context, home, href, &mut collections),
            })
            .collect();
        if collections.len() > MAX_COLLECTIONS {
            return Err(Refusal::new(403, format!("A multiget may be about {MAX_COLLECTIONS} collections.")));
        }
        if collections.iter().flat_map(|(_, names)| names).map(String::len).sum::<usize>() > MAX_OCTETS {
            return Err(Refusal::new(403, "The names in a multiget are too long. Ask for less at once."));
        }
        let lookups: Vec<Lookup> =
            collections.iter().map(|(place, names)| lookup(place, Selection::Names(names.clone()), detail)).collect();
        let snapshot = context.read(&lookups)?;
        let visible = snapshot
            .views
            .first()
            .is_some_and(|view| !matches!(find(target, view, context.asker()), Found::Nothing(_)));
        if !visible {
            return Err(Refusal::not_found());
        }
        Ok(Multiget { references, snapshot })
    }

    /// The answer: a response for every href, under the href as the client wrote it. `make` makes of the bodies in a
    /// collection, in their order, what is asked for; without it they are given as they are stored.
    pub fn answer(
        &self,
        context: &Context,
        asked: &PropertyRequest,
        make: Option<impl Fn(&Collection, &[Content]) -> Vec<Given>>,
    ) -> Reply {
        let mut made = make.map(|make| self.made(make));
        let mut multistatus = Multistatus::new();
        for (href, found) in self.found() {
            let Some((number, collection, resource)) = found else {
                multistatus.status(href, "404 Not Found");
                continue;
            };
            let locks = &self.snapshot.views[number].locks;
            let scene = Scene { context, epoch: &self.snapshot.epoch, owner: None, locks };
            let given = match (&mut made, &resource.body) {
                (Some(made), Some(_)) => made[number].next().unwrap_or(Given::AsStored),
                _ => Given::AsStored,
            };
            given::write(&scene, (collection, resource), href, &given, asked, &mut multistatus);
        }
        multistatus.finish().preference_applied(context.request.prefers_minimal())
    }

    /// What is made of the bodies, for each collection.
    fn made(&self, make: impl Fn(&Collection, &[Content]) -> Vec<Given>) -> Vec<std::vec::IntoIter<Given>> {
        let mut bodies: Vec<Vec<Content>> = vec![Vec::new(); self.snapshot.views.len()];
        for (number, _, resource) in self.found().filter_map(|(_, found)| found) {
            bodies[number].extend(resource.body.clone());
        }
        let views = self.snapshot.views.iter().zip(bodies);
        let of_view = |(view, bodies): (&View, Vec<Content>)| match &view.collection {
            Some(collection) if !bodies.is_empty() => make(collection, &bodies).into_iter(),
            _ => Vec::new().into_iter(),
        };
        views.map(of_view).collect()
    }

    /// For every href in the order of the request, what it names, with the number of its collection; none where there
    /// is nothing that the asker may read. An href that is there twice is answered once.
    fn found(&self) -> impl Iterator<Item = (&str, Option<(usize, &Collection, &Resource)>)> {
        let mut seen = std::collections::HashSet::new();
        let once = self.references.iter().filter(move |reference| seen.insert(reference.href.as_str()));
        once.map(|reference| (reference.href.as_str(), self.resolve(reference)))
    }

    fn resolve(&self, reference: &Reference) -> Option<(usize, &Collection, &Resource)> {
        let (number, name) = reference.at.as_ref()?;
        let view = self.snapshot.views.get(*number)?;
        let collection = view.collection.as_ref().filter(|collection| collection.access >= Access::Read)?;
        let position = view.resources.binary_search_by(|resource| resource.name.as_str().cmp(name)).ok()?;
        Some((*number, collection, &view.resources[position]))
    }
}

fn refer(context: &Context, home: Home, href: String, collections: &mut Vec<(Place, Vec<String>)>) -> Reference {
    let place = match href::parse_reference(&context.base, &href) {
        Some(Target::Place(place)) if place.home == home && place.path.contains('/') => place,
        _ => return Reference { href, at: None },
    };
    let (parent, name) = href::split(&place);
    let number = match collections.iter().position(|(known, _)| *known == parent) {
        Some(number) => number,
        // One more, by which it is seen that there are too many.
        None if collections.len() <= MAX_COLLECTIONS => {
            collections.push((parent, Vec::new()));
            collections.len() - 1
        }
        None => return Reference { href, at: None },
    };
    collections[number].1.push(name.clone());
    Reference { href, at: Some((number, name)) }
}
