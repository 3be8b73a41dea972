//! Connections to one database file, kept open between requests.
//!
//! SQLite has one writer at a time, and its own way of waiting for it is to try again every now and then, which lets
//! some writers starve. So those who begin a write transaction stand in a queue here first; SQLite's busy handler is
//! left for other processes.
//!
//! A statement that neither waits for a lock nor for the disk runs where it is asked for: handing it to another thread
//! and back takes longer than it does.

use super::statement::{self, Rows};
use crate::private;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::Value;
use rusqlite::{OpenFlags, ffi};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a writer waits for its turn, and then once more for another process.
const PATIENCE: Duration = Duration::from_secs(5);

/// Idle connections kept open.
const IDLE: usize = 16;

/// Statements that a connection keeps compiled.
const COMPILED: usize = 256;

/// How often a statement looks whether its time is up, in instructions of SQLite's machine.
const INSTRUCTIONS: i32 = 10_000;

/// What every connection starts with, each time it is handed out. To set any of them, even to what it is, makes SQLite
/// compile all statements anew, so that is done only after a component has set one. A commit is on the disk before it
/// is acknowledged (`synchronous` FULL).
const SETTINGS: &str = "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;";

/// The connections to one database file.
#[derive(Debug)]
pub struct Pool {
    file: PathBuf,
    idle: Mutex<Vec<rusqlite::Connection>>,
    writer: Arc<Semaphore>,
    /// How long a transaction may take.
    time: Duration,
}

/// A connection in the hands of a component. Dropping it rolls back what it has not committed and gives it back.
#[derive(Debug)]
pub struct Connection {
    /// There until the drop.
    inner: Option<rusqlite::Connection>,
    pool: Arc<Pool>,
    /// Held while this connection is in a write transaction.
    turn: Option<OwnedSemaphorePermit>,
    /// A setting was changed.
    set: bool,
}

impl Pool {
    /// Opens the database file, makes it (for the owner only) where it is not there, and switches it to a write-ahead
    /// log. A transaction may take `time`.
    pub fn open(file: &Path, time: Duration) -> Result<Arc<Self>, rusqlite::Error> {
        // SQLite would let the umask say who can read it; its log and its index get the mode that it has. What keeps it
        // from being made, SQLite says.
        drop(private::file(file));
        let writer = Arc::new(Semaphore::new(1));
        let pool = Arc::new(Self { file: file.to_owned(), idle: Mutex::default(), writer, time });
        let first = pool.connect()?;
        first.pragma_update(None, "journal_mode", "WAL")?;
        pool.put(first);
        Ok(pool)
    }

    /// A connection in its initial state: an idle one, or a new one, which another thread opens.
    pub async fn get(self: &Arc<Self>) -> Result<Connection, rusqlite::Error> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let inner = match idle {
            Some(connection) => connection,
            None => {
                let pool = Arc::clone(self);
                tokio::task::spawn_blocking(move || pool.connect())
                    .await
                    .map_err(|_| rusqlite::Error::InvalidQuery)??
            }
        };
        Ok(Connection { inner: Some(inner), pool: Arc::clone(self), turn: None, set: false })
    }

    fn connect(&self) -> Result<rusqlite::Connection, rusqlite::Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = rusqlite::Connection::open_with_flags(&self.file, flags)?;
        connection.busy_timeout(PATIENCE)?;
        connection.set_prepared_statement_cache_capacity(COMPILED);
        connection.authorizer(Some(only_this_file))?;
        // Without this SQLite compiles a statement anew for most values that it is given, in the hope of a better plan.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.execute_batch(SETTINGS)?;
        Ok(connection)
    }

    fn put(&self, connection: rusqlite::Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE {
            idle.push(connection);
        }
    }
}

