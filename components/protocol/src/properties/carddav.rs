//! The properties of address books (RFC 6352 §6.2).

use super::{Answer, Live, Scene, Subject};
use crate::context::max_resource_size;
use crate::types::Home;
use crate::xml::XmlWriter;

pub(super) const PROPERTIES: &[Live] = &[
    Live::new("CR:supported-address-data", supported_address_data),
    Live::new("CR:supported-collation-set", supported_collation_set),
    Live::new("CR:max-resource-size", max_size),
    Live::new("CR:address-data", address_data).brief(),
];

fn is_addressbook(subject: &Subject) -> bool {
    matches!(subject, Subject::Collection(collection) if collection.place.home == Home::Addressbooks)
}

fn supported_address_data(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    if !is_addressbook(subject) {
        return Answer::Missing;
    }
    for (media_type, version) in [("text/vcard", "3.0"), ("text/vcard", "4.0"), ("application/vcard+json", "4.0")] {
        xml.empty_with("CR:address-data-type", &[("content-type", media_type), ("version", version)]);
    }
    Answer::Given
}

fn supported_collation_set(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    if !is_addressbook(subject) {
        return Answer::Missing;
    }
    for collation in ["i;ascii-casemap", "i;octet", "i;unicode-casemap"] {
        xml.element("CR:supported-collation", collation);
    }
    Answer::Given
}

fn max_size(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    if !is_addressbook(subject) {
        return Answer::Missing;
    }
    xml.text(&max_resource_size().to_string());
    Answer::Given
}

/// Only in reports (RFC 6352 §10.4).
fn address_data(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    match subject {
        Subject::Resource(collection, _, Some(data)) if collection.place.home == Home::Addressbooks => {
            xml.content_lines(data);
            Answer::Given
        }
        _ => Answer::Missing,
    }
}
