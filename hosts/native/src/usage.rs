//! What one request used of the storage behind it.

use std::sync::atomic::{AtomicU32, Ordering};

/// Counts what a request costs. Shared between the instance, which counts, and the edge, which reports.
#[derive(Debug, Default)]
pub struct Usage {
    storage: AtomicU32,
    cache: AtomicU32,
}

impl Usage {
    /// One more storage round trip: a transaction as a whole, or a statement outside of one.
    pub fn count_storage(&self) {
        self.storage.fetch_add(1, Ordering::Relaxed);
    }

    /// One more operation on a key-value store.
    pub fn count_cache(&self) {
        self.cache.fetch_add(1, Ordering::Relaxed);
    }

    /// Storage round trips so far. What would be one exchange with a database across a network counts as one.
    pub fn storage(&self) -> u32 {
        self.storage.load(Ordering::Relaxed)
    }

    /// Key-value operations so far.
    pub fn cache(&self) -> u32 {
        self.cache.load(Ordering::Relaxed)
    }
}
