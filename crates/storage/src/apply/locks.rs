//! Write locks (RFC 4918 §6, §7).

use crate::bindings::exports::kalends::dav::store::Lock;
use crate::database::Statement;
use crate::place::{Spot, in_force};

/// Adds a lock, or replaces the one with the same token; those of the same home that have ended by then go.
pub(super) fn add(asker: u64, lock: &Lock) -> Vec<Statement> {
    const REPLACE: &str = " ON CONFLICT (token) DO UPDATE SET owner = excluded.owner, home = excluded.home, \
        path = excluded.path, principal = excluded.principal, exclusive = excluded.exclusive, deep = excluded.deep, \
        owner_xml = excluded.owner_xml, expires = excluded.expires";
    let spot = Spot::new(asker, &lock.root);
    let mut gone = spot.begin();
    gone.push(" INSERT INTO guard (gone) SELECT NULL WHERE NOT EXISTS (SELECT 1 FROM spot)");
    let mut sql = spot.begin();
    sql.push(" INSERT INTO lock (token, owner, home, path, principal, exclusive, deep, owner_xml, expires) ");
    sql.push("SELECT ").bind(lock.token.as_str()).push(", s.owner, s.home, s.path, ").bind(lock.principal);
    sql.push(", ").bind(lock.exclusive).push(", ").bind(lock.deep).push(", ").bind(lock.owner_xml.as_str());
    sql.push(", ").bind(lock.expires).push(" FROM spot s WHERE true").push(REPLACE);
    let mut ended = spot.begin();
    ended.push(
        " DELETE FROM lock WHERE (owner, home) = (SELECT s.owner, s.home FROM spot s) AND expires <= unixepoch()",
    );
    vec![gone.finish(), ended.finish(), sql.finish()]
}

/// Removes a lock.
pub(super) fn remove(token: String) -> Statement {
    Statement::new("DELETE FROM lock WHERE token = ?1", [token.into()])
}

/// Removes the locks of those who may not write there any more: else what is shared could be kept locked by somebody
/// whom nobody lets in. It is for the end of what ends an access.
pub(crate) fn end_without_access() -> Statement {
    const END: &str = concat!(
        "WITH RECURSIVE holder (principal, id) AS (SELECT l.principal, l.principal FROM lock l WHERE l.principal <> l.owner \
        UNION SELECT h.principal, m.group_id FROM holder h JOIN membership m ON m.member_id = h.id) \
        DELETE FROM lock WHERE principal <> owner AND NOT EXISTS (SELECT 1 FROM holder h \
        JOIN share g ON g.principal = h.id AND ",
        in_force!(),
        " AND g.access >= 3 JOIN collection x ON x.id = g.collection WHERE h.principal = lock.principal \
        AND x.owner = lock.owner AND x.home = lock.home AND (x.path = '' OR x.path = lock.path \
        OR substr(lock.path, 1, length(x.path) + 1) = x.path || '/'))"
    );
    Statement::new(END, [])
}
