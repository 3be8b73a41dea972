//! What a write needs to have to itself, for a database that lets several writers in at once. SQLite and D1 have one at
//! a time, and need none of this.
//!
//! Writers of one collection wait for each other, and so do the change numbers. Whoever changes what is where
//! (collections, locks) has the whole home to itself, and so the guards that look at a home hold until the write has
//! ended.

use crate::bindings::exports::kalends::dav::accounts::Change;
use crate::bindings::exports::kalends::dav::store::{Guard, Member, Operation, Subject};
use crate::bindings::kalends::dav::types::Place;
use crate::place::shared_collection;

/// The principal that stands for what all accounts have in common: the memberships of groups, and the standing.
const ACCOUNTS: u64 = 0;

/// What a write needs to have to itself.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Turn {
    /// Collections whose members or properties it changes.
    pub written: Vec<u64>,
    /// Collections in whose homes it changes what is where.
    pub reshaped: Vec<u64>,
    /// Owners in whose homes it changes what is where, by their names.
    pub owners: Vec<String>,
    /// The same by their numbers; 0 stands for what all accounts have in common.
    pub principals: Vec<u64>,
    /// Digests of bodies that it stores.
    pub digests: Vec<String>,
}

impl Turn {
    /// What guards and operations need.
    pub(crate) fn of(guards: &[Guard], operations: &[Operation], digests: &[String]) -> Self {
        let mut turn = Self { digests: digests.to_vec(), ..Self::default() };
        for guard in guards {
            match guard {
                Guard::Unchanged((Member { collection, .. }, _)) | Guard::AtChange((collection, _)) => {
                    turn.written.push(*collection);
                }
                _ => {}
            }
        }
        operations.iter().for_each(|operation| turn.take(operation));
        turn
    }

    /// What changes of accounts need.
    pub(crate) fn of_changes(changes: &[Change]) -> Self {
        let mut principals = Vec::new();
        for change in changes {
            match change {
                Change::Delete(id) => principals.extend([ACCOUNTS, *id]),
                Change::Join(_) | Change::Update(_) | Change::SetPassword(_) => principals.push(ACCOUNTS),
                Change::Revoke(_) | Change::EndSessions(_) | Change::Retire(_) => principals.push(ACCOUNTS),
                Change::Create(_) | Change::AddCredential(_) | Change::Rehash(_) | Change::Used(_) => {}
                Change::Leave(_) | Change::Failed(_) | Change::Succeeded(_) => {}
            }
        }
        Self { principals, ..Self::default() }
    }

    /// Whether nobody can be in the way.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn take(&mut self, operation: &Operation) {
        match operation {
            Operation::Put(put) => self.written.push(put.member.collection),
            Operation::Delete((member, _)) => self.written.push(member.collection),
            Operation::Copy(transfer) | Operation::Move(transfer) => {
                self.written.extend([transfer.source.collection, transfer.to.collection]);
            }
            Operation::CreateCollection((new, _)) => self.reshape(&new.place),
            Operation::DeleteCollection((id, _)) => self.reshaped.push(*id),
            Operation::CopyCollection(relocation) | Operation::MoveCollection(relocation) => {
                self.reshaped.push(relocation.source);
                self.reshape(&relocation.to);
            }
            Operation::Proppatch(patch) => match &patch.subject {
                Subject::Home(_) => {}
                Subject::Member(member) => self.written.push(member.collection),
                Subject::Collection(id) | Subject::Personal(id) => self.written.push(*id),
            },
            Operation::Lock(lock) => self.reshape(&lock.root),
            Operation::Unlock(_) => {}
            // Locks end with the access of those who have them, and none may come at that moment.
            Operation::Share((id, _, _)) | Operation::Unshare((id, _, _)) => self.reshaped.push(*id),
            Operation::Leave((id, _)) => self.reshaped.push(*id),
            Operation::Invite(invitation) => self.reshaped.push(invitation.collection),
            Operation::ShareAt((place, _, _)) => self.reshape(place),
            Operation::Answer(answer) => self.reshaped.push(answer.collection),
            Operation::Dismiss((id, _)) => self.written.push(*id),
        }
    }

    /// What is where changes around a place: in its owner's home, or in that of the collection that is shared there.
    fn reshape(&mut self, place: &Place) {
        match shared_collection(place) {
            Some(id) => self.reshaped.push(id),
            None => self.owners.push(place.owner.clone()),
        }
    }
}
