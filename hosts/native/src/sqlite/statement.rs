//! One statement.

use rusqlite::Connection;
use rusqlite::types::Value;

/// Largest result of one statement, in bytes of its values. Spin has the same bound on what its host holds for a
/// component.
pub const LARGEST_RESULT: usize = 128 << 20;

/// What a statement returned, in values of whatever kind its caller wants.
#[derive(Debug, Default, PartialEq)]
pub struct Rows<V = Value> {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows, each with a value for every column.
    pub rows: Vec<Vec<V>>,
}

/// Runs one statement to its end. Several in one string are an error (Spin runs the first and says nothing of the
/// others).
pub fn run<V: From<Value>>(
    connection: &Connection,
    sql: &str,
    parameters: Vec<Value>,
) -> Result<Rows<V>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(sql)?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut cursor = statement.query(rusqlite::params_from_iter(parameters))?;
    let mut rows = Vec::new();
    let mut size = 0;
    while let Some(row) = cursor.next()? {
        let mut values = Vec::with_capacity(columns.len());
        for column in 0..columns.len() {
            let value = row.get(column)?;
            size += size_of_value(&value);
            values.push(V::from(value));
        }
        if size > LARGEST_RESULT {
            return Err(too_large());
        }
        rows.push(values);
    }
    Ok(Rows { columns, rows })
}

fn too_large() -> rusqlite::Error {
    let text = format!("query result exceeds limit of {LARGEST_RESULT} bytes");
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_TOOBIG), Some(text))
}

fn size_of_value(value: &Value) -> usize {
    let beyond = match value {
        Value::Text(text) => text.len(),
        Value::Blob(bytes) => bytes.len(),
        Value::Null | Value::Integer(_) | Value::Real(_) => 0,
    };
    size_of::<Value>() + beyond
}

/// Whether a statement begins a transaction that takes the write lock at once.
pub fn begins_writing(sql: &str) -> bool {
    let mut words = words(sql);
    words.next().is_some_and(|word| word.eq_ignore_ascii_case("BEGIN"))
        && words
            .next()
            .is_some_and(|word| word.eq_ignore_ascii_case("IMMEDIATE") || word.eq_ignore_ascii_case("EXCLUSIVE"))
}

/// Whether a statement is a query that changes nothing.
pub fn only_reads(connection: &Connection, sql: &str) -> bool {
    let is_query = begins_with(sql, "SELECT") || begins_with(sql, "WITH");
    is_query && connection.prepare_cached(sql).is_ok_and(|statement| statement.readonly())
}

/// Whether a statement begins a transaction that takes no lock yet.
pub fn begins_reading(sql: &str) -> bool {
    begins_with(sql, "BEGIN") && !begins_writing(sql)
}

/// Whether a statement ends a transaction, one way or the other.
pub fn ends(sql: &str) -> bool {
    ["COMMIT", "END", "ROLLBACK"].iter().any(|word| begins_with(sql, word))
}

/// Whether a statement only sets or asks for something of the connection: no round trip where the database is
/// elsewhere.
pub fn is_pragma(sql: &str) -> bool {
    begins_with(sql, "PRAGMA")
}

/// Whether a statement sets something of the connection.
pub fn sets(sql: &str) -> bool {
    is_pragma(sql) && sql.contains(['=', '('])
}

fn begins_with(sql: &str, word: &str) -> bool {
    words(sql).next().is_some_and(|first| first.eq_ignore_ascii_case(word))
}

fn words(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(|character: char| !character.is_ascii_alphanumeric() && character != '_').filter(|word| !word.is_empty())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn values_go_in_and_come_out() {
        let connection = Connection::open_in_memory().unwrap();
        let given = vec![
            Value::Null,
            Value::Integer(i64::MIN),
            Value::Real(0.5),
            Value::Text("ü".to_owned()),
            Value::Blob(vec![0, 255]),
        ];
        let rows =
            run::<Value>(&connection, "SELECT ?1 AS a, ?2 AS b, ?3 AS c, ?4 AS d, ?5 AS e", given.clone()).unwrap();
        assert_eq!(rows, Rows { columns: ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec(), rows: vec![given] });
    }

    #[test]
    fn a_wrong_statement_says_what_is_wrong() {
        let connection = Connection::open_in_memory().unwrap();
        let said = run::<Value>(&connection, "SELECT * FROM nowhere", Vec::new()).unwrap_err().to_string();
        assert!(said.starts_with("no such table: nowhere"), "{said}");
        assert!(run::<Value>(&connection, "SELECT 1; SELECT 2", Vec::new()).is_err());
    }

    #[test]
    fn results_are_bounded() {
        let connection = Connection::open_in_memory().unwrap();
        let sql =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200) SELECT zeroblob(1048576) FROM n";
        let said = run::<Value>(&connection, sql, Vec::new()).unwrap_err().to_string();
        assert_eq!(said, "query result exceeds limit of 134217728 bytes");
    }

    #[test]
    fn knows_who_wants_to_write() {
        assert!(
            begins_writing("begin  immediate")
                && begins_writing("BEGIN IMMEDIATE TRANSACTION;")
                && begins_writing("\nBEGIN EXCLUSIVE")
        );
        assert!(
            !begins_writing("BEGIN")
                && !begins_writing("BEGIN DEFERRED")
                && !begins_writing("INSERT INTO begin VALUES (1)")
        );
        assert!(is_pragma(" pragma foreign_keys") && !is_pragma("SELECT 'PRAGMA'"));
    }

    #[test]
    fn knows_what_only_reads() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (n)").unwrap();
        for query in ["SELECT n FROM t", "with a (n) as (select 1) select n from a"] {
            assert!(only_reads(&connection, query), "{query}");
        }
        for other in
            ["INSERT INTO t VALUES (1)", "WITH a (n) AS (SELECT 1) INSERT INTO t SELECT n FROM a", "BEGIN", "SELECT x"]
        {
            assert!(!only_reads(&connection, other), "{other}");
        }
    }

    #[test]
    fn knows_what_can_wait() {
        assert!(begins_reading("BEGIN") && begins_reading("begin deferred") && !begins_reading("BEGIN IMMEDIATE"));
        assert!(ends("COMMIT") && ends("end transaction") && ends("ROLLBACK;") && !ends("SELECT 'COMMIT'"));
        assert!(sets("PRAGMA foreign_keys = ON") && sets("pragma synchronous(1)") && !sets("PRAGMA foreign_keys"));
        assert!(!sets("SELECT 1 = 1"));
    }
}
