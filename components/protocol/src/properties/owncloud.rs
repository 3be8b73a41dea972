//! What clients of ownCloud and Nextcloud ask for of calendars besides.

use super::{Answer, Live, Scene, Subject};
use crate::href;
use crate::xml::XmlWriter;

pub(super) const PROPERTIES: &[Live] = &[Live::new("OC:owner-principal", owner_principal)];

/// The owner's principal as text, below the DAV root and without a slash at its end: tasks.org looks whether
/// `current-user-principal` ends with it.
fn owner_principal(_: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let Subject::Collection(collection) = subject else { return Answer::Missing };
    xml.text(&format!("principals/{}", href::encode(&collection.owner_name)));
    Answer::Given
}
