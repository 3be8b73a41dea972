//! Who is asking, and the administration of accounts: the world `authentication`. Knows no SQL and no host; accounts,
//! the cache and the settings come through `surroundings::Surroundings`, so every rule here is tested natively.

// A test may fail at any line.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod api;
mod authenticate;
mod birth;
mod keys;
mod link;
mod memory;
mod password;
mod presented;
mod secret;
mod surroundings;
#[cfg(test)]
mod testing;
mod throttle;

/// What wit-bindgen makes of the world `authentication`.
#[allow(missing_docs, unsafe_code, clippy::all, clippy::unwrap_used, clippy::panic)]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "authentication", additional_derives: [PartialEq, Clone] });
}

use bindings::exports::kalends::dav::{administration, auth};
use bindings::kalends::dav::{accounts, exchange, store, text, types};

kalends_content::as_octets!(text::Content);

/// Writes one event that matters for security to the log. What clients sent goes in as `{:?}`, so that it cannot
/// forge a line; secrets never do.
macro_rules! security_log {
    ($($words:tt)*) => { eprintln!("security: {}", format_args!($($words)*)) };
}
use security_log;

/// The component.
struct Authentication;

impl auth::Guest for Authentication {
    fn authenticate(evidence: auth::Evidence) -> Result<auth::Identity, auth::Refusal> {
        let recognised = authenticate::authenticate(&surroundings::Imported, &evidence)?;
        let authenticate::Recognised { principal, scope, believed, .. } = recognised;
        Ok(auth::Identity { principal, scope, believed })
    }

    fn open(secret: String, now: i64) -> Result<Option<auth::Opened>, types::Failure> {
        link::open(&surroundings::Imported, &secret, now)
    }
}

impl administration::Guest for Authentication {
    fn handle(request: exchange::Request) -> exchange::Response {
        api::handle(&surroundings::Imported, &request)
    }
}

// The names of a component's exports are not ones that a native linker takes.
#[cfg(target_family = "wasm")]
#[allow(unsafe_code)]
mod export {
    use super::{Authentication, bindings};
    bindings::export!(Authentication with_types_in bindings);
}
