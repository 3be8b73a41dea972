//! Changes of resources. Each raises its collection's `seq`, and stamps the resource or its tombstone with it.

use crate::bindings::exports::kalends::dav::store::{Index, Member, Put, Transfer};
use crate::database::{Statement, Value};
use crate::json;
use crate::sql::FOREVER;

use super::bodies;
use super::properties::bounded_of_resources;

/// Takes away the removal of a name that is there again.
const REVIVE: &str = "DELETE FROM tombstone WHERE collection = ?1 AND name = ?2";

/// Fails where there is no such resource.
const GONE: &str = "INSERT INTO guard (gone) SELECT NULL WHERE NOT EXISTS \
    (SELECT 1 FROM resource WHERE collection = ?1 AND name = ?2)";

/// Fails where there is no such collection.
pub(super) const NO_COLLECTION: &str =
    "INSERT INTO guard (gone) SELECT NULL WHERE NOT EXISTS (SELECT 1 FROM collection WHERE id = ?1)";

/// Fails where there is no such collection, and where a collection is in the place of the member.
const NO_PLACE: &str = "INSERT INTO guard (occupied, gone) SELECT \
    CASE WHEN h.id IS NULL THEN 0 END, CASE WHEN h.id IS NULL THEN NULL ELSE 0 END \
    FROM (SELECT 1) n LEFT JOIN collection h ON h.id = ?1 WHERE h.id IS NULL OR EXISTS (SELECT 1 FROM collection c \
    WHERE c.owner = h.owner AND c.home = h.home AND c.path = ltrim(h.path || '/' || ?2, '/'))";

/// Stores a body under a name.
pub(super) fn put(put: Put) -> Vec<Statement> {
    const COUNT: &str = "UPDATE collection SET seq = seq + 1, modified = max(modified, ?4), \
        members = members + CASE WHEN EXISTS (SELECT 1 FROM resource WHERE collection = ?1 AND name = ?2) THEN 0 ELSE 1 END, \
        bytes = bytes + ?3 - coalesce((SELECT size FROM resource WHERE collection = ?1 AND name = ?2), 0) \
        WHERE id = ?1";
    const STORE: &str = "INSERT INTO resource (collection, name, seq, etag, content_type, size, component, uid, \
        starts, ends, exact, created, modified, blob, body) VALUES (?1, ?2, (SELECT seq FROM collection WHERE id = ?1), \
        ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12, ?13) ON CONFLICT (collection, name) DO UPDATE SET \
        seq = excluded.seq, etag = excluded.etag, content_type = excluded.content_type, size = excluded.size, \
        component = excluded.component, uid = excluded.uid, starts = excluded.starts, ends = excluded.ends, \
        exact = excluded.exact, modified = excluded.modified, blob = excluded.blob, body = excluded.body";
    let size = put.body.len();
    let inline = bodies::inline(&put);
    let Put { member: Member { collection, name }, content_type, etag, digest, index, body, now } = put;
    let (starts, ends) = bounds(&index);
    let (blob, body) = match (inline, String::from_utf8(body)) {
        (true, Ok(body)) => (Value::Null, Value::Text(body)),
        _ => (Value::Text(digest), Value::Null),
    };
    let member = || [Value::from(collection), Value::from(name.as_str())];
    let [id, at] = member();
    let mut statements =
        vec![Statement::new(NO_PLACE, member()), Statement::new(COUNT, [id, at, size.into(), now.into()])];
    let [id, at] = member();
    let Index { uid, component, exact, texts, .. } = index;
    let row = [
        id,
        at,
        etag.into(),
        content_type.into(),
        size.into(),
        component.into(),
        uid.into(),
        starts.into(),
        ends.into(),
        exact.into(),
        now.into(),
        blob,
        body,
    ];
    statements.push(Statement::new(STORE, row));
    statements.push(Statement::new(REVIVE, member()));
    statements.extend(index_texts(&collection.into(), &name, &texts));
    statements
}

/// Replaces the indexed texts of a resource.
fn index_texts(collection: &Value, name: &str, texts: &[(String, String)]) -> Vec<Statement> {
    const CLEAR: &str = "DELETE FROM resource_text WHERE resource = \
        (SELECT id FROM resource WHERE collection = ?1 AND name = ?2)";
    const ADD: &str = "INSERT INTO resource_text (resource, name, value, collection) \
        SELECT r.id, j.value ->> 0, j.value ->> 1, ?1 FROM resource r, json_each(?3) j \
        WHERE r.collection = ?1 AND r.name = ?2 ON CONFLICT DO NOTHING";
    let mut statements = vec![Statement::new(CLEAR, [collection.clone(), name.into()])];
    if !texts.is_empty() {
        let texts = json::tuples(texts.iter().map(|(name, value)| [name, value]));
        statements.push(Statement::new(ADD, [collection.clone(), name.into(), texts.into()]));
    }
    statements
}

