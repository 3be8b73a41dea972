//! Changes of accounts as statements.

use crate::apply::collections;
use crate::apply::locks;
use crate::apply::shares::{self, Removed};
use crate::bindings::exports::kalends::dav::accounts::{Change, Credential, CredentialKind, NewPrincipal};
use crate::bindings::kalends::dav::types::{Home, NewCollection, Place, Principal, PrincipalKind};
use crate::database::{Statement, Value};
use crate::json;
use crate::sql::Sql;

use super::{by_address, by_name};

/// Failed sign-ins are forgotten after so many seconds without another.
const FORGIVEN: i64 = 86_400;

/// No asker: what has this number has no shares.
const NOBODY: u64 = 0;

/// Fails where there is no such principal.
const NO_PRINCIPAL: &str =
    "INSERT INTO guard (missing) SELECT NULL WHERE NOT EXISTS (SELECT 1 FROM principal WHERE id = ?1)";

/// The statements of a change.
pub(super) fn statements(change: Change) -> Vec<Statement> {
    match change {
        Change::Create(new) => create(new),
        Change::Update(principal) => update(principal),
        Change::Delete(id) => delete(id),
        Change::SetPassword((id, hash)) => set_password(id, hash),
        Change::Rehash((id, hash, version)) => vec![rehash(id, hash, version)],
        Change::AddCredential(credential) => add_credential(credential),
        Change::Revoke(id) => revoke(id),
        Change::EndSessions((principal, now, newest)) => vec![end_sessions(principal, now, newest)],
        Change::Retire(id) => retire(id),
        Change::Used((id, now)) => vec![used(id, now)],
        Change::Join((group, member)) => join(group, member),
        Change::Leave((group, member)) => vec![leave(group, member), locks::end_without_access()],
        Change::Failed((name, address, now)) => failed(&name, address.as_deref(), now, |_| ()).into(),
        Change::Succeeded((name, address)) => succeeded(&name, address.as_deref()),
    }
}

/// A principal with its collections. The root of its plain files is always among them.
fn create(new: NewPrincipal) -> Vec<Statement> {
    const CREATE: &str = "INSERT INTO principal (kind, name, display_name, emails, timezone, locale, quota, admin, \
        password, password_version, folded) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, \
        CASE WHEN ?9 IS NULL THEN 0 ELSE 1 END, ?10)";
    let params = [
        kind(new.kind),
        new.name.as_str().into(),
        new.display_name.as_str().into(),
        new.emails.join("\n").into(),
        new.timezone.into(),
        new.locale.into(),
        new.quota.into(),
        new.admin.into(),
        new.password_hash.into(),
        folded(&new.name, &new.display_name, &new.emails).into(),
    ];
    let root = Place { home: Home::Files, owner: new.name, path: String::new() };
    let mut statements = vec![Statement::new(CREATE, params)];
    if !new.collections.iter().any(|collection| collection.place == root) {
        let files = NewCollection { place: root.clone(), components: Vec::new(), properties: Vec::new() };
        statements.extend(collections::create(NOBODY, &files, None));
    }
    for mut collection in new.collections {
        collection.place.owner.clone_from(&root.owner);
        statements.extend(collections::create(NOBODY, &collection, None));
    }
    statements
}

fn update(principal: Principal) -> Vec<Statement> {
    const UPDATE: &str = "UPDATE principal SET kind = ?2, name = ?3, display_name = ?4, emails = ?5, timezone = ?6, \
        locale = ?7, quota = ?8, admin = ?9, disabled = ?10, folded = ?11 WHERE id = ?1";
    let folded = folded(&principal.name, &principal.display_name, &principal.emails);
    let params = [
        principal.id.into(),
        kind(principal.kind),
        principal.name.into(),
        principal.display_name.into(),
        principal.emails.join("\n").into(),
        principal.timezone.into(),
        principal.locale.into(),
        principal.quota.into(),
        principal.admin.into(),
        principal.disabled.into(),
        folded.into(),
    ];
    vec![Statement::new(NO_PRINCIPAL, [principal.id.into()]), Statement::new(UPDATE, params)]
}

