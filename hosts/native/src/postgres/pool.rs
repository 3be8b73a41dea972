//! Connections to one database, kept open between requests.

use super::address::Address;
use super::statement::{self, Parameter, Rows};
use anyhow::{Context, Result};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_postgres::{Client, Error, Statement};

/// Connections at once; Spin has as many.
const MOST: usize = 64;

/// Statements that a connection keeps prepared.
const PREPARED: usize = 64;

/// What a statement begins with that leaves nothing behind on its connection.
const STATELESS: [&str; 6] = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "DO"];

/// The connections to one database.
pub struct Pool {
    name: String,
    address: Address,
    idle: Mutex<Vec<Inner>>,
    places: Arc<Semaphore>,
}

/// A connection for one request. Dropping it gives it back, or closes it where something may be left behind on it.
#[derive(Debug)]
pub struct Connection {
    /// There until the drop.
    inner: Option<Inner>,
    pool: Arc<Pool>,
    /// A statement is running; one that nobody waits for any more is cancelled.
    running: bool,
    /// Something other than plain statements ran.
    spoilt: bool,
    _place: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct Inner {
    client: Client,
    prepared: HashMap<String, Statement>,
}

/// Without the address: it may have a password in it.
impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

impl Pool {
    /// The connections to the database at an address: a URL (`postgres://...`), or the words of libpq
    /// (`host=... dbname=...`). Connects to nothing yet.
    pub fn new(address: &str) -> Result<Arc<Self>> {
        let read = Address::read(address).context("the address of the PostgreSQL database is not one")?;
        let places = Arc::new(Semaphore::new(MOST));
        Ok(Arc::new(Self { name: address.to_owned(), address: read, idle: Mutex::default(), places }))
    }

    /// Whether this is the pool of an address.
    pub fn is_of(&self, address: &str) -> bool {
        self.name == address
    }

    /// An idle connection that still stands, or a new one. Waits where too many are in use.
    pub async fn get(self: &Arc<Self>) -> Result<Connection, String> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|error| error.to_string())?;
        let inner = match self.take_idle() {
            Some(inner) => inner,
            None => self.connect().await.map_err(|error| format!("{error:?}"))?,
        };
        Ok(Connection { inner: Some(inner), pool: Arc::clone(self), running: false, spoilt: false, _place: place })
    }

    fn take_idle(&self) -> Option<Inner> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|inner| !inner.client.is_closed());
        idle.pop()
    }

    async fn connect(&self) -> Result<Inner, Error> {
        Ok(Inner { client: self.address.connect().await?, prepared: HashMap::new() })
    }
}

impl Connection {
    /// Runs a statement and returns all its rows.
    pub async fn query(&mut self, sql: &str, parameters: &[Parameter]) -> Result<Rows, String> {
        self.running(sql, async |inner| {
            let statement = inner.prepare(sql).await?;
            statement::query(&inner.client, &statement, parameters).await
        })
        .await
    }

    /// Runs a statement and returns how many rows it concerned.
    pub async fn execute(&mut self, sql: &str, parameters: &[Parameter]) -> Result<u64, String> {
        self.running(sql, async |inner| {
            let statement = inner.prepare(sql).await?;
            let executed = inner.client.execute_raw(&statement, parameters).await;
            executed.map_err(|error| format!("{error:?}"))
        })
        .await
    }

    async fn running<T>(
        &mut self,
        sql: &str,
        run: impl AsyncFnOnce(&mut Inner) -> Result<T, String>,
    ) -> Result<T, String> {
        let Some(inner) = &mut self.inner else { return Err("the connection is closed".to_owned()) };
        self.spoilt |= !is_stateless(sql);
        self.running = true;
        let result = run(inner).await;
        self.running = false;
        result
    }
}

impl Inner {
    async fn prepare(&mut self, sql: &str) -> Result<Statement, String> {
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).await.map_err(|error| format!("{error:?}"))?;
        if self.prepared.len() >= PREPARED {
            self.prepared.clear();
        }
        self.prepared.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let Some(inner) = self.inner.take() else { return };
        if self.running {
            let token = inner.client.cancel_token();
            // Where the runtime is gone, so is the process.
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                let pool = Arc::clone(&self.pool);
                runtime.spawn(async move { pool.address.cancel(token).await });
            }
        } else if !self.spoilt && !inner.client.is_closed() {
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(inner);
        }
    }
}

/// Whether a statement leaves nothing behind on its connection: no transaction, no setting.
fn is_stateless(sql: &str) -> bool {
    let word = sql.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    STATELESS.iter().any(|stateless| stateless.eq_ignore_ascii_case(word))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_leaves_nothing_behind() {
        assert!(is_stateless("SELECT 1") && is_stateless(" with x as (select 1) select 2") && is_stateless("DO $$$$"));
        assert!(!is_stateless("BEGIN") && !is_stateless("SET search_path = x") && !is_stateless(""));
    }

    #[test]
    fn a_pool_is_of_its_address_as_it_was_given() {
        let address = "postgres://kalends@db.example/kalends?sslmode=require";
        assert!(Pool::new(address).unwrap().is_of(address));
        assert!(!Pool::new(address).unwrap().is_of("postgres://kalends@db.example/kalends"));
    }
}
