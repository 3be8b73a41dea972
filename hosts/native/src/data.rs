//! The data directory: everything that a server must keep, in one place.
//!
//! ```text
//! kalends.db      the database (SQLite, WAL); kalends.db.restoring while a restore is under way
//! files/          mounted at /data: large bodies
//! server-secret   keys for HMACs, apart from the database so that a copy of one is worth nothing without the other
//! cache/          machine code of the component; may be deleted
//! ```

use crate::private;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The database's name.
pub const DATABASE: &str = "kalends.db";

/// The name of the server's secret.
pub const SECRET: &str = "server-secret";

/// Bytes of randomness in a secret.
const SECRET_BYTES: usize = 32;

/// An open data directory.
#[derive(Debug, Clone)]
pub struct DataDirectory {
    root: PathBuf,
}

impl DataDirectory {
    /// The directory as it is: nothing is looked at, nothing is made.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Opens the directory, and makes it (for the owner only) where it is not there. What other users of the machine
    /// could read in it they no longer can.
    ///
    /// # Errors
    /// Where it cannot be made, and where a restore into it was broken off.
    pub fn open(root: &Path) -> Result<Self> {
        let data = Self::at(root);
        data.ensure_restored()?;
        data.make()?;
        data.take_from_others();
        Ok(data)
    }

    /// The directory, where a server has kept data in it before.
    ///
    /// # Errors
    /// Where there is no database in it, or one that is not wholly restored.
    pub fn existing(root: &Path) -> Result<Self> {
        let data = Self::at(root);
        data.ensure_restored()?;
        ensure!(
            data.database().is_file(),
            "there is no data in {}: --data (KALENDS_DATA) names the directory that `kalends serve` keeps its data in",
            root.display()
        );
        Ok(data)
    }

    /// Makes the directory and those in it, for the owner only.
    ///
    /// # Errors
    /// Where they cannot be made.
    pub fn make(&self) -> Result<()> {
        for directory in [self.root.clone(), self.files(), self.cache()] {
            private::directory(&directory)
                .with_context(|| format!("cannot make the directory {}", directory.display()))?;
        }
        Ok(())
    }

    /// A server that began anew beside half a backup would look as if that was all there had been.
    fn ensure_restored(&self) -> Result<()> {
        let is_unfinished = self.unfinished().exists() && !self.database().exists();
        let root = self.root.display();
        ensure!(
            !is_unfinished,
            "a restore into {root} is not finished: where none is under way, run `kalends restore` again"
        );
        Ok(())
    }

    fn take_from_others(&self) {
        let log = ["-wal", "-shm"].map(|ending| self.root.join(format!("{DATABASE}{ending}")));
        for path in [self.database(), self.secret(), self.files()].into_iter().chain(log) {
            let name = path.display();
            match private::take_from_others(&path) {
                Ok(true) => tracing::warn!("others on this machine could read {name}: it is its owner's alone now"),
                Ok(false) => {}
                Err(error) => tracing::warn!("others on this machine can read {name}: {error}"),
            }
        }
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.root.join(DATABASE)
    }

    /// The database file until all that belongs to it is restored.
    pub fn unfinished(&self) -> PathBuf {
        self.root.join(format!("{DATABASE}.restoring"))
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
        self.root.join(SECRET)
    }

    /// The directory of compiled components.
    pub fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    /// The server's secret, in hexadecimal: made at the first start, the same ever after.
    ///
    /// # Errors
    /// As [`Self::kept_secret`], and where none can be written.
    pub fn server_secret(&self) -> Result<String> {
        let path = self.secret();
        if !path.exists() {
            self.keep_new_secret(&path).with_context(|| format!("cannot write {}", path.display()))?;
        }
        self.kept_secret()
    }

    /// The server's secret, in hexadecimal, where it was made before.
    ///
    /// # Errors
    /// Where there is none, or a damaged one.
    pub fn kept_secret(&self) -> Result<String> {
        let path = self.secret();
        let secret = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let secret = secret.trim();
        ensure!(
            is_secret(secret),
            "{} is damaged: restore it from a backup (without it, app passwords stop working)",
            path.display()
        );
        Ok(secret.to_owned())
    }

    /// Writes a new secret under a temporary name first, so that a crash leaves either a whole file or none; of two
    /// processes that start at once, one wins.
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

/// Whether a text is a secret as the component takes it: 32 bytes at least, in hexadecimal.
pub fn is_secret(text: &str) -> bool {
    text.len() >= SECRET_BYTES * 2 && text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
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
