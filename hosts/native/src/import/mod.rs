//! `kalends import`: calendars and address books from files, and from what other servers keep.

mod file;
mod importer;
mod lines;
mod radicale;
mod sabre;
mod scan;
mod split;
mod tree;
mod zones;

use crate::collection::{Collection, Found, Property};
use crate::delivery::Policy;
use crate::reach::{Reach, Source, unless_stopped};
use anyhow::{Result, ensure};
use importer::Importer;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What to import, and whose it is to be.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// A directory that `kalends export` made; an .ics or .vcf file; Radicale's collection-root; Baikal's or
    /// Nextcloud's SQLite database
    #[arg(value_name = "PATH")]
    from: PathBuf,
    /// The account whose it is to be; needed where PATH does not say
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// The account in PATH that is meant [default: the one of the same name; without --account, all]
    #[arg(long, value_name = "NAME")]
    source_account: Option<String>,
    /// The collection that takes the items of a file [default: one named like the file]
    #[arg(long, value_name = "NAME")]
    into: Option<String>,
    /// Makes accounts that are missing, and prints their passwords
    #[arg(long)]
    make_accounts: bool,
    #[command(flatten)]
    policy: Policy,
    #[command(flatten)]
    target: Source,
}

/// A collection in a source.
pub struct Offer {
    /// The account that it belongs to; none where the source does not say.
    account: Option<String>,
    /// The last segment of its URL.
    segment: String,
    /// What is said of it.
    collection: Collection,
    /// Reads its members.
    objects: Box<dyn FnOnce() -> Result<Vec<Found>> + Send>,
    /// What is said of single members, by their names.
    said: BTreeMap<String, Vec<Property>>,
}

/// An account in a tree, besides its collections.
pub struct Household {
    account: String,
    directory: PathBuf,
}

/// A collection in a source that cannot be read.
pub struct Unread {
    /// The account that it belongs to, where the source says so.
    account: Option<String>,
    /// Where it is.
    what: String,
    /// What is wrong with it.
    error: anyhow::Error,
}

/// What a source has in the place of a collection.
pub type Listed = Result<Offer, Unread>;

/// `kalends import`
///
/// # Errors
/// Where there is nothing to import, or not all of it could be.
pub async fn run(options: Options) -> Result<()> {
    let (mut offers, mut households) = (recognise(&options.from, options.into.as_deref())?, households(&options.from)?);
    let reach = options.target.reach(options.make_accounts)?;
    if let Some(wanted) = wanted(&options, &reach, &accounts(&offers, &households))? {
        offers.retain(|listed| account_of(listed).is_none_or(|account| account == wanted));
        households.retain(|household| household.account == *wanted);
    }
    ensure!(!(offers.is_empty() && households.is_empty()), "there is nothing to import in {}", options.from.display());
    let imported = unless_stopped(Importer::new(&reach, &options).import(offers, households)).await;
    reach.leave().await.and(imported)
}

fn account_of(listed: &Listed) -> Option<&String> {
    match listed {
        Ok(offer) => offer.account.as_ref(),
        Err(unread) => unread.account.as_ref(),
    }
}

/// The accounts that a source names.
fn accounts(offers: &[Listed], households: &[Household]) -> BTreeSet<String> {
    let of_offers = offers.iter().filter_map(account_of);
    of_offers.chain(households.iter().map(|household| &household.account)).cloned().collect()
}

/// The account in the source that is meant; none for all. An account on a server takes one: what several have is not to
/// be mixed in it.
fn wanted<'a>(options: &'a Options, reach: &'a Reach, there: &BTreeSet<String>) -> Result<Option<&'a String>> {
    let named = options.source_account.as_ref().or(options.account.as_ref());
    let wanted = match reach {
        Reach::There(name, _) if there.len() > 1 => named.or(Some(name)),
        _ => named,
    };
    let is_missing = wanted.is_some_and(|wanted| !there.is_empty() && !there.contains(wanted));
    ensure!(
        !is_missing,
        "{} has nothing of {}: say with --source-account which of these it is: {}",
        options.from.display(),
        wanted.map_or("", |wanted| wanted),
        there.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
    );
    Ok(wanted)
}

/// The accounts that the path tells of.
fn households(path: &Path) -> Result<Vec<Household>> {
    if path.is_file() || radicale::root(path).is_some() {
        return Ok(Vec::new());
    }
    tree::households(path)
}

fn recognise(path: &Path, into: Option<&str>) -> Result<Vec<Listed>> {
    ensure!(path.exists(), "there is no {}", path.display());
    if path.is_file() {
        return if sabre::is_database(path)? { sabre::offers(path) } else { file::offers(path, into) };
    }
    match radicale::root(path) {
        Some(root) => radicale::offers(&root),
        None => tree::offers(path),
    }
}
