//! `fermyon:spin/key-value@2.0.0`.

use super::bindings::fermyon::spin::key_value::{Error, Host, HostStore};
use super::{DEFAULT, Imports};
use wasmtime::Result;
use wasmtime::component::Resource;

/// An open store. There is one, `default`, so that there is nothing to say of it.
#[derive(Debug)]
pub struct Store;

impl Host for Imports {}

impl HostStore for Imports {
    async fn open(&mut self, label: String) -> Result<Result<Resource<Store>, Error>> {
        if label != DEFAULT {
            return Ok(Err(Error::NoSuchStore));
        }
        Ok(Ok(self.table.push(Store)?))
    }

    async fn get(&mut self, _: Resource<Store>, key: String) -> Result<Result<Option<Vec<u8>>, Error>> {
        self.usage.count_cache();
        Ok(Ok(self.backing.key_value.get(&key)))
    }

    async fn set(&mut self, _: Resource<Store>, key: String, value: Vec<u8>) -> Result<Result<(), Error>> {
        self.usage.count_cache();
        self.backing.key_value.set(key, value);
        Ok(Ok(()))
    }

    async fn delete(&mut self, _: Resource<Store>, key: String) -> Result<Result<(), Error>> {
        self.usage.count_cache();
        self.backing.key_value.delete(&key);
        Ok(Ok(()))
    }

    async fn exists(&mut self, _: Resource<Store>, key: String) -> Result<Result<bool, Error>> {
        self.usage.count_cache();
        Ok(Ok(self.backing.key_value.exists(&key)))
    }

    async fn get_keys(&mut self, _: Resource<Store>) -> Result<Result<Vec<String>, Error>> {
        self.usage.count_cache();
        Ok(Ok(self.backing.key_value.keys()))
    }

    async fn drop(&mut self, store: Resource<Store>) -> Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}
