//! Grants of access to collections, offers of it, and the answers to those.

use crate::bindings::exports::kalends::dav::store::{Access, Answer, Invitation, Operation};
use crate::bindings::kalends::dav::types::Place;
use crate::database::{Statement, Value};
use crate::place::home_number;
use crate::read::shares::title;
use crate::sql::Sql;

use super::guards::{self, level};
use super::members::NO_COLLECTION;

/// So many notifications of what is gone wait for one sharee at the most.
const UNREAD: u32 = 1_000;
/// So many shares one principal has at the most, offered ones among them, and ended ones that it has not been told of:
/// it reads them when it lists its home, and they are made by others.
const MOST: u32 = 500;

/// Whether somebody may have less access after an operation than before it.
pub(super) fn may_end_access(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Share(_)
            | Operation::ShareAt(_)
            | Operation::Invite(_)
            | Operation::Answer(_)
            | Operation::Leave(_)
            | Operation::Unshare(_)
    )
}

const NOBODY: &str = "INSERT INTO guard (gone) SELECT NULL WHERE NOT EXISTS (SELECT 1 FROM principal WHERE id = ?1)";

/// What a grant does to a share that is there.
macro_rules! granted {
    () => {
        " ON CONFLICT (collection, principal) DO UPDATE SET access = excluded.access, \
        notice = CASE WHEN share.state IN (0, 3) THEN 0 ELSE share.notice END, state = 1"
    };
}

/// The collection `c` at a place: owner's name, home and path are `?1` to `?3`.
macro_rules! at {
    () => {
        "FROM collection c JOIN principal o ON o.id = c.owner AND o.name = ?1 WHERE c.home = ?2 AND c.path = ?3"
    };
}

/// Grants access, or changes what was granted; nobody is asked. The owner has all of it already; nobody else becomes
/// one.
pub(super) fn grant(collection: u64, principal: u64, access: Access) -> Vec<Statement> {
    const GRANT: &str = concat!(
        "INSERT INTO share (collection, principal, access) SELECT c.id, ?2, ?3 FROM collection c \
        WHERE c.id = ?1 AND c.owner <> ?2",
        granted!()
    );
    vec![
        Statement::new(NO_COLLECTION, [collection.into()]),
        Statement::new(NOBODY, [principal.into()]),
        Statement::new(GRANT, [collection.into(), principal.into(), stored(access)]),
        bounded(principal),
    ]
}

/// The same for what is at a place in its owner's home.
pub(super) fn grant_at(place: &Place, principal: u64, access: Access) -> Vec<Statement> {
    const GONE: &str = concat!("INSERT INTO guard (gone) SELECT NULL WHERE NOT EXISTS (SELECT 1 ", at!(), ")");
    const GRANT: &str = concat!(
        "INSERT INTO share (collection, principal, access) SELECT c.id, ?4, ?5 ",
        at!(),
        " AND c.owner <> ?4",
        granted!()
    );
    let spot = || [place.owner.as_str().into(), home_number(place.home).into(), place.path.as_str().into()];
    let [owner, home, path] = spot();
    vec![
        Statement::new(GONE, spot()),
        Statement::new(NOBODY, [principal.into()]),
        Statement::new(GRANT, [owner, home, path, principal.into(), stored(access)]),
        bounded(principal),
    ]
}

/// Fails where a principal has more shares now than it may have. What it has turned down is none.
fn bounded(principal: u64) -> Statement {
    const FULL: &str = "INSERT INTO guard (no_room) SELECT NULL WHERE (SELECT count(*) FROM share WHERE principal = ?1 AND state <> 2) > ?2";
    Statement::new(FULL, [principal.into(), MOST.into()])
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
        bounded(invitation.principal),
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

/// Removes a notification: an invitation's and that of an end are the sharee's, an answer's the owner's. Of what has
/// ended nothing is left then.
pub(super) fn dismiss(asker: u64, collection: u64, principal: u64) -> Vec<Statement> {
    const DISMISS: &str = "UPDATE share SET notice = 0 WHERE collection = ?1 AND principal = ?2 \
        AND ?3 = CASE WHEN state IN (0, 3) THEN principal ELSE (SELECT c.owner FROM collection c WHERE c.id = ?1) END";
    const FORGET: &str = "DELETE FROM share WHERE collection = ?1 AND principal = ?2 AND state = 3 AND notice = 0";
    const FORGET_ENDED: &str = "DELETE FROM ended_share WHERE collection = ?1 AND principal = ?2 AND principal = ?3";
    let all = || [collection.into(), principal.into(), asker.into()];
    vec![
        Statement::new(DISMISS, all()),
        Statement::new(FORGET, [collection.into(), principal.into()]),
        Statement::new(FORGET_ENDED, all()),
    ]
}

fn stored(access: Access) -> Value {
    level(access.min(Access::Write)).into()
}

/// Ends a grant, and forgets what the sharee had set for itself. A user whose share somebody else ends is notified,
/// unless they had turned it down.
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

/// What is removed together with its shares.
pub(crate) enum Removed {
    /// One collection.
    Collection(u64),
    /// All that a principal owns.
    Of(u64),
}

/// Keeps, of the shares of calendars and address books that are about to be removed, what their sharees are to be told;
/// now where no time is given. A user who had turned it down is told nothing, and of a share that had ended before what
/// was told then. Who leaves as many as [`UNREAD`] unread is told of no more.
pub(crate) fn end_all(removed: Removed, now: Option<i64>) -> Statement {
    const KEEP: &str = concat!(
        "INSERT INTO ended_share (principal, collection, home, path, components, title, owner, \
        owner_name, owner_display_name, owner_emails, access, summary, changed) \
        SELECT g.principal, c.id, c.home, c.path, c.components, ",
        title!(),
        ", c.owner, o.name, o.display_name, o.emails, g.access, g.summary, \
        CASE WHEN g.state = 3 THEN g.changed ELSE coalesce(?2, unixepoch()) END \
        FROM collection c JOIN share g ON g.collection = c.id \
        JOIN principal w ON w.id = g.principal JOIN principal o ON o.id = c.owner \
        WHERE c.home <> 2 AND w.kind = 0 AND g.state <> 2 \
        AND (SELECT count(*) FROM ended_share e WHERE e.principal = g.principal) < ?3 AND "
    );
    let (these, number) = match removed {
        Removed::Collection(id) => ("c.id = ?1", id),
        Removed::Of(owner) => ("c.owner = ?1", owner),
    };
    let mut sql = Sql::new(KEEP, [number.into(), now.into(), UNREAD.into()]);
    sql.push(these);
    sql.finish()
}
