//! `fermyon:spin/variables@2.0.0`.

use super::Imports;
use super::bindings::fermyon::spin::variables::{Error, Host};
use wasmtime::Result;

impl Host for Imports {
    async fn get(&mut self, name: String) -> Result<Result<String, Error>> {
        let value = self.backing.variables.get(&name);
        Ok(value.map(str::to_owned).ok_or(Error::Undefined(name)))
    }
}
