//! Write locks (RFC 4918 §6, §7).

use crate::bindings::exports::kalends::dav::store::Lock;
use crate::database::Statement;
use crate::place::Spot;

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
