//! `kalends collect`: large bodies that nothing refers to.
//!
//! What a row has let go of is noted in the table `orphan`, and removed after a week by the writes that come after.
//! What a server that was killed has left between a body and its row is noted nowhere: those bodies are found here, and
//! noted. Then what is old enough is removed the way that writes do it (`crates/storage/src/apply/bodies.rs`): it is
//! doomed first, so that whoever is about to store the same body at this moment is refused or has saved it. So a server
//! may be at work meanwhile.

mod postgres;

use crate::cli::Place;
use crate::data::DataDirectory;
use anyhow::{Context, Result};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::fs::{self, DirEntry};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// Notes a body that no row refers to.
const NOTE: &str = "INSERT INTO orphan (digest, since) SELECT ?1, unixepoch() \
    WHERE NOT EXISTS (SELECT 1 FROM resource WHERE blob = ?1) ON CONFLICT DO NOTHING";

/// Dooms what was noted so many seconds ago or earlier, and anew what was doomed and perhaps not removed. While a
/// digest is doomed nobody stores it.
const DOOM: &str = "UPDATE orphan SET doomed = unixepoch() WHERE digest IN (SELECT o.digest FROM orphan o \
    WHERE (o.since <= unixepoch() - ?1 OR o.doomed IS NOT NULL) AND o.digest > ?2 \
    AND NOT EXISTS (SELECT 1 FROM resource r WHERE r.blob = o.digest) ORDER BY o.digest LIMIT 500) RETURNING digest";

/// Bodies that live in the database (`--no-files`).
const IN_TABLE: &str = "SELECT digest FROM body";
const REMOVE: &str = "DELETE FROM body WHERE digest = ?1";

/// How long to wait for the database.
const PATIENCE: Duration = Duration::from_secs(30);

/// How old a file without its final name is that nobody writes any more: longer than any request takes.
const ABANDONED: Duration = Duration::from_secs(3600);

/// What to remove, and where.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Removes what has been without a reference for so many days; a database that is restored from a copy not older
    /// than this has its bodies
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    older_than: u32,
    #[command(flatten)]
    place: Place,
}

/// `kalends collect`
pub async fn run(options: &Options) -> Result<()> {
    match options.place.postgres() {
        Some(address) => postgres::run(address, options).await,
        None => in_directory(options),
    }
}

/// In SQLite, and in the files beside it.
fn in_directory(options: &Options) -> Result<()> {
    let data = DataDirectory::existing(&options.place.data)?;
    let file = data.database();
    let mut database =
        Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .with_context(|| format!("cannot open {}", file.display()))?;
    database.busy_timeout(PATIENCE)?;
    let in_table = database.table_exists(None, "body")?;
    let found = find(&data.files().join("blobs"))?;
    let mut digests = found.digests;
    if in_table {
        let mut statement = database.prepare(IN_TABLE)?;
        let kept = statement.query_map([], |row| row.get(0))?;
        digests.extend(kept.collect::<Result<Vec<String>, _>>()?);
    }
    let noted = note(&mut database, &digests)?;
    let removed = remove(&database, &data, in_table, options.older_than)?;
    println!("Bodies that nothing refers to: {noted} newly found, {removed} removed");
    println!("Files that were never finished: {} removed", found.abandoned);
    Ok(())
}

/// What is in the directory of bodies.
#[derive(Default)]
struct Found {
    digests: Vec<String>,
    /// Files without a final name that were removed.
    abandoned: usize,
}

/// Looks through the directory of bodies, and removes what was never finished.
fn find(blobs: &Path) -> Result<Found> {
    let mut found = Found::default();
    for shard in entries(blobs)? {
        if !shard.file_type()?.is_dir() {
            continue;
        }
        for entry in entries(&shard.path())? {
            let name = entry.file_name().to_string_lossy().into_owned();
            if DataDirectory::place_of_body(&name).is_ok() {
                found.digests.push(name);
            } else if is_abandoned(&name, &entry) {
                remove_file(&entry.path())?;
                found.abandoned += 1;
            }
        }
    }
    Ok(found)
}

/// The entries of a directory; none where there is no such directory.
fn entries(directory: &Path) -> Result<Vec<DirEntry>> {
    let listed = match fs::read_dir(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.and_then(Iterator::collect),
    };
    listed.with_context(|| format!("cannot read {}", directory.display()))
}

/// Whether a file has the name under which a body is written, and nobody writes it any more.
fn is_abandoned(name: &str, entry: &DirEntry) -> bool {
    let unfinished = name.split_once('.').is_some_and(|(digest, _)| DataDirectory::place_of_body(digest).is_ok());
    let changed = entry.metadata().and_then(|metadata| metadata.modified());
    unfinished && changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age > ABANDONED))
}

/// Notes those of some bodies that no row refers to. Returns how many were not noted before.
fn note(database: &mut Connection, digests: &[String]) -> Result<usize> {
    let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut noted = 0;
    {
        let mut statement = transaction.prepare(NOTE)?;
        for digest in digests {
            noted += statement.execute([digest])?;
        }
    }
    transaction.commit()?;
    Ok(noted)
}

/// Removes what has been noted for so many days. Returns how much.
fn remove(database: &Connection, data: &DataDirectory, in_table: bool, days: u32) -> Result<usize> {
    let seconds = i64::from(days) * 86_400;
    let (mut removed, mut last) = (0, String::new());
    loop {
        let mut statement = database.prepare_cached(DOOM)?;
        let doomed = statement.query_map((seconds, &last), |row| row.get(0))?;
        let mut doomed: Vec<String> = doomed.collect::<Result<_, _>>()?;
        doomed.sort();
        let Some(greatest) = doomed.last() else { return Ok(removed) };
        last.clone_from(greatest);
        for digest in &doomed {
            let was_there = remove_file(&data.body(digest)?)?;
            let was_in_table = in_table && database.execute(REMOVE, [digest])? > 0;
            removed += usize::from(was_there || was_in_table);
        }
    }
}

/// Removes a file. Returns whether it was there.
fn remove_file(path: &Path) -> Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("cannot remove {}", path.display())),
    }
}
