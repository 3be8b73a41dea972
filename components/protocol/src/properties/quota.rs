//! Quota (RFC 4331): what the owner of the home may store.

use super::{Answer, Live, Scene, Subject};
use crate::types::Principal;
use crate::xml::XmlWriter;

pub(super) const PROPERTIES: &[Live] =
    &[Live::new("D:quota-available-bytes", quota_available_bytes), Live::new("D:quota-used-bytes", quota_used_bytes)];

/// The owner of the subject, where the asker is the one: others are not told how full somebody's home is.
fn account<'a>(scene: &Scene<'a>, subject: &Subject) -> Option<&'a Principal> {
    let owner = scene.owner.filter(|owner| owner.id == scene.context.asker())?;
    let pays = match subject {
        Subject::Home(..) => true,
        Subject::Collection(collection) => collection.owner == owner.id,
        _ => false,
    };
    pays.then_some(owner)
}

/// Not there where there is no limit (RFC 4331 §3).
fn quota_available_bytes(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let Some(owner) = account(scene, subject) else { return Answer::Missing };
    let Some(quota) = owner.quota else { return Answer::Missing };
    xml.text(&quota.saturating_sub(owner.used).to_string());
    Answer::Given
}

fn quota_used_bytes(scene: &Scene, subject: &Subject, xml: &mut XmlWriter) -> Answer {
    let Some(owner) = account(scene, subject) else { return Answer::Missing };
    xml.text(&owner.used.to_string());
    Answer::Given
}
