//! The shares that a principal gives and has.

use super::Epoch;
use super::collections::{access, read_components, share_state};
use crate::Storage;
use crate::bindings::exports::kalends::dav::store::{Arrangement, Share};
use crate::bindings::kalends::dav::types::{Failure, Place, Property, PropertyName};
use crate::database::{Database, Kind, Rows, Statement, Value};
use crate::place::{ASKER, stored_home};
use crate::rows::{self, Columns};
use crate::sql::Sql;

/// The title of the collection `c` that the share `g` tells of, as its owner has it: of a share that has ended it was
/// told then. A title may be as long as any property, and is read once a share: what is longer than 4,096 octets is no
/// name, and is not told.
macro_rules! title {
    () => {
        "CASE WHEN g.state <> 3 THEN (SELECT q.xml FROM collection_property q WHERE q.collection = c.id \
        AND q.principal = 0 AND q.namespace = 'DAV:' AND q.name = 'displayname' AND octet_length(q.xml) <= 4096) END"
    };
}
pub(crate) use title;

/// So many at the most.
const MOST: u32 = 10_000;

impl<D: Database, B> Storage<D, B> {
    /// The shares that a principal gives and has, as `store.shares` has it.
    pub fn shares(&self, of: u64) -> Result<(Vec<Arrangement>, u64), Failure> {
        let statements = vec![arrangements("?1", of), Epoch::statement()];
        let mut results = self.database.batch(Kind::Read, statements)?.into_iter();
        Ok((read_arrangements(rows::next(&mut results)?)?, Epoch::answer(&mut results)?.standing))
    }
}

/// The statement that lists the shares of the principal whose number is `whose`, an expression in which `?1` is the
/// parameter; [`read_arrangements`] takes its rows.
pub(crate) fn arrangements(whose: &str, param: impl Into<Value>) -> Statement {
    const THESE: &str = ", these (collection, principal) AS (SELECT g.collection, g.principal FROM asker a \
        CROSS JOIN share g ON g.principal = a.id \
        UNION SELECT g.collection, g.principal FROM collection c CROSS JOIN share g ON g.collection = c.id \
        WHERE c.owner = ?1 AND g.state <> 3)";
    const STANDING: &str = concat!(
        " SELECT c.id AS collection, c.home, c.path, o.name AS owner_name, ",
        title!(),
        " AS title, c.components, c.owner, o.display_name AS owner_display_name, \
        o.emails AS owner_emails, w.id AS principal, w.name, w.display_name, w.emails, g.access, g.state, g.summary, \
        g.changed, g.notice FROM these k CROSS JOIN share g ON g.collection = k.collection AND g.principal = k.principal \
        CROSS JOIN collection c ON c.id = g.collection CROSS JOIN principal o ON o.id = c.owner \
        CROSS JOIN principal w ON w.id = g.principal"
    );
    const ENDED: &str = " UNION ALL SELECT e.collection, e.home, e.path, e.owner_name, e.title, e.components, e.owner, \
        e.owner_display_name, e.owner_emails, w.id, w.name, w.display_name, w.emails, e.access, 3, e.summary, e.changed, 1 \
        FROM asker a CROSS JOIN ended_share e ON e.principal = a.id CROSS JOIN principal w ON w.id = e.principal \
        ORDER BY owner_name, home, path, name LIMIT ";
    let mut sql = Sql::new(&ASKER.replace("?1", whose), [param.into()]);
    sql.push(&THESE.replace("?1", whose)).push(STANDING).push(&ENDED.replace("?1", whose)).bind(MOST);
    sql.finish()
}

/// The rows of [`arrangements`].
pub(crate) fn read_arrangements(rows: Rows) -> Result<Vec<Arrangement>, Failure> {
    rows.into_iter().map(|row| read_arrangement(Columns::of(row))).collect()
}

fn read_arrangement(mut columns: Columns) -> Result<Arrangement, Failure> {
    let collection = columns.natural()?;
    let home = stored_home(columns.integer()?);
    let path = columns.text()?;
    let title = PropertyName { namespace: "DAV:".to_owned(), name: "displayname".to_owned() };
    Ok(Arrangement {
        collection,
        place: Place { home, path, owner: columns.text()? },
        title: columns.optional_text()?.map(|xml| Property { name: title, xml }),
        components: read_components(&columns.text()?),
        owner: columns.natural()?,
        owner_display_name: columns.text()?,
        owner_email: columns.text()?.lines().next().map(str::to_owned),
        share: read_share(&mut columns)?,
    })
}

fn read_share(columns: &mut Columns) -> Result<Share, Failure> {
    Ok(Share {
        principal: columns.natural()?,
        name: columns.text()?,
        display_name: columns.text()?,
        email: columns.text()?.lines().next().map(str::to_owned),
        access: access(columns.integer()?),
        state: share_state(columns.integer()?),
        summary: columns.text()?,
        changed: columns.integer()?,
        notice: columns.truth()?,
    })
}