/// The first and last moment as they are stored.
fn bounds(index: &Index) -> (i64, i64) {
    let starts = index.first.map_or(-FOREVER, |first| first.clamp(1 - FOREVER, FOREVER - 1));
    (starts, index.last.map_or(FOREVER, |last| last.clamp(starts, FOREVER - 1)))
}

/// Removes a resource, and its locks (RFC 4918 §9.6). Removals at and before `cutoff` are forgotten.
pub(super) fn delete(member: &Member, now: i64, cutoff: i64) -> Vec<Statement> {
    const REMOVE: &str = "DELETE FROM resource WHERE collection = ?1 AND name = ?2";
    let at = || [Value::from(member.collection), Value::from(member.name.as_str())];
    let mut statements = vec![Statement::new(GONE, at())];
    statements.extend(leave(member, now, cutoff));
    statements.push(Statement::new(REMOVE, at()));
    statements
}

/// What happens in a collection when a resource leaves it, but for the row itself.
fn leave(member: &Member, now: i64, cutoff: i64) -> Vec<Statement> {
    const COUNT: &str = "UPDATE collection SET seq = seq + 1, modified = max(modified, ?3), members = members - 1, \
        bytes = bytes - (SELECT size FROM resource WHERE collection = ?1 AND name = ?2) WHERE id = ?1";
    const BURY: &str = "INSERT INTO tombstone (collection, name, seq, removed) \
        SELECT id, ?2, seq, ?3 FROM collection WHERE id = ?1 \
        ON CONFLICT (collection, name) DO UPDATE SET seq = excluded.seq, removed = excluded.removed";
    const UNLOCK: &str = "DELETE FROM lock WHERE (owner, home, path) = (SELECT c.owner, c.home, \
        ltrim(c.path || '/' || ?2, '/') FROM collection c WHERE c.id = ?1)";
    // Removals happen in the order of their numbers, so a few of the first ones tell which are old.
    const FORGET: &str = "UPDATE collection SET forgotten = max(forgotten, coalesce((SELECT max(t.seq) FROM \
        (SELECT seq, removed FROM tombstone WHERE collection = ?1 ORDER BY seq LIMIT 100) t WHERE t.removed <= ?2), 0)) \
        WHERE id = ?1";
    const PRUNE: &str = "DELETE FROM tombstone WHERE collection = ?1 \
        AND seq <= (SELECT forgotten FROM collection WHERE id = ?1)";
    let at = || [Value::from(member.collection), Value::from(member.name.as_str())];
    let then = || [Value::from(member.collection), Value::from(member.name.as_str()), Value::from(now)];
    vec![
        Statement::new(COUNT, then()),
        Statement::new(BURY, then()),
        Statement::new(UNLOCK, at()),
        Statement::new(FORGET, [member.collection.into(), cutoff.into()]),
        Statement::new(PRUNE, [member.collection.into()]),
    ]
}

/// The parameters of a statement on a transfer: `?1` and `?2` are the source, `?3` and `?4` the destination.
fn both(transfer: &Transfer) -> [Value; 4] {
    let Transfer { source, to, .. } = transfer;
    [source.collection.into(), source.name.as_str().into(), to.collection.into(), to.name.as_str().into()]
}

fn both_then(transfer: &Transfer) -> [Value; 5] {
    let [a, b, c, d] = both(transfer);
    [a, b, c, d, transfer.now.into()]
}

/// The checks that a transfer begins with.
fn transferable(transfer: &Transfer) -> Vec<Statement> {
    let Transfer { source, to, .. } = transfer;
    vec![
        Statement::new(GONE, [source.collection.into(), source.name.as_str().into()]),
        Statement::new(NO_PLACE, [to.collection.into(), to.name.as_str().into()]),
    ]
}

fn is_nothing(transfer: &Transfer) -> bool {
    transfer.source.collection == transfer.to.collection && transfer.source.name == transfer.to.name
}

