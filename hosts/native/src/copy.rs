//! `kalends copy`: somebody's calendars and address books, from one server to another. What is there with the same
//! content is left alone, so that a copy that broke off goes on where it was.

use crate::collection::{KINDS, Kind, Object, text_of};
use crate::dav::{Client, Place};
use crate::delivery::{Policy, Tally, Target, deliver};
use crate::reach::Reach;
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeSet;
use url::Url;

/// From where to where.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Server to copy from; discovery begins at this URL. Its password is read from KALENDS_FROM_PASSWORD, or asked for
    #[arg(long, value_name = "URL")]
    from: Url,
    /// Server to copy to. Its password is read from KALENDS_TO_PASSWORD, or asked for
    #[arg(long, value_name = "URL")]
    to: Url,
    /// Account on the first server, where its URL does not name it
    #[arg(long, value_name = "NAME")]
    from_user: Option<String>,
    /// Account on the second server, where its URL does not name it
    #[arg(long, value_name = "NAME")]
    to_user: Option<String>,
    /// Only the collection of this name in the URL; may be repeated
    #[arg(long = "collection", value_name = "NAME")]
    collections: Vec<String>,
    #[command(flatten)]
    policy: Policy,
}

/// `kalends copy`
///
/// # Errors
/// Where one of the servers fails; where there is nothing to copy, or not what was named.
pub async fn run(options: Options) -> Result<()> {
    let (_, from) = reach(&options.from, options.from_user.as_deref(), "KALENDS_FROM_PASSWORD")?;
    let (to, client) = reach(&options.to, options.to_user.as_deref(), "KALENDS_TO_PASSWORD")?;
    let Reach::There(account, _) = &to else { bail!("{} is no server", options.to) };
    let places = chosen(places(&from).await?, &options)?;
    let target = Target { reach: &to, account, client, policy: options.policy };
    let mut total = Tally::default();
    for kind in KINDS {
        let places: Vec<&Place> = places.iter().filter(|place| place.collection.kind == kind).collect();
        if places.is_empty() {
            continue;
        }
        let home = target.client.home(kind).await?;
        let home = home.with_context(|| format!("{} has no {}", options.to, kind.directory()))?;
        for place in places {
            let tally = copy(&from, place, &target, &home).await;
            let tally = tally.with_context(|| place.url.to_string())?;
            println!("{}: {tally}", place.segment());
            total += tally;
        }
    }
    println!("All: {total}");
    Ok(())
}

/// All collections of an account.
async fn places(client: &Client) -> Result<Vec<Place>> {
    let mut places = Vec::new();
    for kind in KINDS {
        if let Some(home) = client.home(kind).await? {
            places.extend(client.collections(&home, kind).await?);
        }
    }
    Ok(places)
}

/// Those that are to be copied.
fn chosen(mut places: Vec<Place>, options: &Options) -> Result<Vec<Place>> {
    ensure!(!places.is_empty(), "{} has neither calendars nor address books of this account", options.from);
    let is = |place: &Place, name: &str| [place.segment(), &text_of(place.segment())].contains(&name);
    if let Some(missing) = options.collections.iter().find(|name| !places.iter().any(|place| is(place, name))) {
        let there: Vec<&str> = places.iter().map(Place::segment).collect();
        bail!("{} has no collection {missing}; it has {}", options.from, there.join(", "));
    }
    let all = options.collections.is_empty();
    places.retain(|place| all || options.collections.iter().any(|name| is(place, name)));
    Ok(places)
}

fn reach(server: &Url, user: Option<&str>, variable: &str) -> Result<(Reach, Client)> {
    let reach = Reach::there(server, user, variable)?;
    let Reach::There(_, client) = &reach else { bail!("{server} is no server") };
    let client = client.clone();
    Ok((reach, client))
}

async fn copy(from: &Client, place: &Place, target: &Target<'_>, home: &Url) -> Result<Tally> {
    let kind = place.collection.kind;
    let names = from.members(&place.url).await?;
    let bodies = from.bodies(&place.url, kind, &names).await?;
    let there: BTreeSet<String> = bodies.keys().cloned().collect();
    let object = |(name, body): (String, Vec<u8>)| {
        let origin = format!("{}{name}", place.url);
        Ok(Object { name: with_ending(name, kind, &there), body, origin })
    };
    let objects = bodies.into_iter().map(object).collect();
    deliver(target, home, place.segment(), &place.collection, objects).await
}

/// Some servers want names to have the ending. One stays without where another has the name with it.
fn with_ending(name: String, kind: Kind, there: &BTreeSet<String>) -> String {
    let ended = format!("{name}{}", kind.ending());
    if name.ends_with(kind.ending()) || there.contains(&ended) { name } else { ended }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_members_get_one_name() {
        let there: BTreeSet<String> = ["a", "a.ics", "b"].map(str::to_owned).into();
        let names: BTreeSet<String> =
            there.iter().map(|name| with_ending(name.clone(), Kind::Calendar, &there)).collect();
        assert_eq!(names, ["a", "a.ics", "b.ics"].map(str::to_owned).into());
    }
}
