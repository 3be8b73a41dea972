//! Large bodies: in files where a directory is mounted, else in a table.

use kalends_storage::Blobs;
use kalends_storage::bindings::kalends::dav::types::Failure;

use crate::{files, table};

/// The store of bodies that this host gives.
#[derive(Default)]
pub struct Bodies;

impl Blobs for Bodies {
    /// What is in no file may be in the table: from a time without a directory.
    fn get(&self, digests: &[String]) -> Result<Vec<Option<Vec<u8>>>, Failure> {
        let read = |digest: &String| match files::are_mounted().then(|| files::read(digest)).transpose()?.flatten() {
            Some(body) => Ok(Some(body)),
            None => table::read(digest),
        };
        digests.iter().map(read).collect()
    }

    fn put(&self, digest: &str, body: &[u8]) -> Result<(), Failure> {
        if files::are_mounted() { files::write(digest, body) } else { table::write(digest, body) }
    }

    fn delete(&self, digests: &[String]) -> Result<(), Failure> {
        if files::are_mounted() {
            digests.iter().try_for_each(|digest| files::remove(digest))?;
        }
        table::remove(digests)
    }
}
