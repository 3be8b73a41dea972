//! `kalends backup`: everything that a server keeps, at one moment, in one tar archive; the server may be running.
//!
//! ```text
//! kalends.db              the database
//! files/blobs/XX/DIGEST   the large bodies that it refers to
//! server-secret           only where it is asked for
//! ```
//!
//! The names are those of the data directory. The database comes first, as it was at one moment. A body is never
//! changed, and stays for a week when nothing refers to it any more, so all that the copy refers to can be read after
//! it.

mod working;

use crate::cli::{self, Place};
use crate::data::{DATABASE, DataDirectory, SECRET};
use anyhow::{Context, Result, bail, ensure};
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::oneshot;
use working::Working;

/// The digests of the bodies that are not in their rows.
const REFERRED: &str = "SELECT DISTINCT blob FROM resource WHERE blob IS NOT NULL ORDER BY blob";

/// The same where some bodies live in the database (`--no-files`).
const BESIDE: &str = "SELECT DISTINCT blob FROM resource WHERE blob IS NOT NULL \
    AND blob NOT IN (SELECT digest FROM body) ORDER BY blob";

/// How long to wait for the database.
const PATIENCE: Duration = Duration::from_secs(30);

/// What to back up, and where to.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The archive (tar) to write; one of this name is replaced when the new one is complete
    #[arg(value_name = "FILE")]
    archive: PathBuf,
    /// Puts the server's secret into the archive too: whoever has both can try to guess app passwords and make sessions
    #[arg(long)]
    with_secret: bool,
    #[command(flatten)]
    place: Place,
}

/// `kalends backup`
pub async fn run(options: &Options) -> Result<()> {
    let in_postgres = "the data are in PostgreSQL: pg_dump backs them up, large bodies included";
    ensure!(options.place.postgres().is_none(), "{in_postgres} (without --postgres and KALENDS_POSTGRES: SQLite's)");
    let data = DataDirectory::existing(&options.place.data)?;
    let secret = options.with_secret.then(|| options.place.secret(&data)).transpose()?;
    let directory = options.archive.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // From here on a signal does not end the process with the directory left behind.
    let stop = cli::stop_signal()?;
    let working = Working::beside(directory)?;
    let (copy, archive) = (working.database(), working.archive()?);
    let bodies = unless(stop, move || {
        copy_database(&data.database(), &copy)?;
        write(archive, &copy, &data, secret.as_deref())
    });
    let bodies = bodies.await?;
    working.finish(&options.archive)?;
    File::open(directory)?.sync_all()?;
    println!("{}: the database and {bodies} large bodies", options.archive.display());
    if !options.with_secret {
        println!("The server's secret is not in it: keep a copy of it in another place (or use --with-secret)");
    }
    Ok(())
}

/// Does something on a thread of its own, which ends with the process: what stops it does not wait for it.
async fn unless<T: Send + 'static>(
    stopped: impl Future<Output = ()>,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let (done, result) = oneshot::channel();
    std::thread::spawn(move || done.send(work()));
    tokio::select! {
        result = result => result.context("it broke off")?,
        () = stopped => bail!("stopped by a signal: no backup is written"),
    }
}

/// Copies a database as it is at one moment, while others write in it.
fn copy_database(from: &Path, to: &Path) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database =
        Connection::open_with_flags(from, flags).with_context(|| format!("cannot open {}", from.display()))?;
    database.busy_timeout(PATIENCE)?;
    let to = to.to_str().context("the archive's path is not UTF-8")?;
    database.execute("VACUUM INTO ?1", [to]).with_context(|| format!("cannot copy {}", from.display()))?;
    Ok(())
}

/// Writes the archive to the disk. Returns how many bodies are in it.
fn write(archive: File, database: &Path, data: &DataDirectory, secret: Option<&str>) -> Result<usize> {
    let mut tar = tar::Builder::new(archive);
    let mut copy = File::open(database)?;
    let mut header = header(copy.metadata()?.len());
    tar.append_data(&mut header, DATABASE, &mut copy)?;
    let digests = referred(database)?;
    for digest in &digests {
        let file = data.body(digest)?;
        let body = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        ensure!(is_digest_of(digest, &body), "{} is damaged", file.display());
        append(&mut tar, &format!("files/{}", DataDirectory::place_of_body(digest)?), &body)?;
    }
    if let Some(secret) = secret {
        append(&mut tar, SECRET, format!("{secret}\n").as_bytes())?;
    }
    tar.into_inner()?.sync_all()?;
    Ok(digests.len())
}

fn append(tar: &mut tar::Builder<File>, name: &str, content: &[u8]) -> Result<()> {
    tar.append_data(&mut header(content.len() as u64), name, content)?;
    Ok(())
}

/// What the archive says of a file of that size: that it is its owner's alone.
fn header(size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    header
}

/// The digests of bodies beside it that a database refers to.
pub fn referred(database: &Path) -> Result<Vec<String>> {
    let database = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    if !database.table_exists(None, "resource")? {
        return Ok(Vec::new());
    }
    let mut statement = database.prepare(if database.table_exists(None, "body")? { BESIDE } else { REFERRED })?;
    let digests = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(digests)
}

/// Whether a body is the one that a digest names.
pub fn is_digest_of(digest: &str, body: &[u8]) -> bool {
    let found: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
    found == digest
}
