//! Collections are brought to a server, so that doing it again does nothing more: `import` and `copy`.

mod prepare;

pub use prepare::set;

use crate::collection::{Bad, Collection, Found, Object, text_of};
use crate::dav::{Client, Place, Put, crlf};
use crate::reach::Reach;
use anyhow::{Result, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use prepare::prepare;
use std::collections::HashMap;
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

/// The account that things are brought to.
pub struct Target<'a> {
    /// The way to it.
    pub reach: &'a Reach,
    /// Its name.
    pub account: &'a str,
    /// A client with its rights.
    pub client: Client,
    /// What to do with what cannot simply be stored.
    pub policy: Policy,
}

impl Target<'_> {
    /// Whether it is known that no link leads to a collection: these hang on it, and CalDAV does not tell of them.
    async fn is_unpublished(&self, place: &Place) -> Result<bool> {
        let name = format!("{}/{}", place.collection.kind.directory(), text_of(place.segment()));
        let published = self.reach.published(self.account).await?;
        Ok(published.is_some_and(|published| !published.contains(&name)))
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
    target: &Target<'_>,
    home: &Url,
    segment: &str,
    collection: &Collection,
    objects: Vec<Found>,
) -> Result<Tally> {
    let url = home.join(&format!("./{segment}/"))?;
    let place = prepare(target, &url, collection).await?;
    let (client, policy, bar) = (target.client.clone(), target.policy, progress(objects.len(), segment));
    let mut delivery = Delivery { client, policy, place, bar, tally: Tally::default() };
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

impl Delivery {
    async fn take_all(&mut self, objects: Vec<Found>) -> Result<()> {
        let good = self.good(objects)?;
        // The server may encode other octets of a name than what it is compared with: both stand for one text (RFC 3986
        // §6.2.2.2).
        let there = self.client.members(&self.place.url).await?;
        let there: HashMap<String, String> = there.into_iter().map(|name| (text_of(&name), name)).collect();
        let (mut known, mut new) = (Vec::new(), Vec::new());
        for object in good {
            match there.get(&text_of(&object.name)) {
                Some(name) => known.push(Object { name: name.clone(), ..object }),
                None => new.push(object),
            }
        }
        let changed = self.changed(known).await?;
        self.put_all(new, false).await?;
        self.put_all(changed, true).await
    }

    /// Those that can be taken, and no two of one name: the second would replace the first.
    fn good(&mut self, objects: Vec<Found>) -> Result<Vec<Object>> {
        let mut origins: HashMap<String, String> = HashMap::new();
        let mut good = Vec::with_capacity(objects.len());
        for found in objects {
            match found {
                Ok(object) => match origins.insert(text_of(&object.name), object.origin.clone()) {
                    None => good.push(object),
                    Some(other) => {
                        let reason = format!("its name {} is that of {other} already", object.name);
                        self.report(Bad { origin: object.origin, reason })?;
                    }
                },
                Err(bad) => self.report(bad)?,
            }
        }
        Ok(good)
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
