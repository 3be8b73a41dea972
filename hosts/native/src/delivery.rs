//! Collections are brought to a server, so that doing it again does nothing more: `import` and `copy`.

use crate::collection::{Bad, Collection, Found, Kind, Object};
use crate::dav::{Client, Place, Put, crlf};
use anyhow::{Result, bail};
use http::StatusCode;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeSet;
use std::fmt;
use tokio::task::JoinSet;
use url::Url;

/// What to do with what cannot simply be stored.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct Policy {
    /// Stops at the first item that cannot be taken; without it, items are reported and left out
    #[arg(long)]
    pub strict: bool,
    /// Replaces what is there under the same name with another content; without it, that stays and is reported
    #[arg(long)]
    pub replace: bool,
}

/// What became of the items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Stored.
    pub stored: usize,
    /// There already, the same.
    pub unchanged: usize,
    /// There already, with another content, and left as it is.
    pub different: usize,
    /// Could not be taken.
    pub bad: usize,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, more: Self) {
        self.stored += more.stored;
        self.unchanged += more.unchanged;
        self.different += more.different;
        self.bad += more.bad;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stored, unchanged, different, bad } = self;
        write!(f, "{stored} stored, {unchanged} there already, {different} there with another content, {bad} not taken")
    }
}

/// One collection on its way.
struct Delivery {
    client: Client,
    policy: Policy,
    place: Place,
    bar: ProgressBar,
    tally: Tally,
}

/// Brings a collection to the place `segment` of a home, with its properties and members.
///
/// # Errors
/// Where the server fails, or something cannot be taken and the policy is to stop then.
pub async fn deliver(
    client: &Client,
    policy: Policy,
    home: &Url,
    segment: &str,
    collection: &Collection,
    objects: Vec<Found>,
) -> Result<Tally> {
    let url = home.join(&format!("./{segment}/"))?;
    let bar = progress(objects.len(), segment);
    let place = prepare(client, &url, collection, &bar).await?;
    let mut delivery = Delivery { client: client.clone(), policy, place, bar, tally: Tally::default() };
    let delivered = delivery.take_all(objects).await;
    delivery.bar.finish_and_clear();
    delivered.map(|()| delivery.tally)
}

/// A bar on a terminal; nothing elsewhere.
pub fn progress(length: usize, what: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length as u64), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(what.to_owned());
    bar
}

/// Has the collection there, with its properties.
async fn prepare(client: &Client, url: &Url, collection: &Collection, bar: &ProgressBar) -> Result<Place> {
    let mut there = existing(client, url, collection.kind).await?;
    if let Some(place) = &there
        && takes_other_components(&place.collection, collection)
        && client.members(url).await?.is_empty()
    {
        client.delete(url).await?;
        there = None;
    }
    let place = match there {
        Some(place) => place,
        None => {
            client.make(url, collection).await?;
            client.collection(url, collection.kind).await?
        }
    };
    let known = |property: &&crate::collection::Property| !place.collection.properties.contains(property);
    let missing: Vec<_> = collection.properties.iter().filter(known).cloned().collect();
    for refusal in client.set_properties(url, &missing).await? {
        bar.suspend(|| eprintln!("{refusal}"));
    }
    Ok(place)
}

async fn existing(client: &Client, url: &Url, kind: Kind) -> Result<Option<Place>> {
    let asked = crate::dav::Question::new("PROPFIND").header("depth", "0");
    let answer = client.ask(url, asked).await?;
    match answer.status {
        StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
        _ => {
            answer.success()?;
            client.collection(url, kind).await.map(Some)
        }
    }
}

/// Whether one takes other components than the other wants; where nothing is said anything is wanted.
fn takes_other_components(there: &Collection, wanted: &Collection) -> bool {
    let set = |collection: &Collection| -> BTreeSet<String> { collection.components.iter().cloned().collect() };
    there.kind == Kind::Calendar && !wanted.components.is_empty() && set(there) != set(wanted)
}

impl Delivery {
    async fn take_all(&mut self, objects: Vec<Found>) -> Result<()> {
        let mut good = Vec::with_capacity(objects.len());
        for found in objects {
            match found {
                Ok(object) => good.push(object),
                Err(bad) => self.report(bad)?,
            }
        }
        let there: BTreeSet<String> = self.client.members(&self.place.url).await?.into_iter().collect();
        let (known, new): (Vec<Object>, Vec<Object>) =
            good.into_iter().partition(|object| there.contains(&object.name));
        let changed = self.changed(known).await?;
        self.put_all(new, false).await?;
        self.put_all(changed, true).await
    }

    /// Those of the objects that have another content there and are to be replaced.
    async fn changed(&mut self, objects: Vec<Object>) -> Result<Vec<Object>> {
        let names: Vec<String> = objects.iter().map(|object| object.name.clone()).collect();
        let there = self.client.bodies(&self.place.url, self.place.collection.kind, &names).await?;
        let lines = |body: &[u8]| crlf(&String::from_utf8_lossy(body));
        let mut changed = Vec::new();
        for object in objects {
            match there.get(&object.name) {
                Some(body) if lines(body) == lines(&object.body) => {
                    self.tally.unchanged += 1;
                    self.bar.inc(1);
                }
                _ if self.policy.replace => changed.push(object),
                _ => self.differs(&object)?,
            }
        }
        Ok(changed)
    }

    /// Stores objects, several at once where that is of use.
    async fn put_all(&mut self, objects: Vec<Object>, replace: bool) -> Result<()> {
        let kind = self.place.collection.kind;
        let mut waiting = objects.into_iter();
        let mut running = JoinSet::new();
        loop {
            while running.len() < self.client.width()
                && let Some(object) = waiting.next()
            {
                let (client, url) = (self.client.clone(), self.place.url.clone());
                running.spawn(async move {
                    let put = client.put(&url, kind, &object, replace).await;
                    (object, put)
                });
            }
            let Some(ended) = running.join_next().await else { return Ok(()) };
            let (object, put) = ended?;
            match put? {
                Put::Stored => {
                    self.tally.stored += 1;
                    self.bar.inc(1);
                }
                Put::Occupied => self.differs(&object)?,
                Put::Refused(reason) => self.report(Bad { origin: object.origin, reason })?,
            }
        }
    }

    fn differs(&mut self, object: &Object) -> Result<()> {
        self.tally.different += 1;
        let there = format!("{}: {} is there with another content", object.origin, object.name);
        self.say(&there)
    }

    fn report(&mut self, bad: Bad) -> Result<()> {
        self.tally.bad += 1;
        self.say(&format!("{}: {}", bad.origin, bad.reason))
    }

    fn say(&mut self, line: &str) -> Result<()> {
        if self.policy.strict {
            bail!("{line}");
        }
        self.bar.suspend(|| eprintln!("{line}"));
        self.bar.inc(1);
        Ok(())
    }
}
