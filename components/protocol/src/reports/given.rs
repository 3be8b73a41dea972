//! What a report gives of a resource, whichever engine has looked at it.

use crate::icalendar;
use crate::multistatus::Multistatus;
use crate::properties::{PropertyRequest, Scene, Subject, write_propstats};
use crate::refusal::{Refusal, of_fault};
use crate::store::{Collection, Resource};
use crate::vcard;

/// What is given of a resource.
pub enum Given {
    /// Nothing: it does not match.
    Nothing,
    /// The body as it is stored, where bodies are asked for.
    AsStored,
    /// What a projection has made of the body.
    Made(Vec<u8>),
    /// Why it cannot be given. That is told, not left out.
    Refused(Refusal),
}

impl From<icalendar::Verdict> for Given {
    fn from(verdict: icalendar::Verdict) -> Self {
        match verdict {
            icalendar::Verdict::No => Given::Nothing,
            icalendar::Verdict::Unchanged => Given::AsStored,
            icalendar::Verdict::Projected(data) => Given::Made(data),
            icalendar::Verdict::Fault(fault) => Given::Refused(of_fault(&fault, true)),
        }
    }
}

impl From<vcard::Verdict> for Given {
    fn from(verdict: vcard::Verdict) -> Self {
        match verdict {
            vcard::Verdict::No => Given::Nothing,
            vcard::Verdict::Unchanged => Given::AsStored,
            vcard::Verdict::Projected(data) => Given::Made(data),
            vcard::Verdict::Fault(fault) => Given::Refused(of_fault(&fault, false)),
        }
    }
}

/// Adds the response about a resource under an href; none where it is given nothing.
pub fn write(
    scene: &Scene,
    (collection, resource): (&Collection, &Resource),
    href: &str,
    given: &Given,
    asked: &PropertyRequest,
    multistatus: &mut Multistatus,
) {
    let data = match given {
        Given::Nothing => return,
        Given::AsStored => resource.body.as_deref(),
        Given::Made(data) => Some(data.as_slice()),
        Given::Refused(refusal) => return multistatus.refused(href, refusal),
    };
    let subject = Subject::Resource(collection, resource, data);
    let minimal = scene.context.request.prefers_minimal();
    multistatus.response(href, |xml| write_propstats(scene, &subject, asked, minimal, xml));
}
