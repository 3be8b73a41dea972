//! `kalends copy`: somebody's calendars and address books, from one server to another. What is there with the same content is left alone, so that a
//! copy that broke off goes on where it was.

use crate::collection::{KINDS, Kind, Object};
use crate::dav::{Client, Place};
use crate::delivery::{Policy, Tally, deliver};
use crate::reach::Reach;
use anyhow::{Context, Result, bail};
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
pub async fn run(options: Options) -> Result<()> {
    let from = client(&options.from, options.from_user.as_deref(), "KALENDS_FROM_PASSWORD")?;
    let to = client(&options.to, options.to_user.as_deref(), "KALENDS_TO_PASSWORD")?;
    let mut total = Tally::default();
    for kind in KINDS {
        let Some(home) = from.home(kind).await? else { continue };
        let places = from.collections(&home, kind).await?;
        let chosen = |place: &&Place| {
            options.collections.is_empty() || options.collections.iter().any(|name| name == place.segment())
        };
        let places: Vec<&Place> = places.iter().filter(chosen).collect();
        if places.is_empty() {
            continue;
        }
        let target = to.home(kind).await?.with_context(|| format!("{} has no {}", options.to, kind.directory()))?;
        for place in places {
            let tally = copy(&from, place, &to, &target, options.policy).await;
            let tally = tally.with_context(|| place.url.to_string())?;
            println!("{}: {tally}", place.segment());
            total += tally;
        }
    }
    println!("All: {total}");
    Ok(())
}

fn client(server: &Url, user: Option<&str>, variable: &str) -> Result<Client> {
    match Reach::there(server, user, variable)? {
        Reach::There(_, client) => Ok(client),
        Reach::Here(_) => bail!("{server} is no server"),
    }
}

async fn copy(from: &Client, place: &Place, to: &Client, target: &Url, policy: Policy) -> Result<Tally> {
    let kind = place.collection.kind;
    let names = from.members(&place.url).await?;
    let bodies = from.bodies(&place.url, kind, &names).await?;
    let object = |(name, body): (String, Vec<u8>)| {
        let origin = format!("{}{name}", place.url);
        Ok(Object { name: with_ending(name, kind), body, origin })
    };
    let objects = bodies.into_iter().map(object).collect();
    deliver(to, policy, target, place.segment(), &place.collection, objects).await
}

/// Some servers want names to have the ending.
fn with_ending(name: String, kind: Kind) -> String {
    if name.ends_with(kind.ending()) { name } else { name + kind.ending() }
}
