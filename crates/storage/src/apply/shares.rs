//! Grants of access to collections, offers of it, and the answers to those.

use crate::bindings::exports::kalends::dav::store::{Access, Answer, Invitation};
use crate::database::{Statement, Value};

use super::guards::{self, level};
use super::members::NO_COLLECTION;

const NOBODY: &str = "INSERT INTO guard (gone) SELECT NULL WHERE NOT EXISTS (SELECT 1 FROM principal WHERE id = ?1)";

/// Grants access, or changes what was granted; nobody is asked. The owner has all of it already; nobody else becomes one.
pub(super) fn grant(collection: u64, principal: u64, access: Access) -> Vec<Statement> {
    const GRANT: &str = "INSERT INTO share (collection, principal, access) SELECT c.id, ?2, ?3 FROM collection c \
        WHERE c.id = ?1 AND c.owner <> ?2 ON CONFLICT (collection, principal) DO UPDATE SET access = excluded.access, \
        notice = CASE WHEN share.state IN (0, 3) THEN 0 ELSE share.notice END, state = 1";
    vec![
        Statement::new(NO_COLLECTION, [collection.into()]),
        Statement::new(NOBODY, [principal.into()]),
        Statement::new(GRANT, [collection.into(), principal.into(), stored(access)]),
    ]
}

/// Sets the state that a sharee has chosen.
const ANSWER: &str = "UPDATE share SET state = ?3, changed = ?4, notice = 1 \
    WHERE collection = ?1 AND principal = ?2 AND state NOT IN (?3, 3)";

/// Offers access. A group cannot answer, and so has what it is offered.
pub(super) fn invite(invitation: &Invitation) -> Vec<Statement> {
    const INVITE: &str = "INSERT INTO share (collection, principal, access, state, summary, changed, notice) \
        SELECT c.id, p.id, ?3, p.kind, ?4, ?5, 1 - p.kind FROM collection c JOIN principal p ON p.id = ?2 \
        WHERE c.id = ?1 AND c.owner <> ?2 ON CONFLICT (collection, principal) DO UPDATE SET access = excluded.access, \
        summary = excluded.summary, changed = CASE WHEN share.state = 1 THEN share.changed ELSE excluded.changed END, \
        notice = CASE WHEN share.state = 1 THEN share.notice ELSE 1 END, state = CASE WHEN share.state = 1 THEN 1 ELSE 0 END";
    let params = [
        invitation.collection.into(),
        invitation.principal.into(),
        stored(invitation.access),
        invitation.summary.as_str().into(),
        invitation.now.into(),
    ];
    vec![
        Statement::new(NO_COLLECTION, [invitation.collection.into()]),
        Statement::new(NOBODY, [invitation.principal.into()]),
        Statement::new(INVITE, params),
    ]
}

/// Accepts or declines. The owner is notified of an answer that is new.
pub(super) fn answer(asker: u64, answer: &Answer) -> Vec<Statement> {
    const NOTHING: &str = "INSERT INTO guard (gone) SELECT NULL WHERE NOT EXISTS \
        (SELECT 1 FROM share WHERE collection = ?1 AND principal = ?2 AND state <> 3)";
    let state: i64 = if answer.accept { 1 } else { 2 };
    let (collection, asker) = (answer.collection, asker);
    vec![
        Statement::new(NOTHING, [collection.into(), asker.into()]),
        Statement::new(ANSWER, [collection.into(), asker.into(), state.into(), answer.now.into()]),
    ]
}

/// Declines what the asker has, and fails where they have the collection still.
pub(super) fn leave(asker: u64, collection: u64, now: i64) -> Vec<Statement> {
    const DECLINED: i64 = 2;
    vec![
        Statement::new(ANSWER, [collection.into(), asker.into(), DECLINED.into(), now.into()]),
        guards::no_access(asker, collection),
    ]
}

/// Removes a notification: an invitation's and that of an end are the sharee's, an answer's the owner's. Of what has ended nothing is left then.
pub(super) fn dismiss(asker: u64, collection: u64, principal: u64) -> Vec<Statement> {
    const DISMISS: &str = "UPDATE share SET notice = 0 WHERE collection = ?1 AND principal = ?2 \
        AND ?3 = CASE WHEN state IN (0, 3) THEN principal ELSE (SELECT c.owner FROM collection c WHERE c.id = ?1) END";
    const FORGET: &str = "DELETE FROM share WHERE collection = ?1 AND principal = ?2 AND state = 3 AND notice = 0";
    vec![
        Statement::new(DISMISS, [collection.into(), principal.into(), asker.into()]),
        Statement::new(FORGET, [collection.into(), principal.into()]),
    ]
}

fn stored(access: Access) -> Value {
    level(access.min(Access::Write)).into()
}

/// Ends a grant, and forgets what the sharee had set for itself. A user whose share somebody else ends is notified, unless they had turned it down.
pub(super) fn end(asker: u64, collection: u64, principal: u64, now: i64) -> Vec<Statement> {
    const END: &str = "DELETE FROM share WHERE collection = ?1 AND principal = ?2 AND (principal = ?3 OR state = 2 \
        OR EXISTS (SELECT 1 FROM principal w WHERE w.id = ?2 AND w.kind <> 0))";
    const WITHDRAW: &str = "UPDATE share SET state = 3, notice = 1, changed = ?3 \
        WHERE collection = ?1 AND principal = ?2 AND state <> 3";
    const FORGET: &str = "DELETE FROM collection_property WHERE collection = ?1 AND principal = ?2 \
        AND NOT EXISTS (SELECT 1 FROM collection WHERE id = ?1 AND owner = ?2)";
    let with = |third: Value| [collection.into(), principal.into(), third];
    vec![
        Statement::new(NO_COLLECTION, [collection.into()]),
        Statement::new(END, with(asker.into())),
        Statement::new(WITHDRAW, with(now.into())),
        Statement::new(FORGET, [collection.into(), principal.into()]),
    ]
}
