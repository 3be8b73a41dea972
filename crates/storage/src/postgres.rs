//! PostgreSQL: a batch is one call of a function there, `kalends_run`, and so one round trip, one transaction that no
//! connection can be left in the middle of. `migrations/postgres/` has the function, and those of SQLite that make the
//! SQL of this crate PostgreSQL's as well.

use std::fmt;
use std::fmt::Write;

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use crate::database::{DatabaseError, Kind, Rows, Statement, Value};
use crate::json;
use crate::turn::Turn;

/// The numbered SQL files of `migrations/postgres/`, in their order.
pub const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/postgres/0001_first.sql"),
    include_str!("../../../migrations/postgres/0002_sharing.sql"),
    include_str!("../../../migrations/postgres/0003_ended_shares.sql"),
    include_str!("../../../migrations/postgres/0004_listing.sql"),
    include_str!("../../../migrations/postgres/0005_span.sql"),
    include_str!("../../../migrations/postgres/0006_standing.sql"),
    include_str!("../../../migrations/postgres/0007_plans.sql"),
    include_str!("../../../migrations/postgres/0008_bounds.sql"),
];

/// The version that a database has when all of [`MIGRATIONS`] are applied.
pub const VERSION: i64 = MIGRATIONS.len() as i64;

/// How to say that a write may be tried again: nothing of it happened.
const AGAIN: &str = "another write was in the way";

/// The statement that runs a batch. `$1` is what [`request`] makes of it, `$2` is [`VERSION`]. Of each row it returns,
/// a number and a text are for [`answer`].
pub const CALL: &str = "SELECT statement, columns FROM kalends_run($1, $2)";

/// A batch as JSON: of each statement its text, its parameters, and `1` where it returns rows. What is only read is one
/// statement, so that all of it is of one snapshot, while those of a write each see what others have committed by then.
pub fn request(kind: Kind, statements: &[Statement]) -> String {
    match kind {
        Kind::Read => json::array(&[all_at_once(statements)], step),
        Kind::Write => json::array(statements, |json, statement| {
            let sql = translate(statement, 0);
            let returns = returns_rows(&statement.sql);
            let sql = if returns { format!("WITH r AS ({sql}) SELECT $2, {COLUMNS} FROM r") } else { sql };
            step(json, &Step { sql, params: statement.params.iter().collect(), returns });
        }),
    }
}

/// The columns of a row `r`, in their order.
const COLUMNS: &str = "CAST(row_to_json(r) AS text)";

/// A statement for PostgreSQL.
struct Step<'a> {
    sql: String,
    params: Vec<&'a Value>,
    returns: bool,
}

/// Statements that read, as one that returns the number of each with its rows. The rows of one stay in their order.
fn all_at_once(statements: &[Statement]) -> Step<'_> {
    let mut params = Vec::new();
    let mut parts = Vec::with_capacity(statements.len());
    for (position, statement) in statements.iter().enumerate() {
        let sql = translate(statement, params.len());
        parts.push(format!("SELECT CAST({position} AS bigint), {COLUMNS} FROM ({sql}) r"));
        params.extend(&statement.params);
    }
    Step { sql: parts.join(" UNION ALL "), params, returns: true }
}

fn step(json: &mut String, step: &Step) {
    json.push('[');
    json::string(json, &step.sql);
    json.push_str(",[");
    for (position, param) in step.params.iter().enumerate() {
        json.push_str(if position > 0 { "," } else { "" });
        match param {
            Value::Null => json.push_str("null"),
            Value::Integer(number) => json.push_str(&number.to_string()),
            Value::Real(number) => json.push_str(&format!("{number:?}")),
            Value::Text(text) => json::string(json, text),
        }
    }
    json.push_str(if step.returns { "],1]" } else { "]]" });
}

fn returns_rows(sql: &str) -> bool {
    sql.starts_with("SELECT ") || sql.contains(" RETURNING ")
}

/// The text of a statement with `$1[n]` for `?n`, in the type that its value has; so many parameters come before.
/// `CROSS JOIN ... ON` is how SQLite is told the order of a join; PostgreSQL finds it by itself.
fn translate(statement: &Statement, before: usize) -> String {
    let text = statement.sql.replace("CROSS JOIN", "JOIN");
    let mut sql = String::with_capacity(text.len() + 64);
    let mut rest = text.as_str();
    while let Some(position) = rest.find('?') {
        sql.push_str(&rest[..position]);
        rest = &rest[position + 1..];
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        rest = after;
        let number = number.parse::<usize>().unwrap_or_default();
        let place = before + number;
        let _ = match number.checked_sub(1).and_then(|position| statement.params.get(position)) {
            Some(Value::Integer(_)) => write!(sql, "CAST($1[{place}] AS bigint)"),
            Some(Value::Real(_)) => write!(sql, "CAST($1[{place}] AS double precision)"),
            Some(Value::Text(_)) => write!(sql, "$1[{place}]"),
            Some(Value::Null) | None => write!(sql, "NULL"),
        };
    }
    sql.push_str(rest);
    sql
}

/// What came of a batch.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// The rows of each statement.
    Rows(Vec<Rows>),
    /// The tables are older than [`VERSION`]: nothing happened.
    Outdated,
    /// Another write was in the way: nothing happened, and it may be tried again.
    Again,
    /// Nothing happened.
    Failed(DatabaseError),
}

