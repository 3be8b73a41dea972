//! The contract of storage: what every storage world does alike, as cases over the interfaces `store`, `accounts` and
//! `cache`.
//!
//! Natively the cases are put to `crates/storage` by its tests. Compiled to a component, this crate takes the place of
//! `protocol`: it imports a storage component's interfaces and exports `handler`, and `tests/tests/contract.rs` has it
//! run a case by a request, several at once where a case has several writers. A failed case panics, as a test does; on
//! a host that is a response of 500 and a line in its log.
#![allow(clippy::unwrap_used, clippy::panic)]

mod cases;
#[cfg(target_family = "wasm")]
mod component;
mod world;

pub use cases::{CACHE, CASES, Case, Writers};
pub use world::{Storage, World, create, member, transfer, user};

/// The types of the interfaces.
pub use kalends_storage::bindings::kalends::dav as interfaces;
