//! Brings what a source has to the accounts that it belongs to, one after the other. What of one cannot be brought is
//! named, and the others are brought all the same.

use super::{Household, Listed, Offer, Options, split};
use crate::belongings::Belongings;
use crate::collection::{Kind, Property, Share};
use crate::dav::Client;
use crate::delivery::{Policy, Tally, Target, deliver, set};
use crate::folders;
use crate::reach::Reach;
use anyhow::{Context, Result, ensure};
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

/// Imports for one account after the other.
pub struct Importer<'a> {
    reach: &'a Reach,
    options: &'a Options,
    /// The accounts that there are.
    accounts: BTreeSet<String>,
    /// Those to which nothing can be brought, as has been said.
    unusable: BTreeSet<String>,
    clients: BTreeMap<String, Client>,
    homes: BTreeMap<(String, &'static str), Url>,
    /// What is to be shared when all accounts are there.
    shared: Vec<(Client, Url, Vec<Share>)>,
    total: Tally,
    /// How many collections and accounts could not be brought.
    left_out: usize,
}

impl<'a> Importer<'a> {
    /// Nothing is done yet.
    pub fn new(reach: &'a Reach, options: &'a Options) -> Self {
        Self {
            reach,
            options,
            accounts: BTreeSet::new(),
            unusable: BTreeSet::new(),
            clients: BTreeMap::new(),
            homes: BTreeMap::new(),
            shared: Vec::new(),
            total: Tally::default(),
            left_out: 0,
        }
    }

    /// Imports all of it.
    ///
    /// # Errors
    /// At its end, where something was left out; at once, where the policy is to stop then.
    pub async fn import(mut self, offers: Vec<Listed>, households: Vec<Household>) -> Result<()> {
        self.accounts = self.reach.accounts().await?.into_iter().collect();
        self.make_accounts(&offers, &households).await?;
        for household in &households {
            let imported = self.import_files(household).await;
            self.reported(&format!("{}/{}", household.account, folders::DIRECTORY), imported)?;
        }
        for listed in offers {
            match listed {
                Ok(offer) => {
                    let what = format!("{}/{}", self.account_of(&offer)?, offer.segment);
                    let imported = self.import_collection(offer).await;
                    self.reported(&what, imported)?;
                }
                Err(unread) => self.reported(&unread.what, Err(unread.error))?,
            }
        }
        self.share_all().await?;
        for household in &households {
            let set = self.set_belongings(household).await;
            self.reported(&household.account, set)?;
        }
        println!("All: {}", self.total);
        let left_out = self.left_out;
        ensure!(left_out == 0, "{left_out} of what there is could not be imported: each is named above, and why");
        Ok(())
    }

    /// Goes on after a failure, which is told and remembered; unless the policy is to stop then.
    fn reported(&mut self, what: &str, done: Result<()>) -> Result<()> {
        let Err(error) = done else { return Ok(()) };
        if self.options.policy.strict {
            return Err(error.context(what.to_owned()));
        }
        eprintln!("{what} is not imported: {error:#}");
        self.left_out += 1;
        Ok(())
    }

    async fn import_collection(&mut self, offer: Offer) -> Result<()> {
        let account = self.account_of(&offer)?;
        let Some(client) = self.client(&account).await? else { return Ok(()) };
        let home = self.home(&account, &client, offer.collection.kind).await?;
        let mut objects = (offer.objects)()?;
        if offer.collection.kind == Kind::Calendar {
            objects = split::together(objects);
        }
        let target = Target { reach: self.reach, account: &account, client, policy: self.options.policy };
        let tally = deliver(&target, &home, &offer.segment, &offer.collection, objects).await?;
        println!("{account}/{}: {tally}", offer.segment);
        self.total += tally;
        let (client, url) = (target.client, home.join(&format!("./{}/", offer.segment))?);
        say_of_members(&client, self.options.policy, &url, &offer.said).await?;
        if !offer.collection.shares.is_empty() {
            self.shared.push((client, url, offer.collection.shares));
        }
        Ok(())
    }

    /// The plain files of an account.
    async fn import_files(&mut self, household: &Household) -> Result<()> {
        let directory = household.directory.join(folders::DIRECTORY);
        if !directory.join(folders::DESCRIPTION).is_file() {
            return Ok(());
        }
        let account = self.account_at(Some(&household.account), folders::DIRECTORY)?;
        let Some(client) = self.client(&account).await? else { return Ok(()) };
        let home = client.files(&account).await?;
        let home = home.with_context(|| format!("the server has no plain files for {account}"))?;
        let (tally, folders) = folders::import(&client, self.options.policy, &home, &directory).await?;
        println!("{account}/files: {tally}");
        self.total += tally;
        self.shared.extend(folders.into_iter().map(|(url, shares)| (client.clone(), url, shares)));
        Ok(())
    }

