//! What the component imports beside WASI: the interfaces of Spin, at the versions that spin-sdk 5.2 imports.

mod key_value;
mod postgres;
mod sqlite;
mod variables;

use crate::key_value::KeyValue;
use crate::postgres::Pool as PostgresPool;
use crate::sqlite::Pool;
use crate::usage::Usage;
use crate::variables::Variables;
use std::sync::Arc;
use wasmtime::Engine;
use wasmtime::component::{Component, HasSelf, Linker, ResourceTable};

#[allow(missing_docs, clippy::unwrap_used, clippy::panic)]
mod bindings {
    wasmtime::component::bindgen!({
        path: ["../../wit/deps/fermyon-spin", "../../wit/deps/spin-sqlite", "../../wit/deps/spin-postgres"],
        inline: "
            package kalends:native;

            world imports {
                import fermyon:spin/sqlite@2.0.0;
                import spin:sqlite/sqlite@3.0.0;
                import spin:postgres/postgres@3.0.0;
                import fermyon:spin/key-value@2.0.0;
                import fermyon:spin/variables@2.0.0;
            }
        ",
        world: "kalends:native/imports",
        imports: { default: async | trappable },
        with: {
            "fermyon:spin/sqlite.connection": super::sqlite::Handle,
            "spin:sqlite/sqlite.connection": super::sqlite::Handle,
            "spin:postgres/postgres.connection": crate::postgres::Connection,
            "fermyon:spin/key-value.store": super::key_value::Store,
        },
    });
}

/// What stands behind the imports, for all instances.
#[derive(Debug, Clone)]
pub struct Backing {
    /// The database `default`, where the component asks for one.
    pub database: Option<Arc<Pool>>,
    /// The PostgreSQL database, where there is one.
    pub postgres: Option<Arc<PostgresPool>>,
    /// The key-value store `default`.
    pub key_value: Arc<KeyValue>,
    /// The variables.
    pub variables: Arc<Variables>,
}

/// The imports of one instance.
#[derive(Debug)]
pub struct Imports {
    backing: Backing,
    usage: Arc<Usage>,
    /// The connections and stores that the component has open.
    table: ResourceTable,
}

/// The name under which Spin gives a component its database and its key-value store.
const DEFAULT: &str = "default";

impl Imports {
    /// Imports backed by `backing`, which count in `usage` what they cost.
    pub fn new(backing: Backing, usage: Arc<Usage>) -> Self {
        Self { backing, usage, table: ResourceTable::new() }
    }

    /// From now on what the instance uses is counted here.
    pub fn count_in(&mut self, usage: &Arc<Usage>) {
        self.usage = Arc::clone(usage);
    }
}

/// Whether a component keeps anything in a database of SQLite.
pub fn needs_sqlite(component: &Component, engine: &Engine) -> bool {
    let interfaces = ["spin:sqlite/", "fermyon:spin/sqlite"];
    component
        .component_type()
        .imports(engine)
        .any(|(name, _)| interfaces.iter().any(|interface| name.starts_with(interface)))
}

/// Adds the imports to a linker; `imports` finds them in an instance's data.
pub fn add_to_linker<T: Send>(linker: &mut Linker<T>, imports: fn(&mut T) -> &mut Imports) -> wasmtime::Result<()> {
    bindings::Imports::add_to_linker::<T, HasSelf<Imports>>(linker, imports)
}
