//! What every storage world of Kalends does alike: the statements that answer a read, make a write and keep accounts,
//! over three small traits that a world implements:
//! [`Database`] runs batches of SQL, [`Blobs`] keeps bodies that do not fit into a row, [`Memory`] is the cache.
//!
//! A storage component implements [`World`] and calls [`export!`]; all else is here, and is tested natively.

mod accounts;
mod apply;
mod blobs;
mod cache;
mod database;
mod exports;
mod json;
pub mod migrations;
mod place;
pub mod postgres;
mod read;
mod rows;
mod sql;
mod turn;

pub use blobs::Blobs;
pub use cache::Memory;
pub use database::{Database, DatabaseError, Kind, Rows, Statement, Value};
pub use exports::World;
pub use turn::Turn;

/// The interfaces of `wit/` as Rust, made by wit-bindgen. What is exported is imported as well, with the same types, so
/// that the cases of `tests/contract` can be put to a component from outside as they are put to this crate natively. A
/// storage component uses none of these imports, and the linker leaves them out of it.
#[allow(missing_docs, unsafe_code, clippy::all, clippy::unwrap_used, clippy::panic, clippy::todo)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "
            package kalends:storage;
            world storage {
                import kalends:dav/store@0.1.0;
                import kalends:dav/accounts@0.1.0;
                import kalends:dav/cache@0.1.0;
                export kalends:dav/store@0.1.0;
                export kalends:dav/accounts@0.1.0;
                export kalends:dav/cache@0.1.0;
            }
        ",
        world: "kalends:storage/storage",
        pub_export_macro: true,
        default_bindings_module: "kalends_storage::bindings",
        additional_derives: [PartialEq, Clone],
        merge_structurally_equal_types: true,
        generate_all,
    });
}

pub use bindings::export;
use bindings::kalends::dav::types::Failure;

kalends_content::as_octets!(bindings::kalends::dav::text::Content);

/// Bodies of at most so many bytes, where they are UTF-8, live in their row: a report over a thousand events is then
/// one query, not a thousand reads of objects.
pub const INLINE: usize = 32 * 1024;

/// Octets of bodies that one read brings at the most, where the world does not say otherwise: they are in memory
/// several times before they are sent.
pub const BODIES_AT_ONCE: u64 = 24 * 1024 * 1024;

/// How long removals are remembered for sync where the `tombstone_days` setting does not say otherwise.
pub const TOMBSTONE_DAYS: u32 = 180;

/// A storage world: a database, a blob store, and what the person who runs the server has set.
pub struct Storage<D, B> {
    /// Runs the statements.
    pub database: D,
    /// Keeps large bodies.
    pub blobs: B,
    /// Days for which a removal is remembered.
    pub tombstone_days: u32,
    /// Octets of bodies that one read brings at the most.
    pub bodies_at_once: u64,
}

impl<D: Database, B: Blobs> Storage<D, B> {
    /// A storage world that remembers removals for [`TOMBSTONE_DAYS`], and reads [`BODIES_AT_ONCE`].
    pub fn new(database: D, blobs: B) -> Self {
        Self { database, blobs, tombstone_days: TOMBSTONE_DAYS, bodies_at_once: BODIES_AT_ONCE }
    }
}

impl From<DatabaseError> for Failure {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Unavailable(text) => Failure::Unavailable(text),
            DatabaseError::Full(text) => Failure::Full(text),
            DatabaseError::Constraint(text) | DatabaseError::Other(text) => Failure::Broken(text),
        }
    }
}
