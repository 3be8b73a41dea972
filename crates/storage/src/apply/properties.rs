//! Properties that clients set.

use std::collections::BTreeMap;

use crate::bindings::exports::kalends::dav::store::{Member, Proppatch, Subject};
use crate::bindings::kalends::dav::types::Property;
use crate::database::{Statement, Value};
use crate::json;
use crate::place::home_number;
use crate::sql::Sql;

use super::members::NO_COLLECTION;

/// Properties that one collection, resource or home has, or somebody has for oneself on what is shared, at the most;
/// and octets of their XML together. Whoever lists a home reads those of all its collections at once, and some of these
/// may be another's.
const MOST: (u32, u32) = (500, 64 * 1024);
/// Octets of the properties of all resources of a collection. Whoever lists a collection may read them at once.
const MOST_OF_RESOURCES: u32 = 16 * 1024 * 1024;

/// Sets and removes properties.
pub(super) fn patch(asker: u64, patch: &Proppatch) -> Vec<Statement> {
    match &patch.subject {
        Subject::Home(home) => of_home(asker, home_number(*home), patch),
        Subject::Member(member) => of_member(member, patch),
        Subject::Collection(id) => of_collection(*id, 0, patch),
        Subject::Personal(id) => of_collection(*id, asker, patch),
    }
}

/// Properties as JSON: namespace, name, XML. Of several with one name the last counts.
pub(super) fn as_json(properties: &[Property]) -> String {
    let named = properties.iter().map(|Property { name, xml }| ((&name.namespace, &name.name), xml));
    let last: BTreeMap<_, _> = named.collect();
    json::tuples(last.into_iter().map(|((namespace, name), xml)| [namespace, name, xml]))
}

fn names(patch: &Proppatch) -> String {
    json::tuples(patch.remove.iter().map(|name| [&name.namespace, &name.name]))
}

fn of_home(asker: u64, home: u32, patch: &Proppatch) -> Vec<Statement> {
    const REMOVE: &str = "DELETE FROM home_property WHERE principal = ?1 AND home = ?2 \
        AND (namespace, name) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?3))";
    const SET: &str = "INSERT INTO home_property (principal, home, namespace, name, xml) \
        SELECT ?1, ?2, value ->> 0, value ->> 1, value ->> 2 FROM json_each(?3) WHERE true \
        ON CONFLICT (principal, home, namespace, name) DO UPDATE SET xml = excluded.xml";
    let with = |list: String| [Value::from(asker), Value::from(home), Value::from(list)];
    let mut statements = Vec::new();
    if !patch.remove.is_empty() {
        statements.push(Statement::new(REMOVE, with(names(patch))));
    }
    if !patch.set.is_empty() {
        statements.push(Statement::new(SET, with(as_json(&patch.set))));
        let own = Sql::new("", [asker.into(), home.into()]);
        statements.push(bounded(own, "home_property q WHERE q.principal = ?1 AND q.home = ?2"));
    }
    statements
}

/// Fails where there are more properties now than there may be; `these` says which, as the table `q`.
pub(super) fn bounded(mut sql: Sql, these: &str) -> Statement {
    sql.push(" INSERT INTO guard (no_room) SELECT NULL FROM (SELECT count(*) AS number, ");
    sql.push("sum(octet_length(q.xml)) AS octets FROM ").push(these);
    sql.push(") n WHERE n.number > ").bind(MOST.0).push(" OR n.octets > ").bind(MOST.1);
    sql.finish()
}

/// Fails where all resources of a collection have more of them together than they may, and the resource, which has come
/// or changed, has any.
pub(super) fn bounded_of_resources(Member { collection, name }: &Member) -> Statement {
    const ALL: &str = "INSERT INTO guard (no_room) SELECT NULL WHERE EXISTS (SELECT 1 FROM resource r \
        JOIN resource_property q ON q.resource = r.id WHERE r.collection = ?1 AND r.name = ?2) \
        AND (SELECT sum(octet_length(q.xml)) FROM resource r JOIN resource_property q ON q.resource = r.id \
        WHERE r.collection = ?1) > ?3";
    Statement::new(ALL, [(*collection).into(), name.as_str().into(), MOST_OF_RESOURCES.into()])
}

