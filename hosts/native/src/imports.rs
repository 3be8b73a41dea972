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
use anyhow::{Result, ensure};
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

/// The databases that a component keeps anything in.
pub struct Needs {
    /// One of SQLite.
    pub sqlite: bool,
    /// One of PostgreSQL.
    pub postgres: bool,
}

impl Needs {
    /// Those whose interfaces a component imports.
    pub fn of(component: &Component, engine: &Engine) -> Self {
        let component = component.component_type();
        let needs = |interfaces: [&str; 2]| {
            component.imports(engine).any(|(name, _)| interfaces.iter().any(|interface| name.starts_with(interface)))
        };
        Self {
            sqlite: needs(["spin:sqlite/", "fermyon:spin/sqlite"]),
            postgres: needs(["spin:postgres/", "fermyon:spin/postgres"]),
        }
    }

    /// Looks whether a PostgreSQL is named for a component that needs one, and for no other: that would keep its data
    /// where nobody looks for them.
    ///
    /// # Errors
    /// Where it is not so.
    pub fn check(&self, has_postgres: bool) -> Result<()> {
        ensure!(
            self.postgres || !has_postgres,
            "--postgres (KALENDS_POSTGRES) is not for this component, which keeps its data elsewhere: --component names the one \
             that `cargo xtask build fermyon` makes"
        );
        ensure!(
            has_postgres || !self.postgres,
            "this component keeps its data in PostgreSQL: --postgres (KALENDS_POSTGRES) names the database"
        );
        Ok(())
    }
}

/// Adds the imports to a linker; `imports` finds them in an instance's data.
pub fn add_to_linker<T: Send>(linker: &mut Linker<T>, imports: fn(&mut T) -> &mut Imports) -> wasmtime::Result<()> {
    bindings::Imports::add_to_linker::<T, HasSelf<Imports>>(linker, imports)
}
