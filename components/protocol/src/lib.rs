//! WebDAV (RFC 4918), CalDAV (RFC 4791) and CardDAV (RFC 6352): methods, properties and reports. Knows no SQL, no host and no password:
//! those are behind the interfaces that the world `protocol` imports.

mod browse;
mod conditions;
mod context;
mod href;
mod methods;
mod multistatus;
mod privileges;
mod properties;
mod refusal;
mod reply;
mod reports;
mod request;
mod resolve;
mod router;
mod sync_token;
mod xml;

/// What wit-bindgen makes of the world `protocol`.
#[allow(missing_docs, unsafe_code, clippy::all)]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "protocol", additional_derives: [PartialEq, Clone] });
}

use bindings::exports::kalends::dav::handler;
use bindings::kalends::dav::{administration, auth, cache, icalendar, settings, store, text, types, vcard};

struct Protocol;

impl handler::Guest for Protocol {
    fn handle(request: handler::Request) -> handler::Response {
        router::answer(request)
    }
}

bindings::export!(Protocol with_types_in bindings);
