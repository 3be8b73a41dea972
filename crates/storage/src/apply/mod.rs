//! `store.apply`: large bodies first, then guards and operations as one batch, which a guard that does not hold fails.

mod bodies;
pub(crate) mod collections;
mod guards;
pub(crate) mod locks;
mod members;
mod properties;
mod rejections;
pub(crate) mod shares;

use crate::Storage;
use crate::bindings::exports::kalends::dav::store::{Guard, Operation, Rejection};
use crate::blobs::Blobs;
use crate::database::{Database, Kind, Statement};
use crate::turn::Turn;
use bodies::Bodies;
use rejections::Claims;

impl<D: Database, B: Blobs> Storage<D, B> {
    /// Checks guards and carries out operations, as `store.apply` has it.
    pub fn apply(&self, asker: u64, guards: Vec<Guard>, operations: Vec<Operation>) -> Result<Vec<u64>, Rejection> {
        let bodies = Bodies::store(&self.blobs, &operations).map_err(Rejection::Failure)?;
        let claims = Claims::of(&operations);
        let turn = Turn::of(&guards, &operations, bodies.digests());
        let mut statements = Vec::from_iter(self.database.turn(&turn));
        statements.extend(guards.into_iter().map(|guard| guards::statement(asker, guard)));
        statements.extend(bodies.statements());
        let mut makers = Vec::new();
        let may_end_access = operations.iter().any(shares::may_end_access);
        for operation in operations {
            if matches!(operation, Operation::CreateCollection(_)) {
                makers.push(statements.len() + collections::MAKER);
            }
            statements.extend(self.operation(asker, operation));
        }
        statements.extend(may_end_access.then(locks::end_without_access));
        let sweep = statements.len();
        statements.extend(bodies.sweep());
        let results = self.database.batch(Kind::Write, statements).map_err(|error| {
            bodies.abandon(&self.database, &error);
            claims.rejection(&self.database, error)
        })?;
        let made = collections::made(&makers, &results);
        bodies.swept(&self.blobs, results.into_iter().nth(sweep));
        made.map_err(Rejection::Failure)
    }

    fn operation(&self, asker: u64, operation: Operation) -> Vec<Statement> {
        match operation {
            Operation::Put(put) => members::put(put),
            Operation::Delete((member, now)) => members::delete(&member, now, self.cutoff(now)),
            Operation::Copy(transfer) => members::copy(&transfer),
            Operation::Move(transfer) => members::relocate(&transfer, self.cutoff(transfer.now)),
            Operation::CreateCollection((new, now)) => collections::create(asker, &new, Some(now)),
            Operation::DeleteCollection((id, now)) => collections::delete(id, now),
            Operation::CopyCollection(relocation) => collections::copy(asker, &relocation),
            Operation::MoveCollection(relocation) => collections::relocate(asker, &relocation),
            Operation::Proppatch(patch) => properties::patch(asker, &patch),
            Operation::Lock(lock) => locks::add(asker, &lock),
            Operation::Unlock(token) => vec![locks::remove(token)],
            Operation::Share((collection, principal, access)) => shares::grant(collection, principal, access),
            Operation::ShareAt((place, principal, access)) => shares::grant_at(&place, principal, access),
            Operation::Invite(invitation) => shares::invite(&invitation),
            Operation::Answer(answer) => shares::answer(asker, &answer),
            Operation::Leave((collection, now)) => shares::leave(asker, collection, now),
            Operation::Dismiss((collection, principal)) => shares::dismiss(asker, collection, principal),
            Operation::Unshare((collection, principal, now)) => shares::end(asker, collection, principal, now),
        }
    }

    /// The time at and before which removals are forgotten.
    fn cutoff(&self, now: i64) -> i64 {
        now.saturating_sub(i64::from(self.tombstone_days) * 86_400)
    }
}
