//! SQLite as Spin gives it to a component: one connection per `open`, one statement per call, errors with SQLite's own
//! message.

mod pool;
mod statement;

pub use pool::{Connection, Pool};
pub use statement::{Rows, is_pragma};
