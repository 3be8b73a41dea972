//! `kalends import`: calendars and address books from files, and from what other servers keep.

mod file;
mod radicale;
mod sabre;
mod split;
mod tree;

use crate::belongings::Belongings;
use crate::collection::{Collection, Found, Kind, Property, Share};
use crate::dav::Client;
use crate::delivery::{Policy, Tally, deliver};
use crate::folders;
use crate::reach::{Reach, Source};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use url::Url;

/// What to import, and whose it is to be.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// A directory that `kalends export` made; an .ics or .vcf file; Radicale's collection-root; Baikal's or Nextcloud's SQLite database
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

/// `kalends import`
pub async fn run(options: Options) -> Result<()> {
    let offers = offers(&options)?;
    let households = households(&options)?;
    ensure!(!(offers.is_empty() && households.is_empty()), "there is nothing to import in {}", options.from.display());
    let reach = options.target.reach(options.make_accounts)?;
    let imported = Importer::new(&reach, &options).import(offers, households).await;
    reach.leave().await.and(imported)
}

/// What the path has, of the account that is wanted.
fn offers(options: &Options) -> Result<Vec<Offer>> {
    let offers = recognise(&options.from, options.into.as_deref())?;
    let wanted = options.source_account.as_ref().or(options.account.as_ref());
    let is_wanted = |offer: &Offer| offer.account.is_none() || wanted.is_none() || offer.account.as_ref() == wanted;
    Ok(offers.into_iter().filter(is_wanted).collect())
}

/// The accounts that the path tells of, those that are wanted.
fn households(options: &Options) -> Result<Vec<Household>> {
    if options.from.is_file() || radicale::root(&options.from).is_some() {
        return Ok(Vec::new());
    }
    let wanted = options.source_account.as_ref().or(options.account.as_ref());
    let mut found = tree::households(&options.from)?;
    found.retain(|household| wanted.is_none_or(|wanted| household.account == *wanted));
    Ok(found)
}

fn recognise(path: &Path, into: Option<&str>) -> Result<Vec<Offer>> {
    ensure!(path.exists(), "there is no {}", path.display());
    if path.is_file() {
        return if sabre::is_database(path)? { sabre::offers(path) } else { file::offers(path, into) };
    }
    match radicale::root(path) {
        Some(root) => radicale::offers(&root),
        None => tree::offers(path),
    }
}

/// Sets what somebody has said of single members.
async fn say_of_members(client: &Client, collection: &Url, said: &BTreeMap<String, Vec<Property>>) -> Result<()> {
    if said.is_empty() {
        return Ok(());
    }
    let (_, there) = client.entries(collection).await?;
    for (name, properties) in said {
        let Some(member) = there.iter().find(|entry| entry.segment == *name) else { continue };
        let refused = client.say(&collection.join(&format!("./{name}"))?, properties, &member.properties).await?;
        refused.iter().for_each(|reason| eprintln!("{reason}"));
    }
    Ok(())
}

/// Imports for one account after the other.
struct Importer<'a> {
    reach: &'a Reach,
    options: &'a Options,
    /// The accounts that there are.
    accounts: Vec<String>,
    clients: BTreeMap<String, Client>,
    homes: BTreeMap<(String, &'static str), Url>,
}

impl<'a> Importer<'a> {
    fn new(reach: &'a Reach, options: &'a Options) -> Self {
        Self { reach, options, accounts: Vec::new(), clients: BTreeMap::new(), homes: BTreeMap::new() }
    }

