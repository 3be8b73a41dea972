//! Whose calendars a command works on: those of accounts in the data directory, or those of one account on a server.

use crate::accounts::{Accounts, password};
use crate::application::Application;
use crate::cli::{Place, open_alone, open_existing, stop_signal};
use crate::collection::{KINDS, Kind, segment};
use crate::dav::{Client, Question, Transport};
use crate::variables::Settings;
use anyhow::{Context, Result, bail, ensure};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use http::StatusCode;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use url::Url;

/// Where the application of this process is, to itself.
const HERE: &str = "http://localhost/";

/// The name of the app passwords by which commands act for an account. They are revoked when the command ends; those of
/// commands that were killed end by themselves.
const LABEL: &str = "kalends command";

/// How long such an app password lasts: longer than any command takes.
const LIFETIME: TimeDelta = TimeDelta::days(1);

/// The variable with the password for a server.
const PASSWORD: &str = "KALENDS_PASSWORD";

/// Where the accounts are: in a data directory, or on a server.
#[derive(Debug, clap::Args)]
pub struct Source {
    #[command(flatten)]
    place: Place,
    /// Works on a server, at the URL where discovery begins, and not on the data directory. The password is read from
    /// KALENDS_PASSWORD, or asked for
    #[arg(long, value_name = "URL")]
    server: Option<Url>,
    /// The account on that server, where its URL does not name it
    #[arg(long, value_name = "NAME", requires = "server")]
    user: Option<String>,
}

impl Source {
    /// The way to data that are there; or, for a command that may be the first, `made` where they are not.
    pub fn reach(&self, made: bool) -> Result<Reach> {
        if let Some(server) = &self.server {
            return Reach::there(server, self.user.as_deref(), PASSWORD);
        }
        let open = if made { open_alone } else { open_existing };
        let (application, token) = open(&self.place, &Settings::of_command()?)?;
        Ok(Reach::Here(Here::new(application, token)))
    }
}

/// A way to accounts.
pub enum Reach {
    /// All accounts of the application in this process.
    Here(Here),
    /// One account on a server.
    There(String, Client),
}

/// The application in this process, and what was made in it for the time of the command.
pub struct Here {
    application: Arc<Application>,
    token: String,
    made: Arc<Mutex<Vec<Url>>>,
    /// The makings that have not ended: what is interrupted does not end them, or it would not be known what they made.
    making: Mutex<JoinSet<()>>,
    clients: Mutex<BTreeMap<String, Client>>,
}

impl Reach {
    /// An account on a server. The password comes from the variable, or is asked for.
    pub fn there(server: &Url, user: Option<&str>, variable: &str) -> Result<Self> {
        let (server, user) = addressed(server, user)?;
        let password = password(&user, &server, variable)?;
        let client = Client::new(Transport::http(), server, &user, &password);
        Ok(Self::There(user, client))
    }

    /// The names of the accounts.
    pub async fn accounts(&self) -> Result<Vec<String>> {
        match self {
            Self::Here(here) => Accounts::new(&here.application, &here.token)?.names().await,
            Self::There(name, _) => Ok(vec![name.clone()]),
        }
    }

    /// Makes an account with a password that nobody has used yet, and returns it. Only here.
    pub async fn make_account(&self, name: &str) -> Result<String> {
        let Self::Here(here) = self else { bail!("accounts of another server are made there") };
        Accounts::new(&here.application, &here.token)?.add(name).await
    }

    /// A client with the rights of an account.
    ///
    /// # Errors
    /// Where there is no such account.
    pub async fn client(&self, account: &str) -> Result<Client> {
        match self {
            Self::Here(here) => here.client(account).await,
            Self::There(name, client) if name == account => Ok(client.clone()),
            Self::There(name, _) => bail!("the account {account} is not the one that signs in, {name}"),
        }
    }

    /// What the JSON API says of an account; nothing of one on a server, which is asked over CalDAV alone.
    pub async fn profile(&self, account: &str) -> Result<Option<Value>> {
        let Self::Here(here) = self else { return Ok(None) };
        here.told(&format!("api/accounts/{}", segment(account))).await.map(Some)
    }

    /// Says who an account is. Only here.
    pub async fn set_profile(&self, account: &str, profile: &Value) -> Result<()> {
        let Self::Here(here) = self else { bail!("accounts of another server are described there") };
        let url = Url::parse(HERE)?.join(&format!("api/accounts/{}", segment(account)))?;
        let question = Question::new("PATCH").body("application/json", profile.to_string());
        here.administrator()?.ask(&url, question).await?.success().map(drop)
    }

