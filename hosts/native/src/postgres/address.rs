//! Where a database is, and whether the way to it is encrypted.
//!
//! `sslmode` and `sslrootcert` are those of libpq, with one difference: who asks for TLS gets it verified. `require`,
//! `verify-ca` and `verify-full` all mean that the certificate has to be a good one, and for this host; without
//! `sslmode`, and with `disable` and `prefer`, there is no TLS.

use anyhow::{Context, Result, bail, ensure};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, Error, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long connecting may take, where the address does not say.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the server may leave what was sent to it unacknowledged before the connection counts as lost.
const SILENCE: Duration = Duration::from_secs(10);

/// The address of a database.
pub struct Address {
    config: Config,
    /// None where the way is not encrypted.
    tls: Option<MakeRustlsConnect>,
}

impl Address {
    /// Reads a URL (`postgres://...`) or the words of libpq (`host=... dbname=...`).
    ///
    /// # Errors
    /// Where it is neither, or names certificates that cannot be read.
    pub fn read(address: &str) -> Result<Self> {
        let (address, mode) = take(address, "sslmode")?;
        let (address, roots) = take(&address, "sslrootcert")?;
        let tls = match mode.as_deref().unwrap_or("prefer") {
            "disable" | "prefer" => None,
            "require" | "verify-ca" | "verify-full" => Some(connector(roots.as_deref())?),
            other => bail!("sslmode is {other:?}: it takes disable, prefer, require, verify-ca or verify-full"),
        };
        let mut config = Config::from_str(&address)?;
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(PATIENCE);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE);
        }
        if config.get_application_name().is_none() {
            config.application_name("kalends");
        }
        Ok(Self { config, tls })
    }

    /// Connects. What the connection has to do goes on by itself.
    pub async fn connect(&self) -> Result<Client, Error> {
        match &self.tls {
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await?;
                tokio::spawn(ending(connection));
                Ok(client)
            }
            None => {
                let (client, connection) = self.config.connect(NoTls).await?;
                tokio::spawn(ending(connection));
                Ok(client)
            }
        }
    }

    /// Has the statement that a connection runs broken off.
    pub async fn cancel(&self, token: tokio_postgres::CancelToken) -> Result<(), Error> {
        match &self.tls {
            Some(tls) => token.cancel_query(tls.clone()).await,
            None => token.cancel_query(NoTls).await,
        }
    }
}

async fn ending(connection: impl Future<Output = Result<(), Error>>) {
    if let Err(error) = connection.await {
        tracing::warn!("a connection to PostgreSQL ended: {error}");
    }
}

/// TLS that believes the certificates in a file, or, without one, those that browsers believe.
fn connector(roots: Option<&str>) -> Result<MakeRustlsConnect> {
    let mut store = RootCertStore::empty();
    match roots {
        None | Some("system") => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(file) => {
            let certificates = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            for certificate in certificates.with_context(|| format!("cannot read sslrootcert {file}"))? {
                store.add(certificate).with_context(|| format!("sslrootcert {file}"))?;
            }
            ensure!(!store.is_empty(), "sslrootcert {file} has no certificate in it");
        }
    }
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(MakeRustlsConnect::new(config.with_root_certificates(store).with_no_client_auth()))
}

/// Takes a parameter out of an address. Returns the rest, and the parameter's value.
fn take(address: &str, name: &str) -> Result<(String, Option<String>)> {
    if !["postgres://", "postgresql://"].iter().any(|scheme| address.starts_with(scheme)) {
        return Ok(take_word(address, name));
    }
    let Some((url, query)) = address.split_once('?') else { return Ok((address.to_owned(), None)) };
    let prefix = format!("{name}=");
    let (taken, left): (Vec<&str>, Vec<&str>) = query.split('&').partition(|pair| pair.starts_with(&prefix));
    let value = url::form_urlencoded::parse(taken.last().copied().unwrap_or_default().as_bytes()).next();
    let value = value.map(|(_, value)| value.into_owned());
    ensure!(value.as_deref() != Some(""), "{name} is empty");
    let separator = if left.is_empty() { "" } else { "?" };
    Ok((format!("{url}{separator}{}", left.join("&")), value))
}

/// The same with libpq's words, whose values may stand in apostrophes, with a backslash before what would end them.
fn take_word(words: &str, name: &str) -> (String, Option<String>) {
    let (mut left, mut taken) = (Vec::new(), None);
    let mut rest = words.trim_start();
    while !rest.is_empty() {
        let (mut quoted, mut escaped) = (false, false);
        let end = rest.find(|c: char| {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '\'' => quoted = !quoted,
                _ => {}
            }
            c.is_whitespace() && !quoted
        });
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        match word.strip_prefix(name).and_then(|value| value.strip_prefix('=')) {
            Some(value) => taken = Some(unquoted(value)),
            None => left.push(word),
        }
        rest = after.trim_start();
    }
    (left.join(" "), taken)
}

fn unquoted(value: &str) -> String {
    let inside = value.strip_prefix('\'').and_then(|value| value.strip_suffix('\'')).unwrap_or(value);
    let mut escaped = false;
    inside
        .chars()
        .filter(|c| {
            escaped = *c == '\\' && !escaped;
            !escaped
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_libpq_are_taken_out_of_an_address() {
        let url = "postgresql://u:p%3F@db.example/k?connect_timeout=3&sslmode=require&sslrootcert=%2Fa%20b.pem";
        let (rest, mode) = take(url, "sslmode").unwrap();
        assert_eq!(mode.as_deref(), Some("require"));
        let (rest, roots) = take(&rest, "sslrootcert").unwrap();
        assert_eq!(roots.as_deref(), Some("/a b.pem"));
        assert_eq!(rest, "postgresql://u:p%3F@db.example/k?connect_timeout=3");
        let words = r"host=db.example sslrootcert='/a b\'s.pem'  password='x sslmode=none' sslmode=verify-full";
        let (rest, roots) = take_word(words, "sslrootcert");
        assert_eq!(roots.as_deref(), Some("/a b's.pem"));
        let (rest, mode) = take_word(&rest, "sslmode");
        assert_eq!(mode.as_deref(), Some("verify-full"));
        assert_eq!(rest, "host=db.example password='x sslmode=none'");
    }

    #[test]
    fn tls_is_what_is_asked_for() {
        let read = |parameters: &str| Address::read(&format!("postgres://kalends@db.example/kalends{parameters}"));
        for (parameters, tls) in [("", false), ("?sslmode=disable", false), ("?sslmode=prefer", false)] {
            assert_eq!(read(parameters).unwrap().tls.is_some(), tls, "{parameters}");
        }
        for mode in ["require", "verify-ca", "verify-full"] {
            assert!(read(&format!("?sslmode={mode}&channel_binding=require")).unwrap().tls.is_some(), "{mode}");
        }
        assert!(read("?sslmode=perhaps").is_err());
        assert!(read("?sslmode=require&sslrootcert=/none.pem").is_err());
        assert!(Address::read("host=db.example user=kalends dbname=kalends").is_ok());
        assert!(Address::read("https://db.example/").is_err());
    }
}
