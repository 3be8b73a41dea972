//! `kalends restore`: a data directory from the archive that `kalends backup` wrote.
//!
//! Nothing is taken on trust: the database's integrity is checked, and every large body against the digest that names
//! it. The database begins a new epoch, so that clients, whose sync tokens name the old one, compare everything once
//! (DAV:valid-sync-token, RFC 6578 §3.2).

use crate::backup::{is_digest_of, referred};
use crate::cli::Place;
use crate::data::{DATABASE, DataDirectory, SECRET};
use crate::private;
use anyhow::{Context, Result, bail, ensure};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

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
    let in_postgres = "with PostgreSQL pg_restore restores what pg_dump has written";
    ensure!(options.place.postgres().is_none(), "{in_postgres} (without --postgres and KALENDS_POSTGRES: SQLite)");
    let is_named = options.place.named_secret()?.is_some();
    let archive = File::open(&options.archive).with_context(|| format!("cannot read {}", options.archive.display()))?;
    let data = DataDirectory::at(&options.place.data);
    let database = begin(&data)?;
    match restore(archive, database, &data, options.secret.as_deref(), is_named) {
        Ok((bodies, has_new_secret)) => {
            println!("{}: the database and {bodies} large bodies", data.root().display());
            if has_new_secret {
                println!(
                    "It has a new secret: app passwords and sessions of before are worth nothing, account passwords stay."
                );
            }
            Ok(())
        }
        Err(error) => {
            clear(&data).context("what was restored so far cannot be removed")?;
            Err(error).with_context(|| format!("{} is not restored", options.archive.display()))
        }
    }
}

/// Makes the directory, or takes one that is empty, or what an earlier restore that was broken off has left. Returns
/// the file that is to be the database. While it is there no server begins anew in the directory; it is locked, so that
/// no other restore takes this one for broken off.
fn begin(data: &DataDirectory) -> Result<File> {
    let root = data.root();
    private::directory(root).with_context(|| format!("cannot make the directory {}", root.display()))?;
    let unfinished = data.unfinished();
    if unfinished.exists() && !data.database().exists() {
        let left = File::options().append(true).open(&unfinished);
        let left = left.with_context(|| format!("cannot open {}", unfinished.display()))?;
        ensure!(left.try_lock().is_ok(), "another restore into {} is under way", root.display());
        clear(data).context("what an earlier restore has left cannot be removed")?;
    }
    let is_empty = fs::read_dir(root).with_context(|| format!("cannot read {}", root.display()))?.next().is_none();
    ensure!(is_empty, "{} is not empty", root.display());
    let database = private::file(&unfinished)?;
    database.lock().with_context(|| format!("cannot lock {}", unfinished.display()))?;
    Ok(database)
}

/// Restores all, the secret from its file where there is one; one that is named besides is kept elsewhere. Returns how
/// many bodies there are, and whether a new secret had to be made.
fn restore(
    archive: File,
    database: File,
    data: &DataDirectory,
    secret: Option<&Path>,
    is_named: bool,
) -> Result<(usize, bool)> {
    data.make()?;
    let bodies = unpack_all(archive, database, data)?;
    if let Some(secret) = secret {
        let secret = fs::read(secret).with_context(|| format!("cannot read {}", secret.display()))?;
        private::write(&data.secret(), &secret)?;
    }
    let is_there = data.secret().exists();
    if is_there || !is_named {
        data.server_secret()?;
    }
    finish(data)?;
    Ok((bodies, !is_there && !is_named))
}

/// Unpacks, checks, and begins a new epoch. Returns how many bodies there are.
fn unpack_all(archive: impl Read, mut database: File, data: &DataDirectory) -> Result<usize> {
    let mut bodies = BTreeSet::new();
    let mut tar = tar::Archive::new(archive);
    for entry in tar.entries()? {
        let mut entry = entry.context("the archive is damaged")?;
        let name = entry.path()?.to_str().context("the archive is damaged")?.to_owned();
        if let Some(digest) = unpack(&mut entry, &name, &mut database, data).with_context(|| name.clone())? {
            bodies.insert(digest);
        }
    }
    ensure!(database.metadata()?.len() > 0, "there is no {DATABASE} in it");
    // SQLite has its own locks on the file, which are not the same everywhere.
    drop(database);
    for digest in referred(&data.unfinished())? {
        ensure!(bodies.contains(&digest), "the body {digest} is missing");
    }
    begin_anew(&data.unfinished())?;
    Ok(bodies.len())
}

/// Unpacks one file; returns the digest where it is a body.
fn unpack(entry: &mut impl Read, name: &str, database: &mut File, data: &DataDirectory) -> Result<Option<String>> {
    match name {
        DATABASE => {
            ensure!(database.metadata()?.len() == 0, "it is in the archive twice");
            io::copy(entry, database)?;
            database.sync_all()?;
            Ok(None)
        }
        SECRET => {
            let mut secret = Vec::new();
            entry.take(1024).read_to_end(&mut secret)?;
            private::write(&data.secret(), &secret)?;
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
            private::write(&file, &body)?;
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
fn finish(data: &DataDirectory) -> Result<()> {
    File::open(data.unfinished())?.sync_all()?;
    sync_directories(data.root())?;
    fs::rename(data.unfinished(), data.database())?;
    File::open(data.root())?.sync_all()?;
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

/// Empties a directory in which a restore was broken off. The unfinished database goes last: while it is there, it is
/// known what the rest is.
fn clear(data: &DataDirectory) -> Result<()> {
    let unfinished = data.unfinished();
    for entry in fs::read_dir(data.root())? {
        let path = entry?.path();
        match path.is_dir() {
            true => fs::remove_dir_all(path)?,
            false if path == unfinished => {}
            false => fs::remove_file(path)?,
        }
    }
    Ok(fs::remove_file(unfinished)?)
}