/// Copies a resource with its properties; one that is copied onto itself stays as it is.
pub(super) fn copy(transfer: &Transfer) -> Vec<Statement> {
    const COUNT: &str = "UPDATE collection SET seq = seq + 1, modified = max(modified, ?5), \
        members = members + CASE WHEN EXISTS (SELECT 1 FROM resource WHERE collection = ?3 AND name = ?4) THEN 0 ELSE 1 END, \
        bytes = bytes + (SELECT size FROM resource WHERE collection = ?1 AND name = ?2) \
        - coalesce((SELECT size FROM resource WHERE collection = ?3 AND name = ?4), 0) WHERE id = ?3";
    const STORE: &str = "INSERT INTO resource (collection, name, seq, etag, content_type, size, component, uid, \
        starts, ends, exact, created, modified, blob, body) SELECT ?3, ?4, (SELECT seq FROM collection WHERE id = ?3), \
        etag, content_type, size, component, uid, starts, ends, exact, ?5, ?5, blob, body FROM resource \
        WHERE collection = ?1 AND name = ?2 ON CONFLICT (collection, name) DO UPDATE SET \
        seq = excluded.seq, etag = excluded.etag, content_type = excluded.content_type, size = excluded.size, \
        component = excluded.component, uid = excluded.uid, starts = excluded.starts, ends = excluded.ends, \
        exact = excluded.exact, modified = excluded.modified, blob = excluded.blob, body = excluded.body";
    const CLEAR_PROPERTIES: &str = "DELETE FROM resource_property WHERE resource = \
        (SELECT id FROM resource WHERE collection = ?1 AND name = ?2)";
    const PROPERTIES: &str = "INSERT INTO resource_property (resource, namespace, name, xml) \
        SELECT n.id, q.namespace, q.name, q.xml FROM resource r JOIN resource_property q ON q.resource = r.id \
        JOIN resource n ON n.collection = ?3 AND n.name = ?4 WHERE r.collection = ?1 AND r.name = ?2";
    const TEXTS: &str = "INSERT INTO resource_text (resource, name, value, collection) \
        SELECT n.id, t.name, t.value, ?3 FROM resource r JOIN resource_text t ON t.resource = r.id \
        JOIN resource n ON n.collection = ?3 AND n.name = ?4 WHERE r.collection = ?1 AND r.name = ?2";
    let to = || [Value::from(transfer.to.collection), Value::from(transfer.to.name.as_str())];
    let mut statements = transferable(transfer);
    if is_nothing(transfer) {
        return statements;
    }
    statements.push(Statement::new(COUNT, both_then(transfer)));
    statements.push(Statement::new(STORE, both_then(transfer)));
    statements.push(Statement::new(REVIVE, to()));
    statements.push(Statement::new(CLEAR_PROPERTIES, to()));
    statements.push(Statement::new(PROPERTIES, both(transfer)));
    statements.push(bounded_of_resources(&transfer.to));
    statements.extend(index_texts(&transfer.to.collection.into(), &transfer.to.name, &[]));
    statements.push(Statement::new(TEXTS, both(transfer)));
    statements
}

/// Moves a resource: its row stays the same one, and so do its properties.
pub(super) fn relocate(transfer: &Transfer, cutoff: i64) -> Vec<Statement> {
    const DISCOUNT: &str = "UPDATE collection SET members = members - 1, \
        bytes = bytes - (SELECT size FROM resource WHERE collection = ?1 AND name = ?2) \
        WHERE id = ?1 AND EXISTS (SELECT 1 FROM resource WHERE collection = ?1 AND name = ?2)";
    const REPLACE: &str = "DELETE FROM resource WHERE collection = ?1 AND name = ?2";
    const COUNT: &str = "UPDATE collection SET seq = seq + 1, modified = max(modified, ?4), members = members + 1, \
        bytes = bytes + (SELECT size FROM resource WHERE collection = ?1 AND name = ?2) WHERE id = ?3";
    const MOVE: &str = "UPDATE resource SET collection = ?3, name = ?4, \
        seq = (SELECT seq FROM collection WHERE id = ?3) WHERE collection = ?1 AND name = ?2";
    const MOVE_TEXTS: &str = "UPDATE resource_text SET collection = ?1 WHERE resource = \
        (SELECT id FROM resource WHERE collection = ?1 AND name = ?2)";
    let to = || [Value::from(transfer.to.collection), Value::from(transfer.to.name.as_str())];
    let mut statements = transferable(transfer);
    if is_nothing(transfer) {
        return statements;
    }
    statements.push(Statement::new(DISCOUNT, to()));
    statements.push(Statement::new(REPLACE, to()));
    statements.extend(leave(&transfer.source, transfer.now, cutoff));
    let [collection, name, into, _] = both(transfer);
    statements.push(Statement::new(COUNT, [collection, name, into, transfer.now.into()]));
    statements.push(Statement::new(MOVE, both(transfer)));
    statements.push(Statement::new(MOVE_TEXTS, to()));
    statements.push(bounded_of_resources(&transfer.to));
    statements.push(Statement::new(REVIVE, to()));
    statements
}