    /// The calendars and address books that others share with an account: owner, kind, and last segment in the owner's
    /// home. None of an account on a server.
    pub async fn received(&self, account: &str) -> Result<Vec<(String, Kind, String)>> {
        let Self::Here(here) = self else { return Ok(Vec::new()) };
        let shares = here.told(&format!("api/accounts/{}/shares", segment(account))).await?;
        let received = shares.get("received").and_then(Value::as_array).context("the shares are not told")?;
        let member = |share: &Value, name: &str| share.get(name).and_then(Value::as_str).map(str::to_owned);
        let share = |share: &Value| {
            let collection = member(share, "collection")?;
            let (home, path) = collection.split_once('/')?;
            let kind = KINDS.into_iter().find(|kind| kind.directory() == home)?;
            let accepted = member(share, "state").is_some_and(|state| state == "accepted");
            accepted.then_some((member(share, "owner")?, kind, path.to_owned()))
        };
        let mut received: Vec<_> = received.iter().filter_map(share).collect();
        received.sort();
        received.dedup();
        Ok(received)
    }

    /// The calendars of an account to which links lead, as HOME/NAME. None where that is not told: another server has
    /// no such links, or other ones, and an app password does not show them.
    pub async fn published(&self, account: &str) -> Result<Option<BTreeSet<String>>> {
        let answer = match self {
            Self::Here(here) => {
                let url = Url::parse(HERE)?.join(&format!("api/accounts/{}/links", segment(account)))?;
                here.administrator()?.ask(&url, Question::new("GET")).await?
            }
            Self::There(_, client) => {
                let principals = client.principals().await?;
                if !principals.path().ends_with("/dav/principals/") {
                    return Ok(None);
                }
                client.ask(&principals.join("../../api/me/links")?, Question::new("GET")).await?
            }
        };
        let told: Value = match answer.status {
            StatusCode::OK => serde_json::from_slice(&answer.body).unwrap_or_default(),
            _ => Value::Null,
        };
        let collection = |link: &Value| link.get("collection").and_then(Value::as_str).map(str::to_owned);
        let links = told.get("links").and_then(Value::as_array);
        Ok(links.and_then(|links| links.iter().map(collection).collect()))
    }

    /// Revokes what was made for the time of the command: all of it, whatever fails.
    ///
    /// # Errors
    /// The first failure.
    pub async fn leave(self) -> Result<()> {
        let Self::Here(here) = self else { return Ok(()) };
        let mut making = std::mem::take(&mut *here.making.lock().unwrap_or_else(PoisonError::into_inner));
        while making.join_next().await.is_some() {}
        let made = std::mem::take(&mut *here.made.lock().unwrap_or_else(PoisonError::into_inner));
        let mut left = Ok(());
        for credential in made {
            left = left.and(here.administrator()?.delete(&credential).await);
        }
        left
    }
}

/// Does something until it is done, or until Ctrl-C or SIGTERM: what was made for its time can be revoked then, and not
/// where the process is killed.
///
/// # Errors
/// Those of what is done; that it was interrupted.
pub async fn unless_stopped<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let stop = stop_signal()?;
    tokio::select! {
        done = work => done,
        () = stop => bail!("interrupted; what is done so far is kept, and the command can be repeated"),
    }
}

impl Here {
    fn new(application: Arc<Application>, token: String) -> Self {
        Self { application, token, made: Arc::default(), making: Mutex::default(), clients: Mutex::default() }
    }

    fn administrator(&self) -> Result<Client> {
        let transport = Transport::Application(Arc::clone(&self.application));
        Ok(Client::bearer(transport, Url::parse(HERE)?, &self.token))
    }

    /// What the JSON API says at a path.
    async fn told(&self, path: &str) -> Result<Value> {
        let url = Url::parse(HERE)?.join(path)?;
        let answer = self.administrator()?.ask(&url, Question::new("GET")).await?;
        Ok(serde_json::from_slice(&answer.success()?.body)?)
    }

