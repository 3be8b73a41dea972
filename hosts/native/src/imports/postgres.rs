//! `spin:postgres/postgres@3.0.0`. A component may connect to the one database that the command line names, and to no
//! other: the counterpart of `allowed_outbound_hosts` in a Spin manifest. Dates and times are left out.

use super::Imports;
use super::bindings::spin::postgres::postgres::{
    Column, DbDataType, DbValue, Error, Host, HostConnection, ParameterValue, RowSet,
};
use crate::postgres::{self, Connection, Parameter};
use std::sync::Arc;
use tokio_postgres::types::Type;
use wasmtime::Result;
use wasmtime::component::Resource;

impl Host for Imports {}

impl HostConnection for Imports {
    async fn open(&mut self, address: String) -> Result<Result<Resource<Connection>, Error>> {
        let Some(pool) = self.backing.postgres.as_ref().filter(|pool| pool.is_of(&address)) else {
            return Ok(Err(Error::ConnectionFailed("the address is not the one that --postgres names".to_owned())));
        };
        match Arc::clone(pool).get().await {
            Ok(connection) => Ok(Ok(self.table.push(connection)?)),
            Err(text) => Ok(Err(Error::ConnectionFailed(text))),
        }
    }

    async fn query(
        &mut self,
        connection: Resource<Connection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> Result<Result<RowSet, Error>> {
        let params = match parameters(params) {
            Ok(params) => params,
            Err(error) => return Ok(Err(error)),
        };
        self.usage.count_storage();
        let rows = self.table.get_mut(&connection)?.query(&statement, &params).await;
        Ok(rows.map(Into::into).map_err(Error::QueryFailed))
    }

    async fn execute(
        &mut self,
        connection: Resource<Connection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> Result<Result<u64, Error>> {
        let params = match parameters(params) {
            Ok(params) => params,
            Err(error) => return Ok(Err(error)),
        };
        self.usage.count_storage();
        Ok(self.table.get_mut(&connection)?.execute(&statement, &params).await.map_err(Error::QueryFailed))
    }

    async fn drop(&mut self, connection: Resource<Connection>) -> Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

fn parameters(params: Vec<ParameterValue>) -> Result<Vec<Parameter>, Error> {
    params.into_iter().map(parameter).collect()
}

fn parameter(value: ParameterValue) -> Result<Parameter, Error> {
    Ok(match value {
        ParameterValue::Boolean(value) => Parameter::Boolean(value),
        ParameterValue::Int16(value) => Parameter::Int16(value),
        ParameterValue::Int32(value) => Parameter::Int32(value),
        ParameterValue::Int64(value) => Parameter::Int64(value),
        ParameterValue::Floating32(value) => Parameter::Floating32(value),
        ParameterValue::Floating64(value) => Parameter::Floating64(value),
        ParameterValue::Str(value) => Parameter::Str(value),
        ParameterValue::Binary(value) => Parameter::Binary(value),
        ParameterValue::DbNull => Parameter::Null,
        ParameterValue::Int8(_)
        | ParameterValue::Date(_)
        | ParameterValue::Time(_)
        | ParameterValue::Datetime(_)
        | ParameterValue::Timestamp(_) => {
            return Err(Error::BadParameter("this host takes no such parameter".to_owned()));
        }
    })
}

impl From<Parameter> for DbValue {
    fn from(value: Parameter) -> Self {
        match value {
            Parameter::Boolean(value) => Self::Boolean(value),
            Parameter::Int16(value) => Self::Int16(value),
            Parameter::Int32(value) => Self::Int32(value),
            Parameter::Int64(value) => Self::Int64(value),
            Parameter::Floating32(value) => Self::Floating32(value),
            Parameter::Floating64(value) => Self::Floating64(value),
            Parameter::Str(value) => Self::Str(value),
            Parameter::Binary(value) => Self::Binary(value),
            Parameter::Null => Self::DbNull,
            Parameter::Unsupported => Self::Unsupported,
        }
    }
}

impl From<postgres::Rows> for RowSet {
    fn from(result: postgres::Rows) -> Self {
        let column = |column: postgres::Column| Column { name: column.name, data_type: data_type(&column.data_type) };
        Self {
            columns: result.columns.into_iter().map(column).collect(),
            rows: result.rows.into_iter().map(|row| row.into_iter().map(Into::into).collect()).collect(),
        }
    }
}

fn data_type(data_type: &Type) -> DbDataType {
    match *data_type {
        Type::BOOL => DbDataType::Boolean,
        Type::INT2 => DbDataType::Int16,
        Type::INT4 => DbDataType::Int32,
        Type::INT8 => DbDataType::Int64,
        Type::FLOAT4 => DbDataType::Floating32,
        Type::FLOAT8 => DbDataType::Floating64,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR => DbDataType::Str,
        Type::BYTEA => DbDataType::Binary,
        _ => DbDataType::Other,
    }
}