/// Removes a principal; foreign keys remove what is its own. Those with whom it shared something are notified.
fn delete(id: u64) -> Vec<Statement> {
    const ATTEMPTS: &str = "DELETE FROM attempt WHERE subject = (SELECT 'name:' || name FROM principal WHERE id = ?1)";
    const PERSONAL: &str = "DELETE FROM collection_property WHERE principal = ?1 AND principal <> 0";
    const COLLECTIONS: &str = "DELETE FROM collection WHERE owner = ?1";
    const PRINCIPAL: &str = "DELETE FROM principal WHERE id = ?1";
    let mut statements = vec![Statement::new(NO_PRINCIPAL, [id.into()]), shares::end_all(Removed::Of(id), None)];
    let removals = [ATTEMPTS, PERSONAL, COLLECTIONS, PRINCIPAL];
    statements.extend(removals.map(|sql| Statement::new(sql, [id.into()])));
    // It may have been a group, through which others had access.
    statements.push(locks::end_without_access());
    statements
}

fn set_password(id: u64, hash: String) -> Vec<Statement> {
    const SET: &str = "UPDATE principal SET password = ?2, password_version = password_version + 1 WHERE id = ?1";
    vec![Statement::new(NO_PRINCIPAL, [id.into()]), Statement::new(SET, [id.into(), hash.into()])]
}

fn rehash(id: u64, hash: String, version: u64) -> Statement {
    const REHASH: &str = "UPDATE principal SET password = ?2 WHERE id = ?1 AND password_version = ?3 \
        AND password IS NOT NULL";
    Statement::new(REHASH, [id.into(), hash.into(), version.into()])
}

fn add_credential(new: Credential) -> Vec<Statement> {
    const ADD: &str = "INSERT INTO credential (id, principal, kind, label, verifier, scope, created, last_used, \
        expires, collection, free_busy) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let kind: i64 = match new.kind {
        CredentialKind::AppPassword => 0,
        CredentialKind::Token => 1,
        CredentialKind::Session => 2,
        CredentialKind::Link => 3,
    };
    let (collection, free_busy) = new.link.map_or((None, false), |link| (Some(link.collection), link.free_busy));
    let principal = new.principal;
    let params = [
        new.id.into(),
        principal.into(),
        kind.into(),
        new.label.into(),
        new.verifier.into(),
        i64::from(new.scope.bits()).into(),
        new.created.into(),
        new.last_used.into(),
        new.expires.into(),
        collection.into(),
        free_busy.into(),
    ];
    vec![Statement::new(NO_PRINCIPAL, [principal.into()]), Statement::new(ADD, params)]
}

fn revoke(id: String) -> Vec<Statement> {
    const MISSING: &str =
        "INSERT INTO guard (missing) SELECT NULL WHERE NOT EXISTS (SELECT 1 FROM credential WHERE id = ?1)";
    const REVOKE: &str = "DELETE FROM credential WHERE id = ?1";
    vec![Statement::new(MISSING, [id.clone().into()]), Statement::new(REVOKE, [id.into()])]
}

/// Those that have expired are not among the newest that stay.
fn end_sessions(principal: u64, now: i64, newest: u32) -> Statement {
    const END: &str = "DELETE FROM credential WHERE principal = ?1 AND kind = 2 AND id NOT IN (SELECT k.id \
        FROM credential k WHERE k.principal = ?1 AND k.kind = 2 AND (k.expires IS NULL OR k.expires > ?2) \
        ORDER BY k.created DESC, k.id LIMIT ?3)";
    Statement::new(END, [principal.into(), now.into(), newest.into()])
}

