//! CR:filter (RFC 6352 §10.5).

use crate::refusal::{Refusal, Result};
use crate::reports::text_match::{self, MAX_FILTERS};
use crate::store::{IndexQuery, TextTest as IndexTest};
use crate::text::{Collation, TextTest};
use crate::vcard::{ParamFilter, PropFilter};
use crate::xml::{CARDDAV, Element};

/// The prop-filters of a report, and whether all of them are to hold. No filter at all selects every card.
///
/// # Errors
/// 403 `supported-filter`, `supported-collation`.
pub fn read(report: &Element) -> Result<(Vec<PropFilter>, bool)> {
    let Some(filter) = report.child(CARDDAV, "filter") else { return Ok((Vec::new(), false)) };
    if filter.size() > MAX_FILTERS {
        return Err(Refusal::carddav(403, "supported-filter", "The filter is too large."));
    }
    let props = filter.children().filter(|child| child.is(CARDDAV, "prop-filter"));
    Ok((props.map(read_property).collect::<Result<_>>()?, all(filter)))
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

/// Properties whose texts are indexed, whole and folded (`vcard.inspect`).
const INDEXED: [&str; 6] = ["FN", "N", "NICKNAME", "EMAIL", "TEL", "ORG"];

/// What the index can select by: no card that matches the filters is left out. None where it can select by nothing.
/// `fold` is `vcard.fold`.
pub fn index_query(filters: &[PropFilter], all: bool, fold: impl Fn(&str) -> String) -> Option<IndexQuery> {
    let tests: Vec<Option<IndexTest>> = filters.iter().map(|filter| necessary(filter, &fold)).collect();
    let texts: Vec<IndexTest> =
        if all { tests.into_iter().flatten().collect() } else { tests.into_iter().collect::<Option<_>>()? };
    let query =
        IndexQuery { components: Vec::new(), start: None, end: None, uid: None, texts, any_text: !all, limit: None };
    (!query.texts.is_empty()).then_some(query)
}

/// A test that every card passes which a filter lets through.
fn necessary(filter: &PropFilter, fold: impl Fn(&str) -> String) -> Option<IndexTest> {
    let only = filter.all || (filter.texts.len() == 1 && filter.params.is_empty());
    if filter.not_defined || !only || !INDEXED.contains(&filter.name.as_str()) {
        return None;
    }
    let indexable = |test: &TextTest| is_indexable(test).then(|| (test.kind, fold(&test.value)));
    let (kind, value) = filter.texts.iter().filter_map(indexable).find(|(_, value)| is_text(value))?;
    Some(IndexTest { name: filter.name.clone(), value, kind })
}

/// The index has texts as `i;unicode-casemap` compares them. What the other collations find is found there too as long
/// as it is ASCII; other letters may be composed there with what stands before or behind them.
fn is_indexable(test: &TextTest) -> bool {
    !test.negate && (test.collation == Collation::UnicodeCasemap || test.value.is_ascii())
}

/// Values of nothing but separators are not in the index.
fn is_text(value: &str) -> bool {
    value.contains(|character| !matches!(character, ';' | ',' | ' ' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(xml: &str) -> (Vec<PropFilter>, bool) {
        let xml = format!("<a:addressbook-query xmlns:a=\"{CARDDAV}\">{xml}</a:addressbook-query>");
        read(&crate::xml::read(xml.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn elements_count_wherever_in_a_filter_they_are() {
        let is_read = |content: &str| {
            let xml = format!("<a:report xmlns:a=\"{CARDDAV}\"><a:filter>{content}</a:filter></a:report>");
            read(&crate::xml::read(xml.as_bytes()).unwrap()).is_ok()
        };
        let prop = |content: &str| format!("<a:prop-filter name='NOTE'>{content}</a:prop-filter>");
        let text = "<a:text-match>x</a:text-match>";
        let param = format!("<a:param-filter name='TYPE'>{text}</a:param-filter>");
        assert!(is_read(&prop(&text.repeat(MAX_FILTERS - 1))));
        assert!(!is_read(&prop(&text.repeat(MAX_FILTERS))));
        assert!(is_read(&prop("").repeat(MAX_FILTERS)));
        assert!(!is_read(&prop("").repeat(MAX_FILTERS + 1)));
        assert!(is_read(&prop(&param.repeat(MAX_FILTERS / 2 - 1))));
        assert!(!is_read(&prop(&param.repeat(MAX_FILTERS / 2))));
    }

    fn indexed(xml: &str) -> Option<Vec<(String, String)>> {
        let (filters, all) = filter(xml);
        let texts = index_query(&filters, all, str::to_uppercase)?.texts;
        Some(texts.into_iter().map(|test| (test.name, test.value)).collect())
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn any_of_several_takes_all_of_them_to_be_indexed() {
        let mail = "<a:prop-filter name='email'><a:text-match>Ann@X</a:text-match></a:prop-filter>";
        let note = "<a:prop-filter name='NOTE'><a:text-match>x</a:text-match></a:prop-filter>";
        assert_eq!(indexed(&format!("<a:filter>{mail}</a:filter>")), Some(vec![pair("EMAIL", "ANN@X")]));
        assert_eq!(indexed(&format!("<a:filter>{mail}{note}</a:filter>")), None);
        assert_eq!(
            indexed(&format!("<a:filter test='allof'>{mail}{note}</a:filter>")),
            Some(vec![pair("EMAIL", "ANN@X")])
        );
    }

    #[test]
    fn what_the_index_cannot_answer_is_not_asked_of_it() {
        for test in [
            "<a:text-match negate-condition='yes'>x</a:text-match>",
            "<a:text-match collation='i;octet'>\u{fc}</a:text-match>",
            "<a:text-match collation='i;ascii-casemap'>\u{fc}</a:text-match>",
            "<a:text-match> ;</a:text-match>",
            "<a:text-match>x</a:text-match><a:text-match>y</a:text-match>",
            "<a:text-match>x</a:text-match><a:param-filter name='TYPE'/>",
            "<a:is-not-defined/>",
            "",
        ] {
            assert_eq!(
                indexed(&format!("<a:filter><a:prop-filter name='FN'>{test}</a:prop-filter></a:filter>")),
                None,
                "{test}"
            );
        }
    }
}
