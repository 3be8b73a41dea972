//! WebDAV (RFC 4918), CalDAV (RFC 4791) and CardDAV (RFC 6352): methods, properties and reports. Knows no SQL, no host
//! and no password: those are behind the interfaces that the world `protocol` imports.

mod birthdays;
mod browse;
mod conditions;
mod context;
mod destination;
mod directory;
#[cfg(test)]
mod fuzzing;
mod href;
mod locks;
mod methods;
mod multistatus;
mod negotiation;
mod notices;
mod object;
mod patch;
mod privileges;
mod properties;
mod public;
mod random;
mod range;
mod refusal;
mod reply;
mod reports;
mod request;
mod resolve;
mod router;
mod shares;
mod sync_token;
mod write;
mod xml;

/// What wit-bindgen makes of the world `protocol`.
#[allow(missing_docs, unsafe_code, clippy::all)]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "protocol", additional_derives: [PartialEq, Clone] });
}

use bindings::exports::kalends::dav::handler;
use bindings::kalends::dav::{accounts, administration, auth, icalendar, settings, store, text, types, vcard};

kalends_content::as_octets!(text::Content);

struct Protocol;

impl handler::Guest for Protocol {
    fn handle(request: handler::Request) -> handler::Response {
        router::answer(request)
    }
}

// The names of a component's exports are not ones that a native linker takes.
#[cfg(target_family = "wasm")]
#[allow(unsafe_code)]
mod export {
    use super::{Protocol, bindings};

    bindings::export!(Protocol with_types_in bindings);
}
