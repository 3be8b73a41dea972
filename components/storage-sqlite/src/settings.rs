//! Settings: Spin variables.

use spin_sdk::variables;

use crate::Component;
use crate::bindings::exports::kalends::dav::settings::Guest;

/// The value of a setting; none where it is not set, or set to nothing, which is the only way for a Spin variable to have
/// a default and mean none.
pub(crate) fn setting(name: &str) -> Option<String> {
    variables::get(name).ok().filter(|value| !value.is_empty())
}

impl Guest for Component {
    fn get(name: String) -> Option<String> {
        setting(&name)
    }
}
