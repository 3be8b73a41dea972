//! Changes of collections.

use crate::bindings::exports::kalends::dav::store::Relocation;
use crate::bindings::kalends::dav::types::{Failure, Home, NewCollection, Place};
use crate::database::{Rows, Statement};
use crate::place::{Spot, WITHIN, within};
use crate::rows::Columns;
use crate::sql::Sql;

use super::guards::push_resource;
use super::members::NO_COLLECTION;
use super::properties::{self, as_json};
use super::shares::{self, Removed};

/// `FROM` the destination `s`, the source `t`, and each collection `d` in it, itself included.
const SUBTREE: &str = concat!(" FROM spot s JOIN collection t ON true JOIN collection d ON ", within!());

/// Octets of a collection's path in its owner's home, at the most: whatever is in it has an href that can be asked for,
/// a sharee's too (RFC 4918 §8.3). `href` in the protocol reads twice as much, and more.
const LONGEST_PATH: u32 = 4096;

/// Which of the statements of [`create`] returns the number.
pub(super) const MAKER: usize = 2;

/// The numbers of new collections, from what a batch returned; `makers` are the positions of the statements that made
/// them.
pub(super) fn made(makers: &[usize], results: &[Rows]) -> Result<Vec<u64>, Failure> {
    let row = |maker: &usize| results.get(*maker).and_then(|rows| rows.first()).cloned().unwrap_or_default();
    makers.iter().map(|maker| Columns::of(row(maker)).natural()).collect()
}

/// Makes a collection where nothing is, now where no time is given. What holds it must be there.
pub(crate) fn create(asker: u64, new: &NewCollection, now: Option<i64>) -> Vec<Statement> {
    let spot = Spot::new(asker, &new.place);
    let mut statements = destination(&spot, &new.place);
    let mut sql = spot.begin();
    sql.push(" INSERT INTO collection (owner, home, path, components, created, modified) ");
    sql.push("SELECT s.owner, s.home, s.path, ").bind(new.components.join(",")).push(", n.now, n.now FROM spot s, ");
    sql.push("(SELECT coalesce(").bind(now).push(", unixepoch()) AS now) n RETURNING id");
    statements.push(sql.finish());
    let mut sql = spot.begin();
    sql.push(" INSERT INTO guard (no_room) SELECT NULL FROM spot s WHERE octet_length(s.path) > ").bind(LONGEST_PATH);
    statements.push(sql.finish());
    if !new.properties.is_empty() {
        let mut sql = spot.begin();
        sql.push(" INSERT INTO collection_property (collection, principal, namespace, name, xml) ");
        sql.push("SELECT c.id, 0, j.value ->> 0, j.value ->> 1, j.value ->> 2 FROM spot s ");
        sql.push("JOIN collection c ON c.owner = s.owner AND c.home = s.home AND c.path = s.path, json_each(");
        sql.bind(as_json(&new.properties)).push(") j");
        statements.push(sql.finish());
        let these = "spot s JOIN collection c ON c.owner = s.owner AND c.home = s.home AND c.path = s.path \
            JOIN collection_property q ON q.collection = c.id";
        statements.push(properties::bounded(spot.begin(), these));
    }
    statements
}

/// Checks that a collection may come to a place: what holds it is there, and no resource is in its way (a collection
/// there violates a constraint).
fn destination(spot: &Spot, place: &Place) -> Vec<Statement> {
    let mut occupied = spot.begin();
    occupied.push(" INSERT INTO guard (occupied) SELECT NULL WHERE ");
    push_resource(&mut occupied, spot);
    let mut held = spot.begin();
    held.push(" INSERT INTO guard (gone) SELECT NULL WHERE NOT EXISTS (SELECT 1 FROM spot s WHERE s.path = '' OR ");
    // In the homes of calendars and address books nothing nests, and the homes themselves are no collections.
    held.push(match place.home {
        Home::Calendars | Home::Addressbooks => "instr(s.path, '/') = 0)",
        Home::Files => {
            "EXISTS (SELECT 1 FROM collection c WHERE c.owner = s.owner AND c.home = s.home \
            AND c.path = rtrim(rtrim(s.path, replace(s.path, '/', '')), '/')))"
        }
    });
    vec![occupied.finish(), held.finish()]
}

/// Removes a collection with all in and below it, and the locks there. The root of the plain files cannot be removed.
pub(super) fn delete(id: u64, now: i64) -> Vec<Statement> {
    let mut statements = vec![Statement::new(NO_COLLECTION, [id.into()]), not_root(id), unlock(id)];
    statements.push(shares::end_all(Removed::Collection(id), Some(now)));
    let mut sql = Sql::new("DELETE FROM collection WHERE id IN (SELECT d.id FROM collection t ", [id.into()]);
    sql.push("JOIN collection d ON ").push(WITHIN).push(" WHERE t.id = ?1)");
    statements.push(sql.finish());
    statements
}

fn not_root(id: u64) -> Statement {
    const ROOT: &str = "INSERT INTO guard (denied) SELECT NULL FROM collection WHERE id = ?1 AND path = ''";
    Statement::new(ROOT, [id.into()])
}

/// Removes the locks on and below a collection.
fn unlock(id: u64) -> Statement {
    let mut sql = Sql::new("DELETE FROM lock WHERE token IN (SELECT d.token FROM collection t ", [id.into()]);
    sql.push("JOIN lock d ON ").push(WITHIN).push(" WHERE t.id = ?1)");
    sql.finish()
}

