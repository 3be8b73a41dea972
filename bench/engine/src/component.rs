//! The engine as a component in wasmtime.

use std::path::Path;

use anyhow::{Result, anyhow};
use bindings::exports::kalends::dav::icalendar::{CompFilter, Projection, Query, Recurrence, TimeRange};
use bindings::kalends::dav::text::{Content, Format};
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine as Wasmtime, Store};

use crate::Engine;
use crate::measure::{Question, query};

/// What wasmtime makes of the world `calendars`.
#[allow(missing_docs, clippy::all)]
mod bindings {
    wasmtime::component::bindgen!({ path: "../../wit", world: "calendars" });
}

/// The engine as a component, one instance of it.
pub struct InComponent {
    store: Store<()>,
    calendars: bindings::Calendars,
}

impl InComponent {
    /// Compiles a component and makes an instance. Functions of WASI that it has from the standard library and
    /// never calls are traps.
    pub fn load(file: &Path) -> Result<Self> {
        let engine = Wasmtime::default();
        let component = Component::from_file(&engine, file)?;
        let mut linker: Linker<()> = Linker::new(&engine);
        // What a hash map begins with; the same in every run.
        let kind = component.component_type();
        for (name, _) in kind.imports(&engine).filter(|(name, _)| name.starts_with("wasi:random/insecure-seed@")) {
            linker.instance(name)?.func_wrap("insecure-seed", |_, (): ()| Ok(((0_u64, 0_u64),)))?;
        }
        linker.define_unknown_imports_as_traps(&component)?;
        let mut store = Store::new(&engine, ());
        let calendars = bindings::Calendars::instantiate(&mut store, &component, &linker)?;
        Ok(Self { store, calendars })
    }
}

impl Engine for InComponent {
    fn ask(&mut self, question: Question, objects: &[Vec<u8>]) -> Result<String> {
        let interface = self.calendars.kalends_dav_icalendar();
        if question == Question::Inspect {
            let object = objects.first().map(Vec::as_slice).unwrap_or_default();
            let inspection = interface.call_inspect(&mut self.store, object)?;
            let inspection = inspection.map_err(|fault| anyhow!("{}", fault.message))?;
            return Ok(format!("{:?} {:?}", inspection.first, inspection.last));
        }
        let text = |object: &Vec<u8>| Ok(Content::Text(String::from_utf8(object.clone())?));
        let objects = objects.iter().map(text).collect::<Result<Vec<_>>>()?;
        let verdicts = interface.call_evaluate(&mut self.store, &objects, &query!((question == Question::Expand)))?;
        Ok(format!("{:?}", verdicts.last()).replace("Verdict::", ""))
    }
}
