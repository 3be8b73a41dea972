//! DAV:principal-search-property-set (RFC 3744 §9.5).

use crate::context::Context;
use crate::refusal::Result;
use crate::reply::Reply;
use crate::reports::require_depth_zero;
use crate::xml::XmlWriter;

/// The properties that `principal-property-search` can search.
pub const SEARCHABLE: [(&str, &str); 3] = [
    ("D:displayname", "Name"),
    ("CS:email-address-set", "E-mail address"),
    ("C:calendar-user-address-set", "Calendar address"),
];

/// Answers the report.
///
/// # Errors
/// 400 for another Depth than 0.
pub fn answer(context: &Context) -> Result<Reply> {
    require_depth_zero(context)?;
    let mut xml = XmlWriter::document("D:principal-search-property-set");
    for (property, description) in SEARCHABLE {
        xml.nest("D:principal-search-property", |xml| {
            xml.nest("D:prop", |xml| xml.empty(property));
            xml.start_with("D:description", &[("xml:lang", "en")]);
            xml.text(description);
            xml.end("D:description");
        });
    }
    Ok(Reply::new(200).xml(xml.finish("D:principal-search-property-set")))
}
