//! DAV:sync-token (RFC 6578 §4) and CalendarServer's getctag beside it.

use super::{Answer, Live, Scene, Subject};
use crate::sync_token;
use crate::xml::XmlWriter;

pub(super) const PROPERTIES: &[Live] = &[Live::new("D:sync-token", sync_token), Live::new("CS:getctag", getctag)];

fn sync_token(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let Subject::Collection(collection) = subject else { return Answer::Missing };
    xml.text(&sync_token::of(scene.epoch, collection));
    Answer::Given
}

fn getctag(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    sync_token(scene, subject, xml)
}
