//! Storage in SQLite: `spin:sqlite` for the rows, a mounted directory (or, without one, a table) for large bodies, the
//! key-value store for the cache, and the settings that are Spin variables. What the statements are is in
//! `crates/storage`.

mod bodies;
mod database;
mod files;
mod table;

use kalends_spin::OnSpin;

pub use bodies::Bodies;
pub use database::Sqlite;

/// The component.
pub type Component = OnSpin<Sqlite, Bodies>;

// Only a component has names like these to export: a native linker refuses them.
#[cfg(target_family = "wasm")]
#[allow(unsafe_code)]
mod exports {
    use super::Component;
    use kalends_spin::Settings;
    kalends_storage::export!(Component);
    kalends_spin::export!(Settings);
}
