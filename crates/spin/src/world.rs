//! The storage worlds on Spin, which differ in their database and in where they keep bodies.

use std::marker::PhantomData;

use kalends_storage::{Blobs, Database, Storage, World};

use crate::memory::KeyValue;
use crate::settings::setting;

/// A storage component of a database `D` and a blob store `B`, neither of which has a state of its own.
pub struct OnSpin<D, B>(PhantomData<(D, B)>);

impl<D: Database + Default, B: Blobs + Default> World for OnSpin<D, B> {
    type Database = D;
    type Blobs = B;
    type Memory = KeyValue;

    fn setting(name: &str) -> Option<String> {
        setting(name)
    }

    fn storage() -> Storage<D, B> {
        Storage::new(D::default(), B::default())
    }

    fn memory() -> KeyValue {
        KeyValue
    }
}
