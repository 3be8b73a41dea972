//! Large bodies: files named by their digest in a mounted directory.

use std::fs::{self, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use kalends_storage::Blobs;
use kalends_storage::bindings::kalends::dav::types::Failure;
use wasi::filesystem::preopens::get_directories;
use wasi::filesystem::types::{DescriptorFlags, OpenFlags, PathFlags};

/// Where the host mounts the directory.
const MOUNT: &str = "/data";

/// The directory of bodies in it; each is in a directory named by the first two digits of its digest.
const BODIES: &str = "/data/blobs";

/// The mounted directory.
pub struct Files;

impl Blobs for Files {
    fn get(&self, digests: &[String]) -> Result<Vec<Option<Vec<u8>>>, Failure> {
        digests.iter().map(|digest| read(digest).map_err(meaning)).collect()
    }

    fn put(&self, digest: &str, body: &[u8]) -> Result<(), Failure> {
        write(digest, body).map_err(meaning)
    }

    fn delete(&self, digests: &[String]) -> Result<(), Failure> {
        digests.iter().try_for_each(|digest| absent(fs::remove_file(file(digest)?)).map(drop)).map_err(meaning)
    }
}

fn read(digest: &str) -> io::Result<Option<Vec<u8>>> {
    absent(fs::read(file(digest)?))
}

/// Writes a body under another name first: what has its right name is whole. It is on the disk when this returns, and so
/// is its name.
fn write(digest: &str, body: &[u8]) -> io::Result<()> {
    let file = file(digest)?;
    let directory = file.parent().unwrap_or(Path::new(BODIES));
    if absent(fs::metadata(&file))?.is_none_or(|found| found.len() != body.len() as u64) {
        if !directory.exists() {
            fs::create_dir_all(directory)?;
            sync(Path::new(BODIES))?;
            sync(Path::new(MOUNT))?;
        }
        let temporary = file.with_extension(format!("{:016x}", RandomState::new().hash_one(digest)));
        let written = write_new(&temporary, body).and_then(|()| fs::rename(&temporary, &file));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written?;
    }
    // Also where it was there already: whoever wrote it may not have come so far.
    sync(directory)
}

fn write_new(path: &Path, body: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(body)?;
    file.sync_all()
}

/// The path of a body. A digest is hexadecimal, so it leads nowhere else.
fn file(digest: &str) -> io::Result<PathBuf> {
    match digest.get(..2) {
        Some(shard) if digest.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Ok(Path::new(BODIES).join(shard).join(digest))
        }
        _ => Err(io::Error::new(ErrorKind::InvalidInput, "a digest is hexadecimal")),
    }
}

/// None where there is no such file.
fn absent<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes the names in a directory to the disk. The standard library cannot: its `fsync` refuses directories.
fn sync(directory: &Path) -> io::Result<()> {
    let failed = |what: &str| io::Error::other(format!("cannot sync {}: {what}", directory.display()));
    let directories = get_directories();
    let (mount, _) = directories.iter().find(|(_, path)| path == MOUNT).ok_or_else(|| failed("it is not mounted"))?;
    let inside = directory.strip_prefix(MOUNT).ok().and_then(Path::to_str).filter(|path| !path.is_empty());
    let opened = mount.open_at(PathFlags::empty(), inside.unwrap_or("."), OpenFlags::DIRECTORY, DescriptorFlags::READ);
    opened.and_then(|descriptor| descriptor.sync()).map_err(|code| failed(code.message()))
}

fn meaning(error: io::Error) -> Failure {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Failure::Full(error.to_string()),
        _ => Failure::Broken(error.to_string()),
    }
}