    async fn set_belongings(&mut self, household: &Household) -> Result<()> {
        let account = self.account_at(Some(&household.account), "account.json")?;
        let Some(client) = self.client(&account).await? else { return Ok(()) };
        Belongings::read(&household.directory)?.set(self.reach, &client, self.options.policy).await
    }

    /// Shares what is to be shared. With whom it is shared already, it stays so.
    async fn share_all(&mut self) -> Result<()> {
        for (client, url, shares) in std::mem::take(&mut self.shared) {
            let there = client.shared_with(&url).await?;
            let wanted = joined(&there, shares, self.options.policy);
            if wanted == there {
                continue;
            }
            if let Err(error) = client.share(&url, &wanted, &client.principals().await?).await {
                eprintln!("{url} is shared with nobody else than before: {error:#}");
            }
        }
        Ok(())
    }

    async fn make_accounts(&mut self, offers: &[Listed], households: &[Household]) -> Result<()> {
        if !self.options.make_accounts {
            return Ok(());
        }
        let mut names = BTreeSet::new();
        for household in households {
            names.insert(self.account_at(Some(&household.account), "account.json")?);
        }
        for offer in offers.iter().flatten() {
            names.insert(self.account_of(offer)?);
        }
        for name in names {
            if self.accounts.contains(&name) {
                continue;
            }
            let made = self.make_account(&name, households).await;
            if made.is_err() {
                self.unusable.insert(name.clone());
            }
            self.reported(&name, made)?;
        }
        Ok(())
    }

    async fn make_account(&mut self, name: &str, households: &[Household]) -> Result<()> {
        let said = households.iter().find(|household| household.account == *name);
        let said = said.map(|household| Belongings::read(&household.directory)).transpose()?;
        let password = self.reach.make_account(name).await?;
        println!("The account {name} has the password {password} (shown this once).");
        self.accounts.insert(name.to_owned());
        match said.and_then(|belongings| belongings.profile()) {
            Some(profile) => self.reach.set_profile(name, &profile).await,
            None => Ok(()),
        }
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

    /// A client with an account's rights; none where it was said already that there can be none.
    async fn client(&mut self, account: &str) -> Result<Option<Client>> {
        if let Some(client) = self.clients.get(account) {
            return Ok(Some(client.clone()));
        }
        if self.unusable.contains(account) {
            return Ok(None);
        }
        // Once it has failed for one collection of the account, it is not said again for each.
        self.unusable.insert(account.to_owned());
        ensure!(
            self.accounts.contains(account),
            "there is no account {account}: make it, or import with --make-accounts. Nothing of it is imported"
        );
        let client = self.reach.client(account).await?;
        self.unusable.remove(account);
        self.clients.insert(account.to_owned(), client.clone());
        Ok(Some(client))
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

/// Sets what somebody has said of single members.
async fn say_of_members(
    client: &Client,
    policy: Policy,
    collection: &Url,
    said: &BTreeMap<String, Vec<Property>>,
) -> Result<()> {
    if said.is_empty() {
        return Ok(());
    }
    let (_, there) = client.entries(collection).await?;
    for (name, properties) in said {
        let Some(member) = there.iter().find(|entry| entry.segment == *name) else { continue };
        set(client, policy, &collection.join(&format!("./{name}"))?, properties, &member.properties).await?;
    }
    Ok(())
}

/// The grants that there are with those that come: an ACL has all of them (RFC 3744 §8.1). Of two for one account the
/// one that there is stays, unless the policy is to replace.
fn joined(there: &[Share], come: Vec<Share>, policy: Policy) -> Vec<Share> {
    let mut joined = there.to_vec();
    for share in come {
        match joined.iter_mut().find(|other| other.principal == share.principal) {
            None => joined.push(share),
            Some(other) if policy.replace => *other = share,
            Some(_) => {}
        }
    }
    joined.sort();
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collection::Access;

    #[test]
    fn grants_that_there_are_stay() {
        let share = |principal: &str, access| Share { principal: principal.to_owned(), access };
        let (ada, bob, carol) =
            (share("ada", Access::Read), share("bob", Access::Write), share("carol", Access::FreeBusy));
        let come = vec![share("ada", Access::Write), carol.clone()];
        let keep = joined(&[ada.clone(), bob.clone()], come.clone(), Policy::default());
        assert_eq!(keep, [ada.clone(), bob.clone(), carol.clone()]);
        let replace = joined(&[ada, bob.clone()], come, Policy { replace: true, ..Policy::default() });
        assert_eq!(replace, [share("ada", Access::Write), bob, carol]);
    }
}
