//! The command line.

use crate::accounts::{self, Accounts};
use crate::application::Application;
use crate::component;
use crate::data::{DataDirectory, is_secret, random_hex};
use crate::edge::Way;
use crate::exchange::Exchange;
use crate::limits::Limits;
use crate::variables::{Settings, Variables};
use crate::{backup, collect, copy, export, import, log, restore, server};
use anyhow::{Context, Result, ensure};
use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;

/// A calendar and contacts server (CalDAV, CardDAV, WebDAV)
#[derive(Debug, Parser)]
#[command(name = "kalends", version)]
pub struct CommandLine {
    /// How the log is written
    #[arg(long, global = true, value_enum, default_value = "text", env = "KALENDS_LOG_FORMAT")]
    pub log_format: log::Format,
    /// What is logged: error, warn, info (a line for each request) or debug
    #[arg(long, global = true, default_value = "info", env = "KALENDS_LOG_LEVEL")]
    pub log_level: tracing::Level,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server until Ctrl-C
    Serve(Serve),
    User(accounts::user::Users),
    Group(accounts::group::Groups),
    AppPassword(accounts::credential::AppPasswords),
    Token(accounts::credential::Tokens),
    Share(accounts::share::Shares),
    Link(accounts::link::Links),
    /// Writes all that the server keeps into one file; a server may be running
    Backup(backup::Options),
    /// Removes large bodies that nothing refers to any more; a server may be running
    Collect(collect::Options),
    /// Makes a data directory from what `backup` wrote
    Restore(restore::Options),
    /// Writes calendars and address books into a tree of .ics and .vcf files
    Export(export::Options),
    /// Takes calendars and address books from files, or from what Radicale, Baikal and Nextcloud keep
    Import(import::Options),
    /// Copies calendars and address books from one server to another
    Copy(copy::Options),
    /// Compiles the component; the server calls this
    #[command(hide = true)]
    Compile(component::Compilation),
}

/// Where the data and the component are.
#[derive(Debug, Args)]
pub struct Place {
    /// Directory of everything that is kept; the server, `restore`, `user add` and `import --make-accounts` make it
    /// where it is missing
    #[arg(long, global = true, value_name = "DIR", default_value = "data", env = "KALENDS_DATA")]
    pub data: PathBuf,
    /// The composed component [default: the one that comes with this binary]
    #[arg(long, global = true, value_name = "FILE", env = "KALENDS_COMPONENT")]
    component: Option<PathBuf>,
    /// How requests get to the component
    #[arg(long, global = true, value_enum, default_value = "plain", env = "KALENDS_EDGE")]
    edge: Way,
    /// The PostgreSQL database of a component that keeps its data there, as URL or as libpq's words
    #[arg(long, global = true, value_name = "URL", env = "KALENDS_POSTGRES", hide_env_values = true)]
    postgres: Option<String>,
    /// Keeps large bodies in the database too: there are no files beside it, and it grows
    #[arg(long, global = true, env = "KALENDS_NO_FILES")]
    no_files: bool,
    /// Key of the HMACs of app passwords and sessions, 64 hexadecimal digits: the same for all servers on one database
    /// [default: the one in the data directory]
    #[arg(long, global = true, value_name = "HEX", env = "KALENDS_SERVER_SECRET", hide_env_values = true)]
    server_secret: Option<String>,
}

impl Place {
    /// The address of the PostgreSQL database, where there is one.
    pub fn postgres(&self) -> Option<&str> {
        self.postgres.as_deref().filter(|address| !address.is_empty())
    }

    /// The secret of the server on these data: the one that is named, or else the one that is kept with them.
    ///
    /// # Errors
    /// Where there is neither, or it is none.
    pub fn secret(&self, data: &DataDirectory) -> Result<String> {
        if let Some(secret) = self.named_secret()? {
            return Ok(secret.to_owned());
        }
        data.kept_secret()
            .context("without --server-secret (KALENDS_SERVER_SECRET) the server's secret is in the data directory")
    }

    /// The secret that is named by flag or environment.
    ///
    /// # Errors
    /// Where what is named is none.
    pub fn named_secret(&self) -> Result<Option<&str>> {
        let named = self.server_secret.as_deref().map(str::trim);
        ensure!(
            named.is_none_or(is_secret),
            "--server-secret (KALENDS_SERVER_SECRET) takes 64 hexadecimal digits: openssl rand -hex 32 makes some"
        );
        Ok(named)
    }

    /// Looks whether the data were made before, and the server's secret is known: with a new one a command would make
    /// credentials that no server takes.
    fn ensure_existing(&self) -> Result<()> {
        if self.postgres().is_none() {
            DataDirectory::existing(&self.data)?;
        }
        self.secret(&DataDirectory::at(&self.data)).map(drop)
    }

    /// The data directory, and the secret of the server on it, both made where they are not there.
    fn open(&self) -> Result<(DataDirectory, String)> {
        let named = self.named_secret()?;
        let data = DataDirectory::open(&self.data)?;
        let Some(named) = named else {
            let secret = data.server_secret()?;
            return Ok((data, secret));
        };
        let is_another = data.kept_secret().is_ok_and(|kept| !kept.eq_ignore_ascii_case(named));
        if is_another {
            let kept = data.secret();
            tracing::warn!(
                "--server-secret is not the one in {}: app passwords, tokens and links made with that one are unknown",
                kept.display()
            );
        }
        Ok((data, named.to_owned()))
    }
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    place: Place,
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080", env = "KALENDS_LISTEN")]
    listen: SocketAddr,
    /// An account to make where it does not exist; may be repeated
    #[arg(long = "user", value_name = "NAME:PASSWORD")]
    users: Vec<accounts::Credentials>,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    limits: Limits,
}

