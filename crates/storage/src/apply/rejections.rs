//! Which rejection a failed batch means.

use std::collections::BTreeMap;

use crate::bindings::exports::kalends::dav::store::{Operation, Rejection};
use crate::bindings::kalends::dav::types::Failure;
use crate::database::{Database, DatabaseError, Kind, Statement};
use crate::json;
use crate::rows::Columns;

/// The UIDs that a write brings into collections, for the one failure whose answer takes another look.
pub(super) struct Claims {
    /// Collection, name, UID.
    puts: Vec<(u64, String, String)>,
    /// Collection and name, of the source and of the destination.
    transfers: Vec<[(u64, String); 2]>,
}

impl Claims {
    /// Those of some operations.
    pub(super) fn of(operations: &[Operation]) -> Self {
        let mut claims = Self { puts: Vec::new(), transfers: Vec::new() };
        for operation in operations {
            match operation {
                Operation::Put(put) => {
                    let uid = put.index.uid.clone();
                    claims.puts.extend(uid.map(|uid| (put.member.collection, put.member.name.clone(), uid)));
                }
                Operation::Copy(transfer) | Operation::Move(transfer) => {
                    let ends = [&transfer.source, &transfer.to];
                    claims.transfers.push(ends.map(|member| (member.collection, member.name.clone())));
                }
                _ => {}
            }
        }
        claims
    }

    /// The rejection that an error means. SQLite's message names the columns of the constraint.
    pub(super) fn rejection(&self, database: &impl Database, error: DatabaseError) -> Rejection {
        let DatabaseError::Constraint(message) = &error else { return Rejection::Failure(error.into()) };
        let guards = [
            ("guard.changed", Rejection::Changed),
            ("guard.locked", Rejection::Locked),
            ("guard.denied", Rejection::Denied),
            ("guard.occupied", Rejection::Occupied),
            ("guard.no_room", Rejection::NoRoom),
            ("guard.gone", Rejection::Gone),
            ("collection.owner, collection.home, collection.path", Rejection::Occupied),
            ("FOREIGN KEY", Rejection::Gone),
        ];
        if let Some((_, rejection)) = guards.into_iter().find(|(column, _)| message.contains(column)) {
            return rejection;
        }
        if message.contains("guard.doomed") {
            return unavailable("the body is being removed from the blob store");
        }
        if message.contains("resource.collection, resource.uid") {
            return self.uid_conflict(database);
        }
        Rejection::Failure(error.into())
    }

    /// The name of the resource whose UID is in the way.
    fn uid_conflict(&self, database: &impl Database) -> Rejection {
        const OF_PUTS: &str = "SELECT r.name FROM json_each(?1) j JOIN resource r \
            ON r.collection = CAST(j.value ->> 0 AS BIGINT) AND r.uid = j.value ->> 2 AND r.name <> j.value ->> 1 \
            LIMIT 1";
        const OF_TRANSFERS: &str = "SELECT r.name FROM json_each(?1) j JOIN resource f \
            ON f.collection = CAST(j.value ->> 0 AS BIGINT) AND f.name = j.value ->> 1 JOIN resource r \
            ON r.collection = CAST(j.value ->> 2 AS BIGINT) AND r.uid = f.uid AND r.name <> j.value ->> 3 LIMIT 1";
        if let Some(name) = self.conflict_within() {
            return Rejection::UidConflict(name.to_owned());
        }
        let puts = self.puts.iter().map(|(collection, name, uid)| [collection.to_string(), name.clone(), uid.clone()]);
        let transfers = self.transfers.iter().map(|[(source, name), (to, new_name)]| {
            [source.to_string(), name.clone(), to.to_string(), new_name.clone()]
        });
        let statements = vec![
            Statement::new(OF_PUTS, [json::tuples(puts).into()]),
            Statement::new(OF_TRANSFERS, [json::tuples(transfers).into()]),
        ];
        match database.batch(Kind::Read, statements) {
            Ok(results) => match results.into_iter().flatten().find_map(|row| Columns::of(row).text().ok()) {
                Some(name) => Rejection::UidConflict(name),
                None => unavailable("a UID was in the way, and is not any more"),
            },
            Err(error) => Rejection::Failure(error.into()),
        }
    }

    /// The name of the first of two bodies of this very write that have one UID.
    fn conflict_within(&self) -> Option<&str> {
        let mut names: BTreeMap<(u64, &str), &str> = BTreeMap::new();
        self.puts.iter().find_map(|(collection, name, uid)| {
            let other = *names.entry((*collection, uid)).or_insert(name);
            (other != name).then_some(other)
        })
    }
}

fn unavailable(text: &str) -> Rejection {
    Rejection::Failure(Failure::Unavailable(text.to_owned()))
}
