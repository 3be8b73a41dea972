//! `store.read` and `store.survey`: all that is asked in one batch, then the large bodies in one call to the blob
//! store.

mod collections;
pub(crate) mod locks;
mod resources;
pub(crate) mod shares;

use crate::Storage;
use crate::accounts::{self, relations};
use crate::bindings::exports::kalends::dav::accounts::Selector;
use crate::bindings::exports::kalends::dav::store::{Detail, Findings, Lookup, Selection, Since, Snapshot, View};
use crate::bindings::kalends::dav::text::Content;
use crate::bindings::kalends::dav::types::{Failure, Home};
use crate::blobs::Blobs;
use crate::database::{Database, Kind, Rows, Statement};
use crate::place::Spot;
use crate::rows::{self, Columns};
use resources::Reach;

impl<D: Database, B: Blobs> Storage<D, B> {
    /// Answers lookups, as `store.read` has it.
    pub fn read(&self, asker: u64, now: i64, lookups: Vec<Lookup>) -> Result<Snapshot, Failure> {
        Ok(self.survey(asker, now, lookups, None, &[])?.snapshot)
    }

    /// Answers lookups and tells of principals, as `store.survey` has it. Where a collection has more octets than are
    /// held at once, it is seen first how many are asked for.
    pub fn survey(
        &self,
        asker: u64,
        now: i64,
        lookups: Vec<Lookup>,
        selector: Option<&Selector>,
        related: &[u64],
    ) -> Result<Findings, Failure> {
        let question = |lookup| Question::new(asker, now, lookup, self.database.bounds_texts());
        let questions: Vec<Question> = lookups.into_iter().map(question).collect();
        match self.findings(&questions, Some(self.bodies_at_once), selector, related)? {
            (findings, 0) => Ok(findings),
            (_, octets) if octets <= self.bodies_at_once => Ok(self.findings(&questions, None, selector, related)?.0),
            (_, octets) => {
                let most = self.bodies_at_once;
                Err(Failure::Excessive(format!("These are {octets} octets; {most} can be asked for at once.")))
            }
        }
    }

    /// The answers, and how many octets of bodies are left out of them: those of collections with more than `most`.
    fn findings(
        &self,
        questions: &[Question],
        most: Option<u64>,
        selector: Option<&Selector>,
        related: &[u64],
    ) -> Result<(Findings, u64), Failure> {
        let mut statements: Vec<Statement> = questions.iter().flat_map(|question| question.statements(most)).collect();
        if questions.is_empty() {
            statements.push(Epoch::statement());
        }
        statements.extend(selector.map(accounts::list));
        if !related.is_empty() {
            statements.push(relations::list(related));
        }
        let mut results = self.database.batch(Kind::Read, statements)?.into_iter();
        let mut epoch = Epoch::default();
        let mut missing = Vec::new();
        let mut left_out = 0;
        let mut views = Vec::with_capacity(questions.len());
        for question in questions {
            let answer = question.answer(&mut results)?;
            missing.extend(answer.digests.into_iter().map(|(resource, digest)| (views.len(), resource, digest)));
            left_out += answer.left_out;
            views.push(answer.view);
            epoch = answer.epoch;
        }
        if questions.is_empty() {
            epoch = Epoch::answer(&mut results)?;
        }
        let principals = match selector {
            Some(_) => accounts::read_principals(rows::next(&mut results)?)?,
            None => Vec::new(),
        };
        let relations = if related.is_empty() { Vec::new() } else { relations::read(rows::next(&mut results)?)? };
        if left_out == 0 {
            self.fetch(&mut views, missing)?;
        }
        let snapshot = Snapshot { epoch: epoch.name, standing: epoch.standing, views };
        Ok((Findings { snapshot, principals, relations }, left_out))
    }

    /// Puts bodies from the blob store into their resources: view, resource, digest. One that is not there (a database
    /// restored without its blobs) is left out, so that the rest can still be read.
    fn fetch(&self, views: &mut [View], missing: Vec<(usize, usize, String)>) -> Result<(), Failure> {
        if missing.is_empty() {
            return Ok(());
        }
        let (places, digests): (Vec<_>, Vec<_>) =
            missing.into_iter().map(|(view, resource, digest)| ((view, resource), digest)).unzip();
        for ((view, resource), body) in places.into_iter().zip(self.blobs.get(&digests)?) {
            if let Some(resource) = views.get_mut(view).and_then(|view| view.resources.get_mut(resource)) {
                resource.body = body.map(Content::from);
            }
        }
        Ok(())
    }
}

/// The positions in `view.resources` whose bodies are in the blob store, and their digests.
type Digests = Vec<(usize, String)>;

/// What every answer says of the database.
#[derive(Default)]
struct Epoch {
    /// The name of its life.
    name: String,
    /// The standing of its accounts.
    standing: u64,
}

impl Epoch {
    /// The statement that asks for it alone.
    fn statement() -> Statement {
        Statement::new("SELECT value AS epoch, standing FROM epoch", [])
    }

    /// What that has been answered with.
    fn answer(results: &mut impl Iterator<Item = Rows>) -> Result<Self, Failure> {
        Self::read(&mut rows::with_epoch(rows::next(results)?)?)
    }