/// The answer to a batch of so many statements, from the rows that [`CALL`] returned.
pub fn answer(statements: usize, rows: impl IntoIterator<Item = (i64, String)>) -> Answer {
    let mut results = vec![Rows::new(); statements];
    for (position, text) in rows {
        match position {
            -1 => return Answer::Outdated,
            -2 => return Answer::Failed(DatabaseError::Constraint(text)),
            -3 => return Answer::Again,
            -4 => return Answer::Failed(DatabaseError::Full(text)),
            _ => {}
        }
        let result = usize::try_from(position).ok().and_then(|position| results.get_mut(position));
        match (result, serde_json::from_str::<Row>(&text)) {
            (Some(result), Ok(Row(row))) => result.push(row),
            _ => return Answer::Failed(DatabaseError::Other("a row of the database is not what it should be".into())),
        }
    }
    Answer::Rows(results)
}

/// How a write fails that was [`Answer::Again`] too often.
pub fn contended() -> DatabaseError {
    DatabaseError::Unavailable(AGAIN.into())
}

/// The statement that a write begins with, so that nobody is in its way; none where nobody can be.
pub fn turn(turn: &Turn) -> Option<Statement> {
    let numbers = |ids: &[u64]| Value::from(json::array(ids, |json, id| json.push_str(&id.to_string())));
    let params = [
        numbers(&turn.written),
        numbers(&turn.reshaped),
        json::strings(&turn.owners).into(),
        numbers(&turn.principals),
        json::strings(&turn.digests).into(),
    ];
    (!turn.is_empty()).then(|| Statement::new("SELECT take_turn(?1, ?2, ?3, ?4, ?5)", params))
}

/// Digests as the JSON array that `json_each` takes.
pub fn digests(digests: &[String]) -> String {
    json::strings(digests)
}

/// One statement that applies what a database lacks of [`MIGRATIONS`]. Of several that come to do it at once, one does.
pub fn migration() -> String {
    let mut sql = String::from(
        "DO $kalends$ DECLARE applied bigint := 0; BEGIN PERFORM pg_advisory_xact_lock(-1); \
        IF to_regclass('schema_version') IS NOT NULL THEN SELECT max(version) INTO applied FROM schema_version; END IF; ",
    );
    for (position, file) in MIGRATIONS.iter().enumerate() {
        let version = position + 1;
        let _ = write!(sql, "IF applied < {version} THEN EXECUTE $migration${file}$migration$; END IF; ");
    }
    sql + "END $kalends$"
}

/// The columns of a row, in their order.
struct Row(Vec<Value>);

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Columns)
    }
}

struct Columns;

impl<'de> Visitor<'de> for Columns {
    type Value = Row;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of columns")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let mut row = Vec::with_capacity(map.size_hint().unwrap_or(32));
        while let Some((IgnoredAny, value)) = map.next_entry::<IgnoredAny, serde_json::Value>()? {
            row.push(column(value));
        }
        Ok(Row(row))
    }
}

/// A column. What has no counterpart stays JSON, and whoever reads the column finds it unexpected.
fn column(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(truth) => truth.into(),
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Value::Integer(number),
            (None, Some(number)) => Value::Real(number),
            (None, None) => Value::Null,
        },
        other => Value::Text(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_written_in_their_types() {
        let params = [Value::from(5_i64), Value::from("a\"b"), Value::Null];
        let statement = Statement::new("SELECT ?1, ?2, ?12, ?3, ?1", params);
        let bigint = "CAST($1[1] AS bigint)";
        let sql = format!("SELECT {bigint}, $1[2], NULL, NULL, {bigint}");
        assert_eq!(translate(&statement, 0), sql);
        let sql = format!("WITH r AS ({sql}) SELECT $2, CAST(row_to_json(r) AS text) FROM r");
        assert_eq!(request(Kind::Write, &[statement]), format!("[[\"{sql}\",[5,\"a\\u0022b\",null],1]]"));
    }

    #[test]
    fn what_is_read_is_one_statement() {
        let statements =
            [Statement::new("SELECT ?1", [1_i64.into()]), Statement::new("SELECT ?2, ?1", ["a".into(), 2_i64.into()])];
        let part = |position: u32, sql: &str| {
            format!("SELECT CAST({position} AS bigint), CAST(row_to_json(r) AS text) FROM ({sql}) r")
        };
        let first = part(0, "SELECT CAST($1[1] AS bigint)");
        let second = part(1, "SELECT CAST($1[3] AS bigint), $1[2]");
        let expected = format!("[[\"{first} UNION ALL {second}\",[1,\"a\",2],1]]");
        assert_eq!(request(Kind::Read, &statements), expected);
    }

    #[test]
    fn a_write_is_told_which_of_its_statements_return_rows() {
        let flags = ["DELETE FROM t", "DELETE FROM t RETURNING id", "SELECT id FROM t"]
            .map(|sql| request(Kind::Write, &[Statement::new(sql, [])]).ends_with("[],1]]"));
        assert_eq!(flags, [false, true, true]);
    }

    #[test]
    fn rows_keep_the_order_of_their_columns() {
        let rows = [(1, r#"{"z":1,"a":"x","m":null,"t":true}"#.to_owned())];
        let row = vec![Value::Integer(1), Value::Text("x".into()), Value::Null, Value::Integer(1)];
        assert_eq!(answer(2, rows), Answer::Rows(vec![vec![], vec![row]]));
    }

    #[test]
    fn a_failure_counts_whatever_came_before() {
        let rows = [(0, r#"{"a":1}"#.to_owned()), (-2, "guard.gone".to_owned())];
        assert_eq!(answer(1, rows), Answer::Failed(DatabaseError::Constraint("guard.gone".into())));
        assert_eq!(answer(1, [(-1, String::new())]), Answer::Outdated);
        assert_eq!(answer(1, [(-3, String::new())]), Answer::Again);
        assert!(matches!(answer(1, [(7, "{}".to_owned())]), Answer::Failed(DatabaseError::Other(_))));
    }
}
