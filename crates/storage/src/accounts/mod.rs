//! The `accounts` interface: principals and their credentials as rows. Each function is one batch.

mod changes;
pub(crate) mod relations;

use crate::Storage;
use crate::bindings::exports::kalends::dav::accounts::{
    Attempts, Change, Credential, CredentialKind, Link, Login, Password, Refusal, Scope, Selector, UseOfCredential,
};
use crate::bindings::kalends::dav::types::{Failure, Place, Principal, PrincipalKind};
use crate::database::{Database, DatabaseError, Kind, Rows, Statement};
use crate::json;
use crate::place::stored_home;
use crate::rows::{self, Columns};
use crate::sql::Sql;
use crate::turn::Turn;

/// The columns of a principal `p`.
pub(crate) const PRINCIPAL: &str = "p.id, p.kind, p.name, p.display_name, p.emails, p.timezone, p.locale, p.quota, \
    p.used, p.admin, p.disabled";

/// The columns of a credential `k`.
const CREDENTIAL: &str = "k.id AS credential, k.principal, k.kind AS credential_kind, k.label, k.verifier, k.scope, \
    k.created, k.last_used, k.expires, k.collection, k.free_busy, \
    (SELECT h.home || ' ' || o.name || ' ' || h.path FROM collection h JOIN principal o ON o.id = h.owner \
    WHERE h.id = k.collection) AS link_place";

/// So many principals at the most are listed.
const MOST: u32 = 1000;

impl<D: Database, B> Storage<D, B> {
    /// What a sign-in has to be judged by, as `accounts.find-login` has it.
    pub fn find_login(&self, name: &str, address: Option<&str>) -> Result<Login, Failure> {
        const ATTEMPTS: &str = "SELECT failures, last FROM attempt WHERE subject = ?1";
        let mut account = Sql::new("SELECT ", [name.into()]);
        account.push(PRINCIPAL).push(", p.password, p.password_version FROM principal p WHERE p.name = ?1");
        let mut statements = vec![account.finish(), Statement::new(ATTEMPTS, [by_name(name).into()])];
        statements.extend(address.map(|address| Statement::new(ATTEMPTS, [by_address(address).into()])));
        let mut results = self.database.batch(Kind::Read, statements)?.into_iter();
        let account = rows::next(&mut results)?.pop().map(|row| {
            let mut columns = Columns::of(row);
            let principal = read_principal(&mut columns)?;
            Ok::<_, Failure>((principal, Password { hash: columns.optional_text()?, version: columns.natural()? }))
        });
        Ok(Login {
            account: account.transpose()?,
            name_attempts: read_attempts(rows::next(&mut results)?)?,
            address_attempts: read_attempts(results.next().unwrap_or_default())?,
        })
    }

    /// The credential with an identifier and its principal, as `accounts.find-credential` has it.
    pub fn find_credential(
        &self,
        id: &str,
        noted: &UseOfCredential,
    ) -> Result<Option<(Credential, Principal)>, Failure> {
        const NOTE: &str = "UPDATE credential SET last_used = ?2 WHERE id = ?1 AND verifier = ?3 \
            AND (last_used IS NULL OR last_used <= ?4) AND (expires IS NULL OR expires > ?2)";
        let mut statements = Vec::new();
        if self.database.notes_while_reading() {
            let params = [id.into(), noted.now.into(), noted.verifier.as_str().into(), noted.since.into()];
            statements.push(Statement::new(NOTE, params));
        }
        let mut sql = Sql::new("SELECT ", [id.into()]);
        sql.push(CREDENTIAL).push(", ").push(PRINCIPAL);
        sql.push(" FROM credential k JOIN principal p ON p.id = k.principal WHERE k.id = ?1");
        statements.push(sql.finish());
        let found = self.database.batch(Kind::Read, statements)?.pop();
        let row = found.ok_or_else(|| Failure::Broken("there is no answer".into()))?.pop();
        row.map(|row| {
            let mut columns = Columns::of(row);
            Ok((read_credential(&mut columns)?, read_principal(&mut columns)?))
        })
        .transpose()
    }

    /// The credentials of a principal, newest first, as `accounts.credentials` has it.
    pub fn credentials(&self, owner: u64) -> Result<Vec<Credential>, Failure> {
        let mut sql = Sql::new("SELECT ", [owner.into()]);
        sql.push(CREDENTIAL).push(" FROM credential k WHERE k.principal = ?1 ORDER BY k.created DESC, k.id");
        self.rows(sql.finish())?.into_iter().map(|row| read_credential(&mut Columns::of(row))).collect()
    }

    /// The principals that a selector names, as `accounts.principals` has it.
    pub fn principals(&self, selector: &Selector) -> Result<Vec<Principal>, Failure> {
        read_principals(self.rows(list(selector))?)
    }

    /// Makes changes, as `accounts.apply` has it.
    pub fn change(&self, changes: Vec<Change>) -> Result<(), Refusal> {
        let mut statements = Vec::from_iter(self.database.turn(&Turn::of_changes(&changes)));
        statements.extend(changes.into_iter().flat_map(changes::statements));
        self.database.batch(Kind::Write, statements).map(|_| ()).map_err(refusal)
    }

    /// The rows of one statement that reads.
    fn rows(&self, statement: Statement) -> Result<Rows, Failure> {
        rows::next(&mut self.database.batch(Kind::Read, vec![statement])?.into_iter())
    }
}