    /// The next two columns.
    fn read(columns: &mut Columns) -> Result<Self, Failure> {
        Ok(Self { name: columns.text()?, standing: columns.natural()? })
    }
}

/// The answer to a lookup.
struct Answer {
    epoch: Epoch,
    view: View,
    digests: Digests,
    /// Octets of the bodies that are left out.
    left_out: u64,
}

/// A lookup, as the statements that answer it and the reading of their rows.
struct Question {
    asker: u64,
    now: i64,
    spot: Spot,
    lookup: Lookup,
    /// No value of a row may be of any length.
    in_groups: bool,
}

impl Question {
    fn new(asker: u64, now: i64, lookup: Lookup, in_groups: bool) -> Self {
        Self { asker, now, spot: Spot::new(asker, &lookup.place), lookup, in_groups }
    }

    /// The statements, which leave out the bodies in collections with more than `most` octets. [`Question::answer`]
    /// takes their results in this order.
    fn statements(&self, most: Option<u64>) -> Vec<Statement> {
        let detail = self.lookup.detail;
        let mut statements = vec![collections::head(&self.spot, detail, self.names_member(), self.brought_along())];
        if let Some(reach) = self.reach_apart() {
            let selection = &self.lookup.selection;
            statements.extend(match resources::as_tags(selection, detail) {
                true => resources::tags(&self.spot, selection, self.in_groups),
                false => resources::selected(&self.spot, reach, selection, detail, most),
            });
        }
        if self.asks_for_children() {
            statements.push(collections::children(&self.spot, detail));
        }
        if detail.contains(Detail::LOCKS) {
            statements.push(locks::around(&self.spot, self.now));
        }
        statements
    }

    /// The answer, from the results of the statements.
    fn answer(&self, results: &mut impl Iterator<Item = Rows>) -> Result<Answer, Failure> {
        let row = rows::next(results)?;
        let head = collections::read_head(row, &self.spot, self.names_member(), self.brought_along())?;
        let collections::Head { epoch, owner, properties, collection, changes: mut found, member } = head;
        let detail = self.lookup.detail;
        if let Some(member) = member {
            found.take_resource(member, detail)?;
        }
        if self.reach_apart().is_some() {
            let rows = rows::next(results)?;
            match resources::as_tags(&self.lookup.selection, detail) {
                true => found.take_tags(rows)?,
                false => found.take_resources(rows, detail)?,
            }
            if let Some(limit) = resources::limit(&self.lookup.selection) {
                found.cut(limit);
            }
            if let Selection::Since(since) = &self.lookup.selection {
                found.take_tombstones(rows::next(results)?)?;
                found.cut_changes(since.limit);
            }
        }
        let children = match self.asks_for_children() {
            true => collections::read_children(rows::next(results)?, &self.spot)?,
            false => Vec::new(),
        };
        let locks = match detail.contains(Detail::LOCKS) {
            true => locks::read(rows::next(results)?, &self.spot)?,
            false => Vec::new(),
        };
        // Who sees nothing here does not learn of locks either.
        let sees = collection.is_some() || owner.as_ref().is_some_and(|owner| owner.id == self.asker);
        let locks = if sees { locks } else { Vec::new() };
        let resources::Found { resources, tags, digests, removed, truncated, left_out } = found;
        let view = View { owner, collection, properties, children, resources, tags, removed, truncated, locks };
        Ok(Answer { epoch, view, digests, left_out })
    }

    /// The change number since when the changes come with the place, in one statement rather than in three and a
    /// transaction around them: where they are told as tags and are not to be limited.
    fn brought_along(&self) -> Option<u64> {
        match &self.lookup.selection {
            Selection::Since(since @ Since { seq: 1.., limit: None }) if !self.in_groups => {
                let as_tags = resources::as_tags(&self.lookup.selection, self.lookup.detail);
                self.reach().filter(|_| as_tags).map(|_| since.seq)
            }
            _ => None,
        }
    }

    /// Where members are asked for in statements of their own.
    fn reach_apart(&self) -> Option<Reach> {
        self.reach().filter(|_| self.brought_along().is_none())
    }

    /// Whether the place can name a resource: in a calendar or address book they are the second segment.
    fn names_member(&self) -> bool {
        match self.lookup.place.home {
            Home::Files => !self.lookup.place.path.is_empty(),
            Home::Calendars | Home::Addressbooks => self.segments() == 2,
        }
    }

    /// Whether there may be collections below the place, which are asked for: calendars and address books have none.
    fn asks_for_children(&self) -> bool {
        let may_have = self.lookup.place.home == Home::Files || self.segments() == 0;
        may_have && self.lookup.detail.contains(Detail::CHILDREN)
    }

    /// Where members are asked for; none where none are, or the place can have none.
    fn reach(&self) -> Option<Reach> {
        match (&self.lookup.selection, self.lookup.place.home, self.segments()) {
            (Selection::Itself, ..) => None,
            (_, Home::Files, _) | (_, _, 1) => Some(Reach::Here),
            (Selection::Matching(_), _, 0) => Some(Reach::Home),
            _ => None,
        }
    }

    fn segments(&self) -> usize {
        self.spot.path().split('/').filter(|segment| !segment.is_empty()).count()
    }
}
