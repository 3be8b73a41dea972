//! Bodies that do not live in their row.

use crate::bindings::kalends::dav::types::Failure;

/// A store of bodies under their SHA-256 in hex. What is stored under a digest is never changed.
pub trait Blobs {
    /// The bodies under these digests, in their order; none for one that is not there.
    fn get(&self, digests: &[String]) -> Result<Vec<Option<Vec<u8>>>, Failure>;

    /// Stores a body durably. One that is there already may be left as it is.
    fn put(&self, digest: &str, body: &[u8]) -> Result<(), Failure>;

    /// Removes bodies; those that are not there are no error.
    fn delete(&self, digests: &[String]) -> Result<(), Failure>;
}
