//! Files and directories that are their owner's alone, whatever the umask says.

use anyhow::{Context, Result};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Makes a file that only its owner can read.
///
/// # Errors
/// Where there is one of that name already, or none can be made.
pub fn file(path: &Path) -> Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).with_context(|| format!("cannot make {}", path.display()))
}

/// Writes a new file that only its owner can read, to the disk.
///
/// # Errors
/// As [`file()`], and where the disk is full.
pub fn write(path: &Path, content: &[u8]) -> Result<()> {
    let mut file = file(path)?;
    file.write_all(content).and_then(|()| file.sync_all()).with_context(|| format!("cannot write {}", path.display()))
}

/// Makes a directory that only its owner can enter, and those above it; one that is there stays as it is.
#[cfg(unix)]
pub fn directory(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes a directory, and those above it; one that is there stays as it is.
#[cfg(not(unix))]
pub fn directory(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Takes a file or directory away from the group and from others, where others can do anything with it. A mode that
/// lets in the group alone is somebody's choice, and stays. Returns whether there was something to do.
#[cfg(unix)]
pub fn take_from_others(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    let mut permissions = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        metadata => metadata?.permissions(),
    };
    let is_open = permissions.mode() & 0o007 != 0;
    if is_open {
        permissions.set_mode(permissions.mode() & 0o700);
        fs::set_permissions(path, permissions)?;
    }
    Ok(is_open)
}

/// Does nothing: there are no such modes here.
#[cfg(not(unix))]
pub fn take_from_others(_: &Path) -> io::Result<bool> {
    Ok(false)
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_others_could_read_they_no_longer_can() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        assert!(!take_from_others(&path).unwrap());
        fs::write(&path, "").unwrap();
        for (before, changed, after) in [(0o644, true, 0o600), (0o640, false, 0o640), (0o755, true, 0o700)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(before)).unwrap();
            assert_eq!(take_from_others(&path).unwrap(), changed, "{before:o}");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, after, "{before:o}");
        }
    }
}