fn of_collection(id: u64, principal: u64, patch: &Proppatch) -> Vec<Statement> {
    const TOUCH: &str = "UPDATE collection SET modified = max(modified, ?2) WHERE id = ?1";
    const REMOVE: &str = "DELETE FROM collection_property WHERE collection = ?1 AND principal = ?2 \
        AND (namespace, name) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?3))";
    const SET: &str = "INSERT INTO collection_property (collection, principal, namespace, name, xml) \
        SELECT ?1, ?2, value ->> 0, value ->> 1, value ->> 2 FROM json_each(?3) WHERE true \
        ON CONFLICT (collection, principal, namespace, name) DO UPDATE SET xml = excluded.xml";
    let mut statements = vec![Statement::new(NO_COLLECTION, [id.into()])];
    if principal == 0 {
        statements.push(Statement::new(TOUCH, [id.into(), patch.now.into()]));
    }
    if !patch.remove.is_empty() {
        statements.push(Statement::new(REMOVE, [id.into(), principal.into(), names(patch).into()]));
    }
    if !patch.set.is_empty() {
        statements.push(Statement::new(SET, [id.into(), principal.into(), as_json(&patch.set).into()]));
        let these = "collection_property q WHERE q.collection = ?1 AND q.principal = ?2";
        statements.push(bounded(Sql::new("", [id.into(), principal.into()]), these));
    }
    statements
}

/// A resource's own: a change of its collection too, so that it is synchronised (RFC 6578 §3.5.1).
fn of_member(at: &Member, patch: &Proppatch) -> Vec<Statement> {
    const GONE: &str = "INSERT INTO guard (gone) SELECT NULL WHERE NOT EXISTS \
        (SELECT 1 FROM resource WHERE collection = ?1 AND name = ?2)";
    const COUNT: &str = "UPDATE collection SET seq = seq + 1, modified = max(modified, ?2) WHERE id = ?1";
    const STAMP: &str = "UPDATE resource SET seq = (SELECT seq FROM collection WHERE id = ?1) \
        WHERE collection = ?1 AND name = ?2";
    const REMOVE: &str = "DELETE FROM resource_property WHERE resource = \
        (SELECT id FROM resource WHERE collection = ?1 AND name = ?2) \
        AND (namespace, name) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?3))";
    const SET: &str = "INSERT INTO resource_property (resource, namespace, name, xml) \
        SELECT r.id, j.value ->> 0, j.value ->> 1, j.value ->> 2 FROM resource r, json_each(?3) j \
        WHERE r.collection = ?1 AND r.name = ?2 \
        ON CONFLICT (resource, namespace, name) DO UPDATE SET xml = excluded.xml";
    let Member { collection, name } = at;
    let member = || [Value::from(*collection), Value::from(name.as_str())];
    let with = |list: String| [Value::from(*collection), Value::from(name.as_str()), Value::from(list)];
    let mut statements = vec![
        Statement::new(GONE, member()),
        Statement::new(COUNT, [(*collection).into(), patch.now.into()]),
        Statement::new(STAMP, member()),
    ];
    if !patch.remove.is_empty() {
        statements.push(Statement::new(REMOVE, with(names(patch))));
    }
    if !patch.set.is_empty() {
        statements.push(Statement::new(SET, with(as_json(&patch.set))));
        let own = "resource r JOIN resource_property q ON q.resource = r.id WHERE r.collection = ?1 AND r.name = ?2";
        statements.push(bounded(Sql::new("", member()), own));
        statements.push(bounded_of_resources(at));
    }
    statements
}