impl Connection {
    /// Runs one statement and returns all its rows. A caller that stops waiting for one that waits interrupts it.
    pub async fn execute<V: From<Value> + Send + 'static>(
        mut self,
        sql: String,
        parameters: Vec<Value>,
    ) -> (Option<Self>, Result<Rows<V>, rusqlite::Error>) {
        if self.turn.is_none() && !self.in_transaction() && statement::begins_writing(&sql) {
            match self.pool.turn().await {
                Some(turn) => self.turn = Some(turn),
                None => return (Some(self), Err(locked())),
            }
            if let Some(begun) = self.begin_at_once(&sql) {
                return (Some(self), Ok(begun));
            }
        }
        self.set |= statement::sets(&sql);
        if !self.may_wait(&sql) {
            let result = self.run(&sql, parameters);
            return (Some(self), result);
        }
        let interrupt = InterruptOnDrop(self.inner().map(rusqlite::Connection::get_interrupt_handle));
        let running = tokio::task::spawn_blocking(move || {
            let result = self.run(&sql, parameters);
            (self, result)
        });
        let finished = running.await;
        interrupt.disarm();
        match finished {
            Ok((connection, result)) => (Some(connection), result),
            Err(_) => (None, Err(rusqlite::Error::InvalidQuery)),
        }
    }

    /// Begins to write, where nothing has to be waited for: in this process it is this connection's turn, and other
    /// processes seldom write. None where one does, and where a component may have set how long to wait.
    fn begin_at_once<V: From<Value>>(&mut self, sql: &str) -> Option<Rows<V>> {
        self.inner().filter(|_| !self.set)?.busy_timeout(Duration::ZERO).ok()?;
        let begun = self.attempt(sql, Vec::new());
        self.inner()?.busy_timeout(PATIENCE).ok()?;
        begun.ok()
    }

    fn run<V: From<Value>>(&mut self, sql: &str, parameters: Vec<Value>) -> Result<Rows<V>, rusqlite::Error> {
        let result = self.attempt(sql, parameters);
        if !self.in_transaction() {
            self.turn = None;
        }
        result
    }

    /// Runs a statement, and keeps the turn also where it does not begin what it should.
    fn attempt<V: From<Value>>(&mut self, sql: &str, parameters: Vec<Value>) -> Result<Rows<V>, rusqlite::Error> {
        let begins = !self.in_transaction();
        match &mut self.inner {
            Some(connection) if begins => {
                bound(connection, self.pool.time).and_then(|()| statement::run(connection, sql, parameters))
            }
            Some(connection) => statement::run(connection, sql, parameters),
            None => Err(rusqlite::Error::InvalidQuery),
        }
    }

    /// Whether a statement may wait for another process or for the disk: what begins a write transaction or ends one,
    /// and what writes by itself.
    fn may_wait(&self, sql: &str) -> bool {
        match self.in_transaction() {
            true => self.turn.is_some() && statement::ends(sql),
            false if statement::is_pragma(sql) => statement::sets(sql),
            false => !statement::begins_reading(sql) && !self.only_reads(sql),
        }
    }

    fn only_reads(&self, sql: &str) -> bool {
        self.inner().is_some_and(|connection| statement::only_reads(connection, sql))
    }

    /// Whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        self.inner().is_some_and(|connection| !connection.is_autocommit())
    }

    /// The row id of the last insertion (`sqlite3_last_insert_rowid`).
    pub fn last_insert_rowid(&self) -> i64 {
        self.inner().map_or(0, rusqlite::Connection::last_insert_rowid)
    }

    /// Rows changed by the last statement that changes any (`sqlite3_changes64`).
    pub fn changes(&self) -> u64 {
        self.inner().map_or(0, rusqlite::Connection::changes)
    }

    fn inner(&self) -> Option<&rusqlite::Connection> {
        self.inner.as_ref()
    }
}

impl Pool {
    async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        let waiting = Arc::clone(&self.writer).acquire_owned();
        tokio::time::timeout(PATIENCE, waiting).await.ok()?.ok()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let Some(inner) = self.inner.take() else {
            return;
        };
        // A connection that cannot be brought back to its initial state is closed, which rolls back as well.
        let rolled_back = inner.is_autocommit() || inner.execute_batch("ROLLBACK").is_ok();
        if rolled_back && (!self.set || inner.execute_batch(SETTINGS).is_ok()) {
            self.pool.put(inner);
        }
    }
}