    /// A client with an app password of the account's; one for the whole command.
    async fn client(&self, account: &str) -> Result<Client> {
        if let Some(client) = self.clients.lock().unwrap_or_else(PoisonError::into_inner).get(account) {
            return Ok(client.clone());
        }
        let client = self.new_client(account).await?;
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).insert(account.to_owned(), client.clone());
        Ok(client)
    }

    async fn new_client(&self, account: &str) -> Result<Client> {
        let root = Url::parse(HERE)?;
        let passwords = root.join(&format!("api/accounts/{}/app-passwords", segment(account)))?;
        self.revoke_stale(account, &passwords).await?;
        let expires = (now() + LIFETIME).to_rfc3339_opts(SecondsFormat::Secs, true);
        let new = json!({ "label": LABEL, "expires": expires }).to_string();
        let making = make_password(self.administrator()?, passwords, new, Arc::clone(&self.made));
        let (tell, told) = oneshot::channel();
        self.making.lock().unwrap_or_else(PoisonError::into_inner).spawn(async {
            // Nobody listens where the command was interrupted.
            let _ = tell.send(making.await);
        });
        let secret = told.await??;
        let transport = Transport::Application(Arc::clone(&self.application));
        Ok(Client::new(transport, root, account, &secret))
    }

    /// Revokes what earlier commands have left that were killed.
    async fn revoke_stale(&self, account: &str, passwords: &Url) -> Result<()> {
        let answer = self.administrator()?.ask(passwords, Question::new("GET")).await?;
        ensure!(answer.status != StatusCode::NOT_FOUND, "there is no account {account}");
        let told: Value = serde_json::from_slice(&answer.success()?.body)?;
        let listed = told.get("credentials").and_then(Value::as_array).context("the app passwords are not told")?;
        for credential in listed.iter().filter(|credential| is_stale(credential, now())) {
            let id = credential.get("id").and_then(Value::as_str).context("an app password has no identifier")?;
            self.administrator()?.delete(&passwords.join(&format!("app-passwords/{id}"))?).await?;
        }
        Ok(())
    }
}

/// Makes an app password, whose URL comes to what was made. Returns its secret.
async fn make_password(client: Client, passwords: Url, new: String, made: Arc<Mutex<Vec<Url>>>) -> Result<String> {
    let answer = client.ask(&passwords, Question::new("POST").body("application/json", new)).await?;
    let told: Value = serde_json::from_slice(&answer.success()?.body)?;
    let member = |name: &str| told.get(name).and_then(Value::as_str).context("the app password is not told");
    let credential = passwords.join(&format!("app-passwords/{}", member("id")?))?;
    made.lock().unwrap_or_else(PoisonError::into_inner).push(credential);
    Ok(member("secret")?.to_owned())
}

fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

/// Whether an app password is one of a command that cannot run any more: it has ended, or is of the time when they had
/// no end.
fn is_stale(credential: &Value, now: DateTime<Utc>) -> bool {
    let text = |name: &str| credential.get(name).and_then(Value::as_str);
    let ends = text("expires").and_then(|time| DateTime::parse_from_rfc3339(time).ok());
    text("label") == Some(LABEL) && ends.is_none_or(|ends| ends <= now)
}

/// The URL without the name in it, and the name: given apart or in the URL.
fn addressed(server: &Url, user: Option<&str>) -> Result<(Url, String)> {
    let mut server = server.clone();
    let in_url = crate::collection::text_of(server.username());
    let user = user.map(str::to_owned).or(Some(in_url).filter(|name| !name.is_empty()));
    let user = user.with_context(|| format!("say as whom to sign in at {server}"))?;
    let plain = server.set_username("").is_ok() && server.set_password(None).is_ok();
    ensure!(plain && server.has_host() && ["http", "https"].contains(&server.scheme()), "{server} is no server's URL");
    Ok((server, user))
}

/// A password from a variable of the environment; else typed, or a line of standard input.
fn password(user: &str, server: &Url, variable: &str) -> Result<String> {
    let password = match std::env::var(variable) {
        Ok(password) => password,
        Err(_) => password::told(&format!("Password of {user} at {server}: "))?,
    };
    ensure!(!password.is_empty(), "the password of {user} at {server} is empty");
    Ok(password)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_given_apart_or_in_the_url() {
        let told =
            |url: &str, user| addressed(&Url::parse(url).unwrap(), user).map(|(url, user)| (url.to_string(), user));
        let ada = ("https://example.org/dav/".to_owned(), "ada@home".to_owned());
        assert_eq!(told("https://ada%40home@example.org/dav/", None).unwrap(), ada);
        assert_eq!(told("https://example.org/dav/", Some("ada@home")).unwrap(), ada);
        assert!(told("https://example.org/", None).is_err());
        assert!(told("ftp://example.org/", Some("ada")).is_err());
    }

    #[test]
    fn what_a_killed_command_left_is_stale_and_what_another_uses_is_not() {
        let now = DateTime::parse_from_rfc3339("2026-03-14T12:00:00Z").unwrap().to_utc();
        let stale = |label: &str, expires: Value| is_stale(&json!({ "label": label, "expires": expires }), now);
        assert!(stale(LABEL, Value::Null) && stale(LABEL, json!("2026-03-14T11:59:59Z")));
        assert!(!stale(LABEL, json!("2026-03-15T11:00:00Z")));
        assert!(!stale("telephone", Value::Null) && !stale("telephone", json!("2026-03-14T11:59:59Z")));
    }
}
