//! Storage in PostgreSQL: `spin:postgres` for rows and large bodies, the key-value store for the cache, and the
//! settings that are Spin variables. What the statements are, and what PostgreSQL makes of them, is in
//! `crates/storage`.

mod bodies;
mod connection;
mod database;

use kalends_spin::OnSpin;

pub use bodies::Bodies;
pub use database::Postgres;

/// The component.
pub type Component = OnSpin<Postgres, Bodies>;

// Only a component has names like these to export: a native linker refuses them.
#[cfg(target_family = "wasm")]
#[allow(unsafe_code)]
mod exports {
    use super::Component;
    use kalends_spin::Settings;
    kalends_storage::export!(Component);
    kalends_spin::export!(Settings);
}