/// Ends whatever the connection runs when so much time has gone by from now on.
fn bound(connection: &mut rusqlite::Connection, time: Duration) -> Result<(), rusqlite::Error> {
    let end = Instant::now() + time;
    connection.progress_handler(INSTRUCTIONS, Some(move || Instant::now() > end))
}

/// Keeps a component from other database files, as Spin does. `VACUUM` attaches a temporary one, which has no name.
fn only_this_file(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Attach { filename } if !filename.is_empty() => Authorization::Deny,
        AuthAction::Unknown { .. } => Authorization::Deny,
        _ => Authorization::Allow,
    }
}

/// What SQLite says when the writer's turn does not come.
fn locked() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), Some("database is locked".to_owned()))
}

/// Interrupts the statement of a request that is given up, so that it does not go on by itself.
struct InterruptOnDrop(Option<rusqlite::InterruptHandle>);

impl InterruptOnDrop {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for InterruptOnDrop {
    fn drop(&mut self) {
        if let Some(handle) = &self.0 {
            handle.interrupt();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    struct Database {
        pool: Arc<Pool>,
        _directory: tempfile::TempDir,
    }

    fn database() -> Database {
        let directory = tempfile::tempdir().unwrap();
        let pool = Pool::open(&directory.path().join("test.db"), Duration::from_secs(1)).unwrap();
        Database { pool, _directory: directory }
    }

    async fn execute(connection: Connection, sql: &str) -> (Connection, Result<Rows, rusqlite::Error>) {
        let (connection, result) = connection.execute(sql.to_owned(), Vec::new()).await;
        (connection.unwrap(), result)
    }

    async fn execute_all(mut connection: Connection, statements: &[&str]) -> Connection {
        for sql in statements {
            let (next, result) = execute(connection, sql).await;
            result.unwrap();
            connection = next;
        }
        connection
    }

    async fn single(connection: Connection, sql: &str) -> (Connection, Value) {
        let (connection, result) = execute(connection, sql).await;
        (connection, result.unwrap().rows[0][0].clone())
    }

    #[tokio::test]
    async fn a_transaction_spans_calls_and_commits() {
        let database = database();
        let writer = database.pool.get().await.unwrap();
        let writer =
            execute_all(writer, &["CREATE TABLE t (n INTEGER)", "BEGIN IMMEDIATE", "INSERT INTO t VALUES (1)"]).await;
        let (reader, before) = single(database.pool.get().await.unwrap(), "SELECT count(*) FROM t").await;
        assert_eq!(before, Value::Integer(0));
        drop(execute_all(writer, &["COMMIT"]).await);
        assert_eq!(single(reader, "SELECT count(*) FROM t").await.1, Value::Integer(1));
    }

    #[tokio::test]
    async fn an_open_transaction_is_rolled_back_when_the_connection_comes_back() {
        let database = database();
        let first = database.pool.get().await.unwrap();
        let first = execute_all(first, &["CREATE TABLE t (n)", "BEGIN IMMEDIATE", "INSERT INTO t VALUES (1)"]).await;
        assert!(first.in_transaction());
        drop(first);
        let second = database.pool.get().await.unwrap();
        assert!(!second.in_transaction());
        let (second, count) = single(second, "SELECT count(*) FROM t").await;
        assert_eq!(count, Value::Integer(0));
        drop(execute_all(second, &["BEGIN IMMEDIATE", "INSERT INTO t VALUES (2)", "COMMIT"]).await);
    }

    #[tokio::test]
    async fn a_violated_constraint_names_the_column() {
        let database = database();
        let connection = database.pool.get().await.unwrap();
        let connection = execute_all(connection, &["CREATE TABLE guard (locked INTEGER NOT NULL)"]).await;
        let (_, result) = execute(connection, "INSERT INTO guard VALUES (NULL)").await;
        assert_eq!(result.unwrap_err().to_string(), "NOT NULL constraint failed: guard.locked");
    }

    #[tokio::test]
    async fn a_connection_comes_back_with_its_settings() {
        let database = database();
        let changed = ["PRAGMA foreign_keys = OFF", "PRAGMA synchronous = OFF", "PRAGMA busy_timeout = 1"];
        drop(execute_all(database.pool.get().await.unwrap(), &changed).await);
        let connection = database.pool.get().await.unwrap();
        let (connection, keys) = single(connection, "PRAGMA foreign_keys").await;
        let (connection, synchronous) = single(connection, "PRAGMA synchronous").await;
        let (connection, patience) = single(connection, "PRAGMA busy_timeout").await;
        let (_, journal) = single(connection, "PRAGMA journal_mode").await;
        assert_eq!((keys, synchronous), (Value::Integer(1), Value::Integer(2)));
        assert_eq!((patience, journal), (Value::Integer(5000), Value::Text("wal".to_owned())));
    }

    #[tokio::test]
    async fn writers_take_turns() {
        let database = database();
        drop(
            execute_all(database.pool.get().await.unwrap(), &["CREATE TABLE t (n)", "INSERT INTO t VALUES (0)"]).await,
        );
        let mut writers = Vec::new();
        for _ in 0..40 {
            let connection = database.pool.get().await.unwrap();
            writers
                .push(tokio::spawn(execute_all(connection, &["BEGIN IMMEDIATE", "UPDATE t SET n = n + 1", "COMMIT"])));
        }
        for writer in writers {
            writer.await.unwrap();
        }
        assert_eq!(single(database.pool.get().await.unwrap(), "SELECT n FROM t").await.1, Value::Integer(40));
    }

    /// On a thread of its own: here there is one for everything else, and it goes on.
    #[tokio::test]
    async fn a_writer_in_another_process_is_waited_for() {
        let database = database();
        let other = rusqlite::Connection::open(&database.pool.file).unwrap();
        other.execute_batch("CREATE TABLE t (n); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)").unwrap();
        let connection = database.pool.get().await.unwrap();
        let waiting = tokio::spawn(execute(connection, "BEGIN IMMEDIATE"));
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!waiting.is_finished());
        other.execute_batch("COMMIT").unwrap();
        let (connection, begun) = waiting.await.unwrap();
        begun.unwrap();
        assert_eq!(single(connection, "SELECT count(*) FROM t").await.1, Value::Integer(1));
    }

    #[tokio::test]
    async fn other_files_cannot_be_attached() {
        let database = database();
        let connection = database.pool.get().await.unwrap();
        let (connection, literal) = execute(connection, "ATTACH DATABASE '/tmp/other.db' AS other").await;
        assert_eq!(literal.unwrap_err().to_string(), "not authorized");
        let (connection, computed) = execute(connection, "ATTACH DATABASE '/tmp/' || 'other.db' AS other").await;
        assert_eq!(computed.unwrap_err().to_string(), "not authorized");
        drop(execute_all(connection, &["CREATE TABLE t (n)", "VACUUM"]).await);
    }

    const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

    #[tokio::test]
    async fn a_statement_whose_time_is_up_is_interrupted() {
        let database = database();
        let connection = execute_all(database.pool.get().await.unwrap(), &["BEGIN"]).await;
        let (_, result) = execute(connection, ENDLESS).await;
        assert_eq!(result.unwrap_err().to_string(), "interrupted");
    }

    #[tokio::test]
    async fn a_statement_that_nobody_waits_for_is_interrupted() {
        let database = database();
        let connection = database.pool.get().await.unwrap();
        let waiting = tokio::spawn(connection.execute::<Value>(format!("CREATE TABLE t AS {ENDLESS}"), Vec::new()));
        tokio::time::sleep(Duration::from_millis(50)).await;
        waiting.abort();
        assert!(waiting.await.is_err());
        // The connection comes back only when its statement has ended.
        while database.pool.idle.lock().unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
