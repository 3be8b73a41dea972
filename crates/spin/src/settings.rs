//! Settings: Spin variables.

use spin_sdk::variables;

use crate::bindings::exports::kalends::dav::settings::Guest;

/// The `settings` interface.
pub struct Settings;

/// The value of a setting; none where it is not set, or set to nothing, which is the only way for a Spin variable to have
/// a default and mean none.
pub fn setting(name: &str) -> Option<String> {
    variables::get(name).ok().filter(|value| !value.is_empty())
}

impl Guest for Settings {
    fn get(name: String) -> Option<String> {
        setting(&name)
    }
}
