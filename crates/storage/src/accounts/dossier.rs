//! What there is to tell of an account or a group by its name, as `store.inquire` has it.

use super::{CREDENTIAL, MOST, PRINCIPAL, list, read_credential, read_principals};
use crate::Storage;
use crate::bindings::exports::kalends::dav::accounts::Selector;
use crate::bindings::exports::kalends::dav::store::{Belongings, Dossier, Inquiry};
use crate::bindings::kalends::dav::types::{Failure, Place};
use crate::database::{Database, Kind, Rows, Statement};
use crate::place::home_number;
use crate::read::shares;
use crate::rows::{self, Columns};
use crate::sql::Sql;

impl<D: Database, B> Storage<D, B> {
    /// Answers a question by names, as `store.inquire` has it.
    pub fn inquire(&self, about: &Inquiry) -> Result<Option<Dossier>, Failure> {
        let mut results = self.database.batch(Kind::Read, statements(about))?.into_iter();
        let found = read_principals(rows::next(&mut results)?)?;
        let Some(principal) = found.iter().find(|one| one.name == about.name).cloned() else { return Ok(None) };
        let others = found.into_iter().filter(|one| about.others.contains(&one.name)).collect();
        let mut rows_of = |asked: bool| if asked { rows::next(&mut results) } else { Ok(Rows::new()) };
        let collection = rows_of(about.at.is_some())?.pop().map(|row| Columns::of(row).natural()).transpose()?;
        let credentials = rows_of(about.told.contains(Belongings::CREDENTIALS))?;
        let members = rows_of(about.told.contains(Belongings::MEMBERS))?;
        let shares = rows_of(about.told.contains(Belongings::SHARES))?;
        Ok(Some(Dossier {
            principal,
            others,
            collection,
            credentials: credentials
                .into_iter()
                .map(|row| read_credential(&mut Columns::of(row)))
                .collect::<Result<_, _>>()?,
            members: read_principals(members)?,
            shares: shares::read_arrangements(shares)?,
        }))
    }
}

/// The statements, in the order in which their rows are read.
fn statements(about: &Inquiry) -> Vec<Statement> {
    let name = about.name.as_str();
    let named = about.others.iter().chain([&about.name]).cloned().collect();
    let mut statements = vec![list(&Selector::Names(named))];
    statements.extend(about.at.as_ref().map(|place| collection(name, place)));
    if about.told.contains(Belongings::CREDENTIALS) {
        statements.push(credentials(name));
    }
    if about.told.contains(Belongings::MEMBERS) {
        statements.push(members(name));
    }
    if about.told.contains(Belongings::SHARES) {
        statements.push(shares::arrangements("(SELECT id FROM principal WHERE name = ?1)", name));
    }
    statements
}

fn collection(owner: &str, place: &Place) -> Statement {
    const AT: &str = "SELECT c.id FROM principal o JOIN collection c ON c.owner = o.id AND c.home = ?2 AND c.path = ?3 \
        WHERE o.name = ?1";
    Statement::new(AT, [owner.into(), home_number(place.home).into(), place.path.as_str().into()])
}

fn credentials(owner: &str) -> Statement {
    let mut sql = Sql::new("SELECT ", [owner.into()]);
    sql.push(CREDENTIAL).push(" FROM principal w JOIN credential k ON k.principal = w.id WHERE w.name = ?1");
    sql.push(" ORDER BY k.created DESC, k.id");
    sql.finish()
}

fn members(group: &str) -> Statement {
    let mut sql = Sql::new("SELECT ", [group.into()]);
    sql.push(PRINCIPAL).push(" FROM principal g JOIN membership m ON m.group_id = g.id");
    sql.push(" JOIN principal p ON p.id = m.member_id WHERE g.name = ?1 ORDER BY p.name LIMIT ").bind(MOST);
    sql.finish()
}
