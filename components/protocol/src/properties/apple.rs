//! What Apple's clients ask for besides. Colour and order are properties that clients set; CalendarServer's own principals' properties are in `principal`.

use super::{Answer, Live, Scene, Subject};
use crate::store::Access;
use crate::xml::XmlWriter;

pub(super) const PROPERTIES: &[Live] = &[Live::new("CS:allowed-sharing-modes", allowed_sharing_modes)];

/// Whether the asker may share the collection.
fn allowed_sharing_modes(_: &Scene, subject: &Subject, _: &mut XmlWriter) -> Answer {
    match subject {
        Subject::Collection(collection) if collection.access == Access::Owner => Answer::Given,
        _ => Answer::Missing,
    }
}
