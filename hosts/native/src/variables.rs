//! What the person who runs the server has set: the component reads it as Spin variables.

use anyhow::{Result, ensure};
use std::collections::HashMap;

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

/// The variables of a component, by their names.
#[derive(Debug)]
pub struct Variables(HashMap<&'static str, String>);

impl Variables {
    /// The settings, with the server's secret and the administrator's token.
    pub fn new(settings: &Settings, server_secret: String, admin_token: String) -> Result<Self> {
        ensure!(!admin_token.is_empty(), "the administrator's token is empty");
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
    fn an_empty_token_would_let_everybody_in() {
        assert!(Variables::new(&Settings::default(), "5ec2e7".to_owned(), String::new()).is_err());
    }
}
