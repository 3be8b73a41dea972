//! One statement: its parameters and its rows.

use bytes::BytesMut;
use futures_util::{TryStreamExt, pin_mut};
use std::error::Error;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Row, Statement};

/// Largest result of one statement, in bytes of its rows. Spin has the same bound on what its host holds for a
/// component.
const LARGEST_RESULT: usize = 128 << 20;

/// A value that goes in or comes out, of the types that Kalends needs. As with Spin, a parameter has to have exactly
/// the type that the server infers for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Parameter {
    /// BOOLEAN
    Boolean(bool),
    /// SMALLINT
    Int16(i16),
    /// INTEGER
    Int32(i32),
    /// BIGINT
    Int64(i64),
    /// REAL
    Floating32(f32),
    /// DOUBLE PRECISION
    Floating64(f64),
    /// TEXT, VARCHAR, CHAR(n)
    Str(String),
    /// BYTEA
    Binary(Vec<u8>),
    /// NULL, of any type.
    Null,
    /// A value of another type, in a row only.
    Unsupported,
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: Type,
}

/// What a statement returned. As with Spin, no rows have no columns either.
#[derive(Debug, Default, PartialEq)]
pub struct Rows {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each with a value for every column.
    pub rows: Vec<Vec<Parameter>>,
}

/// Runs a prepared statement to its end.
pub async fn query(client: &Client, statement: &Statement, parameters: &[Parameter]) -> Result<Rows, String> {
    let stream = client.query_raw(statement, parameters).await.map_err(|error| format!("{error:?}"))?;
    pin_mut!(stream);
    let mut result = Rows::default();
    let mut size = 0;
    while let Some(row) = stream.try_next().await.map_err(|error| format!("{error:?}"))? {
        size += row.raw_size_bytes();
        if size > LARGEST_RESULT {
            return Err(format!("query result exceeds limit of {LARGEST_RESULT} bytes"));
        }
        result.rows.push(values(&row).map_err(|error| format!("{error:?}"))?);
    }
    if !result.rows.is_empty() {
        let columns = statement.columns().iter();
        let column = |column: &tokio_postgres::Column| Column {
            name: column.name().to_owned(),
            data_type: column.type_().clone(),
        };
        result.columns = columns.map(column).collect();
    }
    Ok(result)
}

fn values(row: &Row) -> Result<Vec<Parameter>, tokio_postgres::Error> {
    (0..row.len()).map(|index| value(row, index)).collect()
}

fn value(row: &Row, index: usize) -> Result<Parameter, tokio_postgres::Error> {
    Ok(match *row.columns()[index].type_() {
        Type::BOOL => get(row, index, Parameter::Boolean)?,
        Type::INT2 => get(row, index, Parameter::Int16)?,
        Type::INT4 => get(row, index, Parameter::Int32)?,
        Type::INT8 => get(row, index, Parameter::Int64)?,
        Type::FLOAT4 => get(row, index, Parameter::Floating32)?,
        Type::FLOAT8 => get(row, index, Parameter::Floating64)?,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR => get(row, index, Parameter::Str)?,
        Type::BYTEA => get(row, index, Parameter::Binary)?,
        _ => Parameter::Unsupported,
    })
}

fn get<'a, T: FromSql<'a>>(
    row: &'a Row,
    index: usize,
    make: fn(T) -> Parameter,
) -> Result<Parameter, tokio_postgres::Error> {
    Ok(row.try_get::<_, Option<T>>(index)?.map_or(Parameter::Null, make))
}

impl ToSql for Parameter {
    fn to_sql(&self, data_type: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Boolean(value) => value.to_sql_checked(data_type, out),
            Self::Int16(value) => value.to_sql_checked(data_type, out),
            Self::Int32(value) => value.to_sql_checked(data_type, out),
            Self::Int64(value) => value.to_sql_checked(data_type, out),
            Self::Floating32(value) => value.to_sql_checked(data_type, out),
            Self::Floating64(value) => value.to_sql_checked(data_type, out),
            Self::Str(value) => value.to_sql_checked(data_type, out),
            Self::Binary(value) => value.to_sql_checked(data_type, out),
            Self::Null => Ok(IsNull::Yes),
            Self::Unsupported => Err("a parameter of a type that this host does not have".into()),
        }
    }

    /// Each value checks by itself.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
