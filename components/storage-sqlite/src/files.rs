//! Large bodies: files named by their digest in a mounted directory.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use kalends_storage::bindings::kalends::dav::types::Failure;
use wasi::filesystem::preopens::get_directories;
use wasi::filesystem::types::{Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags};

/// Where the host mounts the directory.
const MOUNT: &str = "/data";

/// The directory of bodies in it; each is in a directory named by the first two digits of its digest.
const BODIES: &str = "/data/blobs";

/// Whether the host has mounted a directory.
pub(crate) fn are_mounted() -> bool {
    get_directories().iter().any(|(_, path)| path == MOUNT)
}

/// The body of a digest; none where there is none.
pub(crate) fn read(digest: &str) -> Result<Option<Vec<u8>>, Failure> {
    file(digest).and_then(|file| absent(fs::read(file))).map_err(meaning)
}

/// Stores a body durably.
pub(crate) fn write(digest: &str, body: &[u8]) -> Result<(), Failure> {
    write_whole(digest, body).map_err(meaning)
}

/// Removes a body; one that is not there is no error.
pub(crate) fn remove(digest: &str) -> Result<(), Failure> {
    file(digest).and_then(|file| absent(fs::remove_file(file))).map(drop).map_err(meaning)
}

/// Writes a body under another name first: what has its right name is whole. It is on the disk when this returns, and
/// so is its name.
fn write_whole(digest: &str, body: &[u8]) -> io::Result<()> {
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

/// Writes through the descriptor of WASI: the error of a stream, through which the standard library writes, does not
/// say that the disk is full.
fn write_new(path: &Path, body: &[u8]) -> io::Result<()> {
    let file = open(path, OpenFlags::CREATE | OpenFlags::EXCLUSIVE, DescriptorFlags::WRITE)?;
    let mut written = 0;
    while written < body.len() {
        match file.write(&body[written..], written as u64).map_err(|code| failed("write", path, code))? {
            0 => return Err(ErrorKind::WriteZero.into()),
            count => written += usize::try_from(count).map_err(io::Error::other)?,
        }
    }
    file.sync().map_err(|code| failed("sync", path, code))
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
    let opened = open(directory, OpenFlags::DIRECTORY, DescriptorFlags::READ)?;
    opened.sync().map_err(|code| failed("sync", directory, code))
}

/// Opens what has a path below the mounted directory.
fn open(path: &Path, how: OpenFlags, access: DescriptorFlags) -> io::Result<Descriptor> {
    let directories = get_directories();
    let mounted = directories.iter().find(|(_, path)| path == MOUNT);
    let (mount, _) = mounted.ok_or_else(|| io::Error::new(ErrorKind::NotFound, format!("{MOUNT} is not mounted")))?;
    let inside = path.strip_prefix(MOUNT).ok().and_then(Path::to_str).filter(|path| !path.is_empty());
    let opened = mount.open_at(PathFlags::empty(), inside.unwrap_or("."), how, access);
    opened.map_err(|code| failed("open", path, code))
}

fn failed(what: &str, path: &Path, code: ErrorCode) -> io::Error {
    let kind = match code {
        ErrorCode::InsufficientSpace => ErrorKind::StorageFull,
        ErrorCode::Quota => ErrorKind::QuotaExceeded,
        _ => ErrorKind::Other,
    };
    io::Error::new(kind, format!("cannot {what} {}: {}", path.display(), code.name()))
}

fn meaning(error: io::Error) -> Failure {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Failure::Full(error.to_string()),
        _ => Failure::Broken(error.to_string()),
    }
}
