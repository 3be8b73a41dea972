//! CARDDAV:filter (RFC 6352 §10.5).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::card::Card;
use crate::collation::{Folded, Matcher};
use crate::property::{Param, Property};
use crate::text::Fault;
use crate::vcard;

/// A filter, made ready for many cards.
pub struct Filter {
    props: Vec<PropFilter>,
    all: bool,
}

struct PropFilter {
    name: String,
    not_defined: bool,
    all: bool,
    texts: Vec<Matcher>,
    params: Vec<ParamFilter>,
}

struct ParamFilter {
    name: String,
    not_defined: bool,
    text: Option<Matcher>,
}

impl Filter {
    /// Makes filters ready.
    pub fn of(filters: &[vcard::PropFilter], all: bool) -> Self {
        Filter { props: filters.iter().map(PropFilter::of).collect(), all }
    }

    /// Whether a card matches; any does where there are no filters. Only properties that a filter names are read; fault
    /// `syntax` where one of them cannot be.
    pub fn matches(&self, card: &Card<'_>) -> Result<bool, Fault> {
        if self.props.is_empty() {
            return Ok(true);
        }
        let mut subjects = Subjects { card, named: BTreeMap::new() };
        for prop in &self.props {
            if prop.matches(&mut subjects)? != self.all {
                return Ok(!self.all);
            }
        }
        Ok(self.all)
    }
}

/// The properties of a card that filters name. However many filters name one, it is read once.
struct Subjects<'a> {
    card: &'a Card<'a>,
    named: BTreeMap<&'a str, Vec<Subject>>,
}

impl<'a> Subjects<'a> {
    fn named(&mut self, name: &'a str) -> Result<&[Subject], Fault> {
        Ok(match self.named.entry(name) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let read = self.card.named(name).map(|property| property.map(|property| Subject::of(&property)));
                new.insert(read.collect::<Result<_, _>>()?)
            }
        })
    }
}

/// What tests look at in a property: its text, and the values of its parameters by their names.
struct Subject {
    text: Folded,
    params: Vec<(String, Folded)>,
}

impl Subject {
    fn of(property: &Property) -> Self {
        let values = |param: &Param| {
            param.each().map(|value| (param.name.clone(), Folded::of(value.to_owned()))).collect::<Vec<_>>()
        };
        Subject { text: Folded::of(property.text()), params: property.params.iter().flat_map(values).collect() }
    }
}

impl PropFilter {
    fn of(filter: &vcard::PropFilter) -> Self {
        PropFilter {
            name: filter.name.clone(),
            not_defined: filter.not_defined,
            all: filter.all,
            texts: filter.texts.iter().map(Matcher::of).collect(),
            params: filter.params.iter().map(ParamFilter::of).collect(),
        }
    }

    fn matches<'a>(&'a self, subjects: &mut Subjects<'a>) -> Result<bool, Fault> {
        if self.not_defined {
            return Ok(!subjects.card.lines.iter().any(|line| line.is(&self.name)));
        }
        Ok(subjects.named(&self.name)?.iter().any(|subject| self.holds(subject)))
    }

    /// Whether one property of that name has all, or one, of what is asked. Nothing asked is had.
    fn holds(&self, subject: &Subject) -> bool {
        let mut tests = self
            .texts
            .iter()
            .map(|matcher| matcher.holds(&subject.text))
            .chain(self.params.iter().map(|param| param.holds(subject)))
            .peekable();
        match (tests.peek(), self.all) {
            (None, _) => true,
            (_, true) => tests.all(|held| held),
            (_, false) => tests.any(|held| held),
        }
    }
}

impl ParamFilter {
    fn of(filter: &vcard::ParamFilter) -> Self {
        ParamFilter {
            name: filter.name.clone(),
            not_defined: filter.not_defined,
            text: filter.text.as_ref().map(Matcher::of),
        }
    }

    fn holds(&self, subject: &Subject) -> bool {
        let mut values =
            subject.params.iter().filter(|(name, _)| name.eq_ignore_ascii_case(&self.name)).map(|(_, value)| value);
        match &self.text {
            _ if self.not_defined => values.next().is_none(),
            None => values.next().is_some(),
            Some(matcher) => values.any(|value| matcher.holds(value)),
        }
    }
}
