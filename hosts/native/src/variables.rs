//! What the person who runs the server has set: the component reads it as Spin variables.

use anyhow::{Result, anyhow, ensure};
use clap::{Args, FromArgMatches};
use std::collections::HashMap;

/// What a hash may cost: the component takes its own default in the place of anything beyond
/// (`components/auth/src/password.rs`).
const KIB: std::ops::RangeInclusive<u32> = 8..=256 * 1024;
const PASSES: std::ops::RangeInclusive<u32> = 1..=64;
const LANES: std::ops::RangeInclusive<u32> = 1..=16;

/// Settings for the component. Each is a flag and an environment variable.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Settings")]
pub struct Settings {
    /// Prefix in front of /dav/ and the rest, where a proxy publishes the server below a path
    #[arg(long, value_name = "PATH", env = "KALENDS_BASE_PATH")]
    pub base_path: Option<String>,
    /// Believe X-Forwarded-For, -Proto and -Host: only behind a proxy that sets them
    #[arg(long, env = "KALENDS_TRUST_FORWARDED")]
    pub trust_forwarded: bool,
    /// Largest calendar object, card or file, in bytes [default: 10 MiB]
    #[arg(long, value_name = "BYTES", env = "KALENDS_MAX_RESOURCE_SIZE")]
    pub max_resource_size: Option<u64>,
    /// Cost of checking an account password, as m=KIB,t=PASSES,p=LANES [default: m=19456,t=2,p=1]
    #[arg(long, value_name = "PARAMETERS", env = "KALENDS_ARGON2")]
    pub argon2: Option<String>,
    /// Days for which clients can learn of a removal by sync-collection [default: 180]
    #[arg(long, value_name = "DAYS", env = "KALENDS_TOMBSTONE_DAYS")]
    pub tombstone_days: Option<u32>,
    /// The administrator's bearer token for /api/ [default: another one at each start]
    #[arg(long, value_name = "TOKEN", env = "KALENDS_ADMIN_TOKEN", hide_env_values = true)]
    pub admin_token: Option<String>,
}

impl Settings {
    /// The settings of a command that works on the data beside the server: what the environment says of data and
    /// passwords. How requests come to the server (`base_path`, `trust_forwarded`, `admin_token`) is not the command's.
    ///
    /// # Errors
    /// Where a variable of the environment has a value that it does not take.
    pub fn of_command() -> Result<Self> {
        let command = Settings::augment_args(clap::Command::new("kalends"));
        let told = command.try_get_matches_from(["kalends"]).and_then(|no_flags| Settings::from_arg_matches(&no_flags));
        let told = told.map_err(|error| anyhow!("the environment (KALENDS_...): {}", told_shortly(&error)))?;
        Ok(Self { base_path: None, trust_forwarded: false, admin_token: None, ..told })
    }

    /// Looks whether the component will take what it is told: it passes over what it does not understand.
    fn check(&self) -> Result<()> {
        if let Some(cost) = &self.argon2 {
            ensure!(
                is_cost(cost),
                "--argon2 (KALENDS_ARGON2) is {cost:?}: it takes m=KIB,t=PASSES,p=LANES, with 8 KiB for each lane to {} in all, \
                 1 to {} passes and 1 to {} lanes",
                KIB.end(),
                PASSES.end(),
                LANES.end()
            );
        }
        Ok(())
    }
}

/// What is wrong, without how it is told on a terminal.
fn told_shortly(error: &clap::Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// Whether these are parameters of Argon2id (RFC 9106 §3.1) that the component takes. What is left out is its default.
fn is_cost(text: &str) -> bool {
    let (mut memory, mut lanes) = (None, 1);
    let all = text.split(',').all(|part| {
        let Some((name, Ok(value))) = part.split_once('=').map(|(name, value)| (name, value.trim().parse())) else {
            return false;
        };
        match name.trim() {
            "m" => {
                memory = Some(value);
                KIB.contains(&value)
            }
            "t" => PASSES.contains(&value),
            "p" => {
                lanes = value;
                LANES.contains(&value)
            }
            _ => false,
        }
    });
    all && memory.is_none_or(|memory| memory >= 8 * lanes)
}

/// The variables of a component, by their names.
#[derive(Debug)]
pub struct Variables(HashMap<&'static str, String>);

impl Variables {
    /// The settings, with the server's secret and the administrator's token.
    ///
    /// # Errors
    /// Where the component would not take one of them.
    pub fn new(settings: &Settings, server_secret: String, admin_token: String) -> Result<Self> {
        ensure!(!admin_token.is_empty(), "--admin-token (KALENDS_ADMIN_TOKEN) is empty");
        settings.check()?;
        let given = [
            ("server_secret", Some(server_secret)),
            ("admin_token", Some(admin_token)),
            ("base_path", settings.base_path.clone()),
            ("trust_forwarded", settings.trust_forwarded.then(|| "true".to_owned())),
            ("max_resource_size", settings.max_resource_size.map(|bytes| bytes.to_string())),
            ("argon2", settings.argon2.clone()),
            ("tombstone_days", settings.tombstone_days.map(|days| days.to_string())),
        ];
        Ok(Self(given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()))
    }

    /// The same with one more.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.0.insert(name, value.to_owned());
        self
    }

    /// The value of a variable; none where it is not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_is_not_there() {
        let settings = Settings { trust_forwarded: true, tombstone_days: Some(30), ..Settings::default() };
        let variables = Variables::new(&settings, "5ec2e7".to_owned(), "70ce7".to_owned()).unwrap();
        assert_eq!(variables.get("server_secret"), Some("5ec2e7"));
        assert_eq!(variables.get("trust_forwarded"), Some("true"));
        assert_eq!(variables.get("tombstone_days"), Some("30"));
        assert_eq!(variables.get("argon2"), None);
        assert_eq!(variables.get("Server_Secret"), None);
    }

    #[test]
    fn a_cost_that_the_component_would_pass_over_is_refused() {
        let with = |cost: &str| {
            let settings = Settings { argon2: Some(cost.to_owned()), ..Settings::default() };
            Variables::new(&settings, "5ec2e7".to_owned(), "70ce7".to_owned())
        };
        for good in ["m=64,t=3,p=2", "t=3", "m = 8, t = 1", "m=262144,t=64,p=16"] {
            assert!(with(good).is_ok(), "{good}");
        }
        for wrong in ["", "m=7", "m=8,p=2", "t=0", "t=65", "p=0", "p=17,m=1024", "m=262145", "x=1", "m=-4", "64,1,1"] {
            let error = with(wrong).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains("--argon2") && error.contains("KALENDS_ARGON2"), "{wrong}: {error}");
        }
    }

    #[test]
    fn an_empty_token_would_let_everybody_in() {
        assert!(Variables::new(&Settings::default(), "5ec2e7".to_owned(), String::new()).is_err());
    }
}