/// Does what the command line says.
pub async fn run(command_line: CommandLine) -> Result<()> {
    match command_line.command {
        Command::Serve(options) => serve(options).await,
        Command::User(users) => accounts::user::run(users).await,
        Command::Group(groups) => accounts::group::run(groups).await,
        Command::AppPassword(passwords) => accounts::credential::app_passwords(passwords).await,
        Command::Token(tokens) => accounts::credential::tokens(tokens).await,
        Command::Share(shares) => accounts::share::run(shares).await,
        Command::Link(links) => accounts::link::run(links).await,
        Command::Backup(options) => backup::run(&options).await,
        Command::Collect(options) => collect::run(&options).await,
        Command::Restore(options) => restore::run(&options),
        Command::Export(options) => export::run(options).await,
        Command::Import(options) => import::run(options).await,
        Command::Copy(options) => copy::run(options).await,
        Command::Compile(compilation) => compilation.run(),
    }
}

async fn serve(options: Serve) -> Result<()> {
    let listener =
        TcpListener::bind(options.listen).await.with_context(|| format!("cannot listen on {}", options.listen))?;
    let (application, token) = open(&options.place, &options.settings, &options.limits)?;
    let accounts = Accounts::new(&application, &token)?;
    for credentials in &options.users {
        accounts.ensure(credentials).await?;
    }
    if options.users.is_empty()
        && let Some(first) = accounts.make_first().await?
    {
        println!("The first account is {} with the password {} (shown this once).", first.name, first.password);
    }
    // Before this a signal ends the process at once: there is nothing to finish.
    let stop = stop_signal()?;
    println!("Kalends is listening on http://{}/", listener.local_addr()?);
    let exchange = Exchange::new(application, options.limits.clone());
    server::serve(listener, exchange, &options.limits, stop).await
}

/// The application for a command that does not listen, on data that are there, and the administrator's token that it
/// takes.
///
/// # Errors
/// Where there are no data, and where they or the component cannot be opened.
pub fn open_existing(place: &Place, settings: &Settings) -> Result<(Arc<Application>, String)> {
    place.ensure_existing()?;
    open_alone(place, settings)
}

/// The same for a command that may be the first: the data are made where they are not there.
///
/// # Errors
/// Where the data or the component cannot be opened.
pub fn open_alone(place: &Place, settings: &Settings) -> Result<(Arc<Application>, String)> {
    open(place, settings, &Limits { max_concurrent: 1, ..Limits::default() })
}

/// The application, and the administrator's token that it takes.
fn open(place: &Place, settings: &Settings, limits: &Limits) -> Result<(Arc<Application>, String)> {
    let token = match &settings.admin_token {
        Some(token) => token.clone(),
        None => random_hex()?,
    };
    let (data, secret) = place.open()?;
    let mut variables = Variables::new(settings, secret, token.clone())?;
    if let Some(address) = place.postgres() {
        variables = variables.with("postgres_url", address);
    }
    let mount = (!place.no_files).then(|| data.files());
    let application = Application::load(place.component.as_deref(), &data, mount, variables, limits, place.edge)?;
    Ok((Arc::new(application), token))
}

/// Ends at Ctrl-C, and where there are such signals at SIGTERM.
///
/// # Errors
/// Where the system has no more of what it takes.
#[cfg(unix)]
pub fn stop_signal() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ends at Ctrl-C.
///
/// # Errors
/// None: it is of the same form as with signals.
#[cfg(not(unix))]
pub fn stop_signal() -> Result<impl Future<Output = ()>> {
    Ok(async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!("Ctrl-C cannot be waited for: {error}");
            std::future::pending::<()>().await;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::CommandLine;
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_command_line_makes_sense() {
        CommandLine::command().debug_assert();
    }

    /// What is wrong with names that two arguments have shows only where both are read.
    #[test]
    fn every_command_is_read_together_with_where_it_works() {
        for command in [
            "user add ada --admin --quota 2G",
            "user list",
            "user remove ada --purge --json",
            "user change ada --disable --email a@example.org --email b@example.org",
            "group add-member team ada",
            "app-password add ada phone --scope calendars,contacts --read-only --url https://example.org",
            "app-password revoke ada 0",
            "token add ada script --admin",
            "token list ada",
        ] {
            for place in [
                "",
                "--data d --component c.wasm --postgres u --server-secret 00 --no-files",
                "--server https://example.org --token t",
            ] {
                let words = format!("kalends {command} {place}");
                let read = CommandLine::try_parse_from(words.split_whitespace());
                assert!(read.is_ok(), "{words}: {:?}", read.err());
            }
        }
        for wrong in [
            "user remove ada",
            "user remove ada --purge --keep-data",
            "user add ada --server ://",
            "user change ada --admin --no-admin",
        ] {
            let words = format!("kalends {wrong}");
            assert!(CommandLine::try_parse_from(words.split_whitespace()).is_err(), "{words}");
        }
    }
}