    async fn import(&mut self, offers: Vec<Offer>, households: Vec<Household>) -> Result<()> {
        self.accounts = self.reach.accounts().await?;
        self.make_accounts(&offers, &households).await?;
        let mut total = Tally::default();
        let mut shared = Vec::new();
        for household in &households {
            total += self.import_files(household, &mut shared).await?;
        }
        for offer in offers {
            let account = self.account_of(&offer)?;
            let client = self.client(&account).await?;
            let home = self.home(&account, &client, offer.collection.kind).await?;
            let objects = (offer.objects)()?;
            let tally = deliver(&client, self.options.policy, &home, &offer.segment, &offer.collection, objects).await;
            let tally = tally.with_context(|| format!("{account}/{}", offer.segment))?;
            println!("{account}/{}: {tally}", offer.segment);
            total += tally;
            say_of_members(&client, &home.join(&format!("./{}/", offer.segment))?, &offer.said).await?;
            if !offer.collection.shares.is_empty() {
                shared.push((client, home.join(&format!("./{}/", offer.segment))?, offer.collection.shares));
            }
        }
        // At the end, when all accounts are there.
        for (client, url, shares) in shared {
            if let Err(error) = self.share(&client, &url, &shares).await {
                eprintln!("{url} is shared with nobody: {error:#}");
            }
        }
        for household in &households {
            let account = self.account_at(Some(&household.account), "account.json")?;
            let client = self.client(&account).await?;
            let refused = Belongings::read(&household.directory)?.set(self.reach, &client).await?;
            refused.iter().for_each(|reason| eprintln!("{reason}"));
        }
        println!("All: {total}");
        Ok(())
    }

    async fn share(&self, client: &Client, url: &Url, shares: &[crate::collection::Share]) -> Result<()> {
        client.share(url, shares, &client.principals().await?).await
    }

    /// The plain files of an account. Which folders are to be shared is added to `shared`.
    async fn import_files(
        &mut self,
        household: &Household,
        shared: &mut Vec<(Client, Url, Vec<Share>)>,
    ) -> Result<Tally> {
        let directory = household.directory.join(folders::DIRECTORY);
        if !directory.join(folders::DESCRIPTION).is_file() {
            return Ok(Tally::default());
        }
        let account = self.account_at(Some(&household.account), folders::DIRECTORY)?;
        let client = self.client(&account).await?;
        let home = client.files(&account).await?;
        let home = home.with_context(|| format!("the server has no plain files for {account}"))?;
        let (tally, folders) = folders::import(&client, self.options.policy, &home, &directory).await?;
        println!("{account}/files: {tally}");
        shared.extend(folders.into_iter().map(|(url, shares)| (client.clone(), url, shares)));
        Ok(tally)
    }

    async fn make_accounts(&mut self, offers: &[Offer], households: &[Household]) -> Result<()> {
        if !self.options.make_accounts {
            return Ok(());
        }
        let mut names = Vec::new();
        for household in households {
            names.push(self.account_at(Some(&household.account), "account.json")?);
        }
        for offer in offers {
            names.push(self.account_of(offer)?);
        }
        for name in names {
            if self.accounts.contains(&name) {
                continue;
            }
            let password = self.reach.make_account(&name).await?;
            println!("The account {name} has the password {password} (shown this once).");
            let said = households.iter().find(|household| household.account == name);
            let said = said.map(|household| Belongings::read(&household.directory)).transpose()?;
            if let Some(profile) = said.and_then(|belongings| belongings.profile()) {
                self.reach.set_profile(&name, &profile).await?;
            }
            self.accounts.push(name);
        }
        Ok(())
    }

    /// The account that an offer goes to.
    fn account_of(&self, offer: &Offer) -> Result<String> {
        self.account_at(offer.account.as_ref(), &offer.segment)
    }

    /// The account that something goes to which the source has under an account, or under none.
    fn account_at(&self, source: Option<&String>, what: &str) -> Result<String> {
        if let Reach::There(name, _) = self.reach {
            return Ok(name.clone());
        }
        let account = self.options.account.as_ref().or(source);
        account.cloned().with_context(|| format!("say with --account whose {what} is to be"))
    }

    async fn client(&mut self, account: &str) -> Result<Client> {
        if let Some(client) = self.clients.get(account) {
            return Ok(client.clone());
        }
        ensure!(
            self.accounts.iter().any(|name| name == account),
            "there is no account {account}: make it, or import with --make-accounts"
        );
        let client = self.reach.client(account).await?;
        self.clients.insert(account.to_owned(), client.clone());
        Ok(client)
    }

    async fn home(&mut self, account: &str, client: &Client, kind: Kind) -> Result<Url> {
        let key = (account.to_owned(), kind.directory());
        if let Some(home) = self.homes.get(&key) {
            return Ok(home.clone());
        }
        let home = client
            .home(kind)
            .await?
            .with_context(|| format!("the server has no {} for {account}", kind.directory()))?;
        self.homes.insert(key, home.clone());
        Ok(home)
    }
}
