//! The cache: Spin's key-value store, which knows no end of a value, so each says when its own is.

use std::time::{SystemTime, UNIX_EPOCH};

use kalends_storage::Memory;
use spin_sdk::key_value::Store;

/// The default key-value store.
pub struct KeyValue;

impl Memory for KeyValue {
    fn get(&self, key: &str) -> Option<String> {
        let store = Store::open_default().ok()?;
        let entry = String::from_utf8(store.get(key).ok()??).ok()?;
        let (expires, value) = entry.split_once('\n')?;
        if expires.parse::<u64>().ok()? > now() {
            return Some(value.to_owned());
        }
        let _ = store.delete(key);
        None
    }

    fn put(&self, key: &str, value: &str, seconds: u32) {
        let entry = format!("{}\n{value}", now() + u64::from(seconds));
        // What cannot be remembered is worked out again: that is what the interface promises.
        let _ = Store::open_default().and_then(|store| store.set(key, entry.as_bytes()));
    }

    fn remove(&self, key: &str) {
        let _ = Store::open_default().and_then(|store| store.delete(key));
    }
}

/// UTC seconds.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
