//! `kalends restore`: a data directory from the archive that `kalends backup` wrote.
//!
//! Nothing is taken on trust: the database's integrity is checked, and every large body against the digest that names it. The database begins a new
//! epoch, so that clients, whose sync tokens name the old one, compare everything once (DAV:valid-sync-token, RFC 6578 §3.2).

use crate::backup::{DATABASE, SECRET, is_digest_of, private, referred, write_private};
use crate::cli::Place;
use crate::data::DataDirectory;
use crate::export::make_empty;
use anyhow::{Context, Result, bail, ensure};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The name of the database until all is well.
const UNFINISHED: &str = "kalends.db.restoring";

/// A new life of the database.
const NEW_EPOCH: &str = "UPDATE epoch SET value = lower(hex(randomblob(8)))";

/// What to restore, and where to.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The archive that `kalends backup` wrote
    #[arg(value_name = "FILE")]
    archive: PathBuf,
    /// The server's secret, where it is not in the archive; without it, app passwords have to be made anew
    #[arg(long, value_name = "FILE")]
    secret: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// `kalends restore`
pub fn run(options: &Options) -> Result<()> {
    let root = &options.place.data;
    let archive = File::open(&options.archive).with_context(|| format!("cannot read {}", options.archive.display()))?;
    make_empty(root)?;
    let data = DataDirectory::open(root)?;
    let restored = restore(archive, &data, root).and_then(|bodies| {
        if let Some(secret) = &options.secret {
            let secret = fs::read(secret).with_context(|| format!("cannot read {}", secret.display()))?;
            write_private(&data.secret(), &secret)?;
        }
        let kept = data.secret().exists();
        data.server_secret()?;
        finish(root)?;
        Ok((bodies, kept))
    });
    match restored {
        Ok((bodies, kept)) => {
            println!("{}: the database and {bodies} large bodies", root.display());
            if !kept {
                println!(
                    "It has a new secret: app passwords and sessions of before are worth nothing, account passwords stay."
                );
            }
            Ok(())
        }
        Err(error) => {
            clear(root).context("what was restored so far cannot be removed")?;
            Err(error).with_context(|| format!("{} is not restored", options.archive.display()))
        }
    }
}

/// Unpacks, checks, and begins a new epoch. Returns how many bodies there are.
fn restore(archive: impl Read, data: &DataDirectory, root: &Path) -> Result<usize> {
    let mut bodies = BTreeSet::new();
    let mut tar = tar::Archive::new(archive);
    for entry in tar.entries()? {
        let mut entry = entry.context("the archive is damaged")?;
        let name = entry.path()?.to_str().context("the archive is damaged")?.to_owned();
        if let Some(digest) = unpack(&mut entry, &name, data, root).with_context(|| name.clone())? {
            bodies.insert(digest);
        }
    }
    let database = root.join(UNFINISHED);
    ensure!(database.exists(), "there is no {DATABASE} in it");
    for digest in referred(&database)? {
        ensure!(bodies.contains(&digest), "the body {digest} is missing");
    }
    begin_anew(&database)?;
    Ok(bodies.len())
}

/// Unpacks one file; returns the digest where it is a body.
fn unpack(entry: &mut impl Read, name: &str, data: &DataDirectory, root: &Path) -> Result<Option<String>> {
    match name {
        DATABASE => {
            let mut file = private(&root.join(UNFINISHED))?;
            io::copy(entry, &mut file)?;
            file.sync_all()?;
            Ok(None)
        }
        SECRET => {
            let mut secret = Vec::new();
            entry.take(1024).read_to_end(&mut secret)?;
            write_private(&data.secret(), &secret)?;
            Ok(None)
        }
        _ => {
            let digest = name.rsplit('/').next().unwrap_or_default();
            let expected = DataDirectory::place_of_body(digest).map(|place| format!("files/{place}"));
            ensure!(expected.is_ok_and(|expected| expected == name), "it does not belong in a backup");
            let mut body = Vec::new();
            entry.read_to_end(&mut body)?;
            ensure!(is_digest_of(digest, &body), "it is damaged");
            let file = data.body(digest)?;
            fs::create_dir_all(file.parent().context("it has no directory")?)?;
            write_private(&file, &body)?;
            Ok(Some(digest.to_owned()))
        }
    }
}

fn begin_anew(database: &Path) -> Result<()> {
    let database = Connection::open(database)?;
    let verdict: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).context("the database")?;
    ensure!(verdict == "ok", "the database is damaged: {verdict}");
    if database.table_exists(None, "epoch")? {
        let changed = database.execute(NEW_EPOCH, [])?;
        ensure!(changed == 1, "the database has no epoch");
    }
    match database.close() {
        Ok(()) => Ok(()),
        Err((_, error)) => bail!(error),
    }
}

/// Gives the database its name, when all else is on the disk.
fn finish(root: &Path) -> Result<()> {
    let database = root.join(UNFINISHED);
    File::open(&database)?.sync_all()?;
    sync_directories(root)?;
    fs::rename(&database, root.join(DATABASE))?;
    File::open(root)?.sync_all()?;
    Ok(())
}

/// Writes the names in a directory and in those below it to the disk.
fn sync_directories(directory: &Path) -> Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            sync_directories(&path)?;
        }
    }
    Ok(File::open(directory)?.sync_all()?)
}

fn clear(root: &Path) -> Result<()> {
    for entry in fs::read_dir(root)? {
        let path = entry?.path();
        if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
    }
    Ok(())
}
