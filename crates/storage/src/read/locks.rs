//! The locks around a place.

use crate::bindings::exports::kalends::dav::store::Lock;
use crate::bindings::kalends::dav::types::{Failure, Place};
use crate::database::{Rows, Statement};
use crate::place::Spot;
use crate::rows::Columns;

/// Whether the lock `l` covers the spot `s`: it is on it, or deep and above it (RFC 4918 §7.4).
pub(crate) const COVERS: &str =
    "(l.path = s.path OR l.deep = 1 AND (l.path = '' OR substr(s.path, 1, length(l.path) + 1) = l.path || '/'))";

/// Whether the lock `l` is below the spot `s`.
pub(crate) const BELOW: &str = "(s.path = '' OR substr(l.path, 1, length(s.path) + 1) = s.path || '/')";

/// The locks on the place, on what holds it, deep ones above, and all below.
pub(super) fn around(spot: &Spot, now: i64) -> Statement {
    let mut sql = spot.begin();
    sql.push(" SELECT s.path AS spot, o.name AS owner_name, l.token, l.path, l.principal, l.exclusive, l.deep, ");
    sql.push("l.owner_xml, l.expires FROM spot s JOIN principal o ON o.id = s.owner ");
    sql.push("JOIN lock l ON l.owner = s.owner AND l.home = s.home WHERE l.expires > ").bind(now);
    sql.push(" AND (l.path = s.holder OR ").push(COVERS).push(" OR ").push(BELOW).push(") ORDER BY l.path, l.token");
    sql.finish()
}

/// The rows of [`around`].
pub(super) fn read(rows: Rows, spot: &Spot) -> Result<Vec<Lock>, Failure> {
    rows.into_iter().map(|row| read_lock(Columns::of(row), spot)).collect()
}

fn read_lock(mut columns: Columns, spot: &Spot) -> Result<Lock, Failure> {
    let here = columns.text()?;
    let owner = columns.text()?;
    let token = columns.text()?;
    let path = columns.text()?;
    let root = spot.seen(&here, &path).unwrap_or_else(|| Place { owner, ..spot.at(path) });
    Ok(Lock {
        token,
        root,
        principal: columns.natural()?,
        exclusive: columns.truth()?,
        deep: columns.truth()?,
        owner_xml: columns.text()?,
        expires: columns.integer()?,
    })
}
