//! The statements, run by SQLite within the limits that D1 has.
#![allow(clippy::unwrap_used, clippy::panic)]

mod accounts;
mod collections;
mod files;
mod limits;
mod locks;
mod members;
mod queries;
mod shares;
mod support;
mod sync;
