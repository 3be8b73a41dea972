//! DAV:principal-search-property-set (RFC 3744 §9.5).

use crate::reply::Reply;
use crate::xml::XmlWriter;

/// The properties that `principal-property-search` can search.
pub const SEARCHABLE: [(&str, &str); 3] = [
    ("D:displayname", "Name"),
    ("CS:email-address-set", "E-mail address"),
    ("C:calendar-user-address-set", "Calendar address"),
];

/// Answers the report.
pub fn answer() -> Reply {
    let mut xml = XmlWriter::document("D:principal-search-property-set");
    for (property, description) in SEARCHABLE {
        xml.nest("D:principal-search-property", |xml| {
            xml.nest("D:prop", |xml| xml.empty(property));
            xml.start_with("D:description", &[("xml:lang", "en")]);
            xml.text(description);
            xml.end("D:description");
        });
    }
    Reply::new(200).xml(xml.finish("D:principal-search-property-set"))
}
