//! The data directory: everything that a server must keep, in one place.
//!
//! ```text
//! kalends.db      the database (SQLite, WAL)
//! files/          mounted at /data: large bodies
//! server-secret   keys for HMACs, apart from the database so that a copy of one is worth nothing without the other
//! cache/          machine code of the component; may be deleted
//! ```

use anyhow::{Context, Result, ensure};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Bytes of randomness in a secret.
const SECRET_BYTES: usize = 32;

/// An open data directory.
#[derive(Debug, Clone)]
pub struct DataDirectory {
    root: PathBuf,
}

impl DataDirectory {
    /// Opens the directory, and makes it (for the owner only) where it is not there.
    pub fn open(root: &Path) -> Result<Self> {
        let data = Self { root: root.to_owned() };
        for directory in [root.to_owned(), data.files(), data.cache()] {
            make_private(&directory).with_context(|| format!("cannot make the directory {}", directory.display()))?;
        }
        Ok(data)
    }

    /// The directory, where a server has kept data in it before.
    pub fn existing(root: &Path) -> Result<Self> {
        let data = Self { root: root.to_owned() };
        ensure!(data.database().is_file(), "there is no data in {}", root.display());
        Ok(data)
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.root.join("kalends.db")
    }

    /// The directory that the component sees as `/data`.
    pub fn files(&self) -> PathBuf {
        self.root.join("files")
    }

    /// The file of a large body, by its SHA-256 in hexadecimal.
    pub fn body(&self, digest: &str) -> Result<PathBuf> {
        Ok(self.files().join(Self::place_of_body(digest)?))
    }

    /// Where the component keeps a large body, below [`Self::files`].
    pub fn place_of_body(digest: &str) -> Result<String> {
        let whole =
            digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        ensure!(whole, "{digest:?} is no digest");
        Ok(format!("blobs/{}/{digest}", &digest[..2]))
    }

    /// The file of the server's secret.
    pub fn secret(&self) -> PathBuf {
        self.root.join("server-secret")
    }

    /// The directory of compiled components.
    pub fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    /// The server's secret, in hexadecimal: made at the first start, the same ever after.
    pub fn server_secret(&self) -> Result<String> {
        let path = self.secret();
        if !path.exists() {
            self.keep_new_secret(&path).with_context(|| format!("cannot write {}", path.display()))?;
        }
        let secret = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let secret = secret.trim();
        let whole = secret.len() == SECRET_BYTES * 2 && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
        ensure!(
            whole,
            "{} is damaged: restore it from a backup (without it, app passwords stop working)",
            path.display()
        );
        Ok(secret.to_owned())
    }

    /// Writes a new secret under a temporary name first, so that a crash leaves either a whole file or none; of two processes that start at once, one wins.
    fn keep_new_secret(&self, path: &Path) -> Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.root)?;
        writeln!(file, "{}", random_hex()?)?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(path) {
            Err(error) if error.error.kind() != std::io::ErrorKind::AlreadyExists => Err(error.error.into()),
            _ => Ok(()),
        }
    }
}

/// A new secret of 32 random bytes, in hexadecimal.
pub fn random_hex() -> Result<String> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("the system has no randomness: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(unix)]
fn make_private(directory: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

#[cfg(not(unix))]
fn make_private(directory: &Path) -> std::io::Result<()> {
    fs::create_dir_all(directory)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_made_once_and_private() {
        let directory = tempfile::tempdir().unwrap();
        let data = DataDirectory::open(&directory.path().join("new/data")).unwrap();
        let first = data.server_secret().unwrap();
        assert_eq!(first.len(), 64);
        assert_eq!(data.server_secret().unwrap(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&data.root.join("server-secret")), 0o600);
            assert_eq!(mode(&data.root), 0o700);
        }
    }

    #[test]
    fn a_damaged_secret_is_an_error_and_stays() {
        let directory = tempfile::tempdir().unwrap();
        let data = DataDirectory::open(directory.path()).unwrap();
        fs::write(directory.path().join("server-secret"), "abc").unwrap();
        assert!(data.server_secret().is_err());
        assert_eq!(fs::read_to_string(directory.path().join("server-secret")).unwrap(), "abc");
    }
}
