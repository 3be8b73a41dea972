//! Which cards may be stored (RFC 6352 §5.1), and what there is to index of them.

use crate::card::Card;
use crate::collation::fold;
use crate::fault;
use crate::occasion;
use crate::property::Property;
use crate::text::{Collation, Fault};
use crate::vcard::Inspection;

/// Properties whose text is worth an index. It is folded as queries by `i;unicode-casemap` fold it.
const INDEXED: [&str; 6] = ["FN", "N", "NICKNAME", "EMAIL", "TEL", "ORG"];

/// Properties that say what to call the card where FN is missing.
const NAMES: [&str; 4] = ["N", "ORG", "NICKNAME", "EMAIL"];

/// Validates a card for storing. Every line has to be a property. There has to be a UID (RFC 6352 §5.1), and one only;
/// and an FN, or, as clients forget it, something else to call the card by. Faults are those of `Card::read`, `syntax`
/// for a line, `resource` for what is missing.
pub fn inspect(content: &[u8]) -> Result<Inspection, Fault> {
    let card = Card::read(content)?;
    let properties = card.properties().collect::<Result<Vec<_>, _>>()?;
    if !has_name(&properties) {
        return Err(fault::resource("the card has no FN, and nothing else to call it by"));
    }
    Ok(Inspection {
        uid: uid(&properties)?,
        version: card.version.as_str().to_owned(),
        kind: kind(&properties),
        texts: texts(&properties),
    })
}

fn uid(properties: &[Property]) -> Result<String, Fault> {
    let mut uids: Vec<String> = properties.iter().filter(|property| property.is("UID")).map(trimmed_text).collect();
    uids.dedup();
    match (uids.pop(), uids.is_empty()) {
        (Some(uid), true) if !uid.is_empty() => Ok(uid),
        (Some(_), false) => Err(fault::resource("the card has more than one UID")),
        _ => Err(fault::resource("the card has no UID")),
    }
}

fn has_name(properties: &[Property]) -> bool {
    let named = |name: &str| properties.iter().any(|property| property.is(name) && has_text(property));
    properties.iter().any(|property| property.is("FN")) || NAMES.iter().any(|name| named(name))
}

/// KIND, or the name that Apple gave it in 3.0.
fn kind(properties: &[Property]) -> String {
    let kind = properties.iter().find(|property| property.is("KIND") || property.is("X-ADDRESSBOOKSERVER-KIND"));
    kind.map(|kind| trimmed_text(kind).to_lowercase())
        .filter(|kind| !kind.is_empty())
        .unwrap_or_else(|| "individual".to_owned())
}

fn texts(properties: &[Property]) -> Vec<(String, String)> {
    let mut texts: Vec<(String, String)> = Vec::new();
    for property in properties.iter().filter(|property| has_text(property)) {
        let Some(name) = INDEXED.iter().find(|name| property.is(name)) else { continue };
        texts.push(((*name).to_owned(), fold(&property.text(), Collation::UnicodeCasemap).into_owned()));
    }
    texts.extend(occasion::of(properties).map(|occasion| (occasion.name.to_owned(), occasion.text)));
    texts.sort_unstable();
    texts.dedup();
    texts
}

fn trimmed_text(property: &Property) -> String {
    property.text().trim().to_owned()
}

/// Whether there is more in its value than separators.
fn has_text(property: &Property) -> bool {
    property.value.contains(|character: char| !matches!(character, ';' | ',' | ' ' | '\t'))
}
