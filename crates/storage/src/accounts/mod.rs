//! The `accounts` interface: principals and their credentials as rows. Each function is one batch.

mod changes;
mod dossier;
mod guesses;
pub(crate) mod relations;

use crate::Storage;
use crate::bindings::exports::kalends::dav::accounts::{
    Attempts, Change, Credential, CredentialKind, Guess, Guesses, Link, Login, Password, Refusal, Scope, Selector,
    UseOfCredential,
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
    pub fn find_login(
        &self,
        name: &str,
        address: Option<&str>,
        guess: &Guess,
    ) -> Result<(Login, Option<Guesses>), Failure> {
        let mut statements = Vec::new();
        if self.database.notes_while_reading() {
            statements.extend(guesses::count_where_calm(guess, name, address));
        }
        statements.push(judging(name, address));
        let mut answers = self.database.batch(Kind::Read, statements)?;
        let login = read_login(answers.pop().unwrap_or_default())?;
        Ok((login, guesses::read(answers.pop().unwrap_or_default(), guess)?))
    }

    /// Counts a guess, as `accounts.count-guess` has it.
    pub fn count_guess(&self, guess: &Guess) -> Result<Guesses, Failure> {
        let mut answers = self.database.batch(Kind::Write, guesses::count(guess).into())?;
        let counted = guesses::read(answers.pop().unwrap_or_default(), guess)?;
        counted.ok_or_else(|| Failure::Broken("the guess is not counted".into()))
    }

    /// The credential with an identifier, its principal and the standing, as `accounts.find-credential` has it.
    pub fn find_credential(
        &self,
        id: &str,
        noted: &UseOfCredential,
    ) -> Result<Option<(Credential, Principal, u64)>, Failure> {
        const NOTE: &str = "UPDATE credential SET last_used = ?2 WHERE id = ?1 AND verifier = ?3 \
            AND (last_used IS NULL OR last_used <= ?4) AND (expires IS NULL OR expires > ?2)";
        let mut statements = Vec::new();
        if self.database.notes_while_reading() {
            let params = [id.into(), noted.now.into(), noted.verifier.as_str().into(), noted.since.into()];
            statements.push(Statement::new(NOTE, params));
        }
        let mut sql = Sql::new("SELECT ", [id.into()]);
        sql.push(CREDENTIAL).push(", ").push(PRINCIPAL).push(", e.standing FROM epoch e");
        sql.push(" JOIN credential k ON k.id = ?1 JOIN principal p ON p.id = k.principal");
        statements.push(sql.finish());
        let found = self.database.batch(Kind::Read, statements)?.pop();
        let row = found.ok_or_else(|| Failure::Broken("there is no answer".into()))?.pop();
        row.map(|row| {
            let mut columns = Columns::of(row);
            Ok((read_credential(&mut columns)?, read_principal(&mut columns)?, columns.natural()?))
        })
        .transpose()
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

/// What has to judge a sign-in, in one statement: it comes with nearly every request. [`read_login`] takes its row.
fn judging(name: &str, address: Option<&str>) -> Statement {
    const ATTEMPTS: &str = "coalesce(n.failures, 0) AS name_failures, coalesce(n.last, 0) AS name_last, \
        coalesce(a.failures, 0) AS address_failures, coalesce(a.last, 0) AS address_last, e.standing, ";
    const FROM: &str = ", p.password, p.password_version FROM epoch e LEFT JOIN attempt n ON n.subject = ?2 \
        LEFT JOIN attempt a ON a.subject = ?3 LEFT JOIN principal p ON p.name = ?1";
    let params = [name.into(), by_name(name).into(), address.map(by_address).into()];
    let mut sql = Sql::new("SELECT ", params);
    sql.push(ATTEMPTS).push(PRINCIPAL).push(FROM);
    sql.finish()
}

/// The row of [`judging`].
fn read_login(rows: Rows) -> Result<Login, Failure> {
    let mut columns = rows::with_epoch(rows)?;
    let (name_attempts, address_attempts) = (read_attempts(&mut columns)?, read_attempts(&mut columns)?);
    let standing = columns.natural()?;
    let account = match columns.is_null() {
        true => None,
        false => {
            let principal = read_principal(&mut columns)?;
            Some((principal, Password { hash: columns.optional_text()?, version: columns.natural()? }))
        }
    };
    Ok(Login { account, name_attempts, address_attempts, standing })
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

fn read_attempts(columns: &mut Columns) -> Result<Attempts, Failure> {
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
