//! Whose accounts a command is about: those of a data directory on this machine, or those of a server anywhere.

use super::api::Api;
use crate::application::Application;
use crate::cli::{self, Place};
use crate::variables::Settings;
use anyhow::{Context, Result};
use clap::Args;
use http::Uri;
use std::sync::Arc;

/// How data are opened.
type Open = fn(&Place, &Settings) -> Result<(Arc<Application>, String)>;

/// Where the accounts are, and how they are shown.
#[derive(Debug, Args)]
pub struct Reach {
    #[command(flatten)]
    place: Place,
    /// A running server, on any host, in place of the data directory: `https://calendar.example.org`
    #[arg(long, global = true, value_name = "URL", env = "KALENDS_SERVER")]
    server: Option<Uri>,
    /// Administrator's token for that server: the setting admin_token, or a token of an administrator's account
    #[arg(long, global = true, value_name = "TOKEN", env = "KALENDS_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Prints what the API answers, as JSON
    #[arg(long, global = true)]
    pub json: bool,
}

impl Reach {
    /// The API there. `public` is the address under which clients know the server of a data directory, where that
    /// matters.
    ///
    /// # Errors
    /// Where there are no data, or they cannot be opened, or the server cannot be asked.
    pub fn api(&self, public: Option<&Uri>) -> Result<Api> {
        self.open(public, cli::open_existing)
    }

    /// The same for a command that may be the first: the data are made where they are not there.
    ///
    /// # Errors
    /// Where the data cannot be opened, or the server cannot be asked.
    pub fn first_api(&self) -> Result<Api> {
        self.open(None, cli::open_alone)
    }

    fn open(&self, public: Option<&Uri>, open: Open) -> Result<Api> {
        if let Some(server) = &self.server {
            let token = self.token.as_deref().filter(|token| !token.is_empty());
            let token = token.context("--server takes a token too: --token, or KALENDS_TOKEN in the environment")?;
            return Api::there(server, token.trim());
        }
        let settings = Settings {
            trust_forwarded: public.is_some(),
            base_path: public.map(|public| public.path().to_owned()),
            ..Settings::of_command()?
        };
        let (application, token) = open(&self.place, &settings)?;
        Api::here(&application, &token, public)
    }

    /// The address of the server that was named.
    pub fn server(&self) -> Option<&Uri> {
        self.server.as_ref()
    }
}
