//! Bodies in PostgreSQL's table `blob` that no row refers to.
//!
//! Several servers write at the same time, and a row that another transaction has not committed is not seen. So before
//! bodies are doomed the table `orphan` is locked: every write that stores a large body begins with a look into it
//! (`take_turn`), so none is under way then, and those that wait find what is doomed.

use super::Options;
use crate::postgres::Address;
use anyhow::{Context, Result, ensure};
use tokio_postgres::Client;

/// Notes bodies that no row refers to.
const NOTE: &str = "INSERT INTO orphan (digest, since) SELECT b.digest, unixepoch() FROM blob b \
    WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.blob = b.digest) ON CONFLICT DO NOTHING";

/// Waits until nobody stores a large body, and lets nobody begin.
const ALONE: &str = "LOCK TABLE orphan IN EXCLUSIVE MODE";

/// Dooms what was noted so many seconds ago or earlier, and anew what was doomed and perhaps not removed.
const DOOM: &str = "UPDATE orphan SET doomed = unixepoch() WHERE digest IN (SELECT o.digest FROM orphan o \
    WHERE (o.since <= unixepoch() - $1 OR o.doomed IS NOT NULL) AND o.digest > $2 \
    AND NOT EXISTS (SELECT 1 FROM resource r WHERE r.blob = o.digest) ORDER BY o.digest LIMIT 500) RETURNING digest";

/// Removes the bodies of doomed digests.
const REMOVE: &str = "DELETE FROM blob WHERE digest = ANY ($1)";

/// Whether this is a database of Kalends.
const IS_OURS: &str = "SELECT to_regclass('orphan') IS NOT NULL AND to_regclass('blob') IS NOT NULL";

/// Removes what has been without a reference for long.
pub async fn run(address: &str, options: &Options) -> Result<()> {
    let address = Address::read(address).context("the address of the PostgreSQL database is not one")?;
    let mut client = address.connect().await.context("cannot connect to PostgreSQL")?;
    let is_ours: bool = client.query_one(IS_OURS, &[]).await?.get(0);
    ensure!(is_ours, "there are no tables of Kalends in this database");
    let noted = client.execute(NOTE, &[]).await?;
    let removed = remove(&mut client, options.older_than).await?;
    println!("Bodies that nothing refers to: {noted} newly found, {removed} removed");
    Ok(())
}

async fn remove(client: &mut Client, days: u32) -> Result<u64> {
    let seconds = i64::from(days) * 86_400;
    let (mut removed, mut last) = (0, String::new());
    loop {
        let doomed = doom(client, seconds, &last).await?;
        let Some(greatest) = doomed.iter().max() else { return Ok(removed) };
        last.clone_from(greatest);
        removed += client.execute(REMOVE, &[&doomed]).await?;
    }
}

/// Dooms some of those after `last`, and returns them.
async fn doom(client: &mut Client, seconds: i64, last: &str) -> Result<Vec<String>> {
    let transaction = client.transaction().await?;
    transaction.execute(ALONE, &[]).await?;
    let rows = transaction.query(DOOM, &[&seconds, &last]).await?;
    transaction.commit().await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
