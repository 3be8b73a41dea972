//! `kalends app-password` and `kalends token`: credentials besides the account password.

use super::api::{Api, body, path};
use super::reach::Reach;
use super::show;
use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand, ValueEnum};
use http::Uri;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// An Apple configuration profile.
const PROFILE: &str = "application/x-apple-aspen-config";

const COLUMNS: show::Columns = &[
    ("ID", "id"),
    ("LABEL", "label"),
    ("SCOPE", "scope"),
    ("CREATED", "created"),
    ("LAST USED", "last_used"),
    ("EXPIRES", "expires"),
];

/// Makes, lists and revokes app passwords: one for each program that an account is used with
#[derive(Debug, Args)]
pub struct AppPasswords {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    command: AppPassword,
}

#[derive(Debug, Subcommand)]
enum AppPassword {
    /// Makes an app password and shows it once, with a link and a QR code where the server's address is known
    Add {
        #[command(flatten)]
        new: New,
        /// The server's address for clients, where --server does not say it
        #[arg(long, value_name = "URL", env = "KALENDS_URL")]
        url: Option<Uri>,
        /// Writes an Apple configuration profile (.mobileconfig) with the app password in it, and shows nothing
        #[arg(long, value_name = "FILE")]
        profile: Option<PathBuf>,
    },
    #[command(flatten)]
    Existing(Existing),
}

/// Makes, lists and revokes tokens of the JSON API
#[derive(Debug, Args)]
pub struct Tokens {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    command: Token,
}

#[derive(Debug, Subcommand)]
enum Token {
    /// Makes a token and shows it once
    Add {
        #[command(flatten)]
        new: New,
        /// For the administration of accounts too; the account has to be an administrator's
        #[arg(long)]
        admin: bool,
    },
    #[command(flatten)]
    Existing(Existing),
}

#[derive(Debug, Subcommand)]
enum Existing {
    /// Lists them, the newest first
    List {
        /// The account's name
        account: String,
    },
    /// Revokes one; whatever uses it is refused from then on
    Revoke {
        /// The account's name
        account: String,
        /// The identifier that `list` shows
        id: String,
    },
}

/// A credential to be made.
#[derive(Debug, Args)]
struct New {
    /// The account's name
    account: String,
    /// What its owner knows it by: "Ada's telephone"
    label: String,
    /// What it is for [default: all three]
    #[arg(long, value_delimiter = ',')]
    scope: Vec<Scope>,
    /// For reading only
    #[arg(long)]
    read_only: bool,
    /// When it ends, such as 2030-01-31T12:00:00Z [default: never]
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Scope {
    Calendars,
    Contacts,
    Files,
}

impl Scope {
    fn name(self) -> &'static str {
        match self {
            Scope::Calendars => "calendars",
            Scope::Contacts => "contacts",
            Scope::Files => "files",
        }
    }
}

impl New {
    /// The body of the API.
    fn said(&self, admin: bool) -> Value {
        let kinds = if self.scope.is_empty() { Scope::value_variants() } else { &self.scope };
        let mut scope: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        scope.extend((!self.read_only).then_some("write"));
        scope.extend(admin.then_some("administration"));
        body([
            ("label", Some(json!(self.label))),
            ("scope", Some(json!(scope))),
            ("expires", self.expires.as_ref().map(|time| json!(time))),
        ])
        .into()
    }
}

/// Does what the command line says of app passwords.
///
/// # Errors
/// What the API refuses, and whatever keeps it from answering.
pub async fn app_passwords(passwords: AppPasswords) -> Result<()> {
    let (reach, kind) = (passwords.reach, "app-passwords");
    match passwords.command {
        AppPassword::Existing(command) => existing(&reach, kind, command).await,
        AppPassword::Add { new, url, profile } => {
            let api = reach.api(url.as_ref())?;
            let known = url.is_some() || reach.server().is_some();
            match profile {
                Some(file) => {
                    ensure!(known, "a profile has the server's address in it: --url https://calendar.example.org");
                    write_profile(&api, &new, &file).await
                }
                None => show_once(&make(&api, kind, &new, false).await?, known, reach.json),
            }
        }
    }
}

