//! Large bodies: files named by their digest in a mounted directory.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use kalends_storage::Blobs;
use kalends_storage::bindings::kalends::dav::types::Failure;
use wasi::filesystem::preopens::get_directories;
use wasi::filesystem::types::{Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags};

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

/// Writes through the descriptor of WASI: the error of a stream, through which the standard library writes, does not say that
/// the disk is full.
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