/// Copies a collection: its properties; and where it is deep, what is in and below it. Change numbers are kept; since
/// the copy has a number of its own, no sync token knows them.
pub(super) fn copy(asker: u64, relocation: &Relocation) -> Vec<Statement> {
    const PROPERTIES: &str = " INSERT INTO collection_property (collection, principal, namespace, name, xml) \
        SELECT n.id, 0, q.namespace, q.name, q.xml FROM pair n JOIN collection_property q ON q.collection = n.source \
        AND q.principal = 0";
    const RESOURCES: &str = " INSERT INTO resource (collection, name, seq, etag, content_type, size, component, uid, \
        starts, ends, exact, created, modified, blob, body) SELECT n.id, r.name, r.seq, r.etag, r.content_type, r.size, \
        r.component, r.uid, r.starts, r.ends, r.exact, r.created, r.modified, r.blob, r.body FROM pair n \
        JOIN resource r ON r.collection = n.source";
    const MEMBERS: &str = " FROM pair n JOIN resource r ON r.collection = n.source \
        JOIN resource m ON m.collection = n.id AND m.name = r.name";
    const RESOURCE_PROPERTIES: &str = "JOIN resource_property q ON q.resource = r.id";
    const TEXTS: &str = "JOIN resource_text q ON q.resource = r.id";
    let mut statements = relocatable(asker, relocation);
    statements.push(copy_rows(asker, relocation));
    statements.push(paired(asker, relocation, PROPERTIES));
    if relocation.deep {
        statements.push(paired(asker, relocation, RESOURCES));
        let properties = " INSERT INTO resource_property (resource, namespace, name, xml) \
            SELECT m.id, q.namespace, q.name, q.xml";
        statements.push(paired(asker, relocation, &[properties, MEMBERS, " ", RESOURCE_PROPERTIES].concat()));
        let texts = " INSERT INTO resource_text (resource, name, value, collection) SELECT m.id, q.name, q.value, n.id";
        statements.push(paired(asker, relocation, &[texts, MEMBERS, " ", TEXTS].concat()));
    }
    statements
}

/// The checks that a relocation begins with: a collection cannot come to be in itself (RFC 4918 §9.8.5, §9.9.4), nor
/// what is below it where it is out of reach.
fn relocatable(asker: u64, relocation: &Relocation) -> Vec<Statement> {
    let spot = Spot::new(asker, &relocation.to);
    let mut statements = vec![Statement::new(NO_COLLECTION, [relocation.source.into()]), not_root(relocation.source)];
    statements.extend(destination(&spot, &relocation.to));
    let mut sql = spot.begin();
    sql.push(" INSERT INTO guard (denied) SELECT NULL FROM spot d JOIN collection t ON t.id = ");
    sql.bind(relocation.source).push(" AND ").push(WITHIN);
    statements.push(sql.finish());
    let mut sql = spot.begin();
    sql.push(" INSERT INTO guard (no_room) SELECT NULL").push(sources(relocation)).push(" WHERE t.id = ");
    sql.bind(relocation.source).push(" AND octet_length(s.path) + octet_length(d.path) - octet_length(t.path) > ");
    sql.bind(LONGEST_PATH);
    statements.push(sql.finish());
    statements
}

/// The new rows of the collections themselves.
fn copy_rows(asker: u64, relocation: &Relocation) -> Statement {
    let mut sql = Spot::new(asker, &relocation.to).begin();
    sql.push(" INSERT INTO collection (owner, home, path, components, seq, members, bytes, created, modified) ");
    sql.push("SELECT s.owner, s.home, s.path || substr(d.path, length(t.path) + 1), d.components, d.seq, ");
    sql.push(if relocation.deep { "d.members, d.bytes, " } else { "0, 0, " });
    sql.bind(relocation.now).push(", ").bind(relocation.now).push(sources(relocation));
    sql.push(" WHERE t.id = ").bind(relocation.source);
    sql.finish()
}

/// A statement with `pair`: of each new collection, its number and the number of what it is a copy of.
fn paired(asker: u64, relocation: &Relocation, text: &str) -> Statement {
    let mut sql = Spot::new(asker, &relocation.to).begin();
    sql.push(", pair (id, source) AS (SELECT n.id, d.id").push(sources(relocation));
    sql.push(" JOIN collection n ON n.owner = s.owner AND n.home = s.home ");
    sql.push("AND n.path = s.path || substr(d.path, length(t.path) + 1) WHERE t.id = ").bind(relocation.source);
    sql.push(")").push(text);
    sql.finish()
}

/// `FROM` the destination `s`, the source `t`, and each collection `d` that is copied or moved.
fn sources(relocation: &Relocation) -> &'static str {
    if relocation.deep { SUBTREE } else { " FROM spot s JOIN collection t ON true JOIN collection d ON d.id = t.id" }
}

/// Moves a collection and all below it. Their numbers, members and shares stay, locks do not (RFC 4918 §7.6); who had a
/// share that has ended does not learn where it is now, and whose they are now needs none.
pub(super) fn relocate(asker: u64, relocation: &Relocation) -> Vec<Statement> {
    const DISOWN: &str = concat!(
        "DELETE FROM share WHERE collection IN (SELECT d.id FROM collection t JOIN collection d ON ",
        within!(),
        " WHERE t.id = ?1) AND (state = 3 OR principal = (SELECT owner FROM collection WHERE id = ?1))"
    );
    let mut statements = relocatable(asker, relocation);
    statements.push(unlock(relocation.source));
    let mut sql = Spot::new(asker, &relocation.to).begin();
    sql.push(" UPDATE collection SET owner = m.owner, home = m.home, path = m.path, modified = ").bind(relocation.now);
    sql.push(" FROM (SELECT d.id, s.owner, s.home, s.path || substr(d.path, length(t.path) + 1) AS path");
    sql.push(SUBTREE).push(" WHERE t.id = ").bind(relocation.source).push(") m WHERE collection.id = m.id");
    statements.push(sql.finish());
    statements.push(Statement::new(DISOWN, [relocation.source.into()]));
    statements
}
