//! Storage in SQLite and files: `spin:sqlite` for the rows, a mounted directory for large bodies, the key-value store for
//! the cache, and the settings that are Spin variables. What the statements are is in `crates/storage`.

mod database;
mod files;

use kalends_spin::{KeyValue, setting};
use kalends_storage::{Storage, World};

pub use database::Sqlite;
pub use files::Files;

/// The component.
pub struct Component;

impl World for Component {
    type Database = Sqlite;
    type Blobs = Files;
    type Memory = KeyValue;

    fn setting(name: &str) -> Option<String> {
        setting(name)
    }

    fn storage() -> Storage<Sqlite, Files> {
        Storage::new(Sqlite, Files)
    }

    fn memory() -> KeyValue {
        KeyValue
    }
}

// Only a component has names like these to export: a native linker refuses them.
#[cfg(target_family = "wasm")]
#[allow(unsafe_code)]
mod exports {
    use super::Component;
    use kalends_spin::Settings;
    kalends_storage::export!(Component);
    kalends_spin::export!(Settings);
}
