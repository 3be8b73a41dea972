//! The cache.

/// A key-value memory that may forget, as the `cache` interface has it.
pub trait Memory {
    /// The value under a key.
    fn get(&self, key: &str) -> Option<String>;

    /// Remembers a value for so many seconds.
    fn put(&self, key: &str, value: &str, seconds: u32);

    /// Forgets a value.
    fn remove(&self, key: &str);
}
