//! CARDDAV:filter (RFC 6352 §10.5).

use crate::card::Card;
use crate::collation::Matcher;
use crate::property::Property;
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

    /// Whether a card matches; any does where there are no filters. Only properties that a filter names are read; fault `syntax` where one
    /// of them cannot be.
    pub fn matches(&self, card: &Card<'_>) -> Result<bool, Fault> {
        if self.props.is_empty() {
            return Ok(true);
        }
        for prop in &self.props {
            if prop.matches(card)? != self.all {
                return Ok(!self.all);
            }
        }
        Ok(self.all)
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

    fn matches(&self, card: &Card<'_>) -> Result<bool, Fault> {
        if self.not_defined {
            return Ok(!card.lines.iter().any(|line| line.is(&self.name)));
        }
        for property in card.named(&self.name) {
            if self.holds(&property?) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether one property of that name has all, or one, of what is asked. Nothing asked is had.
    fn holds(&self, property: &Property) -> bool {
        let text = property.text();
        let mut tests = self
            .texts
            .iter()
            .map(|matcher| matcher.holds(&text))
            .chain(self.params.iter().map(|param| param.holds(property)))
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

    fn holds(&self, property: &Property) -> bool {
        let mut params = property.params(&self.name).peekable();
        match (&self.text, params.peek().is_some()) {
            (_, defined) if self.not_defined => !defined,
            (None, defined) => defined,
            (Some(matcher), _) => params.any(|param| param.each().any(|value| matcher.holds(value))),
        }
    }
}
