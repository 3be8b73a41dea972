//! Who is related to principals by membership, of any number of principals at once.

use super::{PRINCIPAL, read_principal};
use crate::bindings::exports::kalends::dav::store::Relation;
use crate::bindings::kalends::dav::types::Failure;
use crate::database::{Rows, Statement};
use crate::json;
use crate::rows::Columns;
use crate::sql::Sql;

/// So many relations at the most.
const MOST: u32 = 10_000;

/// The groups that each of them is in, through other groups too, and its direct members.
const KIN: &str = "WITH RECURSIVE root (id) AS (SELECT CAST(value AS BIGINT) FROM json_each(?1)), \
    up (root, id) AS (SELECT r.id, m.group_id FROM root r JOIN membership m ON m.member_id = r.id \
    UNION SELECT u.root, m.group_id FROM up u JOIN membership m ON m.member_id = u.id), \
    kin (root, is_member, id) AS (SELECT root, 0, id FROM up \
    UNION ALL SELECT r.id, 1, m.member_id FROM root r JOIN membership m ON m.group_id = r.id) ";

/// The statement that lists the relations of the principals with these numbers.
pub(crate) fn list(of: &[u64]) -> Statement {
    let ids = json::array(of, |json, id| json.push_str(&id.to_string()));
    let mut sql = Sql::new(KIN, [ids.into()]);
    sql.push("SELECT k.root AS root, k.is_member AS is_member, ").push(PRINCIPAL);
    sql.push(" FROM kin k JOIN principal p ON p.id = k.id ORDER BY k.root, k.is_member, p.name LIMIT ").bind(MOST);
    sql.finish()
}

/// The rows of [`list`].
pub(crate) fn read(rows: Rows) -> Result<Vec<Relation>, Failure> {
    let relation = |row| {
        let mut columns = Columns::of(row);
        Ok(Relation { of: columns.natural()?, is_member: columns.truth()?, principal: read_principal(&mut columns)? })
    };
    rows.into_iter().map(relation).collect()
}
