//! DAV:principal-property-search (RFC 3744 §9.4).

use crate::accounts::Selector;
use crate::context::Context;
use crate::directory::with_all_known;
use crate::href;
use crate::multistatus::Multistatus;
use crate::properties::{PropertyRequest, Scene, Subject, write_propstats};
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::reports::require_depth_zero;
use crate::types::Principal;
use crate::xml::{CALDAV, CALENDARSERVER, DAV, Element};

/// Principals in one answer, at most (RFC 3744 §9.4, DAV:number-of-matches-within-limits).
const MAX_MATCHES: usize = 500;

/// Texts that are looked for at once, at most: each is compared with every name and every address.
const MAX_SEARCHES: usize = 100;

/// A text, and the properties that are looked for it in.
struct Search {
    text: String,
    display_name: bool,
    addresses: bool,
}

impl Search {
    fn of(element: &Element) -> Option<Self> {
        let text = element.child(DAV, "match")?.text().trim().to_lowercase();
        let prop = element.child(DAV, "prop")?;
        let addresses = prop.child(CALENDARSERVER, "email-address-set").is_some()
            || prop.child(CALDAV, "calendar-user-address-set").is_some();
        (!text.is_empty()).then_some(Search { text, display_name: prop.child(DAV, "displayname").is_some(), addresses })
    }

    /// The text without the scheme of an address.
    fn folded(&self) -> String {
        self.text.strip_prefix("mailto:").unwrap_or(&self.text).to_owned()
    }

    fn matches(&self, principal: &Principal) -> bool {
        let text = self.folded();
        let text = text.as_str();
        let in_name = self.display_name && principal.display_name.to_lowercase().contains(text);
        let in_address = self.addresses && principal.emails.iter().any(|email| email.to_lowercase().contains(text));
        in_name || in_address
    }
}

/// Answers the report: the principals in whose properties the texts are found.
///
/// # Errors
/// 400 where nothing is searched for, or for another Depth than 0; 403 for too many texts.
pub fn answer(context: &Context, report: &Element) -> Result<Reply> {
    require_depth_zero(context)?;
    let elements = report.children().filter(|child| child.is(DAV, "property-search"));
    let searches: Vec<Search> = elements.filter_map(Search::of).collect();
    let Some(first) = searches.first() else {
        return Err(Refusal::bad("There has to be a property-search with a match."));
    };
    if searches.len() > MAX_SEARCHES {
        return Err(Refusal::new(403, format!("No more than {MAX_SEARCHES} texts can be looked for at once.")));
    }
    let any = report.attribute("test") == Some("anyof");
    // Where all texts have to be found, those with the first are enough to choose from.
    let looked_for = if any { searches.as_slice() } else { std::slice::from_ref(first) };
    let selector = Selector::Search(looked_for.iter().map(Search::folded).collect());
    let candidates = context.survey(&[], Some(&selector), &[])?.principals;
    let passes = |principal: &&Principal| {
        let mut results = searches.iter().map(|search| search.matches(principal));
        if any { results.any(|found| found) } else { results.all(|found| found) }
    };
    let asked = PropertyRequest::of_report(report)?;
    let minimal = context.request.prefers_minimal();
    with_all_known(context, || {
        let mut multistatus = Multistatus::new();
        for (position, principal) in candidates.iter().filter(passes).enumerate() {
            if position == MAX_MATCHES {
                multistatus.truncated(context.request.path());
                break;
            }
            let scene = Scene { context, epoch: "", owner: Some(principal), locks: &[] };
            let subject = Subject::Principal(principal);
            multistatus.response(&href::of_principal(&context.base, &principal.name), |xml| {
                write_propstats(&scene, &subject, &asked, minimal, xml)
            });
        }
        multistatus.finish().preference_applied(minimal)
    })
}
