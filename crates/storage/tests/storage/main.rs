//! The statements, run by SQLite within the limits that D1 has, or by PostgreSQL (see `support`).
#![allow(clippy::unwrap_used, clippy::panic)]

mod accounts;
mod collections;
mod contention;
mod contract;
mod files;
mod invitations;
mod limits;
mod locks;
mod members;
mod model;
mod plans;
mod postgres;
mod queries;
mod shares;
mod sqlite;
mod support;
mod sync;
mod upgrade;
