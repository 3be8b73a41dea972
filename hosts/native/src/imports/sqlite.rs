//! `spin:sqlite/sqlite@3.0.0`, and the older `fermyon:spin/sqlite@2.0.0`, which is the same without two functions.

use super::{DEFAULT, Imports, bindings};
use crate::sqlite::{Connection, Pool, Rows, is_pragma};
use crate::usage::Usage;
use std::sync::Arc;
use wasmtime::Result;
use wasmtime::component::Resource;

/// A connection in a component's hands. Empty when the statement that had it broke off.
#[derive(Debug)]
pub struct Handle(Option<Connection>);

/// Why there is no connection, or no result.
enum Failure {
    NoSuchDatabase,
    InvalidConnection,
    Io(String),
}

async fn open(pool: Option<Arc<Pool>>, database: &str) -> Result<Handle, Failure> {
    let Some(pool) = pool.filter(|_| database == DEFAULT) else {
        return Err(Failure::NoSuchDatabase);
    };
    match pool.get().await {
        Ok(connection) => Ok(Handle(Some(connection))),
        Err(error) => Err(Failure::Io(error.to_string())),
    }
}

/// Runs a statement. What begins outside of a transaction is a storage round trip; what runs inside one belongs to the
/// trip that began it.
async fn execute<V: From<rusqlite::types::Value> + Send + 'static>(
    usage: &Usage,
    handle: &mut Handle,
    sql: String,
    parameters: Vec<rusqlite::types::Value>,
) -> Result<Rows<V>, Failure> {
    let Some(connection) = handle.0.take() else {
        return Err(Failure::InvalidConnection);
    };
    if !connection.in_transaction() && !is_pragma(&sql) {
        usage.count_storage();
    }
    let (connection, result) = connection.execute(sql, parameters).await;
    handle.0 = connection;
    result.map_err(|error| Failure::Io(error.to_string()))
}

/// The functions and conversions that both versions of the interface have.
macro_rules! interface {
    ($types:path, { $($more:item)* }) => {
        use $types as types;

        impl From<Failure> for types::Error {
            fn from(failure: Failure) -> Self {
                match failure {
                    Failure::NoSuchDatabase => Self::NoSuchDatabase,
                    Failure::InvalidConnection => Self::InvalidConnection,
                    Failure::Io(text) => Self::Io(text),
                }
            }
        }

        impl From<types::Value> for rusqlite::types::Value {
            fn from(value: types::Value) -> Self {
                match value {
                    types::Value::Integer(number) => Self::Integer(number),
                    types::Value::Real(number) => Self::Real(number),
                    types::Value::Text(text) => Self::Text(text),
                    types::Value::Blob(bytes) => Self::Blob(bytes),
                    types::Value::Null => Self::Null,
                }
            }
        }

        impl From<rusqlite::types::Value> for types::Value {
            fn from(value: rusqlite::types::Value) -> Self {
                use rusqlite::types::Value;
                match value {
                    Value::Integer(number) => Self::Integer(number),
                    Value::Real(number) => Self::Real(number),
                    Value::Text(text) => Self::Text(text),
                    Value::Blob(bytes) => Self::Blob(bytes),
                    Value::Null => Self::Null,
                }
            }
        }

        impl From<Rows<types::Value>> for types::QueryResult {
            fn from(result: Rows<types::Value>) -> Self {
                let rows = result.rows.into_iter().map(|values| types::RowResult { values }).collect();
                Self { columns: result.columns, rows }
            }
        }

        impl types::Host for Imports {}

        impl types::HostConnection for Imports {
            async fn open(&mut self, database: String) -> Result<Result<Resource<Handle>, types::Error>> {
                match open(self.backing.database.clone(), &database).await {
                    Ok(handle) => Ok(Ok(self.table.push(handle)?)),
                    Err(failure) => Ok(Err(failure.into())),
                }
            }

            async fn execute(
                &mut self,
                handle: Resource<Handle>,
                statement: String,
                parameters: Vec<types::Value>,
            ) -> Result<Result<types::QueryResult, types::Error>> {
                let handle = self.table.get_mut(&handle)?;
                let parameters = parameters.into_iter().map(Into::into).collect();
                let result = execute(&self.usage, handle, statement, parameters).await;
                Ok(result.map(Into::into).map_err(Into::into))
            }

            $($more)*

            async fn drop(&mut self, handle: Resource<Handle>) -> Result<()> {
                self.table.delete(handle)?;
                Ok(())
            }
        }
    };
}

mod version_3 {
    use super::*;

    interface!(bindings::spin::sqlite::sqlite, {
        async fn last_insert_rowid(&mut self, handle: Resource<Handle>) -> Result<i64> {
            let handle = self.table.get(&handle)?;
            Ok(handle.0.as_ref().map_or(0, Connection::last_insert_rowid))
        }

        async fn changes(&mut self, handle: Resource<Handle>) -> Result<u64> {
            let handle = self.table.get(&handle)?;
            Ok(handle.0.as_ref().map_or(0, Connection::changes))
        }
    });
}

mod version_2 {
    use super::*;

    interface!(bindings::fermyon::spin::sqlite, {});
}