/// What it has set for itself on what others share with it goes with the shares.
fn retire(id: u64) -> Vec<Statement> {
    const CREDENTIALS: &str = "DELETE FROM credential WHERE principal = ?1";
    const MEMBERSHIPS: &str = "DELETE FROM membership WHERE member_id = ?1";
    const SHARES: &str = "DELETE FROM share WHERE principal = ?1";
    const ENDED: &str = "DELETE FROM ended_share WHERE principal = ?1";
    const PERSONAL: &str = "DELETE FROM collection_property WHERE principal = ?1 \
        AND collection IN (SELECT g.collection FROM share g WHERE g.principal = ?1)";
    const LOCKS: &str = "DELETE FROM lock WHERE principal = ?1";
    [NO_PRINCIPAL, CREDENTIALS, MEMBERSHIPS, PERSONAL, SHARES, ENDED, LOCKS]
        .into_iter()
        .map(|sql| Statement::new(sql, [id.into()]))
        .collect()
}

/// One that has been revoked in the meantime is no error.
fn used(id: String, now: i64) -> Statement {
    const USED: &str = "UPDATE credential SET last_used = max(coalesce(last_used, ?2), ?2) WHERE id = ?1";
    Statement::new(USED, [id.into(), now.into()])
}

/// The group may not be the member itself, nor be in it through others.
fn join(group: u64, member: u64) -> Vec<Statement> {
    const MISSING: &str = "INSERT INTO guard (missing) SELECT NULL WHERE NOT EXISTS \
        (SELECT 1 FROM principal g JOIN principal m ON m.id = ?2 WHERE g.id = ?1 AND g.kind = 1)";
    const CIRCULAR: &str = "WITH RECURSIVE up (id) AS (SELECT ?1 UNION SELECT m.group_id FROM up u \
        JOIN membership m ON m.member_id = u.id) \
        INSERT INTO guard (circular) SELECT NULL WHERE ?2 IN (SELECT id FROM up)";
    const JOIN: &str = "INSERT INTO membership (group_id, member_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    [MISSING, CIRCULAR, JOIN].into_iter().map(|sql| Statement::new(sql, [group.into(), member.into()])).collect()
}

fn leave(group: u64, member: u64) -> Statement {
    const LEAVE: &str = "DELETE FROM membership WHERE group_id = ?1 AND member_id = ?2";
    Statement::new(LEAVE, [group.into(), member.into()])
}

/// Counts one more against the name and the address, where what `condition` adds holds: in one statement, so that both
/// are or neither is. Its rows are what was counted under, and how many there are. What has not failed again for long
/// enough is forgotten before.
pub(super) fn failed(name: &str, address: Option<&str>, now: i64, condition: impl FnOnce(&mut Sql)) -> [Statement; 2] {
    const FORGIVE: &str = "DELETE FROM attempt WHERE last < ?1";
    const COUNT: &str =
        "INSERT INTO attempt (subject, failures, last) SELECT j.value, 1, ?2 FROM json_each(?1) j WHERE true";
    const AGAIN: &str = " ON CONFLICT (subject) DO UPDATE SET failures = min(attempt.failures + 1, 1000000), \
        last = max(attempt.last, excluded.last) RETURNING subject, failures";
    let mut sql = Sql::new(COUNT, [json::strings(subjects(name, address)).into(), now.into()]);
    condition(&mut sql);
    sql.push(AGAIN);
    [Statement::new(FORGIVE, [now.saturating_sub(FORGIVEN).into()]), sql.finish()]
}

fn succeeded(name: &str, address: Option<&str>) -> Vec<Statement> {
    const FORGET: &str = "DELETE FROM attempt WHERE subject = ?1";
    subjects(name, address).map(|subject| Statement::new(FORGET, [subject.into()])).collect()
}

/// What a sign-in counts against.
fn subjects(name: &str, address: Option<&str>) -> impl Iterator<Item = String> {
    [Some(by_name(name)), address.map(by_address)].into_iter().flatten()
}

/// All that a search looks at, in lower case.
fn folded(name: &str, display_name: &str, emails: &[String]) -> String {
    let texts = [name, display_name].into_iter().chain(emails.iter().map(String::as_str));
    texts.collect::<Vec<_>>().join("\n").to_lowercase()
}

fn kind(kind: PrincipalKind) -> Value {
    match kind {
        PrincipalKind::User => 0_i64.into(),
        PrincipalKind::Group => 1_i64.into(),
    }
}
