//! PostgreSQL as Spin gives it to a component: one prepared statement per call, values in exactly the types that the
//! server infers, errors as the driver's own text.

mod address;
mod pool;
mod statement;

pub use address::Address;
pub use pool::{Connection, Pool};
pub use statement::{Column, Parameter, Rows};
