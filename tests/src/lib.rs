//! What the tests of Kalends over HTTP are written with: a server started as `cargo xtask serve` starts it, a client
//! that speaks DAV, and the XML of both directions. The tests are in `tests/`; each runs on every host.
#![allow(clippy::panic, reason = "that is how a test fails")]

mod answer;
pub mod bodies;
mod client;
pub mod command;
pub mod faults;
pub mod large_bodies;
pub mod mirror;
mod multistatus;
pub mod names;
pub mod random;
pub mod samples;
mod server;
pub mod writer;
mod xml;

pub use answer::Answer;
pub use client::{Client, Request};
pub use multistatus::{Multistatus, Response};
pub use names::Name;
pub use server::{Host, NAMED, PASSWORD, Server, empty_directory, public_directory, shared};
pub use xml::Element;
