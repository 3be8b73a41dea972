//! The collection that a delivery goes to: made where it is not there. What somebody has said of one that is there
//! stays.

use super::{Policy, Target};
use crate::collection::{Collection, Kind, Property, text_of};
use crate::dav::xml::{DAV, Element};
use crate::dav::{Client, Place, Question};
use anyhow::{Result, bail};
use http::StatusCode;
use std::collections::BTreeSet;
use url::Url;

/// Has the collection there, with its properties.
///
/// # Errors
/// Where the server fails, or something is not taken and the policy is to stop then.
pub async fn prepare(target: &Target<'_>, url: &Url, wanted: &Collection) -> Result<Place> {
    let client = &target.client;
    let mut there = existing(client, url, wanted.kind).await?;
    let untouched = match &there {
        Some(place) => is_untouched(client, place).await?,
        None => true,
    };
    if let Some(place) = &there
        && lacks_components(&place.collection, wanted)
    {
        if untouched && target.is_unpublished(place).await? {
            client.delete(url).await?;
            there = None;
        } else {
            say(target.policy, &components_told(place, wanted))?;
        }
    }
    let place = match there {
        Some(place) => place,
        None => {
            client.make(url, wanted).await?;
            client.collection(url, wanted.kind).await?
        }
    };
    let replace = target.policy.replace || untouched;
    let policy = Policy { replace, ..target.policy };
    // An account's own are born with a better name than that of a file which has no other.
    let says_something = |property: &&Property| !(untouched && is_name_in_url(property, &place));
    let wanted: Vec<Property> = wanted.properties.iter().filter(says_something).cloned().collect();
    set(client, policy, url, &wanted, &place.collection.properties).await?;
    Ok(place)
}

/// Sets properties on something that has some. One that has another value stays and is told, unless the policy is to
/// replace.
///
/// # Errors
/// Those of the server; what stays or is refused, where the policy is to stop then.
pub async fn set(client: &Client, policy: Policy, url: &Url, wanted: &[Property], there: &[Property]) -> Result<()> {
    let mut missing = Vec::new();
    for property in wanted {
        match there.iter().find(|other| other.name() == property.name()) {
            Some(other) if is_same(other, property) => {}
            Some(_) if !policy.replace => {
                say(policy, &format!("the property {} of {url} is there with another value", property.name))?;
            }
            _ => missing.push(property.clone()),
        }
    }
    for refusal in client.set_properties(url, &missing).await? {
        eprintln!("{refusal}");
    }
    Ok(())
}

fn say(policy: Policy, line: &str) -> Result<()> {
    if policy.strict {
        bail!("{line}");
    }
    eprintln!("{line}");
    Ok(())
}

async fn existing(client: &Client, url: &Url, kind: Kind) -> Result<Option<Place>> {
    let answer = client.ask(url, Question::new("PROPFIND").header("depth", "0")).await?;
    match answer.status {
        StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
        _ => {
            answer.success()?;
            client.collection(url, kind).await.map(Some)
        }
    }
}

/// Whether a collection is as an account is born with one: with nothing in it, shared with nobody, and nothing said of
/// it but a name that is that of its URL.
async fn is_untouched(client: &Client, place: &Place) -> Result<bool> {
    let Collection { properties, shares, .. } = &place.collection;
    let is_born_with = |property: &Property| is_name_in_url(property, place);
    Ok(shares.is_empty() && properties.iter().all(is_born_with) && client.members(&place.url).await?.is_empty())
}

/// Whether a property is the collection's name as its URL has it, in whatever case.
fn is_name_in_url(property: &Property, place: &Place) -> bool {
    let name = (property.namespace == DAV && property.name == "displayname").then(|| text(property)).flatten();
    name.is_some_and(|name| name.eq_ignore_ascii_case(&text_of(place.segment())))
}

/// Whether a calendar does not take all components that the other does; where nothing is said of these, it takes all.
fn lacks_components(there: &Collection, wanted: &Collection) -> bool {
    let set = |collection: &Collection| -> BTreeSet<String> { collection.components.iter().cloned().collect() };
    there.kind == Kind::Calendar && !there.components.is_empty() && !set(wanted).is_subset(&set(there))
}

fn components_told(place: &Place, wanted: &Collection) -> String {
    let (there, wanted) = (place.collection.components.join(", "), wanted.components.join(", "));
    format!(
        "{} is there and takes {there}, where {wanted} is wanted: it stays as it is, and what it does not take is left out",
        place.url
    )
}

/// The text of a property that is nothing else, without what servers and parsers make of line ends.
fn text(property: &Property) -> Option<String> {
    let element = Element::read(property.xml.as_bytes()).ok()?;
    element.children().next().is_none().then(|| element.text().replace('\r', "").trim().to_owned())
}

fn is_same(one: &Property, other: &Property) -> bool {
    one == other || text(one).is_some_and(|text| self::text(other) == Some(text))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_lacks_what_it_does_not_take() {
        let of = |components: &[&str]| {
            let components = components.iter().map(|name| (*name).to_owned()).collect();
            Collection { components, ..Collection::new(Kind::Calendar) }
        };
        assert!(lacks_components(&of(&["VEVENT"]), &of(&["VEVENT", "VTODO"])));
        for (there, wanted) in [(&["VTODO", "VEVENT"][..], &["VEVENT"][..]), (&[], &["VTODO"]), (&["VEVENT"], &[])] {
            assert!(!lacks_components(&of(there), &of(wanted)), "{there:?} {wanted:?}");
        }
    }

    #[test]
    fn line_ends_make_no_other_property() {
        let named = |text: &str| {
            let mut collection = Collection::new(Kind::Calendar);
            collection.set(DAV, "displayname", Some(text));
            collection.properties.pop().unwrap()
        };
        assert!(is_same(&named("a\r\nb\r\n"), &named("a\nb")) && !is_same(&named("a"), &named("b")));
    }
}
