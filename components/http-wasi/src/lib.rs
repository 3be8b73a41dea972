//! The edge on every host that speaks WASI HTTP 0.2 (Spin, the native host, SpinKube): `wasi:http` resources become the
//! plain records of `kalends:dav/handler`, and its answer becomes `wasi:http` again. No rule of the protocol is here.

mod incoming;
mod outgoing;

#[allow(missing_docs, clippy::unwrap_used, clippy::panic, unsafe_code)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "
            package kalends:edge;

            world edge {
                include kalends:dav/http-wasi@0.1.0;
                export wasi:http/incoming-handler@0.2.0;
            }
        ",
        world: "kalends:edge/edge",
        generate_all,
    });
}

use bindings::exports::wasi::http::incoming_handler::Guest;
use bindings::kalends::dav::handler;
use bindings::wasi::http::types::{IncomingRequest, Method, ResponseOutparam};

kalends_content::as_octets!(bindings::kalends::dav::text::Content);

/// The component.
pub struct Edge;

impl Guest for Edge {
    fn handle(request: IncomingRequest, answer: ResponseOutparam) {
        let method = request.method();
        let head_only = matches!(method, Method::Head);
        let response = match incoming::read(request, method) {
            Ok(request) => handler::handle(&request),
            Err(refusal) => refusal.into_response(),
        };
        outgoing::send(answer, response, head_only);
    }
}

// The names of a component's exports are not ones that a native linker takes.
#[cfg(target_family = "wasm")]
#[allow(unsafe_code)]
mod export {
    use super::{Edge, bindings};

    bindings::export!(Edge with_types_in bindings);
}
