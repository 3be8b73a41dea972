//! Where an archive comes to be: a directory beside it, its owner's alone, that is gone when the backup has ended.
//!
//! What a backup that was killed has left, the next one removes. One that is under way is known by the lock on its
//! archive, which ends with its process.

use crate::data::DATABASE;
use crate::private;
use anyhow::{Context, Result};
use std::fs::{self, DirEntry, File};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// What the names of these directories begin with.
const PREFIX: &str = ".kalends-backup-";

/// The archive's name until it is complete.
const ARCHIVE: &str = "archive";

/// How old a directory is in which there is a lock, if it is not abandoned.
const LOCKED: Duration = Duration::from_secs(60);

/// A backup under way.
pub struct Working {
    directory: TempDir,
    archive: File,
}

impl Working {
    /// Makes the directory, with empty files for the database and the archive in it, and removes what others have left
    /// beside it.
    ///
    /// # Errors
    /// Where nothing can be made there.
    pub fn beside(place: &Path) -> Result<Self> {
        sweep(place);
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let directory = builder.prefix(PREFIX).tempdir_in(place);
        let directory = directory.with_context(|| format!("cannot write in {}", place.display()))?;
        let archive = private::file(&directory.path().join(ARCHIVE))?;
        // Where there are no locks, nobody can take this one, and nothing is ever abandoned.
        drop(archive.lock());
        // SQLite would make it for everybody; it takes an empty one as well.
        private::file(&directory.path().join(DATABASE))?;
        Ok(Self { directory, archive })
    }

    /// Where the copy of the database belongs.
    pub fn database(&self) -> PathBuf {
        self.directory.path().join(DATABASE)
    }

    /// The archive, to write it.
    ///
    /// # Errors
    /// Where the system has no more of what it takes.
    pub fn archive(&self) -> Result<File> {
        Ok(self.archive.try_clone()?)
    }

    /// Gives the archive its name, and removes the rest.
    ///
    /// # Errors
    /// Where it cannot have that name.
    pub fn finish(self, archive: &Path) -> Result<()> {
        let written = self.directory.path().join(ARCHIVE);
        fs::rename(written, archive).with_context(|| format!("cannot write {}", archive.display()))
    }
}

/// Removes what backups that were killed have left.
fn sweep(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        if is_abandoned(&entry)
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::warn!("{} was left by a backup and cannot be removed: {error}", entry.path().display());
        }
    }
}

fn is_abandoned(entry: &DirEntry) -> bool {
    let is_one = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
    if !is_one || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
        return false;
    }
    let changed = entry.metadata().and_then(|metadata| metadata.modified());
    let is_old = changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age > LOCKED));
    is_old && !is_locked(&entry.path().join(ARCHIVE))
}

/// Whether a backup is under way that writes this archive; also where that cannot be found out.
fn is_locked(archive: &Path) -> bool {
    match File::options().append(true).open(archive) {
        Ok(file) => file.try_lock().is_err(),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::time::SystemTime;

    fn set_age(directory: &Path, age: Duration) {
        File::open(directory).unwrap().set_modified(SystemTime::now() - age).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_what_is_being_written() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        let working = Working::beside(place.path()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(working.directory.path()), 0o700);
        assert_eq!((mode(&working.database()), mode(&working.directory.path().join(ARCHIVE))), (0o600, 0o600));
    }

    #[test]
    fn what_a_killed_backup_left_is_removed_and_one_under_way_is_not() {
        let place = tempfile::tempdir().unwrap();
        let hour = Duration::from_secs(3600);
        let under_way = Working::beside(place.path()).unwrap();
        set_age(under_way.directory.path(), hour);
        let left = place.path().join(format!("{PREFIX}left"));
        let begun = place.path().join(format!("{PREFIX}begun"));
        let another = place.path().join("kalends-backup-of-mine");
        for directory in [&left, &begun, &another] {
            fs::create_dir(directory).unwrap();
            fs::write(directory.join(ARCHIVE), "left").unwrap();
            set_age(directory, if directory == &begun { Duration::ZERO } else { hour });
        }
        let next = Working::beside(place.path()).unwrap();
        assert!(!left.exists());
        assert!(begun.exists() && another.exists() && under_way.database().exists());
        next.finish(&place.path().join("backup.tar")).unwrap();
        drop(under_way);
        let mut names: Vec<_> = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, [begun.file_name().unwrap(), OsStr::new("backup.tar"), another.file_name().unwrap()]);
    }
}
