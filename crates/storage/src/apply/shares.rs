//! Grants of access to collections.

use crate::bindings::exports::kalends::dav::store::Access;
use crate::database::Statement;

use super::guards::level;
use super::members::NO_COLLECTION;

/// Grants access, or changes what was granted. The owner has all of it already; nobody else becomes one.
pub(super) fn grant(collection: u64, principal: u64, access: Access) -> Vec<Statement> {
    const NOBODY: &str =
        "INSERT INTO guard (gone) SELECT NULL WHERE NOT EXISTS (SELECT 1 FROM principal WHERE id = ?1)";
    const GRANT: &str = "INSERT INTO share (collection, principal, access) SELECT c.id, ?2, ?3 FROM collection c \
        WHERE c.id = ?1 AND c.owner <> ?2 ON CONFLICT (collection, principal) DO UPDATE SET access = excluded.access";
    vec![
        Statement::new(NO_COLLECTION, [collection.into()]),
        Statement::new(NOBODY, [principal.into()]),
        Statement::new(GRANT, [collection.into(), principal.into(), level(access.min(Access::Write)).into()]),
    ]
}

/// Ends a grant, and forgets what the sharee had set for itself.
pub(super) fn end(collection: u64, principal: u64) -> Vec<Statement> {
    const END: &str = "DELETE FROM share WHERE collection = ?1 AND principal = ?2";
    const FORGET: &str = "DELETE FROM collection_property WHERE collection = ?1 AND principal = ?2 \
        AND NOT EXISTS (SELECT 1 FROM collection WHERE id = ?1 AND owner = ?2)";
    let both = || [collection.into(), principal.into()];
    vec![
        Statement::new(NO_COLLECTION, [collection.into()]),
        Statement::new(END, both()),
        Statement::new(FORGET, both()),
    ]
}
