//! Storage in SQLite and files: `spin:sqlite` for the rows, a mounted directory for large bodies, and the settings that
//! are Spin variables. What the statements are is in `crates/storage`.

mod database;
mod files;
mod settings;

use kalends_storage::{Storage, TOMBSTONE_DAYS, TableMemory, World};

use database::Sqlite;
use files::Files;

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
struct Component;

impl World for Component {
    type Database = Sqlite;
    type Blobs = Files;
    type Memory = TableMemory<Sqlite>;

    fn storage() -> Storage<Sqlite, Files> {
        let days = settings::setting("tombstone_days").and_then(|days| days.trim().parse().ok());
        Storage { tombstone_days: days.unwrap_or(TOMBSTONE_DAYS), ..Storage::new(Sqlite, Files) }
    }

    fn memory() -> TableMemory<Sqlite> {
        TableMemory(Sqlite)
    }
}

#[allow(unsafe_code)]
mod exports {
    use super::{Component, bindings};
    kalends_storage::export!(Component);
    bindings::export!(Component with_types_in bindings);
}
