//! CR:filter (RFC 6352 §10.5).

use crate::refusal::{Refusal, Result};
use crate::reports::text_match;
use crate::text::Collation;
use crate::vcard::{ParamFilter, PropFilter};
use crate::xml::{CARDDAV, Element};

/// Elements of a filter, at most.
const MAX_FILTERS: usize = 1000;

/// The prop-filters of a report, and whether all of them are to hold. No filter at all selects every card.
///
/// # Errors
/// 403 `supported-filter`, `supported-collation`.
pub fn read(report: &Element) -> Result<(Vec<PropFilter>, bool)> {
    let Some(filter) = report.child(CARDDAV, "filter") else { return Ok((Vec::new(), false)) };
    let props: Vec<&Element> = filter.children().filter(|child| child.is(CARDDAV, "prop-filter")).collect();
    if props.len() > MAX_FILTERS {
        return Err(Refusal::carddav(403, "supported-filter", "The filter is too large."));
    }
    Ok((props.into_iter().map(read_property).collect::<Result<_>>()?, all(filter)))
}

/// The test attribute; `anyof` where it is not there (RFC 6352 §10.5).
fn all(element: &Element) -> bool {
    element.attribute("test") == Some("allof")
}

fn name_of(element: &Element) -> Result<String> {
    let name = element.attribute("name").map(str::to_ascii_uppercase).filter(|name| !name.is_empty());
    name.ok_or_else(|| Refusal::carddav(403, "supported-filter", "A filter has to have a name."))
}

fn read_property(element: &Element) -> Result<PropFilter> {
    let texts = element.children().filter(|child| child.is(CARDDAV, "text-match"));
    let params = element.children().filter(|child| child.is(CARDDAV, "param-filter"));
    Ok(PropFilter {
        name: name_of(element)?,
        all: all(element),
        not_defined: element.child(CARDDAV, "is-not-defined").is_some(),
        texts: texts.map(|test| text_match::read(test, Collation::UnicodeCasemap)).collect::<Result<_>>()?,
        params: params.map(read_parameter).collect::<Result<_>>()?,
    })
}

fn read_parameter(element: &Element) -> Result<ParamFilter> {
    Ok(ParamFilter {
        name: name_of(element)?,
        not_defined: element.child(CARDDAV, "is-not-defined").is_some(),
        text: element
            .child(CARDDAV, "text-match")
            .map(|test| text_match::read(test, Collation::UnicodeCasemap))
            .transpose()?,
    })
}
