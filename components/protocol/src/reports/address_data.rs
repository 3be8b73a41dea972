//! CR:address-data in a request (RFC 6352 §10.4).

use crate::refusal::{Refusal, Result};
use crate::text::Format;
use crate::vcard::Projection;
use crate::xml::{CARDDAV, DAV, Element};

/// Properties that may be named, at most: each line of each card is compared with all of them.
const MAX_PROPS: usize = 200;

/// Whether the D:prop of a report asks for the cards themselves.
pub fn is_wanted(report: &Element) -> bool {
    element(report).is_some()
}

fn element(report: &Element) -> Option<&Element> {
    report.child(DAV, "prop")?.child(CARDDAV, "address-data")
}

/// What to make of the cards; none where they are asked for as they are stored, or not at all.
///
/// # Errors
/// 403 `supported-address-data`, and where too many properties are named.
pub fn projection(report: &Element) -> Result<Option<Projection>> {
    let Some(data) = element(report) else { return Ok(None) };
    let format = match data.attribute("content-type").unwrap_or("text/vcard") {
        "text/vcard" => Format::Text,
        "application/vcard+json" => Format::Json,
        other => return Err(unsupported(other)),
    };
    // Without one, 3.0 is meant (RFC 6352 §10.4's attribute list). What Contacts of macOS gets of another version it
    // cannot read, and it gives up on the whole address book.
    let version = match (data.attribute("version"), format) {
        (None, Format::Text) => Some("3.0".to_owned()),
        (None, _) => None,
        (Some(version @ ("3.0" | "4.0")), _) => Some(version.to_owned()),
        (Some(other), _) => return Err(unsupported(&format!("vCard {other}"))),
    };
    let props: Vec<(String, bool)> = if data.child(CARDDAV, "allprop").is_some() {
        Vec::new()
    } else {
        let props = data.children().filter(|child| child.is(CARDDAV, "prop"));
        props
            .filter_map(|prop| {
                Some((prop.attribute("name")?.to_ascii_uppercase(), prop.attribute("novalue") == Some("yes")))
            })
            .collect()
    };
    if props.len() > MAX_PROPS {
        return Err(Refusal::new(
            403,
            format!("No more than {MAX_PROPS} properties of cards can be asked for at once."),
        ));
    }
    let as_stored = props.is_empty() && version.is_none() && format == Format::Text;
    Ok((!as_stored).then_some(Projection { props, version, format }))
}

fn unsupported(what: &str) -> Refusal {
    Refusal::carddav(403, "supported-address-data", format!("There is no {what} here."))
}
