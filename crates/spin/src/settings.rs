//! Settings: Spin variables.

use std::cell::RefCell;
use std::collections::BTreeMap;

use spin_sdk::variables;

use crate::bindings::exports::kalends::dav::settings::Guest;

/// The `settings` interface.
pub struct Settings;

thread_local! {
    /// What the host has said: settings stay as they are while an instance lives, and each request asks for the same
    /// few.
    static KNOWN: RefCell<BTreeMap<String, Option<String>>> = const { RefCell::new(BTreeMap::new()) };
}

/// The value of a setting; none where it is not set, or set to nothing, which is the only way for a Spin variable to
/// have a default and mean none.
pub fn setting(name: &str) -> Option<String> {
    KNOWN.with_borrow_mut(|known| match known.get(name) {
        Some(value) => value.clone(),
        None => {
            let value = variables::get(name).ok().filter(|value| !value.is_empty());
            known.insert(name.to_owned(), value.clone());
            value
        }
    })
}

impl Guest for Settings {
    fn get(name: String) -> Option<String> {
        setting(&name)
    }
}