/// The statement that lists the principals of a selector; [`read_principals`] takes its rows.
pub(crate) fn list(selector: &Selector) -> Statement {
    const GROUPS: &str = "WITH RECURSIVE up (id) AS (SELECT m.group_id FROM membership m WHERE m.member_id = ?1 \
        UNION SELECT m.group_id FROM up u JOIN membership m ON m.member_id = u.id) ";
    // Not by `folded`: a display name may look like somebody's address.
    const KNOWN: &str = "WITH known (id) AS (SELECT q.id FROM json_each(?1) j JOIN principal q ON q.name = j.value \
        UNION SELECT q.id FROM json_each(?1) j JOIN principal q \
        ON instr('\u{a}' || lower(q.emails) || '\u{a}', '\u{a}' || j.value || '\u{a}') > 0) ";
    const SEARCH: &str = "EXISTS (SELECT 1 FROM json_each(?1) j WHERE instr(p.folded, j.value) > 0)";
    let (before, condition, param) = match selector {
        Selector::All => ("", "true", None),
        Selector::Names(names) => {
            ("", "p.name IN (SELECT value FROM json_each(?1))", Some(json::strings(names).into()))
        }
        Selector::Ids(ids) => {
            let ids = json::array(ids, |json, id| json.push_str(&id.to_string()));
            ("", "p.id IN (SELECT CAST(value AS BIGINT) FROM json_each(?1))", Some(ids.into()))
        }
        Selector::KnownAs(names) => {
            let names: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
            (KNOWN, "p.id IN (SELECT id FROM known)", Some(json::strings(&names).into()))
        }
        Selector::Search(texts) => {
            let texts: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
            ("", SEARCH, Some(json::strings(&texts).into()))
        }
        Selector::MembersOf(group) => {
            ("", "p.id IN (SELECT m.member_id FROM membership m WHERE m.group_id = ?1)", Some((*group).into()))
        }
        Selector::GroupsOf(member) => (GROUPS, "p.id IN (SELECT id FROM up)", Some((*member).into())),
    };
    let mut sql = Sql::new(before, Vec::from_iter(param));
    sql.push("SELECT ").push(PRINCIPAL).push(" FROM principal p WHERE ").push(condition);
    sql.push(" ORDER BY p.name LIMIT ").bind(MOST);
    sql.finish()
}

/// What failures against a name are kept under.
fn by_name(name: &str) -> String {
    format!("name:{name}")
}

/// What failures from an address are kept under.
fn by_address(address: &str) -> String {
    format!("address:{address}")
}

/// The rows of [`list`].
pub(crate) fn read_principals(rows: Rows) -> Result<Vec<Principal>, Failure> {
    rows.into_iter().map(|row| read_principal(&mut Columns::of(row))).collect()
}

/// The columns of [`PRINCIPAL`].
pub(crate) fn read_principal(columns: &mut Columns) -> Result<Principal, Failure> {
    Ok(Principal {
        id: columns.natural()?,
        kind: if columns.truth()? { PrincipalKind::Group } else { PrincipalKind::User },
        name: columns.text()?,
        display_name: columns.text()?,
        emails: columns.text()?.lines().map(str::to_owned).collect(),
        timezone: columns.optional_text()?,
        locale: columns.optional_text()?,
        quota: columns.optional_natural()?,
        used: columns.natural()?,
        admin: columns.truth()?,
        disabled: columns.truth()?,
    })
}

fn read_credential(columns: &mut Columns) -> Result<Credential, Failure> {
    Ok(Credential {
        id: columns.text()?,
        principal: columns.natural()?,
        kind: match columns.integer()? {
            0 => CredentialKind::AppPassword,
            1 => CredentialKind::Token,
            3 => CredentialKind::Link,
            _ => CredentialKind::Session,
        },
        label: columns.text()?,
        verifier: columns.text()?,
        scope: Scope::from_bits_truncate(u8::try_from(columns.integer()?).unwrap_or(0)),
        created: columns.integer()?,
        last_used: columns.optional_integer()?,
        expires: columns.optional_integer()?,
        link: read_link(columns)?,
    })
}

/// What a link shows; its place is packed into one column, since neither a name nor a canonical path has a space.
fn read_link(columns: &mut Columns) -> Result<Option<Link>, Failure> {
    let collection = columns.optional_natural()?;
    let free_busy = columns.truth()?;
    let packed = columns.optional_text()?.unwrap_or_default();
    let mut parts = packed.splitn(3, ' ');
    let (Some(collection), Some(home), Some(owner), Some(path)) =
        (collection, parts.next(), parts.next(), parts.next())
    else {
        return Ok(None);
    };
    let home = stored_home(home.parse().unwrap_or_default());
    Ok(Some(Link { collection, place: Place { home, owner: owner.to_owned(), path: path.to_owned() }, free_busy }))
}

fn read_attempts(mut rows: Rows) -> Result<Attempts, Failure> {
    let Some(row) = rows.pop() else { return Ok(Attempts { failures: 0, last: 0 }) };
    let mut columns = Columns::of(row);
    Ok(Attempts { failures: u32::try_from(columns.natural()?).unwrap_or(u32::MAX), last: columns.integer()? })
}

/// Why the database refused changes; SQLite's message names the columns of the constraint.
fn refusal(error: DatabaseError) -> Refusal {
    let DatabaseError::Constraint(message) = &error else { return Refusal::Failure(error.into()) };
    let means = |columns: &[&str]| columns.iter().any(|column| message.contains(column));
    if means(&["principal.name", "credential.id", "collection.owner, collection.home, collection.path"]) {
        Refusal::Exists
    } else if means(&["guard.missing", "guard.gone", "FOREIGN KEY"]) {
        Refusal::Missing
    } else if means(&["guard.circular"]) {
        Refusal::Circular
    } else {
        Refusal::Failure(error.into())
    }
}
