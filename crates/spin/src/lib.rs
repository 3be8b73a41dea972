//! What every storage world on Spin does alike: the settings are Spin variables, the cache is the key-value store.
//!
//! A storage component is [`OnSpin`] with its database and its blob store, and exports [`Settings`] with [`export!`].

mod memory;
mod settings;
mod world;

pub use memory::KeyValue;
pub use settings::{Settings, setting};
pub use world::OnSpin;

/// The settings interface as Rust, made by wit-bindgen.
#[allow(missing_docs, unsafe_code, clippy::all, clippy::unwrap_used, clippy::panic, clippy::todo)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "
            package kalends:spin;
            world set {
                export kalends:dav/settings@0.1.0;
            }
        ",
        world: "kalends:spin/set",
        pub_export_macro: true,
        default_bindings_module: "kalends_spin::bindings",
        generate_all,
    });
}

pub use bindings::export;
