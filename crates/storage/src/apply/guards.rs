//! Guards as statements. One that does not hold inserts NULL into a column of the `guard` table, and the constraint
//! that this violates takes the whole batch back; its message names the column (see `rejections`).

use crate::bindings::exports::kalends::dav::store::{Access, Arrival, Guard, Member, Unlocked};
use crate::bindings::kalends::dav::types::Place;
use crate::database::Statement;
use crate::json;
use crate::place::{ASKER, LEVEL, Spot, WITHIN};
use crate::read::locks::{BELOW, COVERS};
use crate::sql::Sql;

/// The statement that a guard is.
pub(super) fn statement(asker: u64, guard: Guard) -> Statement {
    match guard {
        Guard::Unchanged((member, etag)) => unchanged(member, etag),
        Guard::Unlocked(unlocked) => self::unlocked(asker, &unlocked),
        Guard::Access((collection, access)) => self::access(asker, collection, access),
        Guard::Vacant(place) => vacant(asker, &place),
        Guard::Room((collection, bytes)) => room(collection, bytes),
        Guard::RoomFor(arrival) => room_for(asker, &arrival),
        Guard::AtChange((collection, seq)) => at_change(collection, seq),
    }
}

fn unchanged(member: Member, etag: Option<String>) -> Statement {
    const SAME: &str = "INSERT INTO guard (changed) SELECT NULL WHERE NOT EXISTS \
        (SELECT 1 FROM resource WHERE collection = ?1 AND name = ?2 AND etag = ?3)";
    const ABSENT: &str = "INSERT INTO guard (changed) SELECT NULL WHERE EXISTS \
        (SELECT 1 FROM resource WHERE collection = ?1 AND name = ?2)";
    match etag {
        Some(etag) => Statement::new(SAME, [member.collection.into(), member.name.into(), etag.into()]),
        None => Statement::new(ABSENT, [member.collection.into(), member.name.into()]),
    }
}

fn unlocked(asker: u64, unlocked: &Unlocked) -> Statement {
    let mut sql = Spot::new(asker, &unlocked.place).begin();
    sql.push(" INSERT INTO guard (locked) SELECT NULL WHERE EXISTS (SELECT 1 FROM spot s ");
    sql.push("JOIN lock l ON l.owner = s.owner AND l.home = s.home WHERE l.expires > ").bind(unlocked.now);
    sql.push(" AND l.token NOT IN (SELECT value FROM json_each(").bind(json::strings(&unlocked.tokens));
    sql.push(")) AND (").push(COVERS);
    if unlocked.deep {
        sql.push(" OR ").push(BELOW);
    }
    sql.push("))");
    sql.finish()
}

/// A collection that is not there any more is gone, not denied.
fn access(asker: u64, collection: u64, access: Access) -> Statement {
    let mut sql = Sql::new(ASKER, [asker.into(), collection.into(), level(access).into()]);
    sql.push(" INSERT INTO guard (denied, gone) SELECT CASE WHEN e.there THEN NULL ELSE 0 END, ");
    sql.push("CASE WHEN e.there THEN 0 END FROM (SELECT EXISTS (SELECT 1 FROM collection WHERE id = ?2) AS there) e ");
    sql.push("WHERE NOT EXISTS (SELECT 1 FROM collection c WHERE c.id = ?2 AND (").push(LEVEL).push(") >= ?3)");
    sql.finish()
}

/// The asker may not see the collection.
pub(super) fn no_access(asker: u64, collection: u64) -> Statement {
    let mut sql = Sql::new(ASKER, [asker.into(), collection.into()]);
    sql.push(" INSERT INTO guard (denied) SELECT NULL FROM collection c WHERE c.id = ?2 AND (");
    sql.push(LEVEL).push(") IS NOT NULL");
    sql.finish()
}

fn vacant(asker: u64, place: &Place) -> Statement {
    let spot = Spot::new(asker, place);
    let mut sql = spot.begin();
    sql.push(" INSERT INTO guard (occupied) SELECT NULL WHERE ");
    push_occupied(&mut sql, &spot);
    sql.finish()
}

/// Whether a collection or a resource is at the spot.
pub(super) fn push_occupied(sql: &mut Sql, spot: &Spot) {
    sql.push("EXISTS (SELECT 1 FROM spot s JOIN collection c ON c.owner = s.owner AND c.home = s.home ");
    sql.push("AND c.path = s.path) OR ");
    push_resource(sql, spot);
}

/// Whether a resource is at the spot.
pub(super) fn push_resource(sql: &mut Sql, spot: &Spot) {
    sql.push("EXISTS (SELECT 1 FROM spot s JOIN collection c ON c.owner = s.owner AND c.home = s.home ");
    sql.push("AND c.path = s.holder JOIN resource r ON r.collection = c.id AND r.name = ");
    sql.bind(spot.name().unwrap_or_default()).push(")");
}

fn room(collection: u64, bytes: u64) -> Statement {
    const ROOM: &str = "INSERT INTO guard (no_room) SELECT NULL FROM collection c JOIN principal p ON p.id = c.owner \
        WHERE c.id = ?1 AND p.quota IS NOT NULL AND p.used + ?2 > p.quota";
    Statement::new(ROOM, [collection.into(), bytes.into()])
}

/// What comes may be no more than what goes, however full it is (RFC 4331 §3).
fn room_for(asker: u64, arrival: &Arrival) -> Statement {
    let spot = Spot::new(asker, &arrival.to);
    let mut sql = spot.begin();
    sql.push(" INSERT INTO guard (no_room) SELECT NULL FROM (SELECT s.owner, (");
    match &arrival.name {
        Some(name) => {
            sql.push("SELECT coalesce(max(size), 0) FROM resource WHERE collection = ").bind(arrival.collection);
            sql.push(" AND name = ").bind(name.as_str());
        }
        None => {
            sql.push(BYTES).push(WITHIN).push(" WHERE t.id = ").bind(arrival.collection);
        }
    }
    sql.push(") AS comes, (").push(BYTES).push(WITHIN);
    sql.push(" WHERE t.owner = s.owner AND t.home = s.home AND t.path = s.path) + (SELECT coalesce(max(r.size), 0) ");
    sql.push("FROM collection c JOIN resource r ON r.collection = c.id AND r.name = ");
    sql.bind(spot.name().unwrap_or_default());
    sql.push(" WHERE c.owner = s.owner AND c.home = s.home AND c.path = s.holder) AS goes FROM spot s) n ");
    sql.push("JOIN principal p ON p.id = n.owner WHERE n.comes > n.goes AND p.used + n.comes - n.goes > p.quota");
    sql.finish()
}

/// The bytes of what is in the collections `d` that are where the collection `t` is, or below.
const BYTES: &str = "SELECT coalesce(sum(d.bytes), 0) FROM collection t JOIN collection d ON ";

fn at_change(collection: u64, seq: u64) -> Statement {
    const CHANGED: &str = "INSERT INTO guard (changed) SELECT NULL WHERE NOT EXISTS \
        (SELECT 1 FROM collection WHERE id = ?1 AND seq = ?2)";
    Statement::new(CHANGED, [collection.into(), seq.into()])
}

/// How an access is stored.
pub(super) fn level(access: Access) -> u32 {
    match access {
        Access::FreeBusy => 1,
        Access::Read => 2,
        Access::Write => 3,
        Access::Owner => 4,
    }
}