/// Does what the command line says of tokens.
///
/// # Errors
/// As [`app_passwords`].
pub async fn tokens(tokens: Tokens) -> Result<()> {
    let (reach, kind) = (tokens.reach, "tokens");
    match tokens.command {
        Token::Existing(command) => existing(&reach, kind, command).await,
        Token::Add { new, admin } => show_once(&make(&reach.api(None)?, kind, &new, admin).await?, false, reach.json),
    }
}

async fn existing(reach: &Reach, kind: &str, command: Existing) -> Result<()> {
    let api = reach.api(None)?;
    match command {
        Existing::List { account } => {
            let all = api.list(&path(&["accounts", &account, kind]), "credentials").await;
            show::rows(&all.with_context(|| of(&account))?, COLUMNS, reach.json)
        }
        Existing::Revoke { account, id } => {
            api.delete(&path(&["accounts", &account, kind, &id])).await.with_context(|| format!("{id} of {account}"))
        }
    }
}

async fn make(api: &Api, kind: &str, new: &New, admin: bool) -> Result<Value> {
    api.post(&path(&["accounts", &new.account, kind]), &new.said(admin)).await.with_context(|| of(&new.account))
}

/// The secret on a line of its own, so that a script can take it; what is for eyes goes to standard error.
fn show_once(made: &Value, linked: bool, json: bool) -> Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(made)?);
        return Ok(());
    }
    println!("{}", made.get("secret").and_then(Value::as_str).context("the answer has no secret")?);
    eprintln!("It is not shown again.");
    if let Some(link) = made.get("link").and_then(Value::as_str).filter(|_| linked) {
        eprintln!("For DAVx\u{2075}, as a link and as a QR code:\n{link}\n{}", qr_code(link)?);
    }
    Ok(())
}

/// A QR code in half blocks, light on dark as terminals mostly are; scanners read both.
fn qr_code(text: &str) -> Result<String> {
    let code = QrCode::new(text).context("the link is too long for a QR code")?;
    Ok(code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build())
}

/// Asks for the new app password inside of a profile, and keeps the file from other users of this machine.
async fn write_profile(api: &Api, new: &New, file: &Path) -> Result<()> {
    // Made first: an app password that cannot be written down would be one that nobody has.
    let target = private(file).with_context(|| format!("cannot write {}", file.display()))?;
    let at = path(&["accounts", &new.account, "app-passwords"]);
    let profile = api.post_for(PROFILE, &at, &new.said(false)).await.with_context(|| of(&new.account))?;
    std::io::Write::write_all(&mut &target, &profile).with_context(|| format!("cannot write {}", file.display()))
}

fn private(file: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

fn of(account: &str) -> String {
    format!("the account {account}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn new(scope: Vec<Scope>, read_only: bool) -> New {
        New { account: "ada".to_owned(), label: "phone".to_owned(), scope, read_only, expires: None }
    }

    #[test]
    fn the_scope_is_what_was_asked_for() {
        let everything = json!({ "label": "phone", "scope": ["calendars", "contacts", "files", "write"] });
        assert_eq!(new(vec![], false).said(false), everything);
        let reading = json!({ "label": "phone", "scope": ["contacts"] });
        assert_eq!(new(vec![Scope::Contacts], true).said(false), reading);
        let token = new(vec![Scope::Files], false).said(true);
        assert_eq!(token["scope"], json!(["files", "write", "administration"]));
    }

    #[test]
    fn a_link_becomes_a_square() {
        let code = qr_code("davx5://ada:app-0000@calendar.example.org/").unwrap();
        let lines: Vec<usize> = code.lines().map(|line| line.chars().count()).collect();
        assert!(lines.len() > 10 && lines.iter().all(|length| *length == lines[0]));
        assert!(lines[0].abs_diff(lines.len() * 2) <= 1, "two rows to a line");
    }
}
