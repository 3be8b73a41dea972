//! The key-value store: a bounded memory of this process. Everything that Kalends keeps there it can work out again, so
//! a restart costs a little time and nothing else, and what would otherwise grow without an end on the disk cannot.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes of keys and values together.
const CAPACITY: usize = 64 << 20;

/// Bytes that an entry costs beside its key and its value.
const OVERHEAD: usize = 128;

/// A store. What was written longest ago makes room for what is new.
#[derive(Debug)]
pub struct KeyValue {
    memory: Mutex<Memory>,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Memory {
    entries: HashMap<String, Entry>,
    by_age: BTreeMap<u64, String>,
    clock: u64,
    size: usize,
}

#[derive(Debug)]
struct Entry {
    value: Vec<u8>,
    written: u64,
}

impl Default for KeyValue {
    fn default() -> Self {
        Self::with_capacity(CAPACITY)
    }
}

impl KeyValue {
    fn with_capacity(capacity: usize) -> Self {
        Self { memory: Mutex::default(), capacity }
    }

    /// The value under a key.
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.memory().entries.get(key).map(|entry| entry.value.clone())
    }

    /// Whether there is a value under a key.
    pub fn exists(&self, key: &str) -> bool {
        self.memory().entries.contains_key(key)
    }

    /// Puts a value under a key.
    pub fn set(&self, key: String, value: Vec<u8>) {
        let mut memory = self.memory();
        memory.remove(&key);
        memory.insert(key, value);
        while memory.size > self.capacity && memory.remove_oldest() {}
    }

    /// Removes what is under a key.
    pub fn delete(&self, key: &str) {
        self.memory().remove(key);
    }

    /// All keys.
    pub fn keys(&self) -> Vec<String> {
        self.memory().entries.keys().cloned().collect()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn insert(&mut self, key: String, value: Vec<u8>) {
        self.clock += 1;
        self.size += key.len() + value.len() + OVERHEAD;
        self.by_age.insert(self.clock, key.clone());
        self.entries.insert(key, Entry { value, written: self.clock });
    }

    fn remove(&mut self, key: &str) {
        if let Some(entry) = self.entries.remove(key) {
            self.by_age.remove(&entry.written);
            self.size -= key.len() + entry.value.len() + OVERHEAD;
        }
    }

    /// False where nothing is left.
    fn remove_oldest(&mut self) -> bool {
        let Some((_, key)) = self.by_age.pop_first() else {
            return false;
        };
        if let Some(entry) = self.entries.remove(&key) {
            self.size -= key.len() + entry.value.len() + OVERHEAD;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_replaces_and_forgets() {
        let store = KeyValue::default();
        store.set("a".to_owned(), vec![1]);
        store.set("a".to_owned(), vec![2, 3]);
        assert_eq!(store.get("a"), Some(vec![2, 3]));
        assert_eq!(store.keys(), ["a"]);
        store.delete("a");
        store.delete("a");
        assert!(!store.exists("a"));
        assert_eq!(store.memory().size, 0);
        assert!(store.memory().by_age.is_empty());
    }

    #[test]
    fn the_oldest_makes_room() {
        let store = KeyValue::with_capacity(3 * (1 + 10 + OVERHEAD));
        for key in ["a", "b", "c", "a", "d"] {
            store.set(key.to_owned(), vec![0; 10]);
        }
        let mut keys = store.keys();
        keys.sort();
        assert_eq!(keys, ["a", "c", "d"]);
    }

    #[test]
    fn what_is_larger_than_the_store_is_not_kept() {
        let store = KeyValue::with_capacity(1000);
        store.set("a".to_owned(), vec![0; 2000]);
        assert!(!store.exists("a"));
        assert_eq!(store.memory().size, 0);
    }
}
