//! Storage in SQLite and files: `spin:sqlite` for the rows, a mounted directory for large bodies, the key-value store for
//! the cache, and the settings that are Spin variables. What the statements are is in `crates/storage`.

mod database;
mod files;
mod memory;
mod settings;

use kalends_storage::{Storage, World};

pub use database::Sqlite;
pub use files::Files;
pub use memory::KeyValue;

/// The settings interface as Rust, made by wit-bindgen.
#[allow(missing_docs, unsafe_code, clippy::all, clippy::unwrap_used, clippy::panic, clippy::todo)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "
            package kalends:storage-sqlite;
            world set {
                export kalends:dav/settings@0.1.0;
            }
        ",
        world: "kalends:storage-sqlite/set",
        generate_all,
    });
}

/// The component.
pub struct Component;

impl World for Component {
    type Database = Sqlite;
    type Blobs = Files;
    type Memory = KeyValue;

    fn setting(name: &str) -> Option<String> {
        settings::setting(name)
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
    use super::{Component, bindings};
    kalends_storage::export!(Component);
    bindings::export!(Component with_types_in bindings);
}
