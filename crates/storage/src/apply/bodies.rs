//! Bodies that do not live in their row: they are stored before the row, and removed long after it.
//!
//! A digest that no row has any more becomes an `orphan`. After [`GRACE`], a write that stores a large body dooms it
//! and removes the body; until [`REST`] later nobody may store that digest. So whoever found the body still there, and
//! did not store it again, has either written its row in time or is refused, and no row is ever without its body.

use crate::INLINE;
use crate::bindings::exports::kalends::dav::store::{Operation, Put};
use crate::bindings::kalends::dav::types::Failure;
use crate::blobs::Blobs;
use crate::database::{Database, DatabaseError, Kind, Rows, Statement};
use crate::json;
use crate::rows::Columns;

/// Seconds for which an orphan is kept, so that a database restored from a copy not older than this has its bodies.
const GRACE: i64 = 7 * 86_400;

/// Seconds for which a digest may not be stored after its body was removed: longer than any request takes.
const REST: i64 = 600;

/// The large bodies of one write.
pub(super) struct Bodies {
    digests: Vec<String>,
}

/// Whether a body lives in its row: it is small, and a text as SQL knows them.
pub(super) fn inline(put: &Put) -> bool {
    put.body.len() <= INLINE && !put.body.contains(&0) && std::str::from_utf8(&put.body).is_ok()
}

impl Bodies {
    /// Stores the large bodies of some operations, durably.
    pub(super) fn store(blobs: &impl Blobs, operations: &[Operation]) -> Result<Self, Failure> {
        let mut digests = Vec::new();
        for operation in operations {
            if let Operation::Put(put) = operation
                && !inline(put)
            {
                blobs.put(&put.digest, &put.body)?;
                digests.push(put.digest.clone());
            }
        }
        Ok(Self { digests })
    }

    /// Their digests.
    pub(super) fn digests(&self) -> &[String] {
        &self.digests
    }

    /// Statements that take the bodies in: none may be doomed, and none is an orphan any more.
    pub(super) fn statements(&self) -> Vec<Statement> {
        const REFUSE: &str = "INSERT INTO guard (doomed) SELECT NULL WHERE EXISTS (SELECT 1 FROM orphan \
            WHERE doomed IS NOT NULL AND digest IN (SELECT value FROM json_each(?1)))";
        const ADOPT: &str = "DELETE FROM orphan WHERE digest IN (SELECT value FROM json_each(?1))";
        if self.digests.is_empty() {
            return Vec::new();
        }
        let digests = json::strings(&self.digests);
        vec![Statement::new(REFUSE, [digests.clone().into()]), Statement::new(ADOPT, [digests.into()])]
    }

    /// Statements that doom what has been an orphan for long; the first one's rows are for [`Bodies::swept`].
    pub(super) fn sweep(&self) -> Vec<Statement> {
        const DOOM: &str = "UPDATE orphan SET doomed = unixepoch() WHERE digest IN (SELECT o.digest FROM orphan o \
            WHERE o.since < unixepoch() - ?1 AND o.doomed IS NULL \
            AND NOT EXISTS (SELECT 1 FROM resource r WHERE r.blob = o.digest) LIMIT 100) RETURNING digest";
        const FORGET: &str = "DELETE FROM orphan WHERE doomed < unixepoch() - ?1";
        if self.digests.is_empty() {
            return Vec::new();
        }
        vec![Statement::new(DOOM, [GRACE.into()]), Statement::new(FORGET, [REST.into()])]
    }

    /// Removes the bodies that were doomed. What fails is left over, and does no harm.
    pub(super) fn swept(&self, blobs: &impl Blobs, doomed: Option<Rows>) {
        let digests = doomed.into_iter().flatten().filter_map(|row| Columns::of(row).text().ok());
        let digests: Vec<String> = digests.collect();
        if !digests.is_empty() {
            let _ = blobs.delete(&digests);
        }
    }

    /// Notes the bodies of a write that did not happen as orphans. Where that fails, they are left over; so they are
    /// where the write had no turn: this would wait as long for one, and whoever has sent it for the answer.
    pub(super) fn abandon(&self, database: &impl Database, because: &DatabaseError) {
        const ABANDON: &str = "INSERT INTO orphan (digest, since) SELECT j.value, unixepoch() FROM json_each(?1) j \
            WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.blob = j.value) ON CONFLICT DO NOTHING";
        if !self.digests.is_empty() && !matches!(because, DatabaseError::Unavailable(_)) {
            let statement = Statement::new(ABANDON, [json::strings(&self.digests).into()]);
            let _ = database.batch(Kind::Write, vec![statement]);
        }
    }
}
